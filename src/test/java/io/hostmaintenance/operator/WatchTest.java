package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.nova.openstack4j.Logs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts that are verified empty, and the watch of their cloud, in virtual time. */
class WatchTest {

  private static final Predicate<Request> SERVICES = on("GET", "/v2\\.1/.*os-services");
  private static final Predicate<Request> USED = on("GET", "/placement/allocation_candidates");
  private static final Predicate<Request> HYPERVISOR =
      on("GET", "/v2\\.1/.*os-hypervisors/[0-9a-f-]{36}");
  private static final Predicate<Request> MIGRATIONS = on("GET", "/v2\\.1/.*os-migrations");
  private static final Predicate<Request> ALLOCATIONS =
      on("GET", "/placement/resource_providers/.*/allocations");
  private static final Predicate<Request> ANY = request -> true;

  @TempDir Path directory;
  private World world;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory);
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  private void verified() {
    world.create("hm", "compute-1");
    world.runUntilPhase("hm", "InMaintenance");
    world.run("hm", Duration.ofMinutes(2));
  }

  private int asked(Predicate<Request> which, Runnable deed) {
    var before = world.simulator().requests(which).size();
    deed.run();
    return world.simulator().requests(which).size() - before;
  }

  private void minutes(int minutes) {
    world.run("hm", Duration.ofMinutes(minutes));
  }

  private Duration untilDrainedIsTakenAway() {
    var begin = world.simulator().cloud(Cloud::now);
    world.runUntil("hm", () -> !drained().equals("True"));
    return Duration.between(begin, world.simulator().cloud(Cloud::now));
  }

  private String drained() {
    return world.condition("hm", Condition.DRAINED);
  }

  private void refuse(Predicate<Request> requests) {
    world.simulator().fault(requests, Fault.proxy503());
  }

  /** Placement leaves out hosts without a free MiB of memory. */
  private void fillWithLeakedAllocations() {
    world
        .simulator()
        .change(
            c -> {
              while (c.free(c.host("compute-1")).get("MEMORY_MB") > 0) {
                c.leak("compute-1");
              }
            });
  }

  private String letGoOfOnItsWayHere(String seconds) {
    var server = world.place(NewServer.on("compute-2").with(Steering.LM_SECONDS, seconds)).id();
    world
        .simulator()
        .change(c -> c.liveMigrate(c.admin(), server, LiveMigrationRequest.to("compute-1")));
    world.pass(Duration.ofSeconds(60));
    world.simulator().change(c -> c.resetState(c.admin(), server, VmState.ACTIVE));
    verified();
    return server;
  }

  @Nested
  class AVerifiedHost {

    @Test
    void costsNoCallOfItsOwnBetweenItsObservations() {
      verified();

      assertThat(asked(HYPERVISOR, () -> minutes(10))).isZero();
    }

    @Test
    void isSeenByTwoCallsAMinute() {
      verified();

      assertThat(asked(ANY, () -> minutes(10))).isBetween(20, 22);
    }

    @Test
    void isObservedAboutEachQuarterOfAnHour() {
      verified();

      assertThat(asked(HYPERVISOR, () -> minutes(60))).isBetween(3, 5);
    }

    @Test
    void isReadFromKubernetesOnlyWhenItIsObserved() {
      verified();
      var before = world.resources().calls();

      minutes(10);

      assertThat(world.resources().calls() - before).isLessThan(20);
    }

    @Test
    void causesNoWriteWhileNothingChanges() {
      verified();
      var before = world.resources().writes().size();

      minutes(60);

      assertThat(world.resources().writes()).hasSize(before);
    }

    @Test
    void withALeakedAllocationIsSeenAsWell() {
      world.active();
      world.simulator().change(c -> c.leak("compute-1"));
      verified();

      assertThat(asked(HYPERVISOR, () -> minutes(10))).isZero();
    }

    @Test
    void isObservedAfterAnEditOfItsResource() {
      verified();
      world.annotate("hm", "example.org/ticket", "4711");

      assertThat(asked(HYPERVISOR, () -> world.reconcile("hm"))).isOne();
    }
  }

  @Nested
  class AHostThatWasSeen {

    @Test
    void isObservedWholeWhenItsResourceIsDeleted() {
      verified();
      minutes(10);
      world.delete("hm");

      world.reconcile("hm");

      assertThat(world.status("hm").phase()).isEqualTo("Exiting");
      assertThat(world.host("compute-1").enabled()).isTrue();
    }

    @Test
    void staysDrainedWhenOneObservationAfterAnEditFails() {
      verified();
      minutes(10);
      refuse(HYPERVISOR);
      world.spec("hm", s -> s.reason("DIMM A3"));

      world.reconcile("hm");

      assertThat(drained()).isEqualTo("True");
    }
  }

  @Nested
  class WhatIsOtherwise {

    @Test
    void anInstanceThatCameIsFoundAtTheNextRound() {
      verified();
      world.active();

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(2));
    }

    /** Nova has let go of the instance, though its migration goes on: its place here was taken. */
    @Test
    void anInstanceThatArrivesByALeftRecordIsFoundWithinTwoMinutes() {
      var server = letGoOfOnItsWayHere("2400");

      world.runUntil(
          "hm", () -> world.simulator().cloud(c -> c.server(server).host()).equals("compute-1"));

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(2));
      assertThat(drained()).isEqualTo("False");
    }

    /** A build has no record that could tell of it. */
    @Test
    void anInstanceThatLandsThoughItsStateWasResetIsFoundWithinTwoMinutes() {
      var server = world.simulator().cloud(c -> bootAndLetGo(c, Duration.ofMinutes(40)));
      verified();

      world.runUntil(
          "hm", () -> "compute-1".equals(world.simulator().cloud(c -> c.server(server).host())));

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(2));
      assertThat(drained()).isEqualTo("False");
    }

    private static String bootAndLetGo(Cloud c, Duration landsAfter) {
      var server = c.bootScheduled(c.tenant(), "late", 512, "compute-1", landsAfter).id();
      c.resetState(c.admin(), server, VmState.ACTIVE);
      return server;
    }

    @Test
    void aLeftRecordHasTheHostObservedOnceAMinute() {
      letGoOfOnItsWayHere("36000");

      assertThat(asked(HYPERVISOR, () -> minutes(20))).isBetween(19, 21);
      assertThat(drained()).isEqualTo("True");
    }

    @Test
    void aServiceThatSomebodyEnabledIsDisabledAgain() {
      verified();
      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));

      minutes(2);

      assertThat(world.host("compute-1").enabled()).isFalse();
    }

    @Test
    void anotherDisabledReasonHasTheHostObserved() {
      verified();
      world.simulator().change(c -> c.disable(c.admin(), "compute-1", "burn-in"));

      assertThat(asked(HYPERVISOR, () -> minutes(2))).isPositive();
    }

    @Test
    void hostIsObservedOnceAMinuteAtMost() {
      verified();
      world
          .simulator()
          .fault(USED, new Fault.Rewrite(body -> body.replaceAll("\"used\" ?: ?0", "\"used\":7")));

      assertThat(asked(HYPERVISOR, () -> minutes(10))).isBetween(9, 11);
      assertThat(drained()).isEqualTo("True");
    }
  }

  @Nested
  class AHostThatIsNotShown {

    @Test
    void isAskedForItsAllocationsAlone() {
      fillWithLeakedAllocations();
      verified();

      var own = asked(ALLOCATIONS, () -> minutes(10));

      assertThat(own).isBetween(9, 11);
    }

    @Test
    void isNotObservedMoreOftenForThat() {
      fillWithLeakedAllocations();
      verified();

      assertThat(asked(HYPERVISOR, () -> minutes(10))).isZero();
    }

    @Test
    void isAskedForItsMigrationsAndInstancesWithoutPlacement() {
      world.simulator().withoutPlacement();
      verified();

      assertThat(asked(HYPERVISOR.or(MIGRATIONS), () -> minutes(10))).isBetween(18, 22);
      assertThat(drained()).isEqualTo("True");
    }

    @Test
    void losesDrainedWithoutPlacementWhenAnInstanceCame() {
      world.simulator().withoutPlacement();
      verified();
      world.active();

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 406})
    void isAskedForAloneWhereTheCloudRefusesToBeAskedForAll(int status) {
      verified();
      world.simulator().fault(USED, Fault.error(status, "Refused."));

      assertThat(asked(ALLOCATIONS, () -> minutes(10))).isBetween(9, 11);
      assertThat(drained()).isEqualTo("True");
    }
  }

  @Nested
  class TheLog {

    @Test
    void ofACloudThatDoesNotAnswerNamesTheCloudAndNoHost() {
      world.create("hm", "compute-1");
      refuse(ANY);
      try (var logs = new Logs()) {
        world.watch();
        world.reconcile("hm");
        world.reconcile("hm");

        assertThat(logs.at(Level.WARN))
            .singleElement()
            .asString()
            .startsWith("The cloud does not answer as it should: ");
      }
    }

    @Test
    void ofAHostThatIsNotObservedInACloudThatAnswersNamesTheHost() {
      verified();
      refuse(HYPERVISOR);
      try (var logs = new Logs()) {
        minutes(20);

        assertThat(logs.at(Level.WARN)).anyMatch(l -> l.startsWith("host compute-1: not observed"));
      }
    }
  }

  @Nested
  class ABlindWatch {

    @Test
    void makesDrainedUnknownAfterThreeMinutes() {
      verified();
      refuse(ANY);

      minutes(5);

      assertThat(drained()).isEqualTo("Unknown");
    }

    @Test
    void makesDrainedUnknownAlsoWhereTheCloudWantsToBeLeftAloneForAnHour() {
      verified();
      world
          .simulator()
          .fault(ANY, Fault.error(429, "Too many requests.", Map.of("Retry-After", "3600")));

      minutes(5);

      assertThat(drained()).isEqualTo("Unknown");
    }

    /** A question to a cloud that hangs takes a minute, and a round has two. */
    @Test
    void tellsOfAHostThatWasNotSeenForLongBeforeItsNextRoundAsks() {
      verified();
      var told = new ArrayList<String>();
      beforeEachAnswer(() -> told.addAll(world.unseen()));
      refuse(ANY);
      world.pass(Duration.ofMinutes(1));
      world.watch();
      world.pass(Duration.ofMinutes(3));

      world.watch();

      assertThat(told).contains("hm");
    }

    @Test
    void tellsOfNoHostThatTheRoundMayStillSeeBeforeItAsks() {
      verified();
      var told = new ArrayList<String>();
      beforeEachAnswer(() -> told.addAll(world.unseen()));
      world.pass(Duration.ofMinutes(4));

      assertThat(world.watch()).isEmpty();
      assertThat(told).isEmpty();
    }

    private void beforeEachAnswer(Runnable deed) {
      world
          .simulator()
          .fault(
              request -> {
                deed.run();
                return false;
              },
              Fault.proxy503());
    }

    /** Nothing but its own observations tells of a host on which a left record holds a place. */
    @Test
    void hidesNoHostThatItDoesNotWatchWhileTheCloudWantsToBeLeftAlone() {
      letGoOfOnItsWayHere("36000");
      world
          .simulator()
          .fault(ANY, Fault.error(429, "Too many requests.", Map.of("Retry-After", "3600")));

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(4));
      assertThat(drained()).isEqualTo("Unknown");
    }

    @Test
    void leavesDrainedForTwoMinutes() {
      verified();
      refuse(ANY);

      minutes(2);

      assertThat(drained()).isEqualTo("True");
    }

    @Test
    void doesNotAskForEachHost() {
      verified();
      refuse(USED);

      assertThat(asked(MIGRATIONS, () -> world.runUntil("hm", () -> drained().equals("Unknown"))))
          .isZero();
    }

    @Test
    void givesDrainedBackOnlyAfterAnObservation() {
      verified();
      refuse(ANY);
      world.runUntil("hm", () -> drained().equals("Unknown"));
      world.simulator().clearFaults();

      assertThat(asked(HYPERVISOR, () -> world.runUntil("hm", () -> drained().equals("True"))))
          .isPositive();
    }

    @Test
    void observationsThatFailForHalfAnHourMakeDrainedUnknownWhateverTheWatchSees() {
      verified();
      refuse(HYPERVISOR);

      minutes(40);

      assertThat(drained()).isEqualTo("Unknown");
    }

    @Test
    void oneObservationThatFailsLeavesDrainedTrue() {
      verified();
      refuse(HYPERVISOR);

      minutes(20);

      assertThat(drained()).isEqualTo("True");
    }
  }

  /** The clock of the machine, which somebody or something may set. */
  @Nested
  class AClockThatIsSetBack {

    @ParameterizedTest
    @ValueSource(ints = {1, 24})
    void hidesNoInstanceThatCame(int hours) {
      verified();
      world.clockJumps(Duration.ofHours(-hours));
      world.active();

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(2));
    }

    @Test
    void keepsDrainedNoLongerWithoutTheCloud() {
      verified();
      world.clockJumps(Duration.ofHours(-1));
      refuse(ANY);

      assertThat(untilDrainedIsTakenAway()).isLessThan(Duration.ofMinutes(5));
    }
  }

  @Nested
  class ANewProcess {

    @Test
    void observesNoVerifiedHostAtOnce() {
      verified();
      world.startProcess();

      assertThat(asked(ANY, () -> world.reconcile("hm"))).isZero();
    }

    @Test
    void seesAVerifiedHostInItsFirstRounds() {
      verified();
      world.startProcess();
      world.reconcile("hm");

      assertThat(world.watch()).isEmpty();
    }

    @Test
    void observesAVerifiedHostWithinAQuarterOfAnHour() {
      verified();
      world.startProcess();

      assertThat(asked(HYPERVISOR, () -> minutes(15))).isPositive();
    }

    @Test
    void findsWhoCameWhileNobodyWatched() {
      verified();
      world.active();
      world.pass(Duration.ofMinutes(30));
      world.startProcess();

      world.run("hm", Duration.ofSeconds(10));

      assertThat(drained()).isNotEqualTo("True");
    }

    @Test
    void observesAHostThatIsNotVerified() {
      world.create("hm", "compute-1");
      world.reconcile("hm");
      world.startProcess();

      assertThat(asked(SERVICES, () -> world.reconcile("hm"))).isPositive();
    }
  }

  @Nested
  class NoVerifiedHost {

    @Test
    void costsOneCallAMinute() {
      world.watch();

      assertThat(asked(ANY, () -> world.watch())).isOne();
    }
  }

  @Nested
  class ManyHosts {

    @Test
    void areSeenByTheSameTwoCalls() {
      var names = List.of("compute-1", "compute-2", "compute-3");
      for (var host : names) {
        world.create(host, host);
        world.runUntilPhase(host, "InMaintenance");
      }

      assertThat(asked(ANY, () -> assertThat(world.watch()).isEmpty())).isEqualTo(2);
    }
  }
}
