package io.hostmaintenance.fakecloud;

import static io.hostmaintenance.fakecloud.VmState.ACTIVE;
import static io.hostmaintenance.fakecloud.VmState.ERROR;
import static io.hostmaintenance.fakecloud.VmState.PAUSED;
import static io.hostmaintenance.fakecloud.VmState.RESCUED;
import static io.hostmaintenance.fakecloud.VmState.RESIZED;
import static io.hostmaintenance.fakecloud.VmState.SHELVED;
import static io.hostmaintenance.fakecloud.VmState.SHELVED_OFFLOADED;
import static io.hostmaintenance.fakecloud.VmState.SOFT_DELETED;
import static io.hostmaintenance.fakecloud.VmState.STOPPED;
import static io.hostmaintenance.fakecloud.VmState.SUSPENDED;

import java.util.EnumSet;
import java.util.Set;

/**
 * What may be asked of a server in which vm_state: the decorators check_instance_lock and
 * check_instance_state of nova/compute/api.py. All but the deletions want no task under way.
 */
public enum Operation {
  LIVE_MIGRATE("os-migrateLive", "live-migration", ACTIVE, PAUSED),
  MIGRATE("migrate", "migrate", ACTIVE, STOPPED),
  RESIZE("resize", "resize", ACTIVE, STOPPED),
  CONFIRM_RESIZE("confirmResize", "confirmResize", RESIZED),
  REVERT_RESIZE("revertResize", "revertResize", RESIZED),
  PAUSE("pause", "pause", ACTIVE),
  UNPAUSE("unpause", "unpause", PAUSED),
  SUSPEND("suspend", "suspend", ACTIVE),
  RESUME("resume", "resume", SUSPENDED),
  STOP("stop", "stop", ACTIVE, ERROR),
  START("start", "start", STOPPED),
  REBOOT("reboot", "reboot", ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR),
  RESCUE("rescue", "rescue", ACTIVE, STOPPED, ERROR),
  UNRESCUE("unrescue", "unrescue", RESCUED),
  SHELVE("shelve", "shelve", ACTIVE, STOPPED, PAUSED, SUSPENDED),
  SHELVE_OFFLOAD("shelveOffload", "shelveOffload", SHELVED),
  UNSHELVE("unshelve", "unshelve", SHELVED, SHELVED_OFFLOADED),
  RESTORE("restore", "restore", SOFT_DELETED),
  LOCK("lock", "lock", EnumSet.allOf(VmState.class)),
  UNLOCK("unlock", "unlock", EnumSet.allOf(VmState.class)),
  SOFT_DELETE("delete", "delete", EnumSet.allOf(VmState.class)),
  DELETE("delete", "delete", EnumSet.allOf(VmState.class));

  private final String text;
  private final String action;
  private final Set<VmState> allowed;

  Operation(String text, String action, VmState first, VmState... more) {
    this(text, action, EnumSet.of(first, more));
  }

  Operation(String text, String action, Set<VmState> allowed) {
    this.text = text;
    this.action = action;
    this.allowed = allowed;
  }

  /** The word of Nova's 409 texts. */
  public String text() {
    return text;
  }

  /** The name of the instance action it leaves (nova/compute/instance_actions.py). */
  public String action() {
    return action;
  }

  /** The name of the event that the compute service leaves (nova/compute/manager.py). */
  String event() {
    return switch (this) {
      case SHELVE_OFFLOAD -> "compute_shelve_offload_instance";
      case SOFT_DELETE -> "compute_soft_delete_instance";
      case DELETE -> "compute_terminate_instance";
      default -> "compute_" + action + "_instance";
    };
  }

  /** Whether it takes the server away. */
  boolean deletes() {
    return this == DELETE || this == SOFT_DELETE;
  }

  /**
   * Lets the caller ask this of the server now.
   *
   * @throws Refused 409 with Nova's text: locked first, then vm_state, then task_state
   */
  void check(Server server, Caller caller) {
    if (this != LOCK && this != UNLOCK && server.locked() && !caller.user().admin()) {
      throw Refused.conflict("Instance %s is locked", server.id());
    }
    if (!allowed.contains(server.vmState())) {
      throw invalidState(server, "vm_state", server.vmState().text());
    }
    var anyTask =
        switch (this) {
          case LOCK, UNLOCK, DELETE, SOFT_DELETE -> true;
          default -> server.taskState() == null;
        };
    if (!anyTask) {
      throw invalidState(server, "task_state", server.taskState().text());
    }
  }

  private Refused invalidState(Server server, String attribute, String value) {
    return Refused.conflict(
        "Cannot '%s' instance %s while it is in %s %s", text, server.id(), attribute, value);
  }
}
