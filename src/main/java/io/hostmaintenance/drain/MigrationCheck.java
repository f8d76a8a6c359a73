package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A look at a host whose moves are under way, by their records alone. It can find that the moves go
 * on; whatever else it finds has the host observed. No move begins and none ends by it.
 */
public final class MigrationCheck {

  private MigrationCheck() {}

  /**
   * Whether such a check may do, by what is stored: each outstanding request is a plain move, and
   * enough is known of the next one.
   *
   * @param last the last observation
   * @param age how long ago its instances were asked for
   */
  public static boolean mayDo(HostMaintenance resource, Snapshot last, Duration age) {
    return age.compareTo(Deadlines.FRESH) < 0
        && !last.complete()
        && last.unanswered().isEmpty()
        && !resource.isMarkedForDeletion()
        && resource.getStatus().instances().stream()
            .filter(InstanceStatus::outstanding)
            .allMatch(MigrationCheck::moves)
        && nextIsKnown(resource.getStatus().instances(), last);
  }

  private static boolean moves(InstanceStatus row) {
    return row.step() == null
        && (row.is(RowState.Requested) || row.is(RowState.InProgress))
        && (RowAction.LiveMigrate.of(row) || RowAction.ColdMigrate.of(row));
  }

  /** Of those that wait for their move one at least has its groups known, so that it can begin. */
  private static boolean nextIsKnown(List<InstanceStatus> rows, Snapshot last) {
    var waiting = rows.stream().filter(r -> !r.outstanding() && HostClaim.toAsk(r)).toList();
    return waiting.isEmpty() || waiting.stream().anyMatch(r -> last.groups().containsKey(r.id()));
  }

  /**
   * The last observation with newer records; empty when one of them came to its end, for then the
   * host is observed.
   *
   * @param migrations what changed since the oldest outstanding request
   * @param age how long ago the instances of the last observation were asked for
   */
  public static Optional<Snapshot> of(Snapshot last, List<Migration> migrations, Duration age) {
    return ended(last.migrations()).containsAll(ended(migrations))
        ? Optional.of(last.withMigrations(List.copyOf(migrations)).withAge(age))
        : Optional.empty();
  }

  private static Set<Long> ended(List<Migration> migrations) {
    return migrations.stream()
        .filter(m -> !m.unfinished() || m.finished())
        .map(Migration::id)
        .collect(Collectors.toSet());
  }

  /** Whether a decision on such a check says no more than that the moves go on. */
  public static boolean goesOn(HostMaintenanceStatus before, Decision decision) {
    var after = decision.status();
    return decision.commands().isEmpty()
        && !decision.release()
        && Objects.equals(before.phase(), after.phase())
        && Objects.equals(before.firstEmptyTime(), after.firstEmptyTime())
        && Objects.equals(
            before.condition(Condition.DRAINED).map(Condition::status),
            after.condition(Condition.DRAINED).map(Condition::status))
        && before.instances().size() == after.instances().size()
        && IntStream.range(0, before.instances().size())
            .allMatch(i -> goesOn(before.instances().get(i), after.instances().get(i)));
  }

  private static boolean goesOn(InstanceStatus before, InstanceStatus after) {
    return before.equals(after)
        || before.id().equals(after.id())
            && before.outstanding()
            && after.outstanding()
            && Objects.equals(before.requestTime(), after.requestTime())
            && Objects.equals(before.attempts(), after.attempts());
  }
}
