package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything at once, as when Flux prunes a directory, in the memory that the chart gives. */
class FloodTest {

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration LONG = Duration.ofMinutes(25);
  private static final int ROWS = 40;
  private static final int ROOM_MIB = 32;
  private static final int WATCH_PAGE = 100;
  private static final int OWN_PAGE = 50;

  @TempDir Path directory;

  @Test
  void operatorCompletes200MaintenancesAtOnceAndEnablesEveryHost() throws IOException {
    try (var bench = new Bench(directory, 200)) {
      bench.placeInstances();
      createdAndDeleted(bench, 200, PATIENCE, () -> {});
    }
  }

  @Test
  @Tag("long")
  void operatorCompletes1000MaintenancesAtOnceAndEnablesEveryHost() throws IOException {
    try (var bench = new Bench(directory, 1000)) {
      bench.placeInstances();
      createdAndDeleted(bench, 1000, LONG, () -> {});
    }
  }

  @Test
  @Tag("long")
  void operatorEnables1000HostsThroughASlowNova() throws IOException {
    try (var bench = new Bench(directory, 1000)) {
      bench.proxy().trouble(asked -> true, new Proxy.Deed.Delay(Duration.ofMillis(100)));
      createdAndDeleted(bench, 1000, LONG, () -> {});
    }
  }

  @Test
  @Tag("long")
  void operatorEnables1000HostsDeletedDuringANovaOutage() throws IOException {
    try (var bench = new Bench(directory, 1000)) {
      createdAndDeleted(
          bench,
          1000,
          LONG,
          () -> {
            bench.proxy().trouble(asked -> true, new Proxy.Deed.Refuse(503));
            Thread.ofVirtual().start(() -> calmAfter(bench, Duration.ofMinutes(1)));
          });
    }
  }

  private static void calmAfter(Bench bench, Duration pause) {
    try {
      Thread.sleep(pause);
      bench.proxy().calm();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void createdAndDeleted(Bench bench, int hosts, Duration timeout, Runnable beforeDelete)
      throws IOException {
    try (var operator = bench.start(Map.of("HM_MAX_MOVES", "50", "HM_MAX_HOSTS_DRAINING", "50"))) {
      bench.createAll();
      Bench.until(operator, timeout, bench::allInMaintenance);
      System.out.println("created  " + bench.measured(operator));
      assertThat(operator.alive()).as(operator.log()).isTrue();
      assertThat(bench.names()).allMatch(name -> bench.has(name, Condition.READY, "True"));
      bench.addRows(ROWS);
      beforeDelete.run();
      bench.deleteAll();
      Bench.until(operator, timeout, bench::allGone);
      System.out.println("deleted  " + bench.measured(operator));

      assertThat(operator.alive()).as(operator.log()).isTrue();
      assertThat(bench.kubernetes().size()).as("resources that are left").isZero();
      assertThat(bench.enabled()).as("hosts that are enabled").isEqualTo(hosts);
      assertThat(operator.peakMiB()).as("MiB").isLessThan(OperatorJar.limitMiB() - ROOM_MIB);
      assertThat(bench.kubernetes().calls().get(KubernetesApi.Kind.LIST))
          .as("lists of all resources, in pages: one of the watch, one of our own")
          .isLessThanOrEqualTo(hosts / WATCH_PAGE + hosts / OWN_PAGE);
    }
  }
}
