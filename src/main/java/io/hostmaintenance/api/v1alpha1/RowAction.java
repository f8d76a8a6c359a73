package io.hostmaintenance.api.v1alpha1;

/** What is done with an instance. */
public enum RowAction {
  /** {@code os-migrateLive}. */
  LiveMigrate,
  /** {@code migrate}, to be confirmed. */
  ColdMigrate,
  /** Unpause, pause at once, live-migrate. */
  RepauseAndLive,
  /** Resume, pause, live-migrate, unpause, suspend. */
  ResumeLiveSuspend,
  /** Unrescue, live-migrate. */
  UnrescueLive,
  /** Unrescue, stop, cold-migrate. */
  UnrescueCold,
  /** Reset the state to active, live-migrate. */
  ResetAndLive,
  /** Stop, cold-migrate. */
  StopAndCold,
  /** Stop, and start again when the resource is deleted. */
  Stop,
  /** Delete the disk of a shelved instance. */
  Offload,
  /** Delete for good. */
  Delete,
  /** Confirm a migration or resize of somebody else. */
  Confirm,
  /** Nothing before something else has ended. */
  Wait,
  /** The instance is left as it is. */
  None;

  /** Whether the row's action is this one. */
  public boolean of(InstanceStatus row) {
    return name().equals(row.action());
  }
}
