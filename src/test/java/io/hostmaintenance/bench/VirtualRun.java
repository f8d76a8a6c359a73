package io.hostmaintenance.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.nova.openstack4j.Limits;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import io.hostmaintenance.operator.Cluster;
import io.hostmaintenance.operator.Config;
import io.hostmaintenance.operator.ParallelReads;
import io.hostmaintenance.operator.SimulatedOperator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The operator's own loop and adapter between a cloud simulator and resources in memory, in virtual
 * time: a reconciliation takes no time, and between two of them time jumps. So a run of hours takes
 * seconds, and counts the same on every machine.
 */
final class VirtualRun implements AutoCloseable {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LONGEST = Duration.ofHours(12);

  /** Stands among the names of resources for the next round of the cloud's watch. */
  private static final String WATCH = "";

  /** While time stands, a bound on the requests of a second would let none of the next ones out. */
  private static final Limits UNBOUND = new Limits(100, Integer.MAX_VALUE);

  /** A reconciliation that wants to be repeated at once takes so long on a real machine. */
  private static final Duration AT_ONCE = Duration.ofMillis(100);

  private final Site site;
  private final CloudSimulator simulator;
  private final SimulatedOperator operator;
  private final Resources resources = new Resources();
  private final Requests nova = new Requests();
  private final SortedMap<String, Long> kubernetes = new TreeMap<>();
  private final Lateness lateness = new Lateness();
  private final Map<String, Instant> due = new LinkedHashMap<>();
  private final Set<String> woken = new HashSet<>();
  private volatile Instant now = START;
  private Instant countedSince = START;

  /**
   * Starts an operator with this environment; no resource is there yet.
   *
   * @param directory for the clouds.yaml
   */
  VirtualRun(Path directory, Site site, Map<String, String> environment) throws IOException {
    this.site = site;
    this.simulator = new CloudSimulator(site.cloud(START), () -> now);
    simulator.count(nova::add);
    var settings = Config.of(environment, false).settings();
    var adapter =
        OpenStackCloud.nova(
            Cluster.environment(directory, simulator),
            () -> now,
            this::nanos,
            (operation, status, duration) -> {},
            settings.httpTimeout(),
            UNBOUND);
    this.operator =
        new SimulatedOperator(
            Map.of("", adapter),
            resources,
            (resource, notice) -> kubernetes("create event"),
            settings,
            () -> now,
            this::nanos,
            inTurn(),
            () -> true,
            this::wake);
    due.put(WATCH, now);
  }

  @Override
  public void close() throws IOException {
    simulator.close();
  }

  private long nanos() {
    return Duration.between(Instant.EPOCH, now).toNanos();
  }

  private static ParallelReads inTurn() {
    return new ParallelReads() {
      @Override
      public <T> List<T> all(List<Supplier<T>> questions) {
        return questions.stream().map(Supplier::get).toList();
      }
    };
  }

  private void kubernetes(String request) {
    kubernetes.merge(request, 1L, Long::sum);
  }

  private void wake(String name) {
    woken.add(name);
    due.put(name, now);
  }

  // --- what people do ---

  /** Creates a resource for each host at once. */
  void createAll() {
    for (var host : site.names()) {
      var resource = new HostMaintenance();
      resource.setMetadata(
          new ObjectMetaBuilder()
              .withName(host)
              .withUid(UUID.nameUUIDFromBytes(host.getBytes(StandardCharsets.UTF_8)).toString())
              .withGeneration(1L)
              .withCreationTimestamp(now.toString())
              .build());
      resource.setSpec(HostMaintenanceSpecBuilder.builder().host(host).reason("kernel").build());
      resources.store(resource);
      wake(host);
    }
  }

  /** Deletes every resource at once. */
  void deleteAll() {
    for (var host : site.names()) {
      var resource = resources.stored(host).orElseThrow();
      resource.getMetadata().setDeletionTimestamp(now.toString());
      resources.store(resource);
      wake(host);
    }
  }

  // --- time ---

  /** Lets so much time pass. */
  void pass(Duration duration) {
    var end = now.plus(duration);
    while (next().filter(name -> !due.get(name).isAfter(end)).isPresent()) {
      step();
    }
    now = end;
  }

  /**
   * Lets time pass until it is so.
   *
   * @throws IllegalStateException when it is not so after half a day
   */
  void until(BooleanSupplier reached) {
    var end = now.plus(LONGEST);
    while (!reached.getAsBoolean()) {
      if (now.isAfter(end)) {
        throw new IllegalStateException("not reached at " + now + " with " + site);
      }
      step();
    }
  }

  private Optional<String> next() {
    return due.keySet().stream().min((a, b) -> due.get(a).compareTo(due.get(b)));
  }

  private void step() {
    var name = next().orElseThrow();
    now = due.get(name).isAfter(now) ? due.get(name) : now;
    if (name.equals(WATCH)) {
      due.put(WATCH, now.plus(operator.watch("")));
    } else {
      reconcile(name);
    }
  }

  private void reconcile(String name) {
    woken.remove(name);
    var result = operator.reconcile(name);
    if (result.released()) {
      due.remove(name);
    } else if (!woken.contains(name)) {
      var pause = result.requeueAfter();
      due.put(name, now.plus(pause.compareTo(AT_ONCE) < 0 ? AT_ONCE : pause));
    }
  }

  /** Whether every resource is Ready. */
  boolean allReady() {
    return site.names().stream()
        .allMatch(
            name ->
                resources
                    .stored(name)
                    .map(HostMaintenance::getStatus)
                    .flatMap(status -> status.condition(Condition.READY))
                    .filter(condition -> condition.status().equals("True"))
                    .isPresent());
  }

  /** Whether every instance that was to be moved is called Moved. */
  boolean allMoved() {
    return lateness.moved() == site.moves();
  }

  /** Whether no resource is left. */
  boolean allGone() {
    return resources.json.isEmpty();
  }

  // --- what was counted ---

  /** Counts from nothing again. */
  void count() {
    nova.clear();
    kubernetes.clear();
    countedSince = now;
  }

  /** What was counted since {@link #count}. */
  Counts counts() {
    var sorted = simulator.cloud(lateness::sorted);
    return new Counts(
        nova.sums(),
        new TreeMap<>(kubernetes),
        Duration.between(countedSince, now),
        site,
        Lateness.percentile(sorted, 50),
        Lateness.percentile(sorted, 99));
  }

  /** Stores resources as an API server does: copies, with a version that is compared and set. */
  private final class Resources implements SimulatedOperator.Store {
    private final Map<String, String> json = new LinkedHashMap<>();
    private int version;

    Optional<HostMaintenance> stored(String name) {
      return Optional.ofNullable(json.get(name)).map(Resources::parse);
    }

    private static HostMaintenance parse(String text) {
      return Serialization.unmarshal(text, HostMaintenance.class);
    }

    HostMaintenance store(HostMaintenance resource) {
      var name = resource.getMetadata().getName();
      resource.getMetadata().setResourceVersion(String.valueOf(++version));
      json.put(name, Serialization.asJson(resource));
      return parse(json.get(name));
    }

    private Optional<HostMaintenance> unchanged(HostMaintenance resource) {
      var sent = resource.getMetadata().getResourceVersion();
      return stored(resource.getMetadata().getName())
          .filter(r -> r.getMetadata().getResourceVersion().equals(sent));
    }

    @Override
    public Optional<HostMaintenance> read(String name) {
      kubernetes("get");
      return stored(name);
    }

    @Override
    public boolean watched(String name) {
      return json.containsKey(name);
    }

    @Override
    public List<HostMaintenance> all() {
      kubernetes("list");
      return json.values().stream().map(Resources::parse).toList();
    }

    @Override
    public Optional<HostMaintenance> writeStatus(HostMaintenance resource) {
      kubernetes("update status");
      var next = unchanged(resource);
      next.ifPresent(
          r -> {
            r.setStatus(resource.getStatus());
            store(r);
            lateness.stored(Serialization.unmarshal(Serialization.asJson(r), JsonNode.class), now);
          });
      return next;
    }

    @Override
    public Optional<HostMaintenance> hold(HostMaintenance resource) {
      kubernetes("patch finalizers");
      return unchanged(resource)
          .map(
              r -> {
                r.getMetadata().setFinalizers(new ArrayList<>(r.getMetadata().getFinalizers()));
                r.addFinalizer(HostMaintenance.FINALIZER);
                return store(r);
              });
    }

    @Override
    public void release(HostMaintenance resource) {
      kubernetes("get");
      kubernetes("patch finalizers");
      json.remove(resource.getMetadata().getName());
    }
  }
}
