package io.hostmaintenance.fakecloud;

import java.util.LinkedHashMap;
import java.util.Map;

/** Placement's allocations: consumer (server id or migration uuid) to provider (host). */
final class Allocations {
  private final Map<String, Map<Host, Resources>> byConsumer = new LinkedHashMap<>();

  void allocate(String consumer, Host host, Resources amount) {
    byConsumer.computeIfAbsent(consumer, c -> new LinkedHashMap<>()).put(host, amount);
  }

  void drop(String consumer) {
    byConsumer.remove(consumer);
  }

  /**
   * What {@code from} holds belongs to {@code to} from now on; whatever {@code to} held is dropped.
   */
  void hand(String from, String to) {
    var held = byConsumer.remove(from);
    if (held != null) {
      byConsumer.put(to, held);
    }
  }

  Resources free(Host host) {
    return host.capacity().minus(used(host));
  }

  Resources used(Host host) {
    return byConsumer.values().stream()
        .map(held -> held.getOrDefault(host, Resources.NONE))
        .reduce(Resources.NONE, Resources::plus);
  }

  Map<String, Map<Host, Resources>> all() {
    return byConsumer;
  }
}
