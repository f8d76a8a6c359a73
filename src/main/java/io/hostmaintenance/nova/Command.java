package io.hostmaintenance.nova;

import java.util.Optional;

/**
 * One request to Nova that changes something.
 *
 * <p>Nova has no idempotency key, so a command is sent only after its intent is stored. Accepted
 * means that Nova has begun, never that the work is done.
 */
public sealed interface Command {

  /** What is asked, for people: such as {@code live-migrate instance 4f1c... to host compute-2}. */
  default String words() {
    return switch (this) {
      case LiveMigrate c -> "live-migrate instance " + c.instanceId() + to(c.targetHost());
      case ColdMigrate c -> "cold-migrate instance " + c.instanceId() + to(c.targetHost());
      case ConfirmResize c -> "confirm the resize of instance " + c.instanceId();
      case ChangeState c -> c.change().words() + " instance " + c.instanceId();
      case AbortMigration c ->
          "abort migration " + c.migrationId() + " of instance " + c.instanceId();
      case ForceCompleteMigration c ->
          "force migration " + c.migrationId() + " of instance " + c.instanceId() + " to complete";
      case DisableService c -> "disable service " + c.serviceId() + " (" + c.reason() + ")";
      case EnableService c -> "enable service " + c.serviceId();
    };
  }

  private static String to(Optional<String> host) {
    return host.map(h -> " to host " + h).orElse("");
  }

  /** A command about one instance. */
  sealed interface OnInstance extends Command {
    /** The instance's uuid. */
    String instanceId();
  }

  /** A server action. Its instance action has the request id of Nova's reply. */
  sealed interface ServerAction extends OnInstance {
    /** {@code req-<uuid>}, in Nova's logs only (oslo.middleware request_id.py): for people. */
    String globalRequestId();
  }

  /** A command about a live migration ({@code /servers/{id}/migrations/{id}}). */
  sealed interface OnMigration extends OnInstance {
    /** The id of its migration record. */
    long migrationId();
  }

  /** A change of a service; Nova may wait a minute for its host (nova/compute/api.py). */
  sealed interface OnService extends Command {
    /** The service's uuid. */
    String serviceId();
  }

  /**
   * Live-migrates an instance ({@code os-migrateLive}). Accepted: the conductor is asked; whether a
   * host takes the instance is decided later (nova/conductor/tasks/live_migrate.py).
   *
   * @param targetHost the nova-compute host to go to; empty: the scheduler picks
   * @param mayCopyDisks whether Nova copies local disks where the storage is not shared; else it
   *     refuses such an instance in the check before the move
   */
  record LiveMigrate(
      String instanceId, Optional<String> targetHost, boolean mayCopyDisks, String globalRequestId)
      implements ServerAction {}

  /**
   * Cold-migrates an instance to the same flavor ({@code migrate}). Accepted: the conductor is
   * asked (nova/conductor/tasks/migrate.py).
   *
   * @param targetHost the nova-compute host to go to; empty: the scheduler picks
   */
  record ColdMigrate(String instanceId, Optional<String> targetHost, String globalRequestId)
      implements ServerAction {}

  /** Confirms a cold migration: the source deletes what it has (nova/compute/api.py). */
  record ConfirmResize(String instanceId, String globalRequestId) implements ServerAction {}

  /**
   * Changes the state of an instance where it is. Accepted: nova-compute is asked, also one that is
   * down, which then carries it out when it returns (nova/compute/api.py).
   */
  record ChangeState(String instanceId, StateChange change, String globalRequestId)
      implements ServerAction {}

  /** Aborts a live migration that is queued, preparing or running (nova/compute/api.py). */
  record AbortMigration(String instanceId, long migrationId) implements OnMigration {}

  /** Forces a running live migration by post-copy or pause (nova/compute/api.py). */
  record ForceCompleteMigration(String instanceId, long migrationId) implements OnMigration {}

  /**
   * Disables a service: the scheduler picks its host no more.
   *
   * @param reason 1 to 255 characters
   */
  record DisableService(String serviceId, String reason) implements OnService {}

  /** Enables a service, which clears its disabled reason. */
  record EnableService(String serviceId) implements OnService {}
}
