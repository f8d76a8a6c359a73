package io.hostmaintenance.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Simulated drains without end: for {@code -Dsimulation.seconds} of CPU (90), or exactly {@code
 * -Dseeds}, from seed {@code -Dfrom} on; {@code -Dseed} replays one and prints its story. What was
 * run stands in {@code target/simulation}, which the build prints.
 */
class SimulationTest {
  private static final Path REPORTS = Path.of("target", "simulation");
  private static final long FEWEST = 2000;
  private static final long REPORT_EVERY = 1000;

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
  @Timeout(value = 6, unit = TimeUnit.HOURS)
  void promisesHoldInEveryWorld() {
    var seed = Long.getLong("seed");
    if (seed != null) {
      replay(seed);
      return;
    }
    var wanted = Long.getLong("seeds", Long.MAX_VALUE);
    var end =
        wanted == Long.MAX_VALUE
            ? cpuTime() + Duration.ofSeconds(Long.getLong("simulation.seconds", 90)).toNanos()
            : Long.MAX_VALUE;
    var tally = new Tally(Long.getLong("from", 0));
    while (tally.seeds < wanted && cpuTime() < end) {
      var program = Programs.of(tally.next());
      var result = Simulation.run(program, false);
      tally.add(result);
      if (tally.seeds % REPORT_EVERY == 0) {
        report("worlds", tally.toString());
      }
      if (result.broken().isPresent()) {
        record(program, result.broken().get());
      }
    }
    report("worlds", tally.toString());
    assertThat(tally.seeds)
        .as("worlds simulated in the time given")
        .isGreaterThanOrEqualTo(Math.min(wanted, FEWEST));
  }

  @Test
  void feasiblePlansThatNobodyDisturbsEndInMaintenance() {
    var seeds = Integer.getInteger("simulation.plans", 300);
    var from = Long.getLong("from", 0);
    var feasible = 0;
    for (var seed = from; seed < from + seeds; seed++) {
      var program = Programs.undisturbed(seed);
      var result = Simulation.run(program, false);
      result.broken().ifPresent(b -> record(program, b));
      feasible += result.feasible() ? 1 : 0;
    }
    report("plans", "%d plans, %d of them feasible and carried out".formatted(seeds, feasible));
    assertThat(feasible).as("feasible plans").isBetween(seeds / 10, seeds * 9 / 10);
  }

  private static long cpuTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** What was run, in one line. */
  private static final class Tally {
    private final long first;
    private long seeds;
    private long ticks;
    private long calls;
    private long faults;
    private long checked;

    Tally(long first) {
      this.first = first;
    }

    /** The next seed. */
    long next() {
      return first + seeds++;
    }

    void add(Simulation.Result result) {
      ticks += result.ticks();
      calls += result.calls();
      faults += result.faults();
      checked += result.checked();
    }

    @Override
    public String toString() {
      return "%d seeds from %d, %d steps (%d calls), %d faults injected, %d predicates checked"
          .formatted(seeds, first, ticks, calls, faults, checked);
    }
  }

  private static void report(String name, String line) {
    try {
      Files.createDirectories(REPORTS);
      Files.writeString(REPORTS.resolve(name + ".txt"), "simulation: " + line + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What {@link Programs.Beyond} breaks is counted, not forbidden: docs/reliability.md names it.
   */
  @ParameterizedTest
  @EnumSource(Programs.Beyond.class)
  void knownLimitsBreakOnlyTheDocumentedPromises(Programs.Beyond beyond) {
    var seeds = Integer.getInteger("simulation.beyond", 300);
    var broken = new TreeMap<String, Integer>();
    for (var seed = 0; seed < seeds; seed++) {
      Simulation.run(Programs.of(seed, Set.of(beyond)), false)
          .broken()
          .ifPresent(b -> broken.merge(b.promise(), 1, Integer::sum));
    }
    report(
        "beyond-" + beyond,
        "beyond any protocol, %s: %d seeds, broken %s".formatted(beyond, seeds, broken));
    assertThat(broken.keySet()).isSubsetOf(beyond.victims());
  }

  private static void replay(long seed) {
    var result = Simulation.run(Programs.of(seed), true);
    result.story().forEach(System.out::println);
    result.broken().ifPresent(b -> record(Programs.of(seed), b));
  }

  /** Fails with the story of the shortest program that breaks the same promise. */
  private static void record(Program program, Broken broken) {
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
