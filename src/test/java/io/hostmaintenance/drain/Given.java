package io.hostmaintenance.drain;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatusBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Observation.Consumer;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.Observation.Residents;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.DetailQueries;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.Hint;
import io.hostmaintenance.drain.instance.MoveFailure;
import io.hostmaintenance.drain.instance.Offer;
import io.hostmaintenance.drain.instance.Question;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.ServerGroup;
import io.hostmaintenance.nova.Timestamped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A resource, a cloud as it stands, and a clock. Looks as the operator looks: the lists of the
 * host, then what {@link DetailQueries} asks for, nothing more.
 */
public final class Given {

  public static final String NAME = "rack-1";
  public static final String HOST = "compute-7";
  public static final String OTHER = "compute-9";
  public static final String MARKER = "host-maintenance " + NAME + " [0b1c7d6e]";
  public static final Identity US = new Identity("operator", "admin");
  public static final Identity SOMEBODY = new Identity("alice", "web");
  public static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  public static final Settings SETTINGS =
      new Settings(
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofMinutes(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ZERO,
          10,
          20,
          Strategies.DEFAULT);

  private static final Map<String, Long> FREE =
      Map.of("VCPU", 1000L, "MEMORY_MB", 1000L * 1024, "DISK_GB", 1000L);

  private final HostMaintenance resource = new HostMaintenance();
  private final Map<String, Instance> instances = new LinkedHashMap<>();
  private final List<Migration> migrations = new ArrayList<>();
  private final Map<String, List<InstanceAction>> actions = new HashMap<>();
  private final Map<String, ComputeService> services = new LinkedHashMap<>();
  private final List<ServerGroup> groups = new ArrayList<>();
  private final Set<String> groupsNotKnown = new HashSet<>();
  private final List<DecisionInput.OtherMaintenance> others = new ArrayList<>();
  private final Map<String, Instant> firstSeen = new HashMap<>();
  private final Set<String> unseen = new HashSet<>();
  private final Map<String, Instant> unseenSince = new HashMap<>();
  private Optional<List<Consumer>> consumers = Optional.of(List.of());
  private String hypervisorType = "QEMU";
  private Set<String> unlisted = Set.of();
  private Duration age = Duration.ZERO;
  private Instant now = NOON;
  private Duration novaAhead = Duration.ZERO;
  private Instant lastCompleteObservation = NOON;
  private Instant lastSeen = NOON;
  private Duration lookTook = Duration.ZERO;
  private Optional<Instant> knowsOfDisabling = Optional.empty();
  private Optional<Instant> knowsOfGivingBack = Optional.empty();
  private int freeMoves = 20;
  private DecisionInput.Turn turn = new DecisionInput.Turn(true, List.of(), 0);
  private Optional<Unavailable> refusal = Optional.empty();
  private Duration refusedFor = Duration.ZERO;
  private GuestPower guest = GuestPower.RUNNING;
  private boolean room = true;
  private boolean placementTells = true;
  private final Map<String, Map<String, Long>> free = new HashMap<>();
  private final Map<String, List<Hint>> hints = new HashMap<>();
  private final Map<String, String> zones = new HashMap<>();
  private Set<String> inMaintenance = Set.of();
  private Microversion newest = new Microversion(2, 104);
  private final Map<String, Long> heardOf = new HashMap<>();

  private Given() {
    var metadata = new ObjectMeta();
    metadata.setName(NAME);
    metadata.setUid("0b1c7d6e-1111-4222-8333-444455556666");
    metadata.setGeneration(4L);
    metadata.setCreationTimestamp(NOON.minusSeconds(3600).toString());
    metadata.setAnnotations(new HashMap<>());
    resource.setMetadata(metadata);
    spec(s -> s);
    service(HOST, "enabled", null);
    service(OTHER, "enabled", null);
  }

  /** A resource that nobody has observed, its host enabled. */
  public static Given fresh() {
    return new Given();
  }

  /** A resource that holds its host: disabled by us, no rows. */
  public static Given taken() {
    var given = new Given();
    given.service(HOST, "disabled", MARKER);
    given.status(
        HostMaintenanceStatus.builder()
            .phase(Phase.Draining.name())
            .service(new ServiceStatus(id(HOST), true, "enabled", null, List.of()))
            .conditions(
                List.of(
                    new Condition(
                        Condition.SERVICE_DISABLED, "True", "Disabled", "It is.", NOON, 4L)))
            .build());
    return given;
  }

  public static String id(String host) {
    return "service-of-" + host;
  }

  // ---------------------------------------------------------------- the resource

  /** Mutable words of a spec. */
  static final class Spec {
    String mode;
    String reason;
    Boolean liveMigrate;
    String targetHost;
    Concurrency concurrency;
    Integer maxAttempts;
    String instanceTimeout;
    String onTimeout;
    String onDelete;
    Boolean suspend;
    String scope;
    Strategies strategies;
    List<String> excludedInstances;
    String instanceMetadata;
  }

  private final Spec words = new Spec();

  public Given spec(UnaryOperator<Spec> change) {
    var w = change.apply(words);
    resource.setSpec(
        (resource.getSpec() == null
                ? HostMaintenanceSpecBuilder.builder()
                : HostMaintenanceSpecBuilder.builder(resource.getSpec()))
            .host(HOST)
            .mode(w.mode)
            .reason(w.reason)
            .liveMigrate(w.liveMigrate)
            .targetHost(w.targetHost)
            .concurrency(w.concurrency)
            .maxAttempts(w.maxAttempts)
            .instanceTimeout(w.instanceTimeout)
            .onTimeout(w.onTimeout)
            .onDelete(w.onDelete)
            .suspend(w.suspend)
            .scope(w.scope)
            .strategies(w.strategies)
            .excludedInstances(w.excludedInstances)
            .instanceMetadata(w.instanceMetadata)
            .build());
    return this;
  }

  /** The spec with some of its fields set. */
  public Given limits(UnaryOperator<HostMaintenanceSpecBuilder> change) {
    var builder = HostMaintenanceSpecBuilder.builder(resource.getSpec());
    resource.setSpec(change.apply(builder).build());
    return this;
  }

  public Given strategies(Strategies strategies) {
    words.strategies = strategies;
    return spec(s -> s);
  }

  public Given scopeRunning() {
    words.scope = "Running";
    return spec(s -> s);
  }

  public Given excluding(String... ids) {
    words.excludedInstances = List.of(ids);
    return spec(s -> s);
  }

  public Given respectingMetadata() {
    words.instanceMetadata = "Respect";
    return spec(s -> s);
  }

  public Given liveMigrate(boolean value) {
    words.liveMigrate = value;
    return spec(s -> s);
  }

  public Given reason(String value) {
    words.reason = value;
    return spec(s -> s);
  }

  public Given targetHost(String value) {
    words.targetHost = value;
    return spec(s -> s);
  }

  public Given concurrency(int live, int cold) {
    words.concurrency = new Concurrency(live, cold);
    return spec(s -> s);
  }

  public Given maxAttempts(int value) {
    words.maxAttempts = value;
    return spec(s -> s);
  }

  public Given onTimeout(String value) {
    words.onTimeout = value;
    return spec(s -> s);
  }

  public Given onDelete(String value) {
    words.onDelete = value;
    return spec(s -> s);
  }

  public Given instanceTimeout(String value) {
    words.instanceTimeout = value;
    return spec(s -> s);
  }

  /** The plan is to be shown. */
  public Given planned() {
    words.mode = "Plan";
    return spec(s -> s);
  }

  /** The plan is to be carried out. */
  public Given carriedOut() {
    words.mode = "Drain";
    return spec(s -> s);
  }

  public Given suspended(boolean value) {
    words.suspend = value;
    return spec(s -> s);
  }

  public Given annotated(String name, String value) {
    resource.getMetadata().getAnnotations().put(name, value);
    return this;
  }

  public Given deleted() {
    resource.getMetadata().setDeletionTimestamp(now.toString());
    return this;
  }

  public Given status(HostMaintenanceStatus status) {
    resource.setStatus(status);
    return this;
  }

  public Given status(UnaryOperator<HostMaintenanceStatusBuilder> change) {
    return status(change.apply(status().toBuilder()).build());
  }

  public HostMaintenanceStatus status() {
    return resource.getStatus();
  }

  public HostMaintenance resource() {
    return resource;
  }

  /** Rows as they are stored. */
  public Given rows(InstanceStatus... rows) {
    return status(s -> s.instances(Arrays.asList(rows)));
  }

  /** The stored row of an instance. */
  public InstanceStatus row(String id) {
    return status().instances().stream().filter(r -> r.id().equals(id)).findFirst().orElseThrow();
  }

  // ---------------------------------------------------------------- the cloud

  /** Instances as they stand now, on whatever host; one with a known id is replaced. */
  public Given instances(Instance... all) {
    for (var instance : all) {
      instances.put(instance.id(), instance);
    }
    return this;
  }

  public Given gone(String id) {
    instances.remove(id);
    return this;
  }

  /** Migration records as they stand now; one with a known id is replaced. */
  public Given migrations(Migration... all) {
    for (var migration : all) {
      migrations.removeIf(m -> m.id() == migration.id());
      migrations.addFirst(migration);
    }
    return this;
  }

  /** An action, newest last. */
  public Given action(String instance, InstanceAction action) {
    actions.computeIfAbsent(instance, i -> new ArrayList<>()).addFirst(action);
    return this;
  }

  public Given service(String host, String status, String reason) {
    services.put(host, new ComputeService(id(host), host, status, true, reason, false, null, null));
    return this;
  }

  /** One more nova-compute service of a host, from another cell or left over. */
  public Given twin(String id, String host, String status, boolean up) {
    services.put(id, new ComputeService(id, host, status, up, null, false, null, null));
    return this;
  }

  public Given noTwin(String id) {
    services.remove(id);
    return this;
  }

  public Given forcedDown(String host) {
    var old = services.get(host);
    services.put(
        host,
        new ComputeService(
            old.id(), host, old.status(), false, old.disabledReason(), true, old.zone(), null));
    return this;
  }

  public Given serviceDown(String host) {
    var old = services.get(host);
    services.put(
        host,
        new ComputeService(
            old.id(), host, old.status(), false, old.disabledReason(), false, old.zone(), null));
    return this;
  }

  public Given noService(String host) {
    services.remove(host);
    return this;
  }

  public ComputeService service() {
    return services.get(HOST);
  }

  public Given group(String policy, String... members) {
    var name = policy + "-" + groups.size();
    groups.add(new ServerGroup("id-" + name, name, policy, 1, Set.of(members)));
    return this;
  }

  /** Every group was deleted. */
  public Given noGroups() {
    groups.clear();
    return this;
  }

  /** Which groups this one is in has not been asked yet. */
  public Given groupsNotKnown(String id) {
    groupsNotKnown.add(id);
    return this;
  }

  private Map<String, List<Hint>> hintsOfAll(Map<String, Detail> details) {
    return hints.keySet().stream()
        .filter(id -> asksWhere(details.get(id)))
        .collect(Collectors.toMap(id -> id, hints::get));
  }

  /** Where the members of a group are is asked of a plan, and where a move found no host. */
  private boolean asksWhere(Detail detail) {
    return resource.plans()
        || detail != null && detail.events().filter(MoveFailure::noValidHost).isPresent();
  }

  private Map<String, List<Group>> groupsOfAll(Map<String, Detail> details) {
    var ids = new HashSet<>(instances.keySet());
    if (status() != null) {
      status().instances().forEach(r -> ids.add(r.id()));
    }
    ids.removeAll(groupsNotKnown);
    return ids.stream()
        .collect(Collectors.toMap(i -> i, i -> groupsOf(i, asksWhere(details.get(i)))));
  }

  private List<Group> groupsOf(String id, boolean where) {
    return groups.stream()
        .filter(g -> g.members().contains(id))
        .map(g -> new Group(g.id(), g.name(), g.policy(), where ? hostsOf(g) : Set.of()))
        .toList();
  }

  private Set<String> hostsOf(ServerGroup group) {
    return group.members().stream()
        .filter(instances::containsKey)
        .map(m -> instances.get(m).host())
        .collect(Collectors.toSet());
  }

  public Given hypervisor(String type) {
    hypervisorType = type;
    return this;
  }

  /** The hypervisor shows instances that no list shows. */
  public Given unlisted(String... ids) {
    unlisted = Set.of(ids);
    return this;
  }

  /** The instances were asked for so long before the decision. */
  public Given aged(Duration value) {
    age = value;
    return this;
  }

  public Given placement(Consumer... all) {
    consumers = Optional.of(List.of(all));
    return this;
  }

  public Given noPlacement() {
    consumers = Optional.empty();
    return this;
  }

  /** Nova does not answer the questions about this one. */
  public Given unseen(String id) {
    unseen.add(id);
    unseenSince.put(id, now);
    return this;
  }

  /** Nova answers again. */
  public Given seenAgain(String id) {
    unseen.remove(id);
    unseenSince.remove(id);
    return this;
  }

  public Given otherMaintenance(DecisionInput.OtherMaintenance... all) {
    others.clear();
    others.addAll(Arrays.asList(all));
    return this;
  }

  public Given freeMoves(int moves) {
    freeMoves = moves;
    return this;
  }

  public Given mayStart(boolean may) {
    turn = new DecisionInput.Turn(may, may ? List.of() : List.of("a", "b", "c"), may ? 0 : 10);
    return this;
  }

  public Given turn(DecisionInput.Turn next) {
    turn = next;
    return this;
  }

  /** Nova did not change the service when it was last asked to. */
  public Given refused(Reason reason, String message) {
    refusal = Optional.of(new Unavailable(new Cause(reason, message), Duration.ZERO));
    return this;
  }

  /** For how long Nova has not changed the service. */
  public Given refusedFor(Duration time) {
    refusedFor = time;
    return this;
  }

  /** How far Nova's clock is ahead of ours. */
  public Given novaAhead(Duration ahead) {
    novaAhead = ahead;
    return this;
  }

  // ---------------------------------------------------------------- time goes by

  public Instant now() {
    return now;
  }

  public Given after(Duration time) {
    now = now.plus(time);
    return this;
  }

  public Given after(long seconds) {
    return after(Duration.ofSeconds(seconds));
  }

  /** A new process, which has seen nothing yet. */
  public Given restarted() {
    firstSeen.clear();
    knowsOfDisabling = Optional.of(now);
    knowsOfGivingBack = Optional.of(now).filter(n -> Cleanup.begun(status()));
    return this;
  }

  // ---------------------------------------------------------------- what follows

  public Snapshot snapshot() {
    var since = ObservationNeeds.changesSince(status());
    var records =
        migrations.stream()
            .filter(m -> HOST.equals(m.sourceHost()) || HOST.equals(m.destinationHost()))
            .filter(
                m ->
                    since.isEmpty()
                        ? m.unfinished() || m.status().equals("reverted")
                        : m.updatedAt() != null && !m.updatedAt().isBefore(since.get()))
            .toList();
    var here = instances.values().stream().filter(i -> HOST.equals(i.host())).toList();
    var details = new HashMap<String, Detail>();
    DetailQueries.of(resource, Strategies.DEFAULT, records, here)
        .forEach((id, asked) -> details.put(id, detail(id, asked)));
    records.stream()
        .filter(m -> m.status().equals("reverted"))
        .forEach(
            m ->
                details.putIfAbsent(
                    m.instanceId(), detail(m.instanceId(), Set.of(Question.INSTANCE))));
    unseen.forEach(details::remove);
    var snapshot =
        new Snapshot(
            now.plus(novaAhead),
            now.plus(novaAhead),
            age,
            since.isEmpty(),
            US,
            records,
            here,
            services.values().stream().map(this::heard).toList(),
            hypervisorType == null
                ? List.of()
                : List.of(new Hypervisor("provider", HOST, hypervisorType)),
            groupsOfAll(details),
            hintsOfAll(details),
            details,
            Set.copyOf(unseen),
            new Residents.NotAsked(),
            new Placement.NotAsked(),
            newest);
    var shown =
        ObservationNeeds.residents(resource, snapshot)
            ? snapshot.with(
                new Timestamped<>(
                    hypervisorType == null
                        ? new Residents.NoHypervisor()
                        : new Residents.Shown(unlisted),
                    snapshot.date()))
            : snapshot;
    return ObservationNeeds.placement(resource, shown)
        ? shown.with(
            consumers.<Placement>map(Placement.Consumers::new).orElseGet(Placement.Absent::new))
        : shown;
  }

  /** The observation of this moment, but for what one instance told when it was asked. */
  public Snapshot snapshot(String id, Detail told) {
    var snapshot = snapshot();
    var details = new HashMap<>(snapshot.details());
    details.put(id, told);
    return snapshot.with().details(details).build();
  }

  private Detail detail(String id, Set<Question> asked) {
    var row =
        status() == null
            ? Optional.<InstanceStatus>empty()
            : status().instances().stream().filter(r -> r.id().equals(id)).findFirst();
    var instance = Optional.ofNullable(instances.get(id));
    return new Detail(
        instance,
        asked.contains(Question.MIGRATIONS)
            ? migrations.stream().filter(m -> m.instanceId().equals(id)).toList()
            : List.of(),
        asked.contains(Question.ACTIONS) ? actions.getOrDefault(id, List.of()) : List.of(),
        asked.contains(Question.EVENTS)
            ? row.flatMap(
                r ->
                    actions.getOrDefault(id, List.of()).stream()
                        .filter(a -> a.requestId().equals(r.requestId()))
                        .findFirst())
            : Optional.empty(),
        asked.contains(Question.DIAGNOSTICS) ? Optional.of(guest) : Optional.empty(),
        asked.contains(Question.CANDIDATE) ? instance.map(this::offer) : Optional.empty(),
        Optional.empty());
  }

  /** Other resources hold or wait for these hosts. */
  public Given inMaintenance(String... hosts) {
    inMaintenance = Set.of(hosts);
    return this;
  }

  /** The cloud speaks no newer version of Nova's API. */
  public Given newest(int major, int minor) {
    newest = new Microversion(major, minor);
    return this;
  }

  /** A host is in an availability zone. */
  public Given zone(String host, String zone) {
    zones.put(host, zone);
    return this;
  }

  /** A hint of an instance names others, which are on these hosts. */
  public Given hint(String id, String name, String... hosts) {
    hints.put(id, List.of(new Hint(name, List.of("named"), Set.of(hosts))));
    return this;
  }

  /** So much is free on a host. */
  public Given free(String host, long vcpu, long ramMiB) {
    free.put(host, Map.of("VCPU", vcpu, "MEMORY_MB", ramMiB, "DISK_GB", 1000L));
    return this;
  }

  /** Placement does not know what the instances hold. */
  public Given placementTellsNothing() {
    placementTells = false;
    return this;
  }

  /** By default each other host has room for each instance. */
  private Offer offer(Instance instance) {
    var demand = Map.of("VCPU", 1L, "MEMORY_MB", (long) instance.ramMiB(), "DISK_GB", 20L);
    var rooms =
        services.values().stream()
            .map(ComputeService::host)
            .filter(h -> room && !h.equals(HOST))
            .distinct()
            .map(h -> new Offer.Room(h, "provider-of-" + h, free.getOrDefault(h, FREE)))
            .filter(
                r ->
                    demand.entrySet().stream()
                        .allMatch(d -> r.free().get(d.getKey()) >= d.getValue()))
            .toList();
    return !placementTells ? Offer.UNKNOWN : new Offer(demand, Optional.of(rooms));
  }

  /** What the hypervisor says of every guest that is asked about. */
  public Given guest(GuestPower power) {
    guest = power;
    return this;
  }

  /** Placement has no other host for any instance. */
  public Given noCandidate() {
    room = false;
    return this;
  }

  /** nova-compute was last heard of so many seconds before each observation. */
  public Given heardOf(String host, long secondsAgo) {
    heardOf.put(host, secondsAgo);
    return this;
  }

  private ComputeService heard(ComputeService s) {
    return new ComputeService(
        s.id(),
        s.host(),
        s.status(),
        s.up(),
        s.disabledReason(),
        s.forcedDown(),
        zones.getOrDefault(s.host(), s.zone()),
        now.plus(novaAhead).minusSeconds(heardOf.getOrDefault(s.host(), 5L)));
  }

  public DecisionInput input() {
    var waited = new HashMap<String, Duration>();
    var keys = new LinkedHashSet<String>();
    if (status() != null) {
      for (var row : status().instances()) {
        if (row.requestTime() != null) {
          var key = row.id() + "/" + row.requestTime();
          keys.add(key);
          waited.put(row.id(), Duration.between(firstSeen.computeIfAbsent(key, k -> now), now));
        }
      }
    }
    firstSeen.keySet().retainAll(keys);
    return new DecisionInput(
        resource,
        "",
        List.copyOf(others),
        inMaintenance,
        now,
        now.minus(lookTook),
        SETTINGS,
        freeMoves,
        turn,
        lastCompleteObservation,
        lastSeen.isAfter(lastCompleteObservation) ? lastSeen : lastCompleteObservation,
        waited,
        unseenSince.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> Duration.between(e.getValue(), now))),
        refusal,
        refusedFor,
        knowsOfDisabling.map(t -> Duration.between(t, now)),
        knowsOfGivingBack.map(t -> Duration.between(t, now)));
  }

  /** The watch of the cloud sees the host as it was observed. */
  public Given seen() {
    lastSeen = now;
    return this;
  }

  /** The decision on an observation; what it says is stored. */
  public Decision decide() {
    return decide(snapshot());
  }

  public Decision decide(Observation observation) {
    var decision = Drain.decide(input(), observation);
    if (observation instanceof Snapshot snapshot
        && snapshot.service(HOST).map(s -> !s.unknown()).orElse(true)) {
      lastCompleteObservation = now;
    }
    status(decision.status());
    return decision;
  }

  public Decision unavailable() {
    return decide(
        new Unavailable(Reason.ApiUnavailable.cause("Nova answered 503."), Duration.ZERO));
  }

  /** From now on an observation begins so long before its decision. */
  public Given lookTook(Duration time) {
    lookTook = time;
    return this;
  }

  /** The decision after some more time. */
  public Decision decideAfter(long seconds) {
    return after(seconds).decide();
  }

  /** Enters what Nova answered to a command. */
  public Given answered(Outcome... outcomes) {
    return status(OutcomeRecorder.enter(status(), List.of(outcomes), now));
  }

  /** Enters that Nova accepted every server action. */
  public Given accepted(Decision decision) {
    for (var command : decision.commands()) {
      if (command instanceof Command.ServerAction action) {
        answered(new Outcome.Accepted(command, requestId(action.instanceId())));
      }
    }
    return this;
  }

  /** Carries out what was asked of the service. */
  public Given obeyed(Decision decision) {
    for (var command : decision.commands()) {
      switch (command) {
        case Command.DisableService(var id, var reason) -> service(HOST, "disabled", reason);
        case Command.EnableService(var id) -> service(HOST, "enabled", null);
        default -> {}
      }
    }
    return this;
  }

  public static String requestId(String instance) {
    return "req-"
        + UUID.nameUUIDFromBytes(instance.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  public static NovaException refusal(NovaException.Kind kind, String message) {
    return new NovaException(kind, message);
  }

  public static NovaException unanswered() {
    return new NovaException(
        NovaException.Kind.UNAVAILABLE, "No answer came.", 0, null, null, true, null);
  }
}
