package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.nova.openstack4j.Limits;
import io.hostmaintenance.nova.openstack4j.Logs;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With which priority a reconciliation asks, and what it says where its questions wait. */
class RequestPrioritiesTest {

  private static final Duration LONG = World.SETTINGS.pollMoving().plusMillis(1);

  @TempDir Path directory;
  private World world;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory);
    world.create("hm", "compute-1");
    world.watch();
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  private List<String> viewsOfOneReconciliation() {
    world.views();
    world.reconcile("hm");
    return world.views();
  }

  @Test
  void serviceIsDisabledBeforeAnyMove() {
    assertThat(viewsOfOneReconciliation())
        .containsExactly("DRAINING compute-1", "IMMEDIATE compute-1");
  }

  @Test
  void moveIsAskedAfterTheQuestionsOfADrain() {
    world.active();
    world.reconcile("hm");
    world.pass(Duration.ofSeconds(1));

    assertThat(viewsOfOneReconciliation())
        .containsExactly("DRAINING compute-1", "CHANGE compute-1");
  }

  @Test
  void hostInMaintenanceIsAskedForLast() {
    world.runUntilPhase("hm", "InMaintenance");
    world.pass(World.SETTINGS.pollVerified().multipliedBy(2));

    assertThat(viewsOfOneReconciliation()).containsExactly("IDLE compute-1");
  }

  @Test
  void nothingOfAGiveBackWaits() {
    world.runUntilPhase("hm", "InMaintenance");
    world.delete("hm");

    assertThat(viewsOfOneReconciliation())
        .containsExactly("IMMEDIATE compute-1", "IMMEDIATE compute-1");
  }

  /** The next question of an observation is refused for five minutes. */
  private void refuse() {
    var refused = new AtomicBoolean();
    world
        .simulator()
        .fault(
            1,
            on("GET", ".*/os-migrations")
                .and(
                    request -> {
                      refused.set(true);
                      return true;
                    }),
            Fault.error(429, "Slow down.", Map.of("Retry-After", "300")));
    world.runUntil("hm", refused::get);
  }

  @Test
  void cloudThatWantsToBeLeftAloneIsNotAskedAgainForAnIdleHost() {
    world.runUntilPhase("hm", "InMaintenance");
    refuse();
    var before = world.simulator().requests().size();

    world.pass(Duration.ofSeconds(100));
    world.pass(world.reconcile("hm").requeueAfter());
    var next = world.reconcile("hm").requeueAfter();

    assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("Unknown");
    assertThat(world.simulator().requests()).hasSize(before);
    assertThat(next).isGreaterThan(Duration.ofMinutes(2));
  }

  @Test
  void hostIsGivenBackWhileTheCloudWantsToBeLeftAlone() {
    world.runUntilPhase("hm", "InMaintenance");
    refuse();
    world.delete("hm");

    world.run("hm", Duration.ofSeconds(60));

    assertThat(world.host("compute-1").enabled()).isTrue();
  }

  @Test
  void hostWhoseQuestionsWaitLongerThanAPollIsLoggedOnce() {
    try (var logs = new Logs()) {
      world.questionsWait(LONG);
      world.reconcile("hm");
      world.reconcile("hm");

      assertThat(logs.at(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("host compute-1: its questions to the cloud have waited 5 s for their turn");
    }
  }

  @Test
  void hostWhoseQuestionsHaveTheirTurnAgainIsLoggedOnce() {
    world.questionsWait(LONG);
    world.reconcile("hm");
    world.questionsWait(Duration.ZERO);
    try (var logs = new Logs()) {
      world.reconcile("hm");
      world.reconcile("hm");

      assertThat(logs.at(Level.INFO))
          .filteredOn(line -> line.contains("its questions"))
          .containsExactly(
              "host compute-1: its questions to the cloud have their turn in time again");
    }
  }

  @Test
  void hostWhoseReconciliationWaitsLongerThanAPollIsLogged() {
    try (var logs = new Logs()) {
      world.process().reconcile("hm", LONG);

      assertThat(logs.at(Level.WARN)).singleElement().asString().contains("have waited 5 s");
    }
  }

  @Test
  void reconciliationThatWaitedAndQuestionsThatWaitedCountTogether() {
    try (var logs = new Logs()) {
      world.questionsWait(LONG.minusSeconds(2));
      world.process().reconcile("hm", Duration.ofSeconds(2));

      assertThat(logs.at(Level.WARN)).singleElement().asString().contains("have waited 5 s");
    }
  }

  @Test
  void hostAtRestMayWaitForAnIdlePoll() {
    assertThat(waitsAtRest(World.SETTINGS.pollIdle())).isEmpty();
    assertThat(waitsAtRest(World.SETTINGS.pollIdle().plusMillis(1)))
        .singleElement()
        .asString()
        .contains("have waited 60 s");
  }

  /** What is logged of an observation at rest that had to wait for so long. */
  private List<String> waitsAtRest(Duration waited) {
    world.runUntilPhase("hm", "InMaintenance");
    world.pass(World.SETTINGS.pollVerified().multipliedBy(2));
    try (var logs = new Logs()) {
      world.process().reconcile("hm", waited);
      return logs.at(Level.WARN).stream().filter(line -> line.contains("have waited")).toList();
    }
  }

  /** By a stopwatch that goes on by that much each time it is read. */
  @Test
  void turnOfAReconciliationIsWaitedForInTheQueueOfItsCloud() {
    var stopwatch = new AtomicLong();
    var reconciler =
        new HostMaintenanceReconciler(
            r ->
                new ReconciliationQueue(
                    Limits.DEFAULT,
                    () -> stopwatch.getAndAdd(LONG.toNanos()),
                    (priority, waited) -> {}),
            world.process(),
            new RunningReconciliations(InstantSource.system(), System::nanoTime),
            (succeeded, duration) -> {});
    try (var logs = new Logs()) {
      reconciler.reconcile(world.resources().read("hm").orElseThrow(), notDeleted());

      assertThat(logs.at(Level.WARN)).singleElement().asString().contains("have waited 5 s");
    }
  }

  @SuppressWarnings("unchecked")
  private static Context<HostMaintenance> notDeleted() {
    return (Context<HostMaintenance>)
        Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {Context.class},
            (proxy, method, arguments) -> false);
  }

  /** Its cloud is, once for all its hosts. */
  @Test
  void hostThatWaitsForACloudThatDoesNotAnswerIsNotLogged() {
    world.simulator().fault(request -> true, Fault.proxy503());
    world.watch();
    try (var logs = new Logs()) {
      world.process().reconcile("hm", LONG);

      assertThat(logs.at(Level.WARN)).isEmpty();
    }
  }

  @Test
  void hostWhoseQuestionsWaitForAPollIsNotLogged() {
    try (var logs = new Logs()) {
      world.questionsWait(World.SETTINGS.pollMoving());
      world.reconcile("hm");

      assertThat(logs.at(Level.WARN)).isEmpty();
    }
  }
}
