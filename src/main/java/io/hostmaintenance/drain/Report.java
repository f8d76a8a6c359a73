package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatusBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.UntrustedText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The status as people and machines read it: counts, phase, conditions. */
final class Report {

  private static final int MESSAGE_BYTES = 1024;

  private final DecisionInput input;
  private final List<Condition> before;
  private final List<Condition> conditions = new ArrayList<>();
  private final HostMaintenanceStatusBuilder status;

  Report(DecisionInput input) {
    this.input = input;
    var previous = DecisionContext.previous(input);
    this.before = previous.conditions();
    this.status = previous.toBuilder();
  }

  HostMaintenanceStatusBuilder status() {
    return status;
  }

  /** The rows, for which the annotation to retry was acted on, and their counts, which add up. */
  Report rows(List<InstanceStatus> rows) {
    var annotations = input.resource().getMetadata().getAnnotations();
    if (annotations != null) {
      status.retry(annotations.get(HostMaintenance.RETRY));
    }
    count(status, rows);
    return this;
  }

  /** Until a host is taken its rows are those of a plan, which nobody keeps true any more. */
  Report withoutPlan() {
    if (!HostClaim.holdsHost(DecisionContext.previous(input))) {
      status
          .instances(List.of())
          .progress(null)
          .total(null)
          .moved(null)
          .failed(null)
          .blocked(null)
          .skipped(null)
          .gone(null)
          .remaining(null);
    }
    return this;
  }

  /** Enters rows and their counts. */
  static void count(HostMaintenanceStatusBuilder status, List<InstanceStatus> rows) {
    var moved = count(rows, RowState.Moved);
    var failed = count(rows, RowState.Failed);
    var blocked = count(rows, RowState.Blocked);
    var skipped = count(rows, RowState.Skipped);
    var gone = count(rows, RowState.Gone);
    var total = rows.size();
    status
        .instances(rows)
        .total(total)
        .moved(moved)
        .failed(failed)
        .blocked(blocked)
        .skipped(skipped)
        .gone(gone)
        .remaining(total - moved - failed - blocked - skipped - gone)
        .progress(moved + gone + "/" + total);
  }

  private static int count(List<InstanceStatus> rows, RowState state) {
    return (int) rows.stream().filter(r -> r.is(state)).count();
  }

  /** A condition; the time of its last change stays when its status does. */
  Report condition(String type, String value, Cause cause) {
    var old = before.stream().filter(c -> c.type().equals(type)).findFirst();
    var since =
        old.filter(c -> value.equals(c.status()))
            .map(Condition::lastTransitionTime)
            .orElse(input.now());
    conditions.removeIf(c -> c.type().equals(type));
    conditions.add(
        new Condition(
            type,
            value,
            cause.reason().name(),
            UntrustedText.cut(cause.message(), MESSAGE_BYTES),
            since,
            input.resource().getMetadata().getGeneration()));
    return this;
  }

  /** Since when the host is taken. */
  Report started(DecisionContext context) {
    var since = context.previous().startTime();
    status.startTime(since == null ? context.now() : since);
    return this;
  }

  /** Sets the condition ServiceDisabled. */
  Report service(ServiceDecision serviceDecision, DecisionContext context) {
    var service = context.service().orElseThrow();
    return service.disabled()
        ? condition(Condition.SERVICE_DISABLED, "True", serviceDecision.standing(context, service))
        : condition(Condition.SERVICE_DISABLED, "False", HostMessages.enabled(context.host()));
  }

  /** A condition as it was. */
  Report keep(String type) {
    before.stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .ifPresentOrElse(
            c -> condition(type, c.status(), new Cause(reason(c), c.message())),
            () -> condition(type, "False", HostMessages.NOT_OBSERVED_YET));
    return this;
  }

  /** The reason that was stored; NotObservedYet for one that this version does not know. */
  static Reason reason(Condition condition) {
    try {
      return Reason.valueOf(condition.reason());
    } catch (IllegalArgumentException | NullPointerException e) {
      return Reason.NotObservedYet;
    }
  }

  /** How the resource stands: its phase, and for machines whether it goes on without help. */
  HostMaintenanceStatus phase(Phase phase, Cause cause) {
    switch (phase) {
      case InMaintenance -> condition(Condition.READY, "True", cause);
      case Pending, Draining, Exiting, Planned -> {
        condition(Condition.READY, "False", cause);
        if (cause.reason() != Reason.Suspended) {
          condition(Condition.RECONCILING, "True", cause);
        }
      }
      case Blocked, Failed -> {
        condition(Condition.READY, "False", cause);
        condition(Condition.STALLED, "True", cause);
      }
    }
    return build(phase);
  }

  /** The status with what was set; the phase as given. */
  HostMaintenanceStatus build(Phase phase) {
    return status
        .phase(phase.name())
        .observedGeneration(input.resource().getMetadata().getGeneration())
        .conditions(ordered())
        .build();
  }

  private List<Condition> ordered() {
    var order =
        List.of(
            Condition.PLANNED,
            Condition.READY,
            Condition.DRAINED,
            Condition.SERVICE_DISABLED,
            Condition.RECONCILING,
            Condition.STALLED);
    return order.stream()
        .flatMap(t -> conditions.stream().filter(c -> c.type().equals(t)))
        .toList();
  }

  /** The phase that was stored; Pending for none. */
  static Phase phase(HostMaintenanceStatus status) {
    return Optional.ofNullable(status.phase())
        .flatMap(p -> Arrays.stream(Phase.values()).filter(v -> v.name().equals(p)).findFirst())
        .orElse(Phase.Pending);
  }
}
