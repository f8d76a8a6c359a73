package io.hostmaintenance.api.v1alpha1;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Where a row stands. A row that left its host, or was given up, begins anew when its instance
 * shows on the host again, or when the annotation to retry asks for it.
 *
 * <table>
 *   <caption>What follows a state</caption>
 *   <tr><td>{@link #Pending}</td><td>Requested when a move is requested; Blocked, Gone, or an end that
 *       an earlier attempt came to late</td></tr>
 *   <tr><td>{@link #Requested}</td><td>InProgress when Nova accepts; Pending when it refuses for now;
 *       else what Nova made of a request whose answer was lost</td></tr>
 *   <tr><td>{@link #InProgress}</td><td>Confirming for a finished cold migration; Moved, Gone; Pending
 *       before the next attempt; Failed, Blocked</td></tr>
 *   <tr><td>{@link #Confirming}</td><td>Moved, or Blocked when Nova does not confirm; Pending, Failed,
 *       Gone when someone else decided</td></tr>
 *   <tr><td>{@link #Blocked}</td><td>any state, once the administrator or the cloud has acted</td></tr>
 *   <tr><td>{@link #Failed}, {@link #Moved}, {@link #Gone}</td><td>Pending, Requested or Blocked, as a
 *       new row; Failed also Moved or Gone when the instance leaves later</td></tr>
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

  /** Whether the row is neither at its end nor in need of a human. */
  public boolean remaining() {
    return switch (this) {
      case Pending, Requested, InProgress, Confirming -> true;
      case Moved, Failed, Blocked, Skipped, Gone -> false;
    };
  }

  /** The states that may follow this one in the next status that is stored. */
  public Set<RowState> next() {
    return switch (this) {
      case Pending -> EnumSet.of(Requested, Moved, Failed, Blocked, Gone);
      case Requested -> EnumSet.of(Pending, InProgress, Confirming, Moved, Failed, Blocked, Gone);
      case InProgress -> EnumSet.of(Pending, Confirming, Moved, Failed, Blocked, Gone);
      case Confirming -> EnumSet.of(Pending, Moved, Failed, Blocked, Gone);
      case Blocked -> EnumSet.of(Pending, Requested, InProgress, Confirming, Moved, Failed, Gone);
      case Failed -> EnumSet.of(Pending, Requested, Moved, Blocked, Gone);
      case Moved, Gone -> EnumSet.of(Pending, Requested, Blocked);
      case Skipped -> EnumSet.noneOf(RowState.class);
    };
  }

  /** The state of a row; empty for a word that only a newer operator knows. */
  public static Optional<RowState> of(InstanceStatus row) {
    return Arrays.stream(values()).filter(s -> s.name().equals(row.state())).findFirst();
  }
}
