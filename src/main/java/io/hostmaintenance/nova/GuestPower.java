package io.hostmaintenance.nova;

/** What the hypervisor of an instance says of its guest now. */
public enum GuestPower {
  /** It runs. */
  RUNNING,
  /** It is shut down or has crashed, and Nova's database says so too. */
  OFF,
  /** Nobody can tell: it is paused, or hypervisor and database do not agree. */
  UNKNOWN
}
