package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import java.time.Duration;

/** What is to be done with an instance. */
public sealed interface InstanceDecision {

  /** Move it this way. */
  record Move(Way way) implements InstanceDecision {}

  /** Wait, but not for ever; the remedy is a format that takes the id of the instance. */
  record WaitFor(Cause cause, Duration atMost, String remedy) implements InstanceDecision {}

  /** An administrator must act. */
  record NeedsAdmin(Cause cause) implements InstanceDecision {}
}
