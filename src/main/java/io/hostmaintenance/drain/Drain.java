package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.CloudStatus;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.Refusals;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.WayTracker;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides for one host. A pure function; whatever it needs is an argument.
 *
 * <ol>
 *   <li>Without a whole answer of the cloud ({@link Unavailable}): keep what is stored; for long,
 *       say that nothing is known.
 *   <li>A resource that is being deleted: {@link Cleanup}.
 *   <li>The cloud is not the one that the host was taken in: likewise.
 *   <li>Another resource holds the host or is older: wait for it, and ask for nothing new.
 *   <li>{@link Policies}: what must hold before the first change.
 *   <li>Not its turn: wait.
 *   <li>{@link ServiceDecision}: disable the service, or keep it disabled.
 *   <li>{@link InstanceRows}: bring each row up to date, then request as many moves as may be.
 *   <li>{@link EmptyCheck}: call the host empty after two observations that are the settle time
 *       apart.
 *   <li>{@link Report}: counts, conditions, phase.
 * </ol>
 *
 * <p>Invariants: no command that the status does not announce; no move unless the service is
 * disabled, the snapshot fresh and it is the resource's turn; Drained is True only of an
 * observation that proves it.
 */
public final class Drain {

  private static final int ENDPOINT_BYTES = 1024;

  private Drain() {}

  /**
   * Decides what is stored, asked and told next. Never asks for anything that the status it gives
   * does not announce.
   *
   * @param input the resource and everything around it
   * @param observation what was seen
   */
  public static Decision decide(DecisionInput input, Observation observation) {
    var deleting = input.resource().isMarkedForDeletion();
    return switch (observation) {
      case Unavailable unavailable -> unavailable(input, unavailable);
      case Snapshot snapshot when hidden(input.resource(), snapshot) -> {
        yield unavailable(input, cellDown(input));
      }
      case Snapshot snapshot when ofOtherCloud(input.resource(), snapshot) -> {
        yield unavailable(input, otherCloud(input.resource(), snapshot));
      }
      case Snapshot snapshot -> {
        var context = new DecisionContext(input, snapshot);
        yield deleting
            ? Cleanup.decide(context)
            : input.resource().plans() ? Plan.decide(context) : decide(context);
      }
    };
  }

  /**
   * What needs no observation: this resource holds nothing, and another one has its host, or an
   * observation has found nothing against it and it is not its turn yet.
   *
   * @return empty when an observation is needed
   */
  public static Optional<Decision> withoutObservation(DecisionInput input) {
    if (HostClaim.holdsHost(input.resource().getStatus()) || input.resource().plans()) {
      return Optional.empty();
    }
    return currentHolder(input)
        .map(r -> wait(input, Phase.Blocked, HostMessages.conflict(input, r)))
        .or(() -> waitsStill(input) ? Optional.of(waitForTurn(input)) : Optional.empty());
  }

  /**
   * Whether a newer operator wrote the status, so that this one must do nothing with the resource:
   * the status may hold requests that it does not know.
   *
   * @return what is told of it; empty when this operator may act
   */
  public static Optional<Notice> writtenByNewer(HostMaintenance resource) {
    return Optional.ofNullable(resource.getStatus())
        .filter(HostMaintenanceStatus::newer)
        .map(status -> Notice.warning(HostMessages.newerSchema(status.schema())));
  }

  private static boolean waitsStill(DecisionInput input) {
    return !input.turn().come() && HostClaim.waitsForTurn(input.resource().getStatus());
  }

  private static Decision waitForTurn(DecisionInput input) {
    return wait(input, Phase.Pending, HostMessages.waitsForTurn(input));
  }

  /** Whether another resource goes first: the one that holds the host, else the older one. */
  static boolean yieldsTo(DecisionInput input, DecisionInput.OtherMaintenance other) {
    if (!other.host().equals(input.resource().host())) {
      return false;
    }
    var taken = HostClaim.holdsHost(DecisionContext.previous(input));
    if (other.holdsHost() != taken) {
      return other.holdsHost();
    }
    if (other.deleting() || !taken && !other.wantsHost()) {
      return false;
    }
    var metadata = input.resource().getMetadata();
    var age = other.createdAt().compareTo(Instant.parse(metadata.getCreationTimestamp()));
    return age == 0 ? other.name().compareTo(metadata.getName()) < 0 : age < 0;
  }

  private static Optional<DecisionInput.OtherMaintenance> currentHolder(DecisionInput input) {
    return input.others().stream().filter(n -> yieldsTo(input, n)).findFirst();
  }

  /** Whether the observation tells anything of the resource's host: its cell answered. */
  public static boolean sees(HostMaintenance resource, Observation observation) {
    return observation instanceof Snapshot snapshot
        && !hidden(resource, snapshot)
        && !ofOtherCloud(resource, snapshot);
  }

  /**
   * Whether the observation is of a namesake: neither the service that was taken is there, nor is
   * this the Nova that it was taken from. A service that was registered anew has another uuid too.
   */
  private static boolean ofOtherCloud(HostMaintenance resource, Snapshot snapshot) {
    var status = resource.getStatus();
    if (status == null || status.service() == null || status.cloud() == null) {
      return false;
    }
    var taken = status.service().id();
    return !snapshot.identity().endpoint().equals(endpoint(status.cloud()))
        && snapshot.services(resource.host()).stream().noneMatch(s -> taken.equals(s.id()));
  }

  private static String endpoint(CloudStatus cloud) {
    return cloud.endpoint() == null ? "" : cloud.endpoint();
  }

  private static Unavailable otherCloud(HostMaintenance resource, Snapshot snapshot) {
    var cause =
        HostMessages.otherCloud(
            resource.host(),
            endpoint(resource.getStatus().cloud()),
            snapshot.identity().endpoint());
    return new Unavailable(cause, Duration.ZERO);
  }

  private static boolean hidden(HostMaintenance resource, Snapshot snapshot) {
    var services = snapshot.services(resource.host());
    return services.stream().anyMatch(ComputeService::unknown)
        && (services.size() == 1 || HostClaim.holdsHost(resource.getStatus()));
  }

  private static Unavailable cellDown(DecisionInput input) {
    return new Unavailable(HostMessages.cellDown(input.resource().host()), Duration.ZERO);
  }

  // ---------------------------------------------------------------- with an observation

  private static Decision decide(DecisionContext context) {
    var conflict =
        currentHolder(context.input()).map(r -> HostMessages.conflict(context.input(), r));
    var fresh = !HostClaim.holdsHost(context.previous());
    if (fresh && conflict.isPresent()) {
      return wait(context.input(), Phase.Blocked, conflict.get());
    }
    var finding = Policies.check(context, fresh || hasWork(context));
    if (fresh && finding.isPresent()) {
      return failed(context, finding.get());
    }
    if (fresh && !context.input().turn().come()) {
      return waitForTurn(context.input());
    }
    if (context.service().isEmpty()) {
      return failed(context, finding.orElseThrow());
    }
    return drain(context, conflict.or(() -> finding));
  }

  private static CloudStatus cloud(DecisionContext context) {
    var name = context.input().cloud();
    return new CloudStatus(
        name.isEmpty() ? null : name,
        UntrustedText.cut(context.snapshot().identity().endpoint(), ENDPOINT_BYTES));
  }

  private static boolean hasWork(DecisionContext context) {
    return context.previous().instances().stream().anyMatch(RowTransitions::remaining)
        || !ObservationNeeds.noneToMove(context.input().resource(), context.snapshot().instances());
  }

  private static Decision wait(DecisionInput input, Phase phase, Cause finding) {
    var report = new Report(input).withoutPlan();
    report.keep(Condition.SERVICE_DISABLED).keep(Condition.DRAINED);
    var status = report.phase(phase, finding);
    return Decision.waiting(status, Notices.ofPhase(input, status), input.settings().pollIdle());
  }

  private static Decision failed(DecisionContext context, Cause finding) {
    var report = new Report(context.input()).withoutPlan();
    if (finding.reason() == Reason.HostGone) {
      report.condition(Condition.SERVICE_DISABLED, "False", finding);
      report.condition(Condition.DRAINED, "Unknown", finding);
      report.status().firstEmptyTime(null);
    } else {
      report.keep(Condition.SERVICE_DISABLED).keep(Condition.DRAINED);
    }
    var status = report.phase(Phase.Failed, finding);
    var notices = Notices.ofPhase(context.input(), status);
    return Decision.waiting(status, notices, context.settings().pollIdle());
  }

  private static Decision drain(DecisionContext context, Optional<Cause> finding) {
    var serviceDecision = ServiceDecision.keep(context);
    var obstacle =
        finding
            .or(serviceDecision::finding)
            .or(() -> refused(context, serviceDecision))
            .or(() -> sourceDown(context));
    var table = InstanceRows.upToDate(context);
    var disabled = context.service().orElseThrow().disabled();
    if (obstacle.isEmpty()
        && disabled
        && serviceDecision.command().isEmpty()
        && !context.suspended()
        && context.drainTimeout().isEmpty()
        && context.input().turn().come()
        && context.snapshot().fresh()) {
      table.ask();
    }
    if (context.snapshot().fresh()) {
      table.proceed();
    }
    var rows = table.rows();
    var commands = new ArrayList<Command>();
    serviceDecision.command().ifPresent(commands::add);
    commands.addAll(table.commands());

    var report = new Report(context.input()).rows(rows);
    report.status().service(serviceDecision.record()).cloud(cloud(context));
    report.started(context);
    report.service(serviceDecision, context);
    var notices = new ArrayList<>(serviceDecision.notices());
    var emptyCheck =
        new EmptyCheck(context.host(), context.snapshot(), ObservationNeeds.staying(rows));
    notices.addAll(emptyCheck.stuck());
    var drained = drained(context, report, emptyCheck, rows);
    var hindrance = obstacle.or(emptyCheck::undecidable).or(() -> tooSlow(context, rows));
    var status = phase(context, report, rows, drained, hindrance);
    notices.addAll(Notices.ofRows(context, rows));
    notices.addAll(Notices.ofPhase(context.input(), status));
    var again = requeueAfter(context, status, commands);
    return new Decision(status, List.copyOf(commands), List.copyOf(notices), again, false);
  }

  /** Nova does not do with the service what is asked. */
  private static Optional<Cause> refused(DecisionContext context, ServiceDecision serviceDecision) {
    return context
        .input()
        .refusal()
        .filter(
            r -> serviceDecision.command().isPresent() || context.service().orElseThrow().enabled())
        .map(r -> HostMessages.cannotBeDisabled(context.host(), r.cause()));
  }

  /** Something is to be moved, and the cloud's answers are too old for it when they come. */
  private static Optional<Cause> tooSlow(DecisionContext context, List<InstanceStatus> rows) {
    return context.snapshot().fresh() || rows.stream().noneMatch(r -> r.is(RowState.Pending))
        ? Optional.empty()
        : Optional.of(HostMessages.cloudTooSlow(context.snapshot().age()));
  }

  /** Nothing can be moved while the nova-compute of the host is down. */
  static Optional<Cause> sourceDown(DecisionContext context) {
    var service = context.service().orElseThrow();
    return service.up() || !hasWork(context)
        ? Optional.empty()
        : Optional.of(HostMessages.sourceDown(service));
  }

  /** Judges whether the host is empty; true when that is verified. */
  private static boolean drained(
      DecisionContext context, Report report, EmptyCheck emptyCheck, List<InstanceStatus> rows) {
    var ambiguous = Policies.ambiguous(context);
    if (ambiguous.isPresent()) {
      report.status().firstEmptyTime(null);
      report.condition(Condition.DRAINED, "False", ambiguous.get());
      return false;
    }
    if (emptyCheck.undecidable().isPresent()) {
      report.status().firstEmptyTime(null);
      report.condition(Condition.DRAINED, "Unknown", emptyCheck.undecidable().get());
      return false;
    }
    var open = outstanding(rows);
    var occupied =
        rows.stream().filter(InstanceStatus::outstanding).allMatch(Refusals::forLong)
            ? emptyCheck.occupied().or(() -> unconfirmed(rows)).or(() -> busy(rows)).or(() -> open)
            : open;
    if (occupied.isPresent()) {
      report.status().firstEmptyTime(null);
      report.condition(Condition.DRAINED, "False", new Cause(Reason.NotEmpty, occupied.get()));
      return false;
    }
    var first = context.previous().firstEmptyTime();
    if (first == null) {
      report.status().firstEmptyTime(context.snapshot().date());
      report.condition(
          Condition.DRAINED, "False", HostMessages.seenEmpty(context.settings().settle()));
      return false;
    }
    var apart = Duration.between(first, context.snapshot().began());
    if (apart.compareTo(context.settings().settle()) < 0) {
      report.keep(Condition.DRAINED);
      return false;
    }
    var stay = staying(context, rows);
    if (!stay.isEmpty()) {
      report.condition(Condition.DRAINED, "False", HostMessages.stay(stay));
      return true;
    }
    report.condition(
        Condition.DRAINED,
        "True",
        context.snapshot().placement() instanceof Placement.Absent
            ? HostMessages.EMPTY_WITHOUT_PLACEMENT
            : HostMessages.EMPTY);
    return true;
  }

  /** The rows of the instances that the spec leaves on the host. */
  private static List<InstanceStatus> staying(DecisionContext context, List<InstanceStatus> rows) {
    return rows.stream()
        .filter(r -> r.is(RowState.Skipped))
        .filter(r -> context.onHost(r.id()).isPresent() || r.destinationHost() != null)
        .toList();
  }

  /** A resize that leaves its disk here binds the host also while no list shows its record. */
  private static Optional<String> unconfirmed(List<InstanceStatus> rows) {
    return rows.stream()
        .filter(r -> r.is(RowState.Blocked) && r.because(Reason.UnconfirmedResize))
        .findFirst()
        .map(HostMessages::unconfirmed);
  }

  /** What Nova is doing with an instance binds the host also while no list shows its record. */
  private static Optional<String> busy(List<InstanceStatus> rows) {
    return rows.stream()
        .filter(r -> RowTransitions.remaining(r) && r.because(Reason.TaskInProgress))
        .findFirst()
        .map(HostMessages::busy);
  }

  /** What of ours has not come to its end; empty when nothing is outstanding. */
  private static Optional<String> outstanding(List<InstanceStatus> rows) {
    var open = rows.stream().filter(InstanceStatus::outstanding).toList();
    var moving = open.stream().filter(Drain::moves).count();
    return moving > 0
        ? Optional.of(HostMessages.movesUnderWay(moving))
        : open.stream().findFirst().map(HostMessages::requestOpen);
  }

  private static boolean moves(InstanceStatus row) {
    return row.is(RowState.InProgress) || row.is(RowState.Confirming);
  }

  private static HostMaintenanceStatus phase(
      DecisionContext context,
      Report report,
      List<InstanceStatus> rows,
      boolean drained,
      Optional<Cause> obstacle) {
    var flying = rows.stream().anyMatch(RowTransitions::inFlight);
    var remaining = rows.stream().filter(RowTransitions::remaining).count();
    if (obstacle.isPresent() && !flying) {
      var phase =
          switch (obstacle.get().reason()) {
            case SourceServiceDown, ServiceReenabled, Conflict, NoHypervisor -> Phase.Blocked;
            case CloudTooSlow -> sinceTheLastLook(context, Reason.CloudTooSlow);
            case ApiUnavailable ->
                context.input().refusedFor().compareTo(Deadlines.REFUSED_FOR_LONG) < 0
                    ? Phase.Draining
                    : Phase.Blocked;
            default -> Phase.Failed;
          };
      return report.phase(phase, obstacle.get());
    }
    if (drained) {
      var stay = staying(context, rows);
      return report.phase(
          Phase.InMaintenance,
          stay.isEmpty()
              ? HostMessages.inMaintenance(context.host())
              : HostMessages.inMaintenance(context.host(), stay));
    }
    if (obstacle.isPresent()) {
      return report.phase(Phase.Draining, obstacle.get());
    }
    var needy = rows.stream().filter(r -> needsAdmin(r, context)).toList();
    var toAsk = remaining > 0 || rows.stream().anyMatch(Refusals::forLong);
    if (toAsk && context.drainTimeout().isPresent()) {
      return report.phase(
          flying ? Phase.Draining : Phase.Blocked,
          HostMessages.drainTimeout(
              context.drainTimeout().get(), remaining + needy.size(), rows.size(), flying));
    }
    var turn = context.input().turn().come();
    if (!turn && !flying && !context.suspended() && rows.stream().anyMatch(HostClaim::toAsk)) {
      return report.phase(
          Phase.Draining, HostMessages.waitsForTurnAgain(context.input(), remaining, rows.size()));
    }
    if (remaining > 0) {
      return report.phase(
          Phase.Draining,
          context.suspended()
              ? HostMessages.suspended(remaining, rows.size())
              : HostMessages.draining(remaining, rows.size()));
    }
    return needy.isEmpty()
        ? report.phase(Phase.Draining, HostMessages.CHECKED_UNTIL_EMPTY)
        : report.phase(Phase.Blocked, HostMessages.instancesBlocked(needy));
  }

  /** Once may be a moment; what is so at two observations needs somebody. */
  private static Phase sinceTheLastLook(DecisionContext context, Reason reason) {
    var before = context.previous().condition(Condition.READY);
    return before.filter(c -> c.because(reason)).isPresent() ? Phase.Blocked : Phase.Draining;
  }

  /** Whether a row keeps the host from being empty until somebody acts. */
  private static boolean needsAdmin(InstanceStatus row, DecisionContext context) {
    var here = context.onHost(row.id()).isPresent();
    return row.is(RowState.Blocked)
        || here && (row.is(RowState.Failed) || RowState.of(row).isEmpty());
  }

  private static Duration requeueAfter(
      DecisionContext context, HostMaintenanceStatus status, List<Command> commands) {
    if (commands.stream().anyMatch(c -> c instanceof Command.DisableService)
        && context.previous().service() == null) {
      return Duration.ZERO;
    }
    var stalled = status.condition(Condition.STALLED);
    if (HostClaim.waitsForTurn(status)
        || stalled.filter(c -> c.because(Reason.DrainTimeout)).isPresent()
        || stalled.isPresent() && context.input().refusal().isPresent()) {
      return context.settings().pollIdle();
    }
    if (status.remaining() > 0) {
      return new MoveQueue(context, status.instances()).pause(pollOfMoves(context, status));
    }
    if (status.firstEmptyTime() != null && !status.isTrue(Condition.READY)) {
      var due = status.firstEmptyTime().plus(context.settings().settle()).plusSeconds(1);
      var wait = Duration.between(context.snapshot().date(), due);
      var idle = context.settings().pollIdle().plusSeconds(1);
      return wait.compareTo(Duration.ZERO) <= 0
          ? context.settings().pollMoving()
          : wait.compareTo(idle) < 0 ? wait : idle;
    }
    if (WatchedHost.verified(status)) {
      return context.settings().pollVerified();
    }
    return RowTransitions.anyOutstanding(status.instances())
            || status.phase().equals(Phase.Draining.name())
        ? context.settings().pollMoving()
        : context.settings().pollIdle();
  }

  /** How soon a host is observed again while something is under way: a guest must not run long. */
  static Duration pollOfMoves(DecisionContext context, HostMaintenanceStatus status) {
    var usual = context.settings().pollMoving();
    var stepping = status.instances().stream().anyMatch(r -> WayTracker.isShort(r, context.now()));
    return stepping && usual.compareTo(Deadlines.STEP_POLL) > 0 ? Deadlines.STEP_POLL : usual;
  }

  // ---------------------------------------------------------------- without an observation

  private static Decision unavailable(DecisionInput input, Unavailable unavailable) {
    if (input.resource().isMarkedForDeletion()) {
      return Cleanup.unavailable(input, unavailable);
    }
    return input.resource().plans()
        ? Plan.unavailable(input, unavailable)
        : drainUnavailable(input, unavailable);
  }

  /** Whatever pause the cloud asks for: Drained is True for no longer than it may be unseen. */
  private static Decision drainUnavailable(DecisionInput input, Unavailable unavailable) {
    var previous = DecisionContext.previous(input);
    var phase = Report.phase(previous);
    var taken = HostClaim.holdsHost(previous);
    var unavailableFor = Duration.between(input.lastSeen(), input.now());
    var forLong = unknown(input);
    var report = new Report(input).keep(Condition.SERVICE_DISABLED);
    if (forLong && taken) {
      report.condition(Condition.DRAINED, "Unknown", unavailable.cause());
    } else {
      report.keep(Condition.DRAINED);
    }
    var status = unavailableStatus(report, unavailable, phase, taken, unavailableFor, forLong);
    var notices = Notices.ofUnavailable(input, status, unavailable);
    var pause = unavailable.pause(input.settings(), phase);
    var known = input.settings().observationTimeout().minus(unavailableFor);
    var soon = status.isTrue(Condition.DRAINED) && known.compareTo(pause) < 0;
    return Decision.waiting(status, notices, soon ? known : pause);
  }

  /** Whether nothing is known of the host: it was not seen for long, or not observed for longer. */
  private static boolean unknown(DecisionInput input) {
    var seen = Duration.between(input.lastSeen(), input.now());
    var observed = Duration.between(input.lastCompleteObservation(), input.now());
    return seen.compareTo(input.settings().observationTimeout()) >= 0
        || observed.compareTo(input.settings().verifiedTimeout()) >= 0;
  }

  private static HostMaintenanceStatus unavailableStatus(
      Report report,
      Unavailable unavailable,
      Phase phase,
      boolean taken,
      Duration unavailableFor,
      boolean forLong) {
    if (unavailable.needsAdmin() && !taken) {
      return report.phase(Phase.Failed, unavailable.cause());
    }
    if (phase == Phase.InMaintenance && !forLong) {
      return report.keep(Condition.READY).build(phase);
    }
    if (phase == Phase.Blocked && !forLong) {
      return report.keep(Condition.READY).keep(Condition.STALLED).build(phase);
    }
    report.condition(Condition.READY, forLong && taken ? "Unknown" : "False", unavailable.cause());
    var lasting = taken && unavailableFor.compareTo(Deadlines.UNAVAILABLE_STALLS) >= 0;
    var stalled = forLong && (unavailable.needsAdmin() || lasting);
    report.condition(
        stalled ? Condition.STALLED : Condition.RECONCILING, "True", unavailable.cause());
    if (stalled) {
      return report.build(Phase.Blocked);
    }
    return switch (phase) {
      case InMaintenance, Blocked -> report.build(taken ? Phase.Draining : Phase.Pending);
      case Failed -> report.build(Phase.Pending);
      case Pending, Planned -> report.build(Phase.Pending);
      case Draining, Exiting -> report.build(phase);
    };
  }
}
