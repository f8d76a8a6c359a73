package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Instant;
import java.util.List;

/** How a row goes from one state to the next. */
public final class RowTransitions {

  private static final int NAME_BYTES = 100;

  /** The longest message of a row, in UTF-8. */
  public static final int MESSAGE_BYTES = 360;

  private RowTransitions() {}

  /** A row for an instance that is seen for the first time. */
  public static InstanceStatus first(Instance instance, Instant now) {
    return seen(
        InstanceStatus.builder()
            .id(instance.id())
            .state(RowState.Pending.name())
            .attempts(0)
            .lastTransitionTime(now)
            .build(),
        instance);
  }

  /** The row with what Nova shows of the instance now. */
  public static InstanceStatus seen(InstanceStatus row, Instance instance) {
    return row.toBuilder()
        .name(UntrustedText.cut(instance.name(), NAME_BYTES))
        .projectId(UntrustedText.cut(instance.projectId(), 64))
        .status(UntrustedText.cut(instance.status(), 32))
        .powerState(powerState(instance.powerState()))
        .plan(null)
        .build();
  }

  /** The row in a state, for a reason; since when it stands and is refused goes with them. */
  public static InstanceStatus mark(InstanceStatus row, RowState state, Cause cause, Instant now) {
    var same = state.name().equals(row.state()) && row.because(cause.reason());
    return row.toBuilder()
        .state(state.name())
        .reason(cause.reason().name())
        .message(UntrustedText.cut(cause.message(), MESSAGE_BYTES))
        .lastTransitionTime(
            same && row.lastTransitionTime() != null ? row.lastTransitionTime() : now)
        .firstRefusedTime(same ? row.firstRefusedTime() : null)
        .build();
  }

  /** The row at its end: what matters then stays, the rest goes, so that a status stays small. */
  public static InstanceStatus end(InstanceStatus row, RowState state, Cause cause, Instant now) {
    return InstanceStatus.builder()
        .id(row.id())
        .name(row.name())
        .projectId(row.projectId())
        .status(row.status())
        .action(row.action())
        .strategy(row.strategy())
        .stopRequestId(row.stopRequestId())
        .state(state.name())
        .destinationHost(row.destinationHost())
        .attempts(row.attempts())
        .completionTime(now)
        .reason(cause.reason().name())
        .message(UntrustedText.cut(cause.message(), MESSAGE_BYTES))
        .build();
  }

  /**
   * The row whose move is over, however that went: at its end, or its guest is brought back first
   * to the state that it had before its way.
   */
  static InstanceStatus over(InstanceStatus row, RowState state, Cause cause, HostView host) {
    return Way.of(row).flatMap(Way::state).isPresent()
        ? restoring(row, cause, host.now())
        : end(row, state, cause, host.now());
  }

  /** The row while its guest is brought back to the state that it had; why stays its reason. */
  public static InstanceStatus restoring(InstanceStatus row, Cause cause, Instant now) {
    return mark(row, RowState.Restoring, cause, now).toBuilder()
        .startTime(null)
        .progressPercent(null)
        .nextAttemptTime(null)
        .build();
  }

  /** The row without an outstanding request. */
  public static InstanceStatus settle(InstanceStatus row) {
    return row.toBuilder()
        .requestTime(null)
        .observedTime(null)
        .requestUserId(null)
        .requestProjectId(null)
        .startTime(null)
        .progressPercent(null)
        .destinationHost(null)
        .build();
  }

  /** The row after a failed attempt: to be asked for again after a while, or at its end. */
  static InstanceStatus attemptFailed(InstanceStatus row, Cause cause, HostView host) {
    if (row.step() != null
        && Way.of(row).filter(w -> w != Way.STOP).flatMap(Way::state).isPresent()) {
      return restoring(row, cause, host.now());
    }
    var settled = settle(row);
    var more = host.allowsAttemptAfter(row) || host.preferredOnlyRefused(row, cause.reason());
    if (row.step() != null || !more) {
      return end(settled, RowState.Failed, cause, host.now());
    }
    return mark(
        settled.toBuilder()
            .migrationId(null)
            .requestId(null)
            .nextAttemptTime(host.now().plus(Deadlines.backOff(row.attemptsMade())))
            .build(),
        RowState.Pending,
        cause,
        host.now());
  }

  /** The row on its way whose move is to be asked for again, of the scheduler. */
  static InstanceStatus elsewhere(InstanceStatus row, Cause cause, HostView host) {
    var asked =
        row.toBuilder()
            .requestId(null)
            .migrationId(null)
            .destinationHost(null)
            .startTime(null)
            .progressPercent(null)
            .nextAttemptTime(host.now().plus(Deadlines.backOff(1)))
            .build();
    return mark(asked, RowState.InProgress, cause, host.now());
  }

  /** Whether the row is neither at its end nor in need of an administrator. */
  public static boolean remaining(InstanceStatus row) {
    return RowState.of(row).filter(RowState::remaining).isPresent();
  }

  /** Whether the row holds one of the slots of its host. */
  public static boolean inFlight(InstanceStatus row) {
    return row.outstanding() && (Refusals.forLong(row) || remaining(row));
  }

  /** Whether any row still has a request of ours outstanding. */
  public static boolean anyOutstanding(List<InstanceStatus> rows) {
    return rows.stream().anyMatch(InstanceStatus::outstanding);
  }

  private static String powerState(int powerState) {
    return switch (powerState) {
      case 1 -> "Running";
      case 3 -> "Paused";
      case 4 -> "Shutdown";
      case 6 -> "Crashed";
      case 7 -> "Suspended";
      default -> "NoState";
    };
  }
}
