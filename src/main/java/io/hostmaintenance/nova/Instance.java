package io.hostmaintenance.nova;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An instance as an administrator sees it ({@code GET /servers/detail}).
 *
 * @param id its uuid
 * @param name its name, which its owner chose
 * @param projectId the owner's project
 * @param status what the API shows, such as {@code ACTIVE} or {@code VERIFY_RESIZE}
 * @param vmState Nova's own state, such as {@code active} or {@code resized}
 *     (nova/compute/vm_states.py)
 * @param taskState what is being done to it (nova/compute/task_states.py); null when nothing is
 * @param powerState 0 no state, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended
 *     (nova/compute/power_state.py)
 * @param host the nova-compute host it is on; null when it has none
 * @param ramMiB its flavor's memory
 * @param progress percent of a move under way; null when Nova does not say
 * @param fault Nova's text of the last fault, shown only in ERROR; null when there is none
 * @param lock who locked it is not told; null when it is not locked
 * @param policy what its owner wrote to its metadata {@code host_maintenance}; null when nothing
 * @param extraDisks whether its flavor has an ephemeral or a swap disk
 * @param localDiskGiB what its disks on the host hold at most: root, ephemeral and swap; 0 for one
 *     that is volume-backed and has no other disk; null when Nova does not tell
 * @param constraints what it asks of its host
 */
@RecordBuilder
public record Instance(
    String id,
    String name,
    String projectId,
    String status,
    String vmState,
    String taskState,
    int powerState,
    String host,
    int ramMiB,
    Integer progress,
    String fault,
    Lock lock,
    String policy,
    boolean extraDisks,
    Integer localDiskGiB,
    Constraints constraints)
    implements InstanceBuilder.With {

  /**
   * What an instance asks of its host, where Nova tells.
   *
   * @param pinnedZone the availability zone that it was built for and may not leave; null when it
   *     is not pinned, or Nova does not tell (before 2.96)
   * @param hints the scheduler hints that it was built with, such as {@code different_host}, each
   *     with its values; empty also when Nova does not tell (before 2.100)
   * @param requiredTraits the traits that its flavor requires of a resource provider ({@code
   *     trait:NAME=required})
   * @param forbiddenTraits the traits that its flavor forbids
   */
  public record Constraints(
      String pinnedZone,
      Map<String, List<String>> hints,
      Set<String> requiredTraits,
      Set<String> forbiddenTraits) {

    /** Whether a hint names other instances, so that it matters where those are. */
    public boolean namesInstances() {
      return hints.containsKey("different_host") || hints.containsKey("same_host");
    }

    /** Nothing. */
    public static final Constraints NONE = new Constraints(null, Map.of(), Set.of(), Set.of());
  }

  /**
   * A lock, which binds all but administrators.
   *
   * @param reason why it is locked; null when nobody said
   */
  public record Lock(String reason) {}

  /** Whether nothing is being done to it. */
  public boolean idle() {
    return taskState == null;
  }

  /** Whether its vm_state is {@code active}; its guest may be off all the same. */
  public boolean active() {
    return vmState.equals("active");
  }

  /** Whether its vm_state is {@code paused}. */
  public boolean paused() {
    return vmState.equals("paused");
  }

  /** Whether its vm_state is {@code building}. */
  public boolean building() {
    return vmState.equals("building");
  }

  /** Whether it is locked. */
  public boolean locked() {
    return lock != null;
  }

  /** Whether its vm_state is {@code error}. */
  public boolean inError() {
    return vmState.equals("error");
  }

  /** Whether its vm_state is {@code resized}: a resize or cold migration waits to be confirmed. */
  public boolean resized() {
    return vmState.equals("resized");
  }

  /** Whether a step of a resize, cold migration, confirmation or revert is being done to it. */
  public boolean resizing() {
    return taskState != null && taskState.startsWith("resize_");
  }

  /** Whether it is being live-migrated. */
  public boolean migrating() {
    return "migrating".equals(taskState);
  }
}
