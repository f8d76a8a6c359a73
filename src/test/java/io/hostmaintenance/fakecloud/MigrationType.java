package io.hostmaintenance.fakecloud;

/**
 * The migration_type of a record: a cold migration asked as {@code migrate} is {@code migration}, a
 * flavor change {@code resize}.
 */
public enum MigrationType {
  LIVE_MIGRATION("live-migration"),
  MIGRATION("migration"),
  RESIZE("resize");

  private final String text;

  MigrationType(String text) {
    this.text = text;
  }

  /** Nova's literal. */
  public String text() {
    return text;
  }
}
