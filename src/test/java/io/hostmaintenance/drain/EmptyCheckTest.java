package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Observation.Consumer;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the host is called empty, and when no longer. */
class EmptyCheckTest {

  private static Condition drained(Given given) {
    return given.status().condition(Condition.DRAINED).orElseThrow();
  }

  private static void stands(Given given, String value, Reason reason) {
    assertThat(drained(given))
        .extracting(Condition::status, Condition::reason)
        .containsExactly(value, reason.name());
  }

  /** Two looks, settle apart. */
  private static Given lookedAtTwice(Given given) {
    given.decide();
    given.decideAfter(61);
    return given;
  }

  @Test
  void oneEmptyCheckDoesNotMakeTheHostDrained() {
    var given = Given.taken();

    given.decide();

    stands(given, "False", Reason.SettlingEmpty);
    assertThat(given.status().firstEmptyTime()).isEqualTo(NOON);
    assertThat(given.status().phase()).isEqualTo("Draining");
  }

  @ParameterizedTest
  @CsvSource({"59, False", "60, True"})
  void twoEmptyChecksMustBeSettleTimeApart(long seconds, String value) {
    var given = Given.taken();
    given.decide();

    given.decideAfter(seconds);

    assertThat(drained(given).status()).isEqualTo(value);
  }

  @Test
  void settleTimeIsMeasuredByNovasClock() {
    var given = Given.taken();
    given.decide();

    given.novaAhead(Duration.ofSeconds(-30)).decideAfter(61);

    assertThat(drained(given).status()).isEqualTo("False");
  }

  @Test
  void secondEmptyCheckIsScheduledAtTheEndOfSettleTime() {
    var given = Given.taken();

    assertThat(given.decide().requeueAfter()).hasSeconds(61);
    assertThat(given.decideAfter(40).requeueAfter()).hasSeconds(21);
  }

  @Test
  void checkThatBeganTooEarlyIsRepeatedAfter5Seconds() {
    var given = Given.taken();
    given.decide();
    var snapshot = given.after(61).snapshot();

    var decision = given.decide(snapshot.withBegan(snapshot.began().minusSeconds(2)));

    assertThat(decision.requeueAfter()).hasSeconds(5);
  }

  @Test
  void settleTimeStartsAgainAfterACheckFindsAnInstance() {
    var given = Given.taken().suspended(true);
    given.decide();
    given.instances(active("vm")).decideAfter(30);
    assertThat(given.status().firstEmptyTime()).isNull();

    given.gone("vm").decideAfter(35);

    assertThat(drained(given).status()).isEqualTo("False");
    assertThat(given.status().firstEmptyTime()).isEqualTo(given.now());
  }

  @Test
  void statusStaysUnchangedInMaintenanceWhileNothingChanges() {
    var given = lookedAtTwice(Given.taken());
    assertThat(given.status().phase()).isEqualTo("InMaintenance");
    var before = given.status();

    var decision = given.decideAfter(60);

    assertThat(given.status()).isEqualTo(before);
    assertThat(decision.notices()).isEmpty();
    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollVerified());
  }

  @Test
  void lateArrivalMakesDrainedFalseAndIsMoved() {
    var given = lookedAtTwice(Given.taken());

    var decision = given.instances(active("late")).decideAfter(60);

    stands(given, "False", Reason.NotEmpty);
    assertThat(given.status().phase()).isEqualTo("Draining");
    assertThat(decision.commands()).hasSize(1);
    assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.LateArrival);
  }

  @Test
  void hostStaysInMaintenanceWhenItIsPoweredOff() {
    var given = lookedAtTwice(Given.taken());

    given.serviceDown(HOST).decideAfter(60);

    stands(given, "True", Reason.Empty);
    assertThat(given.status().phase()).isEqualTo("InMaintenance");
  }

  @Test
  void hostIsNotDrainedOnceItsServiceIsEnabled() {
    var given = lookedAtTwice(Given.taken());

    given.service(HOST, "enabled", null).decideAfter(60);

    stands(given, "False", Reason.NotEmpty);
  }

  @Test
  void hostIsNotEmptyWhileAMoveOfTheOperatorIsRunning() {
    var given = Given.taken().rows(moving("vm")).instances(away(busy("migrating", active("vm"))));

    given.decideAfter(5);

    stands(given, "False", Reason.NotEmpty);
    assertThat(given.status().firstEmptyTime()).isNull();
  }

  @Test
  void checkAtWhichTheLastMoveEndsDoesNotCountAsEmpty() {
    var given =
        Given.taken()
            .rows(Fixtures.running("vm", 9))
            .instances(away(active("vm")))
            .migrations(live(9, "vm", "completed", NOON.plusSeconds(1)));

    given.decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Moved");
    assertThat(given.status().firstEmptyTime()).isNull();
    assertThat(given.decideAfter(5).status().firstEmptyTime()).isEqualTo(given.now());
  }

  // ---------------------------------------------------------------- records

  @ParameterizedTest
  @CsvSource({
    // status of an incoming record, vm_state and task of its instance: whether it counts
    "accepted,       active,  migrating,        true",
    "queued,         active,  migrating,        true",
    "preparing,      active,  migrating,        true",
    "running,        active,  migrating,        true",
    "running (post-copy), active, migrating,    true",
    "pre-migrating,  active,  resize_prep,      true",
    "migrating,      active,  resize_migrating, true",
    "post-migrating, active,  resize_finish,    true",
    "finished,       resized, ,                 true",
    "finished,       active,  resize_finish,    true",
    "confirming,     resized, ,                 true",
    "reverting,      resized, resize_reverting, true",
    "reverted,       resized, resize_reverting, true",
    "reverted,       active,  ,                 false",
    "accepted,       active,  ,                 false",
    "queued,         active,  ,                 false",
    "running,        active,  ,                 false",
    "finished,       active,  ,                 false",
    "confirming,     active,  ,                 false",
    "reverting,      active,  ,                 false",
  })
  void incomingMigrationCountsOnlyWhileItsInstanceReallyMigrates(
      String status, String vmState, String task, boolean counts) {
    var given =
        Given.taken()
            .instances(Fixtures.instance("vm", vmState, task, 1, OTHER))
            .migrations(
                incoming(record(9, "vm", "migration", status, NOON.minusSeconds(300), SOMEBODY)));

    lookedAtTwice(given);

    assertThat(drained(given).status()).isEqualTo(counts ? "False" : "True");
  }

  @Test
  void migrationOfADeletedInstanceDoesNotCount() {
    var given =
        Given.taken().migrations(record(9, "vm", "live-migration", "running", NOON, SOMEBODY));

    lookedAtTwice(given);

    stands(given, "True", Reason.Empty);
  }

  @ParameterizedTest
  @ValueSource(strings = {"running", "finished", "reverted"})
  void migrationCountsWhileNovaDoesNotShowItsInstance(String status) {
    var given =
        Given.taken().migrations(record(9, "vm", "migration", status, NOON, SOMEBODY)).unseen("vm");

    lookedAtTwice(given);

    stands(given, "False", Reason.NotEmpty);
  }

  /** It came in between the lists and the question about it. */
  @Test
  void migrationOfAnInstanceThatHasJustArrivedCounts() {
    var given =
        Given.taken()
            .noPlacement()
            .instances(busy("migrating", away(active("vm"))))
            .migrations(incoming(record(9, "vm", "live-migration", "running", NOON, SOMEBODY)));
    given.decide();
    var arrived =
        Fixtures.detail(Optional.of(active("vm")), List.of(), List.of(), Optional.empty());

    given.decide(given.after(61).snapshot("vm", arrived));

    stands(given, "False", Reason.NotEmpty);
  }

  @Test
  void stuckMigrationIsReported() {
    var given =
        Given.taken().migrations(record(9, "vm", "live-migration", "running", NOON, SOMEBODY));

    var notices = given.decide().notices();

    assertThat(notices).extracting(Notice::reason).contains(Reason.StuckRecord);
  }

  @Test
  void runningMigrationIsNotReportedAsStuck() {
    var given =
        Given.taken()
            .instances(away(busy("migrating", active("vm"))))
            .migrations(record(9, "vm", "live-migration", "running", NOON, SOMEBODY));

    assertThat(given.decide().notices())
        .extracting(Notice::reason)
        .isNotEmpty()
        .doesNotContain(Reason.StuckRecord);
  }

  @ParameterizedTest
  @CsvSource({", true", "migrating, false"})
  void migrationOfAnInstanceOnTheHostIsReportedAsStuckOnlyWhileItIsIdle(
      String task, boolean reported) {
    var given =
        Given.taken()
            .instances(busy(task, active("vm")))
            .migrations(
                record(9, "vm", "live-migration", "running", NOON.minusSeconds(300), SOMEBODY));

    assertThat(given.decide().notices().stream().anyMatch(n -> n.reason() == Reason.StuckRecord))
        .isEqualTo(reported);
  }

  @Test
  void recordOfAnUnconfirmedResizeThatTheSpecLeavesIsNotReportedAsStuck() {
    var given =
        Given.taken()
            .excluding("vm")
            .instances(Fixtures.in("resized", "vm"))
            .migrations(record(9, "vm", "resize", "finished", NOON, SOMEBODY));

    assertThat(given.decide().notices())
        .extracting(Notice::reason)
        .isNotEmpty()
        .doesNotContain(Reason.StuckRecord);
  }

  @Test
  void migrationOfAnotherKeepsTheHostNotEmptyThoughNoListShowsItsRecord() {
    var given = Given.taken().instances(busy("resize_migrating", in("stopped", "vm")));
    given.decide();

    given.instances(away(busy("resize_migrated", in("stopped", "vm")))).decideAfter(5);

    assertThat(given.status().firstEmptyTime()).isNull();
    assertThat(given.status().condition(Condition.DRAINED).orElseThrow().message())
        .contains("name-of-vm", "resize_migrated");
  }

  @Test
  void unconfirmedResizeKeepsTheHostNotEmptyThoughNoListShowsItsRecord() {
    var given =
        Given.taken().rows(row("vm", RowState.Blocked, Reason.UnconfirmedResize)).unseen("vm");

    given.decide();

    assertThat(drained(given).message())
        .isEqualTo("A resize or migration of name-of-vm (vm) is not confirmed.");
  }

  // ---------------------------------------------------------------- what is tied to it

  /** What no list of its instances shows has a row, so that it has a deadline. */
  @Nested
  class AnIncomingInstance {

    private final Given given =
        Given.taken()
            .instances(busy("migrating", away(active("vm"))))
            .migrations(incoming(record(9, "vm", "live-migration", "running", NOON, SOMEBODY)));

    private void isAt(Given given, String state, Reason reason) {
      assertThat(given.row("vm"))
          .extracting(InstanceStatus::state, InstanceStatus::reason)
          .containsExactly(state, reason.name());
    }

    @Test
    void isPendingAsAnExternalMigration() {
      given.decide();

      isAt(given, "Pending", Reason.ExternalMigration);
      assertThat(given.row("vm").message()).contains("Migration 9 (live-migration, running)");
      assertThat(given.status().phase()).isEqualTo("Draining");
    }

    @Test
    void isBlockedAfterAnHour() {
      given.decide();

      given.decideAfter(3600);

      isAt(given, "Blocked", Reason.ExternalMigration);
      assertThat(given.status().phase()).isEqualTo("Blocked");
    }

    @Test
    void isMovedOnceItHasArrived() {
      given.decide();

      var decision =
          given
              .instances(active("vm"))
              .migrations(incoming(record(9, "vm", "live-migration", "completed", NOON, SOMEBODY)))
              .decideAfter(60);

      assertThat(decision.commands()).hasSize(1).first().isInstanceOf(Command.LiveMigrate.class);
    }

    @Test
    void hasNoRowWhenItArrivesAfterTheInstancesOfTheHostWereListed() {
      var arrived =
          Fixtures.detail(Optional.of(active("vm")), List.of(), List.of(), Optional.empty());

      given.decide(given.snapshot("vm", arrived));

      assertThat(given.status().instances()).isEmpty();
    }

    @Test
    void isGoneWhenItsMigrationIsCancelled() {
      given.decide();

      given
          .instances(away(active("vm")))
          .migrations(incoming(record(9, "vm", "live-migration", "cancelled", NOON, SOMEBODY)))
          .decideAfter(60);

      isAt(given, "Gone", Reason.MovedExternally);
    }

    @Test
    void staysUnchangedWhileTheOperatorTracksItsOwnMoves() {
      given.decide();
      var before = given.row("vm");
      given.rows(before, moving("other")).instances(busy("migrating", active("other")));

      given.decideAfter(5);

      assertThat(given.row("vm")).isEqualTo(before);
    }

    @Test
    void isGoneOnceItsMigrationEndsWhileTheOperatorTracksItsOwnMoves() {
      given.decide();
      given.rows(given.row("vm"), moving("other"));

      given
          .instances(away(active("vm")), busy("migrating", active("other")))
          .after(600)
          .migrations(
              become(
                  "cancelled",
                  given.now(),
                  incoming(record(9, "vm", "live-migration", "x", NOON, SOMEBODY))))
          .decide();

      isAt(given, "Gone", Reason.MovedExternally);
    }

    /** It rests again where the migration has just brought it, and its record does not say so. */
    @ParameterizedTest
    @CsvSource({
      "compute-7, compute-1, Pending/ExternalMigration",
      "compute-1, compute-7, Pending/ExternalMigration",
      "compute-1, compute-2, Gone/MovedExternally",
    })
    void staysPendingWhileAMigrationOfThisHostHasJustChanged(
        String source, String destination, String stands) {
      given.decide();
      given.rows(given.row("vm"), moving("other"));

      given
          .instances(away(active("vm")), busy("migrating", active("other")))
          .after(600)
          .migrations(
              new Migration(
                  9,
                  "uuid-of-migration-9",
                  "vm",
                  "live-migration",
                  "post-migrating",
                  source,
                  destination,
                  NOON,
                  given.now(),
                  SOMEBODY.userId(),
                  SOMEBODY.projectId()))
          .decide();

      assertThat(given.row("vm").state() + "/" + given.row("vm").reason()).isEqualTo(stands);
    }

    @Test
    void isGoneWhenItDoesNotArriveWhileTheOperatorTracksItsOwnMoves() {
      given.decide();
      given.rows(given.row("vm"), moving("other"));

      given.instances(away(active("vm")), busy("migrating", active("other"))).decideAfter(600);

      isAt(given, "Gone", Reason.MovedExternally);
    }

    @Test
    void isBlockedAfterAnHourWhileTheOperatorTracksItsOwnMoves() {
      given.decide();
      given.rows(given.row("vm"), moving("other"));

      given
          .instances(busy("migrating", away(active("vm"))), busy("migrating", active("other")))
          .decideAfter(3600);

      isAt(given, "Blocked", Reason.ExternalMigration);
    }

    @Test
    void makesItsMovedRowPendingAgain() {
      given.rows(
          row("vm", RowState.Moved, Reason.Moved).toBuilder()
              .attempts(2)
              .completionTime(NOON)
              .build());

      given.decide();

      isAt(given, "Pending", Reason.ExternalMigration);
      assertThat(given.row("vm").attempts()).isZero();
    }

    @Test
    void hasNoRowWhenItsMigrationIsStuck() {
      given.instances(away(active("vm"))).after(600).decide();

      assertThat(given.status().instances()).isEmpty();
    }
  }

  @Nested
  class AnInstanceBeingBuilt {

    private final Instance built = Fixtures.instance("vm", "building", "scheduling", 0, null);
    private final Given given =
        lookedAtTwice(
            Given.taken()
                .instances(built)
                .placement(new Consumer("vm", Optional.empty(), Optional.of(built))));

    @Test
    void isPendingAsAnExternalMigration() {
      assertThat(given.row("vm").reason()).isEqualTo(Reason.ExternalMigration.name());
      assertThat(given.row("vm").state()).isEqualTo("Pending");
    }

    @Test
    void isBlockedAfterAnHour() {
      given.decideAfter(3600);

      assertThat(given.row("vm").state()).isEqualTo("Blocked");
      assertThat(given.status().phase()).isEqualTo("Blocked");
    }

    @Test
    void staysUnchangedWhilePlacementIsNotQueried() {
      var before = given.row("vm");
      given.instances(active("other")).decideAfter(5);

      assertThat(given.row("vm")).isEqualTo(before);
    }

    @Test
    void isGoneOnceItIsDeleted() {
      given.gone("vm").placement().decideAfter(60);

      assertThat(given.row("vm").state()).isEqualTo("Gone");
    }
  }

  // ---------------------------------------------------------------- placement

  @Nested
  class PlacementConsumers {

    private Given with(Consumer... consumers) {
      return lookedAtTwice(Given.taken().placement(consumers));
    }

    private Consumer instance(Instance instance) {
      return new Consumer(instance.id(), Optional.empty(), Optional.of(instance));
    }

    @Test
    void keepTheHostNotEmptyWhileAnInstanceIsBeingBuilt() {
      stands(
          with(instance(Fixtures.instance("vm", "building", "scheduling", 0, null))),
          "False",
          Reason.NotEmpty);
    }

    @Test
    void keepTheHostNotEmptyWhileABuildIsBetweenTwoTasks() {
      stands(
          with(instance(Fixtures.instance("vm", "building", null, 0, null))),
          "False",
          Reason.NotEmpty);
    }

    @Test
    void keepTheHostNotEmptyWhenNovaShowsTheInstanceOnTheHost() {
      stands(with(instance(active("vm"))), "False", Reason.NotEmpty);
    }

    @Test
    void keepTheHostNotEmptyWhileAResizeIsBeingReverted() {
      var reverting =
          new Consumer(
              "uuid",
              Optional.of(record(9, "vm", "resize", "reverted", NOON, SOMEBODY)),
              Optional.of(away(busy("resize_reverting", in("resized", "vm")))));

      stands(with(reverting), "False", Reason.NotEmpty);
    }

    @Test
    void keepTheHostNotEmptyWhileAResizeIsUnconfirmed() {
      var unconfirmed =
          new Consumer(
              "uuid",
              Optional.of(record(9, "vm", "resize", "finished", NOON, SOMEBODY)),
              Optional.of(away(in("resized", "vm"))));

      stands(with(unconfirmed), "False", Reason.NotEmpty);
    }

    private Given skipping(Instance now) {
      var given =
          Given.taken()
              .strategies(Strategies.of(Map.of("stopped", "Skip")))
              .instances(in("stopped", "vm"))
              .placement(
                  new Consumer(
                      "uuid",
                      Optional.of(record(9, "vm", "resize", "finished", NOON, SOMEBODY)),
                      Optional.of(now)));
      given.decide();
      given.decideAfter(5);
      given.decideAfter(65);
      return given;
    }

    /** The owner resizes it in the middle of an observation: it will have to be confirmed. */
    @Test
    void keepTheHostFromReadyWhenAnInstanceThatStaysWasResizedSince() {
      assertThat(skipping(away(in("resized", "vm"))).status().isTrue(Condition.READY)).isFalse();
    }

    @Test
    void areIgnoredWhenTheirInstanceStays() {
      assertThat(skipping(in("stopped", "vm")).status().isTrue(Condition.READY)).isTrue();
    }

    @Test
    void areIgnoredWhenNovaDoesNotKnowThem() {
      stands(
          with(new Consumer("unknown", Optional.empty(), Optional.empty())), "True", Reason.Empty);
    }

    @Test
    void areIgnoredWhenTheirInstanceIsIdleOnAnotherHost() {
      stands(with(instance(away(active("vm")))), "True", Reason.Empty);
    }

    @Test
    void areIgnoredWhenTheirMigrationHasEnded() {
      var ended =
          new Consumer(
              "uuid",
              Optional.of(record(9, "vm", "live-migration", "completed", NOON, SOMEBODY)),
              Optional.of(away(active("vm"))));

      stands(with(ended), "True", Reason.Empty);
    }

    @Test
    void areAwaitedEvery5SecondsWithoutStatusChanges() {
      var given = with(instance(Fixtures.instance("vm", "building", "spawning", 0, null)));
      given.decideAfter(5);
      var before = given.status();

      var decision = given.decideAfter(5);

      assertThat(given.status()).isEqualTo(before);
      assertThat(decision.requeueAfter()).hasSeconds(5);
    }

    @Test
    void keepTheFirstCheckFromFindingTheHostEmpty() {
      var given =
          Given.taken().placement(instance(Fixtures.instance("vm", "building", null, 0, null)));

      given.decide();

      stands(given, "False", Reason.NotEmpty);
      assertThat(given.status().firstEmptyTime()).isNull();
    }

    @Test
    void restartSettleTimeAtTheSecondCheck() {
      var given = Given.taken();
      given.decide();
      given.placement(instance(Fixtures.instance("vm", "building", null, 0, null))).decideAfter(61);
      assertThat(given.status().firstEmptyTime()).isNull();

      given.placement().decideAfter(5);

      stands(given, "False", Reason.SettlingEmpty);
      assertThat(given.status().firstEmptyTime()).isEqualTo(given.now());
    }
  }

  @Test
  void hostIsDrainedWithoutPlacementAndTheReasonSaysSo() {
    var given = lookedAtTwice(Given.taken().noPlacement());

    stands(given, "True", Reason.EmptyWithoutPlacement);
    assertThat(given.status().phase()).isEqualTo("InMaintenance");
  }

  // ---------------------------------------------------------------- without an observation

  @Nested
  class WithoutAnObservation {

    private final Given given = lookedAtTwice(Given.taken());

    @Test
    void statusStaysUnchangedForThreeMinutes() {
      var before = given.status();

      given.after(179).unavailable();

      assertThat(given.status()).isEqualTo(before);
    }

    @Test
    void drainedAndReadyAreUnknownAfterThreeMinutes() {
      given.after(180).unavailable();

      stands(given, "Unknown", Reason.ApiUnavailable);
      assertThat(given.status().condition(Condition.READY).orElseThrow().status())
          .isEqualTo("Unknown");
      assertThat(given.status().phase()).isNotEqualTo("InMaintenance");
    }

    @Test
    void drainedStaysWhileTheWatchSeesTheHost() {
      var given = lookedAtTwice(Given.taken());

      given.after(600).seen().after(179).unavailable();

      assertThat(drained(given).status()).isEqualTo("True");
    }

    @Test
    void drainedIsUnknownThreeMinutesAfterTheWatchSawTheHost() {
      var given = lookedAtTwice(Given.taken());

      given.after(600).seen().after(180).unavailable();

      assertThat(drained(given).status()).isEqualTo("Unknown");
    }

    @Test
    void drainedIsUnknownAfterHalfAnHourWithoutAnObservationWhateverTheWatchSees() {
      var given = lookedAtTwice(Given.taken());

      given.after(1800).seen().unavailable();

      assertThat(drained(given).status()).isEqualTo("Unknown");
    }

    @Test
    void drainedStaysForHalfAnHourWithoutAnObservationWhileTheWatchSeesTheHost() {
      var given = lookedAtTwice(Given.taken());

      given.after(1799).seen().unavailable();

      assertThat(drained(given).status()).isEqualTo("True");
    }

    @Test
    void anUnavailableApiIsReportedOnce() {
      assertThat(given.after(180).unavailable().notices())
          .extracting(Notice::reason)
          .containsExactly(Reason.ApiUnavailable);
      assertThat(given.after(60).unavailable().notices()).isEmpty();
    }

    @Test
    void anOutageOfOneMinuteIsNotReported() {
      assertThat(given.after(60).unavailable().notices()).isEmpty();
    }

    @Test
    void drainedIsTrueAgainAfterTheNextObservation() {
      given.after(600).unavailable();

      given.decideAfter(60);

      stands(given, "True", Reason.Empty);
    }

    @Test
    void drainedIsUnknownWhenTheCellIsDownForThreeMinutes() {
      given.service(HOST, "UNKNOWN", null);
      given.decideAfter(60);
      stands(given, "True", Reason.Empty);

      given.decideAfter(120);

      stands(given, "Unknown", Reason.CellDown);
    }

    @Test
    void theHostIsNeverDrainedWhileTheCellIsDown() {
      var fresh = Given.taken().service(HOST, "UNKNOWN", null);

      lookedAtTwice(fresh);

      assertThat(drained(fresh).status()).isNotEqualTo("True");
      assertThat(fresh.status().firstEmptyTime()).isNull();
    }

    @Test
    void missingRightsMakeThePhaseBlockedAndSetStalled() {
      given.after(180).decide(new Unavailable(Reason.Forbidden.cause("No rights."), Duration.ZERO));

      assertThat(given.status().phase()).isEqualTo("Blocked");
      assertThat(given.status().condition(Condition.STALLED)).isPresent();
    }

    @Test
    void noInstanceRowChanges() {
      var moving = Given.taken().rows(moving("vm"));

      moving.after(600).unavailable();

      assertThat(moving.row("vm")).isEqualTo(moving("vm"));
    }

    @Test
    void theNextReconciliationRespectsTheRetryAfterOfTheCloud() {
      var patient = new Unavailable(Reason.ApiUnavailable.cause("Slow."), Duration.ofSeconds(150));

      assertThat(given.decide(patient).requeueAfter()).hasSeconds(150);
    }

    @Test
    void theNextReconciliationComesWhenNothingIsKnownOfTheHostAnyMore() {
      var patient = new Unavailable(Reason.ApiUnavailable.cause("Slow."), Duration.ofSeconds(600));

      assertThat(given.decide(patient).requeueAfter()).hasSeconds(180);
    }
  }

  // ---------------------------------------------------------------- what is said

  @Test
  void phaseIsDrainingDuringSettleTime() {
    var given = Given.taken();
    given.decide();

    given.decideAfter(30);

    assertThat(given.status().phase()).isEqualTo("Draining");
  }

  @Test
  void drainedMessageCountsTheInstancesOnTheHost() {
    var one = Given.taken().suspended(true).instances(active("a"));
    one.decide();
    var two = Given.taken().suspended(true).instances(active("a"), active("b"));
    two.decide();

    assertThat(drained(one).message()).isEqualTo("1 instance is on the host.");
    assertThat(drained(two).message()).isEqualTo("2 instances are on the host.");
  }

  @Test
  void drainedMessageSaysThatTheServiceIsNotDisabled() {
    var given = Given.fresh();

    given.decide();

    assertThat(drained(given).message()).isEqualTo("nova-compute on compute-7 is not disabled.");
  }

  @Test
  void drainedMessageNamesAnIncomingMigration() {
    var given =
        Given.taken()
            .instances(busy("migrating", away(active("vm"))))
            .migrations(incoming(record(9, "vm", "live-migration", "running", NOON, SOMEBODY)));

    given.decide();

    assertThat(drained(given).message()).contains("Migration 9", "vm");
  }

  @Test
  void drainedMessageNamesAPlacementConsumer() {
    var built = Fixtures.instance("vm", "building", null, 0, null);
    var given = Given.taken().placement(new Consumer("vm", Optional.empty(), Optional.of(built)));

    given.decide();

    assertThat(drained(given).message()).contains("Placement", "vm");
  }

  @Test
  void lateArrivalIsReportedOnce() {
    var given = lookedAtTwice(Given.taken()).rows(row("vm", RowState.Moved, Reason.Moved));

    var first = given.suspended(true).instances(active("vm")).decideAfter(60);
    var second = given.decideAfter(5);

    assertThat(first.notices()).extracting(Notice::reason).contains(Reason.LateArrival);
    assertThat(second.notices()).extracting(Notice::reason).doesNotContain(Reason.LateArrival);
  }

  /** The instance is listed after the records, so it may rest already where one has brought it. */
  @Test
  void migrationChangedInTheLast30SecondsCountsThoughItsInstanceIsIdle() {
    var given =
        Given.taken()
            .instances(away(active("vm")))
            .migrations(
                incoming(
                    record(9, "vm", "live-migration", "running", NOON.minusSeconds(30), SOMEBODY)));

    given.decide();

    stands(given, "False", Reason.NotEmpty);
  }

  /**
   * Where the clock that stamps records is ahead, an old record is not a recent one for an hour.
   */
  @Test
  void migrationWithAFutureTimestampDoesNotCountWhileItsInstanceIsIdle() {
    var given =
        Given.taken()
            .instances(away(active("vm")))
            .migrations(
                incoming(
                    record(9, "vm", "live-migration", "running", NOON.plusSeconds(30), SOMEBODY)));

    given.decide();

    stands(given, "False", Reason.SettlingEmpty);
  }

  @Test
  void migrationUnchangedFor31SecondsDoesNotCountWhileItsInstanceIsIdle() {
    var given =
        Given.taken()
            .instances(away(active("vm")))
            .migrations(
                incoming(
                    record(9, "vm", "live-migration", "running", NOON.minusSeconds(31), SOMEBODY)));

    given.decide();

    stands(given, "False", Reason.SettlingEmpty);
  }
}
