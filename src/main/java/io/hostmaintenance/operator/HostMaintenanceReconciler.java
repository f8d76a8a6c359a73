package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.drain.RequestPriority;
import io.hostmaintenance.nova.Priority;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.IndexedResourceCache;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * JOSDK's view of {@link MaintenanceLoop}: when to reconcile. The loop itself puts the finalizer on
 * and takes it off: a plan and a resource that waits have none.
 */
@ControllerConfiguration(
    name = "host-maintenance",
    generationAwareEventProcessing = false,
    triggerReconcilerOnAllEvents = true,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 20, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 2000, maxInterval = 60_000)
public final class HostMaintenanceReconciler implements Reconciler<HostMaintenance> {

  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private final Function<HostMaintenance, ReconciliationQueue> queueOf;
  private final MaintenanceLoop maintenance;
  private final RunningReconciliations ticks;
  private final ReconciliationListener listener;
  private final SimpleInboundEventSource<HostMaintenance> awaited =
      new SimpleInboundEventSource<>("awaited");
  private volatile IndexedResourceCache<HostMaintenance> cache;

  /**
   * Takes what a reconciliation is.
   *
   * @param queueOf where a resource waits for others of its cloud
   * @param ticks is told of each that is under way
   * @param listener is told of each that ended
   */
  HostMaintenanceReconciler(
      Function<HostMaintenance, ReconciliationQueue> queueOf,
      MaintenanceLoop maintenance,
      RunningReconciliations ticks,
      ReconciliationListener listener) {
    this.queueOf = queueOf;
    this.maintenance = maintenance;
    this.ticks = ticks;
    this.listener = listener;
  }

  /** Which updates matter: of spec, annotations and life cycle; those of the status are ours. */
  static final OnUpdateFilter<HostMaintenance> NEWS =
      (next, before) -> {
        var now = next.getMetadata();
        var then = before.getMetadata();
        return !Objects.equals(now.getGeneration(), then.getGeneration())
            || !Objects.equals(now.getDeletionTimestamp(), then.getDeletionTimestamp())
            || !Objects.equals(now.getFinalizers(), then.getFinalizers())
            || !Objects.equals(now.getAnnotations(), then.getAnnotations());
      };

  /** Keeps the cache of the resources; the one other event source wakes those that wait. */
  @Override
  public List<EventSource<?, HostMaintenance>> prepareEventSources(
      EventSourceContext<HostMaintenance> context) {
    cache = context.getPrimaryCache();
    return List.of(awaited);
  }

  /** Ticks a resource soon whose host or place became free. */
  void wake(String name) {
    awaited.propagateEvent(new ResourceID(name));
  }

  /** Whether the watch knew a resource of this name when it last told. */
  boolean watched(String name) {
    return cache != null && cache.contains(new ResourceID(name));
  }

  /** Every resource, as the watch last told; empty before the start. */
  List<HostMaintenance> known() {
    return cache == null ? List.of() : cache.list().toList();
  }

  /** Also of a resource that is being deleted or is gone. */
  @Override
  public UpdateControl<HostMaintenance> reconcile(
      HostMaintenance resource, Context<HostMaintenance> context) {
    MaintenanceLoop.Result result;
    try {
      result =
          queueOf
              .apply(resource)
              .run(() -> priority(resource), waited -> reconcile(resource, waited));
    } catch (CancellationException e) {
      return UpdateControl.noUpdate();
    }
    return result.released() || context.isPrimaryResourceDeleted()
        ? UpdateControl.noUpdate()
        : UpdateControl.<HostMaintenance>noUpdate().rescheduleAfter(pause(result));
  }

  /** By the newest that the watch told: someone may have deleted the resource meanwhile. */
  private Priority priority(HostMaintenance resource) {
    var newest =
        Optional.ofNullable(cache)
            .flatMap(c -> c.get(ResourceID.fromResource(resource)))
            .orElse(resource);
    return RequestPriority.ofObservation(newest);
  }

  private MaintenanceLoop.Result reconcile(HostMaintenance resource, Duration waited) {
    var name = resource.getMetadata().getName();
    try (var _ = LogFields.put(LogFields.HOST_MAINTENANCE, name);
        var _ = LogFields.put(LogFields.COMPUTE_HOST, resource.host())) {
      return reconcile(name, waited);
    }
  }

  private MaintenanceLoop.Result reconcile(String name, Duration waited) {
    var began = System.nanoTime();
    var succeeded = false;
    try {
      var result = ticks.run(name, () -> maintenance.reconcile(name, waited));
      succeeded = true;
      return result;
    } catch (RuntimeException | Error e) {
      throw told(name, e);
    } finally {
      listener.ended(succeeded, Duration.ofNanos(System.nanoTime() - began));
    }
  }

  /** The exception after which JOSDK tries again; after an Error it never would. */
  private RuntimeException told(String name, Throwable failed) {
    var exception =
        failed instanceof RuntimeException e
            ? e
            : new IllegalStateException("the tick failed", failed);
    try {
      maintenance.failed(name, failed);
    } catch (RuntimeException e) {
      exception.addSuppressed(e);
    }
    return exception;
  }

  private static Duration pause(MaintenanceLoop.Result result) {
    return result.requeueAfter().compareTo(AT_ONCE) < 0 ? AT_ONCE : result.requeueAfter();
  }
}
