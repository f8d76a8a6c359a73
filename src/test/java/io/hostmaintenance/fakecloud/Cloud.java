package io.hostmaintenance.fakecloud;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * An OpenStack cloud as a discrete-event model of Nova, placement and Keystone's users: no HTTP, no
 * threads, no real time.
 *
 * <p>Every deed takes effect at the cloud's current instant; what follows from it is planned and
 * played by {@link #advanceTo}. Two clouds with the same start, seed and deeds go through the same
 * changes. Not safe for concurrent use.
 */
public final class Cloud implements InstantSource {
  static final String CONTROLLER = "controller";

  private record Event(Instant at, long number, Runnable what) {}

  private final RandomGenerator random;
  private final Timing timing;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
  private final Map<String, Host> hosts = new LinkedHashMap<>();
  private final Map<String, Server> servers = new LinkedHashMap<>();
  private final Map<String, ServerGroup> groups = new LinkedHashMap<>();
  private final Map<String, User> users = new LinkedHashMap<>();
  private final List<Migration> migrations = new ArrayList<>();
  private final List<InstanceAction> actions = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private final Allocations allocations = new Allocations();
  private final Scheduler scheduler = new Scheduler(this);
  private final LiveMigrations live = new LiveMigrations(this);
  private final ColdMigrations cold = new ColdMigrations(this);
  private final ServerOperations deeds = new ServerOperations(this);
  private final User nova = new User(null, "nova", "", null, "", true);
  private final User admin;
  private final User tenant;
  private Instant now;
  private Duration ahead = Duration.ZERO;
  private long eventNumber;
  private boolean localStorage;
  private boolean hintFilters = true;

  /** A cloud without hosts at this instant, with {@link Timing#DEFAULT}. */
  public Cloud(Instant start, long seed) {
    this(start, new SplittableRandom(seed), Timing.DEFAULT);
  }

  /** A cloud without hosts at this instant; all chance comes from the generator. */
  public Cloud(Instant start, RandomGenerator random, Timing timing) {
    this.now = start;
    this.random = random;
    this.timing = timing;
    this.admin = addUser("admin", "admin", true);
    this.tenant = addUser("demo", "demo", false);
  }

  /** From now on the hosts share no storage: each move copies the disks of its server. */
  public void localStorage() {
    localStorage = true;
  }

  boolean storageIsLocal() {
    return localStorage;
  }

  // --- time ---

  /** The cloud's current instant. */
  public Instant now() {
    return now;
  }

  /** By Nova's own clock, with which it dates its replies and records. */
  @Override
  public Instant instant() {
    return now.plus(ahead);
  }

  /** Nova's clock jumps, forward or back. */
  public void clockJumps(Duration by) {
    ahead = ahead.plus(by);
  }

  /** When the next planned event is due, empty when nothing is planned. */
  public Optional<Instant> nextEvent() {
    return Optional.ofNullable(events.peek()).map(Event::at);
  }

  /**
   * Plays everything due up to and including this instant, in order; an instant of the past does
   * nothing.
   */
  public void advanceTo(Instant instant) {
    while (!events.isEmpty() && !events.peek().at().isAfter(instant)) {
      var event = events.poll();
      now = event.at();
      event.what().run();
    }
    if (instant.isAfter(now)) {
      now = instant;
    }
  }

  /** Plays this much time. */
  public void advance(Duration duration) {
    advanceTo(now.plus(duration));
  }

  /** Plays the next event; false when nothing is planned. */
  public boolean step() {
    var next = nextEvent();
    next.ifPresent(this::advanceTo);
    return next.isPresent();
  }

  /** Plays until nothing is planned. */
  public void settle() {
    while (step()) {}
  }

  void after(Duration delay, Runnable what) {
    var factor = 1 + timing.jitter() * (random.nextDouble() * 2 - 1);
    var at = now.plusNanos(Math.round(delay.toNanos() * factor));
    events.add(new Event(at, eventNumber++, what));
  }

  /** Sends a message to a compute service: it waits while the process is dead. */
  void cast(Host host, Runnable what) {
    after(
        timing.step(),
        () -> {
          if (host.alive()) {
            what.run();
          } else {
            host.inbox.add(what);
          }
        });
  }

  /** Work in the process of a compute service: lost if the process dies before. */
  void work(Host host, Duration delay, Runnable what) {
    var incarnation = host.incarnation();
    after(
        delay,
        () -> {
          if (host.alive() && host.incarnation() == incarnation) {
            what.run();
          }
        });
  }

  // --- what there is ---

  /** The durations in force. */
  public Timing timing() {
    return timing;
  }

  /** All hosts in the order they were added. */
  public Collection<Host> hosts() {
    return Collections.unmodifiableCollection(hosts.values());
  }

  /**
   * The host of this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public Host host(String name) {
    var host = hosts.get(name);
    if (host == null) {
      throw new IllegalArgumentException("no host " + name);
    }
    return host;
  }

  /** All servers, deleted ones included, oldest first. */
  public Collection<Server> servers() {
    return Collections.unmodifiableCollection(servers.values());
  }

  /**
   * The server of this id, deleted or not.
   *
   * @throws IllegalArgumentException when there never was one
   */
  public Server server(String id) {
    var server = servers.get(id);
    if (server == null) {
      throw new IllegalArgumentException("no server " + id);
    }
    return server;
  }

  /** All migration records, oldest first. */
  public List<Migration> migrations() {
    return Collections.unmodifiableList(migrations);
  }

  /** The migration records of a server, oldest first. */
  public List<Migration> migrations(String serverId) {
    return migrations.stream().filter(m -> m.server().id().equals(serverId)).toList();
  }

  /** The instance actions of a server, oldest first. */
  public List<InstanceAction> actions(String serverId) {
    return actions.stream().filter(a -> a.serverId().equals(serverId)).toList();
  }

  /** All server groups. */
  public Collection<ServerGroup> groups() {
    return Collections.unmodifiableCollection(groups.values());
  }

  /** Deletes a group; its rule is gone for good. */
  public void deleteGroup(String id) {
    groups.remove(id);
  }

  /** The group a server is in, empty for none. */
  public Optional<ServerGroup> groupOf(String serverId) {
    return groups.values().stream().filter(g -> g.members().contains(serverId)).findFirst();
  }

  /** Placement: consumer (server id or migration uuid) to provider to what it holds. */
  public Map<String, Map<Host, Resources>> allocationsByConsumer() {
    return Collections.unmodifiableMap(allocations.all());
  }

  /** Placement: the consumers that hold something on this host, with what they hold. */
  public Map<String, Resources> allocationsOn(String host) {
    var provider = host(host);
    var consumers = new LinkedHashMap<String, Resources>();
    allocations
        .all()
        .forEach(
            (consumer, held) -> {
              if (held.containsKey(provider)) {
                consumers.put(consumer, held.get(provider));
              }
            });
    return consumers;
  }

  /** Every write so far, in order. */
  public List<Change> changes() {
    return Collections.unmodifiableList(changes);
  }

  // --- who there is ---

  /** All users by name. */
  public Map<String, User> users() {
    return Collections.unmodifiableMap(users);
  }

  /** A request of the administrator {@code admin}, with a new request id. */
  public Caller admin() {
    return as(admin);
  }

  /** A request of the member {@code demo}, with a new request id. */
  public Caller tenant() {
    return as(tenant);
  }

  /** A request of this user, with a new request id. */
  public Caller as(User user) {
    return new Caller(user, "req-" + uuid());
  }

  /**
   * Adds a user with a project of its own (or of the same name, shared); the password is derived
   * from the name.
   */
  public User addUser(String name, String projectName, boolean isAdmin) {
    var projectId =
        users.values().stream()
            .filter(u -> u.projectName().equals(projectName))
            .map(User::projectId)
            .findFirst()
            .orElseGet(this::hexId);
    var user = new User(hexId(), name, "secret-of-" + name, projectId, projectName, isAdmin);
    users.put(name, user);
    return user;
  }

  // --- building the cloud ---

  /** Adds an enabled host with room for 256 GiB of RAM. */
  public Host addHost(String name) {
    return addHost(name, 256 * 1024);
  }

  /** Adds an enabled host with room for this much RAM in MiB. */
  public Host addHost(String name, int ramMiB) {
    var host = new Host(this, hosts.size() + 5, name, uuid(), uuid(), ramMiB);
    hosts.put(name, host);
    return host;
  }

  /** Makes a host so large, or so small. */
  public void capacity(String host, Resources capacity) {
    host(host).capacity(capacity);
  }

  /** Puts a host into an availability zone. */
  public void zone(String host, String zone) {
    host(host).zone(zone);
  }

  /** Gives the resource provider of a host one more trait. */
  public void trait(String host, String trait) {
    host(host).trait(trait);
  }

  /** Changes what a server asks of its host, but for what it holds there. */
  public void require(String serverId, UnaryOperator<Requirements> change) {
    var server = server(serverId);
    server.requirements(change.apply(server.requirements()));
  }

  /** Whether Nova's filters for the hints different_host and same_host are enabled. */
  public boolean hintFilters() {
    return hintFilters;
  }

  /** Enables Nova's filters for hints, or disables them. */
  public void hintFilters(boolean enabled) {
    hintFilters = enabled;
  }

  /**
   * Puts a server there at once.
   *
   * @throws IllegalArgumentException for VERIFY_RESIZE, which only a migration leads to
   */
  public Server place(NewServer wanted) {
    if (wanted.vmState() == VmState.RESIZED) {
      throw new IllegalArgumentException("migrate it instead");
    }
    var name = wanted.name() == null ? "server-" + (servers.size() + 1) : wanted.name();
    var owner = wanted.owner() == null ? tenant : wanted.owner();
    var server = newServer(name, owner, wanted.ramMiB(), wanted.metadata());
    server.requirements(wanted.requirements());
    act(as(owner), server, "create");
    server.powerState(
        wanted.powerState() != null ? wanted.powerState() : usualPower(wanted.vmState()));
    server.vmState(wanted.vmState());
    if (wanted.host() != null) {
      server.host(host(wanted.host()));
      allocations.allocate(server.id(), host(wanted.host()), server.holds(wanted.ramMiB()));
    }
    if (wanted.host() != null || wanted.vmState() == VmState.SHELVED_OFFLOADED) {
      server.launched();
    }
    return server;
  }

  private static PowerState usualPower(VmState vmState) {
    return switch (vmState) {
      case ACTIVE, RESCUED, ERROR -> PowerState.RUNNING;
      case PAUSED -> PowerState.PAUSED;
      case BUILDING, DELETED, RESIZED -> PowerState.NOSTATE;
      case STOPPED, SUSPENDED, SOFT_DELETED, SHELVED, SHELVED_OFFLOADED -> PowerState.SHUTDOWN;
    };
  }

  /** Adds a server group of the cloud's tenant with these members. */
  public ServerGroup addGroup(String name, String policy, Server... members) {
    return addGroup(tenant, name, policy, members);
  }

  /** Adds a server group of this user with these members. */
  public ServerGroup addGroup(User owner, String name, String policy, Server... members) {
    var ids = List.of(members).stream().map(Server::id).toList();
    var group = new ServerGroup(uuid(), name, policy, owner, ids);
    groups.put(group.id(), group);
    return group;
  }

  // --- deeds on servers; each may throw Refused with Nova's text ---

  /** Asks for a live migration ({@code POST /servers/{id}/action} os-migrateLive). */
  public void liveMigrate(Caller caller, String serverId, LiveMigrationRequest request) {
    live.ask(caller, serverId, request);
  }

  /**
   * Aborts a live migration; a queued or preparing one only if {@code queuedToo} (microversion
   * 2.65).
   */
  public void abortLiveMigration(
      Caller caller, String serverId, int migrationId, boolean queuedToo) {
    live.abort(caller, serverId, migrationId, queuedToo);
  }

  /** Forces a running live migration to complete. */
  public void forceComplete(Caller caller, String serverId, int migrationId) {
    live.forceComplete(caller, serverId, migrationId);
  }

  /** Asks for a cold migration to this host, or to one of the scheduler's choice (null). */
  public void migrate(Caller caller, String serverId, String host) {
    cold.migrate(caller, serverId, host);
  }

  /** Asks for a change of the flavor to this much RAM in MiB, as an owner does. */
  public void resize(Caller caller, String serverId, int ramMiB) {
    cold.resize(caller, serverId, ramMiB);
  }

  /** Confirms a cold migration or resize. */
  public void confirmResize(Caller caller, String serverId) {
    cold.confirm(caller, serverId);
  }

  /** Reverts a cold migration or resize: back to the source, disabled or not. */
  public void revertResize(Caller caller, String serverId) {
    cold.revert(caller, serverId);
  }

  /**
   * Pauses, stops, rescues, shelves, deletes ... a server: every operation that is no move and no
   * lock.
   */
  public void perform(Caller caller, String serverId, Operation operation) {
    deeds.perform(caller, serverId, operation);
  }

  /** Locks a server; the reason may be null. */
  public void lock(Caller caller, String serverId, String reason) {
    deeds.lock(caller, serverId, Operation.LOCK, reason);
  }

  /** Unlocks a server. */
  public void unlock(Caller caller, String serverId) {
    deeds.lock(caller, serverId, Operation.UNLOCK, null);
  }

  /**
   * Pins a server to its availability zone, or to none (null), since 2.104 ({@code PUT
   * /servers/{id}}); no action is written.
   */
  public void pin(Caller caller, String serverId, String zone) {
    var server = find(caller, serverId);
    var pinned = server.requirements().pinnedZone();
    if (zone != null && pinned != null && !zone.equals(pinned)) {
      throw Refused.conflict(
          "Cannot change pinned availability zone directly. Unpin first by setting"
              + " pinned_availability_zone to null.");
    }
    var here = server.host() == null ? "" : host(server.host()).zone();
    if (zone != null && pinned == null && !zone.equals(here)) {
      throw Refused.conflict(
          "Server can only be pinned to its current availability zone '%s', but '%s' was"
              + " requested.",
          here, zone);
    }
    server.requirements(server.requirements().pinned(zone));
  }

  /** os-resetState: writes vm_state and clears the task, whatever is under way. */
  public void resetState(Caller caller, String serverId, VmState activeOrError) {
    deeds.resetState(caller, serverId, activeOrError);
  }

  /**
   * Asks the hypervisor for the guest ({@code GET /servers/{id}/diagnostics}): returns where it
   * runs.
   *
   * @throws Refused 409 with the database's word where it does not, 500 where nova-compute is dead
   */
  public void diagnose(Caller caller, String serverId) {
    deeds.diagnose(caller, serverId);
  }

  /** The guest dies and only its hypervisor knows; the power sync notices ten minutes later. */
  public void crash(String serverId) {
    deeds.crash(server(serverId));
  }

  /** The guest shuts itself down; Nova's periodic power sync notices ten minutes later. */
  public void powerOffInside(String serverId) {
    deeds.powerOffInside(server(serverId));
  }

  /** Asks for a new server; the scheduler picks among the hosts enabled at that moment. */
  public Server boot(Caller caller, String name, int ramMiB) {
    return deeds.boot(caller, name, ramMiB, null, timing.build());
  }

  /**
   * A build already sent to this host: only placement knows, until it lands after this time,
   * disabled host or not.
   */
  public Server bootScheduled(
      Caller caller, String name, int ramMiB, String host, Duration landsAfter) {
    return deeds.boot(caller, name, ramMiB, host, landsAfter);
  }

  // --- what years of service leave behind ---

  /** A hypervisor of the host under an earlier name, which holds nothing. */
  public void orphan(String host, String name) {
    host(host).orphan(new Host.Hypervisor(uuid(), name));
  }

  /** The record of the host's hypervisor is gone; its allocations are kept. */
  public void loseHypervisor(String host) {
    host(host).hypervisorId(null);
  }

  /** The record of the host's hypervisor is made anew, with another id. */
  public void renewHypervisor(String host) {
    host(host).hypervisorId(uuid());
  }

  /** An allocation on the host of a consumer that nobody knows any more. */
  public void leak(String host) {
    allocations.allocate(uuid(), host(host), new Resources(1, 512, 1));
  }

  /** A record of a move to the host, which was never ended and of which nothing is under way. */
  public void staleRecord(
      String serverId, String dest, MigrationType type, MigrationStatus status) {
    var server = server(serverId);
    var action = new InstanceAction(this, "live-migration", serverId, admin());
    var record = record(server, type, status, server.ramMiB(), action);
    record.dest(host(dest));
    record.stale = true;
  }

  /** Its owner takes the metadata off a server, and with it what steers its moves. */
  public void dropMetadata(String serverId) {
    server(serverId).dropMetadata();
  }

  // --- deeds on hosts ---

  /** Disables a compute service; the reason may be null and then wipes an earlier one. */
  public void disable(Caller caller, String host, String reason) {
    caller.require("os_compute_api:os-services:update");
    host(host).disable(reason);
  }

  /** Enables a compute service. */
  public void enable(Caller caller, String host) {
    caller.require("os_compute_api:os-services:update");
    host(host).enable();
  }

  /** Forces a compute service down, or takes that back. */
  public void forceDown(Caller caller, String host, boolean down) {
    caller.require("os_compute_api:os-services:update");
    host(host).forcedDown(down);
  }

  /** Deletes a compute service; refused while servers or moves need it. */
  public void deleteService(Caller caller, String name) {
    caller.require("os_compute_api:os-services:delete");
    var host = host(name);
    if (servers.values().stream().anyMatch(s -> s.hostObject() == host && !s.deleted())) {
      throw Refused.conflict(
          "Unable to delete compute service that is hosting instances. Migrate or delete the instances"
              + " first.");
    }
    if (migrations.stream()
        .anyMatch(m -> !m.status().terminal() && (m.source() == host || m.dest() == host))) {
      throw Refused.conflict(
          "Unable to delete compute service that has in-progress migrations. Complete the migrations or"
              + " delete the instances first.");
    }
    host.deleteService();
  }

  /** The nova-compute process dies: its work is lost, and after service_down_time it shows down. */
  public void killCompute(String host) {
    host(host).die();
  }

  /** The nova-compute process starts again and mends what it can. */
  public void startCompute(String name) {
    var host = host(name);
    host.revive();
    live.restarted(host);
    cold.restarted(host);
    deeds.restarted(host);
    while (!host.inbox.isEmpty()) {
      cast(host, host.inbox.poll());
    }
  }

  /** The database of the host's cell becomes unreachable, or reachable again. */
  public void cellDown(String host, boolean down) {
    host(host).cellDown(down);
  }

  /** Placement: the hosts that are not disabled and fit; some may be down. */
  public List<Host> candidates(
      Map<String, Long> resources, Set<String> requiredTraits, Set<String> forbiddenTraits) {
    return scheduler.candidates(resources, requiredTraits, forbiddenTraits).stream()
        .filter(h -> h.hypervisorId() != null)
        .toList();
  }

  /** Placement: what is free of each resource class on this host. */
  public Map<String, Long> free(Host host) {
    var free = allocations.free(host);
    return Map.of(
        "VCPU", (long) free.vcpus(),
        "MEMORY_MB", (long) free.ramMiB(),
        "DISK_GB", (long) free.diskGiB());
  }

  // --- for the parts of the model ---

  Allocations allocations() {
    return allocations;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  ColdMigrations coldMigrations() {
    return cold;
  }

  /** A server the caller may see; another project's is not found for all but administrators. */
  Server find(Caller caller, String id) {
    var server = servers.get(id);
    var visible =
        server != null
            && !server.deleted()
            && (caller.user().admin()
                || server.owner().projectId().equals(caller.user().projectId()));
    if (!visible) {
      throw Refused.notFound("Instance %s could not be found.", id);
    }
    return server;
  }

  /** A request of Nova's own: its action is nobody's. */
  Caller nova() {
    return as(nova);
  }

  void requestedHost(String name) {
    var host = hosts.get(name);
    if (host == null || host.serviceDeleted()) {
      throw Refused.badRequest("Compute host %s could not be found.", name);
    }
  }

  InstanceAction act(Caller caller, Server server, Operation operation) {
    return act(caller, server, operation.action());
  }

  InstanceAction act(Caller caller, Server server, String name) {
    var action = new InstanceAction(this, name, server.id(), caller);
    actions.add(action);
    return action;
  }

  Migration record(
      Server server,
      MigrationType type,
      MigrationStatus status,
      int newRamMiB,
      InstanceAction action) {
    var migration =
        new Migration(this, migrations.size() + 1, uuid(), server, type, status, newRamMiB, action);
    migrations.add(migration);
    return migration;
  }

  Server newServer(String name, User owner, int ramMiB, Map<String, String> metadata) {
    var server = new Server(this, servers.size() + 1, uuid(), name, owner, ramMiB, metadata);
    servers.put(server.id(), server);
    return server;
  }

  void wrote(String id, String field, String value) {
    changes.add(new Change(now, id, field, value));
  }

  List<Host> shuffled(List<Host> list) {
    var copy = new ArrayList<>(list);
    Collections.shuffle(copy, Random.from(random));
    return copy;
  }

  private String uuid() {
    return new UUID(
            random.nextLong() & ~0xF000L | 0x4000L,
            random.nextLong() & 0x3FFFFFFFFFFFFFFFL | Long.MIN_VALUE)
        .toString();
  }

  private String hexId() {
    return uuid().replace("-", "");
  }
}
