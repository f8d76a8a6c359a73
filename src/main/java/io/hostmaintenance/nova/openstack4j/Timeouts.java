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

  /** A request to change something goes out so soon after its decision, or not at all. */
  static final Duration CHANGE = Duration.ofSeconds(5);

  /** For the update of a service: Nova waits 60 s for the host (nova/compute/api.py). */
  Duration serviceUpdate() {
    return usual.plus(usual.dividedBy(2));
  }
}
