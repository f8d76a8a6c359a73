package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Clouds, a Kubernetes API, operators, people and the passing of time: one program. */
final class World {
  static final Instant START = Instant.parse("2026-03-01T08:00:00Z");

  /** How long the clouds have been there when the program begins. */
  static final Duration BEFORE = Duration.ofMinutes(3);

  private record Event(Instant at, long number, Runnable what) {}

  private final Program program;
  private final Site home;
  private final List<Site> sites = new ArrayList<>();
  private final SplittableRandom chance;
  private final Settings settings;
  private final Story story;
  private final SimulatedKubernetes kubernetes;
  private final PriorityQueue<Event> agenda =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
  private final List<Fault> faults = new ArrayList<>();
  private final List<OperatorProcess> processes = new ArrayList<>();
  private boolean feasible;
  private long eventNumber;
  private long calls;
  private long injected;
  private long checked;
  private long ticks;
  private boolean tickEnded;
  private boolean peaceful;
  private Instant disturbed = START;
  private Duration farthestBehind = Duration.ZERO;
  private final Map<String, Integer> writesSeen = new HashMap<>();
  private final Map<String, Integer> quietTicks = new HashMap<>();
  private final Map<String, Instant> written = new HashMap<>();

  World(Program program, boolean storyKept) {
    this.program = program;
    this.chance = new SplittableRandom(program.seed() ^ 0x5DEECE66DL);
    this.settings =
        new Settings(
            Duration.ofSeconds(5),
            Duration.ofSeconds(60),
            Duration.ofMinutes(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(90),
            Duration.ofSeconds(15),
            program.resources().size() > 2 ? 1 : 10,
            20,
            Strategies.DEFAULT);
    this.kubernetes = new SimulatedKubernetes(this);
    var names = program.names(Program.ALIAS) ? List.of("", Program.ALIAS) : List.of("");
    this.home = new Site(this, names, program.seed(), program.guests());
    this.sites.add(home);
    if (program.names(Program.OTHER)) {
      var other = List.of(Program.OTHER);
      this.sites.add(new Site(this, other, ~program.seed(), program.otherGuests()));
    }
    this.story = new Story(storyKept, START, this::now);
    furnish();
  }

  // ---------------------------------------------------------------- the beginning

  private void furnish() {
    home.furnish(program.groups());
    other().ifPresent(s -> s.furnish(List.of()));
    for (var applied : program.resources()) {
      at(
          applied.at(),
          () -> {
            story.record("admin", () -> "applies " + applied.name() + ": " + applied.spec());
            apply(applied.name(), applied.spec());
            site(applied.spec()).hostsOf().put(applied.name(), applied.spec().host());
          });
    }
    for (var incident : program.incidents()) {
      at(
          incident.at(),
          () -> {
            story.record("incident", incident::story);
            injected++;
            disturbed = now();
            incident.what().accept(this);
          });
    }
    startOperator();
  }

  /** Somebody carries out a plan, feasible or not. */
  void carryOut(String name) {
    feasible =
        kubernetes
            .get(name)
            .filter(r -> r.getStatus() != null && r.getStatus().isTrue(Condition.PLANNED))
            .isPresent();
    kubernetes.edit(name, Programs::drain);
  }

  /** Whether the plan that was carried out was feasible. */
  boolean feasible() {
    return feasible;
  }

  /** Somebody applies a resource. */
  void apply(String name, HostMaintenanceSpec spec) {
    kubernetes.create(name, spec);
    site(spec).applied(spec);
  }

  // ---------------------------------------------------------------- what there is

  Program program() {
    return program;
  }

  /** The operator's default cloud. */
  Site home() {
    return home;
  }

  /** The second cloud; empty where no resource is for it. */
  Optional<Site> other() {
    return sites.stream().skip(1).findFirst();
  }

  List<Site> sites() {
    return List.copyOf(sites);
  }

  /** The cloud of a name that the operator knows. */
  Site site(String name) {
    return sites.stream().filter(s -> s.names().contains(name)).findFirst().orElseThrow();
  }

  /** The cloud that a spec is for. */
  Site site(HostMaintenanceSpec spec) {
    return site(cloudName(spec));
  }

  /** The name by which a spec names its cloud; empty for the default. */
  static String cloudName(HostMaintenanceSpec spec) {
    return Objects.requireNonNullElse(spec.cloud(), "");
  }

  Instant now() {
    return home.cloud().now();
  }

  Settings settings() {
    return settings;
  }

  Story story() {
    return story;
  }

  SimulatedKubernetes kubernetes() {
    return kubernetes;
  }

  long calls() {
    return calls;
  }

  long injected() {
    return injected;
  }

  /** How many questions were put to the truth. */
  long checked() {
    return checked;
  }

  /** Puts one question to the truth. */
  void promise(String promise, boolean kept, Supplier<String> how) {
    checked++;
    if (!kept) {
      throw new Broken(promise, how.get());
    }
  }

  // ---------------------------------------------------------------- time

  void count() {
    calls++;
  }

  Duration latency() {
    return Duration.ofMillis(chance.nextInt(5, 60));
  }

  /** Some part of this time. */
  Duration within(Duration time) {
    return Duration.ofMillis(chance.nextLong(time.toMillis()));
  }

  void after(Duration pause, Runnable what) {
    agenda.add(new Event(now().plus(pause), eventNumber++, what));
  }

  private void at(Duration sinceStart, Runnable what) {
    agenda.add(new Event(START.plus(BEFORE).plus(sinceStart), eventNumber++, what));
  }

  /** Lets time pass; whatever is due meanwhile happens. */
  void pass(Duration time) {
    var end = now().plus(time);
    while (!agenda.isEmpty() && !agenda.peek().at().isAfter(end)) {
      next();
    }
    advanceTo(end);
  }

  private void advanceTo(Instant instant) {
    for (var site : sites) {
      site.cloud().advanceTo(instant);
    }
  }

  private void next() {
    var event = agenda.poll();
    advanceTo(event.at());
    event.what().run();
  }

  /**
   * Lets time pass until this is so after some reconciliation, but not longer; whether it came to
   * be so.
   */
  boolean runFor(Duration atMost, Predicate<World> enough) {
    var latest = now().plus(atMost);
    while (!agenda.isEmpty() && !agenda.peek().at().isAfter(latest)) {
      tickEnded = false;
      next();
      if (tickEnded && enough.test(this)) {
        return true;
      }
    }
    advanceTo(latest);
    return enough.test(this);
  }

  void ticked(String resource) {
    ticks++;
    tickEnded = true;
    for (var site : sites) {
      site.promises().places();
      site.promises().heldUp();
    }
    var writes = kubernetes.writes(resource);
    var before = writesSeen.put(resource, writes);
    quietTicks.merge(resource, 1, (n, one) -> before != null && before == writes ? n + 1 : 0);
  }

  /** How many reconciliations in a row wrote nothing. */
  int quietTicks(String resource) {
    return quietTicks.getOrDefault(resource, 0);
  }

  void forgetQuiet() {
    quietTicks.clear();
  }

  long ticks() {
    return ticks;
  }

  // ---------------------------------------------------------------- faults

  /** The fault that befalls a call of this name now, to whomever; empty when it goes well. */
  Optional<Fault> fault(String call) {
    var fault = first(faults, call, now());
    fault.ifPresent(
        f -> {
          injected++;
          disturbed = now();
        });
    return fault;
  }

  /** The fault that befalls a call to a cloud now; empty when it goes well. */
  Optional<Fault> fault(Site site, String call) {
    return fault(call)
        .or(
            () -> {
              var fault = site.fault(call);
              fault.ifPresent(f -> injected++);
              return fault;
            });
  }

  /** The first of these faults that takes a call of this name. */
  static Optional<Fault> first(List<Fault> faults, String call, Instant now) {
    faults.removeIf(f -> f.over(now));
    return faults.stream().filter(f -> f.takes(call)).findFirst();
  }

  void arm(Fault fault) {
    faults.add(fault);
  }

  void heal() {
    faults.clear();
    processes.forEach(p -> p.watchLag(Duration.ZERO));
    sites.forEach(Site::heal);
    peaceful = true;
  }

  /** When something went wrong last, but with the calls to one cloud alone. */
  Instant disturbed() {
    return disturbed;
  }

  /** An operator's clock is so far behind; negative: ahead. */
  void isBehind(Duration value) {
    farthestBehind = value.compareTo(farthestBehind) > 0 ? value : farthestBehind;
  }

  /** How far the clock of any operator was behind so far. */
  Duration farthestBehind() {
    return farthestBehind;
  }

  /** Whether the faults are over. */
  boolean peaceful() {
    return peaceful;
  }

  // ---------------------------------------------------------------- operators

  void startOperator() {
    var process = new OperatorProcess(this, "operator-" + (processes.size() + 1), program.skew());
    processes.add(process);
    disturbed = now();
    story.record("world", () -> process.name() + " starts");
    kubernetes
        .resources()
        .forEach(r -> process.reconcileAfter(r.getMetadata().getName(), latency()));
    for (var site : sites) {
      for (var name : site.names()) {
        after(Duration.ofSeconds(1), () -> process.watch(name));
      }
    }
  }

  /** The process that leads; empty while there is none. */
  Optional<OperatorProcess> leader() {
    return processes.stream().filter(OperatorProcess::leading).findFirst();
  }

  void crashed(OperatorProcess process) {
    story.record("world", () -> process.name() + " ends");
    after(Duration.ofSeconds(chance.nextInt(1, 40)), this::startIfNeeded);
  }

  void startIfNeeded() {
    if (leader().isEmpty()) {
      startOperator();
    }
  }

  /** A new process leads, the old one leads no more, wherever it is. */
  void handOver() {
    leader().ifPresent(OperatorProcess::stopLeading);
    startOperator();
  }

  void changed(String resource) {
    for (var process : processes) {
      if (process.leading()) {
        process.changed(resource);
      }
    }
  }

  void told(OperatorProcess process, HostMaintenance resource, Notice notice) {
    process.live();
    count();
    story.record(process.name(), () -> "tells: " + notice.reason() + " " + notice.message());
    site(resource.getSpec()).told(notice);
    fault("tell")
        .ifPresent(
            f -> {
              if (f.kind() == Fault.Kind.CRASH_BEFORE || f.kind() == Fault.Kind.CRASH_AFTER) {
                throw process.crash();
              }
            });
  }

  // ---------------------------------------------------------------- what is written

  /** Whether somebody wrote the spec of a resource since then. */
  boolean writtenSince(String resource, Instant then) {
    return !written.getOrDefault(resource, Instant.MIN).isBefore(then);
  }

  /** Somebody writes a spec. */
  void written(String resource, HostMaintenanceSpec spec) {
    written.put(resource, now());
    site(spec).written(spec);
  }
}
