package io.hostmaintenance.nova;

import java.util.Optional;

/**
 * One request to Nova that changes something.
 *
 * <p>Nova has no idempotency key, so a command is sent only after its intent is stored. Accepted
 * means that Nova has begun, never that the work is done.
 */
public sealed interface Command {

  /** A command about one instance. */
  sealed interface OnInstance extends Command {
    /** The instance's uuid. */
    String instanceId();
  }

  /** A server action. Its instance action has the request id of Nova's reply. */
  sealed interface ServerAction extends OnInstance {
    /**
     * {@code req-<uuid>}, sent as X-Openstack-Request-Id. Nova writes it to its logs and nowhere
     * else (oslo.middleware request_id.py), so it serves people only.
     */
    String globalRequestId();
  }

  /** A command about a live migration ({@code /servers/{id}/migrations/{id}}). */
  sealed interface OnMigration extends OnInstance {
    /** The id of its migration record. */
    long migrationId();
  }

  /**
   * A change of a service ({@code PUT /os-services/{id}}). Nova stores it and then waits for the
   * host, which may take a minute (nova/compute/api.py, HostAPI.service_update).
   */
  sealed interface OnService extends Command {
    /** The service's uuid. */
    String serviceId();
  }

  /**
   * Live-migrates an instance ({@code os-migrateLive}). Accepted: the conductor is asked; whether a
   * host takes the instance is decided later (nova/conductor/tasks/live_migrate.py).
   *
   * @param targetHost the nova-compute host to go to; empty: the scheduler picks
   */
  record LiveMigrate(String instanceId, Optional<String> targetHost, String globalRequestId)
      implements ServerAction {}

  /**
   * Cold-migrates an instance to the same flavor ({@code migrate}). Accepted: the conductor is
   * asked (nova/conductor/tasks/migrate.py).
   *
   * @param targetHost the nova-compute host to go to; empty: the scheduler picks
   */
  record ColdMigrate(String instanceId, Optional<String> targetHost, String globalRequestId)
      implements ServerAction {}

  /**
   * Confirms a finished cold migration ({@code confirmResize}). Accepted: the source host is asked
   * to delete what it still has of the instance (nova/compute/api.py, confirm_resize).
   */
  record ConfirmResize(String instanceId, String globalRequestId) implements ServerAction {}

  /**
   * Aborts a live migration that is queued, preparing or running ({@code DELETE}). Accepted: the
   * source host is asked (nova/compute/api.py, live_migrate_abort).
   */
  record AbortMigration(String instanceId, long migrationId) implements OnMigration {}

  /**
   * Forces a running live migration to its end by post-copy or by pausing the guest ({@code
   * force_complete}). Accepted: the source host is asked (nova/compute/api.py,
   * live_migrate_force_complete).
   */
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
