package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Phase;
import io.hostmaintenance.drain.RowState;
import io.hostmaintenance.nova.openstack4j.RequestListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What Prometheus is told: requests to the cloud, events, and the state of every resource. */
final class Metrics implements RequestListener {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter failedTicks =
      Counter.builder("hostmaintenance.failed.ticks")
          .description("Ticks that ended with an exception")
          .register(registry);
  private final MultiGauge phases =
      MultiGauge.builder("hostmaintenance.phase")
          .description("1 for the phase of each resource")
          .register(registry);
  private final MultiGauge instances =
      MultiGauge.builder("hostmaintenance.instances")
          .description("Instances of each resource by state")
          .register(registry);

  @Override
  public void answered(String operation, int status, Duration duration) {
    registry
        .timer(
            "hostmaintenance.cloud.requests",
            Tags.of("operation", operation, "status", String.valueOf(status)))
        .record(duration);
  }

  /** A tick has ended with an exception. */
  void tickFailed() {
    failedTicks.increment();
  }

  /** Counts what is told there. */
  Telling counting(Telling telling) {
    return (resource, notice) -> {
      var told = telling.tell(resource, notice);
      if (told) {
        count(notice);
      }
      return told;
    };
  }

  private void count(Notice notice) {
    registry.counter("hostmaintenance.events", "reason", notice.reason().name()).increment();
  }

  /** The text that Prometheus reads, with the resources as they stand. */
  String text(Supplier<List<HostMaintenance>> resources) {
    var phaseRows = new ArrayList<MultiGauge.Row<?>>();
    var instanceRows = new ArrayList<MultiGauge.Row<?>>();
    for (var resource : resources.get()) {
      var status = resource.getStatus();
      if (status == null) {
        continue;
      }
      var tags =
          Tags.of("name", resource.getMetadata().getName(), "host", resource.getSpec().host());
      for (var phase : Phase.values()) {
        var here = phase.name().equals(status.phase()) ? 1 : 0;
        phaseRows.add(MultiGauge.Row.of(tags.and("phase", phase.name()), here));
      }
      for (var state : RowState.values()) {
        instanceRows.add(MultiGauge.Row.of(tags.and("state", state.name()), count(status, state)));
      }
    }
    phases.register(phaseRows, true);
    instances.register(instanceRows, true);
    return registry.scrape();
  }

  private static long count(HostMaintenanceStatus status, RowState state) {
    return status.instances().stream().filter(r -> state.name().equals(r.state())).count();
  }
}
