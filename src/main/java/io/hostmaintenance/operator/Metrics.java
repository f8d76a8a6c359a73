package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.RequestListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** What Prometheus is told: requests, events, and, by the leader, the state of each resource. */
final class Metrics implements RequestListener {

  /** The buckets of waits. */
  private static final Duration[] WAITS = {
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter failedTicks =
      Counter.builder("hostmaintenance.failed.ticks")
          .description("Reconciliations that ended with an exception")
          .register(registry);

  @Override
  public void answered(String operation, int status, Duration duration) {
    registry
        .timer(
            "hostmaintenance.cloud.requests",
            Tags.of("operation", operation, "status", String.valueOf(status)))
        .record(duration);
  }

  @Override
  public void waited(Priority priority, Duration duration) {
    waited(
        "hostmaintenance.cloud.waits",
        "Requests to the cloud by how long they waited for their turn",
        priority,
        duration);
  }

  /** A reconciliation has had its turn after so long. */
  void reconciliationWaited(Priority priority, Duration duration) {
    waited(
        "hostmaintenance.reconciliation.waits",
        "Reconciliations by how long they waited for their turn",
        priority,
        duration);
  }

  private void waited(String name, String description, Priority priority, Duration duration) {
    Timer.builder(name)
        .description(description)
        .tag("priority", priority.name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(WAITS)
        .register(registry)
        .record(duration);
  }

  /** A reconciliation has ended with an exception. */
  void tickFailed() {
    failedTicks.increment();
  }

  /** Counts what is told there. */
  EventRecorder counting(EventRecorder events) {
    return (resource, notice) -> {
      var told = events.record(resource, notice);
      if (told) {
        registry.counter("hostmaintenance.events", "reason", notice.reason().name()).increment();
      }
      return told;
    };
  }

  /**
   * From now on the text has also what is true when it is asked for. Called once.
   *
   * @param leading whether this process acts; one that stands by leaves the resources to the other
   * @param resources every resource; their rows are not read
   * @param lastObserved when an observation of the resource's host last succeeded; empty when it
   *     needs none
   */
  void show(
      BooleanSupplier leading,
      Supplier<List<HostMaintenance>> resources,
      Function<HostMaintenance, Optional<Instant>> lastObserved) {
    Gauge.builder("hostmaintenance.leader", () -> leading.getAsBoolean() ? 1 : 0)
        .description("1 while this process acts, else 0")
        .register(registry);
    MultiCollector collector =
        () -> collect(leading.getAsBoolean() ? resources.get() : List.of(), lastObserved);
    registry.getPrometheusRegistry().register(collector);
  }

  /**
   * From now on the text has also whether each cloud answers, where that is known. Called once.
   *
   * @param clouds those that this process asks
   */
  void showClouds(Supplier<List<CloudHealth>> clouds) {
    MultiCollector collector =
        () -> {
          var up =
              GaugeSnapshot.builder()
                  .name("hostmaintenance_cloud_up")
                  .help("1 while the cloud answers as it should, else 0");
          for (var health : clouds.get()) {
            health
                .isUp()
                .map(is -> point(is ? 1 : 0, Labels.of("cloud", health.cloud())))
                .ifPresent(up::dataPoint);
          }
          return MetricSnapshots.of(up.build());
        };
    registry.getPrometheusRegistry().register(collector);
  }

  /** The text that Prometheus reads; any number may read it at once. */
  String text() {
    return registry.scrape();
  }

  private static MetricSnapshots collect(
      List<HostMaintenance> resources, Function<HostMaintenance, Optional<Instant>> lastObserved) {
    var phases =
        GaugeSnapshot.builder()
            .name("hostmaintenance_phase")
            .help("1 for the phase of each resource");
    var instances =
        GaugeSnapshot.builder()
            .name("hostmaintenance_instances")
            .help("Instances of each resource by what has become of them");
    var snapshots =
        GaugeSnapshot.builder()
            .name("hostmaintenance_last_look_timestamp_seconds")
            .help("When the host of each resource was last observed");
    for (var resource : resources) {
      var labels =
          Labels.of("host", resource.getSpec().host(), "name", resource.getMetadata().getName());
      lastObserved
          .apply(resource)
          .ifPresent(snapshot -> snapshots.dataPoint(point(snapshot.getEpochSecond(), labels)));
      var status = resource.getStatus();
      if (status == null) {
        continue;
      }
      for (var phase : Phase.values()) {
        var here = phase.name().equals(status.phase()) ? 1 : 0;
        phases.dataPoint(point(here, labels.add("phase", phase.name())));
      }
      if (status.total() != null) {
        counts(status, labels).forEach(instances::dataPoint);
      }
    }
    return MetricSnapshots.of(build(), phases.build(), instances.build(), snapshots.build());
  }

  private static List<GaugeDataPointSnapshot> counts(HostMaintenanceStatus status, Labels labels) {
    return List.of(
        count("Remaining", status.remaining(), labels),
        count("Moved", status.moved(), labels),
        count("Gone", status.gone(), labels),
        count("Failed", status.failed(), labels),
        count("Blocked", status.blocked(), labels),
        count("Skipped", status.skipped(), labels));
  }

  private static GaugeDataPointSnapshot count(String state, Integer instances, Labels labels) {
    return point(Objects.requireNonNullElse(instances, 0), labels.add("state", state));
  }

  private static GaugeDataPointSnapshot point(double value, Labels labels) {
    return new GaugeDataPointSnapshot(value, labels, null);
  }

  private static InfoSnapshot build() {
    var version = Metrics.class.getPackage().getImplementationVersion();
    return InfoSnapshot.builder()
        .name("hostmaintenance_build")
        .help("The version of this process")
        .dataPoint(
            InfoDataPointSnapshot.builder()
                .labels(Labels.of("version", Objects.requireNonNullElse(version, "unknown")))
                .build())
        .build();
  }
}
