package io.hostmaintenance.api.v1alpha1;

/** The phase of a resource. */
public enum Phase {
  /** Waiting for its turn, or until Nova can be asked. */
  Pending,
  /** Instances are moved, or the empty host is observed again. */
  Draining,
  /** Nothing is in flight and some rows or another resource needs manual action. */
  Blocked,
  /** Disabled, verified empty, watched. */
  InMaintenance,
  /** The resource itself cannot be carried out. */
  Failed,
  /** What a drain would do is shown; nothing is touched. */
  Planned,
  /** Being given back. */
  Exiting
}
