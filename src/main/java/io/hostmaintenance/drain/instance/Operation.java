package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.StateChange;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * What can be asked of Nova for an instance, one row each: its command, the name of Nova's action
 * (nova/compute/instance_actions.py), where it is asked and when it is done.
 *
 * <p>A move also has the type of its migration record, its {@link Verdict}, what takes it back, and
 * what must be asked before its record can be told from others. A change of state is done when the
 * instance shows the state, and has a deadline.
 */
public enum Operation {
  /** Moves an instance while its guest runs or is paused. */
  LIVE_MIGRATE(
      Command.LiveMigrate::new,
      "LiveMigrate",
      "live-migration",
      Migration.LIVE,
      Verdict::live,
      Undo.ABORT,
      Set.of()),

  /** Moves an instance that is off, or stops its guest for the move. */
  COLD_MIGRATE(
      (id, target, mayCopyDisks, requestId) -> new Command.ColdMigrate(id, target, requestId),
      "ColdMigrate",
      "migrate",
      Migration.COLD,
      Verdict::cold,
      Undo.NONE,
      Set.of(Question.ACTIONS, Question.MIGRATIONS)),

  /** Ends a finished cold migration: the source deletes its disk, and nobody can revert. */
  CONFIRM(
      (id, target, mayCopyDisks, requestId) -> new Command.ConfirmResize(id, requestId),
      "Confirm",
      "confirmResize",
      Migration.COLD,
      Verdict::cold,
      Undo.NONE,
      Set.of(Question.MIGRATIONS)),

  /** Lets a suspended guest run; its memory is read from the disk. */
  RESUME(StateChange.RESUME, "Resume", Set.of("suspended"), "active", Deadlines.MEMORY_STEP),
  /** Writes the memory of a guest to the disk. */
  SUSPEND(StateChange.SUSPEND, "Suspend", Set.of("active"), "suspended", Deadlines.MEMORY_STEP),
  /** Holds a guest. */
  PAUSE(StateChange.PAUSE, "Pause", Set.of("active"), "paused", Deadlines.STEP),
  /** Lets a paused guest run. */
  UNPAUSE(StateChange.UNPAUSE, "Unpause", Set.of("paused"), "active", Deadlines.STEP),
  /** Ends a rescue; the guest runs afterwards. */
  UNRESCUE(StateChange.UNRESCUE, "Unrescue", Set.of("rescued"), "active", Deadlines.STEP),
  /** Shuts a guest down. */
  STOP(StateChange.STOP, "Stop", Set.of("active", "error"), "stopped", Deadlines.STOP_STEP),
  /** Starts a guest. */
  START(StateChange.START, "Start", Set.of("stopped"), "active", Deadlines.STEP),
  /** Deletes the disk of a shelved instance. */
  OFFLOAD(
      StateChange.SHELVE_OFFLOAD,
      "Offload",
      Set.of("shelved"),
      "shelved_offloaded",
      Deadlines.MEMORY_STEP),
  /** Deletes an instance for good; it is done when Nova does not know it any more. */
  DELETE(
      StateChange.FORCE_DELETE, "Delete", Set.of("soft-delete"), "deleted", Deadlines.MEMORY_STEP),
  /** Says that an instance in ERROR is active; no guest is touched. */
  RESET(StateChange.RESET_STATE, "ResetState", Set.of("error"), "active", Deadlines.STEP);

  private enum Undo {
    ABORT,
    NONE
  }

  private interface Request {
    Command of(String instanceId, Optional<String> target, boolean mayCopyDisks, String requestId);
  }

  private interface Judge {
    Verdict of(Optional<Instance> instance, Optional<Migration> record, String host);
  }

  private final Request request;
  private final String word;
  private final String action;
  private final Optional<String> recordType;
  private final Judge judge;
  private final Undo undo;
  private final Set<Question> questions;
  private final Set<String> from;
  private final String to;
  private final Duration deadline;

  Operation(
      Request request,
      String word,
      String action,
      String recordType,
      Judge judge,
      Undo undo,
      Set<Question> questions) {
    this.request = request;
    this.word = word;
    this.action = action;
    this.recordType = Optional.of(recordType);
    this.judge = judge;
    this.undo = undo;
    this.questions = questions;
    this.from = Set.of();
    this.to = null;
    this.deadline = Deadlines.CONFIRMING;
  }

  Operation(StateChange change, String word, Set<String> from, String to, Duration deadline) {
    this.request =
        (id, target, mayCopyDisks, requestId) -> new Command.ChangeState(id, change, requestId);
    this.word = word;
    this.action = change.action();
    this.recordType = Optional.empty();
    this.judge = null;
    this.undo = Undo.NONE;
    this.questions = Set.of(Question.ACTIONS);
    this.from = from;
    this.to = to;
    this.deadline = deadline;
  }

  /** The operation that a row says was asked for last on its way; empty for none. */
  static Optional<Operation> of(InstanceStatus row) {
    return Arrays.stream(values()).filter(o -> o.word.equals(row.step())).findFirst();
  }

  /**
   * The command that asks for it.
   *
   * @param target where a move goes; empty: the scheduler picks
   * @param mayCopyDisks whether a live migration may copy local disks
   */
  public Command command(
      String instanceId, Optional<String> target, boolean mayCopyDisks, String requestId) {
    return request.of(instanceId, target, mayCopyDisks, requestId);
  }

  /** What the row says that was asked for. */
  public String word() {
    return word;
  }

  /** Whether it brings the instance to another host. */
  public boolean moves() {
    return this == LIVE_MIGRATE || this == COLD_MIGRATE;
  }

  /** Whether it changes the state of the instance where it is. */
  boolean changesState() {
    return recordType.isEmpty();
  }

  /** The name of Nova's action. */
  String action() {
    return action;
  }

  /** The type of the migration record of a move. */
  String recordType() {
    return recordType.orElseThrow();
  }

  /** What has become of a move. */
  Verdict verdict(Optional<Instance> instance, Optional<Migration> record, String host) {
    return judge.of(instance, record, host);
  }

  /** Whether a change of state or a confirmation can be asked of an instance now. */
  boolean startsFrom(Instance instance) {
    return instance.idle()
        && (this == CONFIRM ? instance.resized() : from.contains(instance.vmState()));
  }

  /** Whether an instance shows that it is done, no move; empty: Nova does not know it. */
  boolean done(Optional<Instance> instance) {
    return instance
        .map(
            i ->
                (this == CONFIRM ? !i.resized() : i.idle() && i.vmState().equals(to))
                    && (this != OFFLOAD || i.host() == null)) // Nova shows the state before
        .orElse(this == DELETE);
  }

  /** The vm_state after it, where it is no move. */
  String state() {
    return to;
  }

  /** How long it may take where it is no move. */
  Duration deadline() {
    return deadline;
  }

  /** Whether it waits at the source until other moves of the host have ended. */
  public boolean queuesAtSource() {
    return this == LIVE_MIGRATE;
  }

  /** The command that takes it back; empty when nothing does. */
  public Optional<Command> undo(String instanceId, long migrationId) {
    return switch (undo) {
      case ABORT -> Optional.of(new Command.AbortMigration(instanceId, migrationId));
      case NONE -> Optional.empty();
    };
  }

  /** What must be asked about an instance before what became of it can be told. */
  public Set<Question> questions() {
    return questions;
  }
}
