package io.hostmaintenance.api.v1alpha1;

/** What is done with an instance. */
public enum RowAction {
  /** {@code os-migrateLive}. */
  LiveMigrate,
  /** {@code migrate}, to be confirmed. */
  ColdMigrate,
  /** Nothing before something else has ended. */
  Wait,
  /** Nothing. */
  None;

  /** Whether the row's action is this one. */
  public boolean of(InstanceStatus row) {
    return name().equals(row.action());
  }
}
