package io.hostmaintenance.nova;

import java.time.Instant;

/**
 * A nova-compute service record ({@code GET /os-services}).
 *
 * @param id its uuid
 * @param host the service host, by which instances and migrations name it
 * @param status {@code enabled}, {@code disabled}, or {@code UNKNOWN} when its cell does not answer
 * @param up whether its last heartbeat is recent and nobody forced it down
 * @param disabledReason why it is disabled; null when enabled or unsaid
 * @param forcedDown whether somebody forced it down: it stays down until that is taken back
 * @param zone its availability zone; null when Nova does not say
 * @param updatedAt its last heartbeat or change, by Nova's clock; null when Nova does not say
 */
public record ComputeService(
    String id,
    String host,
    String status,
    boolean up,
    String disabledReason,
    boolean forcedDown,
    String zone,
    Instant updatedAt) {

  /** Whether the scheduler may use the host. */
  public boolean enabled() {
    return status.equals("enabled");
  }

  /** Whether the service is known to be disabled. */
  public boolean disabled() {
    return status.equals("disabled");
  }

  /** Whether the cell of the service did not answer, so that nothing is known of its host. */
  public boolean unknown() {
    return !enabled() && !disabled();
  }

  /** How it is brought up again, as the end of a sentence. */
  public String bringUp() {
    return forcedDown
        ? "take that back: openstack compute service set --up " + host + " nova-compute"
        : "start it";
  }

  /** What it is while it is not up: down, or forced down. */
  public String downWord() {
    return forcedDown ? "forced down" : "down";
  }
}
