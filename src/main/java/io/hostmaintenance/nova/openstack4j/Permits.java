package io.hostmaintenance.nova.openstack4j;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** How many requests to a cloud may be under way at once; who waits is served in order. */
final class Permits {

  static final int REQUESTS_UNDER_WAY = 16;

  private final Semaphore free = new Semaphore(REQUESTS_UNDER_WAY, true);
  private final ScopedValue<Boolean> reserved = ScopedValue.newInstance();

  /**
   * Does a piece of work with one request set aside for it: a request of the same thread within it
   * does not wait.
   *
   * @throws TransportException when none is free within that time; then nothing was done
   */
  <T> T reserving(Duration timeout, Supplier<T> work) {
    return during(timeout, () -> ScopedValue.where(reserved, true).call(work::get));
  }

  /**
   * Does a request, at once where one is set aside for the thread.
   *
   * @throws TransportException when none is free within that time; then nothing was sent
   */
  <T> T during(Duration timeout, Supplier<T> request) {
    if (reserved.isBound()) {
      return request.get();
    }
    acquire(timeout);
    try {
      return request.get();
    } finally {
      free.release();
    }
  }

  private void acquire(Duration timeout) {
    try {
      if (free.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("it was interrupted", false, false, e);
    }
    throw new TransportException("too many requests are under way", false, true, null);
  }
}
