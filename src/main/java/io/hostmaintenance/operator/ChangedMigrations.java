package io.hostmaintenance.operator;

import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The migration records of a cloud that changed lately, by one list for all hosts that are being
 * drained. Nothing is carried over from one list to the next: each reaches back as far as one of
 * these hosts needs, so that a list that fails loses nothing.
 */
final class ChangedMigrations {

  /** A host that asks for nothing for so long is not being drained any more. */
  private static final Duration DRAINING = Duration.ofMinutes(1);

  /** A host that needs so much older records than another asks for its own. */
  private static final Duration REACH = Duration.ofMinutes(15);

  private final Nova nova;
  private final LongSupplier nanoTime;
  private final SharedList<Changed> shared;
  private final Map<String, Asked> hosts = new ConcurrentHashMap<>();

  /** What a host that drains alone was told last. */
  private final Map<String, Own> own = new ConcurrentHashMap<>();

  private record Asked(Instant since, long at) {}

  private record Own(Instant since, long began, List<Migration> migrations) {}

  private record Changed(Instant since, List<Migration> migrations) {}

  ChangedMigrations(Nova nova, LongSupplier nanoTime) {
    this.nova = nova;
    this.nanoTime = nanoTime;
    this.shared = new SharedList<>("GET /os-migrations", this::fetch, nanoTime);
  }

  /**
   * The records from or to a host that changed since a moment.
   *
   * @param since by Nova's clock
   * @param begunAfter the list is begun after this, in nanoseconds of the stopwatch
   */
  List<Migration> of(String host, Instant since, long begunAfter) {
    var now = nanoTime.getAsLong();
    hosts.put(host, new Asked(since, now));
    hosts.values().removeIf(a -> now - a.at() > DRAINING.toNanos());
    own.keySet().retainAll(hosts.keySet());
    if (hosts.size() == 1 || since.isBefore(newest().minus(REACH))) {
      return own(host, since, begunAfter);
    }
    var changed = shared.begunAfter(begunAfter).value();
    return changed.since().isAfter(since)
        ? own(host, since, begunAfter)
        : changed.migrations().stream()
            .filter(m -> host.equals(m.sourceHost()) || host.equals(m.destinationHost()))
            .filter(m -> m.updatedAt() == null || !m.updatedAt().isBefore(since))
            .toList();
  }

  /** Whether lists of several hosts are asked for. */
  boolean sharedByHosts() {
    return hosts.size() > 1;
  }

  private List<Migration> own(String host, Instant since, long begunAfter) {
    var known = own.get(host);
    if (known != null && known.since().equals(since) && known.began() - begunAfter > 0) {
      return known.migrations();
    }
    var began = nanoTime.getAsLong();
    var filter = MigrationFilter.ofHostSince(host, since);
    var told = nova.on(Priority.DRAINING, host).migrations(filter);
    own.put(host, new Own(since, began, told));
    return told;
  }

  private Instant newest() {
    return hosts.values().stream()
        .map(Asked::since)
        .max(Instant::compareTo)
        .orElse(Instant.MIN.plus(REACH));
  }

  private Changed fetch() {
    var bound = newest().minus(REACH);
    var since =
        hosts.values().stream()
            .map(Asked::since)
            .filter(s -> !s.isBefore(bound))
            .min(Instant::compareTo)
            .orElse(bound);
    return new Changed(since, nova.on(Priority.WATCH, "").migrations(MigrationFilter.since(since)));
  }
}
