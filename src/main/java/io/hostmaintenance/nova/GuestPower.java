package io.hostmaintenance.nova;

/** What the hypervisor of an instance says of its guest now. */
public enum GuestPower {
  /** It runs. */
  RUNNING,
  /** The hypervisor does not run it, and Nova's database has it shut down or crashed. */
  OFF,
  /** Nobody can tell: the hypervisor does not run it, but the database has it otherwise. */
  UNKNOWN
}
