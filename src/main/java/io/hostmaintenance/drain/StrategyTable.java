package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.drain.Observation.Detail;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is done with an instance of the host, by its state: the one table of it.
 *
 * <p>Which operation Nova allows in which state stands in nova/compute/api.py.
 */
final class StrategyTable {

  /** What is to be done. */
  sealed interface InstanceDecision {

    /** Ask for a move. */
    record Move(RowAction action) implements InstanceDecision {}

    /** Wait, but not for ever. */
    record WaitFor(Reason reason, String message, Duration atMost, String remedy)
        implements InstanceDecision {}

    /** An administrator must act. */
    record NeedsAdmin(Reason reason, String message) implements InstanceDecision {}
  }

  private static final int RUNNING = 1;
  private static final int PAUSED = 3;

  private StrategyTable() {}

  /** The judgement; where a command of its message says ID, the instance's own stands. */
  static InstanceDecision choose(Instance instance, Optional<Detail> detail, boolean liveMigrate) {
    return switch (byState(instance, detail, liveMigrate)) {
      case InstanceDecision.Move move -> move;
      case InstanceDecision.WaitFor(var reason, var message, var atMost, var remedy) ->
          new InstanceDecision.WaitFor(reason, message, atMost, withId(remedy, instance));
      case InstanceDecision.NeedsAdmin(var reason, var message) ->
          new InstanceDecision.NeedsAdmin(reason, withId(message, instance));
    };
  }

  private static String withId(String text, Instance instance) {
    return text.replace(" ID)", " " + instance.id() + ")");
  }

  private static InstanceDecision byState(
      Instance instance, Optional<Detail> detail, boolean liveMigrate) {
    if (!instance.idle()) {
      return task(instance);
    }
    return switch (instance.vmState()) {
      case "active" -> active(instance, liveMigrate);
      case "stopped" -> new InstanceDecision.Move(RowAction.ColdMigrate);
      case "paused" -> paused(instance, detail);
      case "building" ->
          new InstanceDecision.WaitFor(
              Reason.TaskInProgress,
              "It is being built.",
              Deadlines.TASK_WAIT,
              "Delete it or wait for its build to end.");
      case "deleted" ->
          new InstanceDecision.WaitFor(
              Reason.TaskInProgress,
              "It is being deleted.",
              Deadlines.TASK_WAIT,
              "Delete it once more.");
      case "suspended" ->
          admin(
              "Nova cannot move a suspended instance: resume it (openstack server resume ID) or delete"
                  + " it.");
      case "rescued" ->
          admin(
              "Nova cannot move an instance in rescue: end the rescue (openstack server unrescue ID).");
      case "error" ->
          admin(
              "Nova cannot move an instance in ERROR"
                  + (instance.fault() == null ? "" : " (" + instance.fault() + ")")
                  + ": repair it, or if its guest is known to be well, set its state (openstack"
                  + " server set --state active --auto-approve ID).");
      case "shelved" ->
          admin(
              "A shelved instance still has its disk here: offload it (openstack server shelve"
                  + " --offload ID) or unshelve it (openstack server unshelve ID).");
      case "soft-delete" ->
          admin(
              "It is soft-deleted and its disk is still here: restore it (openstack server restore ID)"
                  + " or delete it for good (openstack server delete --force ID).");
      case "resized" ->
          new InstanceDecision.NeedsAdmin(
              Reason.UnconfirmedResize,
              "A resize or migration to this host waits for its owner: confirm it (openstack server"
                  + " resize confirm ID) or revert it (openstack server resize revert ID).");
      default ->
          admin(
              "Nova says vm_state "
                  + instance.vmState()
                  + ", which this operator does not know: bring it to ACTIVE, SHUTOFF or PAUSED.");
    };
  }

  private static InstanceDecision task(Instance instance) {
    var doing =
        switch (instance.taskState()) {
          case "migrating", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish" ->
              "Somebody else's migration of it is under way";
          default -> "Nova is busy with it";
        };
    return new InstanceDecision.WaitFor(
        Reason.TaskInProgress,
        doing + " (task_state " + instance.taskState() + ").",
        Deadlines.TASK_WAIT,
        "See what holds it up (openstack server event list ID).");
  }

  private static InstanceDecision active(Instance instance, boolean liveMigrate) {
    if (instance.powerState() != RUNNING && instance.powerState() != PAUSED) {
      return new InstanceDecision.WaitFor(
          Reason.GuestPoweredOff,
          "Its guest is off although Nova holds it ACTIVE; a cold migration now would start it.",
          Deadlines.POWER_SYNC_WAIT,
          "Stop it (openstack server stop ID) or start it again (openstack server reboot --hard ID).");
    }
    return new InstanceDecision.Move(liveMigrate ? RowAction.LiveMigrate : RowAction.ColdMigrate);
  }

  /**
   * Nova refuses to cold-migrate a paused instance, and a second live migration of a guest that
   * stayed paused since the first can end QEMU (Nova bug 1947725).
   */
  private static InstanceDecision paused(Instance instance, Optional<Detail> detail) {
    return detail
        .<InstanceDecision>map(
            d ->
                movedSincePaused(instance, d)
                    ? new InstanceDecision.NeedsAdmin(
                        Reason.PausedMovedBefore,
                        "It was live-migrated since it was paused, and a second time can end its"
                            + " guest: unpause it (openstack server unpause ID) and, if it must, pause"
                            + " it again.")
                    : new InstanceDecision.Move(RowAction.LiveMigrate))
        .orElseGet(
            () ->
                new InstanceDecision.WaitFor(
                    Reason.ApiUnavailable,
                    "Nova does not tell whether it was live-migrated since it was paused.",
                    Deadlines.UNTOLD_WAIT,
                    "See the operator's log; or unpause it (openstack server unpause ID)."));
  }

  /**
   * Told by the records: an action does not tell whether its transfer succeeded, nor, when one of
   * its tries failed, whether the next did. Nova shows the instance idle at its destination before
   * the record says completed. Where records and actions are stamped by clocks that are apart, a
   * record is one since the pause also if there are enough actions since then for it to be.
   */
  private static boolean movedSincePaused(Instance instance, Detail detail) {
    var pause =
        detail.actions().stream()
            .filter(a -> a.action().equals("pause") && !a.failed())
            .findFirst();
    var asked =
        detail.actions().stream()
            .takeWhile(a -> !pause.equals(Optional.of(a)))
            .filter(a -> a.action().equals(InstanceAction.LIVE_MIGRATION))
            .count();
    var live =
        detail.migrations().stream()
            .filter(m -> m.type().equals(Migration.LIVE))
            .sorted(Comparator.comparing(Migration::id).reversed())
            .toList();
    var paused = pause.map(InstanceAction::startTime).orElse(Instant.MIN);
    return Stream.concat(
            live.stream().limit(asked), live.stream().filter(m -> !m.createdAt().isBefore(paused)))
        .anyMatch(
            m -> m.completed() || m.unfinished() && instance.host().equals(m.destinationHost()));
  }

  private static InstanceDecision admin(String message) {
    return new InstanceDecision.NeedsAdmin(Reason.UnsupportedState, message);
  }
}
