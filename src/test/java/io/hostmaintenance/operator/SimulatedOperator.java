package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The real shell of the operator, opened to the simulation: a door, nothing else. */
public final class SimulatedOperator {

  /** The resources as one process sees them; the contracts are those of {@link ResourceStore}. */
  public interface Store {
    /** The resource of this name as it is stored; empty when there is none. */
    Optional<HostMaintenance> read(String name);

    /** Whether the watch lately knew a resource of this name. */
    boolean watched(String name);

    /** Every resource as it is stored now. */
    List<HostMaintenance> all();

    /** Stores a status; empty when somebody has changed the resource meanwhile. */
    Optional<HostMaintenance> writeStatus(HostMaintenance resource);

    /** Puts the finalizer on; empty when somebody has changed the resource meanwhile. */
    Optional<HostMaintenance> hold(HostMaintenance resource);

    /** Takes the finalizer off. */
    void release(HostMaintenance resource);
  }

  /**
   * What comes after a reconciliation.
   *
   * @param requeueAfter when to reconcile again
   * @param released whether the resource was let go
   */
  public record Reconciliation(Duration requeueAfter, boolean released) {}

  private final Clouds clouds;
  private final MaintenanceLoop maintenance;

  /**
   * A process that remembers nothing yet; everything it depends on is an argument.
   *
   * @param novas the Nova of each cloud by its name; the default has the empty one
   */
  public SimulatedOperator(
      Map<String, Nova> novas,
      Store store,
      BiConsumer<HostMaintenance, Notice> events,
      Settings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      ParallelReads parallelReads,
      BooleanSupplier leading,
      Consumer<String> wake) {
    EventRecorder all =
        (resource, notice) -> {
          events.accept(resource, notice);
          return true;
        };
    clouds =
        new Clouds(
            "",
            Set::of,
            name ->
                Cloud.of(
                    name,
                    novas.get(name),
                    nanoTime,
                    parallelReads,
                    settings.strategies(),
                    new ReconciliationQueue(
                        Limits.DEFAULT, System::nanoTime, (priority, waited) -> {})));
    maintenance =
        new MaintenanceLoop(
            clouds,
            resources(store),
            all,
            (before, status) -> {},
            settings,
            clock,
            nanoTime,
            leading,
            wake);
  }

  /** One reconciliation of the resource of this name. */
  public Reconciliation reconcile(String name) {
    var result = maintenance.reconcile(name, Duration.ZERO);
    return new Reconciliation(result.requeueAfter(), result.released());
  }

  /** Whether a resource needs the cloud of this name, or it is the default. */
  public boolean knows(String cloud) {
    return clouds.names().contains(cloud);
  }

  /**
   * One round of the watch of the cloud of this name.
   *
   * @return when the next one is due
   */
  public Duration watch(String cloud) {
    return maintenance.watch(cloud);
  }

  private static ResourceStore resources(Store store) {
    return new ResourceStore() {
      @Override
      public Optional<HostMaintenance> read(String name) {
        return store.read(name);
      }

      @Override
      public boolean watched(String name) {
        return store.watched(name);
      }

      @Override
      public void list(Consumer<HostMaintenance> each) {
        store.all().forEach(each);
      }

      @Override
      public HostMaintenance writeStatus(HostMaintenance resource) throws Conflict {
        return unlessChanged(store.writeStatus(resource));
      }

      @Override
      public HostMaintenance hold(HostMaintenance resource) throws Conflict {
        return unlessChanged(store.hold(resource));
      }

      private static HostMaintenance unlessChanged(Optional<HostMaintenance> stored)
          throws Conflict {
        if (stored.isEmpty()) {
          throw new Conflict(null);
        }
        return stored.get();
      }

      @Override
      public void release(HostMaintenance resource) {
        store.release(resource);
      }
    };
  }
}
