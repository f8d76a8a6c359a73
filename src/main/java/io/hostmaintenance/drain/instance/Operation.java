package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.Optional;
import java.util.Set;

/**
 * What can be asked of Nova for an instance, one row each: its command, the name of Nova's action
 * (nova/compute/instance_actions.py) and of its migration record, when it is done, the slot it
 * takes, what takes it back, and what must be asked before its record can be told from others.
 */
public enum Operation {
  /** Moves an instance while its guest runs or is paused. */
  LIVE_MIGRATE(
      Command.LiveMigrate::new,
      "live-migration",
      Migration.LIVE,
      Verdict::live,
      Slot.LIVE,
      Undo.ABORT,
      Set.of()),

  /** Moves an instance that is off, or stops its guest for the move. */
  COLD_MIGRATE(
      Command.ColdMigrate::new,
      "migrate",
      Migration.COLD,
      Verdict::cold,
      Slot.COLD,
      Undo.NONE,
      Set.of(Question.ACTIONS, Question.MIGRATIONS)),

  /** Ends a finished cold migration: the source deletes its disk, and nobody can revert. */
  CONFIRM(
      (id, target, requestId) -> new Command.ConfirmResize(id, requestId),
      "confirmResize",
      Migration.COLD,
      Verdict::cold,
      Slot.COLD,
      Undo.NONE,
      Set.of(Question.MIGRATIONS));

  private enum Slot {
    /** Nova runs so many at once and lets the others of a host wait at the source. */
    LIVE,
    COLD
  }

  private enum Undo {
    ABORT,
    NONE
  }

  private interface Request {
    Command of(String instanceId, Optional<String> target, String requestId);
  }

  private interface Judge {
    Verdict of(Optional<Instance> instance, Optional<Migration> record, String host);
  }

  private final Request request;
  private final String action;
  private final String recordType;
  private final Judge judge;
  private final Slot slot;
  private final Undo undo;
  private final Set<Question> questions;

  Operation(
      Request request,
      String action,
      String recordType,
      Judge judge,
      Slot slot,
      Undo undo,
      Set<Question> questions) {
    this.request = request;
    this.action = action;
    this.recordType = recordType;
    this.judge = judge;
    this.slot = slot;
    this.undo = undo;
    this.questions = questions;
  }

  /** The command that asks for it; a target only where the operation has one. */
  public Command command(String instanceId, Optional<String> target, String requestId) {
    return request.of(instanceId, target, requestId);
  }

  /** The name of Nova's action. */
  String action() {
    return action;
  }

  /** The type of its migration record. */
  String recordType() {
    return recordType;
  }

  /** What has become of it. */
  Verdict verdict(Optional<Instance> instance, Optional<Migration> record, String host) {
    return judge.of(instance, record, host);
  }

  /** Whether both take the same slots. */
  public boolean sharesSlotsWith(Operation other) {
    return slot == other.slot;
  }

  /** How many of its kind a host may run at once by the spec. */
  public int slots(Concurrency concurrency) {
    return switch (slot) {
      case LIVE -> concurrency.live();
      case COLD -> concurrency.cold();
    };
  }

  /** Whether it waits at the source until other moves of the host have ended. */
  public boolean queuesAtSource() {
    return slot == Slot.LIVE;
  }

  /** The command that takes it back; empty when nothing does. */
  public Optional<Command> undo(String instanceId, long migrationId) {
    return switch (undo) {
      case ABORT -> Optional.of(new Command.AbortMigration(instanceId, migrationId));
      case NONE -> Optional.empty();
    };
  }

  /** What must be asked about an instance before its record can be told from others. */
  public Set<Question> questions() {
    return questions;
  }
}
