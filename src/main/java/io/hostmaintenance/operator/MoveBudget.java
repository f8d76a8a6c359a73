package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.drain.Decision;
import io.hostmaintenance.drain.DecisionInput;
import io.hostmaintenance.drain.HostClaim;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What this process knows of every resource: who holds which host, who holds a place of
 * HM_MAX_HOSTS_DRAINING, who waits, and how many moves are in flight. Places and moves are counted
 * for each cloud, so that one that does not answer takes none from another. Only the operator that
 * leads writes a status, so what it read once and decided since is true, however late a watch is.
 * Decisions are taken one at a time, so that two resources never take one host or one free place.
 * Nothing here is counted anew: every entry that changes changes the sums.
 */
@RecordBuilder.Include(DecisionInput.OtherMaintenance.class)
final class MoveBudget {

  private static final int NAMED = 3;

  private final int maxHostsDraining;
  private final Function<HostMaintenance, String> cloudOf;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Set<String>> byHost = new HashMap<>();
  private final Map<String, Sums> clouds = new HashMap<>();
  private final Set<String> awaited = new HashSet<>();

  /** What the resources of one cloud add up to. */
  private static final class Sums {
    private final Map<String, Integer> inTheWay = new HashMap<>();
    private final NavigableSet<Entry> draining = new TreeSet<>(Entry.AGE);
    private final NavigableSet<Entry> waiting = new TreeSet<>(Entry.AGE);
    private int entries;
    private int inFlight;

    void add(Entry entry) {
      entries++;
      inFlight += entry.inFlight();
      if (entry.inTheWay()) {
        inTheWay.merge(entry.host(), 1, Integer::sum);
      }
      if (entry.draining()) {
        draining.add(entry);
      }
      if (entry.waiting()) {
        waiting.add(entry);
      }
    }

    void remove(Entry entry) {
      entries--;
      inFlight -= entry.inFlight();
      if (entry.inTheWay()) {
        inTheWay.computeIfPresent(entry.host(), (host, n) -> n == 1 ? null : n - 1);
      }
      draining.remove(entry);
      waiting.remove(entry);
    }
  }

  private record Entry(
      DecisionInput.OtherMaintenance maintenance,
      String cloud,
      Optional<String> serviceId,
      boolean draining,
      boolean waiting,
      int inFlight) {

    private static final Comparator<Entry> AGE =
        Comparator.comparing((Entry e) -> e.maintenance().createdAt())
            .thenComparing(e -> e.maintenance().name());

    static Entry of(HostMaintenance resource, String cloud, HostMaintenanceStatus status) {
      return new Entry(
          new DecisionInput.OtherMaintenance(
              resource.getMetadata().getName(),
              resource.getSpec().host(),
              Instant.parse(resource.getMetadata().getCreationTimestamp()),
              resource.isMarkedForDeletion(),
              HostClaim.holdsHost(status),
              !resource.plans() && HostClaim.wantsHost(status)),
          cloud,
          Optional.ofNullable(status).map(HostMaintenanceStatus::service).map(ServiceStatus::id),
          HostClaim.drains(status),
          HostClaim.waitsForTurn(status),
          HostClaim.movesInFlight(status));
    }

    /** The same, of a resource that cannot be decided on. */
    Entry stuck() {
      var undecided = DecisionInputOtherMaintenanceBuilder.from(maintenance).withWantsHost(false);
      return new Entry(undecided, cloud, serviceId, false, false, inFlight);
    }

    String name() {
      return maintenance.name();
    }

    String host() {
      return maintenance.host();
    }

    boolean inTheWay() {
      return maintenance.holdsHost() || maintenance.wantsHost() && !maintenance.deleting();
    }
  }

  /**
   * An empty budget.
   *
   * @param maxHostsDraining how many places there are in each cloud
   * @param cloudOf the name of a resource's cloud
   */
  MoveBudget(int maxHostsDraining, Function<HostMaintenance, String> cloudOf) {
    this.maxHostsDraining = maxHostsDraining;
    this.cloudOf = cloudOf;
  }

  private Entry entry(HostMaintenance resource, HostMaintenanceStatus status) {
    return Entry.of(resource, cloudOf.apply(resource), status);
  }

  /** From now on a resource counts as its stored status says. */
  synchronized void enter(HostMaintenance resource) {
    replace(resource.getMetadata().getName(), entry(resource, resource.getStatus()));
  }

  /** Decides under the lock and enters the status that was decided. */
  synchronized Decision decide(HostMaintenance resource, Supplier<Decision> decide) {
    var decision = decide.get();
    replace(resource.getMetadata().getName(), entry(resource, decision.status()));
    return decision;
  }

  /** Whom a resource that cannot be decided on would keep waiting waits no more. */
  synchronized void stuck(String name) {
    var entry = entries.get(name);
    if (entry != null) {
      replace(name, entry.stuck());
    }
  }

  /** Forgets a resource that is gone. */
  synchronized void forget(String name) {
    replace(name, null);
  }

  /** The names of all resources that were entered. */
  synchronized List<String> names() {
    return List.copyOf(entries.keySet());
  }

  /** The names of the clouds of all resources that were entered. */
  synchronized Set<String> clouds() {
    return Set.copyOf(clouds.keySet());
  }

  /**
   * The other resources for a resource's host, and those for its target host.
   *
   * @param serviceIds the uuids of the host's services as far as they are known: two names may mean
   *     one cloud, and a service has one name of its host wherever it is looked up
   */
  synchronized List<DecisionInput.OtherMaintenance> others(
      HostMaintenance resource, Set<String> serviceIds) {
    var name = resource.getMetadata().getName();
    var cloud = cloudOf.apply(resource);
    return Stream.of(resource.getSpec().host(), resource.getSpec().targetHost())
        .distinct()
        .flatMap(host -> byHost.getOrDefault(host, Set.of()).stream())
        .filter(n -> !n.equals(name))
        .map(entries::get)
        .filter(
            e -> e.cloud().equals(cloud) || e.serviceId().filter(serviceIds::contains).isPresent())
        .map(Entry::maintenance)
        .sorted(Comparator.comparing(DecisionInput.OtherMaintenance::createdAt))
        .toList();
  }

  /** The hosts of a cloud that resources hold or wait for. */
  synchronized Set<String> hostsInMaintenance(String cloud) {
    return Set.copyOf(sums(cloud).inTheWay.keySet());
  }

  /** How many moves all other resources of its cloud have in flight. */
  synchronized int othersInFlight(HostMaintenance resource) {
    var own = entries.get(resource.getMetadata().getName());
    return sums(cloudOf.apply(resource)).inFlight - (own == null ? 0 : own.inFlight());
  }

  /** Whether it is its turn: it holds a place, or one is free that no older resource waits for. */
  synchronized DecisionInput.Turn turn(HostMaintenance resource) {
    var own = entry(resource, resource.getStatus());
    var sums = sums(own.cloud());
    var holds = sums.draining.contains(own);
    var others = sums.draining.size() - (holds ? 1 : 0);
    var free = maxHostsDraining - others;
    var older = sums.waiting.headSet(own).stream().limit(Math.max(free, 0)).count();
    return new DecisionInput.Turn(
        holds || older < free,
        sums.draining.stream()
            .map(Entry::name)
            .filter(n -> !n.equals(own.name()))
            .limit(NAMED)
            .toList(),
        others);
  }

  private Sums sums(String cloud) {
    return clouds.getOrDefault(cloud, new Sums());
  }

  /** Who waited for a host or a place that is free since this was last asked. */
  synchronized Set<String> awaited() {
    var names = Set.copyOf(awaited);
    awaited.clear();
    return names;
  }

  private void replace(String name, Entry next) {
    var old = next == null ? entries.remove(name) : entries.put(name, next);
    if (old != null) {
      clouds.computeIfPresent(
          old.cloud(),
          (cloud, sums) -> {
            sums.remove(old);
            return sums.entries == 0 ? null : sums;
          });
      byHost.computeIfPresent(
          old.host(), (host, names) -> names.remove(name) && names.isEmpty() ? null : names);
    }
    if (next != null) {
      byHost.computeIfAbsent(next.host(), host -> new HashSet<>()).add(name);
      clouds.computeIfAbsent(next.cloud(), cloud -> new Sums()).add(next);
    }
    if (old == null) {
      return;
    }
    if (old.inTheWay() && (next == null || !next.inTheWay())) {
      byHost.getOrDefault(old.host(), Set.of()).stream()
          .filter(n -> !n.equals(name) && !entries.get(n).maintenance().holdsHost())
          .forEach(awaited::add);
    }
    var stands = next != null && (next.draining() || next.waiting());
    if ((old.draining() || old.waiting()) && !stands || old.draining() && next.waiting()) {
      var sums = sums(old.cloud());
      sums.waiting.stream()
          .limit(Math.max(maxHostsDraining - sums.draining.size(), 0))
          .map(Entry::name)
          .filter(n -> !n.equals(name))
          .forEach(awaited::add);
    }
  }
}
