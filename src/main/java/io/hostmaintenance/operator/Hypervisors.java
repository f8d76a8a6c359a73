package io.hostmaintenance.operator;

import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The hypervisors of each host, by one list of the cloud for all observations of the process: a
 * hypervisor need not be named after its host, and a host may have several. The list is asked for
 * anew where it shows none, or where Nova does not know one of it any more.
 */
final class Hypervisors {

  /** For a host that is to be taken, or that has none. */
  private static final Duration SOON = Duration.ofMinutes(1);

  private static final Duration LATER = Duration.ofHours(1);

  private final Nova nova;
  private final LongSupplier nanoTime;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Optional<Listed> listed = Optional.empty();

  /** The list, and when it was asked for. */
  private record Listed(List<Hypervisor> all, long at) {

    List<Hypervisor> of(String host) {
      return all.stream().filter(h -> h.host().equals(host)).toList();
    }

    Optional<Hypervisor> byId(String id) {
      return all.stream().filter(h -> h.id().equals(id)).findFirst();
    }
  }

  Hypervisors(Nova nova, LongSupplier nanoTime) {
    this.nova = nova;
    this.nanoTime = nanoTime;
  }

  /** Those of a host that is held; a list that is merely old serves where no newer one is had. */
  List<Hypervisor> of(String host) {
    var known = younger(LATER).map(l -> l.of(host)).orElse(List.of());
    if (!known.isEmpty()) {
      return known;
    }
    try {
      return newest(host);
    } catch (NovaException e) {
      var old = listed.map(l -> l.of(host)).orElse(List.of());
      if (old.isEmpty()) {
        throw e;
      }
      return old;
    }
  }

  /** One by its uuid; empty when a list of the last minute does not show it either. */
  Optional<Hypervisor> byId(String id) {
    return younger(LATER)
        .flatMap(l -> l.byId(id))
        .or(() -> younger(SOON).orElseGet(this::list).byId(id));
  }

  /** Those of a host by a list of the last minute. */
  List<Hypervisor> newest(String host) {
    return younger(SOON).orElseGet(this::list).of(host);
  }

  /** Nova does not know one of the list any more. */
  void forget() {
    listed = Optional.empty();
  }

  private Optional<Listed> younger(Duration age) {
    return listed.filter(l -> nanoTime.getAsLong() - l.at() < age.toNanos());
  }

  /** One thread asks, the others wait for its list, but no longer than for a reply. */
  private Listed list() {
    if (!await()) {
      throw new NovaException(
          NovaException.Kind.UNAVAILABLE,
          "GET /os-hypervisors/detail is not answered: another observation has waited for it for %s s."
              .formatted(SOON.toSeconds()));
    }
    try {
      var now = younger(SOON).orElseGet(() -> new Listed(nova.hypervisors(), nanoTime.getAsLong()));
      listed = Optional.of(now);
      return now;
    } finally {
      asking.unlock();
    }
  }

  private boolean await() {
    try {
      return asking.tryLock(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
