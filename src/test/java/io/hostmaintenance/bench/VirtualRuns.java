package io.hostmaintenance.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/**
 * Runs of the operator in virtual time, as a program.
 *
 * <p>{@code check FILE} compares the small runs with a baseline, status 1 for differences; {@code
 * renew FILE} writes the baseline; {@code figures FILE NAME...} writes the figures of the runs of
 * these names, such as {@code idle-100} (hosts), {@code drain-10x50} (hosts and instances of 30 s)
 * and {@code records-20000} (a drain of 1,000 instances among so many migration records).
 */
public final class VirtualRuns {

  private static final List<String> SMALL =
      List.of("enter-10", "idle-10", "idle-100", "leave-10", "drain-1x50", "drain-10x10");

  private static final Duration TRANSFER = Duration.ofSeconds(30);
  private static final Duration IDLE = Duration.ofMinutes(60);
  private static final Duration SETTLED = Duration.ofMinutes(5);

  /** So that drains of all sizes are bound by Nova and not by a limit of ours. */
  private static final Map<String, String> UNBOUND =
      Map.of("HM_MAX_HOSTS_DRAINING", "10000", "HM_MAX_MOVES", "10000");

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private VirtualRuns() {}

  /** See above. */
  public static void main(String[] arguments) throws IOException {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    var file = Path.of(arguments[1]);
    switch (arguments[0]) {
      case "check" -> System.exit(check(file) ? 0 : 1);
      case "renew" -> JSON.writeValue(file.toFile(), Baseline.of(runs(SMALL)).counts());
      case "figures" -> {
        var names = List.of(arguments).subList(2, arguments.length);
        var figures = new LinkedHashMap<String, SortedMap<String, Double>>();
        runs(names).forEach((name, counts) -> figures.put(name, counts.figures()));
        JSON.writeValue(file.toFile(), figures);
      }
      default -> throw new IllegalArgumentException("check, renew or figures");
    }
    System.exit(0);
  }

  private static boolean check(Path file) throws IOException {
    var agreed =
        JSON.readValue(
            file.toFile(), new TypeReference<TreeMap<String, SortedMap<String, Long>>>() {});
    var differences = new Baseline(agreed).differences(Baseline.of(runs(SMALL)).counts());
    differences.forEach(System.out::println);
    return differences.isEmpty();
  }

  private static Map<String, Counts> runs(List<String> names) throws IOException {
    var all = new LinkedHashMap<String, Counts>();
    for (var name : names) {
      all.put(name, run(name));
    }
    return all;
  }

  /**
   * What a run came to.
   *
   * @param name what is run and how large it is, as told above
   */
  static Counts run(String name) throws IOException {
    var words = name.split("[-x]");
    var size = Integer.parseInt(words[1]);
    return switch (words[0]) {
      case "enter" -> enter(Site.empty(size));
      case "idle" -> idle(Site.empty(size));
      case "leave" -> leave(Site.empty(size));
      case "drain" -> drain(Site.full(size, Integer.parseInt(words[2]), TRANSFER));
      case "records" -> drain(Site.full(1, 1000, Duration.ofMillis(100)).withRecords(size));
      default -> throw new IllegalArgumentException("no run is called " + name);
    };
  }

  /** From the creation of a resource for each host until all are Ready. */
  private static Counts enter(Site site) throws IOException {
    return during(
        site,
        run -> {
          run.createAll();
          run.until(run::allReady);
        });
  }

  /** An hour of a cloud whose hosts are all in maintenance, and empty. */
  private static Counts idle(Site site) throws IOException {
    return during(
        site,
        run -> {
          run.createAll();
          run.until(run::allReady);
          run.pass(SETTLED);
          run.count();
          run.pass(IDLE);
        });
  }

  /** From the deletion of every resource until all hosts are given back. */
  private static Counts leave(Site site) throws IOException {
    return during(
        site,
        run -> {
          run.createAll();
          run.until(run::allReady);
          run.pass(SETTLED);
          run.count();
          run.deleteAll();
          run.until(run::allGone);
        });
  }

  /** From the creation of a resource for each host until every instance is called Moved. */
  private static Counts drain(Site site) throws IOException {
    return during(
        site,
        run -> {
          run.createAll();
          run.until(run::allMoved);
        });
  }

  private interface Story {
    void tell(VirtualRun run);
  }

  private static Counts during(Site site, Story story) throws IOException {
    var directory = Files.createTempDirectory("bench");
    try (var run = new VirtualRun(directory, site, UNBOUND)) {
      story.tell(run);
      return run.counts();
    } finally {
      try (var files = Files.walk(directory)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
