package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What is done with an instance: its operations, in order, and the state that it is brought back to
 * afterwards. The row stores the way's word, and its last operation.
 */
public enum Way {
  /** The guest runs on while it moves. */
  LIVE(RowAction.LiveMigrate, Operation.LIVE_MIGRATE),
  /** The guest is off while it moves. */
  COLD(RowAction.ColdMigrate, Operation.COLD_MIGRATE, Operation.CONFIRM),
  /** A paused guest runs for a moment: a second move of one that stays paused can end it. */
  REPAUSE_AND_LIVE(
      RowAction.RepauseAndLive,
      "paused",
      Operation.UNPAUSE,
      Operation.PAUSE,
      Operation.LIVE_MIGRATE),
  /** A suspended guest moves paused, so that it runs for a moment only. */
  RESUME_LIVE_SUSPEND(
      RowAction.ResumeLiveSuspend,
      "suspended",
      Operation.RESUME,
      Operation.PAUSE,
      Operation.LIVE_MIGRATE),
  /** The rescue ends, and the guest that ran before it moves. */
  UNRESCUE_LIVE(RowAction.UnrescueLive, Operation.UNRESCUE, Operation.LIVE_MIGRATE),
  /** The rescue ends, and the guest that was stopped before it is stopped again. */
  UNRESCUE_COLD(
      RowAction.UnrescueCold,
      Operation.UNRESCUE,
      Operation.STOP,
      Operation.COLD_MIGRATE,
      Operation.CONFIRM),
  /** A guest in ERROR that runs. */
  RESET_AND_LIVE(RowAction.ResetAndLive, Operation.RESET, Operation.LIVE_MIGRATE),
  /** A guest in ERROR that is off. */
  STOP_AND_COLD(RowAction.StopAndCold, Operation.STOP, Operation.COLD_MIGRATE, Operation.CONFIRM),
  /** The guest stays, stopped until the resource is deleted. */
  STOP(RowAction.Stop, "active", Operation.STOP),
  /** The image remains. */
  OFFLOAD(RowAction.Offload, Operation.OFFLOAD),
  /** Nothing remains. */
  DELETE(RowAction.Delete, Operation.DELETE),
  /** Somebody else's migration or resize ends where it went. */
  CONFIRM(RowAction.Confirm, Operation.CONFIRM);

  private final RowAction word;
  private final Optional<String> state;
  private final List<Operation> operations;
  private final Optional<Operation> move;

  Way(RowAction word, Operation... operations) {
    this(word, Optional.empty(), operations);
  }

  Way(RowAction word, String state, Operation... operations) {
    this(word, Optional.of(state), operations);
  }

  Way(RowAction word, Optional<String> state, Operation... operations) {
    this.word = word;
    this.state = state;
    this.operations = List.of(operations);
    this.move = this.operations.stream().filter(Operation::moves).findFirst();
  }

  /** The way of a row; empty where it has none, or one that only a newer operator knows. */
  public static Optional<Way> of(InstanceStatus row) {
    return Arrays.stream(values()).filter(w -> w.word.of(row)).findFirst();
  }

  /** What the row says that is done with its instance. */
  public RowAction word() {
    return word;
  }

  /** Its first operation. */
  public Operation first() {
    return operations.getFirst();
  }

  /** What is asked for, in order, and then what gives the guest its state back. */
  public List<String> steps() {
    var all = new ArrayList<>(operations);
    if (move().isPresent() && state.isPresent()) {
      var last = operations.stream().filter(Operation::changesState).reduce((a, b) -> b);
      for (var next = back(last.orElseThrow().state()); next.isPresent(); ) {
        all.add(next.get());
        next = back(next.get().state());
      }
    }
    return all.stream().map(Operation::word).toList();
  }

  /**
   * The operation that brings a guest from a vm_state nearer to that which it gets back; empty when
   * none does, or it has it.
   */
  Optional<Operation> back(String from) {
    return switch (state.orElse("")) {
      case "suspended" ->
          from.equals("active")
              ? Optional.of(Operation.SUSPEND)
              : Optional.of(Operation.UNPAUSE).filter(o -> from.equals("paused"));
      case "paused" -> Optional.of(Operation.PAUSE).filter(o -> from.equals("active"));
      case "active" -> Optional.of(Operation.START).filter(o -> from.equals("stopped"));
      default -> Optional.empty();
    };
  }

  /** The operation that follows on one; empty after the last, and on one that it does not have. */
  Optional<Operation> after(Operation operation) {
    var place = operations.indexOf(operation);
    return place < 0
        ? Optional.empty()
        : operations.stream().skip(place + 1L).findFirst().filter(o -> o != Operation.CONFIRM);
  }

  /** The operation that brings the instance to another host; empty where none does. */
  public Optional<Operation> move() {
    return move;
  }

  /** Whether it is a move and nothing else. */
  public boolean plain() {
    return this == LIVE || this == COLD;
  }

  /** Whether it changes the guest before it moves it, so that it needs somewhere to go first. */
  public boolean needsDestination() {
    return !plain() && move().isPresent();
  }

  /** Whether it ends a rescue, an error or the like: more than a change of the host. */
  boolean changesState() {
    return first().changesState();
  }

  /** Whether its move is confirmed. Nobody can revert that, so its record must be beyond doubt. */
  boolean confirms() {
    return operations.contains(Operation.CONFIRM);
  }

  /** The vm_state that the instance had and gets back when the way ends; empty: as it is then. */
  Optional<String> state() {
    return state;
  }

  /**
   * How many of its kind a host may have at once by the spec.
   *
   * @param auto how many where the spec leaves it to the operator
   */
  public int slots(Concurrency concurrency, int auto) {
    return cold() ? concurrency.cold() : concurrency.live(auto);
  }

  /** Whether both take the same slots. */
  public boolean sharesSlotsWith(Way other) {
    return cold() == other.cold();
  }

  private boolean cold() {
    return operations.contains(Operation.COLD_MIGRATE);
  }
}
