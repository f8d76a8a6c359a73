package io.hostmaintenance.drain;

import io.hostmaintenance.nova.Ask;

/** A request to Nova that changes something. Carried out only after its intent is stored. */
public sealed interface Step {

  /** Disables a service with a reason of 1 to 255 characters. */
  record DisableService(String serviceId, String reason) implements Step {}

  /** Enables a service. */
  record EnableService(String serviceId) implements Step {}

  /** A request about one instance that stands in its row before it goes out. */
  sealed interface Asking extends Step {
    /** What is asked. */
    Ask ask();
  }

  /** Asks for a live migration. */
  record LiveMigrate(Ask ask) implements Asking {}

  /** Asks for a cold migration. */
  record ColdMigrate(Ask ask) implements Asking {}

  /** Confirms our own cold migration. */
  record Confirm(Ask ask) implements Asking {}

  /** Aborts our own live migration. */
  record Abort(String instanceId, long migrationId) implements Step {}

  /** Forces our own live migration to its end. */
  record ForceComplete(String instanceId, long migrationId) implements Step {}
}
