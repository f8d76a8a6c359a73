package io.hostmaintenance.nova.openstack4j;

/** Where the configuration of one cloud comes from. */
interface CloudSource {

  /**
   * Reads it, each time anew.
   *
   * @throws io.hostmaintenance.nova.NovaException CONFIGURATION when it is missing or cannot be
   *     used, UNAVAILABLE when it cannot be read now; with the way out
   */
  CloudConfig read();
}
