package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What this process knows of every resource: who holds which host, who holds a place of
 * HM_MAX_HOSTS_DRAINING, who waits, and how many moves are in flight. Only the operator that leads
 * writes a status, so what it read once and decided since is true, however late a watch is.
 * Decisions are taken one at a time, so that two resources never take one host or one free place.
 * Nothing here is counted anew: every entry that changes changes the sums.
 */
@RecordBuilder.Include(DecisionInput.OtherMaintenance.class)
final class MoveBudget {

  private static final int NAMED = 3;

  private final int maxHostsDraining;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Set<String>> byHost = new HashMap<>();
  private final Map<String, Integer> inTheWay = new HashMap<>();
  private final NavigableSet<Entry> draining = new TreeSet<>(Entry.AGE);
  private final NavigableSet<Entry> waiting = new TreeSet<>(Entry.AGE);
  private final Set<String> awaited = new HashSet<>();
  private int inFlight;

  private record Entry(
      DecisionInput.OtherMaintenance maintenance, boolean draining, boolean waiting, int inFlight) {

    private static final Comparator<Entry> AGE =
        Comparator.comparing((Entry e) -> e.maintenance().createdAt())
            .thenComparing(e -> e.maintenance().name());

    static Entry of(HostMaintenance resource, HostMaintenanceStatus status) {
      return new Entry(
          new DecisionInput.OtherMaintenance(
              resource.getMetadata().getName(),
              resource.getSpec().host(),
              Instant.parse(resource.getMetadata().getCreationTimestamp()),
              resource.isMarkedForDeletion(),
              HostClaim.holdsHost(status),
              !resource.plans() && HostClaim.wantsHost(status)),
          HostClaim.drains(status),
          HostClaim.waitsForTurn(status),
          HostClaim.movesInFlight(status));
    }

    /** The same, of a resource that cannot be decided on. */
    Entry stuck() {
      var undecided = DecisionInputOtherMaintenanceBuilder.from(maintenance).withWantsHost(false);
      return new Entry(undecided, false, false, inFlight);
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
   * @param maxHostsDraining how many places there are
   */
  MoveBudget(int maxHostsDraining) {
    this.maxHostsDraining = maxHostsDraining;
  }

  /** Enters a resource as it is stored. */
  synchronized void enter(HostMaintenance resource) {
    replace(resource.getMetadata().getName(), Entry.of(resource, resource.getStatus()));
  }

  /** Decides under the lock and enters the status that was decided. */
  synchronized Decision decide(HostMaintenance resource, Supplier<Decision> decide) {
    var decision = decide.get();
    replace(resource.getMetadata().getName(), Entry.of(resource, decision.status()));
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

  /** The other resources of these hosts; a host may be null. */
  synchronized List<DecisionInput.OtherMaintenance> others(String name, String... hosts) {
    return Stream.of(hosts)
        .distinct()
        .flatMap(host -> byHost.getOrDefault(host, Set.of()).stream())
        .filter(n -> !n.equals(name))
        .map(n -> entries.get(n).maintenance())
        .sorted(Comparator.comparing(DecisionInput.OtherMaintenance::createdAt))
        .toList();
  }

  /** The hosts that resources hold or wait for. */
  synchronized Set<String> hostsInMaintenance() {
    return Set.copyOf(inTheWay.keySet());
  }

  /** How many moves all other resources have in flight. */
  synchronized int othersInFlight(String name) {
    var own = entries.get(name);
    return inFlight - (own == null ? 0 : own.inFlight());
  }

  /** Whether it is its turn: it holds a place, or one is free that no older resource waits for. */
  synchronized DecisionInput.Turn turn(HostMaintenance resource) {
    var own = Entry.of(resource, resource.getStatus());
    var holds = draining.contains(own);
    var others = draining.size() - (holds ? 1 : 0);
    var free = maxHostsDraining - others;
    var older = waiting.headSet(own).stream().limit(Math.max(free, 0)).count();
    return new DecisionInput.Turn(
        holds || older < free,
        draining.stream().map(Entry::name).filter(n -> !n.equals(own.name())).limit(NAMED).toList(),
        others);
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
      draining.remove(old);
      waiting.remove(old);
      inFlight -= old.inFlight();
      if (old.inTheWay()) {
        inTheWay.computeIfPresent(old.host(), (host, n) -> n == 1 ? null : n - 1);
      }
      byHost.computeIfPresent(
          old.host(), (host, names) -> names.remove(name) && names.isEmpty() ? null : names);
    }
    if (next != null) {
      byHost.computeIfAbsent(next.host(), host -> new HashSet<>()).add(name);
      inFlight += next.inFlight();
      if (next.inTheWay()) {
        inTheWay.merge(next.host(), 1, Integer::sum);
      }
      if (next.draining()) {
        draining.add(next);
      }
      if (next.waiting()) {
        waiting.add(next);
      }
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
      waiting.stream()
          .limit(Math.max(maxHostsDraining - draining.size(), 0))
          .map(Entry::name)
          .filter(n -> !n.equals(name))
          .forEach(awaited::add);
    }
  }
}
