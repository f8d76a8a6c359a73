package io.hostmaintenance.drain.instance;

/** A question to Nova about one instance. */
public enum Question {
  /** The instance itself. */
  INSTANCE,
  /** All its migration records. */
  MIGRATIONS,
  /** All its actions. */
  ACTIONS,
  /** The action of its row's request, with events. */
  EVENTS,
  /** Whether its guest runs, by the word of its hypervisor. */
  DIAGNOSTICS,
  /** Whether placement has another host for it. */
  CANDIDATE
}
