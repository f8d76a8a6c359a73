package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The limits of a drain, from the spec to what Nova is asked. */
class LimitsTest {

  @TempDir Path directory;
  private World world;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory);
    world.create("hm", "compute-1");
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  private String reason() {
    return world.status("hm").condition("Ready").orElseThrow().reason();
  }

  @Test
  void serviceIsEnabledOnceItsNovaComputeIsHeardOf() {
    world.spec("hm", s -> s.giveBack("EnableWhenUp"));
    world.runUntilPhase("hm", "InMaintenance");
    world.simulator().change(c -> c.killCompute("compute-1"));
    world.pass(Duration.ofMinutes(5));
    world.delete("hm");

    world.run("hm", Duration.ofMinutes(10));
    assertThat(reason()).isEqualTo("WaitingForCompute");
    assertThat(world.host("compute-1").enabled()).isFalse();

    world.simulator().change(c -> c.startCompute("compute-1"));
    world.runUntil("hm", () -> world.gone("hm"));
    assertThat(world.host("compute-1").enabled()).isTrue();
  }

  @Test
  void drainWhoseTimeIsOverFinishesItsMoveAndGoesOnWhenTheTimeIsRaised() {
    world.spec("hm", s -> s.drainTimeout("2m").concurrency(new Concurrency(1, 1)));
    world.place(NewServer.on("compute-1").ram(2048).with(Steering.LM_SECONDS, "300"));
    world.active();
    world.run("hm", Duration.ofMinutes(15));
    assertThat(reason()).isEqualTo("DrainTimeout");
    assertThat(world.status("hm").phase()).isEqualTo("Blocked");
    assertThat(world.status("hm").moved()).isEqualTo(1);
    assertThat(world.moveRequests()).hasSize(1);

    world.spec("hm", s -> s.drainTimeout("2h"));
    world.runUntilPhase("hm", "InMaintenance");
    assertThat(world.status("hm").moved()).isEqualTo(2);
  }

  @Test
  void smallestInstanceIsMovedFirst() {
    world.spec("hm", s -> s.order("SmallestFirst").concurrency(new Concurrency(1, 1)));
    world.place(NewServer.on("compute-1").ram(4096));
    var small = world.place(NewServer.on("compute-1").ram(512));
    world.runUntil("hm", () -> !world.moveRequests().isEmpty());

    assertThat(world.moveRequests().getFirst().path()).contains(small.id());
  }

  @Test
  void liveMigrationThatWouldCopyDisksIsRefusedByNovaWithItsWords() {
    world.simulator().change(Cloud::localStorage);
    world.spec("hm", s -> s.blockMigration("Never").maxAttempts(1));
    var running = world.active();
    var stopped = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
    world.runUntilPhase("hm", "Blocked");

    assertThat(world.row("hm", running).reason()).isEqualTo("PreCheckFailed");
    assertThat(world.row("hm", running).message()).contains("is not on shared storage");
    assertThat(world.row("hm", stopped).state()).isEqualTo("Moved");
  }

  @Test
  void largeLocalDiskIsNotCopiedAndRaisingTheLimitGoesOn() {
    world.spec("hm", s -> s.maxLocalDiskGiB(60).liveMigrate(false));
    var large =
        world.place(NewServer.on("compute-1").requiring(Requirements.NONE.disks(200, 0, 0)));
    world.runUntilPhase("hm", "Blocked");

    assertThat(world.row("hm", large).reason()).isEqualTo("LocalDisk");
    assertThat(world.moveRequests()).isEmpty();

    world.spec("hm", s -> s.maxLocalDiskGiB(null));
    world.runUntilPhase("hm", "InMaintenance");
  }

  @Test
  void preferredHostThatIsFullLeavesTheRestToTheScheduler() {
    world.spec("hm", s -> s.targetHost("compute-2").targetPolicy("Prefer").maxAttempts(1));
    var room = world.host("compute-2").ramMiB();
    var large = world.place(NewServer.on("compute-1").ram(room / 2 + 512));
    var small = world.place(NewServer.on("compute-1").ram(room / 2));
    world.runUntilPhase("hm", "InMaintenance");

    assertThat(world.row("hm", large).destinationHost()).isEqualTo("compute-2");
    assertThat(world.row("hm", small).destinationHost()).isNotEqualTo("compute-2");
    assertThat(world.row("hm", small).attempts()).isEqualTo(2);
  }

  @Test
  void keptServiceStaysDisabledAndTheNextMaintenanceTakesTheHost() {
    world.spec("hm", s -> s.giveBack("Keep"));
    world.runUntilPhase("hm", "InMaintenance");
    var reason = world.host("compute-1").disabledReason();
    world.delete("hm");
    world.runUntil("hm", () -> world.gone("hm"));
    assertThat(world.host("compute-1").disabledReason()).isEqualTo(reason);
    assertThat(world.notices())
        .extracting(Notice::reason)
        .contains(Reason.ServiceLeftDisabled)
        .doesNotContain(Reason.ServiceEnabled);

    world.create("next", "compute-1");
    world.runUntilPhase("next", "InMaintenance");
    world.delete("next");
    world.runUntil("next", () -> world.gone("next"));
    assertThat(world.host("compute-1").disabledReason()).isEqualTo(reason);
  }
}
