package io.hostmaintenance.nova.openstack4j;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What is done by one thread at a time, and not again for some time. */
final class Turns {

  private final Map<String, Long> next = new HashMap<>();

  /**
   * Whether it is time for a thing: for whoever is told so, and for nobody else until the pause is
   * over.
   *
   * @param now in nanoseconds of a stopwatch
   */
  synchronized boolean take(String thing, long now, Duration pause) {
    var time = next.get(thing);
    if (time != null && now - time < 0) {
      return false;
    }
    put(thing, now, pause);
    return true;
  }

  /** Puts a thing off from now on. */
  synchronized void put(String thing, long now, Duration pause) {
    next.put(thing, now + pause.toNanos());
  }

  /** Makes it time for a thing. */
  synchronized void clear(String thing) {
    next.remove(thing);
  }
}
