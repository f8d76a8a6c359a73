package io.hostmaintenance.demo;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that starts at the real time and runs several times as fast. */
final class FastClock implements InstantSource {
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();
  private final int factor;

  FastClock(int factor) {
    this.factor = factor;
  }

  @Override
  public Instant instant() {
    return start.plus(elapsed().multipliedBy(factor));
  }

  /** Real time since the start. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }
}
