package io.hostmaintenance.fakecloud;

/** The task_state literals the model uses (nova/compute/task_states.py); no task is null. */
public enum TaskState {
  SCHEDULING("scheduling"),
  SPAWNING("spawning"),
  MIGRATING("migrating"),
  RESIZE_PREP("resize_prep"),
  RESIZE_MIGRATING("resize_migrating"),
  RESIZE_MIGRATED("resize_migrated"),
  RESIZE_FINISH("resize_finish"),
  RESIZE_REVERTING("resize_reverting"),
  REBOOTING("rebooting"),
  PAUSING("pausing"),
  UNPAUSING("unpausing"),
  SUSPENDING("suspending"),
  RESUMING("resuming"),
  POWERING_OFF("powering-off"),
  POWERING_ON("powering-on"),
  RESCUING("rescuing"),
  UNRESCUING("unrescuing"),
  SHELVING("shelving"),
  SHELVING_OFFLOADING("shelving_offloading"),
  UNSHELVING("unshelving"),
  RESTORING("restoring"),
  SOFT_DELETING("soft-deleting"),
  DELETING("deleting");

  private final String text;

  TaskState(String text) {
    this.text = text;
  }

  /** Nova's literal, as in OS-EXT-STS:task_state and in 409 texts. */
  public String text() {
    return text;
  }
}
