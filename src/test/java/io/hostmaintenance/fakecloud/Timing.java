package io.hostmaintenance.fakecloud;

import java.time.Duration;

/**
 * How long the steps of the cloud take.
 *
 * @param step every small step between two writes (message, database)
 * @param liveMigration the transfer of a live migration without the metadata lab_lm_seconds
 * @param coldMigration the copy of a cold migration without the metadata lab_cold_seconds
 * @param build from the scheduler's choice to the claim on the host
 * @param rpcTimeout rpc_response_timeout: how long the conductor waits for a dead compute service
 * @param serviceDownTime service_down_time: how long after its death a service still shows up
 * @param jitter every step takes between (1 - jitter) and (1 + jitter) of its time; 0 to 1
 */
public record Timing(
    Duration step,
    Duration liveMigration,
    Duration coldMigration,
    Duration build,
    Duration rpcTimeout,
    Duration serviceDownTime,
    double jitter) {
  /** Steps of 200 ms, moves of a few seconds, Nova's default timeouts, no jitter. */
  public static final Timing DEFAULT =
      new Timing(
          Duration.ofMillis(200),
          Duration.ofSeconds(3),
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          0);

  /** The same with this jitter (0 to 1). */
  public Timing withJitter(double jitter) {
    return new Timing(
        step, liveMigration, coldMigration, build, rpcTimeout, serviceDownTime, jitter);
  }
}
