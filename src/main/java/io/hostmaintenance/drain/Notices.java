package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.InstanceMessages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is told of a decision: what it changes. */
final class Notices {

  private Notices() {}

  /** What is told of a new phase, or of a new reason for Ready; empty when neither is new. */
  static List<Notice> ofPhase(DecisionInput input, HostMaintenanceStatus next) {
    var previous = DecisionContext.previous(input);
    var ready = next.condition(Condition.READY).orElseThrow();
    var before = previous.condition(Condition.READY).map(Condition::reason).orElse("");
    if (next.phase().equals(previous.phase()) && before.equals(ready.reason())) {
      return List.of();
    }
    var warning =
        next.phase().equals(Phase.Blocked.name()) || next.phase().equals(Phase.Failed.name());
    var cause = new Cause(Reason.valueOf(ready.reason()), ready.message());
    return List.of(warning ? Notice.warning(cause) : Notice.normal(cause));
  }

  /** What is told of a plan that says something new. */
  static List<Notice> ofPlan(DecisionInput input, HostMaintenanceStatus next) {
    var planned = next.condition(Condition.PLANNED).orElseThrow();
    var before = DecisionContext.previous(input).condition(Condition.PLANNED);
    if (before.filter(b -> b.reason().equals(planned.reason())).isPresent()) {
      return List.of();
    }
    var cause = new Cause(Reason.valueOf(planned.reason()), planned.message());
    return List.of(planned.isTrue() ? Notice.normal(cause) : Notice.warning(cause));
  }

  /** What is told of an observation that failed: once, when it changes how things stand. */
  static List<Notice> ofUnavailable(
      DecisionInput input, HostMaintenanceStatus next, Unavailable unavailable) {
    return ofPhase(input, next).isEmpty()
        ? List.of()
        : List.of(Notice.warning(unavailable.cause()));
  }

  /** What is told of rows whose state is new. */
  static List<Notice> ofRows(DecisionContext context, List<InstanceStatus> rows) {
    var notices = new ArrayList<Notice>();
    var before =
        context.previous().instances().stream()
            .collect(Collectors.toMap(InstanceStatus::id, Function.identity(), (a, b) -> a));
    var wasDrained = context.previous().isTrue(Condition.DRAINED);
    for (var row : rows) {
      var old = before.get(row.id());
      if (wasDrained
          && context.onHost(row.id()).isPresent()
          && (old == null || !old.state().equals(row.state()))) {
        notices.add(Notice.warning(InstanceMessages.lateArrival(row)).about(row.id()));
      }
      if (old == null || !old.state().equals(row.state())) {
        change(row, old).map(n -> n.about(row.id())).ifPresent(notices::add);
      }
    }
    return notices;
  }

  private static Optional<Notice> change(InstanceStatus row, InstanceStatus old) {
    if (RowState.of(row).isEmpty()) {
      return Optional.empty();
    }

    return switch (RowState.of(row).get()) {
      case Moved ->
          Optional.of(
              row.because(Reason.NotPutBack) || row.because(Reason.TakenOverByOwner)
                  ? Notice.warning(said(row))
                  : Notice.normal(said(row)));
      case Gone, Skipped -> Optional.of(Notice.normal(said(row)));
      case Failed, Blocked -> Optional.of(Notice.warning(said(row)));
      case Pending ->
          old != null && old.outstanding()
              ? Optional.of(Notice.warning(InstanceMessages.moveFailed(row)))
              : Optional.empty();
      case Requested ->
          row.firstRefusedTime() != null
              ? Optional.empty()
              : Optional.of(Notice.normal(InstanceMessages.requested(row)));
      case InProgress, Confirming, Restoring -> Optional.empty();
    };
  }

  private static Cause said(InstanceStatus row) {
    return new Cause(Reason.valueOf(row.reason()), row.label() + ": " + row.message());
  }
}
