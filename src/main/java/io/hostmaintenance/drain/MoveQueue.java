package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.Operation;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.Way;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The moves of a host at Nova, whose queue of live migrations at the source is one for all: what a
 * queued move has to wait for, how many there should be, and when to look at them again.
 *
 * @param rows the rows of the host
 */
record MoveQueue(DecisionContext context, List<InstanceStatus> rows) {

  /** Why a queued move waits for others; empty when nothing goes before it. */
  Optional<Cause> ahead(InstanceStatus row) {
    if (rows.stream().anyMatch(r -> !r.id().equals(row.id()) && runs(r))) {
      return Optional.of(InstanceMessages.WAITS_FOR_OTHER_MOVE);
    }
    return !queuesAtSource(row)
        ? Optional.empty()
        : context.snapshot().instances().stream()
            .filter(i -> !i.id().equals(row.id()) && i.migrating() && isExternal(i))
            .findFirst()
            .map(InstanceMessages::waitsForExternalMove);
  }

  /**
   * How many live migrations Nova should have with concurrency.live: Auto: {@link Pace#wanted}, but
   * no more than the host's share of HM_MAX_MOVES, so that other hosts' queues do not run dry.
   */
  int wanted() {
    var input = context.input();
    var observed = Duration.between(input.asked(), input.now());
    var running = rows.stream().filter(r -> runs(r) && queuesAtSource(r)).count();
    var share = context.settings().maxMoves() / (input.turn().others() + 1);
    return Math.min(pace().wanted(observed, running), Math.max(share, 1));
  }

  /**
   * When to look again while something moves: {@link Pace#pause} while nothing but live migrations
   * is outstanding, one runs and nothing waits for its end but what Nova has queued; else the poll.
   * A pause longer than the poll passes no deadline.
   *
   * @param poll time between observations while something moves
   */
  Duration pause(Duration poll) {
    var outstanding = rows.stream().filter(InstanceStatus::outstanding).toList();
    var running = outstanding.stream().filter(MoveQueue::runs).count();
    var queued = outstanding.size() > running;
    if (running == 0
        || !outstanding.stream().allMatch(this::undisturbed)
        || !queued && rows.stream().anyMatch(r -> r.is(RowState.Pending))) {
      return poll;
    }
    var pause = pace().pause(sinceLastEnd());
    var due = deadlines().filter(context.now()::isBefore).min(Instant::compareTo);
    return due.map(d -> Duration.between(context.now(), d))
        .filter(d -> d.compareTo(pause) < 0)
        .map(d -> d.compareTo(poll) < 0 ? poll : d)
        .orElse(pause);
  }

  private Pace pace() {
    return Pace.of(context.previous().startTime(), rows, context.settings());
  }

  /** Whether nothing of a live migration is to be done but to wait. */
  private boolean undisturbed(InstanceStatus row) {
    var asked = row.is(RowState.Requested) && context.now().equals(row.requestTime());
    var followed =
        row.is(RowState.InProgress)
            && Stream.of(Reason.Running, Reason.Waiting, Reason.Queued).anyMatch(row::because);
    return Way.LIVE.word().of(row) && (asked || followed);
  }

  /** By the record that ended last, or since the newest move was first seen running. */
  private Duration sinceLastEnd() {
    return context.snapshot().migrations().stream()
        .filter(m -> m.type().equals(Migration.LIVE) && m.completed() && m.updatedAt() != null)
        .filter(m -> context.host().equals(m.sourceHost()))
        .map(Migration::updatedAt)
        .max(Comparator.naturalOrder())
        .map(t -> Deadlines.between(t, context.snapshot().date()).plus(context.snapshot().age()))
        .orElseGet(
            () ->
                rows.stream()
                    .filter(MoveQueue::runs)
                    .map(r -> Deadlines.between(r.startTime(), context.now()))
                    .min(Comparator.naturalOrder())
                    .orElseThrow());
  }

  /** When a row is to be asked for again, is overdue or given up, and when the drain is over. */
  private Stream<Instant> deadlines() {
    var drain =
        Deadlines.drain(context.spec())
            .filter(d -> context.previous().startTime() != null)
            .map(d -> context.previous().startTime().plus(d));
    return Stream.concat(drain.stream(), rows.stream().flatMap(r -> deadline(r).stream()));
  }

  private Optional<Instant> deadline(InstanceStatus row) {
    if (!row.outstanding()) {
      return Optional.ofNullable(row.nextAttemptTime()).filter(t -> row.is(RowState.Pending));
    }
    if (runs(row)) {
      return context
          .snapshot()
          .onHost(row.id())
          .map(i -> row.startTime().plus(Deadlines.attempt(context.spec(), i.ramMiB())));
    }
    return row.migrationId() == null
        ? Optional.of(row.requestTime().plus(Deadlines.DROPPED))
        : Optional.of(row.lastTransitionTime().plus(Deadlines.QUEUEING))
            .filter(t -> row.because(Reason.Queued));
  }

  private static boolean queuesAtSource(InstanceStatus row) {
    return Way.of(row).flatMap(Way::move).filter(Operation::queuesAtSource).isPresent();
  }

  private static boolean runs(InstanceStatus row) {
    return RowTransitions.inFlight(row) && row.startTime() != null;
  }

  /** Whether someone else live-migrates it; for long only while its record moves. */
  private boolean isExternal(Instance instance) {
    return rows.stream()
            .filter(r -> r.id().equals(instance.id()))
            .noneMatch(r -> r.outstanding() || r.is(RowState.Blocked))
        || externalRecordMoves(instance);
  }

  private boolean externalRecordMoves(Instance instance) {
    return rows.stream().noneMatch(r -> r.id().equals(instance.id()) && r.outstanding())
        && context.snapshot().migrations().stream()
            .filter(m -> m.instanceId().equals(instance.id()) && m.unfinished())
            .filter(m -> context.host().equals(m.sourceHost()) && m.updatedAt() != null)
            .anyMatch(
                m -> m.updatedAt().isAfter(context.snapshot().date().minus(Deadlines.SETTLING)));
  }
}
