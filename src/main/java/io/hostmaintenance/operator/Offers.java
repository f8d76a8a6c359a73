package io.hostmaintenance.operator;

import io.hostmaintenance.drain.instance.Offer;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.ResourceProvider;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What placement offers for the instances of a host, within one observation: the lists of what they
 * hold, and one question for each different demand.
 */
final class Offers {

  private final Nova nova;
  private final Hypervisors hypervisors;
  private final String host;
  private final Map<Demand, Optional<List<Offer.Room>>> rooms = new ConcurrentHashMap<>();
  private Optional<Map<String, Map<String, Long>>> held = Optional.empty();

  Offers(Nova nova, Hypervisors hypervisors, String host) {
    this.nova = nova;
    this.hypervisors = hypervisors;
    this.host = host;
  }

  /**
   * What placement offers for an instance of the host.
   *
   * @throws io.hostmaintenance.nova.NovaException when it does not answer
   */
  Offer of(Instance instance) {
    var resources = held().getOrDefault(instance.id(), Map.of());
    if (resources.isEmpty()) {
      return Offer.UNKNOWN;
    }
    var constraints = instance.constraints();
    var demand = new Demand(resources, constraints.requiredTraits(), constraints.forbiddenTraits());
    return new Offer(resources, rooms.computeIfAbsent(demand, this::rooms));
  }

  /** By instance; what one holds of several providers is one sum. */
  private synchronized Map<String, Map<String, Long>> held() {
    if (held.isEmpty()) {
      var sums = new HashMap<String, Map<String, Long>>();
      for (var hypervisor : hypervisors.of(host)) {
        for (var provider : nova.providerTree(hypervisor.id())) {
          nova.allocations(provider)
              .orElse(Map.of())
              .forEach(
                  (id, amounts) -> {
                    var sum = sums.computeIfAbsent(id, i -> new HashMap<>());
                    amounts.forEach((name, amount) -> sum.merge(name, amount, Long::sum));
                  });
        }
      }
      held = Optional.of(sums);
    }
    return held.get();
  }

  private Optional<List<Offer.Room>> rooms(Demand demand) {
    return nova.candidates(demand).map(all -> all.stream().flatMap(p -> room(p).stream()).toList());
  }

  private Optional<Offer.Room> room(ResourceProvider provider) {
    return hypervisors
        .byId(provider.id())
        .map(Hypervisor::host)
        .map(h -> new Offer.Room(h, provider.id(), provider.free()));
  }
}
