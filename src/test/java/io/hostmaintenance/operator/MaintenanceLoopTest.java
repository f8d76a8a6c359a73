package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Observe, decide, record, act, report, with everything that may go wrong in between. */
class MaintenanceLoopTest {

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

  /** To the point where the next reconciliation asks for the first moves. */
  private void disabled() {
    world.create("hm", "compute-1");
    world.reconcile("hm");
    world.pass(Duration.ofSeconds(1));
  }

  /** To the point where a live migration that takes an hour runs. */
  private void moving() {
    world.runUntil(
        "hm",
        () -> world.status("hm").instances().stream().anyMatch(r -> "Running".equals(r.reason())));
  }

  /** Nova answers there after 31 s. */
  private void slow(String path) {
    world
        .simulator()
        .fault(
            1,
            on("GET", path)
                .and(
                    request -> {
                      world.pass(Duration.ofSeconds(31));
                      return false;
                    }),
            Fault.proxy503());
  }

  /**
   * Few reconciliations far apart, for the adapter asks more than once where Nova does not answer.
   */
  private void looksNowAndThen(int times) {
    for (var i = 0; i < times; i++) {
      world.reconcile("hm");
      world.pass(Duration.ofMinutes(10));
    }
  }

  private static NewServer slow() {
    return NewServer.on("compute-1").with(Steering.LM_SECONDS, "1200");
  }

  private static final class Crash extends Error {}

  @Nested
  class Intents {

    @Test
    void areStoredInTheStatusBeforeTheirRequestIsSent() {
      var server = world.active();
      disabled();
      var seen = new ArrayList<String>();
      world
          .simulator()
          .fault(
              World.moveRequest()
                  .and(
                      request -> {
                        seen.add(world.row("hm", server).state());
                        return false;
                      }),
              Fault.proxy503());

      world.reconcile("hm");

      assertThat(seen).containsExactly("Requested");
    }

    @Test
    void thatCouldNotBeStoredAreNotSent() {
      world.active();
      disabled();
      world.resources().refuseWrites(1);

      var result = world.reconcile("hm");

      assertThat(world.moveRequests()).isEmpty();
      assertThat(result.requeueAfter()).isZero();
    }

    @Test
    void areNotStoredOnAVersionThatTheyWereNotDecidedFrom() {
      world.active();
      disabled();
      var edited = new AtomicBoolean();
      world.leading(
          () -> {
            if (!edited.getAndSet(true)) {
              world.spec("hm", s -> s.reason("DIMM A3"));
            }
            return true;
          });
      var before = world.resources().writes().size();

      world.reconcile("hm");

      assertThat(world.resources().writes()).hasSize(before);
    }

    @Test
    void areSentAtTheNextReconciliationOnceStored() {
      world.active();
      disabled();
      world.resources().refuseWrites(1);
      world.reconcile("hm");

      world.reconcile("hm");

      assertThat(world.moveRequests()).hasSize(1);
    }

    @Test
    void thatTookSixSecondsToStoreAreNotSent() {
      var server = world.active();
      disabled();
      world.resources().beforeWrite(() -> world.pass(Duration.ofSeconds(6)));

      world.reconcile("hm");

      assertThat(world.moveRequests()).isEmpty();
      assertThat(world.row("hm", server))
          .extracting(InstanceStatus::state, InstanceStatus::attempts)
          .containsExactly("Pending", 0);
    }

    @Test
    void areNotStoredWhileAllRequestPermitsAreInUse() {
      world.active();
      disabled();
      world.requestsFree(false);
      var before = world.status("hm");

      var result = world.reconcile("hm");

      assertThat(world.status("hm")).isEqualTo(before);
      assertThat(world.moveRequests()).isEmpty();
      assertThat(result.requeueAfter()).isEqualTo(World.SETTINGS.pollMoving());
    }

    @Test
    void areSentOnceARequestPermitIsFree() {
      world.active();
      disabled();
      world.requestsFree(false);
      world.reconcile("hm");
      world.requestsFree(true);

      world.reconcile("hm");

      assertThat(world.moveRequests()).hasSize(1);
    }

    @Test
    void areNotSentByAProcessThatLostTheLease() {
      var server = world.active();
      disabled();
      world.leadingBeforeTheRequest(() -> false);

      world.reconcile("hm");

      assertThat(world.moveRequests()).isEmpty();
      assertThat(world.row("hm", server))
          .extracting(InstanceStatus::state, InstanceStatus::attempts)
          .containsExactly("Pending", 0);
    }

    @Test
    void areNotSentWhenTheCheckOfTheLeaseTookSixSeconds() {
      world.active();
      disabled();
      world.leadingBeforeTheRequest(
          () -> {
            world.pass(Duration.ofSeconds(6));
            return true;
          });

      world.reconcile("hm");

      assertThat(world.moveRequests()).isEmpty();
    }

    /** What was listed before is listed again, both at once, before anything is asked. */
    @Test
    void areDecidedFromListsThatAreReadAgainWhenTooOld() {
      world.active();
      disabled();
      var server = world.active();
      slow(".*/servers/" + server.id());
      var before = world.simulator().requests().size();

      world.reconcile("hm");

      assertThat(world.moveRequests()).isNotEmpty();
      assertThat(paths(before)).containsSubsequence(server.id(), "detail", "os-services", "action");
    }

    @Test
    void areNotDecidedFromListsThatTook31Seconds() {
      var server = world.active();
      disabled();
      everyAnswerTakes(Duration.ofSeconds(31));

      world.reconcile("hm");

      assertThat(world.moveRequests()).isEmpty();
      assertThat(world.row("hm", server).state()).isEqualTo("Pending");
    }
  }

  /** Whoever edits the resource has its host observed, whatever the watch sees. */
  private void observe() {
    world.annotate("hm", "example.org/ticket", "4711");
    world.reconcile("hm");
  }

  /** Each answer of Nova takes this long from now on. */
  private void everyAnswerTakes(Duration time) {
    world
        .simulator()
        .fault(
            request -> {
              if (request.method().equals("GET")) {
                world.pass(time);
              }
              return false;
            },
            Fault.proxy503());
  }

  @Nested
  class SlowClouds {

    @ParameterizedTest
    @ValueSource(ints = {5, 20})
    void areDrainedWhenAnAnswerTakesUpTo20Seconds(int seconds) {
      var running = world.active();
      var off = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      everyAnswerTakes(Duration.ofSeconds(seconds));
      world.create("hm", "compute-1");

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.row("hm", running).state()).isEqualTo("Moved");
      assertThat(world.row("hm", off).state()).isEqualTo("Moved");
    }

    /** EmptyCheck has an order and no age. */
    @Test
    void reachInMaintenanceWhenEveryListTakes55Seconds() {
      everyAnswerTakes(Duration.ofSeconds(55));
      world.create("hm", "compute-1");

      world.runUntilPhase("hm", "InMaintenance");
    }

    /** An observation of 275 s, where a host may be called empty for 180 s without one. */
    @Test
    void makeDrainedUnknownWhenAnObservationTakesLongerThan180Seconds() {
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "InMaintenance");
      everyAnswerTakes(Duration.ofSeconds(70));

      observe();

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("Unknown");
    }

    @Test
    void keepDrainedTrueWhenAnObservationTakesLessThan180Seconds() {
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "InMaintenance");
      everyAnswerTakes(Duration.ofSeconds(20));

      observe();

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
    }

    /** By lists that are older than 30 s when they come nothing is moved. */
    @Test
    void blockTheMaintenanceWithTheirTimesWhenListsTakeTooLong() {
      world.active();
      everyAnswerTakes(Duration.ofSeconds(41));
      world.create("hm", "compute-1");

      world.runUntilPhase("hm", "Blocked");

      assertThat(world.moveRequests()).isEmpty();
      assertThat(world.status("hm").condition(Condition.STALLED).orElseThrow())
          .extracting(Condition::reason, Condition::message)
          .containsExactly(
              "CloudTooSlow",
              "Nova needed 41 s for GET /servers/detail and GET /os-services. The operator"
                  + " moves nothing by answers that are older than 30 s: see why nova-api is slow.");
    }

    @Test
    void continueTheMaintenanceOnceTheyAreFastAgain() {
      var server = world.active();
      var time = new AtomicReference<>(Duration.ofSeconds(41));
      world
          .simulator()
          .fault(
              request -> {
                world.pass(time.get());
                return false;
              },
              Fault.proxy503());
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "Blocked");

      time.set(Duration.ZERO);

      world.runUntilPhase("hm", "InMaintenance");
      assertThat(world.row("hm", server).state()).isEqualTo("Moved");
    }

    /** Groups are read for what is moved next; the lists that decide it are read again then. */
    @Test
    void areDrainedWhenOnlyTheServerGroupsAreSlow() {
      var server = world.active();
      world
          .simulator()
          .fault(
              on("GET", ".*/os-server-groups")
                  .and(
                      request -> {
                        world.pass(Duration.ofSeconds(29));
                        return false;
                      }),
              Fault.proxy503());
      world.create("hm", "compute-1");

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.row("hm", server).state()).isEqualTo("Moved");
    }

    @Test
    void areObservedLessOftenWhileObservationsFail() {
      world.create("hm", "compute-1");
      world.simulator().fault(on("GET", ".*/os-services"), Fault.error(500, "Unexpected."));
      var pauses = new ArrayList<Long>();

      for (var i = 0; i < 9; i++) {
        var next = world.reconcile("hm").requeueAfter();
        pauses.add(next.toSeconds());
        world.pass(next);
      }

      assertThat(pauses).containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
    }

    @Test
    void setStalledWhenObservationsFailFor15Minutes() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().fault(on("GET", ".*/os-services"), Fault.error(500, "Unexpected."));

      world.run("hm", Duration.ofMinutes(14));
      assertThat(world.condition("hm", Condition.STALLED)).isEmpty();
      world.run("hm", Duration.ofMinutes(8));

      assertThat(world.condition("hm", Condition.STALLED)).isEqualTo("True");
      assertThat(world.condition("hm", Condition.READY)).isEqualTo("Unknown");
      world.simulator().clearFaults();
      world.runUntilPhase("hm", "InMaintenance");
    }
  }

  /** Many of whom something must be asked at once, each answer after a quarter of a second. */
  @Nested
  class ManyInstances {

    private static final int PAUSED = 200;
    private static final int LEAVERS = 500;

    @BeforeEach
    void slowly() {
      everyAnswerTakes(Duration.ofMillis(250));
    }

    @Test
    void thatAreDeletedBetweenTwoObservationsAreAllCountedAsGone() {
      world
          .simulator()
          .change(
              c -> {
                for (var i = 0; i < LEAVERS; i++) {
                  c.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
                }
              });
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "Blocked");
      world
          .simulator()
          .change(c -> c.servers().forEach(s -> c.perform(c.tenant(), s.id(), Operation.DELETE)));

      world.runUntil("hm", () -> Objects.equals(world.status("hm").gone(), LEAVERS));

      world.runUntilPhase("hm", "InMaintenance");
    }

    @Test
    void thatArePausedStartToMove() {
      world
          .simulator()
          .change(
              c -> {
                for (var i = 0; i < PAUSED; i++) {
                  c.place(
                      NewServer.on("compute-1").in(VmState.PAUSED).with(Steering.LM_SECONDS, "1"));
                }
              });
      world.create("hm", "compute-1");

      world.runUntil("hm", () -> Objects.requireNonNullElse(world.status("hm").moved(), 0) >= 20);

      assertThat(world.status("hm").total()).isEqualTo(PAUSED);
    }

    /** What is known of one observation is not asked for again at the next. */
    @Test
    void thatStayPausedAreNotQueriedAtEveryObservation() {
      for (var i = 0; i < 5; i++) {
        world.place(slow().in(VmState.PAUSED));
      }
      world.create("hm", "compute-1");
      moving();
      world.reconcile("hm");
      var before = world.simulator().requests().size();

      world.pass(Duration.ofSeconds(5));
      world.reconcile("hm");

      assertThat(paths(before)).doesNotContain("os-instance-actions");
    }
  }

  @Nested
  class AProcessThatLostTheLease {

    @Test
    void storesNothing() {
      world.create("hm", "compute-1");
      world.leading(() -> false);

      world.reconcile("hm");

      assertThat(world.resources().writes()).isEmpty();
    }

    /** The API server takes the finalizer off on any version, and with it goes the resource. */
    @Test
    void releasesNoResource() {
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      world.reconcile("hm");
      world.leading(() -> false);

      world.run("hm", Duration.ofMinutes(5));

      assertThat(world.gone("hm")).isFalse();
    }

    @Test
    void storesAgainOnceItLeads() {
      world.create("hm", "compute-1");
      world.leading(() -> false);
      world.reconcile("hm");
      world.leading(() -> true);

      world.run("hm", Duration.ofMinutes(5));

      assertThat(world.status("hm").phase()).isEqualTo("InMaintenance");
    }
  }

  @Nested
  class ACrashBetweenIntentAndRequest {

    private void crash() {
      disabled();
      world.leadingBeforeTheRequest(
          () -> {
            throw new Crash();
          });
      assertThatThrownBy(() -> world.reconcile("hm")).isInstanceOf(Crash.class);
      world.leading(() -> true);
      world.pass(Duration.ofMinutes(1));
      world.startProcess();
      world.reconcile("hm");
    }

    @Test
    void sendsNoRequestDuringTheAnswerWait() {
      world.active();
      crash();

      world.run("hm", World.SETTINGS.answerWait().minusSeconds(5));

      assertThat(world.moveRequests()).isEmpty();
    }

    @Test
    void leadsToARequestOfTheSameAttempt() {
      var server = world.active();
      crash();

      world.runUntil("hm", () -> !world.moveRequests().isEmpty());

      assertThat(world.row("hm", server).attempts()).isEqualTo(1);
    }

    @Test
    void leadsToExactlyOneRequest() {
      world.active();
      crash();

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.moveRequests()).hasSize(1);
    }
  }

  @Nested
  class UnknownOutcomes {

    @Test
    void ofAnExecutedRequestAreTrackedAndTheRequestIsNotRepeated() {
      var server = world.active();
      disabled();
      world.simulator().fault(1, World.moveRequest(), new Fault.LoseReply());

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.moveRequests()).hasSize(1);
      assertThat(world.row("hm", server))
          .extracting(InstanceStatus::state, InstanceStatus::attempts)
          .containsExactly("Moved", 1);
    }

    @Test
    void ofALostRequestAreAwaitedBeforeARepetition() {
      world.active();
      disabled();
      world.simulator().fault(1, World.moveRequest(), new Fault.DropRequest());

      world.run("hm", World.SETTINGS.answerWait().minusSeconds(5));

      assertThat(world.moveRequests()).hasSize(1);
    }

    @Test
    void ofALostRequestLeadToOneRepetitionOfTheSameAttempt() {
      var server = world.active();
      disabled();
      world.simulator().fault(1, World.moveRequest(), new Fault.DropRequest());

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.moveRequests()).hasSize(2);
      assertThat(world.row("hm", server).attempts()).isEqualTo(1);
    }

    @Test
    void areResolvedAfterAnOperatorRestart() {
      world.active();
      disabled();
      world.simulator().fault(1, World.moveRequest(), new Fault.LoseReply());
      world.reconcile("hm");

      world.startProcess();
      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.moveRequests()).hasSize(1);
    }

    @Test
    void ofAConfirmationEndWithTheInstanceMoved() {
      var server = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      disabled();
      world
          .simulator()
          .fault(
              1,
              World.moveRequest().and(r -> r.json().has("confirmResize")),
              new Fault.LoseReply());

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.row("hm", server).state()).isEqualTo("Moved");
      assertThat(world.moveRequests()).hasSize(2);
    }
  }

  @Nested
  class AnswersThatCannotBeStored {

    @Test
    void areStoredAfterAWriteConflictWithAnotherClient() {
      var server = world.active();
      disabled();
      var writes = new ArrayList<Integer>();
      world
          .resources()
          .beforeWrite(
              () -> {
                writes.add(1);
                if (writes.size() == 2) {
                  world.annotate("hm", "somebody", "else");
                }
              });

      world.reconcile("hm");

      assertThat(world.row("hm", server).requestId()).startsWith("req-");
    }

    @Test
    void areReadAgainFromNova() {
      world.active();
      disabled();
      var writes = new ArrayList<Integer>();
      world
          .resources()
          .beforeWrite(
              () -> {
                writes.add(1);
                if (writes.size() == 2) {
                  world.resources().refuseWrites(3);
                }
              });

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.moveRequests()).hasSize(1);
    }
  }

  @Nested
  class RefusalsByNova {

    @Test
    void withARetryAfterDelayTheNextRequest() {
      world.active();
      disabled();
      world
          .simulator()
          .fault(
              1, World.moveRequest(), Fault.error(429, "Slow down.", Map.of("Retry-After", "120")));

      world.run("hm", Duration.ofSeconds(115));

      assertThat(world.moveRequests()).hasSize(1);
    }

    @Test
    void withARetryAfterDoNotUseUpAnAttempt() {
      var server = world.active();
      disabled();
      world
          .simulator()
          .fault(
              1, World.moveRequest(), Fault.error(429, "Slow down.", Map.of("Retry-After", "120")));

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.row("hm", server).attempts()).isEqualTo(1);
    }
  }

  @Nested
  class ListsThatFail {

    @ParameterizedTest
    @ValueSource(strings = {"servers/detail", "os-migrations", "os-services"})
    void neverMakeAHostDrained(String list) {
      world.active();
      disabled();
      world.simulator().fault(on("GET", ".*/" + list), Fault.proxy503());

      looksNowAndThen(5);

      assertThat(world.resources().writes())
          .extracting(s -> s.condition(Condition.DRAINED).map(Condition::status).orElse(""))
          .doesNotContain("True");
      assertThat(world.resources().writes())
          .flatExtracting(HostMaintenanceStatus::instances)
          .extracting(InstanceStatus::state)
          .doesNotContain("Moved", "Gone");
    }

    @Test
    void makeDrainedUnknownAfterThreeMinutes() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().fault(on("GET", ".*/os-hypervisors/.*"), Fault.proxy503());

      world.pass(World.SETTINGS.observationTimeout());
      world.reconcile("hm");

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("Unknown");
      assertThat(world.condition("hm", Condition.READY)).isEqualTo("Unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"os-migrations", "servers/detail"})
    void ofACellThatReturnsDuringTheObservationDoNotMakeTheHostEmpty(String list) {
      var guest = world.active();
      world.simulator().change(c -> c.resize(c.tenant(), guest.id(), 4096));
      world.pass(Duration.ofMinutes(2));
      disabled();
      var listed = new AtomicBoolean();
      world
          .simulator()
          .fault(
              request -> {
                var asked = request.path().endsWith("/" + list);
                listed.compareAndSet(false, asked);
                var back = listed.get() && !asked;
                world.simulator().change(c -> c.cellDown("compute-1", !back));
                return false;
              },
              Fault.proxy503());

      world.reconcile("hm");

      assertThat(world.status("hm").firstEmptyTime()).isNull();
      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("False");
    }

    @Test
    void keepAnEmptyHostDrainedWhenTheyFailOnlyOnce() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().fault(1, on("GET", ".*/os-hypervisors/.*"), Fault.proxy503());

      world.reconcile("hm");

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
    }

    /** The list of servers asks neutron for each of them, the hypervisor does not. */
    @Test
    void ofServersDoNotAffectAnEmptyHost() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().fault(on("GET", ".*/servers/detail"), Fault.error(500, "Neutron."));

      world.run("hm", Duration.ofMinutes(20));

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
    }
  }

  /** With 200 and without the rows of a cell whose database connection was lost. */
  @Nested
  class IncompleteLists {

    private final Fault noServers = new Fault.Rewrite(body -> "{\"servers\": []}");
    private final Fault noMigrations = new Fault.Rewrite(body -> "{\"migrations\": []}");

    @Test
    void neverMakeAHostWithInstancesEmpty() {
      var guest = world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      world.simulator().fault(on("GET", ".*/servers/detail"), noServers);
      world.simulator().fault(on("GET", ".*/os-migrations"), noMigrations);
      world.create("hm", "compute-1");

      world.run("hm", Duration.ofMinutes(10));

      assertThat(world.status("hm").firstEmptyTime()).isNull();
      assertThat(world.status("hm").condition(Condition.DRAINED).orElseThrow())
          .extracting(Condition::status, Condition::message)
          .containsExactly(
              "False",
              "Nova's hypervisor of the host shows instance "
                  + guest.id()
                  + ", which the list of its instances lacks.");
    }

    @Test
    void ofServersAreReadAgainWhenTheHypervisorShowsAnInstance() {
      var guest = world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      disabled();
      world.simulator().fault(1, on("GET", ".*/servers/detail"), noServers);

      world.reconcile("hm");

      assertThat(world.row("hm", guest).reason()).isEqualTo("UnsupportedState");
    }

    @Test
    void makeDrainedUnknownWhenTheHypervisorFailsToo() {
      world.active();
      disabled();
      world.simulator().fault(on("GET", ".*/servers/detail"), noServers);
      world.simulator().fault(on("GET", ".*/os-hypervisors/.+-.+"), Fault.error(500, "Database."));

      looksNowAndThen(5);

      assertThat(world.status("hm").firstEmptyTime()).isNull();
      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("Unknown");
    }

    /** Without placement nothing else tells of a resize that its owner may revert. */
    @Test
    void ofMigrationsAreReadTwiceWithoutPlacement() {
      world.simulator().fault(on("GET", ".*/allocations"), Fault.error(404, "No such provider."));
      var guest = world.active();
      world.simulator().change(c -> c.resize(c.tenant(), guest.id(), 4096));
      world.pass(Duration.ofMinutes(2));
      disabled();
      world.simulator().fault(1, on("GET", ".*/os-migrations"), noMigrations);

      world.reconcile("hm");

      assertThat(world.status("hm").firstEmptyTime()).isNull();
    }

    /**
     * Three lists of one observation were short at once in a world without placement (seed 11204).
     */
    @Test
    void ofMigrationsDoNotHideAKnownUnconfirmedResize() {
      world.simulator().fault(on("GET", ".*/allocations"), Fault.error(404, "No such provider."));
      var guest = world.active();
      world.simulator().change(c -> c.resize(c.tenant(), guest.id(), 4096));
      world.pass(Duration.ofMinutes(2));
      disabled();
      assertThat(world.row("hm", guest).reason()).isEqualTo("UnconfirmedResize");
      world.simulator().fault(on("GET", ".*/os-migrations"), noMigrations);

      world.run("hm", Duration.ofMinutes(10));

      assertThat(world.status("hm").firstEmptyTime()).isNull();
      assertThat(world.row("hm", guest).reason()).isEqualTo("UnconfirmedResize");
    }

    @Test
    void ofMigrationsDoNotAllowASecondMoveOfAPausedInstance() {
      var guest = world.place(NewServer.on("compute-2").in(VmState.PAUSED));
      world
          .simulator()
          .change(
              c ->
                  c.liveMigrate(
                      c.as(c.users().get("admin")),
                      guest.id(),
                      LiveMigrationRequest.to("compute-1")));
      world.pass(Duration.ofMinutes(5));
      world.simulator().fault(on("GET", ".*/os-migrations"), noMigrations);
      world.create("hm", "compute-1");

      world.run("hm", Duration.ofMinutes(5));

      assertThat(world.moveRequests()).isEmpty();
      assertThat(world.row("hm", guest).message())
          .startsWith("Nova does not tell whether it was live-migrated since it was paused");
    }
  }

  /** A compute node need not be named after its host, and a host may have several. */
  @Nested
  class HypervisorsOfOneHost {

    /** An orphan comes first in the list; what is on its way holds an allocation of the other. */
    @Test
    void areAllQueriedInPlacement() {
      world.simulator().change(c -> c.orphan("compute-1", "an-old-name"));
      world
          .simulator()
          .change(
              c -> c.bootScheduled(c.tenant(), "late", 512, "compute-1", Duration.ofMinutes(10)));
      world.create("hm", "compute-1");

      world.run("hm", Duration.ofMinutes(5));

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("False");
    }

    @Test
    void areAllQueriedForTheirInstances() {
      world.simulator().change(c -> c.orphan("compute-1", "an-old-name"));
      disabled();
      var before = world.simulator().requests().size();

      world.reconcile("hm");

      assertThat(
              world.simulator().requests().stream()
                  .skip(before)
                  .filter(r -> r.query().containsKey("with_servers")))
          .hasSize(2);
    }

    @Test
    void areReadAgainWhenNovaRecreatesOne() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().change(c -> c.renewHypervisor("compute-1"));

      world.run("hm", Duration.ofMinutes(2));

      assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
    }

    /** No list can prove that a host is empty: it is told, and goes on once nova-compute is up. */
    @Test
    void areRequiredForDrained() {
      world.simulator().change(c -> c.loseHypervisor("compute-1"));
      world.create("hm", "compute-1");

      world.runUntilPhase("hm", "Blocked");

      assertThat(world.status("hm").condition(Condition.DRAINED).orElseThrow())
          .extracting(Condition::status, Condition::reason)
          .containsExactly("Unknown", "NoHypervisor");
      world.simulator().change(c -> c.renewHypervisor("compute-1"));
      world.runUntilPhase("hm", "InMaintenance");
    }
  }

  @Nested
  class NovaCalls {

    private int callsOfATick() {
      var before = world.simulator().requests().size();
      world.reconcile("hm");
      return world.simulator().requests().size() - before;
    }

    @Test
    void forAHostInMaintenanceAreThree() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      roundOfTheWatch();
      var before = world.simulator().requests().size();

      observe();

      assertThat(paths(before))
          .containsExactly("os-migrations", world.host("compute-1").hypervisorId(), "allocations");
    }

    private void roundOfTheWatch() {
      world.pass(Duration.ofSeconds(1));
      world.watch();
      world.pass(Duration.ofSeconds(1));
    }

    @Test
    void forAHostThatIsNotYetVerifiedHaveServicesFirstAndLast() {
      disabled();
      world.runUntil("hm", () -> world.status("hm").firstEmptyTime() != null);
      roundOfTheWatch();
      var before = world.simulator().requests().size();

      world.reconcile("hm");

      assertThat(paths(before)).startsWith("os-services", "os-migrations").contains("os-services");
      assertThat(paths(before).stream().filter("os-services"::equals)).hasSize(2);
    }

    /**
     * What nobody holds is found out once: a host's whole history is not read at each observation.
     */
    @Test
    void forAHostWithALeakedAllocationAreThree() {
      world.active();
      world.simulator().change(c -> c.leak("compute-1"));
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "InMaintenance");
      roundOfTheWatch();
      var before = world.simulator().requests().size();

      observe();

      assertThat(world.simulator().requests()).hasSize(before + 3);
    }

    @Test
    void forAHostWithABlockedInstanceAreFourLists() {
      world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      disabled();
      world.runUntilPhase("hm", "Blocked");
      var before = world.simulator().requests().size();

      world.reconcile("hm");

      assertThat(paths(before).stream().filter(p -> !p.equals("os-server-groups")))
          .containsExactly("os-services", "os-migrations", "detail", "os-services");
    }
  }

  /** Nova tells of every other one. */
  @Test
  void instanceThatNovaDoesNotShowIsBlockedAndNamesTheCommand() {
    var server = world.place(slow());
    world.create("hm", "compute-1");
    moving();
    var broken = new AtomicBoolean(true);
    world
        .simulator()
        .fault(
            100_000,
            on("GET", ".*/servers/" + server.id()).and(request -> broken.get()),
            Fault.error(500, "Unexpected API Error."));

    world.runUntilPhase("hm", "Blocked");
    assertThat(world.row("hm", server).message()).contains("openstack server show " + server.id());

    broken.set(false);
    world.runUntilPhase("hm", "InMaintenance");
    assertThat(world.row("hm", server).state()).isEqualTo("Moved");
  }

  @Nested
  class Deletion {

    @Test
    void ofAFailedMaintenanceCallsNoNovaApi() {
      world.create("hm", "nowhere");
      world.reconcile("hm");
      var before = world.simulator().requests().size();
      world.delete("hm");

      assertThat(world.reconcile("hm").released()).isTrue();
      assertThat(paths(before)).isEmpty();
    }

    @Test
    void beforeTheFirstReconciliationCallsNoNovaApi() {
      world.create("hm", "compute-1");
      world.delete("hm");

      assertThat(world.reconcile("hm").released()).isTrue();
      assertThat(world.simulator().requests()).isEmpty();
    }

    /** However many there are: each costs the same. */
    @ParameterizedTest
    @ValueSource(ints = {2, 60})
    void ofManyResourcesCostsTheSameNumberOfCallsForEach(int many) {
      for (var i = 0; i < many; i++) {
        world.simulator().cloud(c -> c.addHost("node-" + c.hosts().size()));
      }
      for (var i = 0; i < many; i++) {
        world.create("hm-" + i, "node-" + (4 + i));
        world.reconcile("hm-" + i);
        world.pass(Duration.ofSeconds(1));
        world.reconcile("hm-" + i);
      }
      for (var i = 0; i < many; i++) {
        world.delete("hm-" + i);
      }
      var kubernetes = world.resources().calls();
      var nova = world.simulator().requests().size();
      var lists = world.resources().lists();

      for (var i = 0; i < many; i++) {
        while (!world.gone("hm-" + i)) {
          world.reconcile("hm-" + i);
        }
      }

      assertThat(world.resources().calls() - kubernetes).isLessThanOrEqualTo(8 * many);
      assertThat(world.simulator().requests().size() - nova).isLessThanOrEqualTo(40 * many);
      assertThat(world.resources().lists()).isEqualTo(lists).isEqualTo(1);
    }

    @Test
    void enablesTheServiceWhileAMoveStillRuns() {
      world.place(slow());
      world.create("hm", "compute-1", "Finish");
      moving();

      world.delete("hm");
      world.run("hm", Duration.ofSeconds(30));

      assertThat(world.host("compute-1").enabled()).isTrue();
      assertThat(world.gone("hm")).isFalse();
    }

    @Test
    void waitsForARunningMoveWithOnDeleteFinish() {
      var server = world.place(slow());
      world.create("hm", "compute-1", "Finish");
      moving();

      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(server.host()).isNotEqualTo("compute-1");
    }

    @Test
    void abortsARunningMoveWithOnDeleteAbort() {
      var server = world.place(slow());
      world.create("hm", "compute-1", "Abort");
      moving();

      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(server.host()).isEqualTo("compute-1");
      assertThat(world.simulator().requests(on("DELETE", ".*/migrations/\\d+"))).isNotEmpty();
    }

    @Test
    void requestsNoFurtherMoves() {
      for (var i = 0; i < 4; i++) {
        world.place(slow());
      }
      world.create("hm", "compute-1", "Finish");
      moving();
      var before = world.moveRequests().size();

      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(world.moveRequests()).hasSize(before);
    }

    @Test
    void leavesTheHostUnchangedWithTheSkipAnnotation() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      var requests = world.simulator().requests().size();

      world.annotate("hm", HostMaintenance.SKIP_GIVE_BACK, "true");
      world.delete("hm");
      world.reconcile("hm");

      assertThat(world.gone("hm")).isTrue();
      assertThat(world.simulator().requests()).hasSize(requests);
      assertThat(world.notices()).extracting(Notice::reason).contains(Reason.GiveBackSkipped);
    }

    @Test
    void waitsUntilNovaAnswersAndThenEnablesTheService() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().fault(request -> true, Fault.proxy503());

      world.delete("hm");
      looksNowAndThen(5);
      assertThat(world.gone("hm")).isFalse();

      world.simulator().clearFaults();
      world.runUntil("hm", () -> world.gone("hm"));
      assertThat(world.host("compute-1").enabled()).isTrue();
    }
  }

  @Nested
  class ASecondMaintenanceOfTheHost {

    @Test
    void isReconciledWhenTheHolderIsGoneAndDisablesTheService() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.create("later", "compute-1");
      world.reconcile("later");
      world.delete("hm");
      world.woken();

      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(world.host("compute-1").enabled()).isTrue();
      assertThat(world.woken()).containsExactly("later");
      world.reconcile("later");
      assertThat(world.host("compute-1").disabledReason())
          .isEqualTo("host-maintenance later [uid-of-l]");
    }

    @Test
    void isReleasedAtOnceWithoutAnObservation() {
      disabled();
      world.create("later", "compute-1");
      world.reconcile("later");
      world.delete("later");
      var before = world.simulator().requests(r -> true).size();

      world.reconcile("later");

      assertThat(world.gone("later")).isTrue();
      assertThat(world.simulator().requests(r -> true)).hasSize(before);
      assertThat(world.host("compute-1").enabled()).isFalse();
    }

    @Test
    void continuesWhenTheHolderDisappearsWithoutACleanup() {
      disabled();
      world.create("later", "compute-1");
      world.reconcile("later");
      world.resources().vanish("hm");

      world.run("later", World.SETTINGS.pollIdle().plusSeconds(5));

      assertThat(world.status("later").service()).isNotNull();
      assertThat(world.status("later").service().disabledByUs()).isFalse();
      assertThat(world.status("later").condition("ServiceDisabled").orElseThrow().message())
          .contains("another HostMaintenance");
    }

    @Test
    void callsNoNovaApiWhileItWaits() {
      world.create("hm", "compute-1");
      world.runUntilPhase("hm", "InMaintenance");
      world.pass(Duration.ofSeconds(1));
      world.create("later", "compute-1");
      var before = world.simulator().requests(r -> true).size();

      for (var tick = 0; tick < 3; tick++) {
        world.reconcile("later");
        world.pass(Duration.ofMinutes(1));
      }

      assertThat(world.status("later").phase()).isEqualTo("Blocked");
      assertThat(world.simulator().requests(r -> true)).hasSize(before);
    }
  }

  @Nested
  class TheComputeService {

    @Test
    void thatSomeoneElseDisabledIsNeverChanged() {
      world.simulator().change(c -> c.disable(c.admin(), "compute-1", "burn-in"));
      var server = world.active();
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(server.host()).isNotEqualTo("compute-1");
      assertThat(world.servicePuts()).isEmpty();
      assertThat(world.host("compute-1").disabledReason()).isEqualTo("burn-in");
    }

    @Test
    void thatNovaForbidsToDisableFailsTheMaintenanceUntilNovaAllowsIt() {
      world.create("hm", "compute-1");
      var forbidden = new AtomicBoolean(true);
      world
          .simulator()
          .fault(
              1000,
              on("PUT", ".*/os-services/.*").and(request -> forbidden.get()),
              Fault.error(403, "Policy doesn't allow it."));

      world.run("hm", Duration.ofMinutes(2));
      assertThat(world.status("hm").phase()).isEqualTo("Failed");
      assertThat(world.status("hm").condition("Ready").orElseThrow().message())
          .contains("cannot be disabled", "Policy doesn't allow it.");
      assertThat(world.notices()).extracting(Notice::reason).containsOnlyOnce(Reason.Forbidden);

      forbidden.set(false);
      world.runUntilPhase("hm", "InMaintenance");
    }

    @Test
    void thatSomeoneDisablesJustBeforeTheEnableRequestIsLeftDisabled() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      var puts = world.servicePuts().size();
      world
          .resources()
          .beforeWrite(
              () ->
                  world
                      .simulator()
                      .change(c -> c.disable(c.admin(), "compute-1", "the disk is broken")));

      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(world.servicePuts()).hasSize(puts);
      assertThat(world.host("compute-1").disabledReason()).isEqualTo("the disk is broken");
    }

    @Test
    void thatIsForcedDownIsReportedWhenItIsEnabled() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.simulator().change(c -> c.forceDown(c.admin(), "compute-1", true));
      world.delete("hm");

      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(world.notices())
          .filteredOn(n -> n.reason() == Reason.ServiceEnabled)
          .singleElement()
          .satisfies(
              n -> {
                assertThat(n.type()).isEqualTo(Notice.Type.Warning);
                assertThat(n.message())
                    .contains(
                        "is forced down",
                        "openstack compute service set --up compute-1 nova-compute");
              });
    }

    @Test
    void thatSomeoneEnablesIsDisabledAgain() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");

      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.run("hm", Duration.ofMinutes(2));

      assertThat(world.host("compute-1").enabled()).isFalse();
      assertThat(world.notices()).extracting(Notice::reason).contains(Reason.ServiceReenabled);
    }

    @Test
    void thatSomeoneEnablesRepeatedlyIsLeftEnabledAndBlocksTheMaintenance() {
      disabled();
      for (var i = 0; i < 4; i++) {
        world.run("hm", Duration.ofSeconds(10));
        world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      }
      world.reconcile("hm");

      assertThat(world.status("hm").phase()).isEqualTo("Blocked");
      assertThat(world.host("compute-1").enabled()).isTrue();
    }

    @Test
    void thatWasLeftEnabledIsReleasedAtOnceOnDelete() {
      disabled();
      for (var i = 0; i < 4; i++) {
        world.run("hm", Duration.ofSeconds(10));
        world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      }
      world.reconcile("hm");

      world.delete("hm");
      world.run("hm", Duration.ofSeconds(10));

      assertThat(world.gone("hm")).isTrue();
    }

    @Test
    void isNotChangedByAnIntentThatTookSixSecondsToStore() {
      world.create("hm", "compute-1");
      world.resources().beforeWrite(() -> world.pass(Duration.ofSeconds(6)));

      world.reconcile("hm");

      assertThat(world.servicePuts()).isEmpty();
    }

    @Test
    void isNotChangedByAProcessThatLostTheLease() {
      world.create("hm", "compute-1");
      world.leadingBeforeTheRequest(() -> false);

      world.reconcile("hm");

      assertThat(world.servicePuts()).isEmpty();
    }

    /** Of two requests the later one could take effect when the host is given back already. */
    @Test
    void isNotDisabledAgainDuringTheAnswerWait() {
      world.create("hm", "compute-1");
      world.simulator().fault(1, World.servicePut(), Fault.proxy503());

      world.run("hm", World.SETTINGS.answerWait().minusSeconds(5));
      assertThat(world.servicePuts()).hasSize(1);
      assertThat(world.status("hm").condition("Ready").orElseThrow().message())
          .contains("cannot be disabled");

      world.run("hm", Duration.ofSeconds(15));
      assertThat(world.servicePuts()).hasSize(2);
      assertThat(world.host("compute-1").enabled()).isFalse();
    }

    @Test
    void isNotEnabledAgainDuringTheAnswerWait() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      world.simulator().fault(1, World.servicePut(), Fault.proxy503());
      var before = world.servicePuts().size();

      world.run("hm", World.SETTINGS.answerWait().minusSeconds(5));
      assertThat(world.servicePuts()).hasSize(before + 1);
      assertThat(world.status("hm").condition("Ready").orElseThrow().message())
          .contains("Cannot be given back yet");

      world.run("hm", Duration.ofSeconds(15));
      assertThat(world.gone("hm")).isTrue();
    }

    /** A status without news is not stored, so no conflict tells of the delete. */
    @Test
    void isNotDisabledOnceTheResourceIsDeleted() {
      world.create("hm", "compute-1");
      world.simulator().fault(1000, World.servicePut(), Fault.error(403, "No."));
      world.run("hm", Duration.ofMinutes(2));
      world.pass(Deadlines.LONGEST);
      var before = world.servicePuts().size();
      world
          .simulator()
          .fault(
              on("GET", ".*/os-services")
                  .and(
                      request -> {
                        world.delete("hm");
                        return false;
                      }),
              Fault.proxy503());

      world.reconcile("hm");

      assertThat(world.servicePuts()).hasSize(before);
    }

    @Test
    void thatNovaForbidsToDisableIsRequestedLessAndLessOften() {
      world.create("hm", "compute-1");
      world.simulator().fault(1000, World.servicePut(), Fault.error(403, "No."));

      world.run("hm", Duration.ofHours(1));
      var first = world.servicePuts().size();
      world.run("hm", Duration.ofHours(2));

      assertThat(first).isBetween(10, 25);
      assertThat(world.servicePuts().size() - first).isBetween(4, 10);
    }

    @Test
    void isNotEnabledByARestartedOperatorDuringTheAnswerWait() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      var before = world.servicePuts().size();
      world.leadingBeforeTheRequest(
          () -> {
            throw new Crash();
          });
      assertThatThrownBy(() -> world.reconcile("hm")).isInstanceOf(Crash.class);
      world.leading(() -> true);
      world.startProcess();

      world.run("hm", World.SETTINGS.answerWait());
      assertThat(world.servicePuts()).hasSize(before);

      world.run("hm", Duration.ofSeconds(10));
      assertThat(world.gone("hm")).isTrue();
    }

    @Test
    void thatSomeoneEnablesLaterDoesNotShowAnOldRefusal() {
      world.create("hm", "compute-1");
      world.simulator().fault(1, World.servicePut(), new Fault.LoseReply());
      world.runUntilPhase("hm", "InMaintenance");
      world.run("hm", World.SETTINGS.answerWait().plusSeconds(60));

      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.reconcile("hm");

      assertThat(world.status("hm").condition("Ready").orElseThrow().message())
          .doesNotContain("cannot be disabled");
    }

    @Test
    void whoseDisableReplyWasLostIsRecognizedAsDisabled() {
      world.create("hm", "compute-1");
      world.simulator().fault(1, World.servicePut(), new Fault.LoseReply());

      world.runUntilPhase("hm", "InMaintenance");

      assertThat(world.servicePuts()).hasSize(1);
      assertThat(world.status("hm").service().disabledByUs()).isTrue();
    }
  }

  @Nested
  class SeveralHosts {

    @Test
    void beyondTheLimitStayPending() {
      world.place(slow());
      world.place(NewServer.on("compute-2").with(Steering.LM_SECONDS, "1200"));
      world.create("a", "compute-1");
      world.create("b", "compute-2");
      world.create("c", "compute-3");
      for (var name : List.of("a", "b")) {
        world.reconcile(name);
        world.pass(Duration.ofSeconds(1));
      }

      world.reconcile("c");

      assertThat(world.status("c").phase()).isEqualTo("Pending");
      assertThat(world.host("compute-3").enabled()).isTrue();
    }

    /** Its moves are in flight, so that it holds one of the two places. */
    private void drains(String name, String host) {
      world.place(NewServer.on(host).with(Steering.LM_SECONDS, "1200"));
      world.create(name, host);
      world.reconcile(name);
      world.pass(Duration.ofSeconds(1));
      world.reconcile(name);
    }

    private void waits(String name, String host) {
      world.place(NewServer.on(host).with(Steering.LM_SECONDS, "1200"));
      world.create(name, host);
      world.pass(Duration.ofSeconds(1));
      world.reconcile(name);
      assertThat(world.status(name).condition("Ready").orElseThrow().reason())
          .isEqualTo("WaitingForTurn");
    }

    private void suspend(String name) {
      world.resources().edit(name, r -> suspended(r));
    }

    private static HostMaintenance suspended(HostMaintenance resource) {
      var s = resource.getSpec();
      resource.setSpec(HostMaintenanceSpecBuilder.builder().host(s.host()).suspend(true).build());
      return resource;
    }

    @Test
    void thatWaitNameTheDrainingMaintenances() {
      drains("a", "compute-1");
      drains("b", "compute-2");

      waits("c", "compute-3");

      assertThat(world.status("c").condition("Ready").orElseThrow().message())
          .contains("at most 2 hosts", "a, b.");
    }

    @Test
    void thatWaitContinueOldestFirstWhenASlotBecomesFree() {
      drains("a", "compute-1");
      drains("b", "compute-2");
      waits("c", "compute-3");
      waits("d", "compute-4");
      world.woken();

      world.delete("a");
      world.reconcile("a");

      assertThat(world.woken()).containsExactly("c");
      world.reconcile("d");
      assertThat(world.status("d").phase()).isEqualTo("Pending");
      world.reconcile("c");
      assertThat(world.status("c").phase()).isEqualTo("Draining");
    }

    /** A dead rack must not keep all other hosts waiting. */
    @Test
    void thatAreDownHoldNoSlot() {
      var stays = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      world.create("a", "compute-1");
      world.reconcile("a");
      drains("b", "compute-2");
      waits("c", "compute-3");
      world.woken();

      world.simulator().change(c -> c.killCompute("compute-1"));
      world.pass(Duration.ofMinutes(2));
      world.reconcile("a");

      assertThat(stays.host()).isEqualTo("compute-1");
      assertThat(world.status("a").condition("Ready").orElseThrow().reason())
          .isEqualTo("SourceServiceDown");
      assertThat(world.woken()).containsExactly("c");
      world.reconcile("c");
      assertThat(world.status("c").phase()).isEqualTo("Draining");
    }

    @Test
    void thatAreSuspendedHoldNoSlotAndWaitForOneAfterwards() {
      world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      world.create("a", "compute-1");
      suspend("a");
      world.reconcile("a");
      world.pass(Duration.ofSeconds(1));
      world.reconcile("a");
      drains("b", "compute-2");
      drains("c", "compute-3");
      assertThat(world.status("c").phase()).isEqualTo("Draining");

      world.resources().edit("a", r -> withoutSuspend(r));
      world.reconcile("a");

      assertThat(world.status("a").condition("Ready").orElseThrow().reason())
          .isEqualTo("WaitingForTurn");
      assertThat(world.moveRequests()).hasSize(2);
    }

    private static HostMaintenance withoutSuspend(HostMaintenance resource) {
      resource.setSpec(
          HostMaintenanceSpecBuilder.builder().host(resource.getSpec().host()).build());
      return resource;
    }

    @Test
    void whoseResourceDisappearsHoldNoSlotAfterAnIdlePoll() {
      drains("a", "compute-1");
      drains("b", "compute-2");
      waits("c", "compute-3");
      world.resources().vanish("a");

      world.pass(World.SETTINGS.pollIdle());
      world.reconcile("c");

      assertThat(world.status("c").phase()).isEqualTo("Draining");
    }

    @Test
    void shareTheLimitOfRunningMoves() {
      for (var i = 0; i < 5; i++) {
        world.place(slow());
        world.place(NewServer.on("compute-2").with(Steering.LM_SECONDS, "1200"));
        world.place(NewServer.on("compute-1").in(VmState.STOPPED));
        world.place(NewServer.on("compute-2").in(VmState.STOPPED));
      }
      world.create("a", "compute-1");
      world.create("b", "compute-2");
      for (var i = 0; i < 2; i++) {
        world.reconcile("a");
        world.reconcile("b");
        world.pass(Duration.ofSeconds(1));
      }

      assertThat(world.moveRequests()).hasSize(World.SETTINGS.maxMoves());
    }
  }

  @Nested
  class StatusWrites {

    @Test
    void areNotMadeWhenNothingChanged() {
      disabled();
      world.runUntilPhase("hm", "InMaintenance");
      var writes = world.resources().writes().size();

      world.run("hm", Duration.ofHours(2));

      assertThat(world.resources().writes()).hasSize(writes);
    }

    @Test
    void ofProgressAreAtMostOneIn35Seconds() {
      world.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "60"));
      world.create("hm", "compute-1");
      moving();
      var writes = world.resources().writes().size();

      world.run("hm", Duration.ofSeconds(35));

      assertThat(world.resources().writes().size() - writes).isLessThanOrEqualTo(1);
    }
  }

  @Nested
  class AServiceThatSomeoneEnabledDuringAMove {

    @Test
    void isGivenBackByADeleteRightAfterItWasDisabledAgain() {
      world.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "300"));
      world.create("hm", "compute-1");
      moving();
      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.runUntil("hm", () -> world.servicePuts().size() == 2);

      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(world.host("compute-1").enabled()).isTrue();
    }

    @Test
    void isDisabledOnceMoreAndToldOnce() {
      world.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "300"));
      world.create("hm", "compute-1");
      moving();
      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.runUntil("hm", () -> world.servicePuts().size() == 2);

      world.run("hm", Duration.ofMinutes(2));

      assertThat(world.servicePuts()).hasSize(2);
      assertThat(world.status("hm").service().reenabledTime()).hasSize(1);
    }
  }

  @Nested
  class ALaggingWatch {

    @Test
    void doesNotLetASecondMaintenanceTakeAHeldHost() {
      disabled();
      world.create("later", "compute-1");
      world.resources().watchFallsBehind();

      world.reconcile("later");

      assertThat(world.status("later").phase()).isEqualTo("Blocked");
      assertThat(world.status("later").service()).isNull();
    }

    @Test
    void doesNotLetARestartedOperatorTakeAHeldHost() {
      disabled();
      world.create("later", "compute-1");
      world.resources().watchFallsBehind();
      world.startProcess();

      world.reconcile("later");

      assertThat(world.status("later").phase()).isEqualTo("Blocked");
      assertThat(world.status("later").service()).isNull();
    }

    @Test
    void doesNotReleaseAHostWhoseHolderItDoesNotShow() {
      disabled();
      world.create("later", "compute-1");
      world.resources().watchFallsBehind();

      world.run("later", Duration.ofMinutes(5));

      assertThat(world.status("later").phase()).isEqualTo("Blocked");
    }
  }

  /** Nova confirms whatever waits when the request comes, so it is read again right before. */
  @Test
  void confirmationIsNotSentWhenTheOwnerHasAlreadyConfirmed() {
    var guest = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
    world.create("hm", "compute-1");
    world.runUntil("hm", () -> world.moveRequests().size() == 1);
    var confirmed = new AtomicBoolean();
    world
        .resources()
        .beforeWrite(
            () ->
                world
                    .simulator()
                    .change(
                        c -> {
                          if (c.server(guest.id()).vmState() == VmState.RESIZED
                              && confirmed.compareAndSet(false, true)) {
                            c.confirmResize(c.tenant(), guest.id());
                          }
                        }));

    world.runUntilPhase("hm", "InMaintenance");

    assertThat(world.moveRequests()).hasSize(1);
  }

  /** A page is one statement in Nova, so that one list shows each record once. */
  @Test
  void fullCheckReadsMigrationsOnceBetweenTheTwoServiceLists() {
    world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
    disabled();
    var before = world.simulator().requests().size();

    world.reconcile("hm");

    assertThat(paths(before))
        .containsSubsequence("os-services", "os-migrations", "detail", "os-services")
        .containsOnlyOnce("os-migrations");
  }

  /** A record that goes on while it is asked for must not step past the question. */
  @Test
  void fullCheckReadsManyMigrationsByStatusInLifeCycleOrder() {
    world.simulator().maxLimit(1);
    var moved = world.place(NewServer.on("compute-2").in(VmState.STOPPED));
    world.simulator().change(c -> c.migrate(c.as(c.users().get("admin")), moved.id(), "compute-1"));
    world.pass(Duration.ofMinutes(5));
    world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
    disabled();
    var before = world.simulator().requests().size();

    world.reconcile("hm");

    assertThat(world.simulator().requests().subList(before, world.simulator().requests().size()))
        .extracting(r -> r.query().getOrDefault("status", r.path().replaceFirst(".*/", "")))
        .containsSubsequence(
            "os-services",
            "accepted",
            "queued",
            "pre-migrating",
            "preparing",
            "migrating",
            "running",
            "running (post-copy)",
            "post-migrating",
            "finished",
            "confirming",
            "reverting",
            "detail",
            "os-services");
  }

  /** Below 2.80 a migration record does not say whose it is (Ussuri is the first to say it). */
  @Test
  void hostOfTheOldestSupportedNovaIsDrained() {
    world.simulator().maxMicroversion(80);
    world.place(NewServer.on("compute-1"));
    world.place(NewServer.on("compute-1").in(VmState.STOPPED));
    world.create("hm", "compute-1");

    world.runUntil("hm", () -> "InMaintenance".equals(world.status("hm").phase()));

    assertThat(world.status("hm").instances())
        .extracting(InstanceStatus::state)
        .containsExactly("Moved", "Moved");
  }

  /** What placement knows of a build is asked at both observations, after everything else. */
  @Test
  void fullCheckOfAHostWithoutInstancesQueriesPlacementLast() {
    disabled();
    var before = world.simulator().requests().size();

    world.reconcile("hm");

    assertThat(world.status("hm").firstEmptyTime()).isNotNull();
    assertThat(paths(before)).last().isEqualTo("allocations");
  }

  @Test
  void fullCheckOfAHostWithInstancesDoesNotQueryPlacement() {
    world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
    disabled();
    var before = world.simulator().requests().size();

    world.reconcile("hm");

    assertThat(paths(before)).contains("detail").doesNotContain("allocations");
  }

  /** An outage of placement must not hold up what does not depend on it. */
  @Test
  void fullCheckBeforeTheServiceIsDisabledDoesNotQueryPlacement() {
    world.create("hm", "compute-1");

    world.reconcile("hm");

    assertThat(paths(0)).contains("detail").doesNotContain("allocations");
  }

  /** A host can be given back while placement is away. */
  @Test
  void observationAfterTheDeleteDoesNotQueryPlacement() {
    disabled();
    world.reconcile("hm");
    world.delete("hm");
    var before = world.simulator().requests().size();

    world.reconcile("hm");

    assertThat(paths(before)).contains("detail").doesNotContain("allocations");
  }

  @Test
  void moveThatGoesOnIsSeenByItsRecordAlone() {
    world.place(slow());
    world.create("hm", "compute-1");
    moving();
    world.reconcile("hm");
    var before = world.simulator().requests().size();

    world.pass(Duration.ofSeconds(5));
    world.reconcile("hm");

    assertThat(paths(before)).containsExactly("os-migrations");
  }

  @Test
  void hostWhoseMovesGoOnIsObservedEachHalfMinute() {
    world.place(slow());
    world.create("hm", "compute-1");
    moving();
    world.reconcile("hm");
    var before = world.simulator().requests().size();

    world.pass(Duration.ofSeconds(30));
    world.reconcile("hm");

    assertThat(paths(before)).containsExactly("os-migrations", "detail", "os-services");
  }

  @Test
  void moveThatHasEndedIsObservedAtOnce() {
    var server = world.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "20"));
    world.create("hm", "compute-1");
    moving();
    world.reconcile("hm");
    var before = world.simulator().requests().size();

    world.pass(Duration.ofSeconds(25));
    world.reconcile("hm");

    assertThat(paths(before)).contains("detail");
    assertThat(world.row("hm", server).state()).isEqualTo("Moved");
  }

  /** The last parts of the paths asked for since then. */
  private List<String> paths(int since) {
    return world.simulator().requests().stream()
        .skip(since)
        .map(r -> r.path().replaceFirst(".*/", ""))
        .toList();
  }
}
