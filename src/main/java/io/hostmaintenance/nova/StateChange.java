package io.hostmaintenance.nova;

import java.util.Locale;

/**
 * What can be asked of an instance so that it changes its state where it is (nova/compute/api.py).
 */
public enum StateChange {
  /** From suspended to active. */
  RESUME("resume", "resume"),
  /** From active to suspended. */
  SUSPEND("suspend", "suspend"),
  /** From active to paused. */
  PAUSE("pause", "pause"),
  /** From paused to active. */
  UNPAUSE("unpause", "unpause"),
  /** From rescued to active, also where it was stopped before its rescue. */
  UNRESCUE("unrescue", "unrescue"),
  /** From active or error to stopped; the guest gets its shutdown_timeout. */
  STOP("os-stop", "stop"),
  /** From stopped to active. */
  START("os-start", "start"),
  /** From shelved to shelved_offloaded: the host deletes its disk. */
  SHELVE_OFFLOAD("shelveOffload", "shelveOffload"),
  /** Deletes it for good, from any state. */
  FORCE_DELETE("forceDelete", "delete"),
  /** Writes active into the database, from any state; the guest is not touched. */
  RESET_STATE("os-resetState", "resetState");

  private final String key;
  private final String action;

  StateChange(String key, String action) {
    this.key = key;
    this.action = action;
  }

  /** The key of the request's body (api-ref, servers: run an action). */
  public String key() {
    return key;
  }

  /** Whether Nova does it from any state, so that it may meet one that nobody has seen. */
  public boolean fromAnyState() {
    return this == FORCE_DELETE || this == RESET_STATE;
  }

  /** What is asked, as the openstack client says it. */
  String words() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** The name of the instance action that it leaves (nova/compute/instance_actions.py). */
  public String action() {
    return action;
  }
}
