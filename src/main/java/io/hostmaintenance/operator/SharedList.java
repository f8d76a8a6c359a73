package io.hostmaintenance.operator;

import io.hostmaintenance.nova.NovaException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A list that the hosts of a cloud share: whoever asks gets one that was begun after the moment
 * that it names, never an older one. One is fetched at a time, and serves all who named a moment
 * before its begin; so does a failure for all who waited for it.
 *
 * @param <T> what is fetched
 */
final class SharedList<T> {

  /** Nobody waits longer for the requests of others. */
  private static final long PATIENCE_MINUTES = 1;

  private final String name;
  private final Supplier<T> fetch;
  private final LongSupplier nanoTime;
  private final ReentrantLock fetching = new ReentrantLock(true);
  private volatile Optional<Fetched<T>> last = Optional.empty();
  private volatile Optional<Failed> failed = Optional.empty();

  /**
   * What was fetched.
   *
   * @param began when it was asked for, in nanoseconds of a stopwatch
   */
  record Fetched<T>(T value, long began) {}

  private record Failed(NovaException failure, long began) {}

  /**
   * Nothing is fetched yet.
   *
   * @param name by which a sentence names the list
   * @param nanoTime a clock that is never set back, in nanoseconds
   */
  SharedList(String name, Supplier<T> fetch, LongSupplier nanoTime) {
    this.name = name;
    this.fetch = fetch;
    this.nanoTime = nanoTime;
  }

  /**
   * One that was begun after a moment.
   *
   * @param moment in nanoseconds of the stopwatch
   * @throws NovaException when it cannot be had, or others have waited for it for a minute
   */
  Fetched<T> begunAfter(long moment) {
    var arrived = nanoTime.getAsLong();
    return known(moment).orElseGet(() -> fetched(moment, arrived));
  }

  private Fetched<T> fetched(long moment, long arrived) {
    if (!await()) {
      throw new NovaException(
          NovaException.Kind.UNAVAILABLE,
          "%s is not answered: another host has waited for it for a minute.".formatted(name));
    }
    try {
      var known = known(moment);
      if (known.isPresent()) {
        return known.get();
      }
      var failure = failed.filter(f -> f.began() - arrived > 0);
      if (failure.isPresent()) {
        throw failure.get().failure();
      }
      return fetch();
    } finally {
      fetching.unlock();
    }
  }

  private Optional<Fetched<T>> known(long moment) {
    return last.filter(l -> l.began() - moment > 0);
  }

  private Fetched<T> fetch() {
    var began = nanoTime.getAsLong();
    try {
      var fetched = new Fetched<>(fetch.get(), began);
      last = Optional.of(fetched);
      return fetched;
    } catch (NovaException e) {
      failed = Optional.of(new Failed(e, began));
      throw e;
    }
  }

  private boolean await() {
    try {
      return fetching.tryLock(PATIENCE_MINUTES, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
