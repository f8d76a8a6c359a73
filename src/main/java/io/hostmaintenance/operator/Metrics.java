package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.RequestListener;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What Prometheus is told: of this process, of its requests, reconciliations, events and moves,
 * and, by the leader alone, of each resource and cloud.
 *
 * <p>Names follow Prometheus' conventions. What can be counted from zero is there from the start,
 * so that {@code increase()} sees the first event too. No label is an instance's.
 */
final class Metrics {

  private static final double[] SECONDS = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  private static final double[] WAIT_SECONDS = {0.01, 0.1, 1, 5, 30};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();

  private final Histogram requests =
      histogram(
          "hostmaintenance_cloud_request_duration_seconds",
          "Time of the requests to a cloud, by what they ask and by their HTTP status.",
          SECONDS,
          "cloud",
          "operation",
          "code");
  private final Histogram requestWaits =
      histogram(
          "hostmaintenance_cloud_request_wait_seconds",
          "Time that requests to a cloud waited for their turn.",
          WAIT_SECONDS,
          "priority");
  private final Histogram reconciliationWaits =
      histogram(
          "hostmaintenance_reconciliation_wait_seconds",
          "Time that reconciliations waited for their turn.",
          WAIT_SECONDS,
          "priority");
  private final Histogram reconciliations =
      histogram(
          "hostmaintenance_reconciliation_duration_seconds",
          "Time of the reconciliations, by whether they ended with an exception.",
          SECONDS,
          "result");
  private final Counter events =
      Counter.builder()
          .name("hostmaintenance_events_total")
          .help("Kubernetes Events that the operator wrote, without those that it did not repeat.")
          .labelNames("reason")
          .register(registry);
  private final MoveMetrics moves;

  /** Everything that counts is at zero. */
  Metrics(InstantSource clock) {
    moves = new MoveMetrics(registry, clock);
    for (var priority : Priority.values()) {
      requestWaits.initLabelValues(word(priority));
      reconciliationWaits.initLabelValues(word(priority));
    }
    reconciliations.initLabelValues(result(true));
    reconciliations.initLabelValues(result(false));
    for (var reason : Reason.values()) {
      events.initLabelValues(reason.name());
    }
    Info.builder()
        .name("hostmaintenance_build_info")
        .help("The version of this process.")
        .labelNames("version")
        .register(registry)
        .addLabelValues(
            Objects.requireNonNullElse(
                Metrics.class.getPackage().getImplementationVersion(), "unknown"));
    ofTheProcess();
  }

  private void ofTheProcess() {
    ProcessMetrics.builder().register(registry);
    JvmRuntimeInfoMetric.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmThreadsMetrics.builder().register(registry);
    JvmClassLoadingMetrics.builder().register(registry);
  }

  private Histogram histogram(String name, String help, double[] buckets, String... labels) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .unit(Unit.SECONDS)
        .classicOnly()
        .classicUpperBounds(buckets)
        .labelNames(labels)
        .register(registry);
  }

  /**
   * Counts the requests to a cloud.
   *
   * @param cloud its name; empty for the only one of a clouds.yaml
   */
  RequestListener requests(String cloud) {
    return new RequestListener() {
      @Override
      public void answered(String operation, int status, Duration duration) {
        requests.labelValues(cloud, operation, String.valueOf(status)).observe(seconds(duration));
      }

      @Override
      public void waited(Priority priority, Duration duration) {
        requestWaits.labelValues(word(priority)).observe(seconds(duration));
      }
    };
  }

  /** A reconciliation has had its turn after so long. */
  void reconciliationWaited(Priority priority, Duration duration) {
    reconciliationWaits.labelValues(word(priority)).observe(seconds(duration));
  }

  /** A reconciliation has ended, well or with an exception. */
  void reconciled(boolean succeeded, Duration duration) {
    reconciliations.labelValues(result(succeeded)).observe(seconds(duration));
  }

  /** Counts what is told there. */
  EventRecorder counting(EventRecorder recorder) {
    return (resource, notice) -> {
      var told = recorder.record(resource, notice);
      if (told) {
        events.labelValues(notice.reason().name()).inc();
      }
      return told;
    };
  }

  /** Counts moves and drains. */
  StatusListener moves() {
    return moves;
  }

  /**
   * From now on the text has also what is true when it is asked for. Called once.
   *
   * @param leading whether this process acts; one that stands by leaves the resources and clouds to
   *     the other
   * @param resources every resource; their rows are not read
   * @param lastObserved when an observation of the resource's host last succeeded; empty when it
   *     needs none
   * @param clouds those that this process asks
   */
  void show(
      BooleanSupplier leading,
      Supplier<List<HostMaintenance>> resources,
      Function<HostMaintenance, Optional<Instant>> lastObserved,
      Supplier<List<CloudHealth>> clouds) {
    GaugeWithCallback.builder()
        .name("hostmaintenance_leader")
        .help("1 while this process acts, else 0.")
        .callback(gauge -> gauge.call(leading.getAsBoolean() ? 1 : 0))
        .register(registry);
    GaugeWithCallback.builder()
        .name("hostmaintenance_cloud_up")
        .help("1 while the cloud answers as it should, else 0.")
        .labelNames("cloud")
        .callback(
            gauge -> {
              for (var health : leading.getAsBoolean() ? clouds.get() : List.<CloudHealth>of()) {
                health.isUp().ifPresent(up -> gauge.call(up ? 1 : 0, health.cloud()));
              }
            })
        .register(registry);
    registry.register(
        new ResourceMetrics(
            () -> leading.getAsBoolean() ? resources.get() : List.of(), lastObserved));
  }

  /** The text that Prometheus reads; any number may read it at once. */
  String text() {
    var text = new ByteArrayOutputStream();
    try {
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  private static String word(Priority priority) {
    return priority.name().toLowerCase(Locale.ROOT);
  }

  private static String result(boolean succeeded) {
    return succeeded ? "success" : "error";
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
