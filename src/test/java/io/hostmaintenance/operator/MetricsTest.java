package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Fixtures;
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

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private final Metrics metrics = new Metrics(() -> NOW);

  private static HostMaintenance draining() {
    var resource =
        Fixtures.maintenance("hm", HostMaintenanceSpecBuilder.builder().host("compute-1"));
    resource.setStatus(
        HostMaintenanceStatus.builder()
            .phase("Draining")
            .total(3)
            .moved(2)
            .remaining(1)
            .failed(0)
            .startTime(Instant.ofEpochSecond(500))
            .conditions(List.of(new Condition(Condition.READY, "False", "Draining", "", NOW, 1L)))
            .build());
    return resource;
  }

  private List<HostMaintenance> resources = List.of(draining());
  private boolean leading = true;
  private Optional<Instant> lastObserved = Optional.empty();
  private List<CloudHealth> clouds = List.of();

  @BeforeEach
  void show() {
    metrics.show(() -> leading, () -> resources, resource -> lastObserved, () -> clouds);
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
    metrics.requests("").waited(Priority.DRAINING, Duration.ofMillis(50));

    assertThat(lines())
        .contains(
            "hostmaintenance_cloud_request_wait_seconds_bucket{priority=\"draining\",le=\"0.01\"} 0",
            "hostmaintenance_cloud_request_wait_seconds_bucket{priority=\"draining\",le=\"0.1\"} 1",
            "hostmaintenance_cloud_request_wait_seconds_count{priority=\"draining\"} 1");
  }

  @Test
  void waitOfAReconciliationIsCountedByPriority() {
    metrics.reconciliationWaited(Priority.IDLE, Duration.ofSeconds(20));

    assertThat(lines())
        .contains(
            "hostmaintenance_reconciliation_wait_seconds_bucket{priority=\"idle\",le=\"5.0\"} 0",
            "hostmaintenance_reconciliation_wait_seconds_bucket{priority=\"idle\",le=\"30.0\"} 1");
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
  void requestsAreTimedByCloudOperationAndCode() {
    metrics.requests("north").answered("list-servers", 200, Duration.ofMillis(1500));

    var labels = "{cloud=\"north\",code=\"200\",operation=\"list-servers\"";
    assertThat(lines())
        .contains(
            "hostmaintenance_cloud_request_duration_seconds_bucket" + labels + ",le=\"1.0\"} 0",
            "hostmaintenance_cloud_request_duration_seconds_bucket" + labels + ",le=\"2.5\"} 1",
            "hostmaintenance_cloud_request_duration_seconds_count" + labels + "} 1",
            "hostmaintenance_cloud_request_duration_seconds_sum" + labels + "} 1.5");
  }

  @Test
  void cloudThatAnswersIsUpAndOneThatDoesNotIsNot() {
    var up = new CloudHealth("north");
    up.up();
    var down = new CloudHealth("south");
    down.down("It is away.");
    clouds = List.of(up, down, new CloudHealth("not-asked-yet"));

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
    assertThat(lines())
        .contains(
            "hostmaintenance_events_total{reason=\"Moved\"} 1.0",
            "hostmaintenance_events_total{reason=\"NoValidHost\"} 0.0");
  }

  @Test
  void suppressedEventIsNotCounted() {
    var notice = new Notice(Notice.Type.Warning, Reason.StuckRecord, "Stuck.");

    metrics.counting((resource, n) -> false).record(draining(), notice);

    assertThat(lines()).contains("hostmaintenance_events_total{reason=\"StuckRecord\"} 0.0");
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
            "hostmaintenance_last_observation_timestamp_seconds{host=\"compute-1\",name=\"hm\"} 1000.0");
  }

  @Test
  void resourceWithoutAnObservationHasNoObservationTime() {
    assertThat(lines())
        .noneMatch(l -> l.startsWith("hostmaintenance_last_observation_timestamp_seconds{"));
  }

  @Test
  void standbyOperatorShowsNoResourceMetrics() {
    leading = false;
    var up = new CloudHealth("north");
    up.up();
    clouds = List.of(up);
    lastObserved = Optional.of(Instant.EPOCH);

    assertThat(lines())
        .contains("hostmaintenance_leader 0.0")
        .noneMatch(l -> l.contains("name=\"hm\"") || l.contains("cloud=\"north\""));
  }

  @Test
  void leaderMetricIsOneForTheLeader() {
    assertThat(lines()).contains("hostmaintenance_leader 1.0");
  }

  @Test
  void reconciliationsAreTimedByTheirResultFromZero() {
    var errors = "hostmaintenance_reconciliation_duration_seconds_count{result=\"error\"} ";
    assertThat(lines()).contains(errors + "0");

    metrics.reconciled(false, Duration.ofSeconds(1));

    assertThat(lines())
        .contains(
            errors + "1",
            "hostmaintenance_reconciliation_duration_seconds_count{result=\"success\"} 0");
  }

  @Test
  void conditionsOfAResourceAreOneForTheirStatus() {
    assertThat(lines())
        .contains(
            "hostmaintenance_condition{condition=\"Ready\",host=\"compute-1\",name=\"hm\",status=\"False\"}"
                + " 1.0",
            "hostmaintenance_condition{condition=\"Ready\",host=\"compute-1\",name=\"hm\",status=\"Unknown\"}"
                + " 0.0");
  }

  @Test
  void timeWhenTheHostWasTakenIsShownInSeconds() {
    assertThat(lines())
        .contains("hostmaintenance_start_timestamp_seconds{host=\"compute-1\",name=\"hm\"} 500.0");
  }

  @Test
  void processMemoryAndGarbageCollectorAreShown() {
    assertThat(lines())
        .anyMatch(l -> l.startsWith("process_start_time_seconds "))
        .anyMatch(l -> l.startsWith("process_cpu_seconds_total "))
        .anyMatch(l -> l.startsWith("jvm_memory_used_bytes{area=\"heap\"} "))
        .anyMatch(l -> l.startsWith("jvm_gc_collection_seconds_count{"));
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
