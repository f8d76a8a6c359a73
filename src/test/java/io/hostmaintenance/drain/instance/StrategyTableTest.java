package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.failed;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.instance;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.paused;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.nova.Instance;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done with an instance of the host, by its state. */
class StrategyTableTest {

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
    "active,    0, true,  GuestPoweredOff",
    "active,    0, false, GuestPoweredOff",
    "active,    4, true,  GuestPoweredOff",
    "active,    4, false, GuestPoweredOff",
    "active,    6, true,  GuestPoweredOff",
    "active,    6, false, GuestPoweredOff",
    "active,    7, true,  GuestPoweredOff",
    "active,    7, false, GuestPoweredOff",
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
  void vmStateAndPowerStateDecideWhatHappensToAnIdleInstance(
      String vmState, int power, boolean liveMigrate, String expected) {
    var decision =
        choose(instance("vm", vmState, null, power, Given.HOST), Optional.empty(), liveMigrate);

    assertThat(word(decision)).isEqualTo(expected);
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
  void instanceWithATaskIsAwaitedInEveryVmState(String vmState) {
    for (var task : new String[] {"migrating", "resize_prep", "rebooting", "deleting", "novel"}) {
      var decision = choose(busy(task, in(vmState, "vm")), Optional.empty(), true);

      assertThat(word(decision)).as(task).isEqualTo("TaskInProgress");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "migrating, Someone else's migration",
    "resize_prep, Someone else's migration",
    "resize_finish, Someone else's migration",
    "rebooting, Nova is busy with it",
  })
  void waitMessageNamesTheTask(String task, String expected) {
    var decision = choose(busy(task, active("vm")), Optional.empty(), true);

    assertThat(((InstanceDecision.WaitFor) decision).cause().message())
        .startsWith(expected)
        .contains(task);
  }

  @Test
  void messageQuotesTheFaultOfAnInstanceInError() {
    var instance = Fixtures.faulty("Disk is full.", in("error", "vm"));

    var decision = choose(instance, Optional.empty(), true);

    assertThat(((InstanceDecision.NeedsAdmin) decision).cause().message())
        .contains("Disk is full.");
  }

  @Test
  void blockedInstanceNamesTheCommandThatHelps() {
    for (var state : new String[] {"suspended", "rescued", "shelved", "soft-delete", "resized"}) {
      var decision = choose(in(state, "vm"), Optional.empty(), true);

      assertThat(((InstanceDecision.NeedsAdmin) decision).cause().message())
          .as(state)
          .contains("openstack ");
    }
  }

  // ---------------------------------------------------------------- the guard of paused guests

  @Test
  void aPausedInstanceIsLiveMigrated() {
    assertThat(stateOfPaused(given -> {})).isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void aPausedInstanceIsLiveMigratedEvenWhenLiveMigrateIsFalse() {
    assertThat(stateOfPaused(given -> given.liveMigrate(false))).isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void instancePausedAndThenLiveMigratedIsBlocked() {
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
  void instancePausedAndThenLiveMigratedIsBlockedWhateverTheMigrationsClock(long ahead) {
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
  void instanceLiveMigratedAndThenPausedIsLiveMigrated() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(300), SOMEBODY))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void instanceLiveMigratedBetweenOtherHostsWhilePausedIsBlocked() {
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
  void failedLiveMigrationAfterThePauseDoesNotBlock() {
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
  void unfinishedLiveMigrationAfterThePauseBlocksOnlyOnItsDestination(
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
  void liveMigrationThatSucceededAtItsSecondTryBlocksAPausedInstance() {
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
  void coldMigrationAfterThePauseDoesNotBlock() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action("vm", action("pause", "req-1", NOON.minusSeconds(500), SOMEBODY))
                        .migrations(
                            become(
                                "confirmed",
                                NOON.minusSeconds(300),
                                incoming(Fixtures.cold(1, "vm", "x", NOON.minusSeconds(400)))))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void pausedInstanceIsNotMovedWhileItsHistoryIsUnknown() {
    assertThat(stateOfPaused(given -> given.unseen("vm"))).startsWith("Pending/");
  }

  @Test
  void pausedInstanceIsBlockedWhenItsHistoryIsUnknownFor15Minutes() {
    var given = Given.taken().instances(paused("vm")).unseen("vm");
    given.decide();
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");

    given.decideAfter(900);

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");
  }

  @Test
  void instancePausedAgainAfterItsMigrationIsMoved() {
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
  void instanceWithATaskIsBlockedAfterAnHour(long seconds, String state) {
    var given = Given.taken().instances(busy("rebooting", active("vm")));
    given.decide();

    given.decideAfter(seconds);

    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
  }

  @ParameterizedTest
  @CsvSource({"899, Pending", "900, Blocked"})
  void activeInstanceWhoseGuestIsOffIsBlockedAfter15Minutes(long seconds, String state) {
    var given = Given.taken().instances(instance("vm", "active", null, 4, Given.HOST));
    given.decide();

    given.decideAfter(seconds);

    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo("GuestPoweredOff");
  }

  @Test
  void blockedInstanceIsMovedOnceItsTaskEnds() {
    var given = Given.taken().instances(busy("rebooting", active("vm")));
    given.decide();
    given.decideAfter(3600);
    assertThat(given.row("vm").state()).isEqualTo("Blocked");

    given.instances(active("vm")).decideAfter(60);

    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  @Test
  void instanceWhoseGuestIsOffIsColdMigratedOnceNovaShowsItStopped() {
    var given = Given.taken().instances(instance("vm", "active", null, 4, Given.HOST));
    given.decide();

    given.instances(Fixtures.stopped("vm")).decideAfter(300);

    assertThat(given.row("vm").action()).isEqualTo("ColdMigrate");
    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  @Test
  void externallyMigratingInstanceIsTrackedAndNeverMovedByTheOperator() {
    var given =
        Given.taken()
            .instances(busy("migrating", active("vm")))
            .migrations(Fixtures.record(1, "vm", "live-migration", "running", NOON, SOMEBODY));
    assertThat(given.decide().commands()).isEmpty();

    given
        .instances(away(active("vm")))
        .migrations(Fixtures.record(1, "vm", "live-migration", "completed", NOON, SOMEBODY));

    assertThat(given.decideAfter(5).commands()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("MovedExternally");
  }

  private static InstanceDecision choose(
      Instance instance, Optional<Detail> detail, boolean liveMigrate) {
    var view =
        new InstanceView(
            Views.host(
                Duration.ZERO,
                HostMaintenanceSpecBuilder.builder()
                    .host(Given.HOST)
                    .liveMigrate(liveMigrate)
                    .build()),
            Optional.of(instance),
            detail,
            List.of(),
            List.of(),
            List.of(),
            Duration.ZERO,
            Duration.ZERO);
    return StrategyTable.choose(view, RowTransitions.first(instance, Given.NOON));
  }

  private static String word(InstanceDecision decision) {
    return switch (decision) {
      case InstanceDecision.Move(var way, var _) -> way.word().name();
      case InstanceDecision.WaitFor wait -> wait.cause().reason().name();
      case InstanceDecision.Skip(var cause, var _) -> cause.reason().name();
      case InstanceDecision.NeedsAdmin(var cause, var _) -> cause.reason().name();
    };
  }

  @Test
  void failedPauseDoesNotCountAsAPause() {
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
  void unfinishedOutgoingMigrationDoesNotBlockAPausedInstance() {
    assertThat(
            stateOfPaused(
                given -> given.migrations(live(1, "vm", "queued", NOON.minusSeconds(400)))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void instanceLiveMigratedByAKnownActionBeforeThePauseIsLiveMigrated() {
    assertThat(
            stateOfPaused(
                given ->
                    given
                        .action(
                            "vm",
                            action("live-migration", "req-1", NOON.minusSeconds(400), SOMEBODY))
                        .action("vm", action("pause", "req-2", NOON.minusSeconds(300), SOMEBODY))
                        .migrations(incoming(live(1, "vm", "completed", NOON.minusSeconds(400))))))
        .isEqualTo("Requested/LiveMigrate");
  }

  @Test
  void unfinishedColdMigrationToTheHostDoesNotBlockAPausedInstance() {
    var record = incoming(Fixtures.cold(1, "vm", "post-migrating", NOON.minusSeconds(400)));

    var decision =
        choose(
            paused("vm"),
            Optional.of(
                Fixtures.detail(Optional.empty(), List.of(record), List.of(), Optional.empty())),
            true);

    assertThat(word(decision)).isEqualTo("LiveMigrate");
  }
}
