package io.hostmaintenance.nova;

/**
 * How urgent a request to a cloud is. Where requests wait for each other, one of an earlier
 * constant goes before all of a later one.
 */
public enum Priority {
  /**
   * What must not wait: a change of a service, the end of a migration, a confirmation, a login, and
   * whatever is asked for a resource that is being deleted.
   */
  IMMEDIATE,
  /** A move, or another change of an instance. */
  CHANGE,
  /** A list that all hosts of the cloud share. */
  WATCH,
  /** A question for a host that is being drained. */
  DRAINING,
  /** A question for any other host. */
  IDLE;

  /** The priority of a request that changes something. */
  public static Priority of(Command command) {
    return switch (command) {
      case Command.OnService _, Command.OnMigration _, Command.ConfirmResize _ -> IMMEDIATE;
      case Command.LiveMigrate _, Command.ColdMigrate _, Command.ChangeState _ -> CHANGE;
    };
  }
}
