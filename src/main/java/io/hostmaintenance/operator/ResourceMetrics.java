package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How each resource stands at the time of the scrape, as its status says.
 *
 * @param resources those that this process answers for; their rows are not read
 * @param lastObserved when the host of a resource was last observed; empty when it need not be
 */
record ResourceMetrics(
    Supplier<List<HostMaintenance>> resources,
    Function<HostMaintenance, Optional<Instant>> lastObserved)
    implements MultiCollector {

  private static final List<String> CONDITIONS =
      List.of(Condition.READY, Condition.DRAINED, Condition.SERVICE_DISABLED);
  private static final List<String> CONDITION_STATUSES = List.of("True", "False", "Unknown");

  @Override
  public MetricSnapshots collect() {
    var phases = gauge("phase", "1 for the phase of each resource, else 0.");
    var conditions = gauge("condition", "1 for the status of each condition, else 0.");
    var instances = gauge("instances", "Instances of each resource, by what became of them.");
    var started =
        gauge("start_timestamp_seconds", "Time when the operator took the host of each resource.");
    var observed =
        gauge(
            "last_observation_timestamp_seconds",
            "Time when the host of each resource was last observed.");
    for (var resource : resources.get()) {
      var labels =
          Labels.of("host", resource.getSpec().host(), "name", resource.getMetadata().getName());
      lastObserved.apply(resource).ifPresent(time -> observed.dataPoint(point(time, labels)));
      var status = resource.getStatus();
      if (status == null) {
        continue;
      }
      for (var phase : Phase.values()) {
        var is = phase.name().equals(status.phase());
        phases.dataPoint(point(is, labels.add("phase", phase.name())));
      }
      for (var condition : status.conditions()) {
        if (CONDITIONS.contains(condition.type())) {
          var typed = labels.add("condition", condition.type());
          for (var value : CONDITION_STATUSES) {
            var is = value.equals(condition.status());
            conditions.dataPoint(point(is, typed.add("status", value)));
          }
        }
      }
      if (status.startTime() != null) {
        started.dataPoint(point(status.startTime(), labels));
      }
      if (status.total() != null) {
        counts(status, labels).forEach(instances::dataPoint);
      }
    }
    return MetricSnapshots.of(
        phases.build(), conditions.build(), instances.build(), started.build(), observed.build());
  }

  private static GaugeSnapshot.Builder gauge(String name, String help) {
    return GaugeSnapshot.builder().name("hostmaintenance_" + name).help(help);
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
    var number = Objects.requireNonNullElse(instances, 0);
    return new GaugeDataPointSnapshot(number, labels.add("state", state), null);
  }

  private static GaugeDataPointSnapshot point(boolean is, Labels labels) {
    return new GaugeDataPointSnapshot(is ? 1 : 0, labels, null);
  }

  private static GaugeDataPointSnapshot point(Instant time, Labels labels) {
    return new GaugeDataPointSnapshot(time.getEpochSecond(), labels, null);
  }
}
