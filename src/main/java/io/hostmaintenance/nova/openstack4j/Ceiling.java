package io.hostmaintenance.nova.openstack4j;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many questions for single hosts may go out in any second, and whether the cloud wants to be
 * left alone. All times are of a stopwatch in nanoseconds. Not thread-safe.
 *
 * <p>A cloud that refuses because it is asked too often closes it for as long as it says, and
 * halves it. From then on it rises evenly to its full height.
 */
final class Ceiling {

  /** A cloud that does not say for how long is left alone for so long. */
  static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  /** What it says is heeded for no longer: it may be mistaken, and hosts must be observed. */
  static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  /** From half of it to all of it. */
  static final Duration RECOVERY = Duration.ofMinutes(10);

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final int full;
  private final Deque<Long> lastSecond = new ArrayDeque<>();
  private long closedUntil;
  private double missing;
  private long missingSince;

  /**
   * A cloud that has refused nothing yet.
   *
   * @param full questions in any second, at least 1
   */
  Ceiling(int full, long now) {
    this.full = full;
    this.closedUntil = now;
    this.missingSince = now;
  }

  /** How many questions may go out in any second, 1 at least. */
  int perSecond(long now) {
    return (int) Math.max(1, height(now));
  }

  private double height(long now) {
    var recovered = (double) (now - missingSince) / RECOVERY.toNanos();
    return full - missing * Math.max(0, 1 - recovered);
  }

  /** For how much longer the cloud wants to be left alone; zero or less when it does not. */
  long closedFor(long now) {
    return closedUntil - now;
  }

  /** After how many nanoseconds the next question may go out; zero or less: now. */
  long pause(long now) {
    while (!lastSecond.isEmpty() && now - lastSecond.getFirst() >= SECOND) {
      lastSecond.removeFirst();
    }
    var tooMany = lastSecond.size() - perSecond(now);
    return tooMany < 0
        ? closedFor(now)
        : Math.max(
            closedFor(now),
            lastSecond.stream().skip(tooMany).findFirst().orElseThrow() + SECOND - now);
  }

  /** A question goes out. */
  void count(long now) {
    lastSecond.addLast(now);
  }

  /**
   * The cloud has refused a request because it is asked too often. A request that was sent before
   * an earlier refusal was over says nothing new of its strength.
   *
   * @param pause how long the cloud wants to be left alone
   * @param sent when the request went out
   */
  void refused(Duration pause, long sent, long now) {
    if (sent - closedUntil >= 0) {
      missing = full - height(now) / 2;
      missingSince = now;
    }
    var heeded =
        pause.compareTo(SHORTEST_PAUSE) < 0
            ? SHORTEST_PAUSE
            : pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    closedUntil = Math.max(closedUntil - now, heeded.toNanos()) + now;
  }
}
