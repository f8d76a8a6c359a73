package io.hostmaintenance.nova.openstack4j;

/** A word that does not show itself. */
record Secret(String value) {

  @Override
  public String toString() {
    return "***";
  }
}
