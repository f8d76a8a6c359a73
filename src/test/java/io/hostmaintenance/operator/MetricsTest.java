package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private final Metrics metrics = new Metrics();

  private static HostMaintenance draining() {
    var resource = new HostMaintenance();
    resource.setMetadata(new ObjectMetaBuilder().withName("hm").build());
    resource.setSpec(
        new HostMaintenanceSpec("compute-1", null, null, null, null, null, null, null, null, null));
    resource.setStatus(
        HostMaintenanceStatus.builder()
            .phase("Draining")
            .instances(
                List.of(
                    InstanceStatus.builder().id("a").state("Moved").build(),
                    InstanceStatus.builder().id("b").state("Moved").build(),
                    InstanceStatus.builder().id("c").state("Pending").build()))
            .build());
    return resource;
  }

  private List<String> lines(List<HostMaintenance> resources) {
    return metrics.text(() -> resources).lines().toList();
  }

  @Test
  void phaseOfAResourceIsOneAndEveryOtherZero() {
    assertThat(lines(List.of(draining())))
        .contains(
            "hostmaintenance_phase{host=\"compute-1\",name=\"hm\",phase=\"Draining\"} 1.0",
            "hostmaintenance_phase{host=\"compute-1\",name=\"hm\",phase=\"Blocked\"} 0.0");
  }

  @Test
  void instancesAreCountedByState() {
    assertThat(lines(List.of(draining())))
        .contains(
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Moved\"} 2.0",
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Pending\"} 1.0",
            "hostmaintenance_instances{host=\"compute-1\",name=\"hm\",state=\"Failed\"} 0.0");
  }

  @Test
  void resourceThatIsGoneIsNoLongerTold() {
    lines(List.of(draining()));

    assertThat(lines(List.of())).noneMatch(l -> l.startsWith("hostmaintenance_phase{"));
  }

  @Test
  void resourceWithoutAStatusIsLeftOut() {
    var fresh = draining();
    fresh.setStatus(null);

    assertThat(lines(List.of(fresh))).noneMatch(l -> l.startsWith("hostmaintenance_phase{"));
  }

  @Test
  void requestsToTheCloudAreTimedByOperationAndStatus() {
    metrics.answered("list-servers", 200, Duration.ofMillis(1500));

    assertThat(lines(List.of()))
        .contains(
            "hostmaintenance_cloud_requests_seconds_count{operation=\"list-servers\",status=\"200\"}"
                + " 1",
            "hostmaintenance_cloud_requests_seconds_sum{operation=\"list-servers\",status=\"200\"}"
                + " 1.5");
  }

  @Test
  void eventsAreCountedAndToldOn() {
    var told = new ArrayList<Notice>();
    var notice = new Notice(false, Reason.Moved, "Moved.");

    metrics.counting((resource, n) -> told.add(n)).tell(draining(), notice);

    assertThat(told).containsExactly(notice);
    assertThat(lines(List.of())).contains("hostmaintenance_events_total{reason=\"Moved\"} 1.0");
  }

  @Test
  void whatIsNotToldAgainIsNotCountedAgain() {
    var notice = new Notice(true, Reason.StuckRecord, "Stuck.");

    metrics.counting((resource, n) -> false).tell(draining(), notice);

    assertThat(lines(List.of())).noneMatch(line -> line.contains("StuckRecord"));
  }
}
