package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChangedMigrationsTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final List<Migration> ALL =
      List.of(
          record(1, "compute-1", "compute-9", NOON),
          record(2, "compute-2", "compute-1", NOON),
          record(3, "compute-3", "compute-4", NOON),
          record(4, "compute-1", "compute-9", NOON.minusSeconds(100)));

  private final List<MigrationFilter> asked = new ArrayList<>();
  private long nanos;
  private final ChangedMigrations changed = new ChangedMigrations(nova(), () -> nanos);

  private static Migration record(long id, String source, String destination, Instant updated) {
    return new Migration(
        id,
        "m-" + id,
        "vm-" + id,
        "live-migration",
        "running",
        source,
        destination,
        updated,
        updated,
        "operator",
        "admin");
  }

  private Nova nova() {
    return (Nova)
        Proxy.newProxyInstance(
            Nova.class.getClassLoader(),
            new Class<?>[] {Nova.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("on")) {
                return proxy;
              }
              asked.add((MigrationFilter) arguments[0]);
              return ALL;
            });
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private List<Long> ids(String host, Instant since) {
    pass(Duration.ofMillis(1));
    return changed.of(host, since, nanos - Duration.ofSeconds(1).toNanos()).stream()
        .map(Migration::id)
        .toList();
  }

  @Test
  void oneHostAsksForItsOwn() {
    ids("compute-1", NOON);

    assertThat(asked).containsExactly(MigrationFilter.ofHostSince("compute-1", NOON));
  }

  @Test
  void hostIsNotAskedForTwiceInTheSameReconciliation() {
    ids("compute-1", NOON);
    ids("compute-1", NOON);

    assertThat(asked).hasSize(1);
  }

  @Test
  void hostIsAskedForAgainInTheNextReconciliation() {
    ids("compute-1", NOON);
    pass(Duration.ofSeconds(5));
    ids("compute-1", NOON);

    assertThat(asked).hasSize(2);
  }

  @Test
  void olderRecordsAreAskedForAgain() {
    ids("compute-1", NOON);
    ids("compute-1", NOON.minusSeconds(60));

    assertThat(asked).hasSize(2);
  }

  @Test
  void severalHostsShareOneList() {
    ids("compute-1", NOON);
    ids("compute-2", NOON);
    ids("compute-3", NOON);
    ids("compute-1", NOON);

    assertThat(asked).hasSize(2).last().isEqualTo(MigrationFilter.since(NOON));
  }

  @Test
  void hostGetsTheRecordsFromItAndToIt() {
    ids("compute-2", NOON);

    assertThat(ids("compute-1", NOON)).containsExactly(1L, 2L);
  }

  @Test
  void hostGetsNoRecordsThatAreOlderThanItAskedFor() {
    ids("compute-2", NOON.minusSeconds(200));

    assertThat(ids("compute-1", NOON)).doesNotContain(4L);
  }

  @Test
  void listReachesBackAsFarAsTheOldestNeeds() {
    ids("compute-2", NOON.minusSeconds(200));
    ids("compute-1", NOON);

    assertThat(asked).last().isEqualTo(MigrationFilter.since(NOON.minusSeconds(200)));
  }

  @Test
  void listThatDoesNotReachFarEnoughBackDoesNotServe() {
    ids("compute-2", NOON);
    ids("compute-3", NOON);

    ids("compute-1", NOON.minusSeconds(60));

    assertThat(asked)
        .last()
        .extracting(MigrationFilter::changesSince)
        .isEqualTo(Optional.of(NOON.minusSeconds(60)));
  }

  @Test
  void hostThatNeedsMuchOlderRecordsAsksForItsOwn() {
    ids("compute-2", NOON);
    ids("compute-1", NOON.minusSeconds(3600));

    assertThat(asked)
        .last()
        .isEqualTo(MigrationFilter.ofHostSince("compute-1", NOON.minusSeconds(3600)));
  }

  @Test
  void hostThatAsksNoMoreCountsNoMoreAfterAMinute() {
    ids("compute-2", NOON);
    pass(Duration.ofSeconds(61));
    ids("compute-1", NOON);

    assertThat(asked).last().isEqualTo(MigrationFilter.ofHostSince("compute-1", NOON));
  }
}
