package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Follows a row whose request is outstanding to what Nova has made of it.
 *
 * <ol>
 *   <li>Without a request id the answer was lost: {@link RequestTracker} finds out what became of
 *       the request.
 *   <li>Otherwise find the migration record of the request, and give instance and record their
 *       {@link Verdict}.
 *   <li>Moved, left, deleted: the row ends. A cold migration is confirmed first.
 *   <li>Failed or aborted: the next attempt after a back-off, or the row ends Failed.
 *   <li>Queued, running, contradicting accounts: wait, each for its time in {@link Deadlines}, then
 *       abort, force, or report.
 * </ol>
 *
 * <p>Invariants: no second request while an earlier one may take effect; a row is Moved only when
 * host and record agree; only a migration of our user and our action is confirmed or aborted.
 */
public final class MigrationTracker {

  private final InstanceView view;
  private final HostView host;
  private final Way way;
  private final Operation move;
  private final RequestRecords records;
  private final Supplier<Optional<Cause>> ahead;

  private MigrationTracker(
      InstanceView view, Way way, Operation move, Supplier<Optional<Cause>> ahead) {
    this.view = view;
    this.host = view.host();
    this.way = way;
    this.move = move;
    this.records = new RequestRecords(view, way, move);
    this.ahead = ahead;
  }

  /**
   * The row after this observation, and what follows from it.
   *
   * @param command to be sent
   * @param operation the next one of its way, to be asked for as soon as anything may be
   */
  public record Next(InstanceStatus row, Optional<Command> command, Optional<Operation> operation) {
    static Next of(InstanceStatus row) {
      return new Next(row, Optional.empty(), Optional.empty());
    }

    static Next send(InstanceStatus row, Command command) {
      return new Next(row, Optional.of(command), Optional.empty());
    }

    static Next ask(InstanceStatus row, Operation operation) {
      return new Next(row, Optional.empty(), Optional.of(operation));
    }
  }

  /**
   * Follows a row; one whose way this version does not know stays as it is.
   *
   * @param row its request is outstanding
   * @param view what is known of its instance
   * @param ahead why a queued move of it has to wait for others; empty when it has not
   */
  public static Next follow(
      InstanceStatus row, InstanceView view, Supplier<Optional<Cause>> ahead) {
    return Way.of(row)
        .flatMap(way -> way.move().map(m -> new MigrationTracker(view, way, m, ahead).follow(row)))
        .orElse(Next.of(row));
  }

  private Next follow(InstanceStatus row) {
    if (view.onHost().isEmpty() && view.detail().isEmpty()) {
      return Next.of(
          view.unseenForLong() ? mark(row, RowState.Blocked, InstanceMessages.unseen(row)) : row);
    }
    var seen = view.instance().map(i -> RowTransitions.seen(row, i)).orElse(row);
    if (seen.requestId() != null) {
      return accepted(seen);
    }
    var resolved = new RequestTracker(view, records).resolve(seen);
    if (resolved.step() != null && !resolved.outstanding() && resolved.is(RowState.Requested)) {
      return Next.ask(seen, move);
    }
    return resolved.requestId() == null ? Next.of(resolved) : accepted(resolved);
  }

  private Next accepted(InstanceStatus row) {
    var instance = view.instance();
    var record = records.record(row);
    var told = record.map(r -> withRecord(row, r)).orElse(row);
    var here = instance.map(Instance::host).orElse(null);
    return switch (move.verdict(instance, record, host.name())) {
      case QUEUED ->
          records.action(told).filter(InstanceAction::failed).isPresent()
              ? settling(told, instance.orElseThrow(), record)
              : queued(told, record);
      case RUNNING -> running(told, instance.orElseThrow(), record.orElseThrow());
      case SETTLING ->
          record.filter(Migration::confirming).isPresent() && !host.up()
              ? confirm(told)
              : settling(told, instance.orElseThrow(), record);
      case DROPPED -> dropped(told);
      case TO_CONFIRM -> confirm(told);
      case MOVED ->
          moved(
              here == null ? told : at(told, here),
              InstanceMessages.moved(here == null ? told.destinationHost() : here));
      case MOVED_WITH_ERROR ->
          over(
              at(told, here),
              RowState.Failed,
              InstanceMessages.movedWithError(told, instance.orElseThrow(), why(told)));
      case LEFT ->
          records.unexplained(row)
              ? settling(told, instance.orElseThrow(), record)
              : records.toldByActionAlone(row) && !instance.orElseThrow().inError()
                  ? moved(at(told, here), InstanceMessages.moved(here))
                  : over(at(told, here), RowState.Gone, movedByAnother(told, here));
      case FAILED -> attemptFailed(told, why(told));
      case BROKEN ->
          over(at(told, null), RowState.Failed, InstanceMessages.endedInError(instance, why(told)));
      case ABORTED ->
          attemptFailed(
              told,
              row.because(Reason.Timeout)
                  ? InstanceMessages.ABORTED_BY_TIMEOUT
                  : InstanceMessages.ABORTED);
      case REVERTED -> attemptFailed(told, InstanceMessages.REVERTED);
      case DELETED -> ended(told, RowState.Gone, InstanceMessages.DELETED);
    };
  }

  private static InstanceStatus at(InstanceStatus row, String destination) {
    return row.toBuilder().destinationHost(destination).build();
  }

  private InstanceStatus mark(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.mark(row, state, cause, host.now());
  }

  private Next marked(InstanceStatus row, RowState state, Cause cause) {
    return Next.of(mark(row, state, cause));
  }

  private Next ended(InstanceStatus row, RowState state, Cause cause) {
    return Next.of(RowTransitions.end(row, state, cause, host.now()));
  }

  private Next moved(InstanceStatus row, Cause cause) {
    return over(row, RowState.Moved, cause);
  }

  private Next over(InstanceStatus row, RowState state, Cause cause) {
    return Next.of(RowTransitions.over(row, state, cause, host));
  }

  private Next attemptFailed(InstanceStatus row, Cause cause) {
    return Next.of(
        row.step() != null && notPicked(row) && host.preferredOnlyRefused(row, cause.reason())
            ? RowTransitions.elsewhere(row, cause, host)
            : RowTransitions.attemptFailed(row, cause, host));
  }

  /** Whether Nova picked no host: it writes the one that passes its checks. */
  private boolean notPicked(InstanceStatus row) {
    return records.record(row).map(Migration::destinationHost).isEmpty();
  }

  private Cause why(InstanceStatus row) {
    return MoveFailure.of(row, view);
  }

  private InstanceStatus withRecord(InstanceStatus row, Migration record) {
    return row.toBuilder()
        .migrationId(record.id())
        .destinationHost(
            record.destinationHost() == null ? row.destinationHost() : record.destinationHost())
        .build();
  }

  private Next queued(InstanceStatus row, Optional<Migration> record) {
    var waitsFor = ahead.get();
    if (waitsFor.isPresent()) {
      return marked(row, RowState.InProgress, waitsFor.get());
    }
    if (row.because(Reason.Inconsistent) || host.stands(row, Reason.Queued, Deadlines.QUEUEING)) {
      return marked(row, RowState.Blocked, InstanceMessages.notBegun(row));
    }
    return marked(row, RowState.InProgress, InstanceMessages.queued(record));
  }

  private Next running(InstanceStatus row, Instance instance, Migration record) {
    var started = row.startTime() == null ? row.toBuilder().startTime(host.now()).build() : row;
    var shown =
        started.toBuilder()
            .progressPercent(instance.progress() == null ? null : instance.progress() / 10 * 10)
            .build();
    var limit = Deadlines.attempt(host.spec(), instance.ramMiB());
    if (host.ago(shown.startTime()).compareTo(limit) < 0) {
      return marked(shown, RowState.InProgress, InstanceMessages.running(shown));
    }
    return overdue(shown, instance, record, limit);
  }

  private Next overdue(InstanceStatus row, Instance instance, Migration record, Duration limit) {
    var asked = row.because(Reason.Timeout);
    if (asked
        && row.is(RowState.InProgress)
        && !host.stands(row, Reason.Timeout, Deadlines.SETTLING)) {
      var refused = row.nextAttemptTime() != null && !host.now().isBefore(row.nextAttemptTime());
      return refused ? stop(row, instance, record, limit).orElse(Next.of(row)) : Next.of(row);
    }
    if (!asked) {
      var stop = stop(row, instance, record, limit);
      if (stop.isPresent()) {
        return stop.get();
      }
    }
    return Next.of(
        mark(
            row,
            RowState.Blocked,
            InstanceMessages.timeout(
                limit,
                move.undo(row.id(), record.id()).isPresent()
                    ? InstanceMessages.AWAITED
                    : InstanceMessages.COLD_AWAITED)));
  }

  /** What ends an overdue move by the spec; empty when nothing may or can. */
  private Optional<Next> stop(
      InstanceStatus row, Instance instance, Migration record, Duration limit) {
    var onTimeout = host.spec().onTimeout();
    var undo = move.undo(row.id(), record.id());
    if (undo.isEmpty() || onTimeout.equals("Wait")) {
      return Optional.empty();
    }
    if (onTimeout.equals("ForceComplete") && record.running() && instance.active()) {
      var force = new Command.ForceCompleteMigration(row.id(), record.id());
      return Optional.of(
          stopping(row, InstanceMessages.timeout(limit, InstanceMessages.FORCED), force));
    }
    return record.inPostCopy()
        ? Optional.empty()
        : Optional.of(
            stopping(row, InstanceMessages.timeout(limit, InstanceMessages.ABORTING), undo.get()));
  }

  private Next stopping(InstanceStatus row, Cause cause, Command command) {
    var asking = row.toBuilder().nextAttemptTime(null).build();
    return Next.send(mark(asking, RowState.InProgress, cause), command);
  }

  /** Someone else's move; or ours, where one of our records may not be known by its time. */
  private Cause movedByAnother(InstanceStatus row, String here) {
    return view.detail().stream()
        .flatMap(d -> d.migrations().stream())
        .filter(m -> records.asker(row).userId().equals(m.userId()) && row.observedTime() != null)
        .findFirst()
        .filter(m -> m.completed() && here.equals(m.destinationHost()))
        .filter(m -> m.createdAt().isBefore(row.observedTime().minus(Deadlines.SKEW)))
        .map(
            m ->
                InstanceMessages.movedByAnotherOrClocks(
                    here, m, Duration.between(m.createdAt(), row.observedTime())))
        .orElseGet(() -> InstanceMessages.movedExternally(here));
  }

  private Next settling(InstanceStatus row, Instance instance, Optional<Migration> record) {
    var failed = records.action(row).filter(InstanceAction::failed);
    if (failed.isPresent()
        && !instance.idle()
        && host.name().equals(instance.host())
        && (row.because(Reason.Inconsistent)
            || host.stands(row, Reason.Settling, Deadlines.DROPPED))) {
      return taskForEver(row, instance);
    }
    if (row.because(Reason.Inconsistent) || host.stands(row, Reason.Settling, Deadlines.SETTLING)) {
      return contradiction(row, instance, record);
    }
    if (row.because(Reason.Timeout) && !host.stands(row, Reason.Timeout, Deadlines.SETTLING)) {
      return Next.of(
          row); // aborted because of its time: the word that it was stays until the end is seen
    }
    return marked(
        row,
        row.is(RowState.Confirming) ? RowState.Confirming : RowState.InProgress,
        InstanceMessages.settling(record));
  }

  /** Nova has ended the action with an error and left the task: nothing ends it by itself. */
  private Next taskForEver(InstanceStatus row, Instance instance) {
    return marked(row, RowState.Blocked, InstanceMessages.taskRemains(row, instance, why(row)));
  }

  /**
   * Nova's accounts stay apart. What is here and idle with a record that never ended is asked for
   * again; what Nova says has left but shows here may run elsewhere, so an administrator looks
   * first; what is elsewhere and idle has left.
   */
  private Next contradiction(InstanceStatus row, Instance instance, Optional<Migration> record) {
    var here = host.name().equals(instance.host());
    var atRest = instance.idle() && !instance.resized();
    if (here && atRest && record.filter(Migration::unfinished).isPresent()) {
      return attemptFailed(row, InstanceMessages.stuckRecord(row, record));
    }
    if (here && atRest) {
      return ended(row, RowState.Failed, InstanceMessages.shownHere(record, way.state()));
    }
    if (!here && atRest) {
      var where = at(row, instance.host());
      return !way.confirms() && !instance.inError()
          ? moved(where, InstanceMessages.leftWithStuckRecord(row, record))
          : over(where, RowState.Failed, InstanceMessages.leftWithError(where, record));
    }
    if (!here && !bound()) {
      return over(
          at(row, instance.host()),
          RowState.Gone,
          InstanceMessages.movedAmongOthers(instance.host()));
    }
    return marked(row, RowState.Blocked, InstanceMessages.contradiction(row, record));
  }

  /** Whether any record ties the instance to the host, or nothing was told of them. */
  private boolean bound() {
    return view.migrations().isEmpty()
        || view.migrations().stream()
            .filter(
                m -> host.name().equals(m.sourceHost()) || host.name().equals(m.destinationHost()))
            .anyMatch(m -> m.unfinished() || m.reverted());
  }

  private Next dropped(InstanceStatus row) {
    if (view.detail().isEmpty()) {
      return Next.of(row);
    }
    if (view.detail().get().events().map(InstanceAction::failed).orElse(false)) {
      return attemptFailed(row, why(row));
    }
    if (host.ago(row.requestTime()).compareTo(Deadlines.DROPPED) < 0) {
      return marked(row, RowState.InProgress, InstanceMessages.ACCEPTED);
    }
    return attemptFailed(row, InstanceMessages.dropped(row));
  }

  private Next confirm(InstanceStatus row) {
    var finished = view.migrations().stream().filter(Migration::finished).toList();
    if (finished.size() > 1) {
      return marked(row, RowState.Blocked, InstanceMessages.othersUnconfirmed(row));
    }
    var reason = host.up() ? Reason.UnconfirmedResize : Reason.SourceServiceDown;
    var same = row.because(reason);
    var begun = same || row.is(RowState.Confirming);
    var late = same && row.is(RowState.Blocked) || host.stands(row, reason, Deadlines.CONFIRMING);
    var state = late ? RowState.Blocked : RowState.Confirming;
    var cause =
        !host.up()
            ? InstanceMessages.notConfirmedWhileDown(host)
            : same && row.is(state)
                ? new Cause(reason, row.message())
                : late ? InstanceMessages.notConfirmed(row) : InstanceMessages.CONFIRMING;
    var marked =
        mark(row, state, cause).toBuilder().firstRefusedTime(row.firstRefusedTime()).build();
    var due =
        row.nextAttemptTime() == null
            ? !begun || view.waited().compareTo(host.answerWait()) >= 0
            : !host.now().isBefore(row.nextAttemptTime());
    var found = !finished.isEmpty() && row.migrationId().equals(finished.getFirst().id());
    if (!host.up() || !due || !found) {
      return Next.of(marked);
    }
    var intent =
        marked.toBuilder()
            .requestTime(host.now())
            .observedTime(host.date())
            .nextAttemptTime(null)
            .build();
    return Next.send(
        intent,
        Operation.CONFIRM.command(
            row.id(), Optional.empty(), false, GlobalRequestId.of(host, row, "confirm")));
  }
}
