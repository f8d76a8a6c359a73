package io.hostmaintenance.operator;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Whether a request to change a service may be under way whose end is not known. */
final class PendingServiceChange {

  private boolean ours;
  private Instant since;

  /** This process is the one that announces it, or Nova has answered. */
  void closed() {
    ours = true;
    since = null;
  }

  /** A request went out now, and no answer came. */
  void unanswered(Instant now) {
    ours = true;
    since = now;
  }

  /** Whether it has been known for less than this time. */
  boolean mayBeUnderWay(Duration atMost, Instant now) {
    return since != null && Duration.between(since, now).compareTo(atMost) < 0;
  }

  /**
   * For how long it has been known; empty when there is none.
   *
   * @param announced whether it is stored that the service is to be changed so
   */
  Optional<Duration> known(boolean announced, Instant now) {
    if (announced && !ours) {
      unanswered(now);
    }
    return Optional.ofNullable(since).map(t -> Duration.between(t, now));
  }
}
