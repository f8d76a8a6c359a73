package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.Some.action;
import static io.hostmaintenance.drain.Some.active;
import static io.hostmaintenance.drain.Some.away;
import static io.hostmaintenance.drain.Some.become;
import static io.hostmaintenance.drain.Some.busy;
import static io.hostmaintenance.drain.Some.failed;
import static io.hostmaintenance.drain.Some.in;
import static io.hostmaintenance.drain.Some.incoming;
import static io.hostmaintenance.drain.Some.instance;
import static io.hostmaintenance.drain.Some.live;
import static io.hostmaintenance.drain.Some.paused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.drain.InstanceTable.Judgement;
import io.hostmaintenance.nova.Instance;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done with an instance of the host, by its state. */
class InstanceTableTest {

  /**
   * Power states are Nova's numbers: 0 none, 1 running, 3 paused, 4 shut down, 6 crashed, 7
   * suspended.
   */
  @ParameterizedTest(name = "{0}, power {1}, liveMigrate {2}: {3}")
  @CsvSource({
    "active,    1, true,  LiveMigrate",
    "active,    1, false, ColdMigrate",
    "active,    3, true,  LiveMigrate",
    "active,    3, false, ColdMigrate",
    "active,    0, true,  SourceOff",
    "active,    0, false, SourceOff",
    "active,    4, true,  SourceOff",
    "active,    4, false, SourceOff",
    "active,    6, true,  SourceOff",
    "active,    6, false, SourceOff",
    "active,    7, true,  SourceOff",
    "active,    7, false, SourceOff",
    "stopped,   4, true,  ColdMigrate",
    "stopped,   4, false, ColdMigrate",
    "stopped,   0, true,  ColdMigrate",
    "stopped,   1, true,  ColdMigrate",
    "building,  0, true,  TaskInProgress",
    "building,  0, false, TaskInProgress",
    "deleted,   0, true,  TaskInProgress",
    "suspended, 4, true,  UnsupportedState",
    "suspended, 4, false, UnsupportedState",
    "rescued,   1, true,  UnsupportedState",
    "rescued,   1, false, UnsupportedState",
    "error,     1, true,  UnsupportedState",
    "error,     0, false, UnsupportedState",
    "shelved,   4, true,  UnsupportedState",
    "shelved,   4, false, UnsupportedState",
    "soft-delete, 4, true,  UnsupportedState",
    "soft-delete, 4, false, UnsupportedState",
    "resized,   1, true,  UnconfirmedResize",
    "resized,   4, false, UnconfirmedResize",
    "shelved_offloaded, 4, true, UnsupportedState",
    "something-new,     1, true, UnsupportedState",
  })
  void anIdleInstance(String vmState, int power, boolean liveMigrate, String expected) {
    var judgement =
        InstanceTable.judge(
            instance("vm", vmState, null, power, Given.HOST), Optional.empty(), liveMigrate);

    assertThat(word(judgement)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "active",
        "stopped",
        "paused",
        "suspended",
        "rescued",
        "error",
        "shelved",
        "soft-delete",
        "resized",
        "building",
        "deleted",
        "something-new"
      })
  void aBusyInstanceIsWaitedForWhateverItsState(String vmState) {
    for (var task : new String[] {"migrating", "resize_prep", "rebooting", "deleting", "novel"}) {
      var judgement = InstanceTable.judge(busy(task, in(vmState, "vm")), Optional.empty(), true);

      assertThat(word(judgement)).as(task).isEqualTo("TaskInProgress");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "migrating, Somebody else's migration",
    "resize_prep, Somebody else's migration",
    "resize_finish, Somebody else's migration",
    "rebooting, Nova is busy with it",
  })
  void whatIsWaitedForIsSaidWithTheTask(String task, String expected) {
    var judgement = InstanceTable.judge(busy(task, active("vm")), Optional.empty(), true);

    assertThat(((Judgement.WaitFor) judgement).message()).startsWith(expected).contains(task);
  }

  @Test
  void aHumanIsToldTheFaultOfAnInstanceInError() {
    var instance =
        new Instance(
            "vm", "n", "p", "ERROR", "error", null, 1, Given.HOST, 1, null, "Disk is full.");

    var judgement = InstanceTable.judge(instance, Optional.empty(), true);

    assertThat(((Judgement.NeedsHuman) judgement).message()).contains("Disk is full.");
  }

  @Test
  void aBlockedStateNamesTheCommandThatHelps() {
    for (var state : new String[] {"suspended", "rescued", "shelved", "soft-delete", "resized"}) {
      var judgement = InstanceTable.judge(in(state, "vm"), Optional.empty(), true);

      assertThat(((Judgement.NeedsHuman) judgement).message()).as(state).contains("openstack ");
    }
  }

  // ---------------------------------------------------------------- the guard of paused guests

  @Test
  void aPausedInstanceIsLiveMigrated() {
    assertThat(stateOfPaused(given -> {})).isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void aPausedInstanceIsLiveMigratedAlsoWhereRunningOnesAreColdMigrated() {
    assertThat(stateOfPaused(given -> given.liveMigrate(false))).isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void onePausedAndThenMovedIsBlocked() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))))
        .isEqualTo("Blocked/PausedMovedBefore");
  }

  @ParameterizedTest
  @ValueSource(longs = {-3600, -101, -60, 0, 60, 3600})
  void onePausedAndThenMovedIsBlockedWhateverTheClockOfItsRecord(long ahead) {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .action(
                            "vm",
                            action("live-migration", "req-2", NOON.minusSeconds(400), SOMEBODY))
                        .migrations(
                            incoming(live(1, "vm", "completed", NOON.minusSeconds(400 - ahead))))))
        .isEqualTo("Blocked/PausedMovedBefore");
  }

  @Test
  void oneMovedAndThenPausedIsMoved() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(300), SOMEBODY))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void oneMovedOnAThirdHostWhilePausedIsBlocked() {
    var between =
        new io.hostmaintenance.nova.Migration(
            1,
            "u",
            "vm",
            "live-migration",
            "completed",
            "compute-1",
            "compute-2",
            NOON.minusSeconds(400),
            NOON.minusSeconds(390),
            "alice",
            "web");

    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .migrations(between)))
        .isEqualTo("Blocked/PausedMovedBefore");
  }

  @Test
  void aMoveThatFailedSinceThePauseDoesNotBlock() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .action(
                            "vm",
                            action("live-migration", "req-2", NOON.minusSeconds(400), SOMEBODY))
                        .migrations(live(1, "vm", "failed", NOON.minusSeconds(400)))))
        .isEqualTo("Requested/LiveMigrate");
  }

  /** Nova shows the instance idle where it went before the record says completed. */
  @ParameterizedTest
  @CsvSource({
    "compute-7, post-migrating, Blocked/PausedMovedBefore",
    "compute-9, post-migrating, Requested/LiveMigrate",
    "compute-7, error,          Requested/LiveMigrate",
  })
  void aMoveSinceThePauseThatHasNotEndedBlocksWhereItLeadsHere(
      String destination, String status, String stands) {
    var record = live(1, "vm", status, NOON.minusSeconds(400));

    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .migrations(destination.equals(Given.HOST) ? incoming(record) : record)))
        .isEqualTo(stands);
  }

  /** Nova says Error of an action any of whose tries failed, also when the next one succeeded. */
  @Test
  void aMoveThatSucceededAtItsSecondTryBlocks() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .action(
                            "vm",
                            failed(
                                action("live-migration", "req-2", NOON.minusSeconds(400), SOMEBODY),
                                "Migration pre-check error"))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(399))))))
        .isEqualTo("Blocked/PausedMovedBefore");
  }

  @Test
  void aColdMigrationSinceThePauseDoesNotBlock() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .migrations(
                            become(
                                "confirmed",
                                NOON.minusSeconds(300),
                                incoming(Some.cold(1, "vm", "x", NOON.minusSeconds(400)))))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void nothingIsAskedWhileItsHistoryIsNotKnown() {
    assertThat(stateOfPaused(given -> given.unseen("vm"))).startsWith("Pending/");
  }

  @Test
  void aHistoryThatStaysUnknownIsAHumansMatter() {
    var given = Given.taken().instances(paused("vm")).unseen("vm");
    given.decide();
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");

    given.decideAfter(900);

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");
  }

  @Test
  void unpausedAndPausedAgainItIsMoved() {
    var given = Given.taken().instances(paused("vm"));
    given
        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))
        .decide();
    assertThat(given.row("vm").state()).isEqualTo("Blocked");

    given.action("vm", action("pause", "req-9", NOON.minusSeconds(10), SOMEBODY)).decideAfter(60);

    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  private static String stateOfPaused(java.util.function.Consumer<Given> history) {
    var given = Given.taken().instances(paused("vm"));
    history.accept(given);
    given.decide();
    var row = given.row("vm");
    return row.state() + "/" + (row.state().equals("Requested") ? row.action() : row.reason());
  }

  // ---------------------------------------------------------------- waiting has an end

  @ParameterizedTest
  @CsvSource({"3599, Pending", "3600, Blocked"})
  void aForeignTaskIsWaitedForAnHour(long seconds, String state) {
    var given = Given.taken().instances(busy("rebooting", active("vm")));
    given.decide();

    given.decideAfter(seconds);

    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
  }

  @ParameterizedTest
  @CsvSource({"899, Pending", "900, Blocked"})
  void aGuestThatIsOffIsWaitedForAQuarterOfAnHour(long seconds, String state) {
    var given = Given.taken().instances(instance("vm", "active", null, 4, Given.HOST));
    given.decide();

    given.decideAfter(seconds);

    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo("SourceOff");
  }

  @Test
  void whatWaitedTooLongIsMovedOnceItCanBe() {
    var given = Given.taken().instances(busy("rebooting", active("vm")));
    given.decide();
    given.decideAfter(3600);
    assertThat(given.row("vm").state()).isEqualTo("Blocked");

    given.instances(active("vm")).decideAfter(60);

    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  @Test
  void aGuestThatWasOffIsColdMigratedOnceNovaKnows() {
    var given = Given.taken().instances(instance("vm", "active", null, 4, Given.HOST));
    given.decide();

    given.instances(Some.stopped("vm")).decideAfter(300);

    assertThat(given.row("vm").action()).isEqualTo("ColdMigrate");
    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  @Test
  void anInstanceOfSomebodyElsesMigrationIsFollowedAndNeverAsked() {
    var given =
        Given.taken()
            .instances(busy("migrating", active("vm")))
            .migrations(Some.record(1, "vm", "live-migration", "running", NOON, SOMEBODY));
    assertThat(given.decide().steps()).isEmpty();

    given
        .instances(away(active("vm")))
        .migrations(Some.record(1, "vm", "live-migration", "completed", NOON, SOMEBODY));

    assertThat(given.decideAfter(5).steps()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("MovedBySomebodyElse");
  }

  private static String word(Judgement judgement) {
    return switch (judgement) {
      case Judgement.Move(var action) -> action.name();
      case Judgement.WaitFor wait -> wait.reason().name();
      case Judgement.NeedsHuman(var reason, var message) -> reason.name();
    };
  }

  @Test
  void aPauseThatFailedIsNone() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action(
                            "vm",
                            failed(
                                action("pause", "req-2", NOON.minusSeconds(100), SOMEBODY), "No."))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))))
        .isEqualTo("Blocked/PausedMovedBefore");
  }

  @Test
  void aMigrationFromHereThatIsStillUnfinishedBroughtItNowhere() {
    assertThat(
            stateOfPaused(
                given -> given.migrations(live(1, "vm", "queued", NOON.minusSeconds(400)))))
        .isEqualTo("Requested/LiveMigrate");
  }
}
