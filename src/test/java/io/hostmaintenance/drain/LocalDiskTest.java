package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.paused;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Instance;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which moves spec.maxLocalDiskGiB forbids. */
class LocalDiskTest {

  private static Instance disk(Integer gib, Instance instance) {
    return instance.withLocalDiskGiB(gib);
  }

  private static String stands(Given given) {
    given.decide();
    var row = given.row("vm");
    return row.is(RowState.Requested) ? row.action() : row.state() + "/" + row.reason();
  }

  @ParameterizedTest(name = "{0} GiB, limit {1}, blockMigration {2}: {3} and {4}")
  @CsvSource(
      value = {
        "59,   60,   Auto,  LiveMigrate,       ColdMigrate",
        "60,   60,   Auto,  LiveMigrate,       ColdMigrate",
        "61,   60,   Auto,  Blocked/LocalDisk, Blocked/LocalDisk",
        "61,   60,   Never, LiveMigrate,       Blocked/LocalDisk",
        "0,    0,    Auto,  LiveMigrate,       ColdMigrate",
        "1,    0,    Auto,  Blocked/LocalDisk, Blocked/LocalDisk",
        "null, 60,   Auto,  Blocked/LocalDisk, Blocked/LocalDisk",
        "null, 60,   Never, LiveMigrate,       Blocked/LocalDisk",
        "61,   null, Auto,  LiveMigrate,       ColdMigrate",
        "null, null, Auto,  LiveMigrate,       ColdMigrate",
      },
      nullValues = "null")
  void sizeOfTheLocalDiskDecidesWhetherAMoveMayCopyIt(
      Integer size, Integer limit, String block, String running, String off) {
    var limits = Given.taken().limits(s -> s.maxLocalDiskGiB(limit).blockMigration(block));

    assertThat(stands(limits.instances(disk(size, active("vm"))))).isEqualTo(running);

    var stopped = Given.taken().limits(s -> s.maxLocalDiskGiB(limit).blockMigration(block));
    assertThat(stands(stopped.instances(disk(size, stopped("vm"))))).isEqualTo(off);
  }

  @Test
  void pausedInstanceIsHeldToTheLimitToo() {
    var given = Given.taken().limits(s -> s.maxLocalDiskGiB(60));

    assertThat(stands(given.instances(disk(61, paused("vm"))))).isEqualTo("Blocked/LocalDisk");
  }

  @ParameterizedTest
  @CsvSource({
    "suspended,   suspended,   ResumeLiveSuspend, Blocked/LocalDisk",
    "rescued,     rescued,     UnrescueLive,      Blocked/LocalDisk",
    "shelved,     shelved,     Offload,           Offload",
    "soft-delete, softDeleted, Delete,            Delete",
  })
  void wayIsForbiddenOnlyIfItMovesTheInstance(
      String state, String field, String word, String stands) {
    var given =
        Given.taken()
            .limits(s -> s.maxLocalDiskGiB(60))
            .strategies(Strategies.of(Map.of(field, word)))
            .action(
                "vm",
                Fixtures.action("shelve", "req-1", Given.NOON.minusSeconds(60), Given.SOMEBODY))
            .instances(disk(61, in(state, "vm")));

    assertThat(stands(given)).isEqualTo(stands);
  }

  @Test
  void stopWhereItIsCopiesNothing() {
    var given =
        Given.taken()
            .limits(s -> s.maxLocalDiskGiB(60))
            .scopeRunning()
            .strategies(Strategies.of(Map.of("active", "Stop")))
            .instances(disk(61, active("vm")));

    assertThat(stands(given)).isEqualTo("Stop");
  }

  /** blockMigration says nothing of the cold migration to which it falls back. */
  @Test
  void fallbackToAColdMigrationIsHeldToTheLimit() {
    var given =
        Given.taken()
            .limits(s -> s.maxLocalDiskGiB(60).blockMigration("Never"))
            .strategies(Strategies.of(Map.of("fallback", "Cold")))
            .rows(
                row("vm", RowState.Failed, Reason.PreCheckFailed).toBuilder()
                    .attempts(3)
                    .strategy("active=Move")
                    .build())
            .instances(disk(61, active("vm")));

    assertThat(stands(given)).isEqualTo("Blocked/LocalDisk");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void messageNamesSizeLimitAndTheWaysOut(boolean live) {
    var given =
        Given.taken()
            .limits(s -> s.maxLocalDiskGiB(60))
            .instances(disk(200, live ? active("vm") : stopped("vm")));
    given.decide();

    var message = given.row("vm").message();
    assertThat(message).contains("200 GiB", "maxLocalDiskGiB allows 60", "leave it out");
    assertThat(message.contains("blockMigration: Never")).isEqualTo(live);
  }

  @Test
  void messageSaysThatTheSizeIsUnknown() {
    var given =
        Given.taken().limits(s -> s.maxLocalDiskGiB(60)).instances(disk(null, active("vm")));
    given.decide();

    assertThat(given.row("vm").message()).contains("does not tell how large");
  }

  @Test
  void raisedLimitGoesOnByItself() {
    var given = Given.taken().limits(s -> s.maxLocalDiskGiB(60)).instances(disk(61, active("vm")));
    assertThat(stands(given)).isEqualTo("Blocked/LocalDisk");

    given.limits(s -> s.maxLocalDiskGiB(61)).after(60);

    assertThat(stands(given)).isEqualTo("LiveMigrate");
  }
}
