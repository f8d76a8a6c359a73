package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.drain.instance.RowTransitions;

/** What a resource holds or waits for, by its stored status: its host, moves, a place. */
public final class HostClaim {

  private HostClaim() {}

  /** Whether a resource with this status holds its host. */
  public static boolean holdsHost(HostMaintenanceStatus status) {
    return status != null
        && (status.service() != null || RowTransitions.anyOutstanding(status.instances()));
  }

  /** How many moves of a resource with this status are in flight. */
  public static int movesInFlight(HostMaintenanceStatus status) {
    return status == null
        ? 0
        : (int) status.instances().stream().filter(RowTransitions::inFlight).count();
  }

  /**
   * Whether a resource with this status holds one of the places for hosts that are drained: it has
   * moves in flight, or can ask for one. What is Blocked, Failed, suspended, given back, not seen
   * for long, or cannot have its service disabled asks for nothing; nor does what only waits for
   * somebody else's task. A row whose next attempt is some minutes away does hold the place.
   */
  public static boolean drains(HostMaintenanceStatus status) {
    if (!holdsHost(status) || Report.phase(status) != Phase.Draining) {
      return false;
    }
    var ready = status.condition(Condition.READY);
    if (ready.isEmpty() || "Unknown".equals(ready.get().status())) {
      return false;
    }
    if (movesInFlight(status) > 0) {
      return true;
    }
    var able =
        switch (Report.reason(ready.get())) {
          case Suspended, DrainTimeout, WaitingForTurn -> false;
          case ApiUnavailable -> status.isTrue(Condition.SERVICE_DISABLED);
          default -> true;
        };
    return able && status.instances().stream().anyMatch(HostClaim::toAsk);
  }

  /** Whether a resource with this status waits until it may be drained. */
  public static boolean waitsForTurn(HostMaintenanceStatus status) {
    return status != null
        && Report.phase(status) != Phase.Exiting
        && because(status, Reason.WaitingForTurn);
  }

  /** Whether a resource with this status holds nothing and goes on as soon as its host is free. */
  public static boolean wantsHost(HostMaintenanceStatus status) {
    return !holdsHost(status)
        && (status == null
            || status.condition(Condition.READY).isEmpty()
            || because(status, Reason.Conflict)
            || because(status, Reason.WaitingForTurn));
  }

  /** Whether a move can be asked for by this row, at once or soon. */
  static boolean toAsk(InstanceStatus row) {
    return RowTransitions.remaining(row) && !RowAction.Wait.of(row);
  }

  private static boolean because(HostMaintenanceStatus status, Reason reason) {
    return status.condition(Condition.READY).filter(c -> c.because(reason)).isPresent();
  }
}
