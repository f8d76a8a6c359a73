package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;

/** What is done with an instance. */
public enum RowAction {
  /** {@code os-migrateLive}. */
  LiveMigrate,
  /** {@code migrate}, to be confirmed. */
  ColdMigrate,
  /** {@code confirmResize} of our own cold migration. */
  Confirm,
  /** Nothing before something else has ended. */
  Wait,
  /** Nothing. */
  None;

  /** Whether the row's action is this one. */
  public boolean of(InstanceStatus row) {
    return name().equals(row.action());
  }
}
