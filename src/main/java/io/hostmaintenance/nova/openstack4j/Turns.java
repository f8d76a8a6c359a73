package io.hostmaintenance.nova.openstack4j;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** What is done by one thread at a time, and not again for some time. */
final class Turns {

  private final Map<String, Long> next = new ConcurrentHashMap<>();

  /**
   * Whether it is time for a thing: for whoever is told so, and for nobody else until the pause is
   * over.
   *
   * @param now in nanoseconds of a stopwatch
   */
  boolean take(String thing, long now, Duration pause) {
    var mine = new AtomicBoolean();
    next.compute(
        thing,
        (key, before) -> {
          if (before != null && now - before < 0) {
            return before;
          }
          mine.set(true);
          return now + pause.toNanos();
        });
    return mine.get();
  }

  /** Puts a thing off from now on. */
  void put(String thing, long now, Duration pause) {
    next.put(thing, now + pause.toNanos());
  }

  /** Makes it time for a thing. */
  void clear(String thing) {
    next.remove(thing);
  }
}
