package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.http.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A resource with mode Plan, on the fake cloud. */
class PlanModeTest {

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

  private void plan(String name) {
    world.create(name, "compute-1");
    world.withoutFinalizer(name);
    world.spec(name, s -> s.mode("Plan"));
    world.reconcile(name);
  }

  private Condition planned(String name) {
    return world.status(name).condition(Condition.PLANNED).orElseThrow();
  }

  private List<String> finalizers(String name) {
    return world.resources().read(name).orElseThrow().getMetadata().getFinalizers();
  }

  private List<Request> writes() {
    return world.simulator().requests(r -> !r.method().equals("GET") && !r.path().contains("auth"));
  }

  @Test
  void planOfAHostIsFeasibleAndAsksForNothing() {
    world.active();

    plan("hm");
    world.run("hm", Duration.ofMinutes(5));

    assertThat(planned("hm").reason()).isEqualTo("Feasible");
    assertThat(writes()).isEmpty();
    assertThat(world.host("compute-1").enabled()).isTrue();
  }

  @Test
  void planHasNoFinalizer() {
    world.active();

    plan("hm");
    world.run("hm", Duration.ofMinutes(5));

    assertThat(finalizers("hm")).isEmpty();
  }

  @Test
  void planThatStaysTheSameIsWrittenOnce() {
    world.active();
    plan("hm");
    world.run("hm", Duration.ofMinutes(1));
    var before = world.resources().writes().size();

    world.run("hm", Duration.ofMinutes(30));

    assertThat(world.resources().writes()).hasSize(before);
  }

  @Test
  void hostThatIsTakenGetsTheFinalizerFirst() {
    world.active();
    plan("hm");

    world.spec("hm", s -> s.mode("Drain"));
    world.reconcile("hm");

    assertThat(finalizers("hm")).containsExactly(HostMaintenance.FINALIZER);
    assertThat(world.status("hm").service()).isNotNull();
  }

  @Test
  void planIsCarriedOut() {
    world.active();
    plan("hm");

    world.spec("hm", s -> s.mode("Drain"));

    world.runUntilPhase("hm", "InMaintenance");
  }

  @Test
  void planDoesNotKeepAnotherResourceFromTheHost() {
    world.active();
    plan("older");
    world.pass(Duration.ofMinutes(1));
    world.create("newer", "compute-1");

    world.runUntilPhase("newer", "InMaintenance");
  }

  @Test
  void hostThatIsInMaintenanceIsNoCandidate() {
    var server = world.active();
    world.create("other", "compute-2");
    world.spec("other", s -> s.suspend(true));
    world.reconcile("other");
    plan("hm");

    assertThat(world.row("hm", server).plan().candidateHosts())
        .containsExactly("compute-3", "compute-4");
  }

  @Test
  void otherHostsAreAskedForOnceForEachDifferentDemand() {
    for (var i = 0; i < 5; i++) {
      world.active();
    }
    world.place(NewServer.on("compute-1").ram(4096));
    plan("hm");
    var candidates = world.simulator().requests(r -> r.path().contains("allocation_candidates"));

    assertThat(candidates).hasSize(2);
  }

  @Test
  void hostThatJoinedTheCloudIsACandidateSoon() {
    var server = world.active();
    plan("hm");

    world.simulator().cloud(c -> c.addHost("compute-5"));
    world.run("hm", Duration.ofMinutes(2));

    assertThat(world.row("hm", server).plan().candidateCount()).isEqualTo(4);
  }
}
