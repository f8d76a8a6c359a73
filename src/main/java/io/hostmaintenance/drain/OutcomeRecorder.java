package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What Nova's answers to our requests make of the rows that announced them. */
public final class OutcomeRecorder {

  private OutcomeRecorder() {}

  /**
   * The status with the answers entered.
   *
   * @param status as it was stored before the requests went out
   * @param outcomes in any order
   * @param now our clock
   */
  public static HostMaintenanceStatus enter(
      HostMaintenanceStatus status, List<Outcome> outcomes, Instant now) {
    var rows = status.instances();
    var conditions = status.conditions();
    for (var outcome : outcomes) {
      rows = enter(rows, outcome, now);
      if (outcome instanceof Outcome.Accepted(Step.DisableService _, var _)) {
        conditions = conditions.stream().map(c -> disabled(c, now)).toList();
      }
    }
    var entered = status.toBuilder().instances(rows).conditions(conditions);
    if (status.total() != null) {
      Report.count(entered, rows);
    }
    return entered.build();
  }

  /**
   * The outcomes that are still news to what is stored: those whose rows stand there as they stood
   * when the requests went out. Another process has brought the other rows on since.
   *
   * @param announced the status that was stored before the requests went out
   * @param stored what is stored now
   */
  public static List<Outcome> stillNews(
      List<Outcome> outcomes, HostMaintenanceStatus announced, HostMaintenanceStatus stored) {
    return outcomes.stream()
        .filter(
            o ->
                instanceId(o.step())
                    .map(id -> row(announced, id).equals(row(stored, id)))
                    .orElse(true))
        .toList();
  }

  private static Optional<InstanceStatus> row(HostMaintenanceStatus status, String id) {
    return status.instances().stream().filter(r -> r.id().equals(id)).findFirst();
  }

  private static Optional<String> instanceId(Step step) {
    return switch (step) {
      case Step.Asking asking -> Optional.of(asking.ask().instanceId());
      case Step.Abort(var id, var migration) -> Optional.of(id);
      case Step.ForceComplete(var id, var migration) -> Optional.of(id);
      case Step.DisableService disable -> Optional.empty();
      case Step.EnableService enable -> Optional.empty();
    };
  }

  /** Nova says that it is disabled: found enabled from now on, it was enabled by somebody. */
  private static Condition disabled(Condition condition, Instant now) {
    return !condition.type().equals(Condition.SERVICE_DISABLED) || condition.isTrue()
        ? condition
        : new Condition(
            condition.type(),
            "True",
            Reason.Disabled.name(),
            "nova-compute is disabled and given back on delete.",
            now,
            condition.observedGeneration());
  }

  private static List<InstanceStatus> enter(
      List<InstanceStatus> rows, Outcome outcome, Instant now) {
    return switch (outcome.step()) {
      case Step.Confirm(var ask) -> change(rows, ask.instanceId(), r -> confirm(r, outcome, now));
      case Step.Asking asking ->
          change(rows, asking.ask().instanceId(), r -> move(r, outcome, now));
      case Step.Abort(var id, var migration) -> change(rows, id, r -> timeout(r, outcome, now));
      case Step.ForceComplete(var id, var migration) ->
          change(rows, id, r -> timeout(r, outcome, now));
      case Step.DisableService disable -> rows;
      case Step.EnableService enable -> rows;
    };
  }

  private static List<InstanceStatus> change(
      List<InstanceStatus> rows, String id, UnaryOperator<InstanceStatus> change) {
    return rows.stream().map(r -> r.id().equals(id) ? change.apply(r) : r).toList();
  }

  private static InstanceStatus move(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted(var step, var requestId) ->
          RowTransitions.mark(
              row.toBuilder().requestId(requestId).build(),
              RowState.InProgress,
              Reason.Queued,
              "Nova has accepted the move.",
              now);
      case Outcome.NotSent(var step) -> notSent(row, now);
      case Outcome.Failed(var step, var failure) ->
          failure.outcomeUnknown() ? unknown(row, failure, now) : refused(row, failure, now);
    };
  }

  private static InstanceStatus notSent(InstanceStatus row, Instant now) {
    var asBefore =
        RowTransitions.settle(row).toBuilder()
            .attempts(row.attemptsMade() - 1)
            .nextAttemptTime(null)
            .build();
    return Refusals.forLong(row)
        ? asBefore
        : RowTransitions.mark(
            asBefore, RowState.Pending, Reason.Waiting, "Waits for its turn.", now);
  }

  private static InstanceStatus unknown(InstanceStatus row, NovaException failure, Instant now) {
    var words = "Nova's answer to the request is not known (" + failure.getMessage() + ").";
    return Refusals.forLong(row)
        ? Refusals.blocked(row, Reason.ApiUnavailable, words, now)
        : RowTransitions.mark(row, RowState.Requested, Reason.AnswerUnknown, words, now);
  }

  private static InstanceStatus refused(InstanceStatus row, NovaException failure, Instant now) {
    var said = said(failure);
    return switch (failure.kind()) {
      // done after all, perhaps, by an earlier request of ours: Nova's own account decides
      case CONFLICT ->
          toBeResolved(
              row,
              failure.getMessage().contains("task_state")
                  ? Reason.TaskInProgress
                  : Reason.UnsupportedState,
              said,
              now);
      case BAD_REQUEST -> toBeResolved(row, Reason.Refused, said, now);
      case FORBIDDEN,
          UNAUTHORIZED,
          CONFIGURATION,
          UNSUPPORTED_API,
          NOT_FOUND,
          TOO_MANY_REQUESTS,
          UNAVAILABLE ->
          Refusals.refused(
              row, Observation.Unavailable.of(failure).reason(), said, failure.retryAfter(), now);
    };
  }

  /**
   * The row whose refusal is judged at the next observation; a refusal that goes on stays Blocked.
   */
  private static InstanceStatus toBeResolved(
      InstanceStatus row, Reason reason, String said, Instant now) {
    var state = Refusals.forLong(row) ? RowState.Blocked : RowState.Requested;
    return RowTransitions.mark(row, state, reason, said, now).toBuilder()
        .firstRefusedTime(row.firstRefusedTime())
        .build();
  }

  private static InstanceStatus confirm(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted(var step, var requestId) -> row;
      case Outcome.NotSent(var step) -> row.toBuilder().nextAttemptTime(now).build();
      case Outcome.Failed(var step, var failure) ->
          failure.outcomeUnknown() && !row.is(RowState.Blocked)
              ? row
              : Refusals.later(row, failure.retryAfter(), now).toBuilder()
                  .message(
                      UntrustedText.cut(
                          Refusals.unlessSaid(
                              row, "Nova does not confirm it yet: " + said(failure)),
                          RowTransitions.MESSAGE_BYTES))
                  .build();
    };
  }

  /** What ends an overdue move is asked for again when it was refused; its row bounds how long. */
  private static InstanceStatus timeout(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted(var step, var requestId) -> row;
      case Outcome.NotSent(var step) -> row.toBuilder().nextAttemptTime(now).build();
      case Outcome.Failed(var step, var failure) -> Refusals.later(row, failure.retryAfter(), now);
    };
  }

  private static String said(NovaException failure) {
    return failure.getMessage() + failure.requestId().map(id -> " (" + id + ")").orElse("");
  }
}
