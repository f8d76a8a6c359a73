package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.MigrationTracker.Next;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Follows a row on a way of several operations: each is proven before the next one is asked for.
 *
 * <ol>
 *   <li>A move on the way: {@link MigrationTracker}, until it has ended.
 *   <li>Somebody else acted on the instance after our last action: the way ends there.
 *   <li>Without a request id the answer was lost: one action of ours since the intent is adopted;
 *       without any the operation is asked for again, once it can take effect no more.
 *   <li>The instance shows the state of the operation: the next one, or the end.
 *   <li>It does not and is at rest: the operation failed. It is busy: wait, for its deadline.
 *   <li>Restoring: operations that bring the guest back to the state that it had, however the way
 *       went.
 * </ol>
 *
 * <p>Invariants: an operation follows only on one whose state the instance shows; nobody else's
 * action is overridden; the reason of a row that is Restoring is how its way ended.
 */
public final class WayTracker {

  private final InstanceView view;
  private final HostView host;
  private final Way way;
  private final Operation operation;
  private final RequestRecords records;

  private WayTracker(InstanceView view, Way way, Operation operation) {
    this.view = view;
    this.host = view.host();
    this.way = way;
    this.operation = operation;
    this.records = new RequestRecords(view, way, operation);
  }

  /**
   * Follows a row; one whose way or operation this version does not know stays as it is.
   *
   * @param row its request is outstanding
   * @param view what is known of its instance
   * @param ahead why a queued move of it has to wait for others; empty when it has not
   */
  public static Next follow(
      InstanceStatus row, InstanceView view, Supplier<Optional<Cause>> ahead) {
    var operation = Operation.of(row);
    var move = row.step() != null && operation.filter(Operation::moves).isPresent();
    if (move && !restoring(row) && row.requestId() == null && notAccepted(row)) {
      return new WayTracker(view, Way.of(row).orElseThrow(), operation.get()).notAskedYet(row);
    }
    if (row.step() == null || move && !restoring(row)) {
      var next = MigrationTracker.follow(row, view, ahead);
      if (next.operation().isPresent()) {
        return new WayTracker(view, Way.of(row).orElseThrow(), operation.get()).unlessTaken(next);
      }
      return restoring(next.row()) ? follow(next.row(), view, ahead) : next;
    }
    return Way.of(row)
        .flatMap(w -> operation.map(o -> new WayTracker(view, w, o).follow(row)))
        .orElse(Next.of(row));
  }

  /** Takes back what a way has done because the resource is deleted; its last operation is done. */
  public static Next takenBack(InstanceStatus row, InstanceView view) {
    var way = Way.of(row).orElseThrow();
    if (way.state().isEmpty()) {
      var left = RowTransitions.settle(row).toBuilder().step(null).build();
      return Next.of(
          RowTransitions.mark(
              left, RowState.Pending, InstanceMessages.DELETED_ON_ITS_WAY, view.host().now()));
    }
    var restoring =
        RowTransitions.restoring(row, InstanceMessages.DELETED_ON_ITS_WAY, view.host().now());
    return new WayTracker(view, way, Operation.of(row).orElseThrow()).restore(restoring);
  }

  /**
   * Starts what the operator has stopped, unless somebody else has started or stopped it since.
   *
   * @param row the operator has stopped its instance
   */
  public static Next toStart(InstanceStatus row, InstanceView view) {
    if (view.detail().isEmpty()) {
      return Next.of(row);
    }
    var ours =
        view.actions().stream()
            .filter(InstanceAction::startsOrStops)
            .findFirst()
            .filter(a -> a.requestId().equals(row.stopRequestId()));
    var stopped = view.instance().filter(i -> i.vmState().equals("stopped"));
    if (ours.isEmpty() || stopped.isEmpty()) {
      return Next.of(row.toBuilder().stopRequestId(null).build());
    }
    var restoring =
        RowTransitions.restoring(row, InstanceMessages.STARTING, view.host().now()).toBuilder()
            .action(Way.STOP.word().name())
            .step(Operation.STOP.word())
            .requestId(row.stopRequestId())
            .requestTime(view.host().now())
            .observedTime(view.host().date())
            .build();
    return new WayTracker(view, Way.STOP, Operation.STOP).restore(restoring);
  }

  /** Whether a change of state was asked for just now, so that its end may come at any moment. */
  public static boolean isShort(InstanceStatus row, Instant now) {
    return row.outstanding()
        && Operation.of(row).filter(Operation::changesState).isPresent()
        && Deadlines.between(row.requestTime(), now).compareTo(Deadlines.STEP_YOUNG) < 0;
  }

  private Next follow(InstanceStatus row) {
    if (view.detail().isEmpty()) {
      return Next.of(
          view.unseenForLong() && !restoring(row)
              ? mark(row, RowState.Blocked, InstanceMessages.unseen(row))
              : row);
    }
    var seen = view.instance().map(i -> RowTransitions.seen(row, i)).orElse(row);
    if (seen.requestId() == null) {
      return unanswered(seen);
    }
    if (records.action(seen).isEmpty() && view.instance().isPresent()) {
      return Next.of(seen); // a list that lacks our own action may lack that of others too
    }
    if (!told()) {
      return Next.of(seen);
    }
    var other = byOthers(seen);
    return other.isPresent() ? takenOver(seen, other.get()) : answered(seen);
  }

  /** Whether a move of the way was refused, for now or for good, or not sent. */
  private static boolean notAccepted(InstanceStatus row) {
    return row.nextAttemptTime() != null || row.because(Reason.Refused);
  }

  private Next notAskedYet(InstanceStatus row) {
    var other = byOthers(row);
    if (other.isPresent()) {
      return takenOver(row, other.get());
    }
    return row.nextAttemptTime() == null
        ? failed(row, new Cause(Reason.Refused, row.message()))
        : refused(row);
  }

  private Next unlessTaken(Next next) {
    var other = byOthers(next.row());
    return other.isPresent() ? takenOver(next.row(), other.get()) : next;
  }

  /** Whether the actions reach back to the beginning of the way. */
  private boolean told() {
    return view.instance().isEmpty() || view.actions().stream().anyMatch(this::begins);
  }

  /** Whether an action began the way; that of the last attempt is the newest. */
  private boolean begins(InstanceAction action) {
    return action.action().equals(way.first().action()) && !byAnother(action);
  }

  private static boolean restoring(InstanceStatus row) {
    return row.is(RowState.Restoring);
  }

  /** Whether it starts again what the operator has stopped. */
  private static boolean starting(InstanceStatus row) {
    return restoring(row) && row.because(Reason.StoppedByOperator);
  }

  // ---------------------------------------------------------------- what became of the request

  private Next unanswered(InstanceStatus row) {
    if (view.instance().isEmpty()) {
      return gone(row);
    }
    var ours = ours(row);
    if (ours.size() > 1) {
      return failed(row, InstanceMessages.SEVERAL_REQUESTS);
    }
    if (ours.size() == 1) {
      var adopted = row.toBuilder().requestId(ours.getFirst().requestId()).build();
      return follow(inProgress(adopted, InstanceMessages.ADOPTED));
    }
    var other = byOthers(row);
    if (other.isPresent()) {
      return takenOver(row, other.get());
    }
    if (!restoring(row) && (row.because(Reason.Refused) || row.because(Reason.UnsupportedState))) {
      return failed(row, new Cause(Reason.valueOf(row.reason()), row.message()));
    }
    if (row.nextAttemptTime() != null) {
      return refused(row);
    }
    if (view.waited().compareTo(host.answerWait()) >= 0 && atRest()) {
      return again(row);
    }
    return Next.of(
        restoring(row) ? row : mark(row, RowState.Requested, InstanceMessages.ANSWER_SOUGHT));
  }

  /** The actions that may be that of the request. */
  private List<InstanceAction> ours(InstanceStatus row) {
    var since =
        records.actions(row).stream()
            .filter(a -> RequestRecords.afterIntent(row, a.startTime()))
            .toList();
    return since.isEmpty() && operation.done(view.instance()) ? newest(row) : since;
  }

  /** By order, whatever Nova's clocks say: at the intent the instance was in another state. */
  private List<InstanceAction> newest(InstanceStatus row) {
    return view.actions().stream()
        .filter(a -> !a.leavesState())
        .limit(1)
        .filter(records.actions(row)::contains)
        .toList();
  }

  /** It was refused, or not sent: it is asked for again, but not for ever. */
  private Next refused(InstanceStatus row) {
    if (view.detail().isPresent() && view.instance().isEmpty()) {
      return gone(row);
    }
    var tooLong =
        restoring(row)
            ? givenUp(row)
            : host.ago(row.firstRefusedTime()).compareTo(Deadlines.REFUSED_FOR_LONG) >= 0;
    if (tooLong) {
      return failed(row, new Cause(Reason.valueOf(row.reason()), row.message()));
    }
    return host.now().isBefore(row.nextAttemptTime()) ? Next.of(row) : again(row);
  }

  /** The same operation; on the way back that which the state of the guest calls for now. */
  private Next again(InstanceStatus row) {
    return restoring(row) ? restore(row) : ask(row, operation);
  }

  private boolean atRest() {
    return view.instance().map(Instance::idle).orElse(true);
  }

  /**
   * Somebody else's action since the way began; one without a user is Nova's own. Before the answer
   * to its first request is known a way has not begun: Nova checks the state.
   */
  private Optional<InstanceAction> byOthers(InstanceStatus row) {
    return operation == way.first() && row.requestId() == null
        ? Optional.empty()
        : others().filter(a -> way != Way.STOP || a.startsOrStops()).findFirst();
  }

  /** What others have asked for since the way began. */
  private Stream<InstanceAction> others() {
    return view.actions().stream().takeWhile(a -> !begins(a)).filter(this::byAnother);
  }

  private boolean byAnother(InstanceAction action) {
    return byAnother(action, host.identity());
  }

  private static boolean byAnother(InstanceAction action, Identity us) {
    return action.userId() != null
        && !action.leavesState()
        && !(action.userId().equals(us.userId()) && us.projectId().equals(action.projectId()));
  }

  /**
   * Whether somebody else has acted on an instance since its way began, read again right before its
   * next operation: Nova takes no condition.
   *
   * @param row the operation is announced in it
   * @param actions all actions of its instance as they are now, newest first
   * @param us whom we act as
   */
  public static boolean isTakenOver(InstanceStatus row, List<InstanceAction> actions, Identity us) {
    var way = Way.of(row).filter(w -> row.step() != null && w != Way.STOP);
    if (way.filter(w -> !w.first().word().equals(row.step())).isEmpty()) {
      return false;
    }
    var first = way.get().first().action();
    return actions.stream()
        .takeWhile(a -> byAnother(a, us) || !a.action().equals(first))
        .anyMatch(a -> byAnother(a, us));
  }

  private Next answered(InstanceStatus row) {
    if (restoring(row) && operation.moves()) {
      return restore(row);
    }
    if (operation.done(view.instance())) {
      return restoring(row) ? restore(row) : done(row);
    }
    if (view.instance().isEmpty()) {
      return gone(row);
    }
    var ago = host.ago(row.requestTime());
    if (!atRest()) {
      return ago.compareTo(operation.deadline()) < 0
          ? Next.of(inProgress(row, InstanceMessages.step(operation)))
          : overdue(row);
    }
    if (records.action(row).filter(InstanceAction::failed).isPresent()) {
      return failed(row, InstanceMessages.stepFailed(row, operation, MoveFailure.said(view)));
    }
    return ago.compareTo(Deadlines.DROPPED) < 0
        ? Next.of(inProgress(row, InstanceMessages.step(operation)))
        : failed(row, InstanceMessages.stepFailed(row, operation, Optional.empty()));
  }

  private InstanceStatus inProgress(InstanceStatus row, Cause cause) {
    return restoring(row) ? row : mark(row, RowState.InProgress, cause);
  }

  /** The hypervisor may still carry it out: nothing else is asked for. */
  private Next overdue(InstanceStatus row) {
    return restoring(row)
        ? Next.of(notPutBack(row))
        : Next.of(mark(row, RowState.Blocked, InstanceMessages.stepOverdue(row, operation)));
  }

  // ---------------------------------------------------------------- the next operation

  private Next done(InstanceStatus row) {
    return way.after(operation).map(next -> ask(row, next)).orElseGet(() -> Next.of(complete(row)));
  }

  private Next ask(InstanceStatus row, Operation next) {
    var heard = view.instance().map(i -> host.hears(where(i))).orElse(false);
    var ready =
        view.instance().filter(i -> next.moves() ? i.idle() : next.startsFrom(i)).isPresent();
    if (!heard) {
      return restoring(row) ? Next.of(givenUp(row) ? notPutBack(row) : row) : Next.of(silent(row));
    }
    return ready
        ? Next.ask(
            inProgress(row, InstanceMessages.step(next)).toBuilder()
                .firstRefusedTime(row.firstRefusedTime())
                .build(),
            next)
        : restoring(row)
            ? Next.of(later(row))
            : failed(row, InstanceMessages.stepImpossible(next, view.instance().orElseThrow()));
  }

  /** For long that is reported, and the way goes on as soon as nova-compute is heard of. */
  private InstanceStatus silent(InstanceStatus row) {
    var forLong =
        row.is(RowState.Blocked) && row.because(Reason.ComputeNotHeard)
            || host.stands(row, Reason.ComputeNotHeard, Deadlines.UNTOLD_WAIT);
    return mark(
        row, forLong ? RowState.Blocked : RowState.InProgress, InstanceMessages.notHeard(where()));
  }

  private String where() {
    return view.instance().map(this::where).orElse(host.name());
  }

  /** Nova confirms at the source. */
  private String where(Instance instance) {
    return operation == Operation.CONFIRM
        ? view.finished().map(Migration::sourceHost).orElse(host.name())
        : instance.host();
  }

  /** The end of a way that does not move the instance. */
  private InstanceStatus complete(InstanceStatus row) {
    return switch (way) {
      case STOP -> stoppedOnce(row, RowState.Skipped, InstanceMessages.STOPPED);
      case OFFLOAD -> end(row, RowState.Moved, InstanceMessages.OFFLOADED);
      case DELETE -> end(row, RowState.Gone, InstanceMessages.DELETED);
      case CONFIRM ->
          view.instance().map(Instance::host).filter(host.name()::equals).isPresent()
              ? RowTransitions.first(view.instance().get(), host.now())
              : records.isOurs(row)
                  ? end(row, RowState.Moved, InstanceMessages.moved(where(row)))
                  : end(row, RowState.Gone, InstanceMessages.confirmed(where(row)));
      case LIVE,
          COLD,
          REPAUSE_AND_LIVE,
          RESUME_LIVE_SUSPEND,
          UNRESCUE_LIVE,
          UNRESCUE_COLD,
          RESET_AND_LIVE,
          STOP_AND_COLD ->
          throw new IllegalStateException(way.name());
    };
  }

  /** The row at rest, which knows that its instance was stopped; another way begins anew. */
  private InstanceStatus stoppedOnce(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.settle(mark(row, state, cause)).toBuilder()
        .stopRequestId(row.requestId())
        .step(null)
        .attempts(0)
        .build();
  }

  private String where(InstanceStatus row) {
    return view.instance().map(Instance::host).orElse(row.destinationHost());
  }

  // ---------------------------------------------------------------- how a way ends

  private Next failed(InstanceStatus row, Cause cause) {
    if (restoring(row)) {
      var due = row.nextAttemptTime() != null && !host.now().isBefore(row.nextAttemptTime());
      return due && !givenUp(row) ? restore(row) : Next.of(later(row));
    }
    var failed = RowTransitions.attemptFailed(row, cause, host);
    return restoring(failed) ? restore(failed) : Next.of(failed);
  }

  /** On the way back: a step that failed is asked for again after a while, but not for ever. */
  private InstanceStatus later(InstanceStatus row) {
    if (givenUp(row) || view.instance().filter(Instance::inError).isPresent()) {
      return notPutBack(row);
    }
    var pause = Refusals.pause(host.ago(row.lastTransitionTime()));
    return row.nextAttemptTime() == null
        ? row.toBuilder().nextAttemptTime(host.now().plus(pause)).build()
        : row;
  }

  /** What the operator stopped runs again in the end. */
  private boolean givenUp(InstanceStatus row) {
    return !starting(row) && host.ago(row.lastTransitionTime()).compareTo(Deadlines.RESTORING) >= 0;
  }

  /** Brings the guest nearer to the state that it had, or ends the row as its way had ended. */
  private Next restore(InstanceStatus row) {
    var instance = view.instance();
    if (instance.isEmpty()) {
      return gone(row);
    }
    var wanted = way.state().orElseThrow();
    if (instance.get().vmState().equals(wanted)) {
      var cause = new Cause(Reason.valueOf(row.reason()), row.message());
      return Next.of(
          starting(row)
              ? end(row, RowState.Skipped, InstanceMessages.STARTED_AGAIN).toBuilder()
                  .stopRequestId(null)
                  .build()
              : end(row, outcome(row), cause));
    }
    return way.back(instance.get().vmState())
        .map(next -> ask(row, next))
        .or(() -> others().findFirst().map(a -> takenOver(row, a)))
        .orElseGet(() -> Next.of(notPutBack(row)));
  }

  private InstanceStatus notPutBack(InstanceStatus row) {
    var cause = InstanceMessages.notPutBack(row, way.state().orElseThrow());
    return end(row, outcome(row), cause).toBuilder().stopRequestId(null).build();
  }

  private Next takenOver(InstanceStatus row, InstanceAction action) {
    if (way == Way.STOP && !restoring(row) && row.requestId() != null) {
      return Next.of(stoppedOnce(row, RowState.Blocked, InstanceMessages.startedByOwner(row)));
    }
    return Next.of(
        end(row, outcome(row), InstanceMessages.takenOver(row, action)).toBuilder()
            .stopRequestId(null)
            .build());
  }

  /** How the row ends, by how its way had ended. */
  private RowState outcome(InstanceStatus row) {
    if (row.because(Reason.MovedExternally)) {
      return RowState.Gone;
    }
    return left() && !row.because(Reason.MovedWithError) ? RowState.Moved : RowState.Failed;
  }

  /** Whether the way has brought it to another host. */
  private boolean left() {
    return way.move().isPresent()
        && view.instance().map(Instance::host).filter(h -> !h.equals(host.name())).isPresent();
  }

  private Next gone(InstanceStatus row) {
    return Next.of(end(row, RowState.Gone, InstanceMessages.DELETED));
  }

  private InstanceStatus mark(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.mark(row, state, cause, host.now());
  }

  private InstanceStatus end(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.end(row, state, cause, host.now());
  }
}
