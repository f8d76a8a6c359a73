package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The requests to one cloud that may be under way at once. A thread waits here until {@link
 * RequestQueue} says that its request goes out.
 */
final class Budget {

  private final RequestQueue<Waiter> queue;
  private final LongSupplier nanoTime;
  private final RequestListener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final ScopedValue<Boolean> reserved = ScopedValue.newInstance();

  /** A request that waits, with its turn. */
  private static final class Waiter {
    private final Condition turn;
    private boolean admitted;

    Waiter(Condition turn) {
      this.turn = turn;
    }
  }

  /**
   * Nothing is under way yet.
   *
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param listener is told of each wait
   */
  Budget(Limits limits, LongSupplier nanoTime, RequestListener listener) {
    this.queue = new RequestQueue<>(limits, nanoTime.getAsLong());
    this.nanoTime = nanoTime;
    this.listener = listener;
  }

  /**
   * Does a piece of work with one request set aside for it: a request of the same thread within it
   * does not wait.
   *
   * @throws TransportException when it is not its turn within that time; then nothing was done
   */
  <T> T reserving(Asker asker, Duration timeout, Supplier<T> work) {
    return during(asker, timeout, () -> ScopedValue.where(reserved, true).call(work::get));
  }

  /**
   * Does a request when it is its turn, at once where one is set aside for the thread.
   *
   * @throws TransportException when it is not its turn within that time; then nothing was sent
   * @throws NovaException TOO_MANY_REQUESTS when the cloud wants to be left alone for longer than
   *     {@link Timeouts#CHANGE}; then nothing was sent
   */
  <T> T during(Asker asker, Duration timeout, Supplier<T> request) {
    if (reserved.isBound()) {
      return request.get();
    }
    acquire(asker, timeout);
    try {
      return request.get();
    } finally {
      release(asker.priority());
    }
  }

  /**
   * The cloud has refused a request because it is asked too often.
   *
   * @param pause how long it wants to be left alone
   * @param sent when the request went out
   */
  void refused(Duration pause, long sent) {
    lock.lock();
    try {
      queue.refused(pause, sent, nanoTime.getAsLong());
      queue.waiting().forEach(waiter -> waiter.turn.signal());
    } finally {
      lock.unlock();
    }
  }

  private void acquire(Asker asker, Duration timeout) {
    var began = System.nanoTime();
    try {
      lock.lockInterruptibly();
      try {
        asker.begin(began);
        await(asker, new Waiter(lock.newCondition()), timeout);
      } finally {
        asker.end(System.nanoTime());
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("it was interrupted", false, false, e);
    } finally {
      listener.waited(asker.priority(), Duration.ofNanos(System.nanoTime() - began));
    }
  }

  private void await(Asker asker, Waiter waiter, Duration timeout) throws InterruptedException {
    queue.add(waiter, asker.priority(), asker.host());
    try {
      var left = timeout.toNanos();
      while (true) {
        var now = nanoTime.getAsLong();
        admit(now);
        if (waiter.admitted) {
          return;
        }
        refuse(asker, now);
        if (left <= 0) {
          throw new TransportException("too many requests are under way", false, true, null);
        }
        var pause = queue.pause(asker.priority(), now);
        var most = pause > 0 ? Math.min(left, pause) : left;
        left -= most - waiter.turn.awaitNanos(most);
      }
    } catch (InterruptedException e) {
      if (waiter.admitted) {
        release(asker.priority());
      }
      throw e;
    } finally {
      if (!waiter.admitted) {
        queue.remove(waiter, asker.priority(), asker.host());
        admit(nanoTime.getAsLong());
      }
    }
  }

  /** A cloud that wants to be left alone for long is told of at once; for a moment we wait. */
  private void refuse(Asker asker, long now) {
    var closed = Duration.ofNanos(queue.closedFor(asker.priority(), now));
    if (closed.compareTo(Timeouts.CHANGE) > 0) {
      throw new NovaException(
          Kind.TOO_MANY_REQUESTS,
          "The cloud has refused a request as one too many (Retry-After): it is asked again when"
              + " that time is over.",
          0,
          null,
          closed,
          false,
          null);
    }
  }

  /**
   * Lets out who may go. Of those that only time holds up the first wakes itself when it is over.
   */
  private void admit(long now) {
    for (var next = queue.next(now); next.isPresent(); next = queue.next(now)) {
      next.get().admitted = true;
      next.get().turn.signal();
    }
    queue.delayed(now).ifPresent(waiter -> waiter.turn.signal());
  }

  private void release(Priority priority) {
    lock.lock();
    try {
      queue.end(priority);
      admit(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }
}
