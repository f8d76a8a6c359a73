package io.hostmaintenance.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Each state has a way out: a whole drain by strategies, against the model cloud. */
class WaysTest {

  private static final Strategies BOLD =
      new Strategies(
          "Move",
          "Cold",
          "RepauseAndLive",
          "Cold",
          "ResumeLiveSuspend",
          "UnrescueLive",
          "Offload",
          "Delete",
          "Recover",
          "ConfirmAll",
          "Move");

  private final Logger log = (Logger) LoggerFactory.getLogger("io.hostmaintenance");
  private Level level;
  private World world;

  @BeforeEach
  void silence() {
    level = log.getLevel();
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void restore() {
    log.setLevel(level);
  }

  private static HostMaintenanceSpec spec(String scope, Strategies strategies) {
    return HostMaintenanceSpecBuilder.builder()
        .host("compute-1")
        .concurrency(new Concurrency(2, 2))
        .scope(scope)
        .strategies(strategies)
        .build();
  }

  private void play(HostMaintenanceSpec spec, Program.Guest... guests) {
    play(spec, List.of(), guests);
  }

  private void play(HostMaintenanceSpec spec, List<Incident> incidents, Program.Guest... guests) {
    world =
        new World(
            new Program(
                List.of("compute-1", "compute-2", "compute-3"), List.of(guests), spec, incidents),
            true);
    world.runFor(
        Duration.ofHours(2),
        w ->
            w.kubernetes().get("hm-a").isEmpty()
                || w.quietTicks("hm-a") >= 4
                    && status() != null
                    && status().phase().matches("InMaintenance|Blocked|Failed"));
  }

  private HostMaintenanceStatus status() {
    return world.kubernetes().get("hm-a").orElseThrow().getStatus();
  }

  private InstanceStatus row(String name) {
    return status().instances().stream()
        .filter(r -> r.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Server server(String name) {
    return world.home().cloud().servers().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private String story() {
    return String.join(System.lineSeparator(), world.story().lines());
  }

  private static Program.Guest guest(String name, VmState state) {
    return new Program.Guest(name, NewServer.on("compute-1").in(state), Program.Past.NONE);
  }

  @Test
  void everyStateHasAWayOut() {
    play(
        spec(null, BOLD),
        List.of(
            new Incident(
                Duration.ZERO,
                "its owner shelves",
                w -> w.home().tenant("shelved", Operation.SHELVE))),
        guest("active", VmState.ACTIVE),
        guest("stopped", VmState.STOPPED),
        guest("paused", VmState.PAUSED),
        guest("suspended", VmState.SUSPENDED),
        guest("rescued", VmState.RESCUED),
        guest("shelved", VmState.ACTIVE),
        guest("soft-deleted", VmState.SOFT_DELETED),
        guest("error", VmState.ERROR),
        new Program.Guest("resized", NewServer.on("compute-1"), Program.Past.RESIZED_AWAY),
        new Program.Guest(
            "moved-paused",
            new NewServer(
                "compute-2",
                null,
                null,
                1024,
                VmState.PAUSED,
                null,
                java.util.Map.of(),
                Requirements.NONE),
            Program.Past.MOVED_PAUSED));

    assertThat(status().phase()).as(this::story).isEqualTo("InMaintenance");
    assertThat(server("suspended").vmState()).isEqualTo(VmState.SUSPENDED);
    assertThat(server("moved-paused").vmState()).isEqualTo(VmState.PAUSED);
    assertThat(server("rescued").vmState()).isEqualTo(VmState.ACTIVE);
  }

  // ---------------------------------------------------------------- whatever goes wrong

  private static Incident wrong(Fault.Kind kind, String call, int well) {
    return new Incident(
        Duration.ZERO,
        kind + " befalls " + call,
        w ->
            w.arm(
                new Fault(
                    kind,
                    call::equals,
                    well,
                    1,
                    w.now().plus(Duration.ofHours(2)),
                    Duration.ofSeconds(20))));
  }

  static Stream<Arguments> stepsAndFaults() {
    return Stream.of("resume", "pause", "live", "unpause", "suspend")
        .flatMap(
            call ->
                Stream.of(
                        Fault.Kind.CRASH_BEFORE,
                        Fault.Kind.CRASH_AFTER,
                        Fault.Kind.LOST_REQUEST,
                        Fault.Kind.LOST_REPLY,
                        Fault.Kind.LOST_REPLY_SLOW,
                        Fault.Kind.REFUSED,
                        Fault.Kind.TOO_MANY)
                    .map(kind -> Arguments.of(call, kind)));
  }

  @ParameterizedTest
  @MethodSource("stepsAndFaults")
  void suspendedInstanceMovesAndComesOutSuspendedWhateverBefallsAStep(
      String call, Fault.Kind kind) {
    play(spec(null, BOLD), List.of(wrong(kind, call, 0)), guest("suspended", VmState.SUSPENDED));

    assertThat(status().phase()).as(this::story).isEqualTo("InMaintenance");
    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(row("suspended").state()).as(this::story).isEqualTo("Moved");
  }

  @ParameterizedTest
  @ValueSource(strings = {"resume", "pause", "live"})
  void suspendedInstanceIsSuspendedAfterNovaRefusesAStepForGood(String call) {
    play(
        spec(null, BOLD),
        List.of(wrong(Fault.Kind.BAD_REQUEST, call, 0)),
        guest("suspended", VmState.SUSPENDED));

    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(row("suspended").state()).as(this::story).isEqualTo("Failed");
    assertThat(row("suspended").reason()).isEqualTo("Refused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unpause", "suspend"})
  void suspendedInstanceComesOutSuspendedAlthoughNovaRefusesAStepBackOnce(String call) {
    play(
        spec(null, BOLD),
        List.of(wrong(Fault.Kind.BAD_REQUEST, call, 0)),
        guest("suspended", VmState.SUSPENDED));

    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(row("suspended").state()).as(this::story).isEqualTo("Moved");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void suspendedInstanceMovesAndComesOutSuspendedWhicheverWriteTheOperatorEndsAt(int write) {
    play(
        spec(null, BOLD),
        List.of(wrong(Fault.Kind.CRASH_AFTER, "writeStatus", write)),
        guest("suspended", VmState.SUSPENDED));

    assertThat(status().phase()).as(this::story).isEqualTo("InMaintenance");
    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(row("suspended").state()).as(this::story).isEqualTo("Moved");
  }

  @Test
  void suspendedInstanceWhoseMoveFailsIsSuspendedAgainAndSaysWhy() {
    play(
        spec(null, BOLD),
        new Program.Guest(
            "suspended",
            NewServer.on("compute-1").in(VmState.SUSPENDED).with(Steering.LM_FAIL, "9"),
            Program.Past.NONE));

    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(server("suspended").host()).isEqualTo("compute-1");
    assertThat(row("suspended").state()).as(this::story).isEqualTo("Failed");
    assertThat(row("suspended").reason()).isEqualTo("FailedDuringTransfer");
  }

  private static Incident once(String name, VmState state, Operation operation) {
    return new Incident(
        Duration.ZERO,
        "its owner asks for " + operation + " as soon as " + name + " is " + state,
        w -> waitFor(w, name, state, operation));
  }

  private static void waitFor(World w, String name, VmState state, Operation operation) {
    var server = w.home().server(name);
    if (server.isPresent() && server.get().vmState() == state && server.get().taskState() == null) {
      w.home().tenant(name, operation);
    } else {
      w.after(Duration.ofMillis(100), () -> waitFor(w, name, state, operation));
    }
  }

  @Test
  void instanceThatItsOwnerStopsInTheMiddleOfItsWayIsLeftToHim() {
    play(
        spec(null, BOLD),
        List.of(once("suspended", VmState.ACTIVE, Operation.STOP)),
        guest("suspended", VmState.SUSPENDED));

    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.STOPPED);
  }

  // ---------------------------------------------------------------- what the scope leaves

  @Test
  void scopeRunningLeavesWhatDoesNotRunAndSaysThatNothingRuns() {
    play(
        spec("Running", Strategies.NONE),
        guest("active", VmState.ACTIVE),
        guest("stopped", VmState.STOPPED),
        guest("suspended", VmState.SUSPENDED),
        guest("shelved", VmState.SHELVED),
        guest("soft-deleted", VmState.SOFT_DELETED));

    assertThat(status().phase()).as(this::story).isEqualTo("InMaintenance");
    assertThat(status().condition("Ready").orElseThrow().reason()).isEqualTo("NothingRuns");
    assertThat(status().condition("Drained").orElseThrow().status()).isEqualTo("False");
    assertThat(status().condition("Drained").orElseThrow().reason())
        .isEqualTo("StoppedInstancesStay");
    assertThat(status().skipped()).isEqualTo(4);
  }

  private static final Strategies STOPS =
      new Strategies("Stop", null, null, null, null, null, null, null, null, null, null);

  @Test
  void instanceThatTheOperatorStoppedRunsAgainWhenTheResourceIsDeleted() {
    play(spec("Running", STOPS), guest("gpu", VmState.ACTIVE));
    assertThat(status().phase()).as(this::story).isEqualTo("InMaintenance");
    assertThat(server("gpu").vmState()).isEqualTo(VmState.STOPPED);
    assertThat(row("gpu").state()).isEqualTo("Skipped");

    world.kubernetes().delete("hm-a");
    var gone = world.runFor(Duration.ofHours(1), w -> w.kubernetes().resources().isEmpty());

    assertThat(gone).as(this::story).isTrue();
    assertThat(server("gpu").vmState()).as(this::story).isEqualTo(VmState.ACTIVE);
    assertThat(server("gpu").host()).isEqualTo("compute-1");
  }

  @Test
  void instanceThatTheOperatorStoppedIsStartedOnceItsHostIsBack() {
    play(spec("Running", STOPS), guest("gpu", VmState.ACTIVE));
    world.home().kill("compute-1");
    world.runFor(Duration.ofMinutes(5), w -> false);

    world.kubernetes().delete("hm-a");
    world.runFor(Duration.ofMinutes(30), w -> w.kubernetes().resources().isEmpty());
    assertThat(world.kubernetes().resources()).as(this::story).isNotEmpty();
    assertThat(status().condition("Ready").orElseThrow().message()).contains("gpu");

    world.home().revive("compute-1");
    world.runFor(Duration.ofMinutes(30), w -> w.kubernetes().resources().isEmpty());
    assertThat(world.kubernetes().resources()).as(this::story).isEmpty();
    assertThat(server("gpu").vmState()).as(this::story).isEqualTo(VmState.ACTIVE);
  }

  @Test
  void instanceThatTheOperatorStoppedAndThenMovedRunsAgainWhereItIs() {
    play(spec("Running", STOPS), guest("gpu", VmState.ACTIVE));
    world.kubernetes().edit("hm-a", s -> spec(null, Strategies.NONE));
    world.runFor(Duration.ofMinutes(30), w -> status().isTrue("Drained"));
    assertThat(server("gpu").host()).as(this::story).isNotEqualTo("compute-1");
    assertThat(server("gpu").vmState()).isEqualTo(VmState.STOPPED);

    world.kubernetes().delete("hm-a");
    world.runFor(Duration.ofMinutes(30), w -> w.kubernetes().resources().isEmpty());

    assertThat(server("gpu").vmState()).as(this::story).isEqualTo(VmState.ACTIVE);
  }

  @Test
  void instanceThatItsOwnerStartsAgainIsNotStoppedTwice() {
    play(
        spec("Running", STOPS),
        List.of(once("gpu", VmState.STOPPED, Operation.START)),
        guest("gpu", VmState.ACTIVE));

    assertThat(status().phase()).as(this::story).isEqualTo("Blocked");
    assertThat(row("gpu").reason()).as(this::story).isEqualTo("StartedByOwner");
    assertThat(server("gpu").vmState()).isEqualTo(VmState.ACTIVE);
  }

  @Test
  void deleteInTheMiddleOfAWayPutsTheGuestBack() {
    play(
        spec(null, BOLD),
        List.of(
            new Incident(
                Duration.ZERO,
                "deleted while its guest runs",
                w -> deleteWhile(w, "suspended", VmState.ACTIVE))),
        guest("suspended", VmState.SUSPENDED));
    world.runFor(Duration.ofHours(1), w -> w.kubernetes().resources().isEmpty());

    assertThat(world.kubernetes().resources()).as(this::story).isEmpty();
    assertThat(server("suspended").vmState()).as(this::story).isEqualTo(VmState.SUSPENDED);
    assertThat(server("suspended").host()).as(this::story).isEqualTo("compute-1");
  }

  private static void deleteWhile(World w, String name, VmState state) {
    if (w.home()
        .server(name)
        .filter(s -> s.vmState() == state && s.taskState() == null)
        .isPresent()) {
      w.kubernetes().delete("hm-a");
    } else {
      w.after(Duration.ofMillis(100), () -> deleteWhile(w, name, state));
    }
  }
}
