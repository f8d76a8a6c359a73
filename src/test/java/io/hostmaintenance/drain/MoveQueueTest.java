package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a queued move of the host waits for. */
class MoveQueueTest {

  private final Given given = Given.taken().instances(busy("migrating", active("external")));

  private boolean waits(InstanceStatus row, List<InstanceStatus> others, Migration... records) {
    var snapshot = given.snapshot().withMigrations(List.of(records));
    return new MoveQueue(new DecisionContext(given.input(), snapshot), others)
        .ahead(row)
        .isPresent();
  }

  @ParameterizedTest
  @EnumSource(
      value = RowAction.class,
      names = {"LiveMigrate", "ColdMigrate"})
  void onlyALiveMigrationWaitsForTheLiveMigrationOfSomeoneElse(RowAction action) {
    var row = moving("vm").toBuilder().action(action.name()).build();

    assertThat(waits(row, List.of())).isEqualTo(action == RowAction.LiveMigrate);
  }

  /** An instance that migrates for so long that its row is Blocked. */
  @Nested
  class AnExternalMigrationThatTakesLong {

    private boolean isAwaited(Migration record) {
      return waits(
          moving("vm"), List.of(row("external", RowState.Blocked, Reason.TaskInProgress)), record);
    }

    private static Migration running(String instance, Instant updated) {
      return become(
          "running",
          updated,
          record(9, instance, "live-migration", "x", NOON.minusSeconds(3600), SOMEBODY));
    }

    @ParameterizedTest
    @CsvSource({"299, true", "300, false"})
    void isAwaitedWhileNovaHasUpdatedItsRecordWithin5Minutes(long seconds, boolean awaited) {
      assertThat(isAwaited(running("external", NOON.minusSeconds(seconds)))).isEqualTo(awaited);
    }

    @Test
    void isNotAwaitedWhenNovaHasNeverUpdatedItsRecord() {
      assertThat(isAwaited(running("external", null))).isFalse();
    }

    @Test
    void isNotAwaitedForTheRecordOfAnotherInstance() {
      assertThat(isAwaited(running("another", NOON))).isFalse();
    }

    @Test
    void isNotAwaitedWhenItsRecordHasEnded() {
      assertThat(isAwaited(become("error", NOON, running("external", NOON)))).isFalse();
    }

    @Test
    void isNotAwaitedForARecordThatLeadsToTheHost() {
      assertThat(isAwaited(incoming(running("external", NOON)))).isFalse();
    }
  }
}
