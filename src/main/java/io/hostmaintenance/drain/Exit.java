package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Sight.Blind;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The way out: what was taken is given back, what is under way is followed to its end. */
public final class Exit {

  private static final Set<String> NOT_BEGUN = Set.of("accepted", "queued");
  private static final Set<String> ABORTABLE = Set.of("queued", "preparing", "running");

  private Exit() {}

  /**
   * What needs no look: nothing was taken, or the annotation lets go.
   *
   * @return empty when a look is needed
   */
  public static Optional<Decision> withoutLook(Situation situation) {
    var previous = Moment.previous(situation);
    var annotations = situation.resource().getMetadata().getAnnotations();
    var skip =
        annotations != null && "true".equals(annotations.get(HostMaintenance.SKIP_GIVE_BACK));
    var taken = HostClaim.holdsHost(previous);
    if (skip && taken) {
      return Optional.of(
          release(
              previous,
              List.of(
                  new Notice(
                      true,
                      Reason.GiveBackSkipped,
                      "Let go by the annotation "
                          + HostMaintenance.SKIP_GIVE_BACK
                          + ": host "
                          + situation.resource().getSpec().host()
                          + " stays as it is"
                          + leftBehind(previous.instances())
                          + "."))));
    }
    return taken ? Optional.empty() : Optional.of(release(previous, List.of()));
  }

  static Decision blind(Situation situation, Blind blind) {
    var report = notDrained(new Report(situation).keep(Condition.SERVICE_DISABLED));
    var status = report.phase(Phase.Exiting, blind.reason(), notYet(blind));
    return new Decision(
        status,
        List.of(),
        Notices.ofBlindness(situation, status, blind),
        blind.pause(situation.settings(), Phase.Exiting),
        false);
  }

  private static String notYet(Blind why) {
    return "Cannot be given back yet: "
        + why.message()
        + " The annotation "
        + HostMaintenance.SKIP_GIVE_BACK
        + "=true lets go at once and leaves the host as it is.";
  }

  static Decision decide(Moment at) {
    if (!HostClaim.holdsHost(at.previous())) {
      return release(at.previous(), List.of());
    }
    if (at.service().isEmpty()) {
      return release(
          at.previous(),
          List.of(
              new Notice(
                  false,
                  Reason.HostGone,
                  "The nova-compute service of "
                      + at.host()
                      + " was deleted from Nova: there is nothing to give back.")));
    }
    var keeping = Keeping.giveBack(at);
    var table = Table.upToDate(at);
    var steps = new ArrayList<Step>();
    keeping.step().ifPresent(steps::add);
    var rows = table.rows().stream().map(r -> forgetUnanswered(r, at)).toList();
    table.steps().stream().filter(s -> !(s instanceof Step.ForceComplete)).forEach(steps::add);
    var open = rows.stream().filter(InstanceStatus::outstanding).toList();
    var late = open.stream().filter(r -> overdue(r, at)).toList();
    aborts(at, open.stream().filter(r -> !late.contains(r)).toList(), steps);

    var notices = new ArrayList<>(keeping.notices());
    notices.addAll(Notices.ofRows(at, rows));
    var report = new Report(at.situation()).rows(rows);
    report.status().service(keeping.record()).emptySince(null);
    if (keeping.record() == null) {
      report.keep(Condition.SERVICE_DISABLED);
    } else {
      report.service(keeping, at);
    }
    notDrained(report);
    var givenBack =
        keeping.step().isEmpty() && (keeping.record() == null || !keeping.record().disabledByUs());
    var refusal = at.situation().refusal().filter(r -> !givenBack);
    var status =
        report.phase(
            Phase.Exiting,
            refusal.map(Blind::reason).orElse(Reason.Exiting),
            refusal.map(Exit::notYet).orElseGet(() -> beingGivenBack(open)));
    notices.addAll(
        refusal
            .map(r -> Notices.ofBlindness(at.situation(), status, r))
            .orElseGet(() -> Notices.ofPhase(at.situation(), status)));
    if (givenBack && open.size() == late.size()) {
      if (!late.isEmpty()) {
        notices.add(
            new Notice(
                true,
                Reason.LeftBehind,
                "Given back"
                    + leftBehind(late)
                    + ": look after them, and confirm what waits in"
                    + " VERIFY_RESIZE."));
      }
      return release(status, notices);
    }
    return new Decision(
        status,
        List.copyOf(steps),
        List.copyOf(notices),
        keeping.step().isPresent() && Report.phase(at.previous()) != Phase.Exiting
            ? Duration.ZERO
            : at.settings().pollMoving(),
        false);
  }

  private static String beingGivenBack(List<InstanceStatus> open) {
    return open.isEmpty()
        ? "The host is being given back."
        : "The host is being given back; " + open.size() + " moves are followed to their end.";
  }

  /** Nothing is claimed of a host on its way back, whether it is seen or not. */
  private static Report notDrained(Report report) {
    return report.condition(
        Condition.DRAINED, "False", Reason.Exiting, "The host is being given back.");
  }

  /** Whether a resource with this status is on its way out. */
  public static boolean begun(HostMaintenanceStatus status) {
    return status != null && Report.phase(status) == Phase.Exiting;
  }

  private static Decision release(HostMaintenanceStatus status, List<Notice> notices) {
    return new Decision(status, List.of(), List.copyOf(notices), Duration.ZERO, true);
  }

  /** A request that Nova shows no trace of in its time is not repeated on the way out. */
  private static InstanceStatus forgetUnanswered(InstanceStatus row, Moment at) {
    return row.is(RowState.Requested) && !row.outstanding()
        ? Rows.mark(
            row,
            RowState.Pending,
            Reason.Waiting,
            "Nova shows no trace of the request, and nothing new is asked for.",
            at.now())
        : row;
  }

  private static void aborts(Moment at, List<InstanceStatus> rows, List<Step> steps) {
    for (var row : rows) {
      var record =
          at.look().migrations().stream()
              .filter(m -> row.migrationId() != null && m.id() == row.migrationId())
              .findFirst();
      var due = row.notBefore() == null || !at.now().isBefore(row.notBefore());
      if (due
          && RowAction.LiveMigrate.of(row)
          && record.filter(m -> mayAbort(m, at)).isPresent()
          && steps.stream()
              .noneMatch(s -> s instanceof Step.Abort a && a.instanceId().equals(row.id()))) {
        steps.add(new Step.Abort(row.id(), row.migrationId()));
      }
    }
  }

  private static boolean mayAbort(Migration migration, Moment at) {
    var status = migration.status();
    return ABORTABLE.contains(status)
        && (NOT_BEGUN.contains(status) || at.spec().onDelete().equals("Abort"));
  }

  /** Whether a move has had its time, counted from when it began or from the deletion. */
  private static boolean overdue(InstanceStatus row, Moment at) {
    var ownConfirm = row.because(Reason.UnconfirmedResize) || row.because(Reason.SourceServiceDown);
    if (ownConfirm && row.is(RowState.Blocked)) {
      return sinceDeletion(null, at).compareTo(Deadlines.CONFIRM_BOUND) >= 0;
    }
    if (row.is(RowState.Confirming)) {
      return sinceDeletion(row.since(), at).compareTo(Deadlines.CONFIRM_BOUND) >= 0;
    }
    var detail = Optional.ofNullable(at.look().details().get(row.id()));
    var ram =
        at.look()
            .onHost(row.id())
            .or(() -> detail.flatMap(Sight.Detail::instance))
            .map(Instance::ramMiB)
            .orElse(0);
    return sinceDeletion(row.startedAt(), at).compareTo(Deadlines.attempt(at.spec(), ram)) >= 0;
  }

  /** How long ago something was, or the deletion when that came later. */
  private static Duration sinceDeletion(Instant then, Moment at) {
    var deleted = Instant.parse(at.situation().resource().getMetadata().getDeletionTimestamp());
    return at.ago(then == null || then.isBefore(deleted) ? deleted : then);
  }

  private static String leftBehind(List<InstanceStatus> rows) {
    var open = rows.stream().filter(InstanceStatus::outstanding).map(InstanceStatus::id).toList();
    return open.isEmpty() ? "" : "; moves still under way: " + String.join(", ", open);
  }
}
