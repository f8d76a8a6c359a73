package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.hostmaintenance.nova.openstack4j.CloudSecrets;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.health.EventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
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
  private final HostMaintenanceReconciler reconciler;
  private final HealthServer health;
  private final Optional<KubernetesSecrets> secrets;
  private final Clouds clouds;
  private final Function<String, Duration> round;
  private final Duration pollMoving;
  private final Thread watcher = Thread.ofVirtual().name("watches").unstarted(this::watchAll);
  private final Map<String, Thread> watches = new ConcurrentHashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean started;

  /**
   * Wires it; nothing is watched before {@link #start}.
   *
   * @param client closed with the operator
   * @param environment by which the clouds are found
   * @throws IOException when the port is taken
   */
  HostMaintenanceOperator(
      KubernetesClient client,
      Map<String, String> environment,
      Config config,
      InstantSource clock,
      Metrics metrics)
      throws IOException {
    this.client = client;
    this.lease =
        config.leaderElection()
            ? Optional.of(new Lease(client, config.namespace(), config.identity(), clock))
            : Optional.empty();
    this.operator = new Operator(this::configure);
    this.pollMoving = config.settings().pollMoving();
    this.secrets =
        Optional.ofNullable(config.namespace()).map(n -> new KubernetesSecrets(client, n));
    this.clouds =
        new Clouds(
            environment.getOrDefault("OS_CLOUD", "").strip(),
            () -> secrets.map(KubernetesSecrets::names).orElse(Set.of()),
            name -> {
              var nova =
                  OpenStackCloud.nova(
                      environment,
                      name,
                      secrets.<CloudSecrets>map(s -> s).orElse(CloudSecrets.NONE),
                      clock,
                      System::nanoTime,
                      metrics.requests(name),
                      config.settings().httpTimeout(),
                      config.limits());
              var strategies = config.settings().strategies();
              var queue =
                  new ReconciliationQueue(
                      config.limits(), System::nanoTime, metrics::reconciliationWaited);
              return Cloud.of(
                  name, nova, System::nanoTime, ParallelReads.threads(), strategies, queue);
            });
    var maintenance =
        new MaintenanceLoop(
            clouds,
            new KubernetesResources(client, this::watched),
            metrics.counting(new KubernetesEvents(client, clock)),
            metrics.moves(),
            config.settings(),
            clock,
            System::nanoTime,
            () -> lease.map(Lease::held).orElse(true),
            this::wake);
    this.round = maintenance::watch;
    var ticks = new RunningReconciliations(clock, System::nanoTime);
    this.reconciler =
        new HostMaintenanceReconciler(
            r -> clouds.of(r).queue(), maintenance, ticks, metrics::reconciled);
    operator.register(
        reconciler,
        o ->
            o.withOnUpdateFilter(HostMaintenanceReconciler.NEWS)
                .withItemStore(new TransformingItemStore<>(KubernetesResources::remembered))
                .withInformerListLimit(LIST_LIMIT));
    metrics.show(
        this::leading,
        reconciler::known,
        maintenance::lastObserved,
        () -> clouds.known().stream().map(Cloud::health).toList());
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
        // They wait in the queue of their cloud, which knows what is urgent: a cloud that does not
        // answer takes no thread from another.
        .withExecutorService(
            Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("reconciliation-", 0).factory()));
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
      secrets.ifPresent(KubernetesSecrets::start);
      operator.start();
      started = true;
      watcher.start();
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
    watcher.interrupt();
    watches.values().forEach(Thread::interrupt);
    clouds.known().forEach(cloud -> cloud.queue().close());
    operator.stop();
    lease.ifPresent(Lease::release);
    secrets.ifPresent(KubernetesSecrets::close);
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

  /** Each cloud is watched by a thread of its own, so that one that is down holds up no other. */
  private void watchAll() {
    while (!closed.get()) {
      for (var cloud : clouds.names()) {
        watches.computeIfAbsent(
            cloud, name -> Thread.ofVirtual().name("watch-" + name).start(() -> watch(name)));
      }
      if (!sleep(pollMoving)) {
        return;
      }
    }
  }

  /** Rounds one after the other, while this process leads and the cloud is needed. */
  private void watch(String cloud) {
    try {
      while (!closed.get() && clouds.names().contains(cloud)) {
        if (!sleep(leading() ? pause(cloud) : pollMoving)) {
          return;
        }
      }
    } finally {
      watches.remove(cloud);
    }
  }

  /** Whatever happens to one round, there is a next one. */
  private Duration pause(String cloud) {
    try {
      return round.apply(cloud);
    } catch (RuntimeException | Error e) {
      LOG.error("a round of the watch ended with an exception", e);
      return pollMoving;
    }
  }

  /** Whether nobody interrupted it. */
  private static boolean sleep(Duration pause) {
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      return false;
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
