package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private final Metrics metrics = new Metrics();

  private static HostMaintenance draining() {
    var resource = new HostMaintenance();
    resource.setMetadata(new ObjectMetaBuilder().withName("hm").build());
    resource.setSpec(HostMaintenanceSpecBuilder.builder().host("compute-1").build());
    resource.setStatus(
        HostMaintenanceStatus.builder()
            .phase("Draining")
            .total(3)
            .moved(2)
            .remaining(1)
            .failed(0)
            .build());
    return resource;
  }

  private List<HostMaintenance> resources = List.of(draining());
  private boolean leading = true;
  private Optional<Instant> lastObserved = Optional.empty();

  @BeforeEach
  void show() {
    metrics.show(() -> leading, () -> resources, resource -> lastObserved);
  }

  private List<String> lines() {
    return metrics.text().lines().toList();
  }

  @Test
  void currentPhaseOfAResourceIsOneAndEveryOtherPhaseZero() {
    assertThat(lines())
        .contains(
            "hostmaintenance_phase{host=\"compute-1\",name=\"hm\",phase=\"Draining\"} 1.0",
            "hostmaintenance_phase{host=\"compute-1\",name=\"hm\",phase=\"Blocked\"} 0.0");
  }

  @Test
  void instanceCountsEqualTheCountsOfTheStatus() {
    assertThat(lines())
        .contains(
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Moved\"} 2.0",
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Remaining\"} 1.0",
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Failed\"} 0.0");
  }

  @Test
  void waitIsCountedByPriorityInItsBucket() {
    metrics.waited(Priority.DRAINING, Duration.ofMillis(50));

    assertThat(lines())
        .contains(
            "hostmaintenance_cloud_waits_seconds_bucket{priority=\"draining\",le=\"0.01\"} 0",
            "hostmaintenance_cloud_waits_seconds_bucket{priority=\"draining\",le=\"0.1\"} 1",
            "hostmaintenance_cloud_waits_seconds_count{priority=\"draining\"} 1");
  }

  @Test
  void waitOfAReconciliationIsCountedByPriority() {
    metrics.reconciliationWaited(Priority.IDLE, Duration.ofSeconds(20));

    assertThat(lines())
        .contains(
            "hostmaintenance_reconciliation_waits_seconds_bucket{priority=\"idle\",le=\"5.0\"} 0",
            "hostmaintenance_reconciliation_waits_seconds_bucket{priority=\"idle\",le=\"30.0\"} 1");
  }

  @Test
  void deletedResourceHasNoMetrics() {
    lines();
    resources = List.of();

    assertThat(lines()).noneMatch(l -> l.startsWith("hostmaintenance_phase{"));
  }

  @Test
  void resourceWithoutAStatusHasNoMetrics() {
    var fresh = draining();
    fresh.setStatus(null);
    resources = List.of(fresh);

    assertThat(lines()).noneMatch(l -> l.startsWith("hostmaintenance_phase{"));
  }

  @Test
  void requestsToTheCloudAreTimedByOperationAndStatus() {
    metrics.answered("list-servers", 200, Duration.ofMillis(1500));

    assertThat(lines())
        .contains(
            "hostmaintenance_cloud_requests_seconds_count{operation=\"list-servers\",status=\"200\"}"
                + " 1",
            "hostmaintenance_cloud_requests_seconds_sum{operation=\"list-servers\",status=\"200\"}"
                + " 1.5");
  }

  @Test
  void cloudThatAnswersIsUpAndOneThatDoesNotIsNot() {
    var up = new CloudHealth("north");
    up.up();
    var down = new CloudHealth("south");
    down.down("It is away.");
    metrics.showClouds(() -> List.of(up, down, new CloudHealth("not-asked-yet")));

    assertThat(lines())
        .filteredOn(l -> l.startsWith("hostmaintenance_cloud_up{"))
        .containsExactlyInAnyOrder(
            "hostmaintenance_cloud_up{cloud=\"north\"} 1.0",
            "hostmaintenance_cloud_up{cloud=\"south\"} 0.0");
  }

  @Test
  void eventIsCountedAndPassedOn() {
    var told = new ArrayList<Notice>();
    var notice = new Notice(Notice.Type.Normal, Reason.Moved, "Moved.");

    metrics.counting((resource, n) -> told.add(n)).record(draining(), notice);

    assertThat(told).containsExactly(notice);
    assertThat(lines()).contains("hostmaintenance_events_total{reason=\"Moved\"} 1.0");
  }

  @Test
  void suppressedEventIsNotCounted() {
    var notice = new Notice(Notice.Type.Warning, Reason.StuckRecord, "Stuck.");

    metrics.counting((resource, n) -> false).record(draining(), notice);

    assertThat(lines()).noneMatch(line -> line.contains("StuckRecord"));
  }

  @Test
  void instanceCountsAreAbsentBeforeTheFirstObservation() {
    var fresh = draining();
    fresh.setStatus(HostMaintenanceStatus.builder().phase("Pending").build());
    resources = List.of(fresh);

    assertThat(lines()).noneMatch(l -> l.startsWith("hostmaintenance_instances{"));
  }

  @Test
  void timeOfTheLastObservationIsShownInSeconds() {
    lastObserved = Optional.of(Instant.ofEpochSecond(1_000));

    assertThat(lines())
        .contains(
            "hostmaintenance_last_look_timestamp_seconds{host=\"compute-1\",name=\"hm\"} 1000.0");
  }

  @Test
  void resourceWithoutAnObservationHasNoObservationTime() {
    assertThat(lines()).noneMatch(l -> l.startsWith("hostmaintenance_last_look"));
  }

  @Test
  void standbyOperatorShowsNoResourceMetrics() {
    leading = false;
    lastObserved = Optional.of(Instant.EPOCH);

    assertThat(lines())
        .contains("hostmaintenance_leader 0.0")
        .noneMatch(l -> l.contains("name=\"hm\""));
  }

  @Test
  void leaderMetricIsOneForTheLeader() {
    assertThat(lines()).contains("hostmaintenance_leader 1.0");
  }

  @Test
  void failedReconciliationsAreCountedFromZero() {
    assertThat(lines()).contains("hostmaintenance_failed_ticks_total 0.0");

    metrics.tickFailed();

    assertThat(lines()).contains("hostmaintenance_failed_ticks_total 1.0");
  }

  @Test
  void versionIsShownInBuildInfo() {
    assertThat(lines()).contains("hostmaintenance_build_info{version=\"unknown\"} 1");
  }

  /** A MultiGauge, which is emptied and filled anew at each scrape, lost 76 of 600. */
  @Test
  void concurrentScrapesAllShowEveryResource() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      var scrapes =
          threads.invokeAll(Collections.<Callable<List<String>>>nCopies(400, this::lines));

      for (var scrape : scrapes) {
        assertThat(scrape.get())
            .contains(
                "hostmaintenance_phase{host=\"compute-1\",name=\"hm\",phase=\"Draining\"} 1.0");
      }
    }
  }
}
