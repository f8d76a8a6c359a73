package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.drain.Observation.Detail;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is done with an instance of the host, by its state: the one table of it.
 *
 * <p>Which operation Nova allows in which state stands in nova/compute/api.py.
 */
final class StrategyTable {

  /** What is to be done. */
  sealed interface InstanceDecision {

    /** Ask for a move. */
    record Move(RowAction action) implements InstanceDecision {}

    /** Wait, but not for ever; the remedy is a format that takes the id of the instance. */
    record WaitFor(Cause cause, Duration atMost, String remedy) implements InstanceDecision {}

    /** An administrator must act. */
    record NeedsAdmin(Cause cause) implements InstanceDecision {}
  }

  private static final int RUNNING = 1;
  private static final int PAUSED = 3;

  private StrategyTable() {}

  /** What is done with an instance; its detail is needed only for a paused one. */
  static InstanceDecision choose(Instance instance, Optional<Detail> detail, boolean liveMigrate) {
    if (!instance.idle()) {
      return task(instance);
    }
    return switch (instance.vmState()) {
      case "active" -> active(instance, liveMigrate);
      case "stopped" -> new InstanceDecision.Move(RowAction.ColdMigrate);
      case "paused" -> paused(instance, detail);
      case "building" ->
          new InstanceDecision.WaitFor(
              InstanceMessages.BUILDING, Deadlines.TASK_WAIT, InstanceMessages.BUILDING_REMEDY);
      case "deleted" ->
          new InstanceDecision.WaitFor(
              InstanceMessages.DELETING, Deadlines.TASK_WAIT, InstanceMessages.DELETING_REMEDY);
      case "resized" -> new InstanceDecision.NeedsAdmin(InstanceMessages.unconfirmedHere(instance));
      default -> // suspended, rescued, error, shelved, soft-delete, and what Nova adds
          new InstanceDecision.NeedsAdmin(InstanceMessages.unsupportedState(instance));
    };
  }

  private static InstanceDecision task(Instance instance) {
    return new InstanceDecision.WaitFor(
        InstanceMessages.busy(instance.taskState()),
        Deadlines.TASK_WAIT,
        InstanceMessages.BUSY_REMEDY);
  }

  private static InstanceDecision active(Instance instance, boolean liveMigrate) {
    if (instance.powerState() != RUNNING && instance.powerState() != PAUSED) {
      return new InstanceDecision.WaitFor(
          InstanceMessages.GUEST_POWERED_OFF,
          Deadlines.POWER_SYNC_WAIT,
          InstanceMessages.GUEST_POWERED_OFF_REMEDY);
    }
    return new InstanceDecision.Move(liveMigrate ? RowAction.LiveMigrate : RowAction.ColdMigrate);
  }

  /**
   * Nova refuses to cold-migrate a paused instance, and a second live migration of a guest that
   * stayed paused since the first can end QEMU (Nova bug 1947725).
   */
  private static InstanceDecision paused(Instance instance, Optional<Detail> detail) {
    return detail
        .<InstanceDecision>map(
            d ->
                movedSincePaused(instance, d)
                    ? new InstanceDecision.NeedsAdmin(InstanceMessages.pausedMovedBefore(instance))
                    : new InstanceDecision.Move(RowAction.LiveMigrate))
        .orElseGet(
            () ->
                new InstanceDecision.WaitFor(
                    InstanceMessages.PAUSED_UNKNOWN,
                    Deadlines.UNTOLD_WAIT,
                    InstanceMessages.PAUSED_UNKNOWN_REMEDY));
  }

  /**
   * Told by the records: an action does not tell whether its transfer succeeded, nor, when one of
   * its tries failed, whether the next did. Nova shows the instance idle at its destination before
   * the record says completed. Where records and actions are stamped by clocks that are apart, a
   * record is one since the pause also if there are enough actions since then for it to be.
   */
  private static boolean movedSincePaused(Instance instance, Detail detail) {
    var pause = detail.actions().stream().filter(a -> a.pauses() && !a.failed()).findFirst();
    var asked =
        detail.actions().stream()
            .takeWhile(a -> !pause.equals(Optional.of(a)))
            .filter(InstanceAction::liveMigration)
            .count();
    var live =
        detail.migrations().stream()
            .filter(m -> m.type().equals(Migration.LIVE))
            .sorted(Comparator.comparing(Migration::id).reversed())
            .toList();
    var paused = pause.map(InstanceAction::startTime).orElse(Instant.MIN);
    return Stream.concat(
            live.stream().limit(asked), live.stream().filter(m -> !m.createdAt().isBefore(paused)))
        .anyMatch(
            m -> m.completed() || m.unfinished() && instance.host().equals(m.destinationHost()));
  }
}
