package io.hostmaintenance.operator;

import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.time.Duration;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Which reconciliations are under way: as many at once as there are requests to a cloud, since more
 * could only wait for each other's requests, each with an observation in its hands. The most urgent
 * goes first, then whoever has waited longest. As many as requests are kept for what must not wait
 * are kept here, too: a resource that is being deleted does not wait for a thousand others. A host
 * at rest does not wait for ever while others drain in a slow cloud: what its status says must be
 * found out to be old.
 */
final class ReconciliationQueue {

  /** One that waits looks again so often whether it has become more urgent. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** After that time a host at rest takes turns with those that drain. */
  static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Limits limits;
  private final BiConsumer<Priority, Duration> listener;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final NavigableSet<Waiter> waiting = new TreeSet<>(Waiter.ORDER);
  private long arrivals;
  private int immediate;
  private int others;
  private boolean closed;

  private record Turn(Priority priority, Duration waited) {}

  private record Waiter(Priority priority, long arrival, Condition turn) {

    private static final Comparator<Waiter> ORDER =
        Comparator.comparing(Waiter::priority).thenComparing(Waiter::arrival);
  }

  /**
   * None is under way.
   *
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param listener is told how long each has waited
   */
  ReconciliationQueue(
      Limits limits, LongSupplier nanoTime, BiConsumer<Priority, Duration> listener) {
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.listener = listener;
  }

  /**
   * Does a reconciliation when it is its turn.
   *
   * @param priority is asked again while it waits: the resource may be deleted meanwhile
   * @param reconciliation is told how long it has waited
   * @throws CancellationException when the queue is closed or the thread interrupted before
   */
  <T> T run(Supplier<Priority> priority, Function<Duration, T> reconciliation) {
    var turn = await(priority);
    try {
      return reconciliation.apply(turn.waited());
    } finally {
      end(turn.priority());
    }
  }

  private Turn await(Supplier<Priority> priority) {
    var began = nanoTime.getAsLong();
    lock.lock();
    try {
      var me = new Waiter(priority.get(), arrivals++, lock.newCondition());
      waiting.add(me);
      try {
        while (!mayGo(me)) {
          me.turn().awaitNanos(AGAIN.toNanos());
          var now = new Waiter(aged(priority.get(), began), me.arrival(), me.turn());
          waiting.remove(me);
          waiting.add(now);
          me = now;
        }
        if (closed) {
          throw stopped();
        }
        count(me.priority(), 1);
      } finally {
        waiting.remove(me);
        wakeNext();
      }
      var turn = new Turn(me.priority(), waited(began));
      listener.accept(turn.priority(), turn.waited());
      return turn;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stopped();
    } finally {
      lock.unlock();
    }
  }

  private Priority aged(Priority priority, long began) {
    return priority == Priority.IDLE && waited(began).compareTo(PATIENCE) >= 0
        ? Priority.DRAINING
        : priority;
  }

  private Duration waited(long began) {
    return Duration.ofNanos(nanoTime.getAsLong() - began);
  }

  private static CancellationException stopped() {
    return new CancellationException("the operator is being stopped");
  }

  /** From now on none begins; those under way go on. */
  void close() {
    lock.lock();
    try {
      closed = true;
      waiting.forEach(waiter -> waiter.turn().signal());
    } finally {
      lock.unlock();
    }
  }

  private boolean mayGo(Waiter waiter) {
    return closed || waiter == waiting.first() && free(waiter.priority());
  }

  private boolean free(Priority priority) {
    return immediate + others < limits.requestsInFlight()
        && (priority == Priority.IMMEDIATE || others < limits.forOthers());
  }

  private void count(Priority priority, int more) {
    if (priority == Priority.IMMEDIATE) {
      immediate += more;
    } else {
      others += more;
    }
  }

  private void wakeNext() {
    if (!waiting.isEmpty() && free(waiting.first().priority())) {
      waiting.first().turn().signal();
    }
  }

  private void end(Priority priority) {
    lock.lock();
    try {
      count(priority, -1);
      wakeNext();
    } finally {
      lock.unlock();
    }
  }
}
