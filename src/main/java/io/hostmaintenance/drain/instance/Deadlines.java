package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Every time that the brain knows by itself; how fast it polls stands in the settings. */
public final class Deadlines {

  /** How long host, task and record may disagree (nova/compute/manager.py writes them in turn). */
  public static final Duration SETTLING = Duration.ofMinutes(5);

  /** How long a move may wait for its turn while no other move of the host runs. */
  public static final Duration QUEUEING = Duration.ofMinutes(10);

  /** How long after an accepted request its record or task must show. */
  public static final Duration DROPPED = Duration.ofSeconds(60);

  /** How long a confirmation may be refused before it is reported for manual action. */
  public static final Duration CONFIRMING = Duration.ofMinutes(15);

  /** How long a request without an answer is looked for before its attempt counts as failed. */
  public static final Duration UNANSWERED = Duration.ofMinutes(15);

  /** How far the clocks of Nova's own hosts may differ; {@link #backOff} is always longer. */
  public static final Duration SKEW = Duration.ofSeconds(5);

  /** By how much Nova's own clocks may be apart before an action is surely that of the past. */
  public static final Duration APART = Duration.ofMinutes(61);

  /** How long somebody else's task is waited for before it is reported for manual action. */
  public static final Duration TASK_WAIT = Duration.ofMinutes(60);

  /** How long a step may take that only tells the hypervisor something. */
  public static final Duration STEP = Duration.ofMinutes(5);

  /** How long a step may take that writes or reads the memory or the disk of a guest. */
  public static final Duration MEMORY_STEP = Duration.ofMinutes(30);

  /**
   * How long a guest may take to shut down: Nova's shutdown_timeout is a minute, and an image may
   * ask for more (os_shutdown_timeout).
   */
  public static final Duration STOP_STEP = Duration.ofMinutes(30);

  /** How soon a step is observed again, while it is young. */
  public static final Duration STEP_POLL = Duration.ofSeconds(1);

  /** How long after its request a step is observed so soon. */
  public static final Duration STEP_YOUNG = Duration.ofSeconds(15);

  /** How long the operator tries to bring a guest back to the state that it had. */
  public static final Duration RESTORING = Duration.ofMinutes(15);

  /** Within this time nova-compute must have been heard of before it is asked for a step. */
  public static final Duration HEARD = Duration.ofSeconds(60);

  /** How long a record that ended in an error says that its guest may run on another host. */
  public static final Duration ERROR_DOUBTFUL = Duration.ofHours(1);

  /** How long it may stay unknown whether a paused guest was live-migrated since its pause. */
  public static final Duration UNTOLD_WAIT = Duration.ofMinutes(15);

  /**
   * How long a guest may be off while Nova holds it ACTIVE: Nova syncs power states every 10 min.
   */
  public static final Duration POWER_SYNC_WAIT = Duration.ofMinutes(15);

  /** In this time somebody may enable the service so often, and no oftener. */
  public static final Duration REENABLED_WINDOW = Duration.ofMinutes(10);

  /** Without an observation for so long somebody has to see to the cloud. */
  public static final Duration UNAVAILABLE_STALLS = Duration.ofMinutes(15);

  /** How long a confirmation is waited for once the resource is deleted. */
  public static final Duration CONFIRM_BOUND = Duration.ofMinutes(15);

  /** By how much a record may be older than its instance says, by clocks and late writes. */
  public static final Duration LAG = Duration.ofSeconds(30);

  /** How long a request is refused before it is reported for manual action. */
  public static final Duration REFUSED_FOR_LONG = Duration.ofMinutes(15);

  /** The shortest pause after a refusal. */
  public static final Duration SHORTEST = Duration.ofSeconds(10);

  /** The longest pause after a refusal. */
  public static final Duration LONGEST = Duration.ofMinutes(15);

  /** From instances that were asked for longer ago nothing new is asked of Nova. */
  public static final Duration FRESH = Duration.ofSeconds(30);

  /**
   * Without a complete observation nothing is known of a host after this time, or three idle polls.
   */
  public static final Duration UNOBSERVED = Duration.ofMinutes(3);

  /** How long before the oldest outstanding request changes to migrations are asked for. */
  public static final Duration CHANGES_BEFORE = Duration.ofMinutes(5);

  private static final Duration BASE = Duration.ofMinutes(30);
  private static final Duration PER_GIB = Duration.ofSeconds(60);

  private Deadlines() {}

  /** How long before an observation something was; zero for null and for what came since. */
  public static Duration between(Instant then, Instant asked) {
    return then == null || then.isAfter(asked) ? Duration.ZERO : Duration.between(then, asked);
  }

  /** The time of one attempt to move an instance of so much memory. */
  public static Duration attempt(HostMaintenanceSpec spec, int ramMiB) {
    return spec.instanceTimeout() != null
        ? Durations.parse(spec.instanceTimeout())
        : BASE.plus(PER_GIB.multipliedBy(Math.ceilDiv(ramMiB, 1024)));
  }

  /** The time of the whole drain; empty: without a limit. */
  public static Optional<Duration> drain(HostMaintenanceSpec spec) {
    return Optional.ofNullable(spec.drainTimeout()).map(Durations::parse);
  }

  /** How long after its {@code attempts}-th attempt a move is asked for again. */
  public static Duration backOff(int attempts) {
    var seconds = 10L << 2 * Math.min(Math.max(attempts - 1, 0), 3);
    return Duration.ofSeconds(Math.min(seconds, 300));
  }
}
