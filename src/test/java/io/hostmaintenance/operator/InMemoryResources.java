package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Stores resources as an API server does: copies, with a version that is compared and set. */
final class InMemoryResources implements ResourceStore {

  private final Map<String, String> stored = new LinkedHashMap<>();
  private final List<HostMaintenanceStatus> writes = new ArrayList<>();
  private final List<HostMaintenance> written = new ArrayList<>();
  private int version;
  private int conflicts;
  private int reads;
  private int lists;
  private int releases;
  private boolean watchIsBehind;
  private Runnable beforeWrite = () -> {};

  @Override
  public Optional<HostMaintenance> read(String name) {
    reads++;
    return Optional.ofNullable(stored.get(name)).map(InMemoryResources::parse);
  }

  @Override
  public boolean watched(String name) {
    return !watchIsBehind && stored.containsKey(name);
  }

  @Override
  public void list(Consumer<HostMaintenance> each) {
    lists++;
    stored.values().stream().map(InMemoryResources::parse).forEach(each);
  }

  @Override
  public HostMaintenance hold(HostMaintenance resource) throws Conflict {
    var next = unchanged(resource);
    next.getMetadata().setFinalizers(new ArrayList<>(next.getMetadata().getFinalizers()));
    next.addFinalizer(HostMaintenance.FINALIZER);
    return store(next);
  }

  private HostMaintenance unchanged(HostMaintenance resource) throws Conflict {
    var now =
        Optional.ofNullable(stored.get(resource.getMetadata().getName()))
            .map(InMemoryResources::parse);
    if (now.isEmpty() || !version(now.get()).equals(version(resource))) {
      throw new Conflict(null);
    }
    return now.get();
  }

  @Override
  public HostMaintenance writeStatus(HostMaintenance resource) throws Conflict {
    beforeWrite.run();
    if (conflicts > 0) {
      conflicts--;
      throw new Conflict(null);
    }
    var next = unchanged(resource);
    next.setStatus(resource.getStatus());
    writes.add(resource.getStatus());
    written.add(store(next));
    return written.getLast();
  }

  @Override
  public void release(HostMaintenance resource) {
    releases++;
    var now = parse(stored.get(resource.getMetadata().getName()));
    if (now.isMarkedForDeletion()) {
      stored.remove(now.getMetadata().getName());
    }
  }

  /** What a person does to a resource, whatever its version. */
  void edit(String name, UnaryOperator<HostMaintenance> edit) {
    store(edit.apply(read(name).orElseThrow()));
  }

  HostMaintenance store(HostMaintenance resource) {
    resource.getMetadata().setResourceVersion(String.valueOf(++version));
    stored.put(resource.getMetadata().getName(), Serialization.asJson(resource));
    return read(resource.getMetadata().getName()).orElseThrow();
  }

  /** The next writes of a status are refused, so many. */
  void refuseWrites(int times) {
    conflicts = times;
  }

  /** From now on the watch knows of no resource. */
  void watchFallsBehind() {
    watchIsBehind = true;
  }

  /** Somebody takes the finalizer off, or it is gone in another way that nobody reconciliations. */
  void vanish(String name) {
    stored.remove(name);
  }

  boolean exists(String name) {
    return stored.containsKey(name);
  }

  /** How often the store was asked for anything so far. */
  int calls() {
    return reads + lists + releases + writes.size();
  }

  /** How often every resource was listed so far. */
  int lists() {
    return lists;
  }

  /** Happens before every write of a status from now on. */
  void beforeWrite(Runnable deed) {
    beforeWrite = deed;
  }

  /** Every status that was stored, in order. */
  List<HostMaintenanceStatus> writes() {
    return List.copyOf(writes);
  }

  /** Every resource as it was with a status that was stored, in order. */
  List<HostMaintenance> written() {
    return List.copyOf(written);
  }

  private static String version(HostMaintenance resource) {
    return resource.getMetadata().getResourceVersion();
  }

  private static HostMaintenance parse(String json) {
    return Serialization.unmarshal(json, HostMaintenance.class);
  }
}
