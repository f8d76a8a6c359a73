package io.hostmaintenance.drain;

import java.time.Duration;

/**
 * How fast and how much at once.
 *
 * @param pollMoving time between looks while something moves
 * @param pollIdle time between looks otherwise
 * @param settle time between the two looks that must find a host empty
 * @param httpTimeout longest time that a request for a move may take
 * @param maxHostsDraining hosts that are drained at once
 * @param maxMoves moves in flight at once, all hosts together
 */
public record Settings(
    Duration pollMoving,
    Duration pollIdle,
    Duration settle,
    Duration httpTimeout,
    int maxHostsDraining,
    int maxMoves) {

  /** How long an unanswered request may still take effect: its time-out and ten seconds. */
  public Duration answerWait() {
    return httpTimeout.plusSeconds(10);
  }

  /** Without a complete look for so long nothing is known of a host. */
  public Duration blindness() {
    var polls = pollIdle.multipliedBy(3);
    var floor = Duration.ofMinutes(3);
    return polls.compareTo(floor) > 0 ? polls : floor;
  }
}
