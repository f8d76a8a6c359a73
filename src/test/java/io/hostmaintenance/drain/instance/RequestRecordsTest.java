package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.Given.US;
import static io.hostmaintenance.drain.Given.requestId;
import static io.hostmaintenance.nova.InstanceAction.LIVE_MIGRATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of Nova's actions and migration records belong to the request of a row. */
class RequestRecordsTest {

  private static final Duration AGE = Duration.ofSeconds(30);
  private static final Instant LONG_BEFORE = NOON.minusSeconds(3600);

  private static RequestRecords records(
      Way way, Instance instance, List<Migration> migrations, InstanceAction... newestFirst) {
    return new RequestRecords(
        Views.asked(AGE, instance, migrations, List.of(newestFirst), Optional.empty()),
        way,
        way.move().orElseThrow());
  }

  private static InstanceAction liveAction(String requestId, Identity by) {
    return action(LIVE_MIGRATION, requestId, NOON.plusSeconds(1), by);
  }

  @Test
  void actionOfARequestIsFoundInTheListByItsRequestId() {
    var ours = liveAction(requestId("vm"), US);

    assertThat(
            records(Way.LIVE, active("vm"), List.of(), liveAction("req-later", US), ours)
                .action(moving("vm")))
        .contains(ours);
  }

  @ParameterizedTest
  @CsvSource({
    "LIVE, migrating,   running,       true",
    "LIVE, rebooting,   running,       false",
    "LIVE, migrating,   error,         false",
    "COLD, resize_prep, pre-migrating, true",
    "COLD, rebooting,   pre-migrating, false",
    "COLD, resize_prep, error,         false",
  })
  void actionMovesAnInstanceOfTheHostOnlyByItsTaskAndAnUnfinishedRecord(
      Way way, String task, String status, boolean moves) {
    var records =
        records(
            way,
            busy(task, active("vm")),
            List.of(
                record(9, "vm", way.move().orElseThrow().recordType(), status, LONG_BEFORE, US)),
            action(way.move().orElseThrow().action(), "req-lost", LONG_BEFORE, US));

    assertThat(records.movingAction(requested("vm")).isPresent()).isEqualTo(moves);
  }

  @ParameterizedTest
  @CsvSource({
    "compute-7, failed,    true",
    "compute-7, completed, false",
    "compute-9, failed,    false",
  })
  void earlierActionIsInDoubtOnlyWhenItsMoveFromTheHostDidNotEndWell(
      String source, String status, boolean doubtful) {
    var record = live(9, "vm", status, NOON.minusSeconds(60));

    assertThat(
            records(
                    Way.LIVE,
                    active("vm"),
                    List.of(source.equals(HOST) ? record : incoming(record)),
                    action(LIVE_MIGRATION, "req-lost", NOON.minusSeconds(60), US))
                .doubtful(requested("vm"))
                .isPresent())
        .isEqualTo(doubtful);
  }

  @Test
  void recordInTheListOfTheHostIsNotTakenByItsTimeBeforeTheInstanceWasAskedFor() {
    var listed = live(9, "vm", "running", NOON.plusSeconds(1));

    assertThat(
            new RequestRecords(
                    Views.notAsked(AGE, active("vm"), listed), Way.LIVE, Operation.LIVE_MIGRATE)
                .record(moving("vm")))
        .isEmpty();
  }

  // ---------------------------------------------------------------- whatever the clocks say

  @Test
  void recordHasThePlaceOfItsActionAmongTheActionsOfTheUser() {
    var ours = live(8, "vm", "failed", LONG_BEFORE);

    assertThat(
            records(
                    Way.LIVE,
                    active("vm"),
                    List.of(live(9, "vm", "failed", NOON.plusSeconds(20)), ours),
                    liveAction("req-later", US),
                    liveAction(requestId("vm"), US))
                .record(moving("vm")))
        .contains(ours);
  }

  @Test
  void recordInThePlaceOfTheActionCountsOnlyFromThisHost() {
    assertThat(
            records(
                    Way.LIVE,
                    active("vm"),
                    List.of(incoming(live(9, "vm", "failed", NOON.plusSeconds(1)))),
                    liveAction(requestId("vm"), US))
                .record(moving("vm")))
        .isEmpty();
  }

  @Test
  void recordKeepsItsPlaceBesideActionsOfOtherKinds() {
    var ours = live(9, "vm", "failed", LONG_BEFORE);

    assertThat(
            records(
                    Way.LIVE,
                    active("vm"),
                    List.of(ours),
                    action("reboot", "req-reboot", NOON.plusSeconds(9), US),
                    liveAction(requestId("vm"), US))
                .record(moving("vm")))
        .contains(ours);
  }

  @Test
  void recordKeepsItsPlaceBesideMovesOfAnotherUser() {
    var ours = live(8, "vm", "failed", LONG_BEFORE);

    assertThat(
            records(
                    Way.LIVE,
                    active("vm"),
                    List.of(record(9, "vm", Migration.LIVE, "failed", NOON, SOMEBODY), ours),
                    liveAction("req-theirs", SOMEBODY),
                    liveAction(requestId("vm"), US))
                .record(moving("vm")))
        .contains(ours);
  }
}
