package io.hostmaintenance.fakecloud;

import java.util.EnumSet;
import java.util.Set;

/** The status of a migration record (nova: conductor/tasks, compute/manager.py). */
public enum MigrationStatus {
  ACCEPTED("accepted"),
  QUEUED("queued"),
  PREPARING("preparing"),
  RUNNING("running"),
  PRE_MIGRATING("pre-migrating"),
  MIGRATING("migrating"),
  POST_MIGRATING("post-migrating"),
  FINISHED("finished"),
  CONFIRMING("confirming"),
  REVERTING("reverting"),
  COMPLETED("completed"),
  CONFIRMED("confirmed"),
  REVERTED("reverted"),
  CANCELLED("cancelled"),
  FAILED("failed"),
  ERROR("error");

  /**
   * What {@code GET /servers/{id}/migrations} lists (nova/db/main/api.py, in progress by instance).
   */
  static final Set<MigrationStatus> IN_PROGRESS =
      EnumSet.of(QUEUED, PREPARING, RUNNING, POST_MIGRATING);

  private final String text;

  MigrationStatus(String text) {
    this.text = text;
  }

  /** Nova's literal. */
  public String text() {
    return text;
  }

  /**
   * Whether no further step follows by itself; {@code error} of a live migration may still become
   * {@code failed}.
   */
  public boolean terminal() {
    return compareTo(COMPLETED) >= 0;
  }
}
