package io.hostmaintenance.api.v1alpha1;

import java.util.Arrays;
import java.util.Optional;

/** Where a row stands. */
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

  /** The state of a row; empty for a word that only a newer operator knows. */
  public static Optional<RowState> of(InstanceStatus row) {
    return Arrays.stream(values()).filter(s -> s.name().equals(row.state())).findFirst();
  }
}
