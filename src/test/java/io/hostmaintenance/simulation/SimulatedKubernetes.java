package io.hostmaintenance.simulation;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.operator.SimulatedOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The API server: compare-and-set by resourceVersion, life cycle by finalizers, stale watches. */
final class SimulatedKubernetes {

  /** The API server did not answer as asked. */
  static final class Down extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Down(String message) {
      super(message, null, false, false);
    }
  }

  private record Snapshot(Instant at, List<HostMaintenance> resources) {}

  private final World world;
  private final Map<String, HostMaintenance> stored = new LinkedHashMap<>();
  private final List<Snapshot> history = new ArrayList<>();
  private long version = 100;
  private long uids;
  private final Map<String, Integer> writes = new HashMap<>();

  SimulatedKubernetes(World world) {
    this.world = world;
  }

  // ---------------------------------------------------------------- what people do

  Optional<HostMaintenance> get(String name) {
    return Optional.ofNullable(stored.get(name));
  }

  List<HostMaintenance> resources() {
    return List.copyOf(stored.values());
  }

  /** How often the status of this resource was written. */
  int writes(String name) {
    return writes.getOrDefault(name, 0);
  }

  void create(String name, HostMaintenanceSpec spec) {
    if (stored.containsKey(name)) {
      return;
    }
    var resource = new HostMaintenance();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withUid("uid-" + ++uids)
            .withGeneration(1L)
            .withCreationTimestamp(seconds())
            .build());
    resource.setSpec(spec);
    world.written(name, spec);
    store(resource, true);
  }

  void edit(String name, UnaryOperator<HostMaintenanceSpec> edit) {
    change(
        name,
        r -> {
          r.setSpec(edit.apply(r.getSpec()));
          world.written(name, r.getSpec());
          r.getMetadata().setGeneration(r.getMetadata().getGeneration() + 1);
        });
  }

  void annotate(String name, String key, String value) {
    change(
        name,
        r -> {
          var annotations = new HashMap<String, String>();
          if (r.getMetadata().getAnnotations() != null) {
            annotations.putAll(r.getMetadata().getAnnotations());
          }
          annotations.put(key, value);
          r.getMetadata().setAnnotations(annotations);
        });
  }

  /** Asks for deletion; without a finalizer it is gone at once. */
  void delete(String name) {
    change(
        name,
        r -> {
          if (r.getMetadata().getDeletionTimestamp() == null) {
            r.getMetadata().setDeletionTimestamp(seconds());
            r.getMetadata().setGeneration(r.getMetadata().getGeneration() + 1);
          }
        });
  }

  private void change(String name, Consumer<HostMaintenance> change) {
    get(name)
        .ifPresent(
            r -> {
              var next = copy(r);
              change.accept(next);
              store(next, true);
            });
  }

  private void store(HostMaintenance resource, boolean news) {
    var metadata = resource.getMetadata();
    metadata.setResourceVersion(String.valueOf(++version));
    var gone = metadata.getDeletionTimestamp() != null && metadata.getFinalizers().isEmpty();
    if (gone) {
      stored.remove(metadata.getName());
      world.story().record("kubernetes", () -> metadata.getName() + " is gone");
      world.forgetQuiet(); // its host may take instances of the others again
    } else {
      stored.put(metadata.getName(), resource);
    }
    history.add(new Snapshot(world.now(), List.copyOf(stored.values())));
    if (news) {
      world.changed(metadata.getName());
    }
  }

  private String seconds() {
    return world.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private HostMaintenance copy(HostMaintenance resource) {
    var copy = new HostMaintenance();
    copy.setMetadata(new ObjectMetaBuilder(resource.getMetadata()).build());
    copy.setSpec(resource.getSpec());
    copy.setStatus(resource.getStatus());
    return copy;
  }

  private HostMaintenanceStatus kept(HostMaintenanceStatus status) {
    return world.program().json()
        ? Serialization.unmarshal(Serialization.asJson(status), HostMaintenanceStatus.class)
        : status;
  }

  // ---------------------------------------------------------------- what an operator sees

  SimulatedOperator.Store as(OperatorProcess process) {
    return new View(process);
  }

  private final class View implements SimulatedOperator.Store {
    private final OperatorProcess process;

    View(OperatorProcess process) {
      this.process = process;
    }

    @Override
    public Optional<HostMaintenance> read(String name) {
      return call("read", () -> get(name).map(SimulatedKubernetes.this::copy));
    }

    @Override
    public List<HostMaintenance> all() {
      return call("list", () -> resources().stream().map(SimulatedKubernetes.this::copy).toList());
    }

    @Override
    public boolean watched(String name) {
      return known().stream().anyMatch(r -> r.getMetadata().getName().equals(name));
    }

    private List<HostMaintenance> known() {
      process.live();
      if (process.watchLag().isZero()) {
        return resources();
      }
      var seen = world.now().minus(process.watchLag());
      return history.reversed().stream()
          .filter(s -> !s.at().isAfter(seen))
          .findFirst()
          .map(Snapshot::resources)
          .orElse(List.of());
    }

    @Override
    public Optional<HostMaintenance> hold(HostMaintenance resource) {
      var observed = process.observed();
      return call(
          "hold",
          () -> {
            var metadata = resource.getMetadata();
            var current = stored.get(metadata.getName());
            if (current == null || !same(current.getMetadata(), metadata)) {
              observed.failed("conflict");
              return Optional.empty();
            }
            var next = copy(current);
            next.getMetadata().setFinalizers(List.of(HostMaintenance.FINALIZER));
            store(next, false);
            return Optional.of(copy(next));
          });
    }

    @Override
    public Optional<HostMaintenance> writeStatus(HostMaintenance resource) {
      var observed = process.observed();
      return call("writeStatus", () -> write(resource, observed));
    }

    private Optional<HostMaintenance> write(HostMaintenance resource, ObservedTruth observed) {
      var metadata = resource.getMetadata();
      var current = stored.get(metadata.getName());
      if (current == null || !same(current.getMetadata(), metadata)) {
        world
            .story()
            .record(process.name(), () -> "status of " + metadata.getName() + ": conflict");
        observed.failed("conflict");
        return Optional.empty();
      }
      var next = copy(current);
      next.setStatus(kept(resource.getStatus()));
      world.site(next.getSpec()).promises().writing(process, observed, current, next);
      writes.merge(metadata.getName(), 1, Integer::sum);
      store(next, false);
      return Optional.of(copy(next));
    }

    private boolean same(ObjectMeta a, ObjectMeta b) {
      return a.getUid().equals(b.getUid()) && a.getResourceVersion().equals(b.getResourceVersion());
    }

    @Override
    public void release(HostMaintenance resource) {
      call(
          "release",
          () -> {
            var name = resource.getMetadata().getName();
            var current = stored.get(name);
            if (current != null
                && current.getMetadata().getUid().equals(resource.getMetadata().getUid())) {
              var promises = world.site(current.getSpec()).promises();
              promises.releasing(process, current);
              change(name, r -> r.getMetadata().setFinalizers(List.of()));
              promises.released(process, current);
            }
            return null;
          });
    }

    private <T> T call(String name, Supplier<T> effect) {
      process.live();
      world.count();
      var fault = world.fault(name);
      fault.ifPresent(
          f ->
              world
                  .story()
                  .record("fault", () -> f.kind() + " at " + process.name() + "'s " + name));
      if (fault.isEmpty()) {
        pass(world.latency());
        return effect.get();
      }
      return switch (fault.get().kind()) {
        case CRASH_BEFORE -> throw process.crash();
        case CRASH_AFTER -> {
          effect.get();
          throw process.crash();
        }
        case CRASH_IN_FLIGHT -> {
          world.after(Duration.ofMillis(300), effect::get);
          throw process.crash();
        }
        case LOST_REPLY, ERROR_AFTER -> {
          effect.get();
          pass(Duration.ofSeconds(10));
          process.observed().failed("lost reply");
          throw new Down("lost reply");
        }
        case CONFLICT -> {
          edited();
          yield effect.get();
        }
        case SLOW -> {
          pass(fault.get().time());
          yield effect.get();
        }
        case STOPPED -> {
          process.stopped(fault.get().time());
          yield effect.get();
        }
        default -> {
          pass(Duration.ofSeconds(1));
          process.observed().failed("down");
          throw new Down("the API server does not answer");
        }
      };
    }

    /** Somebody edits the resource without telling much. */
    private void edited() {
      annotate(process.resource(), "example.org/touched", String.valueOf(version));
    }

    private void pass(Duration time) {
      world.pass(time);
      process.live();
    }
  }
}
