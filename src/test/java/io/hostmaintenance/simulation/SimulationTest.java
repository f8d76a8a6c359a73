package io.hostmaintenance.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Simulated drains without end: at most {@code -Dsimulation.seconds} of CPU and {@code
 * -Dsimulation.seeds}, from seed {@code -Dsimulation.from} on; {@code -Dseed} replays exactly one
 * and prints its story.
 */
class SimulationTest {
  private final Logger log = (Logger) LoggerFactory.getLogger("io.hostmaintenance");
  private Level level;

  @BeforeEach
  void silence() {
    level = log.getLevel();
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void restore() {
    log.setLevel(level);
  }

  @Test
  void promisesHoldInEveryWorld() {
    var seed = Long.getLong("seed");
    if (seed != null) {
      replay(seed);
      return;
    }
    var threads = ManagementFactory.getThreadMXBean();
    var end =
        threads.getCurrentThreadCpuTime()
            + Duration.ofSeconds(Long.getLong("simulation.seconds", 20)).toNanos();
    var first = Long.getLong("simulation.from", 0);
    var most = Long.getLong("simulation.seeds", 4000);
    var seeds = 0L;
    var ticks = 0L;
    var calls = 0L;
    var faults = 0L;
    var checked = 0L;
    while (threads.getCurrentThreadCpuTime() < end && seeds < most) {
      var program = Programs.of(first + seeds++);
      var result = Simulation.run(program, false);
      ticks += result.ticks();
      calls += result.calls();
      faults += result.faults();
      checked += result.checked();
      if (result.broken().isPresent()) {
        tell(program, result.broken().get());
      }
    }
    System.out.printf(
        "simulation: %d seeds from %d, %d ticks of %d calls, %d faults injected, %d promises"
            + " checked%n",
        seeds, first, ticks, calls, faults, checked);
    assertThat(seeds).isPositive();
  }

  /**
   * What {@link Programs.Beyond} breaks is counted, not forbidden: docs/architecture.md names it.
   */
  @ParameterizedTest
  @EnumSource(Programs.Beyond.class)
  void whatCannotBePromisedIsMeasured(Programs.Beyond beyond) {
    var seeds = Integer.getInteger("simulation.beyond", 300);
    var broken = new TreeMap<String, Integer>();
    for (var seed = 0; seed < seeds; seed++) {
      Simulation.run(Programs.of(seed, Set.of(beyond)), false)
          .broken()
          .ifPresent(b -> broken.merge(b.promise(), 1, Integer::sum));
    }
    System.out.printf("simulation beyond: %s, %d seeds, broken %s%n", beyond, seeds, broken);
    assertThat(broken.keySet()).isSubsetOf(beyond.victims());
  }

  private static void replay(long seed) {
    var result = Simulation.run(Programs.of(seed), true);
    result.story().forEach(System.out::println);
    result.broken().ifPresent(b -> tell(Programs.of(seed), b));
  }

  /** Fails with the story of the shortest program that breaks the same promise. */
  private static void tell(Program program, Broken broken) {
    var shortest = Shrinker.shrink(program, broken.promise());
    var result = Simulation.run(shortest, true);
    var cause = result.broken().orElse(broken);
    fail(
        "seed %d broke a promise. %s%nIts shortest story:%n%s%n%s",
        program.seed(),
        broken.getMessage(),
        String.join(System.lineSeparator(), result.story()),
        cause.getMessage(),
        cause);
  }
}
