package io.hostmaintenance.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Cloud;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How long after the end of its migration an instance is called Moved. */
final class Lateness {

  private static final Set<String> ENDS = Set.of("completed", "confirmed");

  private final Map<String, Instant> moved = new HashMap<>();

  /** Takes a resource as it was stored at this instant. */
  synchronized void stored(JsonNode resource, Instant at) {
    for (var row : resource.at("/status/instances")) {
      if (row.path("state").asText().equals("Moved")) {
        moved.putIfAbsent(row.path("id").asText(), at);
      }
    }
  }

  /** How many instances were called Moved so far. */
  synchronized int moved() {
    return moved.size();
  }

  /** The lateness of each instance that was called Moved, shortest first, by the cloud's writes. */
  synchronized List<Duration> sorted(Cloud cloud) {
    var ended = new HashMap<String, Instant>();
    for (var change : cloud.changes()) {
      if (change.field().equals("status") && ENDS.contains(change.value())) {
        ended.put(change.id(), change.at());
      }
    }
    var last = new HashMap<String, Instant>();
    for (var migration : cloud.migrations()) {
      if (ended.containsKey(migration.uuid())) {
        last.put(migration.server().id(), ended.get(migration.uuid()));
      }
    }
    return moved.entrySet().stream()
        .filter(e -> last.containsKey(e.getKey()))
        .map(e -> Duration.between(last.get(e.getKey()), e.getValue()))
        .sorted()
        .toList();
  }

  /**
   * The percentile of a sorted list.
   *
   * @param percent 0 to 100
   * @return in seconds; not a number for an empty list
   */
  static double percentile(List<Duration> sorted, int percent) {
    return sorted.isEmpty()
        ? Double.NaN
        : sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100)).toMillis()
            / 1000.0;
  }
}
