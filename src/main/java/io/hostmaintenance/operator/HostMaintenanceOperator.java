package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.hostmaintenance.nova.Nova;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.health.EventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator, wired together. Starts once, stops once. */
public final class HostMaintenanceOperator implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HostMaintenanceOperator.class);

  private static final Duration TERMINATION = Duration.ofSeconds(10);

  /** Of one page of the list at the start, which has all rows. */
  private static final long LIST_LIMIT = 100;

  private final KubernetesClient client;
  private final Optional<Lease> lease;
  private final Operator operator;
  private final ReconciliationQueue queue;
  private final HostMaintenanceReconciler reconciler;
  private final HealthServer health;
  private final Thread watch;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean started;

  /**
   * Wires it; nothing is watched before {@link #start}.
   *
   * @param client closed with the operator
   * @param identity by which this process is told from others in the Lease
   * @throws IOException when the port is taken
   */
  HostMaintenanceOperator(
      KubernetesClient client,
      Nova nova,
      Config config,
      InstantSource clock,
      Metrics metrics,
      String identity)
      throws IOException {
    this.client = client;
    this.lease =
        config.leaderElection()
            ? Optional.of(new Lease(client, config.namespace(), identity, clock))
            : Optional.empty();
    this.operator = new Operator(this::configure);
    var maintenance =
        new MaintenanceLoop(
            Clouds.only(
                Cloud.of(
                    nova,
                    System::nanoTime,
                    ParallelReads.threads(),
                    config.settings().strategies())),
            new KubernetesResources(client, this::watched),
            metrics.counting(new KubernetesEvents(client, clock)),
            config.settings(),
            clock,
            System::nanoTime,
            () -> lease.map(Lease::held).orElse(true),
            this::wake);
    this.watch =
        Thread.ofVirtual()
            .name("watch")
            .unstarted(() -> watch(() -> maintenance.watch(""), config.settings().pollMoving()));
    var ticks = new RunningReconciliations(clock, System::nanoTime);
    this.queue = new ReconciliationQueue(config.limits(), metrics::reconciliationWaited);
    this.reconciler = new HostMaintenanceReconciler(maintenance, queue, ticks, metrics::tickFailed);
    operator.register(
        reconciler,
        o ->
            o.withOnUpdateFilter(HostMaintenanceReconciler.NEWS)
                .withItemStore(new TransformingItemStore<>(KubernetesResources::remembered))
                .withInformerListLimit(LIST_LIMIT));
    metrics.show(this::leading, reconciler::known, maintenance::lastObserved);
    this.health =
        new HealthServer(
            config.address(),
            config.port(),
            () -> closed.get() ? Optional.of("It is being stopped.") : ticks.objection(),
            this::ready,
            metrics::text);
  }

  private void configure(ConfigurationServiceOverrider configuration) {
    configuration
        .withKubernetesClient(client)
        .withCloseClientOnStop(false)
        .withUseSSAToPatchPrimaryResource(false)
        .withReconciliationTerminationTimeout(TERMINATION)
        // They wait in the queue of the reconciler, which knows what is urgent.
        .withExecutorService(Executors.newVirtualThreadPerTaskExecutor());
    lease.ifPresent(l -> configuration.withLeaderElectionConfiguration(l.configuration()));
  }

  /**
   * Begins to watch; with leader election it acts once the lease is held.
   *
   * @return false when it was closed meanwhile, and is not to act
   * @throws RuntimeException when the API server does not let it; it may be closed then
   */
  public boolean start() {
    try {
      lease.ifPresent(Lease::require);
      operator.start();
      started = true;
      watch.start();
      return !closed.get();
    } catch (RuntimeException e) {
      if (closed.get()) {
        return false;
      }
      throw e;
    }
  }

  /** The port of health and metrics. */
  public int port() {
    return health.port();
  }

  /** Stops cleanly and gives the lease back; may be called again. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    lease.ifPresent(Lease::stopping);
    watch.interrupt();
    queue.close();
    operator.stop();
    lease.ifPresent(Lease::release);
    health.close();
    client.close();
  }

  /** Informers that run and have synced; a reconnecting watch is no illness. */
  private boolean ready() {
    return started
        && operator.getRuntimeInfo().unhealthyEventSources().values().stream()
            .flatMap(sources -> sources.values().stream())
            .allMatch(HostMaintenanceOperator::runs);
  }

  private static boolean runs(EventSourceHealthIndicator source) {
    return source instanceof InformerWrappingEventSourceHealthIndicator<?> informers
        && informers.informerHealthIndicators().values().stream()
            .allMatch(i -> i.isRunning() && i.hasSynced());
  }

  /** Rounds of the watch, one after the other, while this process leads and until it is closed. */
  private void watch(Supplier<Duration> round, Duration whileStandingBy) {
    while (!closed.get()) {
      try {
        Thread.sleep(leading() ? pause(round, whileStandingBy) : whileStandingBy);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Whatever happens to one round, there is a next one. */
  private static Duration pause(Supplier<Duration> round, Duration afterFailure) {
    try {
      return round.get();
    } catch (RuntimeException | Error e) {
      LOG.error("a round of the watch ended with an exception", e);
      return afterFailure;
    }
  }

  private boolean leading() {
    return lease.map(Lease::leading).orElse(true);
  }

  private boolean watched(String name) {
    return reconciler.watched(name);
  }

  private void wake(String name) {
    reconciler.wake(name);
  }
}
