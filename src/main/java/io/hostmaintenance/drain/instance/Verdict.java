package io.hostmaintenance.drain.instance;

import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.Optional;

/** What has become of our move: the host decides, the record explains; each pair has its row. */
enum Verdict {
  /** Nova has not picked it up, or it waits for its turn at the source. */
  QUEUED,
  /** It runs. */
  RUNNING,
  /** Host, task and record do not agree yet. */
  SETTLING,
  /** Accepted, but no record and no task: Nova dropped it. */
  DROPPED,
  /** Finished and unconfirmed at the other host. */
  TO_CONFIRM,
  /** Off the host, all agree. */
  MOVED,
  /** Off the host, and the record speaks of an error. */
  MOVED_WITH_ERROR,
  /** Off the host, but not by this move. */
  LEFT,
  /** Still here, the move failed. */
  FAILED,
  /** Still here or elsewhere in ERROR because the move failed. */
  BROKEN,
  /** Still here, the move was aborted. */
  ABORTED,
  /** Still here, somebody reverted the move. */
  REVERTED,
  /** Nova no longer knows the instance. */
  DELETED;

  /**
   * The verdict on a live migration away from {@code host}. Nova saves the new host and the end of
   * the task at once, before it calls the record completed (nova/compute/manager.py,
   * post_live_migration_at_destination): a task after that is of another move.
   */
  static Verdict live(Optional<Instance> instance, Optional<Migration> record, String host) {
    if (instance.isEmpty()) {
      return DELETED;
    }
    var here = host.equals(instance.get().host());
    var idle = instance.get().idle();
    var migrating = instance.get().migrating();
    var error = instance.get().inError();
    return switch (record.map(Migration::status).orElse("none")) {
      case "none" -> here ? (idle ? DROPPED : QUEUED) : (idle ? LEFT : SETTLING);
      case "accepted", "queued" -> here && !idle ? QUEUED : SETTLING;
      case "completed" -> here ? SETTLING : MOVED;
      case "failed", "error" -> {
        if (migrating) {
          yield SETTLING;
        }
        yield here ? (error ? BROKEN : FAILED) : MOVED_WITH_ERROR;
      }
      case "cancelled" -> migrating ? SETTLING : here ? ABORTED : LEFT;
      default -> here && !idle ? RUNNING : SETTLING;
    };
  }

  /** The verdict on a cold migration from {@code host}; a later task is of another move. */
  static Verdict cold(Optional<Instance> instance, Optional<Migration> record, String host) {
    if (instance.isEmpty()) {
      return DELETED;
    }
    var here = host.equals(instance.get().host());
    var idle = instance.get().idle();
    var resized = instance.get().resized();
    var resizing = instance.get().resizing();
    var error = instance.get().inError();
    return switch (record.map(Migration::status).orElse("none")) {
      case "none" -> here ? (idle ? DROPPED : QUEUED) : (idle && !resized ? LEFT : SETTLING);
      case "finished" -> here ? SETTLING : resized && idle ? TO_CONFIRM : SETTLING;
      case "confirming" -> SETTLING;
      case "confirmed" -> here ? SETTLING : MOVED;
      case "reverting" -> SETTLING;
      case "reverted" -> resizing ? SETTLING : here ? REVERTED : LEFT;
      case "failed", "error" -> {
        if (resizing) {
          yield SETTLING;
        }
        yield here ? (error ? BROKEN : FAILED) : MOVED_WITH_ERROR;
      }
      case "cancelled" -> resizing ? SETTLING : here ? ABORTED : LEFT;
      default -> idle ? SETTLING : RUNNING;
    };
  }
}
