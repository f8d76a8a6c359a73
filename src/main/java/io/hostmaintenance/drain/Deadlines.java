package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import java.time.Duration;

/** How long a move may take. */
final class Deadlines {

  private static final Duration BASE = Duration.ofMinutes(30);
  private static final Duration PER_GIB = Duration.ofSeconds(60);

  private Deadlines() {}

  /** The time of one attempt to move an instance of so much memory. */
  static Duration attempt(HostMaintenanceSpec spec, int ramMiB) {
    return spec.instanceTimeout() != null
        ? Durations.parse(spec.instanceTimeout())
        : BASE.plus(PER_GIB.multipliedBy(Math.ceilDiv(ramMiB, 1024)));
  }
}
