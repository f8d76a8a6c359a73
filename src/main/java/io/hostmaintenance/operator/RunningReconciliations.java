package io.hostmaintenance.operator;

import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reconciliations under way. If one never ends, only a restart frees its resource. */
final class RunningReconciliations {

  /** No reconciliation takes so long: its observation and requests have their time-outs. */
  static final Duration BOUND = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(RunningReconciliations.class);

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Map<String, Running> running = new ConcurrentHashMap<>();

  private record Running(String name, long began, AtomicBoolean told) {}

  /**
   * None is under way.
   *
   * @param clock by which people are told since when
   * @param nanoTime by which it is measured for how long; nobody sets it
   */
  RunningReconciliations(InstantSource clock, LongSupplier nanoTime) {
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  /** Runs the reconciliation of the resource of this name, of which there is one at a time. */
  <T> T run(String name, Supplier<T> tick) {
    running.put(name, new Running(name, nanoTime.getAsLong(), new AtomicBoolean()));
    try {
      return tick.get();
    } finally {
      running.remove(name);
    }
  }

  /**
   * Why the process should not go on: the oldest reconciliation that has run for longer than the
   * bound. It is logged once.
   *
   * @return one sentence; empty when no reconciliation has
   */
  Optional<String> objection() {
    return running.values().stream()
        .filter(r -> age(r).compareTo(BOUND) > 0)
        .max(Comparator.comparing(this::age))
        .map(this::sentence);
  }

  private String sentence(Running tick) {
    var since = clock.instant().minus(age(tick)).truncatedTo(ChronoUnit.SECONDS);
    var sentence =
        ("HostMaintenance '%s' has been reconciled since %s without an end, longer than %s min: the"
                + " operator must be restarted.")
            .formatted(tick.name(), since, BOUND.toMinutes());
    if (!tick.told().getAndSet(true)) {
      LOG.error("{}", sentence);
    }
    return sentence;
  }

  private Duration age(Running tick) {
    return Duration.ofNanos(nanoTime.getAsLong() - tick.began());
  }
}
