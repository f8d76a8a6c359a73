package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.Way;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How fast the live migrations of a drain end, one after another. By Nova's default one runs at its
 * source and the others are queued there ({@code max_concurrent_live_migrations}).
 *
 * @param intervals the times between the last ends, shortest first; empty before they are known
 * @param settings how often a host is observed
 */
record Pace(List<Duration> intervals, Settings settings) {

  /** So many of the last ends count. */
  private static final int ENDS = 5;

  /** How long a live migration is taken to last before that is known. */
  private static final Duration ASSUMED = Duration.ofSeconds(4);

  /** Before the first end the service was disabled, so a shorter time says little of a move. */
  private static final Duration FIRST = Duration.ofSeconds(30);

  /** From the end of an observation until what it led to is in Nova's queue. */
  private static final Duration REQUEST = Duration.ofSeconds(5);

  /** How long after an expected end the host is observed: host and record have settled. */
  private static final Duration SOON_AFTER = Duration.ofSeconds(2);

  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private static final int MOST = 16;

  /**
   * The pace by what is stored. Ends that were seen at once share the time before them.
   *
   * @param started when the drain began; null where that is not known
   * @param rows the rows of the drain
   * @param settings how often a host is observed
   */
  static Pace of(Instant started, List<InstanceStatus> rows, Settings settings) {
    var ends =
        rows.stream()
            .filter(r -> r.is(RowState.Moved) && Way.LIVE.word().of(r))
            .map(InstanceStatus::completionTime)
            .filter(Objects::nonNull)
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    var intervals = new ArrayList<Duration>();
    var before = started;
    for (var end : ends.entrySet()) {
      var seen = end.getValue().intValue();
      var each =
          before == null ? Duration.ZERO : Duration.between(before, end.getKey()).dividedBy(seen);
      if (each.compareTo(FIRST) >= 0 || !end.getKey().equals(ends.firstKey())) {
        intervals.addAll(Collections.nCopies(seen, longer(each, SHORTEST)));
      }
      before = end.getKey();
    }
    var last = intervals.subList(Math.max(intervals.size() - ENDS, 0), intervals.size());
    return new Pace(last.stream().sorted().toList(), settings);
  }

  /**
   * How many live migrations Nova must have so that its queue does not run dry before those of the
   * next observation are in it: those that run, and one more for each that may begin until then, by
   * the shortest interval. At least 2, at most 16.
   *
   * @param observed how long the last observation took
   * @param running how many run now
   */
  int wanted(Duration observed, long running) {
    var interval = intervals.isEmpty() ? ASSUMED : intervals.getFirst();
    var pause =
        intervals.isEmpty()
            ? settings.pollMoving()
            : longer(settings.pollMoving(), shorter(typical(), longest()));
    var ahead = pause.plus(observed).plus(REQUEST);
    var queued = Math.ceilDiv(ahead.toMillis(), interval.toMillis());
    return (int) Math.min(MOST, Math.max(running, 1) + queued);
  }

  /**
   * When to observe again: soon after the next end is expected, and on the way there at even
   * distances. Where no end is expected, or the expected one is overdue, what has taken long will
   * take a while yet: a quarter of the time that it has.
   *
   * @param elapsed how long ago the last live migration ended
   * @return at least HM_POLL_MOVING; up to twice as long, up to four times where the last ends came
   *     evenly and the next one is still expected; no longer than HM_POLL_IDLE
   */
  Duration pause(Duration elapsed) {
    var expected = intervals.isEmpty() ? Duration.ZERO : typical().plus(SOON_AFTER);
    var left = expected.minus(elapsed);
    var pause =
        left.isPositive()
            ? left.dividedBy(Math.ceilDiv(left.toMillis(), longest().toMillis()))
            : shorter(left.negated().dividedBy(4), polls(2));
    return longer(settings.pollMoving(), pause);
  }

  /** An end that comes out of turn is seen so late, at most. */
  private Duration longest() {
    return polls(even() ? 4 : 2);
  }

  /** So many times HM_POLL_MOVING, but no longer than HM_POLL_IDLE where that is longer. */
  private Duration polls(int times) {
    var poll = settings.pollMoving();
    return longer(poll, shorter(settings.pollIdle(), poll.multipliedBy(times)));
  }

  /** Whether the next end is expected with little doubt. */
  private boolean even() {
    return intervals.size() == ENDS
        && intervals.getLast().minus(intervals.getFirst()).compareTo(settings.pollMoving()) <= 0;
  }

  /** The median: a drain that waited for something has one interval that says nothing. */
  private Duration typical() {
    return intervals.get((intervals.size() - 1) / 2);
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
