package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowAction;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How an instance comes off the host: its operations, in order. The row stores the way's word. */
public enum Way {
  /** The guest runs on while it moves. */
  LIVE(RowAction.LiveMigrate, Operation.LIVE_MIGRATE),
  /** The guest is off while it moves. */
  COLD(RowAction.ColdMigrate, Operation.COLD_MIGRATE, Operation.CONFIRM);

  private final RowAction word;
  private final List<Operation> operations;

  Way(RowAction word, Operation... operations) {
    this.word = word;
    this.operations = List.of(operations);
  }

  /** The way of a row; empty where it has none, or one that only a newer operator knows. */
  public static Optional<Way> of(InstanceStatus row) {
    return Arrays.stream(values()).filter(w -> w.word.of(row)).findFirst();
  }

  /** What the row says that is done with its instance. */
  public RowAction word() {
    return word;
  }

  /** The operation that brings the instance to another host. */
  public Operation move() {
    return operations.getFirst();
  }

  /** Whether its move is confirmed. Nobody can revert that, so its record must be beyond doubt. */
  boolean confirms() {
    return operations.contains(Operation.CONFIRM);
  }
}
