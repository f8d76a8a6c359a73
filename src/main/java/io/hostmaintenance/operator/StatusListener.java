package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;

/** Is told of every status that was stored; must be quick and must not throw. */
@FunctionalInterface
interface StatusListener {

  /**
   * A status was stored.
   *
   * @param before the resource with the status that the new one replaces, which may be null
   * @param status the one that is stored now
   */
  void stored(HostMaintenance before, HostMaintenanceStatus status);
}
