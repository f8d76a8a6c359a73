package io.hostmaintenance.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.simulation.Fault.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * What has gone wrong once, or would in a lesser protocol: each a short world in which every
 * promise holds.
 */
class StoriesTest {
  private static final Duration NEVER = Duration.ofDays(2);
  private static final Duration LAG = Duration.ofSeconds(11);
  private static final Set<String> MOVES = Set.of("live", "cold");

  private final Logger log = (Logger) LoggerFactory.getLogger("io.hostmaintenance");
  private Level level;

  @BeforeEach
  void silence() {
    level = log.getLevel();
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void restore() {
    log.setLevel(level);
  }

  // ---------------------------------------------------------------- how a story is told

  private static Program.Guest active(String name) {
    return new Program.Guest(name, NewServer.on("compute-1"), Program.Past.NONE);
  }

  private static Program.Guest stopped(String name) {
    return new Program.Guest(
        name, NewServer.on("compute-1").in(VmState.STOPPED), Program.Past.NONE);
  }

  private static Program.Guest slow(String name, String seconds) {
    return new Program.Guest(
        name, NewServer.on("compute-1").with(Steering.LM_SECONDS, seconds), Program.Past.NONE);
  }

  private static HostMaintenanceSpec spec(String onDelete) {
    return HostMaintenanceSpecBuilder.builder()
        .host("compute-1")
        .concurrency(new Concurrency(2, 2))
        .onDelete(onDelete)
        .build();
  }

  private static Program world(List<Program.Guest> guests, List<Incident> incidents) {
    return new Program(
        List.of("compute-1", "compute-10", "compute-2"), guests, spec(null), incidents);
  }

  private static Incident after(double seconds, String story, Consumer<World> what) {
    return new Incident(Duration.ofMillis(Math.round(seconds * 1000)), story, what);
  }

  private static Incident goesWrong(double seconds, Kind kind, int times, String... calls) {
    var names = Set.of(calls);
    return wrong(seconds, kind, times, names::contains, Duration.ofSeconds(20));
  }

  private static Incident wrong(
      double seconds, Kind kind, int times, Predicate<String> calls, Duration time) {
    return after(
        seconds,
        kind + " befalls a call",
        w -> w.arm(new Fault(kind, calls, 0, times, w.now().plus(NEVER), time)));
  }

  private static Incident delete(double seconds) {
    return after(seconds, "hm-a is deleted", w -> w.kubernetes().delete("hm-a"));
  }

  private static void promisesHold(Program program) {
    var result = Simulation.run(program, true);
    assertThat(result.broken())
        .as(() -> String.join(System.lineSeparator(), result.story()))
        .isEmpty();
  }

  // ---------------------------------------------------------------- what was found here

  @Test
  void drainedIsWithdrawnWhenNovaDoesNotAnswerForMinutes() {
    promisesHold(
        world(
            List.of(),
            List.of(
                wrong(
                    200,
                    Kind.LOST_REQUEST,
                    10,
                    c -> !Set.of("read", "list", "writeStatus", "tell").contains(c),
                    Duration.ZERO),
                after(1500, "nothing more happens", w -> {}))));
  }

  @Test
  void drainedIsWithdrawnWhenTheCellGoesDown() {
    promisesHold(
        world(
            List.of(),
            List.of(
                after(200, "the cell vanishes", w -> w.home().cell(true)),
                after(1500, "the cell is back", w -> w.home().cell(false)))));
  }

  @Test
  void drainedIsWithdrawnWhenTheCellGoesDownBeforeTheDelete() {
    promisesHold(
        world(
            List.of(),
            List.of(
                after(200, "the cell vanishes", w -> w.home().cell(true)),
                delete(320),
                after(1500, "the cell is back", w -> w.home().cell(false)))));
  }

  @Test
  void deleteCompletesWhenTheSourceIsDeadAndNoAbortHasAnEffect() {
    promisesHold(
        world(
            List.of(slow("guest-1", "600")),
            List.of(
                after(10, "compute-1 dies", w -> w.home().kill("compute-1")),
                after(
                    11,
                    "running moves are to be aborted",
                    w -> w.kubernetes().edit("hm-a", s -> spec("Abort"))),
                delete(12))));
  }

  @Test
  void serviceIsEnabledWhenADisableRequestTakesEffectAfterTheDelete() {
    for (var seed = 0; seed < 40; seed++) {
      promisesHold(
          world(List.of(), List.of(goesWrong(0.5, Kind.CRASH_IN_FLIGHT, 1, "disable"), delete(2)))
              .withSeed(seed));
    }
  }

  @Test
  void answersOfAFormerLeaderDoNotReopenAnEndedRow() {
    for (var writes = 0; writes < 6; writes++) {
      var well = writes;
      promisesHold(
          world(
              List.of(slow("guest-1", "5")),
              List.of(
                  after(
                      0.5,
                      "Kubernetes is slow to store two writes after " + well,
                      w ->
                          w.arm(
                              new Fault(
                                  Kind.SLOW,
                                  "writeStatus"::equals,
                                  well,
                                  1,
                                  w.now().plusSeconds(10),
                                  Duration.ofSeconds(40)))),
                  after(6, "another operator takes over", World::handOver))));
    }
  }

  @Test
  void refusedAttemptIsCountedWhenTheOwnerDeletesTheInstance() {
    var once = HostMaintenanceSpecBuilder.builder().host("compute-1").maxAttempts(1).build();
    for (var ms = 1500; ms < 3500; ms += 50) {
      promisesHold(
          world(
                  List.of(slow("guest-1", "5")),
                  List.of(
                      after(
                          ms / 1000.0,
                          "the owner deletes",
                          w -> w.home().tenant("guest-1", Operation.SOFT_DELETE))))
              .withResources(List.of(new Program.Applied(Duration.ofSeconds(1), "hm-a", once))));
    }
  }

  @Test
  void successorDisablesTheServiceAgainWheneverItObservedLast() {
    var stays =
        new Program.Guest(
            "guest-1", NewServer.on("compute-1").in(VmState.SUSPENDED), Program.Past.NONE);
    for (var ms = 0; ms < 5400; ms += 50) {
      var alone = world(List.of(stays), List.of(delete(80 + ms / 1000.0)));
      promisesHold(
          alone.withResources(
              List.of(
                  alone.resources().getFirst(),
                  new Program.Applied(Duration.ofSeconds(20), "hm-b", spec(null)))));
    }
  }

  /** The second could enable the host of who has taken it by then. */
  @Test
  void serviceIsNotEnabledTwiceWhenTheOperatorCrashesDuringTheRequest() {
    for (var seed = 0; seed < 40; seed++) {
      promisesHold(
          followed(
                  goesWrong(100, Kind.CRASH_IN_FLIGHT, 2, "enable"),
                  after(116, "somebody deletes hm-b", w -> w.kubernetes().delete("hm-b")))
              .withSeed(seed));
    }
  }

  @Test
  void serviceIsNotEnabledTwiceWhenTheConnectionIsCut() {
    for (var seed = 0; seed < 40; seed++) {
      promisesHold(
          followed(
                  goesWrong(100, Kind.CUT, 2, "enable"),
                  after(116, "somebody deletes hm-b", w -> w.kubernetes().delete("hm-b")))
              .withSeed(seed));
    }
  }

  @Test
  void serviceIsEnabledWhenObservationsFailAndTheSuccessorIsDeletedToo() {
    for (var ms = 0; ms < 3000; ms += 100) {
      promisesHold(
          followed(
              wrong(
                  100.1 + ms / 1000.0,
                  Kind.REFUSED,
                  10_000,
                  Set.of("migrations", "instances", "services", "identity")::contains,
                  Duration.ofSeconds(20)),
              after(104, "somebody deletes hm-b", w -> w.kubernetes().delete("hm-b"))));
    }
  }

  /** The operator's watch has not shown it the other one yet. */
  @Test
  void serviceIsEnabledWhenALaggingWatchHidesTheDeletedSuccessor() {
    for (var ms = 0; ms < 9000; ms += 100) {
      var alone =
          world(
              List.of(slow("guest-1", "18")),
              List.of(
                  after(9.5, "the watch lags", w -> w.leader().orElseThrow().watchLag(LAG)),
                  delete(19),
                  after(
                      20 + ms / 1000.0,
                      "somebody deletes hm-b",
                      w -> w.kubernetes().delete("hm-b"))));
      promisesHold(
          alone.withResources(
              List.of(
                  alone.resources().getFirst(),
                  new Program.Applied(Duration.ofSeconds(19), "hm-b", spec(null)))));
    }
  }

  /** The first of two resources for a host is deleted after 100 s. */
  private static Program followed(Incident... more) {
    var incidents = new ArrayList<>(List.of(more));
    incidents.add(after(100, "somebody deletes hm-a", w -> w.kubernetes().delete("hm-a")));
    var alone = world(List.of(), incidents);
    return alone.withResources(
        List.of(
            alone.resources().getFirst(),
            new Program.Applied(Duration.ofSeconds(20), "hm-b", spec(null))));
  }

  @Test
  void movesToADeadHostEndThoughTheirMigrationsNeverChange() {
    promisesHold(
        world(
            List.of(stopped("guest-1"), stopped("guest-2")),
            List.of(
                after(0, "compute-2 is disabled", w -> w.home().disable("compute-2", "mine")),
                after(1.7, "compute-10 dies", w -> w.home().kill("compute-10")))));
  }

  @Test
  void instanceThatARevertBringsBackStartsAtAttemptOne() {
    var failing =
        new Program.Guest(
            "guest-1",
            NewServer.on("compute-1").with(Steering.LM_PREPARE_FAIL, "1"),
            Program.Past.NONE);
    promisesHold(
        world(
            List.of(failing),
            List.of(
                after(
                    300,
                    "the owner resizes",
                    w -> w.home().touch("guest-1", (c, s) -> c.resize(c.tenant(), s.id(), 2048))),
                after(
                    500,
                    "the owner reverts",
                    w ->
                        w.home().touch("guest-1", (c, s) -> c.revertResize(c.tenant(), s.id()))))));
  }

  @Test
  void pausedInstanceThatHasJustArrivedIsNotMovedAgain() {
    var paused =
        new Program.Guest(
            "guest-1", NewServer.on("compute-1").in(VmState.PAUSED), Program.Past.NONE);
    for (var ms = 2000; ms < 9000; ms += 100) {
      promisesHold(
          world(List.of(paused), List.of())
              .withHosts(List.of("compute-1", "compute-2", "compute-3"))
              .withSeed(ms)
              .withResources(
                  List.of(
                      new Program.Applied(Duration.ofSeconds(1), "hm-a", spec(null)),
                      new Program.Applied(
                          Duration.ofMillis(2800 + ms),
                          "hm-b",
                          HostMaintenanceSpecBuilder.builder().host("compute-2").build())))
              .withTiming(
                  new Timing(
                      Duration.ofMillis(600),
                      Duration.ofSeconds(3),
                      Duration.ofSeconds(2),
                      Duration.ofSeconds(2),
                      Duration.ofSeconds(60),
                      Duration.ofSeconds(60),
                      0.5))
              .withJson(false));
    }
  }

  // ---------------------------------------------------------------- protocol: the intent

  @Test
  void lostRequestIsRepeatedAsTheSameAttempt() {
    promisesHold(
        world(List.of(active("guest-1")), List.of(goesWrong(0.5, Kind.LOST_REQUEST, 1, "live"))));
  }

  @Test
  void lostReplyIsNotRepeated() {
    for (var kind : List.of(Kind.LOST_REPLY, Kind.LOST_REPLY_SLOW, Kind.ERROR_AFTER)) {
      promisesHold(
          world(
              List.of(slow("guest-1", "300"), stopped("guest-2")),
              List.of(goesWrong(0.5, kind, 2, "live", "cold"))));
    }
  }

  @Test
  void requestInFlightIsNotRepeatedAfterAnOperatorCrash() {
    for (var seed = 0; seed < 20; seed++) {
      promisesHold(
          world(
                  List.of(active("guest-1"), stopped("guest-2")),
                  List.of(wrong(0.5, Kind.CRASH_IN_FLIGHT, 2, MOVES::contains, Duration.ZERO)))
              .withSeed(seed));
    }
  }

  @Test
  void repeatedRequestInFlightIsNotRepeatedAgainAfterAnOperatorCrash() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                goesWrong(0.5, Kind.LOST_REQUEST, 1, "live"),
                wrong(60, Kind.CRASH_IN_FLIGHT, 1, MOVES::contains, Duration.ZERO))));
  }

  @Test
  void failedActionOfTheOperatorIsRecognizedDespiteClockSkew() {
    var failing =
        new Program.Guest(
            "guest-1",
            NewServer.on("compute-1").with(Steering.PRECHECK_FAIL, "1"),
            Program.Past.NONE);
    for (var skew : List.of(-30, -5, 5, 30)) {
      promisesHold(
          world(List.of(failing), List.of(goesWrong(0.5, Kind.LOST_REPLY, 1, "live")))
              .withSkew(Duration.ofSeconds(skew)));
    }
  }

  @Test
  void moveWithALostReplyIsRecognizedThoughClocksOfNovaHostsDiffer() {
    for (var seconds : List.of(-3600, -60, -6, 6, 60, 3600)) {
      for (var guest : List.of(active("guest-1"), stopped("guest-1"))) {
        var ahead = Duration.ofSeconds(seconds);
        var lost =
            world(List.of(guest), List.of(wrong(0, Kind.LOST_REPLY, 1, MOVES::contains, LAG)));
        promisesHold(lost.withStamps(new Program.Stamps(ahead, ahead)));
        promisesHold(lost.withStamps(new Program.Stamps(ahead, Duration.ZERO)));
      }
    }
  }

  @Test
  void secondAttemptWithALostReplyIsNotRepeatedThoughClocksDiffer() {
    var failing =
        new Program.Guest(
            "guest-1",
            NewServer.on("compute-1").with(Steering.PRECHECK_FAIL, "1"),
            Program.Past.NONE);
    for (var seconds : List.of(-3600, -60, -6, 6, 60, 3600)) {
      for (var kind : List.of(Kind.LOST_REPLY, Kind.LOST_REPLY_SLOW, Kind.LOST_REQUEST)) {
        var ahead = Duration.ofSeconds(seconds);
        promisesHold(
            world(List.of(failing), List.of(wrong(8, kind, 1, MOVES::contains, LAG)))
                .withStamps(new Program.Stamps(ahead, ahead)));
      }
    }
  }

  @Test
  void moveOfTheOperatorIsRecognizedWhenTheMigrationListIsIncomplete() {
    promisesHold(
        world(
            List.of(active("guest-1"), stopped("guest-2")),
            List.of(wrong(3, Kind.SHORT, 40, "migrations"::equals, LAG))));
  }

  @Test
  void intentThatWasStoredTooSlowlyIsNotSent() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                wrong(1.5, Kind.SLOW, 1, "writeStatus"::equals, Duration.ofSeconds(20)),
                after(60, "another operator takes over", World::handOver))));
  }

  // ---------------------------------------------------------------- protocol: whose it is

  @Test
  void resizeByTheOwnerIsNotConfirmedAfterALostColdMigrationRequest() {
    for (var kind : List.of(Kind.LOST_REQUEST, Kind.ERROR_BEFORE, Kind.REFUSED)) {
      promisesHold(
          world(
              List.of(stopped("guest-1")),
              List.of(
                  goesWrong(0.5, kind, 1, "cold"),
                  after(
                      4,
                      "the owner resizes guest-1",
                      w ->
                          w.home()
                              .touch("guest-1", (c, s) -> c.resize(c.tenant(), s.id(), 2048))))));
    }
  }

  @Test
  void disabledReasonThatAnAdministratorRemovedIsNotRestored() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                after(
                    0,
                    "compute-1 was disabled by its driver",
                    w -> w.home().disable("compute-1", "AUTO: connection lost")),
                after(60, "an administrator enables it", w -> w.home().enable("compute-1")))));
  }

  @Test
  void serviceDisabledBySomeoneElseStaysDisabled() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                after(
                    0,
                    "compute-1 is disabled by an administrator",
                    w -> w.home().disable("compute-1", "mine")))));
  }

  // ---------------------------------------------------------------- protocol: an end

  @Test
  void requestForAnInstanceWithAStuckTaskOfItsOwnerEnds() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                goesWrong(0.5, Kind.LOST_REQUEST, 1, "live"),
                after(3, "compute-1 dies", w -> w.home().kill("compute-1")),
                after(3.1, "the owner stops", w -> w.home().tenant("guest-1", Operation.STOP)))));
  }

  @Test
  void acceptedMoveWithoutAMigrationAndATaskEnds() {
    promisesHold(
        world(
            List.of(active("guest-1")),
            List.of(
                after(
                    2.9,
                    "an administrator resets the state",
                    w ->
                        w.home()
                            .touch(
                                "guest-1",
                                (c, s) ->
                                    c.resetState(
                                        w.home().otherAdmin(), s.id(), VmState.ACTIVE))))));
  }

  @Test
  void stuckColdMigrationFreesItsSlotAndEnds() {
    promisesHold(
        world(
            List.of(stopped("guest-1"), stopped("guest-2"), active("guest-3")),
            List.of(
                after(4.5, "compute-1 dies", w -> w.home().kill("compute-1")),
                after(3000, "compute-1 starts", w -> w.home().revive("compute-1")))));
  }

  @Test
  void confirmationWaitsForADeadSourceHost() {
    promisesHold(
        world(
            List.of(stopped("guest-1")),
            List.of(
                after(6, "compute-1 dies", w -> w.home().kill("compute-1")),
                after(4000, "compute-1 starts", w -> w.home().revive("compute-1")))));
  }

  // ---------------------------------------------------------------- protocol: what arrives

  @Test
  void hostIsNotDrainedWhileARevertBringsAnInstanceBack() {
    var away = new Program.Guest("guest-1", NewServer.on("compute-1"), Program.Past.RESIZED_AWAY);
    promisesHold(
        world(
            List.of(away),
            List.of(
                after(30, "compute-1 dies", w -> w.home().kill("compute-1")),
                after(
                    31,
                    "the owner reverts",
                    w -> w.home().touch("guest-1", (c, s) -> c.revertResize(c.tenant(), s.id()))),
                after(400, "compute-1 starts", w -> w.home().revive("compute-1")))));
  }

  @Test
  void instanceScheduledBeforeTheServiceWasDisabledIsMovedOnArrival() {
    for (var seconds : List.of(1, 30, 90, 600)) {
      promisesHold(
          world(
              List.of(),
              List.of(
                  after(
                      0,
                      "a build lands in " + seconds + " s",
                      w ->
                          w.home()
                              .land("late-1", 512, "compute-1", Duration.ofSeconds(seconds))))));
    }
  }

  // ---------------------------------------------------------------- several clouds

  private static Program.Applied applied(double seconds, String name, String cloud) {
    return new Program.Applied(
        Duration.ofMillis(Math.round(seconds * 1000)),
        name,
        HostMaintenanceSpecBuilder.builder(spec(null)).cloud(cloud).build());
  }

  /** A world with a second resource for a host of the same name. */
  private static Program beside(Program program, Program.Applied second) {
    var resources = new ArrayList<>(program.resources());
    resources.add(second);
    return program
        .withResources(resources)
        .withOtherGuests(List.of(active("near-1"), stopped("near-2")));
  }

  private static World played(Program program) {
    var world = new World(program, true);
    world.runFor(Duration.ofMinutes(30), w -> false);
    return world;
  }

  private static Optional<String> phase(World world, String name) {
    return world.kubernetes().get(name).map(r -> r.getStatus().phase());
  }

  @Test
  void hostsOfTheSameNameInTwoCloudsAreDrainedAtTheSameTime() {
    var program =
        beside(
            world(List.of(active("guest-1"), stopped("guest-2")), List.of()),
            applied(2, "hm-n", Program.OTHER));
    promisesHold(program);

    var world = played(program);

    assertThat(phase(world, "hm-a")).contains("InMaintenance");
    assertThat(phase(world, "hm-n")).contains("InMaintenance");
  }

  @Test
  void secondNameOfACloudTakesNoHostThatAResourceHolds() {
    var program =
        beside(world(List.of(active("guest-1")), List.of()), applied(20, "hm-x", Program.ALIAS));
    promisesHold(program);

    var world = played(program);

    assertThat(phase(world, "hm-a")).contains("InMaintenance");
    assertThat(world.kubernetes().get("hm-x").map(Administrator::reason)).contains("Conflict");
  }

  @Test
  void secondNameOfACloudTakesItsHostWhenTheHolderIsGone() {
    var program =
        beside(
            world(List.of(active("guest-1")), List.of(delete(600))),
            applied(1, "hm-x", Program.ALIAS));
    promisesHold(program);

    assertThat(phase(played(program), "hm-x")).contains("InMaintenance");
  }

  @Test
  void cloudThatIsDownFromTheStartHoldsUpNoOther() {
    for (var kind : List.of(Kind.LOST_REQUEST, Kind.UNAUTHORIZED, Kind.UNAVAILABLE)) {
      var down = after(0, "the first cloud is down: " + kind, w -> w.home().arm(forever(kind)));
      var program =
          beside(
              world(
                  List.of(active("guest-1")), List.of(down, after(3600, "an hour later", w -> {}))),
              applied(2, "hm-n", Program.OTHER));
      promisesHold(program);

      assertThat(phase(played(program), "hm-n")).as(kind.name()).contains("InMaintenance");
    }
  }

  private static Fault forever(Kind kind) {
    return new Fault(
        kind, call -> true, 0, Integer.MAX_VALUE, World.START.plus(NEVER), Duration.ofSeconds(20));
  }

  @Test
  void hostThatIsVerifiedStaysSoWhileAnotherCloudIsDown() {
    var down = after(900, "the first cloud is down", w -> w.home().arm(forever(Kind.LOST_REQUEST)));
    var program = beside(world(List.of(), List.of(down)), applied(2, "hm-n", Program.OTHER));
    var world = new World(program, true);
    world.runFor(Duration.ofMinutes(20), w -> false);

    world.runFor(Duration.ofHours(2), w -> !phase(w, "hm-n").equals(Optional.of("InMaintenance")));

    assertThat(phase(world, "hm-n")).contains("InMaintenance");
  }
}
