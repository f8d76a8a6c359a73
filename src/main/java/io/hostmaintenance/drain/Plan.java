package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.InstancePlan;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.PlanStatus;
import io.hostmaintenance.api.v1alpha1.PlanStatus.ActionCount;
import io.hostmaintenance.api.v1alpha1.PlanStatus.Capacity;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.Destinations;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.FirstFit;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.InstanceView;
import io.hostmaintenance.drain.instance.Offer;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.StrategyTable;
import io.hostmaintenance.drain.instance.Way;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a drain would do, shown and not done: the rows of the same decision ({@link InstanceRows}),
 * where each instance could go, and whether all fit there together. It holds nothing and has no
 * command.
 *
 * <p>Invariants: Feasible only of a complete observation in which every instance has an action and
 * a host, and all fit together by placement; the same plan is the same status.
 */
final class Plan {

  private final DecisionContext context;
  private final List<InstanceStatus> rows;
  private final Map<String, InstanceView> views;

  private Plan(DecisionContext context) {
    this.context = context;
    var host = context.hostView();
    var all =
        InstanceRows.upToDate(context).rows().stream()
            .filter(r -> !r.is(RowState.Moved) && !r.is(RowState.Gone) && !r.is(RowState.Failed))
            .toList();
    this.views =
        all.stream()
            .collect(
                Collectors.toMap(InstanceStatus::id, r -> context.view(r.id(), host), (a, b) -> a));
    var before =
        context.previous().instances().stream()
            .collect(Collectors.toMap(InstanceStatus::id, r -> r, (a, b) -> a));
    this.rows = all.stream().map(r -> InstanceRows.since(planned(r), before.get(r.id()))).toList();
  }

  /** The plan by an observation. */
  static Decision decide(DecisionContext context) {
    var toMove =
        !ObservationNeeds.noneToMove(context.input().resource(), context.snapshot().instances());
    var finding =
        Policies.check(context, toMove).or(() -> Drain.sourceDown(context).filter(s -> toMove));
    return context.service().isEmpty()
        ? unknownHost(context, finding.orElseThrow())
        : new Plan(context).decide(finding);
  }

  private static Decision unknownHost(DecisionContext context, Cause finding) {
    var report = new Report(context.input()).rows(List.of());
    report.status().plan(null);
    return decision(context.input(), report, "False", finding, context.settings().pollIdle());
  }

  /** Without an observation a plan stands as long as nothing speaks against it. */
  static Decision unavailable(DecisionInput input, Unavailable unavailable) {
    var report = new Report(input);
    var before = DecisionContext.previous(input).condition(Condition.PLANNED);
    var since = Duration.between(input.lastCompleteObservation(), input.now());
    if (before.isPresent() && since.compareTo(input.settings().observationTimeout()) < 0) {
      report.keep(Condition.PLANNED);
      Stream.of(Condition.RECONCILING, Condition.STALLED)
          .filter(DecisionContext.previous(input)::isTrue)
          .forEach(report::keep);
      var status = report.build(Report.phase(DecisionContext.previous(input)));
      return Decision.waiting(
          status, List.of(), unavailable.pause(input.settings(), Phase.Planned));
    }
    var cause = unavailable.cause();
    var pause = unavailable.pause(input.settings(), Phase.Planned);
    var phase = Report.phase(DecisionContext.previous(input));
    return decision(input, report, phase, "Unknown", cause, pause, unavailable.needsAdmin());
  }

  private Decision decide(Optional<Cause> finding) {
    var blocked = rows.stream().filter(r -> r.is(RowState.Blocked)).toList();
    var capacity = capacity();
    var report = new Report(context.input()).rows(rows);
    report.status().plan(figures(capacity, blocked.size())).service(null).firstEmptyTime(null);
    var decided = finding.isPresent() || !blocked.isEmpty();
    var open = decided ? Optional.<Open>empty() : open(capacity);
    if (open.isPresent()) {
      var settings = context.settings();
      return decision(
          context.input(),
          report,
          Phase.Planned,
          "Unknown",
          open.get().cause(),
          open.get().soon() ? settings.pollMoving() : settings.pollIdle(),
          open.get().cause().reason() == Reason.CapacityUnknown);
    }
    var obstacle =
        finding
            .or(() -> blocked.isEmpty() ? Optional.empty() : Optional.of(needsAction(blocked)))
            .or(
                () ->
                    capacity.capacity() == Capacity.Short
                        ? Optional.of(HostMessages.noCapacity(capacity.homeless()))
                        : Optional.empty());
    return decision(
        context.input(),
        report,
        obstacle.isPresent() ? "False" : "True",
        obstacle.orElseGet(() -> HostMessages.feasible(counts(), skipped())),
        context.settings().pollIdle());
  }

  private static Cause needsAction(List<InstanceStatus> blocked) {
    return blocked.stream().allMatch(r -> r.because(Reason.NoCapacity))
        ? HostMessages.noCapacity(blocked.size())
        : HostMessages.needsAction(blocked);
  }

  private static Decision decision(
      DecisionInput input, Report report, String planned, Cause cause, Duration pause) {
    return decision(input, report, Phase.Planned, planned, cause, pause, planned.equals("False"));
  }

  /**
   * The plan as it is told.
   *
   * @param planned the status of the condition
   * @param stalled whether it stays so until somebody acts
   */
  private static Decision decision(
      DecisionInput input,
      Report report,
      Phase phase,
      String planned,
      Cause cause,
      Duration pause,
      boolean stalled) {
    report.condition(Condition.PLANNED, planned, cause);
    if (!planned.equals("True")) {
      report.condition(stalled ? Condition.STALLED : Condition.RECONCILING, "True", cause);
    }
    var status = report.build(phase);
    return Decision.waiting(status, Notices.ofPlan(input, status), pause);
  }

  // ---------------------------------------------------------------- rows

  private InstanceStatus planned(InstanceStatus row) {
    var way = Way.of(row).filter(w -> row.is(RowState.Pending));
    if (way.isEmpty()) {
      return row;
    }
    var view = views.get(row.id());
    var hosts = way.get().move().isPresent() ? rooms(view) : Optional.<List<String>>empty();
    var copied = copied(way.get(), view);
    var marked =
        RowTransitions.mark(
            row,
            RowState.Pending,
            InstanceMessages.planned(way.get(), hosts.map(List::size), copied),
            context.now());
    return marked.toBuilder()
        .plan(
            new InstancePlan(
                way.get().steps(),
                hosts.orElse(List.of()).stream().limit(3).toList(),
                hosts.map(List::size).orElse(null),
                copied))
        .build();
  }

  /** The hosts that have room for an instance; empty where placement does not tell. */
  private static Optional<List<String>> rooms(InstanceView view) {
    return view.detail()
        .flatMap(Detail::offer)
        .flatMap(Offer::rooms)
        .map(rooms -> Destinations.of(view).hosts());
  }

  /** Null where Nova does not tell. */
  private Integer copied(Way way, InstanceView view) {
    return way.move().filter(m -> StrategyTable.copiesDisks(m, context.spec())).isPresent()
        ? view.instance().map(i -> i.localDiskGiB()).orElse(null)
        : Integer.valueOf(0);
  }

  // ---------------------------------------------------------------- what is not known yet

  /**
   * Why nobody can tell yet.
   *
   * @param soon whether the next observation will know more
   */
  private record Open(Cause cause, boolean soon) {}

  private Optional<Open> open(Verdict verdict) {
    var waiting = rows.stream().filter(RowAction.Wait::of).findFirst();
    if (waiting.isPresent()) {
      var row = waiting.get();
      var cause = new Cause(Reason.valueOf(row.reason()), row.label() + ": " + row.message());
      return Optional.of(new Open(cause, false));
    }
    var untold = moving().filter(r -> !told(r)).toList();
    if (!untold.isEmpty()) {
      return Optional.of(
          views.get(untold.getFirst().id()).detail().flatMap(Detail::untold).stream()
              .map(cause -> new Open(cause, false))
              .findFirst()
              .orElseGet(
                  () ->
                      new Open(
                          HostMessages.planIncomplete(untold.size(), rows.size()),
                          context.snapshot().unanswered().isEmpty())));
    }
    return verdict.capacity() == Capacity.Unknown
        ? Optional.of(new Open(HostMessages.CAPACITY_UNKNOWN, false))
        : Optional.empty();
  }

  private Stream<InstanceStatus> moving() {
    return rows.stream()
        .filter(r -> r.is(RowState.Pending))
        .filter(r -> Way.of(r).flatMap(Way::move).isPresent());
  }

  /** Whether all was asked that tells where an instance could go. */
  private boolean told(InstanceStatus row) {
    var view = views.get(row.id());
    var hinted =
        view.instance().filter(i -> i.constraints().namesInstances()).isEmpty()
            || context.snapshot().hints().containsKey(row.id());
    return hinted
        && context.snapshot().groups().containsKey(row.id())
        && view.detail().flatMap(Detail::offer).isPresent();
  }

  // ---------------------------------------------------------------- figures

  /**
   * Whether all fit together.
   *
   * @param homeless how many find no room after the others
   */
  private record Verdict(Capacity capacity, int homeless) {}

  private Verdict capacity() {
    var movers = moving().toList();
    if (!movers.stream().allMatch(r -> rooms(views.get(r.id())).isPresent())) {
      return new Verdict(Capacity.Unknown, 0);
    }
    var homeless =
        FirstFit.homeless(
            movers.stream()
                .map(r -> views.get(r.id()))
                .sorted(
                    Comparator.comparing(
                        (InstanceView v) -> -v.instance().map(i -> i.ramMiB()).orElse(0)))
                .map(Plan::guest)
                .toList());
    return new Verdict(homeless == 0 ? Capacity.Fits : Capacity.Short, homeless);
  }

  private static FirstFit.Guest guest(InstanceView view) {
    var offer = view.detail().flatMap(Detail::offer).orElseThrow();
    var hosts = Destinations.of(view).hosts();
    return new FirstFit.Guest(
        offer.demand(),
        offer.rooms().orElseThrow().stream().filter(r -> hosts.contains(r.host())).toList(),
        view.groups().stream()
            .filter(g -> g.policy().equals("anti-affinity"))
            .map(Group::id)
            .collect(Collectors.toSet()));
  }

  private Map<String, Integer> counts() {
    var counts = new TreeMap<String, Integer>();
    rows.stream()
        .filter(r -> r.is(RowState.Pending))
        .forEach(r -> counts.merge(r.action(), 1, Integer::sum));
    return counts;
  }

  private int skipped() {
    return (int) rows.stream().filter(r -> r.is(RowState.Skipped)).count();
  }

  /** The figures; of the same plan they keep their time. */
  private PlanStatus figures(Verdict verdict, int blocked) {
    var actions =
        counts().entrySet().stream().map(e -> new ActionCount(e.getKey(), e.getValue())).toList();
    var figures =
        new PlanStatus(
            actions, blocked, skipped(), verdict.capacity().name(), context.snapshot().date());
    return Optional.ofNullable(context.previous().plan())
        .filter(before -> before.at(figures.observedTime()).equals(figures))
        .filter(before -> samePlans())
        .orElse(figures);
  }

  private boolean samePlans() {
    return plans(context.previous().instances()).equals(plans(rows));
  }

  private static Map<String, Optional<InstancePlan>> plans(List<InstanceStatus> rows) {
    return rows.stream()
        .collect(
            Collectors.toMap(InstanceStatus::id, r -> Optional.ofNullable(r.plan()), (a, b) -> a));
  }
}
