package io.hostmaintenance.nova;

import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * Something that was asked of an instance ({@code GET /servers/{id}/os-instance-actions}).
 *
 * @param requestId the id of the request that asked, by which Nova's replies and logs name it
 * @param action such as {@code live-migration}, {@code migrate}, {@code confirmResize}, {@code
 *     pause} (nova/compute/instance_actions.py)
 * @param userId who asked
 * @param projectId the project of who asked
 * @param startTime when it was asked, by Nova's clock
 * @param message {@code Error} when any of its events failed, else null
 * @param events its steps; empty in a list of actions
 */
public record InstanceAction(
    String requestId,
    String action,
    String userId,
    String projectId,
    Instant startTime,
    String message,
    List<Event> events) {

  /** The action of a live migration. */
  public static final String LIVE_MIGRATION = "live-migration";

  /** The action of a cold migration. */
  public static final String MIGRATE = "migrate";

  private static final Set<String> LEAVE_STATE =
      Set.of(
          "live_migration_cancel",
          "live_migration_force_complete",
          "lock",
          "unlock",
          "attach_interface",
          "detach_interface",
          "attach_volume",
          "detach_volume",
          "swap_volume",
          "extend_volume",
          "createImage",
          "createBackup",
          "attach_share",
          "detach_share",
          "refresh_volume_attachment",
          "changePassword");

  /** Whether it is a live migration. */
  public boolean liveMigration() {
    return action.equals(LIVE_MIGRATION);
  }

  /** Whether it may bring the instance to another host: a live or cold migration or a resize. */
  public boolean moves() {
    return liveMigration() || action.equals(MIGRATE) || action.equals("resize");
  }

  /** Whether it leaves the state and the host of the instance as they are. */
  public boolean leavesState() {
    return LEAVE_STATE.contains(action);
  }

  /** Whether it is {@code pause} (nova/compute/instance_actions.py). */
  public boolean pauses() {
    return action.equals("pause");
  }

  /** Whether it is {@code stop} (nova/compute/instance_actions.py). */
  public boolean stops() {
    return action.equals("stop");
  }

  /** Whether the guest runs after it, or is off, because somebody wanted it so. */
  public boolean startsOrStops() {
    return stops() || List.of("start", "reboot", "create", "rebuild", "unshelve").contains(action);
  }

  /** Whether a step of it failed; a later retry of Nova's own may still have succeeded. */
  public boolean failed() {
    return "Error".equals(message);
  }

  /**
   * A step of an action.
   *
   * @param event such as {@code conductor_live_migrate_instance}
   * @param host where it ran; may be null
   * @param result {@code Success}, {@code Error}, or null while it runs
   * @param details the failure's own text, shown since 2.84; null when there is none
   */
  public record Event(String event, String host, String result, String details) {}
}
