package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import java.time.Duration;

/** What is to be done with an instance. */
public sealed interface InstanceDecision {

  /**
   * Take it this way.
   *
   * @param strategy the strategy that says so, as the row shows it
   */
  record Move(Way way, String strategy) implements InstanceDecision {}

  /** Wait, but not for ever; the remedy is a format that takes the id of the instance. */
  record WaitFor(Cause cause, Duration atMost, String remedy) implements InstanceDecision {}

  /** Leave it where it is: the spec says so. */
  record Skip(Cause cause, String strategy) implements InstanceDecision {}

  /** An administrator must act. */
  record NeedsAdmin(Cause cause, String strategy) implements InstanceDecision {}
}
