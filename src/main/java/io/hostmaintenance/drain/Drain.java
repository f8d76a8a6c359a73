package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Sight.Blind;
import io.hostmaintenance.drain.Sight.Look;
import io.hostmaintenance.drain.Sight.Placement;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The brain: what follows from a look at a host. A pure function; whatever it needs is an argument.
 */
public final class Drain {

  private Drain() {}

  /**
   * Decides what is stored, asked and told next. Never asks for anything that the status it gives
   * does not announce.
   *
   * @param situation the resource and everything around it
   * @param sight what was seen
   */
  public static Decision decide(Situation situation, Sight sight) {
    var deleting = situation.resource().isMarkedForDeletion();
    return switch (sight) {
      case Blind blind -> deleting ? Exit.blind(situation, blind) : blind(situation, blind);
      case Look look when hidden(situation.resource(), look) -> {
        var blind = cellDown(situation);
        yield deleting ? Exit.blind(situation, blind) : blind(situation, blind);
      }
      case Look look -> {
        var at = new Moment(situation, look);
        yield deleting ? Exit.decide(at) : decide(at);
      }
    };
  }

  /**
   * What needs no look: this resource holds nothing, and another one has its host, or a look has
   * found nothing against it and it is not its turn yet.
   *
   * @return empty when a look is needed
   */
  public static Optional<Decision> withoutLook(Situation situation) {
    if (HostClaim.holdsHost(situation.resource().getStatus())) {
      return Optional.empty();
    }
    return rival(situation)
        .map(r -> wait(situation, Phase.Blocked, conflict(situation, r)))
        .or(() -> waitsStill(situation) ? Optional.of(waitForTurn(situation)) : Optional.empty());
  }

  private static boolean waitsStill(Situation situation) {
    return !situation.turn().come() && HostClaim.waitsForTurn(situation.resource().getStatus());
  }

  private static Decision waitForTurn(Situation situation) {
    return wait(
        situation,
        Phase.Pending,
        new Finding(Reason.WaitingForTurn, "Waits for its turn: " + whoIsDrained(situation)));
  }

  /** Who holds the places; none of them is the resource's own. */
  private static String whoIsDrained(Situation situation) {
    var turn = situation.turn();
    var more = turn.others() - turn.drained().size();
    return "at most "
        + situation.settings().maxHostsDraining()
        + (situation.settings().maxHostsDraining() == 1 ? " host is" : " hosts are")
        + " drained at once (HM_MAX_HOSTS_DRAINING), older HostMaintenances first. "
        + (turn.others() == 0
            ? "An older one begins now."
            : "Now: "
                + String.join(", ", turn.drained())
                + (more == 0 ? "." : more == 1 ? " and 1 other." : " and " + more + " others."));
  }

  /**
   * Whether another resource goes first: who holds the host; of two that hold it or that wait for
   * it, the older.
   */
  static boolean yieldsTo(Situation situation, Situation.Neighbour other) {
    if (!other.host().equals(situation.resource().getSpec().host())) {
      return false;
    }
    var taken = HostClaim.holdsHost(Moment.previous(situation));
    if (other.taken() != taken) {
      return other.taken();
    }
    if (other.deleting() || !taken && !other.wantsHost()) {
      return false;
    }
    var metadata = situation.resource().getMetadata();
    var age = other.createdAt().compareTo(Instant.parse(metadata.getCreationTimestamp()));
    return age == 0 ? other.name().compareTo(metadata.getName()) < 0 : age < 0;
  }

  private static Optional<Situation.Neighbour> rival(Situation situation) {
    return situation.neighbours().stream().filter(n -> yieldsTo(situation, n)).findFirst();
  }

  /** Whether the sight tells anything of the resource's host: a look that its cell answered. */
  public static boolean sees(HostMaintenance resource, Sight sight) {
    return sight instanceof Look look && !hidden(resource, look);
  }

  private static boolean hidden(HostMaintenance resource, Look look) {
    var services = look.services(resource.getSpec().host());
    return services.stream().anyMatch(ComputeService::unknown)
        && (services.size() == 1 || HostClaim.holdsHost(resource.getStatus()));
  }

  private static Blind cellDown(Situation situation) {
    return new Blind(
        Reason.CellDown,
        "The cell of '"
            + situation.resource().getSpec().host()
            + "' does not answer: nothing is known of its instances.",
        Duration.ZERO);
  }

  // ---------------------------------------------------------------- with a look

  private static Decision decide(Moment at) {
    var rival = rival(at.situation());
    if (rival.isPresent()) {
      var conflict = conflict(at.situation(), rival.get());
      return Rows.anyOutstanding(at.previous().instances()) && at.service().isPresent()
          ? drain(at, Optional.of(conflict))
          : wait(at.situation(), Phase.Blocked, conflict);
    }
    var fresh = !HostClaim.holdsHost(at.previous());
    var finding = Policies.check(at, fresh || hasWork(at));
    if (fresh && finding.isPresent()) {
      return failed(at, finding.get());
    }
    if (fresh && !at.situation().turn().come()) {
      return waitForTurn(at.situation());
    }
    if (at.service().isEmpty()) {
      return failed(at, finding.orElseThrow());
    }
    return drain(at, finding);
  }

  private static Finding conflict(Situation situation, Situation.Neighbour rival) {
    return new Finding(
        Reason.Conflict,
        "HostMaintenance '"
            + rival.name()
            + (rival.taken() ? "' holds host '" : "' is older and waits for host '")
            + situation.resource().getSpec().host()
            + "': this one goes on when that one is deleted and gone, or delete this one.");
  }

  private static boolean hasWork(Moment at) {
    return at.previous().instances().stream()
            .anyMatch(r -> RowState.of(r).map(RowState::remaining).orElse(false))
        || !at.look().instances().isEmpty();
  }

  private static Decision wait(Situation situation, Phase phase, Finding finding) {
    var report = new Report(situation);
    report.keep(Condition.SERVICE_DISABLED).keep(Condition.DRAINED);
    var status = report.phase(phase, finding.reason(), finding.message());
    return new Decision(
        status,
        List.of(),
        Notices.ofPhase(situation, status),
        situation.settings().pollIdle(),
        false);
  }

  private static Decision failed(Moment at, Finding finding) {
    var report = new Report(at.situation());
    if (finding.reason() == Reason.HostGone) {
      report.condition(Condition.SERVICE_DISABLED, "False", finding.reason(), finding.message());
      report.condition(Condition.DRAINED, "Unknown", finding.reason(), finding.message());
      report.status().emptySince(null);
    } else {
      report.keep(Condition.SERVICE_DISABLED).keep(Condition.DRAINED);
    }
    var status = report.phase(Phase.Failed, finding.reason(), finding.message());
    return new Decision(
        status,
        List.of(),
        Notices.ofPhase(at.situation(), status),
        at.settings().pollIdle(),
        false);
  }

  private static Decision drain(Moment at, Optional<Finding> finding) {
    var keeping = Keeping.keep(at);
    var obstacle =
        finding.or(keeping::finding).or(() -> refused(at, keeping)).or(() -> sourceDown(at));
    var table = Table.upToDate(at);
    var disabled = at.service().orElseThrow().disabled();
    if (obstacle.isEmpty()
        && disabled
        && keeping.step().isEmpty()
        && !at.spec().suspend()
        && at.situation().turn().come()
        && at.look().fresh()) {
      table.ask();
    }
    var rows = table.rows();
    var steps = new ArrayList<Step>();
    keeping.step().ifPresent(steps::add);
    steps.addAll(table.steps());

    var report = new Report(at.situation()).rows(rows);
    report.status().service(keeping.record());
    report.service(keeping, at);
    var notices = new ArrayList<>(keeping.notices());
    var emptiness = new Emptiness(at.host(), at.look());
    notices.addAll(emptiness.stuck());
    var drained = drained(at, report, emptiness, rows);
    var hindrance = obstacle.or(emptiness::undecidable).or(() -> tooSlow(at, rows));
    var status = phase(at, report, rows, drained, hindrance);
    notices.addAll(Notices.ofRows(at, rows));
    notices.addAll(Notices.ofPhase(at.situation(), status));
    return new Decision(
        status, List.copyOf(steps), List.copyOf(notices), nextLook(at, status, steps), false);
  }

  /** Nova does not do with the service what is asked. */
  private static Optional<Finding> refused(Moment at, Keeping keeping) {
    return at.situation()
        .refusal()
        .filter(r -> keeping.step().isPresent() || at.service().orElseThrow().enabled())
        .map(
            r ->
                new Finding(
                    r.reason(),
                    "nova-compute on " + at.host() + " cannot be disabled: " + r.message()));
  }

  /** Something is to be moved, and the cloud's answers are too old for it when they come. */
  private static Optional<Finding> tooSlow(Moment at, List<InstanceStatus> rows) {
    return at.look().fresh() || rows.stream().noneMatch(r -> r.is(RowState.Pending))
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Reason.CloudTooSlow,
                "Nova needed "
                    + at.look().age().toSeconds()
                    + " s for GET /servers/detail and GET /os-services. Nothing is moved by answers"
                    + " that are older than "
                    + Look.FRESH.toSeconds()
                    + " s: see why nova-api is slow."));
  }

  private static Optional<Finding> sourceDown(Moment at) {
    return at.sourceUp() || !hasWork(at)
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Reason.SourceServiceDown,
                "nova-compute on '"
                    + at.host()
                    + "' is "
                    + at.service().map(ComputeService::downWord).orElse("down")
                    + ", and Nova moves nothing off such a host. If the host is well, "
                    + at.bringUp()
                    + ". If it is dead and fenced, rebuild its instances elsewhere by Nova's own"
                    + " means."));
  }

  /** Judges whether the host is empty; true when that is verified. */
  private static boolean drained(
      Moment at, Report report, Emptiness emptiness, List<InstanceStatus> rows) {
    var ambiguous = Policies.ambiguous(at);
    if (ambiguous.isPresent()) {
      report.status().emptySince(null);
      report.condition(
          Condition.DRAINED, "False", ambiguous.get().reason(), ambiguous.get().message());
      return false;
    }
    if (emptiness.undecidable().isPresent()) {
      var finding = emptiness.undecidable().get();
      report.status().emptySince(null);
      report.condition(Condition.DRAINED, "Unknown", finding.reason(), finding.message());
      return false;
    }
    var open = outstanding(rows);
    var occupied =
        rows.stream().filter(InstanceStatus::outstanding).allMatch(Refusals::forLong)
            ? emptiness.occupied().or(() -> unconfirmed(rows)).or(() -> open)
            : open;
    if (occupied.isPresent()) {
      report.status().emptySince(null);
      report.condition(Condition.DRAINED, "False", Reason.NotEmpty, occupied.get());
      return false;
    }
    var first = at.previous().emptySince();
    if (first == null) {
      report.status().emptySince(at.look().date());
      report.condition(
          Condition.DRAINED,
          "False",
          Reason.SettlingEmpty,
          "The host was seen empty; it is looked at again after "
              + Durations.format(at.settings().settle())
              + ".");
      return false;
    }
    var apart = Duration.between(first, at.look().began());
    if (apart.compareTo(at.settings().settle()) < 0) {
      report.keep(Condition.DRAINED);
      return false;
    }
    if (at.look().placement() instanceof Placement.Absent) {
      report.condition(
          Condition.DRAINED,
          "True",
          Reason.EmptyWithoutPlacement,
          "The host is empty. The cloud has no placement that knows it, so an instance whose build"
              + " began before the host was disabled could still arrive.");
    } else {
      report.condition(Condition.DRAINED, "True", Reason.Empty, "The host is empty.");
    }
    return true;
  }

  /** A resize that leaves its disk here binds the host also while no list shows its record. */
  private static Optional<String> unconfirmed(List<InstanceStatus> rows) {
    return rows.stream()
        .filter(r -> r.is(RowState.Blocked) && r.because(Reason.UnconfirmedResize))
        .findFirst()
        .map(r -> "A resize or migration of " + r.label() + " is not confirmed.");
  }

  /** What of ours has not come to its end; empty when nothing is outstanding. */
  private static Optional<String> outstanding(List<InstanceStatus> rows) {
    var open = rows.stream().filter(InstanceStatus::outstanding).toList();
    var moving = open.stream().filter(Drain::moves).count();
    if (moving > 0) {
      return Optional.of(moving == 1 ? "1 move is under way." : moving + " moves are under way.");
    }
    return open.stream()
        .findFirst()
        .map(
            row ->
                row.is(RowState.Requested)
                    ? "The answer to the request for a move of "
                        + row.label()
                        + " is not known yet."
                    : "The request for a move of "
                        + row.label()
                        + " has not come to its end ("
                        + row.reason()
                        + ").");
  }

  private static boolean moves(InstanceStatus row) {
    return row.is(RowState.InProgress) || row.is(RowState.Confirming);
  }

  private static HostMaintenanceStatus phase(
      Moment at,
      Report report,
      List<InstanceStatus> rows,
      boolean drained,
      Optional<Finding> obstacle) {
    var flying = rows.stream().anyMatch(Rows::inFlight);
    var remaining =
        rows.stream().filter(r -> RowState.of(r).map(RowState::remaining).orElse(false)).count();
    if (obstacle.isPresent() && !flying) {
      var phase =
          switch (obstacle.get().reason()) {
            case SourceServiceDown, ServiceReenabled, Conflict, NoHypervisor -> Phase.Blocked;
            case CloudTooSlow -> sinceTheLastLook(at, Reason.CloudTooSlow);
            case ApiUnavailable ->
                at.situation().refusedFor().compareTo(Deadlines.PATIENCE) < 0
                    ? Phase.Draining
                    : Phase.Blocked;
            default -> Phase.Failed;
          };
      return report.phase(phase, obstacle.get().reason(), obstacle.get().message());
    }
    if (drained) {
      return report.phase(
          Phase.InMaintenance,
          Reason.InMaintenance,
          "Host " + at.host() + " is disabled and empty.");
    }
    if (obstacle.isPresent()) {
      return report.phase(Phase.Draining, obstacle.get().reason(), obstacle.get().message());
    }
    var turn = at.situation().turn().come();
    if (!turn && !flying && !at.spec().suspend() && rows.stream().anyMatch(HostClaim::toAsk)) {
      return report.phase(
          Phase.Draining,
          Reason.WaitingForTurn,
          remaining
              + " of "
              + rows.size()
              + " instances remain, and it waits for its turn again: "
              + whoIsDrained(at.situation()));
    }
    if (remaining > 0) {
      return at.spec().suspend()
          ? report.phase(
              Phase.Draining,
              Reason.Suspended,
              "spec.suspend is true: nothing new is asked for; "
                  + remaining
                  + " of "
                  + rows.size()
                  + " instances remain.")
          : report.phase(
              Phase.Draining,
              Reason.Draining,
              remaining + " of " + rows.size() + " instances remain to be moved.");
    }
    var needy = rows.stream().filter(r -> needsHuman(r, at)).toList();
    if (!needy.isEmpty()) {
      return report.phase(Phase.Blocked, Reason.InstancesBlocked, blockedMessage(needy));
    }
    return report.phase(
        Phase.Draining,
        Reason.SettlingEmpty,
        "No instance remains to be moved; the host is looked at until it is verified empty.");
  }

  /** Once may be a moment; what is so at two looks needs somebody. */
  private static Phase sinceTheLastLook(Moment at, Reason reason) {
    var before = at.previous().condition(Condition.READY).map(Condition::reason).orElse("");
    return before.equals(reason.name()) ? Phase.Blocked : Phase.Draining;
  }

  /** Whether a row keeps the host from being empty until somebody acts. */
  private static boolean needsHuman(InstanceStatus row, Moment at) {
    var here = at.look().onHost(row.id()).isPresent();
    return row.is(RowState.Blocked)
        || row.is(RowState.Skipped)
        || here && (row.is(RowState.Failed) || RowState.of(row).isEmpty());
  }

  private static String blockedMessage(List<InstanceStatus> needy) {
    var first = needy.getFirst();
    return (needy.size() == 1 ? "1 instance needs" : needy.size() + " instances need")
        + " a human; the first is "
        + first.label()
        + ": "
        + (RowState.of(first).isPresent()
            ? first.message()
            : "only a newer operator knows the state '" + first.state() + "': run that one.");
  }

  private static Duration nextLook(Moment at, HostMaintenanceStatus status, List<Step> steps) {
    if (steps.stream().anyMatch(s -> s instanceof Step.DisableService)
        && at.previous().service() == null) {
      return Duration.ZERO;
    }
    var stalled = status.condition(Condition.STALLED).isPresent();
    if (HostClaim.waitsForTurn(status) || stalled && at.situation().refusal().isPresent()) {
      return at.settings().pollIdle();
    }
    if (status.remaining() > 0) {
      return at.settings().pollMoving();
    }
    if (status.emptySince() != null
        && !status.condition(Condition.DRAINED).map(Condition::isTrue).orElse(false)) {
      var due = status.emptySince().plus(at.settings().settle()).plusSeconds(1);
      var wait = Duration.between(at.look().date(), due);
      var idle = at.settings().pollIdle().plusSeconds(1);
      return wait.compareTo(Duration.ZERO) <= 0
          ? at.settings().pollMoving()
          : wait.compareTo(idle) < 0 ? wait : idle;
    }
    return Rows.anyOutstanding(status.instances()) || status.phase().equals(Phase.Draining.name())
        ? at.settings().pollMoving()
        : at.settings().pollIdle();
  }

  // ---------------------------------------------------------------- without a look

  private static Decision blind(Situation situation, Blind blind) {
    var previous = Moment.previous(situation);
    var phase = Report.phase(previous);
    var taken = HostClaim.holdsHost(previous);
    var blindFor = Duration.between(situation.lastCompleteLook(), situation.now());
    var forLong = blindFor.compareTo(situation.settings().blindness()) >= 0;
    var report = new Report(situation).keep(Condition.SERVICE_DISABLED);
    if (forLong && taken) {
      report.condition(Condition.DRAINED, "Unknown", blind.reason(), blind.message());
    } else {
      report.keep(Condition.DRAINED);
    }
    var status = blindStatus(report, blind, phase, taken, blindFor, forLong);
    return new Decision(
        status,
        List.of(),
        Notices.ofBlindness(situation, status, blind),
        blind.pause(situation.settings(), phase),
        false);
  }

  private static HostMaintenanceStatus blindStatus(
      Report report, Blind blind, Phase phase, boolean taken, Duration blindFor, boolean forLong) {
    if (blind.needsHuman() && !taken) {
      return report.phase(Phase.Failed, blind.reason(), blind.message());
    }
    if (phase == Phase.InMaintenance && !forLong) {
      return report.keep(Condition.READY).build(phase);
    }
    if (phase == Phase.Blocked && !forLong) {
      return report.keep(Condition.READY).keep(Condition.STALLED).build(phase);
    }
    report.condition(
        Condition.READY, forLong && taken ? "Unknown" : "False", blind.reason(), blind.message());
    var lasting = taken && blindFor.compareTo(Deadlines.BLIND_STALLS) >= 0;
    var stalled = forLong && (blind.needsHuman() || lasting);
    report.condition(
        stalled ? Condition.STALLED : Condition.RECONCILING,
        "True",
        blind.reason(),
        blind.message());
    if (stalled) {
      return report.build(Phase.Blocked);
    }
    return switch (phase) {
      case InMaintenance, Blocked -> report.build(taken ? Phase.Draining : Phase.Pending);
      case Failed -> report.build(Phase.Pending);
      case Pending, Draining, Exiting -> report.build(phase);
    };
  }
}
