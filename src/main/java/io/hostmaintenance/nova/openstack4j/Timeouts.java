package io.hostmaintenance.nova.openstack4j;

import java.time.Duration;

/**
 * How long a request may take.
 *
 * @param usual for any request
 */
record Timeouts(Duration usual) {

  /** To be connected. */
  static final Duration CONNECT = Duration.ofSeconds(10);

  /**
   * A request to change something goes out so soon after it was asked for, or not at all: what it
   * was decided from grows old, and so does the asker's lease.
   */
  static final Duration CHANGE = Duration.ofSeconds(5);

  /**
   * For the update of a service: Nova waits for the host to tell placement, for its RPC timeout of
   * 60 s by default (nova/compute/api.py, HostAPI.service_update).
   */
  Duration serviceUpdate() {
    return usual.plus(usual.dividedBy(2));
  }
}
