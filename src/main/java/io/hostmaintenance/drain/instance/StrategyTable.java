package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.drain.instance.InstanceDecision.Move;
import io.hostmaintenance.drain.instance.InstanceDecision.NeedsAdmin;
import io.hostmaintenance.drain.instance.InstanceDecision.WaitFor;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is done with an instance of the host, by its state: the one table of it.
 *
 * <p>Which operation Nova allows in which state stands in nova/compute/api.py.
 */
public final class StrategyTable {

  private static final int RUNNING = 1;
  private static final int PAUSED = 3;

  private StrategyTable() {}

  /**
   * What is done with an instance.
   *
   * @param view it shows the instance; its detail is needed only for a paused one
   * @param spec what the administrator wants
   */
  public static InstanceDecision choose(InstanceView view, HostMaintenanceSpec spec) {
    var decision = byState(view.instance().orElseThrow(), view.detail(), spec);
    var affinity = view.group("affinity");
    return decision instanceof Move && affinity.isPresent()
        ? new NeedsAdmin(InstanceMessages.affinityGroup(affinity.get()))
        : decision;
  }

  private static InstanceDecision byState(
      Instance instance, Optional<Detail> detail, HostMaintenanceSpec spec) {
    if (!instance.idle()) {
      return task(instance);
    }
    return switch (instance.vmState()) {
      case "active" -> active(instance, spec);
      case "stopped" -> new Move(Way.COLD);
      case "paused" -> paused(instance, detail);
      case "building" ->
          new WaitFor(
              InstanceMessages.BUILDING, Deadlines.TASK_WAIT, InstanceMessages.BUILDING_REMEDY);
      case "deleted" ->
          new WaitFor(
              InstanceMessages.DELETING, Deadlines.TASK_WAIT, InstanceMessages.DELETING_REMEDY);
      case "resized" -> new NeedsAdmin(InstanceMessages.unconfirmedHere(instance));
      default -> // suspended, rescued, error, shelved, soft-delete, and what Nova adds
          new NeedsAdmin(InstanceMessages.unsupportedState(instance));
    };
  }

  private static InstanceDecision task(Instance instance) {
    return new WaitFor(
        InstanceMessages.busy(instance.taskState()),
        Deadlines.TASK_WAIT,
        InstanceMessages.BUSY_REMEDY);
  }

  private static InstanceDecision active(Instance instance, HostMaintenanceSpec spec) {
    if (instance.powerState() != RUNNING && instance.powerState() != PAUSED) {
      return new WaitFor(
          InstanceMessages.GUEST_POWERED_OFF,
          Deadlines.POWER_SYNC_WAIT,
          InstanceMessages.GUEST_POWERED_OFF_REMEDY);
    }
    return new Move(spec.liveMigrate() ? Way.LIVE : Way.COLD);
  }

  /** A second live migration of a guest that stayed paused can end QEMU (Nova bug 1947725). */
  private static InstanceDecision paused(Instance instance, Optional<Detail> detail) {
    return detail
        .<InstanceDecision>map(
            d ->
                movedSincePaused(instance, d)
                    ? new NeedsAdmin(InstanceMessages.pausedMovedBefore(instance))
                    : new Move(Way.LIVE))
        .orElseGet(
            () ->
                new WaitFor(
                    InstanceMessages.PAUSED_UNKNOWN,
                    Deadlines.UNTOLD_WAIT,
                    InstanceMessages.PAUSED_UNKNOWN_REMEDY));
  }

  /**
   * Told by the records: an action does not tell whether its transfer succeeded, nor, when one of
   * its tries failed, whether the next did. Nova shows the instance idle at its destination before
   * the record says completed. Where records and actions are stamped by clocks that are apart, a
   * record is one since the pause also if there are enough actions since then for it to be.
   */
  private static boolean movedSincePaused(Instance instance, Detail detail) {
    var pause = detail.actions().stream().filter(a -> a.pauses() && !a.failed()).findFirst();
    var asked =
        detail.actions().stream()
            .takeWhile(a -> !pause.equals(Optional.of(a)))
            .filter(InstanceAction::liveMigration)
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
}
