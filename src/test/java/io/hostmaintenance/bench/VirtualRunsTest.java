package io.hostmaintenance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class VirtualRunsTest {

  @Test
  void sameRunCountsTheSame() throws IOException {
    assertThat(VirtualRuns.run("drain-2x3").byName())
        .isEqualTo(VirtualRuns.run("drain-2x3").byName());
  }

  @Test
  void everyInstanceOfADrainIsRequestedOnce() throws IOException {
    assertThat(VirtualRuns.run("drain-2x3").byName())
        .containsEntry("cloud: POST /servers/{id}/action os-migrateLive", 6L);
  }

  @Test
  void everyHostIsDisabledOnceOnItsWayIntoMaintenance() throws IOException {
    assertThat(VirtualRuns.run("enter-3").byName())
        .containsEntry("cloud: PUT /os-services/{id}", 3L);
  }

  @Test
  void idleHourTakesAnHour() throws IOException {
    assertThat(VirtualRuns.run("idle-1").figures()).containsEntry("seconds", 3600.0);
  }

  @Test
  void idleHostsAreOnlyRead() throws IOException {
    assertThat(VirtualRuns.run("idle-2").nova().keySet())
        .filteredOn(operation -> !operation.startsWith("GET "))
        .allMatch(operation -> operation.equals("POST /v3/auth/tokens"));
  }

  @Test
  void recordsOfThePastAreInTheCloud() {
    var cloud = Site.full(1, 1, Duration.ofSeconds(1)).withRecords(20);

    assertThat(cloud.cloud(Instant.parse("2026-01-01T00:00:00Z")).migrations())
        .hasSize(20)
        .filteredOn(m -> m.destCompute().equals("compute-00001"))
        .hasSize(1);
  }
}
