package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.drain.Drain;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * What all hosts together have in flight: by what this process decided last, and for resources that
 * it has not decided on yet by what is stored. Decisions are taken one at a time, so that two hosts
 * never take the same free place.
 */
final class Ledger {

  private final Map<String, HostMaintenanceStatus> decided = new HashMap<>();

  /** What the others use, as seen by one decision. */
  record Others(int movesInFlight, int hostsDraining) {}

  /** What the others use at this moment, which may have passed when this returns. */
  synchronized Others others(HostMaintenance resource, List<HostMaintenance> all) {
    var name = resource.getMetadata().getName();
    return new Others(
        sum(all, name, Drain::inFlight), sum(all, name, s -> Drain.draining(s) ? 1 : 0));
  }

  /** Decides under the lock and keeps what was decided. */
  synchronized <T> T decide(
      HostMaintenance resource,
      List<HostMaintenance> all,
      Function<Others, T> decide,
      Function<T, HostMaintenanceStatus> status) {
    var name = resource.getMetadata().getName();
    decided.keySet().retainAll(all.stream().map(r -> r.getMetadata().getName()).toList());
    var decision = decide.apply(others(resource, all));
    decided.put(name, status.apply(decision));
    return decision;
  }

  /** Forgets a resource that is gone. */
  synchronized void forget(String name) {
    decided.remove(name);
  }

  private int sum(
      List<HostMaintenance> all, String except, ToIntFunction<HostMaintenanceStatus> count) {
    return all.stream()
        .filter(r -> !r.getMetadata().getName().equals(except))
        .mapToInt(
            r -> count.applyAsInt(decided.getOrDefault(r.getMetadata().getName(), r.getStatus())))
        .sum();
  }
}
