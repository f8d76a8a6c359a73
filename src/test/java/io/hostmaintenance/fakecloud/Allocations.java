package io.hostmaintenance.fakecloud;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Placement's allocations of RAM: consumer (server id or migration uuid) to provider (host) to MiB.
 */
final class Allocations {
  private final Map<String, Map<Host, Integer>> byConsumer = new LinkedHashMap<>();

  void allocate(String consumer, Host host, int ramMiB) {
    byConsumer.computeIfAbsent(consumer, c -> new LinkedHashMap<>()).put(host, ramMiB);
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

  int used(Host host) {
    return byConsumer.values().stream().mapToInt(held -> held.getOrDefault(host, 0)).sum();
  }

  Map<String, Map<Host, Integer>> all() {
    return byConsumer;
  }
}
