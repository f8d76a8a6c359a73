package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.Way;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The way out: what was taken is given back, what is under way is followed to its end. */
public final class Cleanup {

  private Cleanup() {}

  /**
   * What needs no observation: nothing was taken, or the annotation lets go.
   *
   * @return empty when an observation is needed
   */
  public static Optional<Decision> withoutObservation(DecisionInput input) {
    var previous = DecisionContext.previous(input);
    var annotations = input.resource().getMetadata().getAnnotations();
    var skip =
        annotations != null && "true".equals(annotations.get(HostMaintenance.SKIP_GIVE_BACK));
    var taken = HostClaim.holdsHost(previous);
    if (skip && taken) {
      var told = HostMessages.giveBackSkipped(input.resource().host(), previous.instances());
      return Optional.of(release(previous, List.of(Notice.warning(told))));
    }
    return taken ? Optional.empty() : Optional.of(release(previous, List.of()));
  }

  static Decision unavailable(DecisionInput input, Unavailable unavailable) {
    var report = notDrained(new Report(input).keep(Condition.SERVICE_DISABLED));
    var status = report.phase(Phase.Exiting, HostMessages.notGivenBackYet(unavailable));
    var notices = Notices.ofUnavailable(input, status, unavailable);
    return Decision.waiting(status, notices, unavailable.pause(input.settings(), Phase.Exiting));
  }

  static Decision decide(DecisionContext context) {
    if (!HostClaim.holdsHost(context.previous())) {
      return release(context.previous(), List.of());
    }
    if (context.service().isEmpty()) {
      var notices = new ArrayList<Notice>();
      notices.add(Notice.normal(HostMessages.nothingToGiveBack(context.host())));
      leftChanged(context.previous().instances()).ifPresent(notices::add);
      return release(context.previous(), notices);
    }
    var serviceDecision = ServiceDecision.giveBack(context);
    var table = InstanceRows.upToDate(context);
    if (serviceDecision.command().isEmpty()) {
      table.takeBack();
      table.proceed();
    }
    var commands = new ArrayList<Command>();
    serviceDecision.command().ifPresent(commands::add);
    var rows = table.rows().stream().map(r -> forgetUnanswered(r, context)).toList();
    table.commands().stream()
        .filter(c -> !(c instanceof Command.ForceCompleteMigration))
        .forEach(commands::add);
    var open = rows.stream().filter(InstanceStatus::outstanding).toList();
    var stopped = rows.stream().filter(r -> r.stopRequestId() != null).toList();
    var late = open.stream().filter(r -> overdue(r, context)).toList();
    aborts(context, open.stream().filter(r -> !late.contains(r)).toList(), commands);

    var notices = new ArrayList<>(serviceDecision.notices());
    notices.addAll(Notices.ofRows(context, rows));
    var report = new Report(context.input()).rows(rows);
    report.status().service(serviceDecision.record()).firstEmptyTime(null);
    if (serviceDecision.record() == null) {
      report.keep(Condition.SERVICE_DISABLED);
    } else {
      report.service(serviceDecision, context);
    }
    notDrained(report);
    var givenBack = serviceDecision.givenBack();
    var refusal = context.input().refusal().filter(r -> !givenBack);
    var status =
        report.phase(
            Phase.Exiting,
            refusal
                .map(HostMessages::notGivenBackYet)
                .or(() -> serviceDecision.finding().filter(f -> !givenBack))
                .orElseGet(
                    () ->
                        HostMessages.givenBack(
                            open.stream().filter(r -> r.stopRequestId() == null).count(),
                            stopped)));
    notices.addAll(
        refusal
            .map(r -> Notices.ofUnavailable(context.input(), status, r))
            .orElseGet(() -> Notices.ofPhase(context.input(), status)));
    if (givenBack && stopped.isEmpty() && open.size() == late.size()) {
      if (!late.isEmpty()) {
        notices.add(Notice.warning(HostMessages.movesStillRunning(moving(late))));
        leftChanged(late).ifPresent(notices::add);
      }
      serviceDecision.kept().map(Notice::normal).ifPresent(notices::add);
      return release(status, notices);
    }
    return new Decision(
        status,
        List.copyOf(commands),
        List.copyOf(notices),
        serviceDecision.command().isPresent() && Report.phase(context.previous()) != Phase.Exiting
            ? Duration.ZERO
            : again(context, status, serviceDecision),
        false);
  }

  /** A service that waits for its nova-compute may do so for long. */
  private static Duration again(
      DecisionContext context, HostMaintenanceStatus status, ServiceDecision serviceDecision) {
    var waits = serviceDecision.finding().isPresent() && !serviceDecision.givenBack();
    var busy =
        status.instances().stream().anyMatch(r -> r.outstanding() || r.stopRequestId() != null);
    return waits && !busy ? context.settings().pollIdle() : Drain.pollOfMoves(context, status);
  }

  /** Tells of guests that are not as they were, and that nobody brings back. */
  private static Optional<Notice> leftChanged(List<InstanceStatus> rows) {
    var changed = rows.stream().filter(r -> r.step() != null || r.stopRequestId() != null).toList();
    return changed.isEmpty()
        ? Optional.empty()
        : Optional.of(Notice.warning(HostMessages.leftChanged(changed)));
  }

  /** Nothing is claimed of a host on its way back, whether it is seen or not. */
  private static Report notDrained(Report report) {
    return report.condition(Condition.DRAINED, "False", HostMessages.givenBack(0, List.of()));
  }

  /** Whether a resource with this status is on its way out. */
  public static boolean begun(HostMaintenanceStatus status) {
    return status != null && Report.phase(status) == Phase.Exiting;
  }

  private static Decision release(HostMaintenanceStatus status, List<Notice> notices) {
    return new Decision(status, List.of(), List.copyOf(notices), Duration.ZERO, true);
  }

  /** A request that Nova shows no trace of in its time is not repeated on the way out. */
  private static InstanceStatus forgetUnanswered(InstanceStatus row, DecisionContext context) {
    return row.is(RowState.Requested) && !row.outstanding()
        ? RowTransitions.mark(row, RowState.Pending, InstanceMessages.FORGOTTEN, context.now())
        : row;
  }

  private static void aborts(
      DecisionContext context, List<InstanceStatus> rows, List<Command> commands) {
    for (var row : rows) {
      var record =
          context.snapshot().migrations().stream()
              .filter(m -> row.migrationId() != null && m.id() == row.migrationId())
              .findFirst();
      var due = row.nextAttemptTime() == null || !context.now().isBefore(row.nextAttemptTime());
      var asked =
          commands.stream()
              .anyMatch(c -> c instanceof Command.OnMigration a && a.instanceId().equals(row.id()));
      if (due && !asked && record.filter(m -> mayAbort(m, context)).isPresent()) {
        Way.of(row)
            .flatMap(Way::move)
            .flatMap(m -> m.undo(row.id(), row.migrationId()))
            .ifPresent(commands::add);
      }
    }
  }

  private static boolean mayAbort(Migration migration, DecisionContext context) {
    return migration.abortable()
        && (migration.queued() || context.spec().onDelete().equals("Abort"));
  }

  /** Whether a move has had its time, counted from when it began or from the deletion. */
  private static boolean overdue(InstanceStatus row, DecisionContext context) {
    if (row.is(RowState.Restoring)) {
      return false; // the tracker of its way ends it in its time
    }
    var ownConfirm = row.because(Reason.UnconfirmedResize) || row.because(Reason.SourceServiceDown);
    if (ownConfirm && row.is(RowState.Blocked)) {
      return past(null, Deadlines.CONFIRM_BOUND, context);
    }
    if (row.is(RowState.Confirming)) {
      return past(row.lastTransitionTime(), Deadlines.CONFIRM_BOUND, context);
    }
    var ram = context.snapshot().instance(row.id()).map(Instance::ramMiB).orElse(0);
    return past(row.startTime(), Deadlines.attempt(context.spec(), ram), context);
  }

  /** Whether something is so long ago, and the deletion too. */
  private static boolean past(Instant then, Duration time, DecisionContext context) {
    var deleted = Instant.parse(context.input().resource().getMetadata().getDeletionTimestamp());
    var since = then == null || then.isBefore(deleted) ? deleted : then;
    return context.ago(since).compareTo(time) >= 0;
  }

  private static List<String> moving(List<InstanceStatus> rows) {
    return rows.stream().filter(InstanceStatus::outstanding).map(InstanceStatus::id).toList();
  }
}
