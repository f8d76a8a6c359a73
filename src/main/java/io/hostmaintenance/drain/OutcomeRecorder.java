package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.Refusals;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.nova.Command;
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
      if (outcome instanceof Outcome.Accepted(Command.DisableService _, var _)) {
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
                !(o.command() instanceof Command.OnInstance c)
                    || row(announced, c.instanceId()).equals(row(stored, c.instanceId())))
        .toList();
  }

  private static Optional<InstanceStatus> row(HostMaintenanceStatus status, String id) {
    return status.instances().stream().filter(r -> r.id().equals(id)).findFirst();
  }

  /** Nova says that it is disabled: found enabled from now on, it was enabled by somebody. */
  private static Condition disabled(Condition condition, Instant now) {
    var cause = HostMessages.DISABLED_NOW;
    return !condition.type().equals(Condition.SERVICE_DISABLED) || condition.isTrue()
        ? condition
        : new Condition(
            condition.type(),
            "True",
            cause.reason().name(),
            cause.message(),
            now,
            condition.observedGeneration());
  }

  private static List<InstanceStatus> enter(
      List<InstanceStatus> rows, Outcome outcome, Instant now) {
    return switch (outcome.command()) {
      case Command.ConfirmResize c ->
          change(
              rows,
              c.instanceId(),
              r -> RowAction.Confirm.of(r) ? move(r, outcome, now) : confirm(r, outcome, now));
      case Command.ServerAction c ->
          change(
              rows,
              c.instanceId(),
              r -> r.is(RowState.Restoring) ? restoring(r, outcome, now) : move(r, outcome, now));
      case Command.OnMigration c -> change(rows, c.instanceId(), r -> timeout(r, outcome, now));
      case Command.OnService _ -> rows;
    };
  }

  private static List<InstanceStatus> change(
      List<InstanceStatus> rows, String id, UnaryOperator<InstanceStatus> change) {
    return rows.stream().map(r -> r.id().equals(id) ? change.apply(r) : r).toList();
  }

  private static InstanceStatus move(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted(var _, var requestId) ->
          RowTransitions.mark(
              row.toBuilder().requestId(requestId).build(),
              RowState.InProgress,
              InstanceMessages.accepted(row),
              now);
      case Outcome.NotSent _ when row.step() != null ->
          row.toBuilder().nextAttemptTime(now).build();
      case Outcome.NotSent _ -> notSent(row, now);
      case Outcome.Failed(var _, var failure) ->
          failure.outcomeUnknown() ? unknown(row, failure, now) : refused(row, failure, now);
    };
  }

  /** A row that is Restoring goes on saying how its way ended. */
  private static InstanceStatus restoring(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted(var _, var requestId) -> row.toBuilder().requestId(requestId).build();
      case Outcome.NotSent _ -> row.toBuilder().nextAttemptTime(now).build();
      case Outcome.Failed(var _, var failure) when failure.outcomeUnknown() -> row;
      case Outcome.Failed(var _, var failure) -> Refusals.later(row, failure.retryAfter(), now);
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
        : RowTransitions.mark(asBefore, RowState.Pending, InstanceMessages.WAITS_FOR_TURN, now);
  }

  private static InstanceStatus unknown(InstanceStatus row, NovaException failure, Instant now) {
    return Refusals.forLong(row)
        ? Refusals.blocked(row, InstanceMessages.answerUnknown(Reason.ApiUnavailable, failure), now)
        : RowTransitions.mark(
            row,
            RowState.Requested,
            InstanceMessages.answerUnknown(Reason.AnswerUnknown, failure),
            now);
  }

  private static InstanceStatus refused(InstanceStatus row, NovaException failure, Instant now) {
    var said = said(failure);
    return switch (failure.kind()) {
      // done after all, perhaps, by an earlier request of ours: Nova's own account decides
      case CONFLICT ->
          toBeResolved(
              row,
              new Cause(
                  failure.getMessage().contains("task_state")
                      ? Reason.TaskInProgress
                      : Reason.UnsupportedState,
                  said),
              now);
      case BAD_REQUEST -> toBeResolved(row, new Cause(Reason.Refused, said), now);
      case FORBIDDEN,
          UNAUTHORIZED,
          CONFIGURATION,
          UNSUPPORTED_API,
          NOT_FOUND,
          TOO_MANY_REQUESTS,
          UNAVAILABLE ->
          Refusals.refused(
              row,
              new Cause(Observation.Unavailable.of(failure).cause().reason(), said),
              failure.retryAfter(),
              now);
    };
  }

  /**
   * The row whose refusal is judged at the next observation; a refusal that goes on stays Blocked.
   */
  private static InstanceStatus toBeResolved(InstanceStatus row, Cause cause, Instant now) {
    var state = Refusals.forLong(row) ? RowState.Blocked : RowState.Requested;
    return RowTransitions.mark(row, state, cause, now).toBuilder()
        .firstRefusedTime(row.firstRefusedTime())
        .build();
  }

  private static InstanceStatus confirm(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted _ -> row;
      case Outcome.NotSent _ -> row.toBuilder().nextAttemptTime(now).build();
      case Outcome.Failed(var _, var failure) ->
          failure.outcomeUnknown() && !row.is(RowState.Blocked)
              ? row
              : Refusals.later(row, failure.retryAfter(), now).toBuilder()
                  .message(
                      UntrustedText.cut(
                          Refusals.unlessSaid(row, InstanceMessages.confirmRefused(said(failure))),
                          RowTransitions.MESSAGE_BYTES))
                  .build();
    };
  }

  /** What ends an overdue move is asked for again when it was refused; its row bounds how long. */
  private static InstanceStatus timeout(InstanceStatus row, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Accepted _ -> row;
      case Outcome.NotSent _ -> row.toBuilder().nextAttemptTime(now).build();
      case Outcome.Failed(var _, var failure) -> Refusals.later(row, failure.retryAfter(), now);
    };
  }

  private static String said(NovaException failure) {
    return failure.getMessage() + failure.requestId().map(id -> " (" + id + ")").orElse("");
  }
}
