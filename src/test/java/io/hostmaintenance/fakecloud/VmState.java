package io.hostmaintenance.fakecloud;

/** Nova's vm_state literals (nova/objects/fields.py, InstanceState / vm_states). */
public enum VmState {
  ACTIVE("active", "ACTIVE"),
  BUILDING("building", "BUILD"),
  PAUSED("paused", "PAUSED"),
  SUSPENDED("suspended", "SUSPENDED"),
  STOPPED("stopped", "SHUTOFF"),
  RESCUED("rescued", "RESCUE"),
  RESIZED("resized", "VERIFY_RESIZE"),
  SOFT_DELETED("soft-delete", "SOFT_DELETED"),
  DELETED("deleted", "DELETED"),
  ERROR("error", "ERROR"),
  SHELVED("shelved", "SHELVED"),
  SHELVED_OFFLOADED("shelved_offloaded", "SHELVED_OFFLOADED");

  private final String text;
  private final String status;

  VmState(String text, String status) {
    this.text = text;
    this.status = status;
  }

  /** Nova's literal, as in OS-EXT-STS:vm_state and in 409 texts. */
  public String text() {
    return text;
  }

  /**
   * The API's status string for this state while {@code task} (null: none) is under way; the table
   * of nova/api/openstack/common.py (_STATE_MAP).
   */
  public String status(TaskState task) {
    if (task == null) {
      return status;
    }
    var byTask =
        switch (this) {
          case ACTIVE ->
              switch (task) {
                case MIGRATING -> "MIGRATING";
                case RESIZE_PREP, RESIZE_MIGRATING, RESIZE_MIGRATED, RESIZE_FINISH -> "RESIZE";
                case REBOOTING -> "REBOOT";
                default -> null;
              };
          case STOPPED ->
              switch (task) {
                case RESIZE_PREP, RESIZE_MIGRATING, RESIZE_MIGRATED, RESIZE_FINISH -> "RESIZE";
                default -> null;
              };
          case PAUSED -> task == TaskState.MIGRATING ? "MIGRATING" : null;
          case RESIZED -> task == TaskState.RESIZE_REVERTING ? "REVERT_RESIZE" : null;
          default -> null;
        };
    return byTask == null ? status : byTask;
  }
}
