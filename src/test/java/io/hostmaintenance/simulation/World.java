package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.User;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** A cloud, a Kubernetes API, operators, people and the passing of time: one program. */
final class World {
  static final Instant START = Instant.parse("2026-03-01T08:00:00Z");

  /** Why a guest may not be as it was. */
  private boolean feasible;

  private static final Set<Reason> LEFT = Set.of(Reason.NotPutBack, Reason.TakenOverByOwner);

  private record Event(Instant at, long number, Runnable what) {}

  private final Program program;
  private final Cloud cloud;
  private final User operatorUser;
  private final User otherAdmin;
  private final SplittableRandom chance;
  private final Settings settings;
  private final Story story;
  private final SimulatedKubernetes kubernetes;
  private final Promises promises;
  private final PriorityQueue<Event> agenda =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
  private final List<Fault> faults = new ArrayList<>();
  private final List<OperatorProcess> processes = new ArrayList<>();
  private final Map<String, Server> servers = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final Set<String> touched = new HashSet<>();
  private final Map<String, VmState> states = new HashMap<>();
  private final Map<String, String> hostsOf = new HashMap<>();
  private long eventNumber;
  private long calls;
  private long injected;
  private long ticks;
  private boolean tickEnded;
  private boolean hostsDied;
  private boolean peaceful;
  private Optional<ComputeService> twin = Optional.empty();
  private final Map<String, Integer> writesSeen = new HashMap<>();
  private final Map<String, Integer> quietTicks = new HashMap<>();
  private final Map<String, Word> words = new HashMap<>();
  private final List<HostMaintenanceSpec> specs = new ArrayList<>();
  private final Set<String> toldNotPutBack = new HashSet<>();
  private final Set<String> kept = new HashSet<>();
  private final Map<String, Instant> written = new HashMap<>();

  /**
   * What somebody has said of a service.
   *
   * @param disabledReason why it is to be disabled; empty when it is to be enabled
   */
  record Word(Instant at, Optional<String> disabledReason) {}

  World(Program program, boolean storyKept) {
    this.program = program;
    this.chance = new SplittableRandom(program.seed() ^ 0x5DEECE66DL);
    this.cloud = new Cloud(START, new SplittableRandom(program.seed()), program.timing());
    this.otherAdmin = cloud.users().get("admin");
    this.operatorUser =
        program.sharedUser() ? otherAdmin : cloud.addUser("operator", "service", true);
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
    this.story = new Story(storyKept, START, cloud::now);
    this.kubernetes = new SimulatedKubernetes(this);
    this.promises = new Promises(this);
    furnish();
  }

  // ---------------------------------------------------------------- the beginning

  private void furnish() {
    program.hosts().forEach(cloud::addHost);
    program.hosts().forEach(h -> words.put(h, new Word(START, Optional.empty())));
    for (var guest : program.guests()) {
      var server = cloud.place(guest.server().named(guest.name()));
      servers.put(guest.name(), server);
      names.put(server.id(), guest.name());
    }
    for (var guest : program.guests()) {
      past(guest);
    }
    cloud.advance(Duration.ofMinutes(3));
    for (var server : servers.values()) {
      states.put(server.id(), server.vmState());
    }
    for (var group : program.groups()) {
      var members =
          group.members().stream().map(servers::get).filter(s -> s != null).toArray(Server[]::new);
      cloud.addGroup(group.name(), group.policy(), members);
    }
    for (var guest : program.guests()) {
      if (guest.past() == Program.Past.OFF_INSIDE) {
        cloud.powerOffInside(servers.get(guest.name()).id());
        states.put(servers.get(guest.name()).id(), VmState.STOPPED);
      }
      story.record("world", () -> guest.name() + " " + describe(servers.get(guest.name())));
    }
    for (var applied : program.resources()) {
      at(
          applied.at(),
          () -> {
            story.record("admin", () -> "applies " + applied.name() + ": " + applied.spec());
            apply(applied.name(), applied.spec());
            hostsOf.put(applied.name(), applied.spec().host());
          });
    }
    for (var incident : program.incidents()) {
      at(
          incident.at(),
          () -> {
            story.record("incident", incident::story);
            injected++;
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
    specs.add(spec);
  }

  private void past(Program.Guest guest) {
    var server = servers.get(guest.name());
    var drained = program.hosts().getFirst();
    attempt(
        () -> {
          switch (guest.past()) {
            case NONE, OFF_INSIDE -> {}
            case RESIZED_AWAY -> cloud.resize(cloud.tenant(), server.id(), server.ramMiB() * 2);
            case MIGRATED_HERE -> cloud.migrate(cloud.as(otherAdmin), server.id(), drained);
            case MOVED_PAUSED ->
                cloud.liveMigrate(
                    cloud.as(otherAdmin),
                    server.id(),
                    io.hostmaintenance.fakecloud.LiveMigrationRequest.to(drained));
          }
        });
  }

  private static String describe(Server s) {
    return s.status() + " " + s.powerState() + " on " + s.host() + " " + s.metadata();
  }

  // ---------------------------------------------------------------- what there is

  Program program() {
    return program;
  }

  Cloud cloud() {
    return cloud;
  }

  Settings settings() {
    return settings;
  }

  User operatorUser() {
    return operatorUser;
  }

  Caller otherAdmin() {
    return cloud.as(otherAdmin);
  }

  Story story() {
    return story;
  }

  SimulatedKubernetes kubernetes() {
    return kubernetes;
  }

  Promises promises() {
    return promises;
  }

  long calls() {
    return calls;
  }

  long injected() {
    return injected;
  }

  String label(String serverId) {
    return names.getOrDefault(serverId, serverId);
  }

  /** The server of this name; empty when there is none (any more). */
  Optional<Server> server(String name) {
    return Optional.ofNullable(servers.get(name)).filter(s -> !s.deleted());
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
    agenda.add(new Event(cloud.now().plus(pause), eventNumber++, what));
  }

  private void at(Duration sinceStart, Runnable what) {
    agenda.add(new Event(START.plus(Duration.ofMinutes(3)).plus(sinceStart), eventNumber++, what));
  }

  /** Lets time pass; whatever is due meanwhile happens. */
  void pass(Duration time) {
    var end = cloud.now().plus(time);
    while (!agenda.isEmpty() && !agenda.peek().at().isAfter(end)) {
      next();
    }
    cloud.advanceTo(end);
  }

  private void next() {
    var event = agenda.poll();
    cloud.advanceTo(event.at());
    event.what().run();
  }

  /**
   * Lets time pass until this is so after some reconciliation, but not longer; whether it came to
   * be so.
   */
  boolean runFor(Duration atMost, Predicate<World> enough) {
    var latest = cloud.now().plus(atMost);
    while (!agenda.isEmpty() && !agenda.peek().at().isAfter(latest)) {
      tickEnded = false;
      next();
      if (tickEnded && enough.test(this)) {
        return true;
      }
    }
    cloud.advanceTo(latest);
    return enough.test(this);
  }

  void ticked(String resource) {
    ticks++;
    tickEnded = true;
    promises.places();
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

  /** The fault that befalls a call of this name now; empty when it goes well. */
  Optional<Fault> fault(String call) {
    if (faults.isEmpty()) {
      return Optional.empty();
    }
    faults.removeIf(f -> f.over(cloud.now()));
    for (var fault : faults) {
      if (fault.takes(call)) {
        injected++;
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }

  void arm(Fault fault) {
    faults.add(fault);
  }

  void heal() {
    faults.clear();
    processes.forEach(p -> p.watchLag(Duration.ZERO));
    cell(false);
    twin = Optional.empty();
    peaceful = true;
  }

  /** Whether the faults are over. */
  boolean peaceful() {
    return peaceful;
  }

  /** A second nova-compute service of the first host, of another cell; empty: it is deleted. */
  void twin(Optional<ComputeService> service) {
    twin = service;
  }

  Optional<ComputeService> twin() {
    return twin;
  }

  /** The one cell of all hosts vanishes, or is back. */
  void cell(boolean down) {
    program.hosts().forEach(h -> cloud.cellDown(h, down));
  }

  // ---------------------------------------------------------------- operators

  void startOperator() {
    var process = new OperatorProcess(this, "operator-" + (processes.size() + 1), program.skew());
    processes.add(process);
    story.record("world", () -> process.name() + " starts");
    kubernetes
        .resources()
        .forEach(r -> process.reconcileAfter(r.getMetadata().getName(), latency()));
    after(Duration.ofSeconds(1), process::watch);
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
    if (LEFT.contains(notice.reason())) {
      servers.values().stream()
          .map(Server::id)
          .filter(notice.message()::contains)
          .forEach(toldNotPutBack::add);
    }
    fault("tell")
        .ifPresent(
            f -> {
              if (f.kind() == Fault.Kind.CRASH_BEFORE || f.kind() == Fault.Kind.CRASH_AFTER) {
                throw process.crash();
              }
            });
  }

  /** A row says it as long as its resource is there; an event may be lost with its process. */
  void written(InstanceStatus row) {
    if (LEFT.stream().anyMatch(row::because)) {
      toldNotPutBack.add(row.id());
    }
  }

  // ---------------------------------------------------------------- people

  /** Lets somebody try something; a refusal is his own affair. */
  boolean attempt(Runnable what) {
    try {
      what.run();
      return true;
    } catch (Refused e) {
      story.record("nova", () -> "refuses: " + e.getMessage());
      return false;
    }
  }

  /** The server's owner does something to it. */
  void tenant(String name, Operation operation) {
    server(name)
        .ifPresent(
            s ->
                attempt(
                    () -> {
                      cloud.perform(cloud.tenant(), s.id(), operation);
                      touched.add(s.id());
                    }));
  }

  /** Somebody does something to a server by which its state may change. */
  void touch(String name, BiConsumer<Cloud, Server> what) {
    server(name)
        .ifPresent(
            s ->
                attempt(
                    () -> {
                      what.accept(cloud, s);
                      touched.add(s.id());
                    }));
  }

  /** Somebody moves or locks a server; its state is to stay. */
  void move(String name, BiConsumer<Cloud, Server> what) {
    server(name).ifPresent(s -> attempt(() -> what.accept(cloud, s)));
  }

  /** An administrator repairs, deletes or frees a server, by its id. */
  boolean mend(String serverId, BiConsumer<Cloud, Server> what) {
    touched.add(serverId);
    return attempt(() -> what.accept(cloud, cloud.server(serverId)));
  }

  void land(String name, int ramMiB, String host, Duration after) {
    attempt(
        () -> {
          var server = cloud.bootScheduled(cloud.tenant(), name, ramMiB, host, after);
          servers.put(name, server);
          names.put(server.id(), name);
          touched.add(server.id());
        });
  }

  /** An administrator disables a host's service. */
  void disable(String host, String reason) {
    if (attempt(() -> cloud.disable(otherAdmin(), host, reason))) {
      words.put(host, new Word(cloud.now(), Optional.of(reason)));
    }
  }

  /** An administrator enables a host's service. */
  void enable(String host) {
    if (attempt(() -> cloud.enable(otherAdmin(), host))) {
      words.put(host, new Word(cloud.now(), Optional.empty()));
    }
  }

  void deleteService(String host) {
    attempt(() -> cloud.deleteService(otherAdmin(), host));
    words.remove(host);
  }

  /** The operator changes a host's service, by an observation that began then. */
  void changesService(String host, Instant lookBegan) {
    words.computeIfPresent(host, (h, word) -> word.at().isBefore(lookBegan) ? word : null);
  }

  /**
   * What somebody else than the operator has said of a host's service last; empty when the operator
   * could not know of it before its own request.
   */
  Optional<Word> lastWord(String host) {
    return Optional.ofNullable(words.get(host));
  }

  void kill(String host) {
    if (cloud.host(host).alive()) {
      hostsDied = true;
      cloud.killCompute(host);
    }
  }

  void revive(String host) {
    if (!cloud.host(host).alive()) {
      cloud.startCompute(host);
    }
  }

  // ---------------------------------------------------------------- the end

  /** The hosts of the resources that were ever applied, by name. */
  Map<String, String> hostsOf() {
    return hostsOf;
  }

  /** The strategies of all resources that were ever applied. */
  private List<Strategies> strategies() {
    return specs.stream().map(HostMaintenanceSpec::strategies).toList();
  }

  /** Whether any resource said that the service of a host is to stay as it is. */
  boolean mayBeKept(String host) {
    return kept.contains(host);
  }

  /** Whether somebody wrote the spec of a resource since then. */
  boolean writtenSince(String resource, Instant then) {
    return !written.getOrDefault(resource, Instant.MIN).isBefore(then);
  }

  /** Somebody writes a spec. */
  void written(String resource, HostMaintenanceSpec spec) {
    written.put(resource, cloud.now());
    if (spec.giveBack().equals("Keep")) {
      kept.add(spec.host());
    }
  }

  private static boolean said(
      List<Strategies> strategies, Function<Strategies, String> field, String value) {
    return strategies.stream().map(field).anyMatch(value::equals);
  }

  /** Guests that nobody touched are as they were, or as a strategy says. */
  void guestsAreAsTheyWere() {
    for (var guest : program.guests()) {
      var server = servers.get(guest.name());
      if (server == null || touched.contains(server.id())) {
        continue;
      }
      var before = states.get(server.id());
      var mayBreak =
          hostsDied || server.metadata().keySet().stream().anyMatch(k -> k.endsWith("_fail"));
      var strategies = strategies();
      promises.promise(
          "guests keep their state",
          server.vmState() == before
              || toldNotPutBack.contains(server.id())
              || before == VmState.RESCUED
                  && said(strategies, Strategies::rescued, "UnrescueLive")
                  && Set.of(VmState.ACTIVE, VmState.STOPPED).contains(server.vmState())
              || before == VmState.SHELVED
                  && said(strategies, Strategies::shelved, "Offload")
                  && server.vmState() == VmState.SHELVED_OFFLOADED
              || before == VmState.SOFT_DELETED
                  && said(strategies, Strategies::softDeleted, "Delete")
                  && server.vmState() == VmState.DELETED
              || before == VmState.ERROR
                  && said(strategies, Strategies::error, "Recover")
                  && Set.of(VmState.ACTIVE, VmState.STOPPED).contains(server.vmState())
              || guest.past() == Program.Past.OFF_INSIDE
                  && server.vmState() == VmState.ACTIVE
                  && server.powerState() == PowerState.SHUTDOWN
              || mayBreak && server.vmState() == VmState.ERROR
              || server.vmState() == VmState.RESIZED
              || before == VmState.RESIZED,
          () -> guest.name() + " was " + before + " and is " + server.vmState());
      promises.promise(
          "what is off stays off",
          before != VmState.STOPPED
              || server.vmState() != VmState.STOPPED
              || server.powerState() == PowerState.SHUTDOWN,
          () -> guest.name() + " is STOPPED and " + server.powerState());
    }
  }
}
