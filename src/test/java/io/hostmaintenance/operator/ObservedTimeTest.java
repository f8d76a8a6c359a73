package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.fakecloud.http.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By what a fresh status is told from a stale one. */
class ObservedTimeTest {

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

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

  private Optional<Instant> lastObserved(String name) {
    return world.process().lastObserved(world.resources().read(name).orElseThrow());
  }

  private void novaIsAway() {
    world.simulator().fault(on("GET", "/v2\\.1/.*"), Fault.proxy503());
  }

  @Test
  void isUpdatedByEverySuccessfulObservation() {
    world.pass(Duration.ofMinutes(1));
    world.reconcile("hm");

    assertThat(lastObserved("hm")).hasValue(BEGIN.plus(Duration.ofMinutes(1)));
  }

  @Test
  void staysUnchangedWhileNovaIsUnavailable() {
    world.reconcile("hm");
    novaIsAway();
    world.pass(Duration.ofMinutes(10));
    world.reconcile("hm");

    assertThat(lastObserved("hm")).hasValue(BEGIN);
  }

  @Test
  void isTheStartOfTheOperatorBeforeTheFirstReconciliation() {
    world.pass(Duration.ofMinutes(10));

    assertThat(lastObserved("hm")).hasValue(BEGIN);
  }

  @Test
  void isAbsentForAMaintenanceThatWaitsForAnother() {
    world.runUntilPhase("hm", "InMaintenance");
    world.create("second", "compute-1");
    world.reconcile("second");

    assertThat(lastObserved("second")).isEmpty();
  }
}
