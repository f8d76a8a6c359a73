package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.instance.Deadlines;
import java.time.Duration;

/**
 * How fast and how much at once.
 *
 * @param pollMoving time between observations while something moves
 * @param pollIdle time between observations otherwise
 * @param pollVerified time between observations of a host that is verified empty and watched
 * @param settle time between the two observations that must find a host empty
 * @param httpTimeout longest time that a request for a move may take
 * @param leaseTime how long another operator may still believe that it leads; zero when there is
 *     one operator only
 * @param maxHostsDraining hosts that are drained at once
 * @param maxMoves moves in flight at once, all hosts together
 * @param strategies what may be done with instances where a resource does not say; each is set
 */
public record Settings(
    Duration pollMoving,
    Duration pollIdle,
    Duration pollVerified,
    Duration settle,
    Duration httpTimeout,
    Duration leaseTime,
    int maxHostsDraining,
    int maxMoves,
    Strategies strategies) {

  /** How long a request without an answer may take effect: lease, time-out and ten seconds. */
  public Duration answerWait() {
    return leaseTime.plus(httpTimeout).plusSeconds(10);
  }

  /** Without a finding of a host for so long, by whichever call, nothing is known of it. */
  public Duration observationTimeout() {
    var polls = pollIdle.multipliedBy(3);
    return polls.compareTo(Deadlines.UNOBSERVED) > 0 ? polls : Deadlines.UNOBSERVED;
  }

  /** Without a complete observation of a watched host for so long nothing is known of it. */
  public Duration verifiedTimeout() {
    var polls = pollVerified.multipliedBy(2);
    return polls.compareTo(observationTimeout()) > 0 ? polls : observationTimeout();
  }
}
