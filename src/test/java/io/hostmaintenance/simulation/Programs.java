package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.MigrationType;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Resources;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Writes a program for a seed: a cloud, what is asked of the operator, and what goes wrong. */
final class Programs {
  private static final Set<String> CHANGES =
      Set.of(
          "disable",
          "enable",
          "live",
          "cold",
          "confirm",
          "abort",
          "force",
          "resume",
          "suspend",
          "pause",
          "unpause",
          "unrescue",
          "stop",
          "start",
          "shelveOffload",
          "delete",
          "resetState");
  private static final Set<String> MOVES = Set.of("live", "cold");
  private static final Set<String> KUBERNETES =
      Set.of("read", "list", "writeStatus", "hold", "release", "tell");
  private static final String DRAINED = "compute-1";

  private final SplittableRandom chance;

  /** Draws the limits of a drain apart, so that the rest of a world stays what it was. */
  private final SplittableRandom limits;

  private final List<String> hosts;
  private final List<Program.Guest> guests = new ArrayList<>();
  private final List<Incident> incidents = new ArrayList<>();
  private final Set<Beyond> beyond;

  private Programs(long seed, Set<Beyond> beyond) {
    this.beyond = beyond;
    chance = new SplittableRandom(seed);
    limits = new SplittableRandom(seed ^ 0x15L);
    hosts =
        one(3)
            ? List.of(DRAINED, "compute-10", "compute-2", "compute-3")
            : List.of(DRAINED, "compute-10", "compute-2");
  }

  /** What no protocol on top of Nova's API can survive; injected only to be measured. */
  enum Beyond {
    /** Requests that are carried out long after their time-out. */
    LATE_EXECUTION("no attempt is carried out twice", "no guest is moved twice while it is paused"),
    /** An operator that is stopped between its last check and its write to the socket. */
    STOPPED_AT_THE_SOCKET(
        "no attempt is carried out twice",
        "no guest is moved twice while it is paused",
        "only our own cold migration is confirmed",
        "what was taken is given back"),
    /** Another administrator who moves instances as the operator's own user. */
    SHARED_USER(
        "no attempt is carried out twice",
        "only our own cold migration is confirmed",
        "what our move took off the host is not called moved by somebody else");

    private final Set<String> victims;

    Beyond(String... victims) {
      this.victims = Set.of(victims);
    }

    /** The promises that it can break. */
    Set<String> victims() {
      return victims;
    }
  }

  /** The program of a seed. */
  static Program of(long seed) {
    return of(seed, Set.of());
  }

  /** The program of a seed in a world in which these happen too. */
  static Program of(long seed, Set<Beyond> beyond) {
    return new Programs(seed, beyond).write(seed);
  }

  /** A program in which nothing goes wrong and nobody interferes: a plan that is carried out. */
  static Program undisturbed(long seed) {
    return new Programs(seed, Set.of()).calm(seed);
  }

  private Program calm(long seed) {
    var count = chance.nextInt(1, 7);
    for (var i = 1; i <= count; i++) {
      var state =
          pick(
              VmState.ACTIVE,
              VmState.ACTIVE,
              VmState.ACTIVE,
              VmState.PAUSED,
              VmState.STOPPED,
              VmState.SUSPENDED,
              VmState.RESCUED,
              VmState.ERROR);
      var server = NewServer.on(DRAINED).ram(pick(512, 1024, 4096)).in(state);
      guests.add(new Program.Guest("guest-" + i, server, Program.Past.NONE));
    }
    guests.add(new Program.Guest("far-1", NewServer.on("compute-2"), Program.Past.NONE));
    var groups = new ArrayList<Program.Group>();
    if (one(3)) {
      groups.add(
          new Program.Group("group", "anti-affinity", List.of("guest-1", "guest-2", "far-1")));
    }
    if (one(2)) {
      smallHosts();
    }
    if (one(4)) {
      zones();
    }
    if (one(4)) {
      hints();
    }
    var spec =
        HostMaintenanceSpecBuilder.builder()
            .host(DRAINED)
            .mode("Plan")
            .liveMigrate(!one(4))
            .strategies(
                Strategies.of(
                    Map.of(
                        "suspended",
                        "ResumeLiveSuspend",
                        "rescued",
                        "UnrescueLive",
                        "error",
                        "Recover")))
            .build();
    add(Duration.ofMinutes(90), "somebody carries out the plan", w -> w.carryOut("hm-a"));
    return new Program(hosts, List.copyOf(guests), spec, List.copyOf(incidents))
        .withSeed(seed)
        .withGroups(groups)
        .withTiming(timing())
        .withJson(false);
  }

  private Program write(long seed) {
    var count = chance.nextInt(1, 6);
    for (var i = 1; i <= count; i++) {
      guests.add(withDisk(guest("guest-" + i)));
    }
    if (one(3)) {
      guests.add(new Program.Guest("far-1", NewServer.on("compute-2"), Program.Past.NONE));
    }
    var groups = new ArrayList<Program.Group>();
    if (one(5)) {
      groups.add(
          new Program.Group(
              "group",
              pick("anti-affinity", "affinity", "soft-anti-affinity"),
              List.of("guest-1", "guest-2", "far-1")));
    }
    var resources = new ArrayList<Program.Applied>();
    resources.add(
        new Program.Applied(Duration.ofSeconds(1), "hm-a", planned("hm-a", spec(DRAINED))));
    if (one(6)) {
      var spec = spec(one(2) ? DRAINED : "compute-2");
      resources.add(new Program.Applied(moment(), "hm-b", planned("hm-b", spec)));
    }
    if (one(4)) {
      leftovers();
    }
    var wild = chance.nextInt(4);
    var number = wild == 0 ? 0 : chance.nextInt(1, 3 + 4 * wild);
    for (var i = 0; i < number; i++) {
      incident();
    }
    if (beyond.contains(Beyond.LATE_EXECUTION)) {
      var late = seconds(15, 1200);
      var well = chance.nextInt(2);
      add(
          Duration.ZERO,
          "a move is carried out " + late.toSeconds() + " s after its time-out",
          w ->
              w.arm(
                  new Fault(
                      Fault.Kind.LATE,
                      MOVES::contains,
                      well,
                      1,
                      w.now().plus(Duration.ofMinutes(20)),
                      late)));
    }
    if (beyond.contains(Beyond.STOPPED_AT_THE_SOCKET)) {
      arm(
          "that change something",
          Fault.Kind.STOPPED,
          CHANGES::contains,
          chance.nextInt(3),
          2,
          Duration.ofMinutes(20));
    }
    var timing = timing();
    var placement = !one(8);
    var json = one(16);
    var skew = one(2) ? Duration.ZERO : Duration.ofMillis(chance.nextInt(-5000, 5000));
    if (resources.size() == 1 && one(8)) {
      resources.add(successor());
    }
    if (one(8)) {
      refusals();
    }
    if (one(6)) {
      listsAreShort();
    }
    if (one(12)) {
      var later = moment();
      add(
          Duration.ZERO,
          "compute-1 has another hypervisor",
          w -> w.home().cloud().orphan(DRAINED, "old"));
      add(later, "its own is made anew", w -> w.home().cloud().renewHypervisor(DRAINED));
    }
    if (one(10)) {
      slowCloud();
    }
    if (one(12)) {
      add(
          moment(),
          "the owner deletes all he has",
          w -> guests.forEach(g -> w.home().tenant(g.name(), Operation.DELETE)));
    }
    if (one(8)) {
      crowd(resources);
    }
    if (one(12)) {
      twin();
    }
    if (limits.nextInt(8) == 0) {
      changedMind();
    }
    if (limits.nextInt(3) == 0) {
      add(Duration.ZERO, "the hosts share no storage", w -> w.home().cloud().localStorage());
    }
    if (one(8)) {
      smallHosts();
    }
    if (one(8)) {
      zones();
    }
    if (one(8)) {
      hints();
    }
    var migrationPage = one(10) ? 1 : 1000;
    var stamps = stamps();
    var otherGuests = new ArrayList<Program.Guest>();
    if (one(6)) {
      clouds(resources, otherGuests);
    }
    return new Program(
        seed,
        hosts,
        List.copyOf(guests),
        groups,
        List.copyOf(resources),
        List.copyOf(incidents),
        timing,
        placement,
        beyond.contains(Beyond.SHARED_USER),
        json,
        migrationPage,
        skew,
        stamps,
        List.copyOf(otherGuests));
  }

  /** A second cloud, or a second name of the first one, or both; drawn last of all. */
  private void clouds(List<Program.Applied> resources, List<Program.Guest> otherGuests) {
    if (one(3)) {
      resources.add(applied("hm-x", Program.ALIAS, one(4) ? "compute-2" : DRAINED));
      if (one(2)) {
        add(moment(), "somebody deletes hm-a", w -> w.kubernetes().delete("hm-a"));
      }
      if (one(2)) {
        return;
      }
    }
    var count = chance.nextInt(1, 4);
    for (var i = 1; i <= count; i++) {
      otherGuests.add(guest("near-" + i));
    }
    resources.add(applied("hm-n", Program.OTHER, DRAINED));
    if (one(3)) {
      resources.add(applied("hm-m", Program.OTHER, one(2) ? "compute-2" : DRAINED));
    }
    if (one(3)) {
      var guest = otherGuests.get(chance.nextInt(count)).name();
      var deed = pick(Operation.PAUSE, Operation.STOP, Operation.START, Operation.DELETE);
      inTheOther(moment(), "the owner: " + deed + " " + guest, s -> s.tenant(guest, deed));
    }
    if (one(3)) {
      var host = one(2) ? DRAINED : otherHost();
      var at = moment();
      inTheOther(at, "nova-compute on " + host + " dies", s -> s.kill(host));
      inTheOther(at.plus(seconds(5, 900)), "it starts", s -> s.revive(host));
    }
    if (one(3)) {
      add(moment(), "somebody deletes hm-n", w -> w.kubernetes().delete("hm-n"));
    }
    if (!one(3)) {
      outage(one(2));
    }
  }

  private Program.Applied applied(String name, String cloud, String host) {
    var spec = HostMaintenanceSpecBuilder.builder(spec(host)).cloud(cloud).build();
    var at = one(2) ? Duration.ofMillis(chance.nextLong(10_000)) : moment();
    return new Program.Applied(at, name, planned(name, spec));
  }

  private void inTheOther(Duration at, String story, Consumer<Site> what) {
    add(at, "next door " + story, w -> w.other().ifPresent(what));
  }

  /** No call to one of the clouds goes well, for long. */
  private void outage(boolean ofTheOther) {
    var kind =
        pick(
            Fault.Kind.LOST_REQUEST,
            Fault.Kind.REFUSED,
            Fault.Kind.UNAUTHORIZED,
            Fault.Kind.TOO_MANY,
            Fault.Kind.UNAVAILABLE);
    var at = moment();
    var window = seconds(600, 3600);
    var retryAfter = seconds(1, 80);
    var which = ofTheOther ? "the other cloud" : "home";
    add(
        at,
        which + " is down for " + window.toSeconds() + " s: " + kind,
        w ->
            (ofTheOther ? w.other() : Optional.of(w.home()))
                .ifPresent(
                    s -> {
                      var end = w.now().plus(window);
                      s.arm(new Fault(kind, c -> true, 0, Integer.MAX_VALUE, end, retryAfter));
                    }));
    add(at.plus(window), which + " is up again", w -> {});
  }

  /** Now and then the plan is to be seen first, and most of the time then carried out. */
  private HostMaintenanceSpec planned(String name, HostMaintenanceSpec spec) {
    if (!one(6)) {
      return spec;
    }
    if (!one(5)) {
      add(
          moment(),
          "somebody carries out the plan of " + name,
          w -> w.kubernetes().edit(name, Programs::drain));
    }
    return HostMaintenanceSpecBuilder.builder(spec).mode("Plan").build();
  }

  static HostMaintenanceSpec drain(HostMaintenanceSpec spec) {
    return HostMaintenanceSpecBuilder.builder(spec).mode("Drain").build();
  }

  /** The clocks of Nova's own hosts differ, and stay so. */
  private Program.Stamps stamps() {
    if (!one(8)) {
      return Program.Stamps.EXACT;
    }
    var seconds = pick(6, 6, 60, 60, 3600, chance.nextInt(1, 3600));
    var ahead = Duration.ofSeconds(one(2) ? seconds : -seconds);
    return pick(
        new Program.Stamps(ahead, ahead),
        new Program.Stamps(ahead, Duration.ZERO),
        new Program.Stamps(Duration.ZERO, ahead));
  }

  /** Lists are answered without the rows of the cell, now and then or for a while. */
  private void listsAreShort() {
    var lists = Set.of("servers", "migrations", "hypervisor");
    var number = chance.nextInt(1, 4);
    for (var i = 0; i < number; i++) {
      arm(
          "that list what is on the host",
          Fault.Kind.SHORT,
          lists::contains,
          chance.nextInt(30),
          pick(1, 1, 2, 3, 30),
          Duration.ofMinutes(20));
    }
  }

  /** Each question takes long, for long. */
  private void slowCloud() {
    var time = Duration.ofMillis(pick(2_500, 5_000, 12_000, 20_000));
    var end = seconds(600, 7200);
    add(
        moment(),
        "each question takes " + time.toMillis() + " ms",
        w ->
            w.arm(
                new Fault(
                    Fault.Kind.SLOW,
                    c -> !CHANGES.contains(c) && !KUBERNETES.contains(c),
                    0,
                    100_000,
                    w.now().plus(end),
                    time)));
  }

  /** One that waits for the host, and is to have it, or goes itself about the same time. */
  private Program.Applied successor() {
    var spec = spec(DRAINED);
    if (one(3)) {
      spec = target(spec, "nowhere");
    }
    if (one(3)) {
      wasDisabled(DRAINED, pick("AUTO: connection lost", "mine"));
    }
    var deleted = moment();
    add(deleted, "somebody deletes hm-a", w -> w.kubernetes().delete("hm-a"));
    if (!one(3)) {
      var later = Duration.ofMillis(chance.nextLong(pick(2_000, 20_000, 200_000)));
      add(
          one(4) ? deleted.dividedBy(2) : deleted.plus(later),
          "somebody deletes hm-b",
          w -> w.kubernetes().delete("hm-b"));
    }
    return new Program.Applied(Duration.ofMillis(chance.nextLong(30_000)), "hm-b", spec);
  }

  /** One kind of request is refused for as long as the cloud likes. */
  private void refusals() {
    var call = pick(CHANGES.stream().sorted().toArray(String[]::new));
    var kind =
        pick(
            Fault.Kind.BAD_REQUEST,
            Fault.Kind.UNAUTHORIZED,
            Fault.Kind.FORBIDDEN,
            Fault.Kind.NOT_FOUND,
            Fault.Kind.TOO_MANY,
            Fault.Kind.NOT_IMPLEMENTED,
            Fault.Kind.ERROR_BEFORE,
            Fault.Kind.REFUSED,
            MOVES.contains(call) ? Fault.Kind.BUSY : Fault.Kind.UNAVAILABLE);
    var begin = moment();
    var window = seconds(60, pick(600, 3600, 10_800));
    var retryAfter = seconds(1, 80);
    add(
        begin,
        "from now on " + kind + " befalls each " + call + " for " + window.toSeconds() + " s",
        w ->
            w.arm(
                new Fault(
                    kind, call::equals, 0, Integer.MAX_VALUE, w.now().plus(window), retryAfter)));
    add(begin.plus(window), call + " is refused no more", w -> {});
  }

  /** Several hosts and one place to be drained in; several resources for one host. */
  private void crowd(List<Program.Applied> resources) {
    for (var name : List.of("hm-c", "hm-d", "hm-e").subList(0, chance.nextInt(2, 4))) {
      resources.add(
          new Program.Applied(
              Duration.ofMillis(chance.nextLong(60_000)),
              name,
              spec(pick(DRAINED, DRAINED, "compute-2", "compute-10"))));
    }
    if (one(2)) {
      guests.add(new Program.Guest("far-2", NewServer.on("compute-10"), Program.Past.NONE));
    }
    var all = List.copyOf(resources);
    var at = moment();
    if (one(2)) {
      add(at, "somebody deletes all", w -> all.forEach(r -> w.kubernetes().delete(r.name())));
    } else {
      var name = all.get(chance.nextInt(all.size())).name();
      add(at, "somebody deletes " + name, w -> w.kubernetes().delete(name));
    }
  }

  /** Somebody writes another word about the way out, perhaps on the way out. */
  private void changedMind() {
    var word = limits.nextBoolean() ? "Enable" : "Keep";
    add(
        Duration.ofMillis(limits.nextLong(2_400_000)),
        "somebody writes giveBack: " + word,
        w -> w.kubernetes().edit("hm-a", s -> giveBack(s, word)));
  }

  /** Some of the other hosts have room for few guests, or for none. */
  private void smallHosts() {
    for (var host : hosts.subList(1, one(2) ? 2 : hosts.size())) {
      var capacity =
          new Resources(pick(0, 1, 2, 2048), pick(512, 1024, 4096, 262_144), pick(0, 1, 2, 10_000));
      add(Duration.ZERO, host + " has " + capacity, w -> w.home().cloud().capacity(host, capacity));
    }
  }

  /** The other hosts are in two zones, and a guest may not leave its own; later it may. */
  private void zones() {
    for (var host : hosts.subList(one(2) ? 1 : 2, hosts.size())) {
      add(Duration.ZERO, host + " is in zone z1", w -> w.home().cloud().zone(host, "z1"));
    }
    var guest = pick("guest-1", "guest-2");
    requires(Duration.ZERO, guest, "is pinned to its zone", (w, r) -> r.pinned("nova"));
    if (one(2)) {
      requires(moment(), guest, "is unpinned", (w, r) -> r.pinned(null));
    }
  }

  /** A guest is to be where another one is, or is not; the filters may not be enabled. */
  private void hints() {
    var hint = pick("different_host", "same_host");
    var other = pick("guest-2", "far-1", "nobody");
    requires(
        Duration.ZERO,
        "guest-1",
        hint + " " + other,
        (w, r) -> r.hint(hint, List.of(w.home().server(other).map(Server::id).orElse(other))));
    if (one(4)) {
      add(
          Duration.ZERO,
          "the filters for hints are disabled",
          w -> w.home().cloud().hintFilters(false));
    }
  }

  private void requires(
      Duration at,
      String guest,
      String story,
      BiFunction<World, Requirements, Requirements> change) {
    add(
        at,
        guest + " " + story,
        w ->
            w.home()
                .server(guest)
                .ifPresent(s -> w.home().cloud().require(s.id(), r -> change.apply(w, r))));
  }

  /** A second nova-compute service of the drained host shows for a while. */
  private void twin() {
    var service =
        new ComputeService(
            "twin",
            pick(DRAINED, DRAINED, "Compute-1"),
            pick("enabled", "disabled"),
            one(2),
            null,
            false,
            null,
            null);
    var at = one(3) ? Duration.ZERO : moment();
    add(at, "a twin shows: " + service, w -> w.home().twin(Optional.of(service)));
    add(at.plus(seconds(5, 600)), "the twin is deleted", w -> w.home().twin(Optional.empty()));
  }

  private void wasDisabled(String host, String reason) {
    add(Duration.ZERO, host + " was disabled before", w -> w.home().disable(host, reason));
  }

  // ---------------------------------------------------------------- chance

  private boolean one(int in) {
    return chance.nextInt(in) == 0;
  }

  @SafeVarargs
  private <T> T pick(T... some) {
    return some[chance.nextInt(some.length)];
  }

  /** In one of so many cases one of these, else nothing. */
  @SafeVarargs
  private <T> T limit(int in, T... some) {
    var drawn = some[limits.nextInt(some.length)];
    return limits.nextInt(in) == 0 ? drawn : null;
  }

  private String server() {
    return guests.get(chance.nextInt(guests.size())).name();
  }

  private String otherHost() {
    return hosts.get(chance.nextInt(1, hosts.size()));
  }

  private String target(String drained) {
    var target = otherHost();
    return target.equals(drained) ? null : target;
  }

  private Duration moment() {
    return Duration.ofMillis(chance.nextLong(pick(10_000, 60_000, 300_000, 2_400_000)));
  }

  private Duration seconds(int from, int to) {
    return Duration.ofSeconds(chance.nextInt(from, to));
  }

  // ---------------------------------------------------------------- the cloud

  private Timing timing() {
    return new Timing(
        Duration.ofMillis(pick(100, 200, 600)),
        seconds(1, 40),
        seconds(1, 20),
        Duration.ofSeconds(2),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        pick(0.0, 0.5, 0.9));
  }

  private Program.Guest guest(String name) {
    var server = NewServer.on(DRAINED).ram(pick(512, 1024, 4096));
    var past = Program.Past.NONE;
    switch (chance.nextInt(24)) {
      case 20, 21, 22 ->
          server =
              server.in(
                  pick(
                      VmState.SUSPENDED,
                      VmState.SUSPENDED,
                      VmState.RESCUED,
                      VmState.ERROR,
                      VmState.SOFT_DELETED));
      case 0, 1 -> server = server.in(VmState.PAUSED);
      case 2, 3, 4, 5 -> server = server.in(VmState.STOPPED);
      case 6 ->
          server =
              server.in(
                  pick(
                      VmState.SUSPENDED,
                      VmState.RESCUED,
                      VmState.ERROR,
                      VmState.SHELVED,
                      VmState.SOFT_DELETED));
      case 7 -> past = Program.Past.RESIZED_AWAY;
      case 8 -> {
        server =
            new NewServer(
                "compute-2",
                null,
                null,
                1024,
                VmState.ACTIVE,
                null,
                server.metadata(),
                Requirements.NONE);
        past = Program.Past.MIGRATED_HERE;
      }
      case 9 -> {
        server =
            new NewServer(
                "compute-2",
                null,
                null,
                1024,
                VmState.PAUSED,
                null,
                server.metadata(),
                Requirements.NONE);
        past = Program.Past.MOVED_PAUSED;
      }
      case 10 -> past = Program.Past.OFF_INSIDE;
      default -> {}
    }
    if (past == Program.Past.NONE && one(4)) {
      var key =
          pick(
              Steering.LM_FAIL,
              Steering.PRECHECK_FAIL,
              Steering.COLD_FAIL,
              Steering.LM_PREPARE_FAIL,
              Steering.LM_POST_FAIL,
              Steering.COLD_PREP_FAIL,
              Steering.COLD_FINISH_FAIL,
              Steering.LM_SECONDS,
              Steering.COLD_SECONDS);
      server = server.with(key, pick("1", "30", "300", "4000"));
    }
    return new Program.Guest(name, server, past);
  }

  /** Of some nobody knows how large their disks are. */
  private Program.Guest withDisk(Program.Guest guest) {
    var size = limit(2, "0", "20", "20", "200");
    if (size == null) {
      return guest;
    }
    var asked = guest.server().requirements().disks(Integer.parseInt(size), 0, 0);
    return new Program.Guest(guest.name(), guest.server().requiring(asked), guest.past());
  }

  private HostMaintenanceSpec spec(String host) {
    var spec = drawn(host);
    return spec.targetHost() == null
        ? spec
        : HostMaintenanceSpecBuilder.builder(spec).targetPolicy(limit(2, "Prefer")).build();
  }

  private HostMaintenanceSpec drawn(String host) {
    var running = one(5);
    return HostMaintenanceSpecBuilder.builder()
        .host(host)
        .reason(one(2) ? "DIMM A3" : null)
        .liveMigrate(!one(4))
        .targetHost(one(5) ? target(host) : null)
        .concurrency(one(2) ? null : new Concurrency(pick(1, 2, 2, 4), pick(1, 1, 3)))
        .maxAttempts(pick(1, 2, 3, 3))
        .instanceTimeout(one(4) ? pick("20s", "2m", "10m") : null)
        .onTimeout(pick("Abort", "Abort", "ForceComplete", "Wait"))
        .onDelete(pick("Finish", "Abort"))
        .scope(running ? "Running" : null)
        .strategies(one(3) ? null : strategies(running))
        .instanceMetadata(one(4) ? "Respect" : null)
        .drainTimeout(limit(5, "40s", "5m", "40m"))
        .blockMigration(limit(3, "Never"))
        .maxLocalDiskGiB(limit(4, 0, 50, 50))
        .order(limit(2, "SmallestFirst"))
        .giveBack(limit(3, "EnableWhenUp", "EnableWhenUp", "Keep"))
        .build();
  }

  private Strategies strategies(boolean running) {
    return new Strategies(
        running ? pick(null, "Move", "Stop", "Skip") : one(8) ? "Skip" : null,
        pick(null, null, "Cold", running ? "Stop" : "Cold"),
        pick(null, "RepauseAndLive", "RepauseAndLive", "Skip"),
        running ? null : pick(null, null, null, "Skip"),
        running ? null : pick(null, "ResumeLiveSuspend", "ResumeLiveSuspend", "Skip"),
        pick(null, "UnrescueLive", "UnrescueLive", "Skip"),
        running ? null : pick(null, "Offload", "Skip"),
        running ? null : pick(null, "Delete", "Skip"),
        pick(null, "Recover", "Recover", "Skip"),
        pick(null, "ConfirmMigration", "ConfirmAll", "Skip"),
        pick(null, null, "Skip"));
  }

  // ---------------------------------------------------------------- what goes wrong

  private void add(Duration at, String story, Consumer<World> what) {
    incidents.add(new Incident(at, story, what));
  }

  private void incident() {
    switch (chance.nextInt(12)) {
      case 0, 1, 2 -> callGoesWrong();
      case 3 -> callsGoWrong();
      case 4, 5 -> kubernetesGoesWrong();
      case 6, 7 -> tenant();
      case 8 -> administrator();
      case 9 -> host();
      case 10 -> operator();
      default -> resource();
    }
  }

  private void leftovers() {
    var server = server();
    var dest = one(2) ? DRAINED : otherHost();
    var status =
        pick(MigrationStatus.RUNNING, MigrationStatus.ACCEPTED, MigrationStatus.PRE_MIGRATING);
    add(
        Duration.ZERO,
        "a record of a move of " + server + " to " + dest + " was left at " + status,
        w ->
            w.home()
                .server(server)
                .ifPresent(
                    s ->
                        w.home()
                            .cloud()
                            .staleRecord(s.id(), dest, MigrationType.LIVE_MIGRATION, status)));
    add(
        Duration.ZERO,
        "an allocation on " + DRAINED + " was left behind",
        w -> w.home().cloud().leak(DRAINED));
  }

  private void arm(
      String story,
      Fault.Kind kind,
      Predicate<String> calls,
      int skip,
      int times,
      Duration window) {
    var time = seconds(5, 80);
    add(
        moment(),
        "from now on " + kind + " befalls " + times + " of the calls " + story + " after " + skip,
        w -> w.arm(new Fault(kind, calls, skip, times, w.now().plus(window), time)));
  }

  private void callGoesWrong() {
    if (one(3)) {
      arm(
          "to Nova",
          pick(
              Fault.Kind.LOST_REQUEST,
              Fault.Kind.UNAVAILABLE,
              Fault.Kind.SLOW,
              Fault.Kind.CRASH_BEFORE,
              Fault.Kind.TOO_MANY),
          c -> !KUBERNETES.contains(c),
          chance.nextInt(40),
          1,
          Duration.ofMinutes(20));
      return;
    }
    arm(
        "that change something",
        pick(
            Fault.Kind.LOST_REQUEST,
            Fault.Kind.REFUSED,
            Fault.Kind.LOST_REPLY,
            Fault.Kind.LOST_REPLY_SLOW,
            Fault.Kind.CUT,
            Fault.Kind.BAD_REQUEST,
            Fault.Kind.UNAUTHORIZED,
            Fault.Kind.FORBIDDEN,
            Fault.Kind.TOO_MANY,
            Fault.Kind.ERROR_BEFORE,
            Fault.Kind.ERROR_AFTER,
            Fault.Kind.UNAVAILABLE,
            Fault.Kind.SLOW,
            Fault.Kind.CRASH_BEFORE,
            Fault.Kind.CRASH_AFTER,
            Fault.Kind.CRASH_IN_FLIGHT),
        CHANGES::contains,
        chance.nextInt(3),
        chance.nextInt(1, 3),
        Duration.ofMinutes(20));
  }

  private void callsGoWrong() {
    arm(
        "to Nova",
        pick(
            Fault.Kind.LOST_REQUEST,
            Fault.Kind.REFUSED,
            Fault.Kind.LOST_REPLY,
            Fault.Kind.UNAUTHORIZED,
            Fault.Kind.FORBIDDEN,
            Fault.Kind.TOO_MANY,
            Fault.Kind.ERROR_BEFORE,
            Fault.Kind.SLOW),
        c -> !KUBERNETES.contains(c),
        0,
        10_000,
        seconds(1, 400));
  }

  private void kubernetesGoesWrong() {
    if (one(5)) {
      var lag = seconds(1, 90);
      add(
          moment(),
          "the watch lags " + lag.toSeconds() + " s behind",
          w -> w.leader().ifPresent(p -> p.watchLag(lag)));
      return;
    }
    arm(
        "to Kubernetes",
        pick(
            Fault.Kind.CONFLICT,
            Fault.Kind.LOST_REPLY,
            Fault.Kind.LOST_REQUEST,
            Fault.Kind.SLOW,
            Fault.Kind.CRASH_BEFORE,
            Fault.Kind.CRASH_AFTER,
            Fault.Kind.CRASH_IN_FLIGHT),
        one(3) ? KUBERNETES::contains : c -> c.equals("writeStatus"),
        chance.nextInt(8),
        chance.nextInt(1, 4),
        Duration.ofMinutes(20));
  }

  private void tenant() {
    var server = server();
    switch (chance.nextInt(6)) {
      case 0, 1, 2 -> {
        var operation =
            pick(
                Operation.PAUSE,
                Operation.UNPAUSE,
                Operation.STOP,
                Operation.START,
                Operation.REBOOT,
                Operation.SUSPEND,
                Operation.RESUME,
                Operation.RESCUE,
                Operation.UNRESCUE,
                Operation.SHELVE,
                Operation.DELETE,
                Operation.SOFT_DELETE,
                Operation.RESTORE);
        add(
            moment(),
            "the owner: " + operation + " " + server,
            w -> w.home().tenant(server, operation));
      }
      case 3 ->
          add(
              moment(),
              "the owner resizes " + server,
              w ->
                  w.home().touch(server, (c, s) -> c.resize(c.tenant(), s.id(), s.ramMiB() + 256)));
      case 4 -> {
        var revert = one(2);
        add(
            moment(),
            "the owner " + (revert ? "reverts " : "confirms ") + server,
            w ->
                w.home()
                    .touch(
                        server,
                        (c, s) -> {
                          if (revert) {
                            c.revertResize(c.tenant(), s.id());
                          } else {
                            c.confirmResize(c.tenant(), s.id());
                          }
                        }));
      }
      default -> {
        if (one(2)) {
          add(
              moment(),
              "the owner locks " + server,
              w -> w.home().move(server, (c, s) -> c.lock(c.tenant(), s.id(), null)));
        } else {
          add(
              moment(),
              "the guest of " + server + " shuts itself down",
              w ->
                  w.home()
                      .touch(
                          server,
                          (c, s) -> {
                            if (s.vmState() == VmState.ACTIVE
                                && s.taskState() == null
                                && s.host() != null) {
                              c.powerOffInside(s.id());
                            }
                          }));
        }
      }
    }
  }

  private void administrator() {
    var server = server();
    switch (chance.nextInt(8)) {
      case 0 ->
          add(
              moment(),
              "an administrator live-migrates " + server,
              w ->
                  w.home()
                      .move(
                          server,
                          (c, s) ->
                              c.liveMigrate(
                                  w.home().otherAdmin(), s.id(), LiveMigrationRequest.to(null))));
      case 1 ->
          add(
              moment(),
              "an administrator cold-migrates " + server,
              w ->
                  w.home().touch(server, (c, s) -> c.migrate(w.home().otherAdmin(), s.id(), null)));
      case 2 ->
          add(
              moment(),
              "an administrator aborts the move of " + server,
              w ->
                  w.home()
                      .move(
                          server,
                          (c, s) ->
                              c.migrations(s.id()).stream()
                                  .filter(m -> m.status() == MigrationStatus.RUNNING)
                                  .map(Migration::id)
                                  .findFirst()
                                  .ifPresent(
                                      m ->
                                          c.abortLiveMigration(
                                              w.home().otherAdmin(), s.id(), m, true))));
      case 3 ->
          add(
              moment(),
              "an administrator resets the state of " + server,
              w ->
                  w.home()
                      .touch(
                          server,
                          (c, s) -> c.resetState(w.home().otherAdmin(), s.id(), VmState.ACTIVE)));
      case 4 ->
          add(
              moment(),
              "an administrator confirms " + server,
              w ->
                  w.home().touch(server, (c, s) -> c.confirmResize(w.home().otherAdmin(), s.id())));
      default -> {
        var name = "late-" + incidents.size();
        var at = moment();
        var after = seconds(1, pick(10, 120, 600, 2400));
        add(
            at,
            "a build of " + name + " was scheduled and lands in " + after.toSeconds() + " s",
            w -> w.home().land(name, 512, DRAINED, after));
        if (one(2)) {
          add(
              at.plus(after.dividedBy(2)),
              "an administrator resets the state of " + name + " on its way",
              w ->
                  w.home()
                      .touch(
                          name,
                          (c, s) -> c.resetState(w.home().otherAdmin(), s.id(), VmState.ACTIVE)));
        }
      }
    }
  }

  private void host() {
    var host = one(2) ? DRAINED : otherHost();
    switch (chance.nextInt(9)) {
      case 0, 1 -> {
        var at = moment();
        add(at, "nova-compute on " + host + " dies", w -> w.home().kill(host));
        if (!one(4)) {
          add(
              at.plus(seconds(5, 900)),
              "nova-compute on " + host + " starts",
              w -> w.home().revive(host));
        }
      }
      case 2 -> {
        var at = moment();
        add(at, "the cell vanishes", w -> w.home().cell(true));
        add(at.plus(seconds(5, 600)), "the cell is back", w -> w.home().cell(false));
      }
      case 3 -> add(moment(), "an administrator enables " + host, w -> w.home().enable(host));
      case 4 ->
          add(moment(), "an administrator disables " + host, w -> w.home().disable(host, "mine"));
      case 5 -> wasDisabled(host, "AUTO: connection lost");
      case 6 -> {
        var at = moment();
        add(
            at,
            "an administrator forces " + host + " down",
            w ->
                w.home()
                    .attempt(() -> w.home().cloud().forceDown(w.home().otherAdmin(), host, true)));
        add(
            at.plus(seconds(5, 900)),
            "an administrator takes that back",
            w ->
                w.home()
                    .attempt(() -> w.home().cloud().forceDown(w.home().otherAdmin(), host, false)));
      }
      case 7 ->
          add(
              moment(),
              "an administrator deletes the service of " + host,
              w -> w.home().deleteService(host));
      default -> wasDisabled(host, "mine");
    }
  }

  private void operator() {
    switch (chance.nextInt(5)) {
      case 0 -> add(moment(), "another operator takes over", World::handOver);
      case 2 ->
          arm(
              "that change nothing in Nova",
              Fault.Kind.STOPPED,
              c -> !CHANGES.contains(c),
              chance.nextInt(12),
              1,
              Duration.ofMinutes(20));
      case 3 -> {
        var jump = Duration.ofMillis(chance.nextInt(-4000, 4000));
        add(
            moment(),
            "Nova's clock jumps by " + jump.toMillis() + " ms",
            w -> w.home().cloud().clockJumps(jump));
      }
      case 1 -> {
        var skew =
            one(4)
                ? Duration.ofSeconds(chance.nextInt(-3600, 0))
                : Duration.ofMillis(chance.nextInt(-10_000, 10_000));
        add(
            moment(),
            "the operator's clock jumps to " + skew.toMillis() + " ms",
            w -> w.leader().ifPresent(p -> p.skew(skew)));
      }
      default ->
          add(
              moment(),
              "the operator is killed",
              w -> w.leader().ifPresent(OperatorProcess::crash));
    }
  }

  private void resource() {
    var k = "hm-a";
    switch (chance.nextInt(8)) {
      case 0, 1 -> add(moment(), "somebody deletes " + k, w -> w.kubernetes().delete(k));
      case 2 -> {
        var at = moment();
        add(at, "somebody deletes " + k, w -> w.kubernetes().delete(k));
        var spec = spec(DRAINED);
        add(
            at.plus(seconds(1, 300)),
            "somebody applies " + k + " once more",
            w -> w.apply(k, spec));
      }
      case 3 -> {
        var at = moment();
        add(at, "somebody suspends " + k, w -> w.kubernetes().edit(k, s -> suspend(s, true)));
        add(
            at.plus(seconds(1, 300)),
            "somebody resumes " + k,
            w -> w.kubernetes().edit(k, s -> suspend(s, false)));
      }
      case 4 ->
          add(
              moment(),
              "somebody raises maxAttempts",
              w -> w.kubernetes().edit(k, s -> attempts(s, s.maxAttempts() + 1)));
      case 5 -> {
        var value = "" + chance.nextInt(100);
        add(
            moment(),
            "somebody asks for a retry",
            w -> w.kubernetes().annotate(k, HostMaintenance.RETRY, value));
      }
      case 6 ->
          add(
              moment(),
              "somebody annotates " + k,
              w -> w.kubernetes().annotate(k, "example.org/a", "b"));
      default ->
          add(
              moment(),
              "somebody wants cold migrations",
              w -> w.kubernetes().edit(k, s -> live(s, !s.liveMigrate())));
    }
  }

  static HostMaintenanceSpec withoutTarget(HostMaintenanceSpec s) {
    return target(s, null);
  }

  private static HostMaintenanceSpec target(HostMaintenanceSpec s, String target) {
    return HostMaintenanceSpecBuilder.builder(s).targetHost(target).build();
  }

  static HostMaintenanceSpec suspend(HostMaintenanceSpec s, boolean suspend) {
    return HostMaintenanceSpecBuilder.builder(s).suspend(suspend).build();
  }

  static HostMaintenanceSpec withoutDiskLimit(HostMaintenanceSpec s) {
    return HostMaintenanceSpecBuilder.builder(s).maxLocalDiskGiB(null).build();
  }

  static HostMaintenanceSpec withoutTimeout(HostMaintenanceSpec s) {
    return HostMaintenanceSpecBuilder.builder(s).drainTimeout(null).build();
  }

  private static HostMaintenanceSpec giveBack(HostMaintenanceSpec s, String word) {
    return HostMaintenanceSpecBuilder.builder(s).giveBack(word).build();
  }

  private static HostMaintenanceSpec attempts(HostMaintenanceSpec s, int attempts) {
    return HostMaintenanceSpecBuilder.builder(s).maxAttempts(attempts).build();
  }

  private static HostMaintenanceSpec live(HostMaintenanceSpec s, boolean live) {
    return HostMaintenanceSpecBuilder.builder(s).liveMigrate(live).build();
  }
}
