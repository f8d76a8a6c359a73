package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Finds out what became of a request to which no answer is stored: it was lost, or Nova said that
 * something stands in its way, which may be an earlier request of ours. Nova's own account decides.
 *
 * <ol>
 *   <li>An action of ours since the intent, or one that is seen to move the instance: adopt it.
 *   <li>The instance is gone or elsewhere: the row ends.
 *   <li>Nova refused: the attempt failed, or is made again later.
 *   <li>Nothing is seen in the time that a request may take: send it again as the same attempt.
 * </ol>
 *
 * <p>Invariant: a request is sent again only when the earlier one can take effect no more.
 */
final class RequestTracker {

  private final InstanceView view;
  private final RequestRecords records;

  RequestTracker(InstanceView view, RequestRecords records) {
    this.view = view;
    this.records = records;
  }

  /** The row after this observation; one with a request id was adopted and is followed on. */
  InstanceStatus resolve(InstanceStatus row) {
    if (row.because(Reason.Refused)) {
      return ended(
          RowTransitions.settle(row), RowState.Failed, new Cause(Reason.Refused, row.message()));
    }
    if (view.instance().isEmpty()) {
      return ended(row, RowState.Gone, InstanceMessages.DELETED);
    }
    return view.detail().isEmpty() ? nothingTold(row) : told(row, view.instance().get());
  }

  private InstanceStatus told(InstanceStatus row, Instance instance) {
    var over = view.waited().compareTo(view.host().answerWait()) >= 0;
    var here = view.host().name().equals(instance.host());
    var ours = ours(row, here && instance.idle() && !over);
    if (ours.size() == 1) {
      var adopted = row.toBuilder().requestId(ours.getFirst().requestId()).build();
      return mark(adopted, RowState.InProgress, InstanceMessages.ADOPTED);
    }
    if (!here) {
      return records.unexplained(row)
          ? mark(row, RowState.Requested, InstanceMessages.LEFT_WITHOUT_RECORD)
          : RowTransitions.over(
              row,
              RowState.Gone,
              InstanceMessages.movedWithoutRequest(instance.host()),
              view.host());
    }
    if (row.because(Reason.TaskInProgress)) {
      return refused(row, Reason.TaskInProgress);
    }
    if (row.because(Reason.UnsupportedState)) {
      return failed(row, new Cause(Reason.UnsupportedState, row.message()));
    }
    if (!ours.isEmpty() && instance.idle()) {
      return failed(row, InstanceMessages.SEVERAL_REQUESTS);
    }
    var doubtful =
        over && instance.idle() ? records.doubtful(row) : Optional.<InstanceAction>empty();
    if (doubtful.isPresent() && !Refusals.forLong(row)) {
      return failed(row, apart(row, doubtful.get()));
    }
    if (over && Refusals.forLong(row)) {
      return refused(row, Reason.ApiUnavailable);
    }
    if (over && unansweredForLong(row)) {
      var since =
          row.firstRefusedTime() == null ? row.lastTransitionTime() : row.firstRefusedTime();
      var message = saysWhatNovaSaid(row) ? row.message() : InstanceMessages.ANSWER_LOST;
      return refused(
          row.toBuilder().firstRefusedTime(since).message(message).build(), Reason.ApiUnavailable);
    }
    if (over && instance.idle()) {
      return row.toBuilder().attempts(row.attemptsMade() - 1).requestTime(null).build();
    }
    return Refusals.forLong(row) || row.because(Reason.AnswerUnknown) && saysWhatNovaSaid(row)
        ? row
        : mark(row, RowState.Requested, InstanceMessages.ANSWER_SOUGHT);
  }

  /**
   * The actions that may be that of the request.
   *
   * @param onItsWay whether the request may still be on its way: what has failed may be an older
   *     one
   */
  private List<InstanceAction> ours(InstanceStatus row, boolean onItsWay) {
    var refused = row.because(Reason.TaskInProgress) || row.because(Reason.UnsupportedState);
    return onItsWay && !refused
        ? List.of()
        : records
            .movingAction(row)
            .map(List::of)
            .orElseGet(
                () ->
                    records.actions(row).stream()
                        .filter(a -> RequestRecords.afterIntent(row, a.startTime()))
                        .toList());
  }

  /** Nova does not tell what became of a request: for long that is reported for manual action. */
  private InstanceStatus nothingTold(InstanceStatus row) {
    var silent = row.is(RowState.Blocked) && row.because(Reason.ApiUnavailable);
    return silent || unansweredForLong(row)
        ? mark(row, RowState.Blocked, InstanceMessages.NOTHING_TOLD)
        : row;
  }

  private boolean unansweredForLong(InstanceStatus row) {
    return view.host().ago(row.lastTransitionTime()).compareTo(Deadlines.UNANSWERED) >= 0;
  }

  private static boolean saysWhatNovaSaid(InstanceStatus row) {
    return !InstanceMessages.ASKING.message().equals(row.message())
        && !InstanceMessages.ANSWER_SOUGHT.message().equals(row.message());
  }

  private static Cause apart(InstanceStatus row, InstanceAction action) {
    return InstanceMessages.clocksHideRequest(
        action, Duration.between(action.startTime(), row.observedTime()));
  }

  private InstanceStatus refused(InstanceStatus row, Reason reason) {
    return Refusals.refused(
        row, new Cause(reason, row.message()), Optional.empty(), view.host().now());
  }

  private InstanceStatus failed(InstanceStatus row, Cause cause) {
    return RowTransitions.attemptFailed(row, cause, view.host());
  }

  private InstanceStatus mark(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.mark(row, state, cause, view.host().now());
  }

  private InstanceStatus ended(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.end(row, state, cause, view.host().now());
  }
}
