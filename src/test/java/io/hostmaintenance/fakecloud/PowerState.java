package io.hostmaintenance.fakecloud;

/** Nova's power states with their numbers and words (nova/compute/power_state.py). */
public enum PowerState {
  NOSTATE(0, "pending"),
  RUNNING(1, "running"),
  PAUSED(3, "paused"),
  SHUTDOWN(4, "shutdown"),
  CRASHED(6, "crashed"),
  SUSPENDED(7, "suspended");

  private final int number;
  private final String text;

  PowerState(int number, String text) {
    this.number = number;
    this.text = text;
  }

  /** The number in OS-EXT-STS:power_state. */
  public int number() {
    return number;
  }

  /** The word of Nova's messages. */
  public String text() {
    return text;
  }
}
