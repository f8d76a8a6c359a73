package io.hostmaintenance.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What happened, line by line, for a person; kept only when somebody will read it. */
final class Story {
  private final boolean kept;
  private final Supplier<Instant> clock;
  private final Instant start;
  private final List<String> lines = new ArrayList<>();

  Story(boolean kept, Instant start, Supplier<Instant> clock) {
    this.kept = kept;
    this.start = start;
    this.clock = clock;
  }

  boolean kept() {
    return kept;
  }

  void record(String who, Supplier<String> what) {
    if (kept) {
      var t = Duration.between(start, clock.get());
      lines.add(
          "%02d:%02d:%02d.%03d  %-12s %s"
              .formatted(
                  t.toHours(),
                  t.toMinutesPart(),
                  t.toSecondsPart(),
                  t.toMillisPart(),
                  who,
                  what.get()));
    }
  }

  List<String> lines() {
    return lines;
  }
}
