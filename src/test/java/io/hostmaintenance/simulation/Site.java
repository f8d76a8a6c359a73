package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** A cloud of a world: its people, what they have said and done, and what is promised of it. */
final class Site {

  /** Why a guest may not be as it was. */
  private static final Set<Reason> LEFT = Set.of(Reason.NotPutBack, Reason.TakenOverByOwner);

  private final World world;
  private final List<String> names;
  private final List<String> hosts;
  private final List<Program.Guest> guests;
  private final Cloud cloud;
  private final User operatorUser;
  private final User otherAdmin;
  private final Promises promises;
  private final Map<String, Server> servers = new HashMap<>();
  private final Set<String> touched = new HashSet<>();
  private final Map<String, VmState> states = new HashMap<>();
  private final Map<String, String> hostsOf = new HashMap<>();
  private final Map<String, Word> words = new HashMap<>();
  private final List<HostMaintenanceSpec> specs = new ArrayList<>();
  private final Set<String> toldNotPutBack = new HashSet<>();
  private final Set<String> kept = new HashSet<>();
  private final List<Fault> faults = new ArrayList<>();
  private boolean hostsDied;
  private Instant disturbed = World.START;
  private Optional<ComputeService> twin = Optional.empty();

  /**
   * What somebody has said of a service.
   *
   * @param disabledReason why it is to be disabled; empty when it is to be enabled
   */
  record Word(Instant at, Optional<String> disabledReason) {}

  /**
   * A cloud with the hosts of the program, on which nobody is yet.
   *
   * @param names by which the operator knows it
   * @param seed of the chance in it
   * @param guests the servers at the beginning
   */
  Site(World world, List<String> names, long seed, List<Program.Guest> guests) {
    var program = world.program();
    this.world = world;
    this.names = names;
    this.hosts = program.hosts();
    this.guests = guests;
    this.cloud = new Cloud(World.START, new SplittableRandom(seed), program.timing());
    this.otherAdmin = cloud.users().get("admin");
    this.operatorUser =
        program.sharedUser() ? otherAdmin : cloud.addUser("operator", "service", true);
    this.promises = new Promises(world, this);
  }

  /** Brings the guests to where the program begins. */
  void furnish(List<Program.Group> groups) {
    hosts.forEach(cloud::addHost);
    hosts.forEach(h -> words.put(h, new Word(World.START, Optional.empty())));
    for (var guest : guests) {
      servers.put(guest.name(), cloud.place(guest.server().named(guest.name())));
    }
    guests.forEach(this::past);
    cloud.advance(World.BEFORE);
    for (var server : servers.values()) {
      states.put(server.id(), server.vmState());
    }
    for (var group : groups) {
      var members =
          group.members().stream().map(servers::get).filter(s -> s != null).toArray(Server[]::new);
      cloud.addGroup(group.name(), group.policy(), members);
    }
    for (var guest : guests) {
      var server = servers.get(guest.name());
      if (guest.past() == Program.Past.OFF_INSIDE) {
        cloud.powerOffInside(server.id());
        states.put(server.id(), VmState.STOPPED);
      }
      world.story().record("world", () -> guest.name() + " " + describe(server));
    }
  }

  private void past(Program.Guest guest) {
    var server = servers.get(guest.name());
    var drained = hosts.getFirst();
    attempt(
        () -> {
          switch (guest.past()) {
            case NONE, OFF_INSIDE -> {}
            case RESIZED_AWAY -> cloud.resize(cloud.tenant(), server.id(), server.ramMiB() * 2);
            case MIGRATED_HERE -> cloud.migrate(otherAdmin(), server.id(), drained);
            case MOVED_PAUSED ->
                cloud.liveMigrate(otherAdmin(), server.id(), LiveMigrationRequest.to(drained));
          }
        });
  }

  private static String describe(Server s) {
    return s.status() + " " + s.powerState() + " on " + s.host() + " " + s.metadata();
  }

  // ---------------------------------------------------------------- what there is

  /** The names by which the operator knows it; the default cloud has the empty one. */
  List<String> names() {
    return names;
  }

  /** Where its Nova is. */
  String endpoint() {
    return "https://nova" + names.getFirst() + ".example/v2.1";
  }

  Cloud cloud() {
    return cloud;
  }

  User operatorUser() {
    return operatorUser;
  }

  Caller otherAdmin() {
    return cloud.as(otherAdmin);
  }

  Promises promises() {
    return promises;
  }

  /** Its resources, by whichever of its names. */
  List<HostMaintenance> resources() {
    return world.kubernetes().resources().stream().filter(this::has).toList();
  }

  /** Whether a resource is for a host of this cloud. */
  boolean has(HostMaintenance resource) {
    return names.contains(World.cloudName(resource.getSpec()));
  }

  /** The server of this name; empty when there is none (any more). */
  Optional<Server> server(String name) {
    return Optional.ofNullable(servers.get(name)).filter(s -> !s.deleted());
  }

  /** The name of a server; its id where it has none. */
  String label(String serverId) {
    return cloud.servers().stream()
        .filter(s -> s.id().equals(serverId))
        .map(Server::name)
        .findFirst()
        .orElse(serverId);
  }

  // ---------------------------------------------------------------- faults

  /** From now on something goes wrong with calls to this cloud alone. */
  void arm(Fault fault) {
    faults.add(fault);
  }

  /** The fault that befalls a call to this cloud alone; empty when none does. */
  Optional<Fault> fault(String call) {
    var fault = World.first(faults, call, cloud.now());
    fault.ifPresent(f -> disturbed = cloud.now());
    return fault;
  }

  /** When something went wrong last, but with the calls to another cloud alone. */
  Instant disturbed() {
    return disturbed.isAfter(world.disturbed()) ? disturbed : world.disturbed();
  }

  void heal() {
    faults.clear();
    cell(false);
    twin = Optional.empty();
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
    hosts.forEach(h -> cloud.cellDown(h, down));
  }

  // ---------------------------------------------------------------- people

  /** Lets somebody try something; a refusal is his own affair. */
  boolean attempt(Runnable what) {
    try {
      what.run();
      return true;
    } catch (Refused e) {
      world.story().record("nova", () -> "refuses: " + e.getMessage());
      return false;
    }
  }

  /** The server's owner does something to it. */
  void tenant(String name, Operation operation) {
    touch(name, (c, s) -> c.perform(c.tenant(), s.id(), operation));
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

  // ---------------------------------------------------------------- what is told and written

  /** Somebody applies a resource for it. */
  void applied(HostMaintenanceSpec spec) {
    specs.add(spec);
  }

  /** Somebody writes the spec of a resource for it. */
  void written(HostMaintenanceSpec spec) {
    if (spec.giveBack().equals("Keep")) {
      kept.add(spec.host());
    }
  }

  /** A row says it as long as its resource is there; an event may be lost with its process. */
  void written(InstanceStatus row) {
    if (LEFT.stream().anyMatch(row::because)) {
      toldNotPutBack.add(row.id());
    }
  }

  /** An event is told of a resource of it. */
  void told(Notice notice) {
    if (LEFT.contains(notice.reason())) {
      servers.values().stream()
          .map(Server::id)
          .filter(notice.message()::contains)
          .forEach(toldNotPutBack::add);
    }
  }

  // ---------------------------------------------------------------- the end

  /** The hosts of the resources that were ever applied, by name. */
  Map<String, String> hostsOf() {
    return hostsOf;
  }

  /** Whether any resource said that the service of a host is to stay as it is. */
  boolean mayBeKept(String host) {
    return kept.contains(host);
  }

  private static boolean said(
      List<Strategies> strategies, Function<Strategies, String> field, String value) {
    return strategies.stream().map(field).anyMatch(value::equals);
  }

  /** Guests that nobody touched are as they were, or as a strategy says. */
  void guestsAreAsTheyWere() {
    for (var guest : guests) {
      var server = servers.get(guest.name());
      if (server == null || touched.contains(server.id())) {
        continue;
      }
      var before = states.get(server.id());
      var mayBreak =
          hostsDied || server.metadata().keySet().stream().anyMatch(k -> k.endsWith("_fail"));
      var strategies = specs.stream().map(HostMaintenanceSpec::strategies).toList();
      world.promise(
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
      world.promise(
          "what is off stays off",
          before != VmState.STOPPED
              || server.vmState() != VmState.STOPPED
              || server.powerState() == PowerState.SHUTDOWN,
          () -> guest.name() + " is STOPPED and " + server.powerState());
    }
  }
}
