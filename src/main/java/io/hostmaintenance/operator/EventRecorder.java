package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.drain.Notice;

/** Where what a person would ask about is told. */
interface EventRecorder {

  /**
   * Tells a notice of a resource; never throws.
   *
   * @return false when it was told so lately that it is not told again
   */
  boolean record(HostMaintenance resource, Notice notice);
}
