package io.hostmaintenance.api.v1alpha1;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where a row stands. A row that left its host, or was given up, begins anew when its instance
 * shows on the host again, or when the annotation to retry asks for it.
 *
 * <table>
 *   <caption>What follows a state</caption>
 *   <tr><td>{@link #Pending}</td><td>Requested when a move is requested; Restoring when what was
 *       stopped is started; Blocked, Skipped, Gone, or an end that an earlier attempt came to
 *       late</td></tr>
 *   <tr><td>{@link #Requested}</td><td>InProgress when Nova accepts; Pending when it refuses for now;
 *       else what Nova made of a request whose answer was lost</td></tr>
 *   <tr><td>{@link #InProgress}</td><td>Confirming for a finished cold migration; Requested for the
 *       next step of its way; Restoring; Moved, Gone; Pending before the next attempt; Failed, Blocked;
 *       Skipped once stopped</td></tr>
 *   <tr><td>{@link #Confirming}</td><td>Moved, or Blocked when Nova does not confirm; Pending, Failed,
 *       Gone when someone else decided</td></tr>
 *   <tr><td>{@link #Restoring}</td><td>as the move had ended: Moved, Failed, Pending; Skipped; Blocked,
 *       Gone when someone else decided</td></tr>
 *   <tr><td>{@link #Skipped}</td><td>Pending, Requested, Blocked when it runs again or the spec changes;
 *       Restoring when what was stopped is started; Gone</td></tr>
 *   <tr><td>{@link #Blocked}</td><td>any state, once the administrator or the cloud has acted</td></tr>
 *   <tr><td>{@link #Failed}, {@link #Moved}, {@link #Gone}</td><td>Pending, Requested or Blocked, as a
 *       new row, or Restoring when what was stopped is started; Failed also Moved or Gone when the
 *       instance leaves later</td></tr>
 * </table>
 */
public enum RowState {
  /** To be moved, or waited for. */
  Pending,
  /** A move was asked for and Nova's answer is not known. */
  Requested,
  /** Nova has accepted the move. */
  InProgress,
  /** The cold migration is finished and its confirmation was asked for. */
  Confirming,
  /** The move is over, and the guest is brought back to the state that it had before. */
  Restoring,
  /** Off the host by our move. */
  Moved,
  /** Its attempts are used up, or it is in ERROR. */
  Failed,
  /** An administrator must act. */
  Blocked,
  /** The spec leaves it where it is. */
  Skipped,
  /** Deleted, or off the host by someone else. */
  Gone;

  private static final Map<String, RowState> BY_WORD =
      Arrays.stream(values()).collect(Collectors.toMap(Enum::name, Function.identity()));

  /** Whether the row is neither at its end nor in need of a human. */
  public boolean remaining() {
    return switch (this) {
      case Pending, Requested, InProgress, Confirming, Restoring -> true;
      case Moved, Failed, Blocked, Skipped, Gone -> false;
    };
  }

  /** The states that may follow this one in the next status that is stored. */
  public Set<RowState> next() {
    return switch (this) {
      case Pending -> EnumSet.of(Requested, Restoring, Moved, Failed, Blocked, Skipped, Gone);
      case Requested ->
          EnumSet.of(
              Pending, InProgress, Confirming, Restoring, Moved, Failed, Blocked, Skipped, Gone);
      case InProgress ->
          EnumSet.of(
              Pending, Requested, Confirming, Restoring, Moved, Failed, Blocked, Skipped, Gone);
      case Confirming -> EnumSet.of(Pending, Restoring, Moved, Failed, Blocked, Skipped, Gone);
      case Restoring -> EnumSet.of(Pending, Moved, Failed, Blocked, Skipped, Gone);
      case Blocked ->
          EnumSet.of(
              Pending, Requested, InProgress, Confirming, Restoring, Moved, Failed, Skipped, Gone);
      case Failed -> EnumSet.of(Pending, Requested, Restoring, Moved, Blocked, Skipped, Gone);
      case Moved, Gone -> EnumSet.of(Pending, Requested, Restoring, Blocked, Skipped);
      case Skipped -> EnumSet.of(Pending, Requested, Restoring, Moved, Failed, Blocked, Gone);
    };
  }

  /** The state of a row; empty for a word that only a newer operator knows. */
  public static Optional<RowState> of(InstanceStatus row) {
    return Optional.ofNullable(row.state()).map(BY_WORD::get);
  }
}
