package io.hostmaintenance.operator;

import io.hostmaintenance.drain.WatchedHost;
import io.hostmaintenance.drain.WatchedHost.Finding;
import io.hostmaintenance.drain.WatchedHost.Round;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch of a cloud: two calls see all its hosts that are verified empty, so that such a host
 * costs next to nothing. It takes away and never gives: whoever is not seen is observed. Rounds
 * come one after the other; everything else is thread-safe. Lost in a restart without harm.
 */
final class CloudWatch {

  private static final Logger LOG = LoggerFactory.getLogger(CloudWatch.class);

  private final Nova nova;
  private final Supplier<List<ComputeService>> services;
  private final Hypervisors hypervisors;
  private final CloudHealth health;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private volatile Optional<NovaException> failure = Optional.empty();
  private boolean mayNotAsk;
  private int wholeInARow;

  /**
   * A host that is watched.
   *
   * @param since when its last observation began, or the watch of what is stored, by a clock that
   *     is never set back
   * @param seen when it was last seen, by the same clock
   * @param finding what the last round showed of it; seen until then
   */
  record Entry(WatchedHost host, Instant since, Instant seen, Finding finding) {

    Entry finding(Finding next) {
      return new Entry(host, since, seen, next);
    }

    Entry seen(Instant at) {
      return new Entry(host, since, at.isAfter(seen) ? at : seen, Finding.UNCHANGED);
    }

    Entry host(WatchedHost next) {
      return new Entry(next, since, seen, finding);
    }
  }

  /**
   * Nobody is watched yet.
   *
   * @param services gives those of the cloud, asked for after it is called
   */
  CloudWatch(
      Nova nova,
      Supplier<List<ComputeService>> services,
      Hypervisors hypervisors,
      CloudHealth health) {
    this.nova = nova;
    this.services = services;
    this.health = health;
    this.hypervisors = hypervisors;
  }

  /** From now on the host of a resource is watched, as it was found by what began at this time. */
  void watch(String name, WatchedHost host, Instant since) {
    entries.put(name, new Entry(host, since, since, Finding.UNCHANGED));
  }

  /** The host of a resource is not watched any more. */
  void forget(String name) {
    entries.remove(name);
  }

  /** The host of a resource; empty when it is not watched. */
  Optional<Entry> of(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /** The host of a resource was seen in another way. */
  void seen(String name, Instant at) {
    entries.computeIfPresent(name, (n, entry) -> entry.seen(at));
  }

  /** Why the last round was not whole; empty when it was, and before the first. */
  Optional<NovaException> failure() {
    return failure;
  }

  /**
   * One round.
   *
   * @param now when it begins, by a clock that is never set back
   * @param timeout without a finding of a host for so long nothing is known of it
   * @return the names of the resources whose hosts are not shown, stand otherwise, or were not seen
   *     for so long
   */
  List<String> round(Instant now, Duration timeout) {
    try {
      var listed = services.get();
      judge(new Round(listed, used()), now);
      health.up();
      failure = Optional.empty();
      wholeInARow++;
    } catch (NovaException e) {
      health.down(e.getMessage());
      failure = Optional.of(e);
      wholeInARow = 0;
    }
    return names(
        e ->
            failure.isEmpty() && e.finding() != Finding.UNCHANGED
                || unseenForLong(e, now, timeout));
  }

  /**
   * Who was not seen for long while rounds fail. It is told before the next round, which may take
   * minutes: a cloud that hangs answers each question by a time-out.
   *
   * @return the names of the resources; none where the last round was whole
   */
  List<String> unseen(Instant now, Duration timeout) {
    return failure.isEmpty() ? List.of() : names(e -> unseenForLong(e, now, timeout));
  }

  private static boolean unseenForLong(Entry entry, Instant now, Duration timeout) {
    return Duration.between(entry.seen(), now).compareTo(timeout) >= 0;
  }

  private List<String> names(Predicate<Entry> which) {
    return entries.entrySet().stream()
        .filter(e -> which.test(e.getValue()))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /**
   * When the next round is due: after a start and after a failed round soon, then ever later. Also
   * a cloud that wants to be left alone for longer has its rounds, which then ask nothing: somebody
   * must say that its hosts are not seen.
   *
   * @param least the pause after a start
   * @param most the pause of a watch that goes well
   */
  Duration pause(Duration least, Duration most) {
    var pause = least.multipliedBy(1L << Math.min(wholeInARow, 16));
    return pause.compareTo(most) < 0 ? pause : most;
  }

  /**
   * Empty where nobody is watched, and also where the cloud does not let us ask: then each host is
   * asked for alone.
   */
  private Optional<Map<String, Map<String, Long>>> used() {
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    try {
      var used = nova.usedOnDisabledHosts();
      mayNotAsk = false;
      return used;
    } catch (NovaException e) {
      if (!refusedForGood(e)) {
        throw e;
      }
      if (!mayNotAsk) {
        LOG.warn("each host is asked for alone: {}", e.getMessage());
      }
      mayNotAsk = true;
      return Optional.empty();
    }
  }

  /** An older placement does not know the question or its trait; another one forbids it. */
  private static boolean refusedForGood(NovaException failure) {
    return switch (failure.kind()) {
      case FORBIDDEN, BAD_REQUEST, NOT_FOUND, UNSUPPORTED_API -> true;
      case CONFIGURATION, UNAUTHORIZED, UNAVAILABLE, CONFLICT, TOO_MANY_REQUESTS -> false;
    };
  }

  /** A host whose last observation began after the round is judged by the next one. */
  private void judge(Round round, Instant began) {
    for (var name : entries.keySet()) {
      entries.computeIfPresent(
          name,
          (n, entry) -> {
            if (entry.since().isAfter(began)) {
              return entry;
            }
            var known = entry.host(known(entry.host()));
            return switch (known.host().in(round)) {
              case UNCHANGED -> known.seen(began);
              case NOT_SHOWN -> known.finding(Finding.NOT_SHOWN);
              case CHANGED -> known.finding(Finding.CHANGED);
            };
          });
    }
  }

  /** After a start the hypervisors of a host are not known yet. */
  private WatchedHost known(WatchedHost host) {
    return host.held().isEmpty() ? host.on(ids(() -> hypervisors.of(host.host()))) : host;
  }

  private static List<String> ids(Supplier<List<Hypervisor>> asked) {
    try {
      return asked.get().stream().map(Hypervisor::id).toList();
    } catch (NovaException e) {
      LOG.debug("hypervisors are not known: {}", e.getMessage());
      return List.of();
    }
  }
}
