package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.cold;
import static io.hostmaintenance.drain.Fixtures.failed;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.paused;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.Given.US;
import static io.hostmaintenance.drain.Given.requestId;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Decision;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.drain.Outcome;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a request that is outstanding comes to its end. */
class MigrationTrackerTest {

  private static final String LIVE = InstanceAction.LIVE_MIGRATION;
  private static final String COLD = InstanceAction.MIGRATE;

  private static Instance migrating(String id) {
    return busy("migrating", active(id));
  }

  private static InstanceAction ours(String name, long after) {
    return action(name, requestId("vm"), NOON.plusSeconds(after), US);
  }

  private static void stands(Given given, String state, Reason reason) {
    assertThat(given.row("vm"))
        .extracting(r -> r.state(), r -> r.reason())
        .containsExactly(state, reason.name());
  }

  // ================================================================ clocks, and tasks for ever

  @Nested
  class ClocksThatDiffer {

    private final Given given =
        Given.taken().rows(moving("vm")).action("vm", ours(LIVE, 1)).instances(away(active("vm")));

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotTurnAMoveOfTheOperatorIntoAnExternalMove(long ahead) {
      given.migrations(live(9, "vm", "completed", NOON.plusSeconds(ahead)));

      given.decideAfter(30);

      stands(given, "Moved", Reason.Moved);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotPreventTheConfirmationOfAColdMigration(long ahead) {
      given
          .rows(cold(moving("vm")))
          .instances(away(in("resized", "vm")))
          .action("vm", action(COLD, requestId("vm"), NOON.plusSeconds(1), US))
          .migrations(Fixtures.cold(9, "vm", "finished", NOON.plusSeconds(ahead)));
      given.rows(given.row("vm").toBuilder().requestId(requestId("cold")).build());
      given.action("vm", action(COLD, requestId("cold"), NOON.plusSeconds(1), US));
      given.migrations(Fixtures.cold(8, "vm", "error", NOON.plusSeconds(ahead - 60)));

      assertThat(given.decideAfter(30).commands())
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotHideACompletedMoveWhoseAnswerWasLost(long ahead) {
      given
          .rows(requested("vm"))
          .action("vm", action(LIVE, "req-lost", NOON.plusSeconds(ahead + 2), US))
          .migrations(
              live(8, "vm", "failed", NOON.plusSeconds(ahead - 90)),
              live(9, "vm", "completed", NOON.plusSeconds(ahead + 3)));

      given.decideAfter(30);

      stands(given, "Moved", Reason.Moved);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotHideARunningMoveWhoseAnswerWasLost(long ahead) {
      given
          .rows(requested("vm"))
          .instances(migrating("vm"))
          .action("vm", action(LIVE, "req-lost", NOON.plusSeconds(ahead + 2), US))
          .migrations(live(9, "vm", "running", NOON.plusSeconds(ahead + 3)));

      given.decideAfter(30);

      stands(given, "InProgress", Reason.Running);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotPreventTheConfirmationOfAColdMigrationWhoseAnswerWasLost(long ahead) {
      var lost =
          Given.taken()
              .rows(cold(requested("vm")))
              .instances(away(in("resized", "vm")))
              .action("vm", action(COLD, "req-lost", NOON.plusSeconds(ahead + 2), US))
              .migrations(Fixtures.cold(9, "vm", "finished", NOON.plusSeconds(ahead + 3)));

      assertThat(lost.decideAfter(30).commands()).first().isInstanceOf(Command.ConfirmResize.class);
    }

    @Test
    void doNotTurnAnExternalMoveIntoAMoveOfTheOperator() {
      var theirs =
          Given.taken()
              .rows(requested("vm"))
              .instances(away(active("vm")))
              .action("vm", ours(LIVE, -60))
              .action("vm", action(LIVE, "req-theirs", NOON.plusSeconds(2), SOMEBODY))
              .migrations(
                  live(8, "vm", "completed", NOON.minusSeconds(60)),
                  record(9, "vm", LIVE, "completed", NOON.plusSeconds(3), SOMEBODY));

      theirs.decideAfter(30);

      stands(theirs, "Gone", Reason.MovedExternally);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3600, -60, -6, 6, 60, 3600})
    void doNotHideThatAMoveFailed(long ahead) {
      given.instances(active("vm")).migrations(live(9, "vm", "failed", NOON.plusSeconds(ahead)));

      given.decideAfter(30);

      stands(given, "Pending", Reason.FailedDuringTransfer);
    }

    private Given lostAndStillHere(long actionAhead) {
      var here =
          Given.taken()
              .rows(requested("vm"))
              .instances(active("vm"))
              .action("vm", ours(LIVE, actionAhead))
              .migrations(live(9, "vm", "failed", NOON.plusSeconds(actionAhead)));
      here.decide();
      return here;
    }

    @Test
    void useUpTheAttemptThatMayHaveFailed() {
      var here = lostAndStillHere(-60);

      assertThat(here.decideAfter(70).commands()).isEmpty();

      stands(here, "Pending", Reason.ApiUnavailable);
      assertThat(here.row("vm").message()).contains("Nova's clocks differ by 60 s");
      assertThat(here.row("vm").attempts()).isEqualTo(1);
    }

    @Test
    void useUpTheAttemptThatMayHaveFailedAlsoAfter15Minutes() {
      var here = lostAndStillHere(-3600);

      here.decideAfter(15 * 60);

      stands(here, "Pending", Reason.ApiUnavailable);
      assertThat(here.row("vm").attempts()).isEqualTo(1);
    }

    @Test
    void doNotUseUpAnAttemptForAnActionTwoHoursOld() {
      assertThat(lostAndStillHere(-7200).decideAfter(70).commands())
          .first()
          .isInstanceOf(Command.LiveMigrate.class);
    }

    @Test
    void doNotLetAFailureEndARequestThatMayStillReachNova() {
      var here = lostAndStillHere(60);

      here.decideAfter(69);
      stands(here, "Requested", Reason.AnswerUnknown);

      here.decideAfter(1);
      stands(here, "Pending", Reason.FailedDuringTransfer);
    }

    @Test
    void areNamedInTheMessageWhenTheyMayBeTheCause() {
      given
          .action("vm", action(LIVE, "req-other", NOON.plusSeconds(2), US))
          .migrations(live(9, "vm", "completed", NOON.minusSeconds(3600)));

      given.decideAfter(30);

      stands(given, "Gone", Reason.MovedExternally);
      assertThat(given.row("vm").message()).contains("Nova's clocks differ by 3600 s");
    }

    private static List<Migration> migrationsThatExplainTheMove() {
      var elsewhere = live(9, "vm", "completed", NOON.plusSeconds(60));
      return List.of(
          record(9, "vm", Migration.LIVE, "completed", NOON.minusSeconds(3600), SOMEBODY),
          live(9, "vm", "failed", NOON.minusSeconds(3600)),
          incoming(live(9, "vm", "completed", NOON.minusSeconds(3600))),
          new Migration(
              9,
              elsewhere.uuid(),
              "vm",
              Migration.LIVE,
              "completed",
              "compute-11",
              OTHER,
              elsewhere.createdAt(),
              elsewhere.updatedAt(),
              US.userId(),
              US.projectId()));
    }

    @ParameterizedTest
    @MethodSource("migrationsThatExplainTheMove")
    void areNotNamedInTheMessageWhenTheyCannotBeTheCause(Migration newest) {
      var theirs =
          Given.taken().rows(moving("vm")).instances(away(active("vm"))).migrations(newest);

      theirs.decideAfter(30);

      stands(theirs, "Gone", Reason.MovedExternally);
      assertThat(theirs.row("vm").message())
          .isEqualTo(InstanceMessages.movedExternally(OTHER).message());
    }
  }

  @Test
  void taskStuckAfterAnErrorBlocksTheInstanceAfterOneMinuteWithNovasText() {
    var given =
        Given.taken()
            .rows(moving("vm"))
            .instances(migrating("vm"))
            .action("vm", failed(ours(LIVE, 1), "Connection to neutron failed"))
            .migrations(live(9, "vm", "error", NOON.plusSeconds(1)));
    given.decideAfter(5);
    stands(given, "InProgress", Reason.Settling);

    given.decideAfter(60);

    stands(given, "Blocked", Reason.Inconsistent);
    assertThat(given.row("vm").message())
        .contains("Connection to neutron failed")
        .contains("openstack server set --state active --auto-approve vm");
  }

  /**
   * Nova is asked at the begin of an observation, and its record may come while a slow look goes
   * on.
   */
  @Test
  void slowObservationDoesNotEndARequestThatItDoesNotShowYet() {
    var given =
        Given.taken()
            .rows(moving("vm"))
            .instances(active("vm"))
            .action("vm", ours(LIVE, 1))
            .lookTook(Duration.ofSeconds(30));

    given.decideAfter(70);
    stands(given, "InProgress", Reason.Queued);

    given.decideAfter(30);
    stands(given, "Pending", Reason.Inconsistent);
  }

  // ================================================================ behind somebody else's

  @Nested
  class AMoveQueuedBehindAnExternalMigration {

    private final Given given =
        Given.taken().rows(moving("vm")).instances(migrating("vm"), migrating("foreign"));

    @Test
    void waitsAndIsNotInconsistent() {
      given.decideAfter(5);

      given.decideAfter(3000);

      stands(given, "InProgress", Reason.Waiting);
      assertThat(given.row("vm").message()).contains("foreign");
    }

    @Test
    void waitsForHoursWhileTheExternalMigrationProgresses() {
      for (var i = 0; i < 10; i++) {
        given.after(1000).migrations(record(3, "foreign", LIVE, "running", given.now(), SOMEBODY));
        given.decide();
      }

      stands(given, "InProgress", Reason.Waiting);
    }

    @Test
    void isBlockedWhenTheExternalMigrationMakesNoProgress() {
      given.decideAfter(5);
      given.decideAfter(3700);
      given.decideAfter(5);

      given.decideAfter(700);

      stands(given, "Blocked", Reason.Inconsistent);
    }

    @Test
    void isBlockedWhenItWaitsOnlyBehindAQueuedMoveOfTheOperator() {
      given.rows(moving("vm"), moving("foreign")).decideAfter(5);

      given.decideAfter(700);

      stands(given, "Blocked", Reason.Inconsistent);
    }

    @Test
    void doesNotWaitWhenItIsCold() {
      given.rows(cold(moving("vm"))).instances(busy("resize_prep", active("vm"))).decideAfter(5);

      stands(given, "InProgress", Reason.Queued);
    }

    @Test
    void keepsItsSlotOfTheConcurrencyLimit() {
      given.concurrency(1, 1).instances(active("third"));

      given.decideAfter(5);
      given.decideAfter(700);

      assertThat(given.decideAfter(700).commands()).isEmpty();
    }
  }

  // ================================================================ no answer

  @Nested
  class ARequestWithoutAnAnswer {

    private final Given given = Given.taken().rows(requested("vm"));

    @Test
    void isMatchedToTheOnlyLaterInstanceActionOfTheOperatorsUser() {
      given.instances(migrating("vm")).action("vm", ours(LIVE, 1));

      assertThat(given.decideAfter(5).commands()).isEmpty();

      stands(given, "InProgress", Reason.Queued);
      assertThat(given.row("vm").requestId()).isEqualTo(requestId("vm"));
    }

    @Test
    void isMatchedByTheUserThatSentItAfterTheOperatorsUserChanged() {
      var before = new io.hostmaintenance.nova.Identity("operator-2025", "old-admin");
      given
          .rows(
              requested("vm").toBuilder()
                  .requestUserId(before.userId())
                  .requestProjectId(before.projectId())
                  .build())
          .instances(migrating("vm"))
          .action("vm", action(LIVE, requestId("vm"), NOON.plusSeconds(1), before));

      given.decideAfter(5);

      stands(given, "InProgress", Reason.Queued);
    }

    @Test
    void isMatchedWhenItsMigrationHasAlreadyCompleted() {
      given
          .instances(away(active("vm")))
          .action("vm", ours(LIVE, 1))
          .migrations(live(9, "vm", "completed", NOON.plusSeconds(1)));

      given.decideAfter(30);

      stands(given, "Moved", Reason.Moved);
    }

    @ParameterizedTest
    @CsvSource({"alice, web", "operator, web", "alice, admin"})
    void isNotMatchedToAnActionOfAnotherUserOrProject(String user, String project) {
      var by = new io.hostmaintenance.nova.Identity(user, project);
      given.instances(migrating("vm")).action("vm", action(LIVE, "req-x", NOON.plusSeconds(1), by));

      given.decideAfter(5);

      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isNotMatchedToAnActionWithAnotherName() {
      given.instances(migrating("vm")).action("vm", ours(COLD, 1));

      given.decideAfter(5);

      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isNotMatchedToAnActionThatStartedBeforeIt() {
      given.instances(migrating("vm")).action("vm", ours(LIVE, -6));

      given.decideAfter(5);

      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isComparedWithActionsByNovasClockOnly() {
      var ahead = Duration.ofHours(1);
      given
          .novaAhead(ahead)
          .rows(requested("vm").toBuilder().observedTime(NOON.plus(ahead)).build())
          .instances(migrating("vm"))
          .action("vm", ours(LIVE, -300)); // after the intent by our clock only if hours are mixed

      given.decideAfter(5);

      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isNotMatchedWhenTwoActionsFit() {
      given
          .instances(active("vm"))
          .action("vm", ours(LIVE, 1))
          .action("vm", action(LIVE, "req-second", NOON.plusSeconds(2), US));

      given.decide();
      given.decideAfter(70);

      stands(given, "Pending", Reason.ApiUnavailable);
      assertThat(given.row("vm").requestId()).isNull();
      assertThat(given.row("vm").message()).contains("several requests");
    }

    @Test
    void isNotRepeatedWithin70Seconds() {
      given.instances(active("vm"));
      given.decide();

      assertThat(given.decideAfter(69).commands()).isEmpty();
      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isRepeatedAfter70SecondsAsTheSameAttempt() {
      given.instances(active("vm"));
      given.decide();

      var decision = given.decideAfter(70);

      assertThat(decision.commands()).hasSize(1).first().isInstanceOf(Command.LiveMigrate.class);
      assertThat(given.row("vm").attempts()).isEqualTo(1);
      assertThat(given.row("vm").requestTime()).isEqualTo(given.now());
      assertThat(given.row("vm").observedTime()).isEqualTo(given.now());
    }

    @Test
    void isAwaitedFor70SecondsAgainAfterAnOperatorRestart() {
      given.instances(active("vm"));
      given.decide();

      assertThat(given.restarted().decideAfter(600).commands()).isEmpty();
      assertThat(given.decideAfter(70).commands()).hasSize(1);
    }

    @Test
    void isAwaitedFor70SecondsAgainAfterEachRepetition() {
      given.instances(active("vm"));
      given.decide();
      given.decideAfter(70);
      given.decideAfter(5);

      assertThat(given.decideAfter(69).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands()).hasSize(1);
    }

    @Test
    void isNotRepeatedWhileTheInstanceHasATask() {
      given.instances(busy("rebooting", active("vm")));
      given.decide();

      assertThat(given.decideAfter(300).commands()).isEmpty();
      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isNotRepeatedWhileNovaDoesNotShowTheInstance() {
      given.instances(active("vm")).unseen("vm");
      given.decide();

      assertThat(given.decideAfter(300).commands()).isEmpty();
      stands(given, "Requested", Reason.AnswerUnknown);
    }

    @Test
    void isBlockedWhenNovaDoesNotShowTheInstanceFor15Minutes() {
      given.instances(active("vm")).unseen("vm");
      given.decide();

      given.decideAfter(900);
      stands(given, "Blocked", Reason.ApiUnavailable);
      assertThat(given.row("vm").requestTime()).isNotNull();

      given.decideAfter(900);
      stands(given, "Blocked", Reason.ApiUnavailable);
    }

    @Test
    void isMatchedOnceNovaShowsTheInstanceAgain() {
      given.instances(active("vm")).unseen("vm");
      given.decide();
      given.decideAfter(900);

      given
          .seenAgain("vm")
          .instances(away(active("vm")))
          .action("vm", ours(LIVE, 1))
          .migrations(live(2, "vm", "completed", NOON.plusSeconds(1)))
          .decideAfter(5);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void isGivenUpAfter15MinutesWhenTheInstanceStillHasATask() {
      given.instances(busy("rebooting", active("vm")));
      given.decide();

      given.decideAfter(900);

      stands(given, "Pending", Reason.ApiUnavailable);
      assertThat(given.row("vm").requestTime()).isNull();
    }

    @Test
    void saysAfter15MinutesThatTheAnswerWasLostWhenNoProcessSawOne() {
      given.rows(asked(InstanceMessages.ASKING.message())).instances(active("vm"));
      given.unavailable();

      given.decideAfter(900);

      stands(given, "Pending", Reason.ApiUnavailable);
      assertThat(given.row("vm").message()).isEqualTo(InstanceMessages.ANSWER_LOST);
    }

    @Test
    void keepsNovasWordsAfter15Minutes() {
      given.rows(asked("Nova said 504.")).instances(active("vm"));
      given.unavailable();

      given.decideAfter(900);

      stands(given, "Pending", Reason.ApiUnavailable);
      assertThat(given.row("vm").message()).isEqualTo("Nova said 504.");
    }

    private static InstanceStatus asked(String message) {
      return requested("vm").toBuilder().message(message).lastTransitionTime(NOON).build();
    }

    @Test
    void endsGoneWhenAnExternalMigrationMovedTheInstance() {
      given
          .instances(away(active("vm")))
          .migrations(record(2, "vm", LIVE, "completed", NOON.plusSeconds(1), SOMEBODY));

      given.decideAfter(5);

      stands(given, "Gone", Reason.MovedExternally);
    }

    @Test
    void endsGoneWhenTheInstanceIsDeleted() {
      given.decideAfter(5);

      stands(given, "Gone", Reason.Deleted);
    }

    @Test
    void isRepeatedAsAColdMigrationWhenTheInstanceHasStopped() {
      given.instances(active("vm"));
      given.decide();

      given.instances(stopped("vm"));

      assertThat(given.decideAfter(70).commands()).first().isInstanceOf(Command.ColdMigrate.class);
    }
  }

  // ================================================================ whose record

  @Nested
  class TheMigrationOfARequest {

    @Test
    void isTheOneThatTheOperatorsUserStartedAfterTheRequest() {
      var given =
          Given.taken()
              .rows(moving("vm"))
              .instances(migrating("vm"))
              .migrations(
                  live(1, "vm", "error", NOON.minusSeconds(60)),
                  live(2, "vm", "running", NOON.plusSeconds(1)));

      given.decideAfter(5);

      assertThat(given.row("vm").migrationId()).isEqualTo(2);
      stands(given, "InProgress", Reason.Running);
    }

    @Test
    void isNeverTheMigrationOfAnotherUser() {
      var given =
          Given.taken()
              .rows(moving("vm"))
              .instances(away(active("vm")))
              .migrations(
                  record(2, "vm", "live-migration", "completed", NOON.plusSeconds(1), SOMEBODY));

      given.decideAfter(5);

      stands(given, "Gone", Reason.MovedExternally);
    }

    /** Nova answers 200 without the rows of a cell whose database it could not reach. */
    @Test
    void isAwaitedWhileNovaShowsNone() {
      var given =
          Given.taken()
              .rows(moving("vm"))
              .instances(away(active("vm")))
              .action("vm", ours(LIVE, 1));
      given.decideAfter(5);
      stands(given, "InProgress", Reason.Settling);

      given.migrations(live(2, "vm", "completed", NOON.plusSeconds(1))).decideAfter(5);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void isAwaitedForFiveMinutesOnly() {
      var given = Given.taken().rows(moving("vm")).instances(away(active("vm")));
      given.decideAfter(1000);

      given.decideAfter(299);
      stands(given, "InProgress", Reason.Settling);

      given.decideAfter(1);
      stands(given, "Gone", Reason.MovedExternally);
    }

    @Test
    void isAwaitedForFiveMinutesOnlyWhenTheAnswerWasLost() {
      var given = Given.taken().rows(requested("vm")).instances(away(active("vm")));
      given.decideAfter(1000);

      given.decideAfter(299);
      stands(given, "Requested", Reason.Settling);

      given.decideAfter(1);
      stands(given, "Gone", Reason.MovedExternally);
    }

    @Test
    void onceKnownEndsAsStuckRecordWhenNovaNoLongerShowsIt() {
      var given = Given.taken().rows(running("vm", 2)).instances(away(active("vm")));
      given.decideAfter(1000);

      given.decideAfter(300);

      stands(given, "Moved", Reason.StuckRecord);
    }

    @Test
    void isNeverTheMigrationOfAnotherInstance() {
      var given =
          Given.taken()
              .rows(moving("vm"))
              .instances(migrating("vm"))
              .migrations(live(2, "another", "completed", NOON.plusSeconds(1)));

      given.decideAfter(5);

      assertThat(given.row("vm").migrationId()).isNull();
    }

    @Test
    void isNeverAResize() {
      var given =
          Given.taken()
              .rows(cold(moving("vm")))
              .instances(away(in("resized", "vm")))
              .action("vm", ours(COLD, 1))
              .migrations(record(2, "vm", "resize", "finished", NOON.plusSeconds(1), US));

      assertThat(given.decideAfter(5).commands()).isEmpty();
      assertThat(given.row("vm").migrationId()).isNull();
    }

    @Test
    void isTheColdMigrationThatFollowsTheActionOfTheRequest() {
      var given =
          Given.taken()
              .rows(cold(moving("vm")))
              .instances(away(in("resized", "vm")))
              .action("vm", ours(COLD, 1))
              .migrations(cold(2, "vm", "finished", NOON.plusSeconds(2)));

      assertThat(given.decideAfter(5).commands())
          .hasSize(1)
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
      assertThat(given.row("vm").migrationId()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"migrate", "resize", "live-migration"})
    void isNotAColdMigrationThatFollowsALaterActionOfSomeoneElse(String name) {
      var given =
          Given.taken()
              .rows(cold(moving("vm")))
              .instances(away(in("resized", "vm")))
              .action("vm", ours(COLD, 1))
              .action("vm", action(name, "req-theirs", NOON.plusSeconds(20), SOMEBODY))
              .migrations(cold(2, "vm", "finished", NOON.plusSeconds(21)));

      assertThat(given.decideAfter(30).commands()).isEmpty();
      assertThat(given.row("vm").state()).isNotEqualTo("Confirming");
    }

    @ParameterizedTest
    @CsvSource({"resize, 20", "reboot, 3"})
    void isFoundWhenSomeoneElseStartedAnUnrelatedAction(String name, long after) {
      var given =
          Given.taken()
              .rows(cold(moving("vm")))
              .instances(away(in("resized", "vm")))
              .action("vm", ours(COLD, 1))
              .action("vm", action(name, "req-theirs", NOON.plusSeconds(after), SOMEBODY))
              .migrations(cold(2, "vm", "finished", NOON.plusSeconds(2)));

      assertThat(given.decideAfter(30).commands())
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
    }

    @Test
    void onceKnownIsNotReplacedByANewerMigration() {
      var given =
          Given.taken()
              .rows(cold(running("vm", 2)))
              .instances(away(in("resized", "vm")))
              .migrations(
                  cold(2, "vm", "confirmed", NOON.plusSeconds(2)),
                  Fixtures.incoming(cold(3, "vm", "finished", NOON.plusSeconds(100))));

      assertThat(given.decideAfter(120).commands()).isEmpty();
      stands(given, "Moved", Reason.Moved);
    }

    @ParameterizedTest(name = "left {0} s before the request")
    @ValueSource(longs = {60, 4000})
    void replacesTheStuckOneOfAnEarlierAttempt(long before) {
      var given =
          Given.taken()
              .rows(running("vm", 2))
              .instances(migrating("vm"))
              .migrations(
                  live(2, "vm", "queued", NOON.minusSeconds(before)),
                  live(3, "vm", "running", NOON.plusSeconds(90)));

      given.decideAfter(120);

      assertThat(given.row("vm").migrationId()).isEqualTo(3);
    }

    @Test
    void onceKnownCountsThoughItsClockIsBehindTheRequest() {
      var given =
          Given.taken()
              .rows(running("vm", 2))
              .instances(active("vm"))
              .migrations(live(2, "vm", "error", NOON.minusSeconds(60)));

      given.decideAfter(5);

      stands(given, "Pending", Reason.FailedDuringTransfer);
    }

    @Test
    void madeSinceTheRequestIsNotReplacedByALaterOneOfTheSameUser() {
      var given =
          Given.taken()
              .rows(running("vm", 2))
              .instances(migrating("vm"))
              .migrations(
                  live(2, "vm", "error", NOON.plusSeconds(1)),
                  live(3, "vm", "running", NOON.plusSeconds(90)));

      given.decideAfter(120);

      assertThat(given.row("vm").migrationId()).isEqualTo(2);
    }

    @Test
    void isReadAtItsLatestStatusWhenTwoAnswersDiffer() {
      var given =
          Given.taken()
              .rows(moving("vm"))
              .instances(active("vm"))
              .action("vm", ours(LIVE, 1))
              .migrations(live(2, "vm", "running", NOON.plusSeconds(1)));
      given.after(5);
      var snapshot = given.snapshot();
      var later = become("error", given.now(), snapshot.migrations().getFirst());
      var detail = snapshot.details().get("vm");

      given.decide(
          given.snapshot(
              "vm",
              Fixtures.detail(
                  detail.instance(), List.of(later), detail.actions(), detail.events())));

      stands(given, "Pending", Reason.FailedDuringTransfer);
    }
  }

  // ================================================================ the end

  @Nested
  class AMove {

    private final Given given =
        Given.taken()
            .rows(moving("vm"))
            .instances(migrating("vm"))
            .action("vm", ours(LIVE, 1))
            .migrations(live(9, "vm", "running", NOON.plusSeconds(1)));

    private Given become(String status, Instance instance) {
      given.after(30);
      return given
          .instances(instance)
          .migrations(
              Fixtures.become(status, given.now(), live(9, "vm", "running", NOON.plusSeconds(1))));
    }

    @Test
    void thatIsCompletedAndLeftTheHostIsMoved() {
      given.decide();

      become("completed", away(active("vm"))).decide();

      stands(given, "Moved", Reason.Moved);
      assertThat(given.row("vm").destinationHost()).isEqualTo(OTHER);
    }

    @Test
    void keepsItsDestinationHostWhenTheInstanceHasNoHostLater() {
      given.decide();

      become("completed", Fixtures.on(null, in("shelved_offloaded", "vm"))).decide();

      stands(given, "Moved", Reason.Moved);
      assertThat(given.row("vm").destinationHost()).isEqualTo(OTHER);
    }

    @Test
    void namesItsDestinationHostWhenTheInstanceHasNoHostLater() {
      given.decide();

      become("completed", Fixtures.on(null, in("shelved_offloaded", "vm"))).decide();

      assertThat(given.row("vm").message()).isEqualTo("Moved to " + OTHER + ".");
    }

    @Test
    void showsTheStatusAndPowerStateOfItsInstance() {
      given.instances(busy("migrating", paused("vm"))).decide();

      assertThat(given.row("vm"))
          .extracting(r -> r.status(), r -> r.powerState())
          .containsExactly("PAUSED", "Paused");
    }

    @Test
    void clearsTheRequestFieldsOfItsRowWhenItEnds() {
      given.decide();

      become("completed", away(active("vm"))).decide();

      var row = given.row("vm");
      assertThat(row.completionTime()).isEqualTo(given.now());
      assertThat(row.requestTime()).isNull();
      assertThat(row.requestId()).isNull();
      assertThat(row.migrationId()).isNull();
      assertThat(row.attempts()).isEqualTo(1);
      assertThat(row.name()).isEqualTo("name-of-vm");
    }

    @Test
    void thatFailedIsRequestedAgainAfter10Seconds() {
      given.decide();

      assertThat(become("error", active("vm")).decide().commands()).isEmpty();

      stands(given, "Pending", Reason.FailedDuringTransfer);
      assertThat(given.row("vm").nextAttemptTime()).isEqualTo(given.now().plusSeconds(10));
      assertThat(given.decideAfter(9).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands()).hasSize(1);
      assertThat(given.row("vm").attempts()).isEqualTo(2);
    }

    @Test
    void thatLeftTheInstanceInErrorOnTheHostFailsWithoutARetry() {
      given.decide();

      become("error", in("error", "vm")).decide();

      assertThat(given.row("vm").state()).isEqualTo("Failed");
      assertThat(given.row("vm").attempts()).isEqualTo(1);
    }

    @Test
    void thatLeftTheInstanceInErrorOnTheHostQuotesTheFault() {
      given.decide();

      become("error", Fixtures.faulty("No such device", in("error", "vm"))).decide();

      assertThat(given.row("vm").message()).contains("(No such device)");
    }

    @Test
    void thatLeftTheInstanceInErrorOnAnotherHostIsMovedWithError() {
      given.decide();

      become("error", away(in("error", "vm"))).decide();

      stands(given, "Failed", Reason.MovedWithError);
      assertThat(given.row("vm").destinationHost()).isEqualTo(OTHER);
    }

    @Test
    void thatLeftTheInstanceInErrorOnAnotherHostStaysFailed() {
      given.decide();
      become("error", away(in("error", "vm"))).decide();

      // another record of it, which makes the next observation ask for it
      given
          .migrations(Fixtures.incoming(record(10, "vm", "resize", "finished", NOON, SOMEBODY)))
          .decideAfter(5);

      stands(given, "Failed", Reason.MovedWithError);
    }

    @Test
    void doesNotAdviseARebootWhenTheInstanceIsActive() {
      given.decide();

      become("error", away(active("vm"))).decide();

      assertThat(given.row("vm").message()).doesNotContain("reboot");
    }

    @Test
    void thatSomeoneAbortedIsPendingWithReasonAborted() {
      given.decide();

      become("cancelled", active("vm")).decide();

      stands(given, "Pending", Reason.Aborted);
    }

    @Test
    void ofADeletedInstanceIsGone() {
      given.decide();

      given.gone("vm").decideAfter(5);

      stands(given, "Gone", Reason.Deleted);
    }

    @Test
    void staysInProgressWhileNovaDoesNotShowTheInstance() {
      given.decide();

      given.gone("vm").unseen("vm").decideAfter(5);

      assertThat(given.row("vm").state()).isEqualTo("InProgress");
    }

    @Test
    void isBlockedWhenNovaDoesNotShowTheInstanceFor15Minutes() {
      given.decide();

      given.gone("vm").unseen("vm").decideAfter(899);
      assertThat(given.row("vm").state()).isEqualTo("InProgress");

      given.decideAfter(1);
      stands(given, "Blocked", Reason.ApiUnavailable);
      assertThat(given.row("vm").message()).contains("openstack server show vm");
    }

    @Test
    void isTrackedAgainOnceNovaShowsTheInstance() {
      given.decide();
      given.gone("vm").unseen("vm").decideAfter(900);

      given
          .seenAgain("vm")
          .instances(away(active("vm")))
          .migrations(Fixtures.become("completed", given.now(), live(9, "vm", "x", NOON)))
          .decideAfter(5);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void ofAnIdleInstanceStaysInProgressWhileNovaDoesNotShowItsDetails() {
      var unavailable = Given.taken().rows(moving("vm")).instances(active("vm")).unseen("vm");

      unavailable.decideAfter(120);

      assertThat(unavailable.row("vm").state()).isEqualTo("InProgress");
    }

    @Test
    void ofAnIdleInstanceShowsItsStatusWhileNovaDoesNotShowItsDetails() {
      var unavailable = Given.taken().rows(moving("vm")).instances(active("vm")).unseen("vm");

      unavailable.decideAfter(5);

      assertThat(unavailable.row("vm").status()).isEqualTo("ACTIVE");
    }

    @Test
    void showsItsProgressInStepsOfTen() {
      given.instances(Fixtures.progress(47, migrating("vm"))).decide();

      assertThat(given.row("vm").progressPercent()).isEqualTo(40);
    }
  }

  // ================================================================ whose record is not known

  /** Its owner confirms our move and resizes it on before the operator has looked. */
  @ParameterizedTest
  @CsvSource({
    "confirmed, Gone, MovedExternally",
    "finished, Blocked, Inconsistent",
    "reverted, Blocked, Inconsistent",
  })
  void instanceResizedToAThirdHostIsGoneOnlyWhenItsMigrationIsConfirmed(
      String status, String state, Reason reason) {
    var given =
        Given.taken()
            .rows(cold(moving("vm")))
            .instances(Fixtures.on("compute-1", in("resized", "vm")))
            .action("vm", ours(COLD, 1))
            .action("vm", action("resize", "req-9", NOON.plusSeconds(3), SOMEBODY))
            .migrations(
                cold(8, "vm", status, NOON.plusSeconds(1)),
                new io.hostmaintenance.nova.Migration(
                    9,
                    "uuid-of-migration-9",
                    "vm",
                    "resize",
                    "finished",
                    OTHER,
                    "compute-1",
                    NOON.plusSeconds(3),
                    NOON.plusSeconds(4),
                    SOMEBODY.userId(),
                    SOMEBODY.projectId()));
    given.decideAfter(5);

    given.decideAfter(300);

    stands(given, state, reason);
  }

  // ================================================================ the reason of a failure

  @ParameterizedTest
  @CsvSource({
    "Migration pre-check error: Unacceptable CPU info, PreCheckFailed",
    "No valid host was found. There are not enough hosts available., NoValidHost",
    "Compute service of compute-7 is unavailable at this time., SourceServiceDown",
    "Timeout while waiting for a volume, FailedDuringTransfer",
  })
  void failedMoveQuotesNovasErrorAndSetsTheReason(String details, Reason reason) {
    var given =
        Given.taken()
            .rows(moving("vm"))
            .instances(active("vm"))
            .action("vm", failed(ours(LIVE, 1), details))
            .migrations(live(9, "vm", "error", NOON.plusSeconds(1)));

    given.decideAfter(5);

    stands(given, "Pending", reason);
    assertThat(given.row("vm").message()).contains(details).contains(requestId("vm"));
  }

  @Test
  void failedMoveWithoutAnErrorTextPointsToTheNovaComputeLog() {
    var given =
        Given.taken()
            .rows(moving("vm"))
            .instances(active("vm"))
            .action("vm", failed(ours(LIVE, 1), " "))
            .migrations(live(9, "vm", "error", NOON.plusSeconds(1)));

    given.decideAfter(5);

    assertThat(given.row("vm").message()).contains("does not tell why", "log of nova-compute");
  }

  private static Given withoutAHost(Instance other) {
    return Given.taken()
        .rows(moving("vm"))
        .instances(active("vm"), other)
        .group("anti-affinity", "vm", "other")
        .action("vm", failed(ours(LIVE, 1), "No valid host was found."))
        .migrations(live(9, "vm", "error", NOON.plusSeconds(1)));
  }

  @Test
  void antiAffinityGroupIsTheReasonWhenEveryHostHasAMember() {
    var given = withoutAHost(away(active("other")));

    given.decideAfter(5);

    stands(given, "Pending", Reason.AntiAffinityGroup);
    assertThat(given.row("vm").message())
        .contains("anti-affinity-0 (id-anti-affinity-0)")
        .contains(OTHER);
  }

  @Test
  void antiAffinityGroupIsNotTheReasonWhenAHostHasNoMember() {
    var given = withoutAHost(away(active("other"))).service("compute-11", "enabled", null);

    given.decideAfter(5);

    stands(given, "Pending", Reason.NoValidHost);
  }

  @Test
  void antiAffinityGroupIsTheReasonWhenOnlyADisabledHostHasNoMember() {
    var given = withoutAHost(away(active("other"))).service("compute-11", "disabled", "mine");

    given.decideAfter(5);

    stands(given, "Pending", Reason.AntiAffinityGroup);
  }

  @Test
  void coldMigrationThatFailedOnAnotherHostQuotesNovasError() {
    var given =
        Given.taken()
            .rows(cold(running("vm", 9)))
            .instances(away(in("error", "vm")))
            .action("vm", failed(ours(COLD, 1), "Disk is full there."))
            .migrations(cold(9, "vm", "error", NOON.plusSeconds(1)));

    given.decideAfter(5);

    assertThat(given.row("vm").message()).contains("Disk is full there.");
  }

  // ================================================================ deadlines

  @Nested
  class AnAcceptedRequest {

    private final Given given =
        Given.taken().rows(moving("vm")).instances(active("vm")).action("vm", ours(LIVE, 1));

    @ParameterizedTest
    @CsvSource({"59, InProgress", "60, Pending"})
    void thatNovaShowsNoTraceOfIsGivenUpAfterOneMinute(long seconds, String state) {
      given.decideAfter(seconds);

      assertThat(given.row("vm").state()).isEqualTo(state);
    }

    @Test
    void thatNovaShowsNoTraceOfSaysThatItIsAccepted() {
      given.decideAfter(59);

      assertThat(given.row("vm").message()).isEqualTo(InstanceMessages.ACCEPTED.message());
    }

    @Test
    void whoseActionFailedIsGivenUpAtOnce() {
      var failing =
          Given.taken()
              .rows(moving("vm"))
              .instances(active("vm"))
              .action("vm", failed(ours(LIVE, 1), "No valid host was found."));

      failing.decideAfter(5);

      stands(failing, "Pending", Reason.NoValidHost);
    }
  }

  @Nested
  class AQueuedMove {

    private final Given given =
        Given.taken()
            .rows(moving("vm"))
            .instances(migrating("vm"))
            .migrations(live(9, "vm", "queued", NOON.plusSeconds(1)));

    @ParameterizedTest
    @CsvSource({"599, InProgress", "600, Blocked"})
    void isBlockedAfterTenMinutesWhenNoOtherMoveRuns(long seconds, String state) {
      given.decide();

      given.decideAfter(seconds);

      assertThat(given.row("vm").state()).isEqualTo(state);
    }

    @Test
    void isBlockedAsInconsistentAndFreesItsSlot() {
      given.decide();
      given.decideAfter(600);

      stands(given, "Blocked", Reason.Inconsistent);
      assertThat(given.row("vm").requestTime()).isNotNull();
      given.concurrency(1, 1).instances(active("vm-2"));
      assertThat(given.decideAfter(5).commands()).hasSize(1);
    }

    @Test
    void saysWhetherItWaitsAtTheSourceOrForTheScheduler() {
      given.decide();
      assertThat(given.row("vm").message()).contains("at the source");

      given.migrations(live(9, "vm", "accepted", NOON.plusSeconds(1))).decideAfter(5);
      assertThat(given.row("vm").message()).contains("looks for a host");
    }

    @Test
    void canStillBecomeMovedAfterItWasBlocked() {
      given.decide();
      given.decideAfter(600);

      given
          .instances(away(active("vm")))
          .migrations(become("completed", given.now(), live(9, "vm", "x", NOON.plusSeconds(1))));
      given.decideAfter(60);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void leavesItsBlockedRowUnchangedWhileNothingChanges() {
      given.decide();
      given.decideAfter(600);
      var blocked = given.row("vm");

      given.decideAfter(5);

      assertThat(given.row("vm")).isEqualTo(blocked);
    }

    @Nested
    class WhileAnotherMoveRuns {

      private final Given both =
          Given.taken()
              .rows(moving("vm"), running("first", 8))
              .instances(migrating("vm"), migrating("first"))
              .migrations(
                  live(8, "first", "running", NOON.plusSeconds(1)),
                  live(9, "vm", "queued", NOON.plusSeconds(1)));

      @Test
      void waitsAsLongAsTheOtherMoveRuns() {
        both.decide();

        both.decideAfter(1500);

        assertThat(both.row("vm").state()).isEqualTo("InProgress");
      }

      @Test
      void isBlockedTenMinutesAfterTheOtherMoveFailed() {
        both.decide();
        both.decideAfter(1500);

        both.instances(active("first"))
            .migrations(become("error", both.now(), live(8, "first", "x", NOON.plusSeconds(1))));
        both.decideAfter(5);
        assertThat(both.row("first").state()).isEqualTo("Pending");
        assertThat(both.row("vm").state()).isEqualTo("InProgress");

        both.suspended(true).decideAfter(5);
        both.decideAfter(599);
        assertThat(both.row("vm").state()).isEqualTo("InProgress");
        both.decideAfter(1);
        assertThat(both.row("vm").state()).isEqualTo("Blocked");
      }

      @Test
      void isBlockedTenMinutesAfterTheOtherMoveTimedOut() {
        both.onTimeout("Wait").decide();
        both.decideAfter(3600);
        assertThat(both.row("first").reason()).isEqualTo("Timeout");

        both.decideAfter(5);
        both.decideAfter(600);

        stands(both, "Blocked", Reason.Inconsistent);
      }
    }
  }

  @Nested
  class ARunningMove {

    private final Given given =
        Given.taken()
            .rows(running("vm", 9))
            .instances(migrating("vm"))
            .migrations(live(9, "vm", "running", NOON.plusSeconds(1)));

    private Decision overdue() {
      given.decide();
      return given.decideAfter(1860); // 30 minutes and one for its GiB
    }

    @Test
    void isAbortedAfter30MinutesPlusOneMinutePerGib() {
      given.decide();

      assertThat(given.decideAfter(1859).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands())
          .containsExactly(new Command.AbortMigration("vm", 9));
    }

    @Test
    void isAbortedAfterTheInstanceTimeoutOfTheSpec() {
      given.instanceTimeout("1m").decide();

      assertThat(given.decideAfter(59).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands())
          .containsExactly(new Command.AbortMigration("vm", 9));
    }

    @Test
    void isAbortedOnlyOnce() {
      overdue();

      assertThat(given.decideAfter(5).commands()).isEmpty();
    }

    @Test
    void thatWasAbortedIsPendingWithReasonTimeout() {
      overdue();

      given
          .instances(active("vm"))
          .migrations(become("cancelled", given.now(), live(9, "vm", "x", NOON.plusSeconds(1))));
      given.decideAfter(5);

      stands(given, "Pending", Reason.Timeout);
    }

    @ParameterizedTest
    @CsvSource({"299, Timeout", "300, Settling"})
    void keepsReasonTimeoutForFiveMinutesAfterItsAbort(long seconds, Reason reason) {
      overdue();
      given.migrations(become("cancelled", given.now(), live(9, "vm", "x", NOON.plusSeconds(1))));

      given.decideAfter(seconds);

      stands(given, "InProgress", reason);
    }

    @Test
    void showsTheStatusOfItsInstanceAfterItsAbort() {
      overdue();
      given
          .instances(busy("migrating", paused("vm")))
          .migrations(become("cancelled", given.now(), live(9, "vm", "x", NOON.plusSeconds(1))));

      given.decideAfter(5);

      assertThat(given.row("vm").status()).isEqualTo("PAUSED");
    }

    @Test
    void whoseAbortHasNoEffectIsBlockedAndFreesItsSlot() {
      overdue();

      given.decideAfter(299);
      stands(given, "InProgress", Reason.Timeout);
      given.decideAfter(1);

      stands(given, "Blocked", Reason.Timeout);
      given.concurrency(1, 1).instances(active("vm-2"));
      assertThat(given.decideAfter(5).commands()).hasSize(1);
    }

    @Test
    void whoseAbortIsRefusedRepeatedlyIsBlocked() {
      var aborts = 0;
      var decision = overdue();
      for (var i = 0; i < 100 && given.row("vm").state().equals("InProgress"); i++) {
        for (var command : decision.commands()) {
          aborts++;
          given.answered(
              new Outcome.Failed(
                  command,
                  Given.refusal(
                      io.hostmaintenance.nova.NovaException.Kind.UNAVAILABLE, "Try later.")));
        }
        decision = given.decideAfter(5);
      }

      stands(given, "Blocked", Reason.Timeout);
      assertThat(aborts).isBetween(2, 31);
    }

    @Test
    void whoseAbortWasNotSentIsAbortedAtTheNextReconciliation() {
      var decision = overdue();
      given.answered(new Outcome.NotSent(decision.commands().getFirst()));

      assertThat(given.decideAfter(5).commands())
          .containsExactly(new Command.AbortMigration("vm", 9));
    }

    @Test
    void isForceCompletedWhenTheSpecSaysForceComplete() {
      given.onTimeout("ForceComplete");

      assertThat(overdue().commands()).containsExactly(new Command.ForceCompleteMigration("vm", 9));
    }

    @Test
    void isAbortedWhenItsInstanceIsPausedAndNovaCannotForceCompleteIt() {
      given.onTimeout("ForceComplete").instances(busy("migrating", paused("vm")));

      assertThat(overdue().commands()).containsExactly(new Command.AbortMigration("vm", 9));
    }

    @Test
    void isBlockedAndNotAbortedWhenTheSpecSaysWait() {
      given.onTimeout("Wait");

      assertThat(overdue().commands()).isEmpty();
      stands(given, "Blocked", Reason.Timeout);
    }

    @Test
    void inPostCopyIsNeverAborted() {
      given.migrations(live(9, "vm", "running (post-copy)", NOON.plusSeconds(1)));

      assertThat(overdue().commands()).isEmpty();
      stands(given, "Blocked", Reason.Timeout);
    }

    @Test
    void thatTimedOutCanStillBecomeMoved() {
      given.onTimeout("Wait");
      overdue();

      given
          .instances(away(active("vm")))
          .migrations(become("completed", given.now(), live(9, "vm", "x", NOON.plusSeconds(1))));
      given.decideAfter(5);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void thatTimedOutLeavesTheStatusUnchangedWhileNothingChanges() {
      given.onTimeout("Wait");
      overdue();
      var status = given.status();

      var decision = given.decideAfter(5);

      assertThat(given.status()).isEqualTo(status);
      assertThat(decision.notices()).isEmpty();
    }

    @Test
    void thatIsColdIsBlockedAndNotAborted() {
      given
          .rows(cold(running("vm", 9)))
          .instances(busy("resize_migrating", stopped("vm")))
          .migrations(cold(9, "vm", "migrating", NOON.plusSeconds(1)));

      assertThat(overdue().commands()).isEmpty();
      stands(given, "Blocked", Reason.Timeout);
      assertThat(given.row("vm").message()).contains("cannot be aborted");
    }

    @Test
    void thatIsColdAndTimedOutIsStillConfirmed() {
      given
          .rows(cold(running("vm", 9)))
          .instances(busy("resize_migrating", stopped("vm")))
          .migrations(cold(9, "vm", "migrating", NOON.plusSeconds(1)));
      overdue();
      given
          .instances(away(in("resized", "vm")))
          .migrations(become("finished", given.now(), cold(9, "vm", "x", NOON.plusSeconds(1))));

      assertThat(given.decideAfter(3600).commands())
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
      stands(given, "Confirming", Reason.UnconfirmedResize);

      given
          .instances(away(stopped("vm")))
          .migrations(become("confirmed", given.now(), cold(9, "vm", "x", NOON.plusSeconds(1))));
      given.decideAfter(5);
      stands(given, "Moved", Reason.Moved);
    }
  }

  // ================================================================ accounts that do not agree

  @Nested
  class AContradictionInNovasAnswers {

    private final Given given = Given.taken().rows(running("vm", 9));

    private void disagreeing(Instance instance, String status) {
      given.instances(instance).migrations(live(9, "vm", status, NOON.plusSeconds(1)));
      given.decide();
      stands(given, "InProgress", Reason.Settling);
    }

    @Test
    void leavesTheMoveInProgressForFiveMinutes() {
      disagreeing(migrating("vm"), "completed");

      given.decideAfter(299);

      stands(given, "InProgress", Reason.Settling);
    }

    @Test
    void isNotTakenForAConfirmationWhileTheSourceServiceIsDown() {
      given.serviceDown(Given.HOST);

      disagreeing(migrating("vm"), "completed");
    }

    @Test
    void blocksTheInstanceAfterFiveMinutes() {
      disagreeing(migrating("vm"), "completed");

      given.decideAfter(300);

      stands(given, "Blocked", Reason.Inconsistent);
      assertThat(given.row("vm").requestTime()).isNotNull();
    }

    @Test
    void endsTheAttemptWhenTheInstanceIsIdleOnTheHost() {
      disagreeing(active("vm"), "running");

      given.decideAfter(300);

      stands(given, "Pending", Reason.StuckRecord);
    }

    /** Its guest may run on the other host: a second move could take its disk away. */
    @Test
    void failsTheInstanceWhenACompletedMigrationLeftItIdleOnTheHost() {
      disagreeing(active("vm"), "completed");

      given.decideAfter(300);
      stands(given, "Failed", Reason.Inconsistent);
      assertThat(given.decideAfter(3600).commands()).isEmpty();

      given.annotated("hostmaintenance.io/retry", "1");
      assertThat(given.decideAfter(5).commands()).hasSize(1);
    }

    @Test
    void endsMovedWithReasonStuckRecordWhenTheInstanceLeft() {
      disagreeing(away(active("vm")), "running");

      given.decideAfter(300);

      stands(given, "Moved", Reason.StuckRecord);
    }

    @Test
    void endsFailedWhenTheInstanceLeftInError() {
      disagreeing(away(in("error", "vm")), "running");

      given.decideAfter(300);

      stands(given, "Failed", Reason.MovedWithError);
    }

    @Test
    void ofAColdMigrationEndsFailedWhenSomeoneResetTheInstance() {
      given.rows(cold(running("vm", 9)));
      given.instances(away(stopped("vm"))).migrations(cold(9, "vm", "finished", NOON));
      given.decide();

      given.decideAfter(300);

      stands(given, "Failed", Reason.MovedWithError);
    }

    @Test
    void endsMovedOnceTheInstanceHasLeft() {
      disagreeing(migrating("vm"), "completed");
      given.decideAfter(300);

      given.instances(away(active("vm"))).decideAfter(60);

      stands(given, "Moved", Reason.Moved);
    }
  }

  // ================================================================ confirming

  @Nested
  class AFinishedColdMigration {

    private final Given given =
        Given.taken()
            .rows(cold(running("vm", 9)))
            .instances(away(in("resized", "vm")))
            .migrations(cold(9, "vm", "finished", NOON.plusSeconds(1)));

    private Given refused(Decision decision, long retryAfter) {
      return given.answered(
          new Outcome.Failed(
              decision.commands().getFirst(),
              new io.hostmaintenance.nova.NovaException(
                  io.hostmaintenance.nova.NovaException.Kind.CONFLICT,
                  "Cannot 'confirmResize' while it is in vm_state active",
                  409,
                  "req-" + given.now().getEpochSecond(),
                  retryAfter == 0 ? null : Duration.ofSeconds(retryAfter),
                  false,
                  null)));
    }

    @Test
    void isConfirmed() {
      var decision = given.decideAfter(60);

      assertThat(decision.commands()).hasSize(1).first().isInstanceOf(Command.ConfirmResize.class);
      assertThat(given.row("vm").state()).isEqualTo("Confirming");
      assertThat(given.row("vm").requestTime()).isEqualTo(given.now());
    }

    @Test
    void isNotConfirmedWhileAnotherMigrationOfTheInstanceIsFinishedToo() {
      given.migrations(
          incoming(record(12, "vm", "resize", "finished", NOON.plusSeconds(30), SOMEBODY)));

      assertThat(given.decideAfter(60).commands()).isEmpty();
      stands(given, "Blocked", Reason.UnconfirmedResize);
    }

    @Test
    void isConfirmedOnceTheOtherMigrationIsConfirmed() {
      var other = incoming(record(12, "vm", "resize", "finished", NOON.plusSeconds(30), SOMEBODY));
      given.migrations(other).decideAfter(60);

      given.migrations(become("confirmed", given.now(), other));

      assertThat(given.decideAfter(80).commands())
          .hasSize(1)
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
    }

    /** The host's list is older than the instance's own. */
    @Test
    void isNotConfirmedWhenOnlyTheMigrationListOfTheHostShowsIt() {
      var detail = given.after(60).snapshot().details().get("vm");
      var lacksIt =
          Fixtures.detail(detail.instance(), List.of(), detail.actions(), detail.events());

      assertThat(given.decide(given.snapshot("vm", lacksIt)).commands()).isEmpty();
    }

    @Test
    void whoseConfirmationRunsWaitsForItsSourceService() {
      given
          .serviceDown(Given.HOST)
          .migrations(become("confirming", NOON, cold(9, "vm", "x", NOON.plusSeconds(1))))
          .decideAfter(60);

      stands(given, "Confirming", Reason.SourceServiceDown);
    }

    @Test
    void namesTheConfirmCommandOnlyWhenNovaKeepsRefusing() {
      var decision = given.decideAfter(60);
      assertThat(given.row("vm").message()).endsWith("the operator confirms it.");

      for (var i = 0; i < 16 && given.row("vm").state().equals("Confirming"); i++) {
        if (!decision.commands().isEmpty()) {
          refused(decision, 0);
        }
        decision = given.decideAfter(60);
      }

      assertThat(given.row("vm").message()).contains("openstack server resize confirm");
    }

    @Test
    void isConfirmedAgainOnlyAfter70SecondsWithoutAnAnswer() {
      given.decideAfter(60);

      given.decideAfter(5);
      assertThat(given.decideAfter(69).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands()).hasSize(1);
    }

    @Test
    void isConfirmedAgainByARestartedOperatorOnlyAfter70Seconds() {
      given.decideAfter(60);

      assertThat(given.restarted().decideAfter(600).commands()).isEmpty();
      assertThat(given.decideAfter(70).commands()).hasSize(1);
    }

    @Test
    void isConfirmedAgain10SecondsAfterARefusal() {
      refused(given.decideAfter(60), 0);

      assertThat(given.decideAfter(9).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands()).hasSize(1);
    }

    @Test
    void keepsNovasMessageUntilTheNextConfirmation() {
      refused(given.decideAfter(60), 30);
      var row = given.row("vm");
      assertThat(row.message()).contains("vm_state active");

      given.decideAfter(5);

      assertThat(given.row("vm")).isEqualTo(row);
    }

    @Test
    void isConfirmedAgainOnlyAfterTheRetryAfterOfNova() {
      refused(given.decideAfter(60), 30);

      assertThat(given.decideAfter(29).commands()).isEmpty();
      assertThat(given.decideAfter(1).commands()).hasSize(1);
    }

    @Test
    void thatIsConfirmedIsMoved() {
      given.decideAfter(60);

      given
          .instances(away(active("vm")))
          .migrations(become("confirmed", given.now(), cold(9, "vm", "x", NOON.plusSeconds(1))));
      given.decideAfter(5);

      stands(given, "Moved", Reason.Moved);
    }

    @Test
    void staysConfirmingAfterManyRefusals() {
      var decision = given.decideAfter(60);
      for (var i = 0; i < 40; i++) {
        if (!decision.commands().isEmpty()) {
          refused(decision, 0);
        }
        decision = given.decideAfter(10);
      }
      given
          .migrations(become("confirming", given.now(), cold(9, "vm", "x", NOON.plusSeconds(1))))
          .decideAfter(5);

      assertThat(given.row("vm").state()).isEqualTo("Confirming");
    }

    @Test
    void isNotConfirmedWhileTheSourceServiceIsDown() {
      given.serviceDown(Given.HOST);

      assertThat(given.decideAfter(60).commands()).isEmpty();
      stands(given, "Confirming", Reason.SourceServiceDown);
      assertThat(given.row("vm").message()).contains("start it");
    }

    @Test
    void isBlockedAfter15MinutesAndConfirmedOnceTheSourceServiceIsUp() {
      given.serviceDown(Given.HOST).decideAfter(60);
      given.decideAfter(900);
      stands(given, "Blocked", Reason.SourceServiceDown);

      given.service(Given.HOST, "disabled", Given.MARKER);

      assertThat(given.decideAfter(60).commands())
          .first()
          .isInstanceOf(Command.ConfirmResize.class);
    }

    @Test
    void thatNovaKeepsRefusingIsBlockedAndConfirmedOnceAMinute() {
      var decision = given.decideAfter(60);
      var asked = 0;
      for (var i = 0; i < 240; i++) {
        if (!decision.commands().isEmpty()) {
          asked++;
          refused(decision, 0);
        }
        if (i == 190) {
          stands(given, "Blocked", Reason.UnconfirmedResize);
          asked = 0;
        }
        decision = given.decideAfter(5);
      }

      assertThat(asked).isBetween(1, 5);
    }
  }

  @Test
  void finishedExternalColdMigrationIsNotConfirmedAndBlocksTheInstance() {
    var given =
        Given.taken()
            .instances(away(in("resized", "vm")))
            .migrations(record(9, "vm", "migration", "finished", NOON, SOMEBODY));

    assertThat(given.decideAfter(5).commands()).isEmpty();

    stands(given, "Blocked", Reason.UnconfirmedResize);
  }

  // ================================================================ Nova changes the host late

  /** Seen on a real Nova whose source was stopped in mid-move: the record first, then the host. */
  @ParameterizedTest
  @CsvSource({"Pending, error", "Pending, failed", "Failed, error"})
  void instanceThatLeavesAfterItsMoveFailedIsMovedWithError(String state, String status) {
    var given =
        Given.taken()
            .rows(
                row("vm", RowState.valueOf(state), Reason.FailedDuringTransfer).toBuilder()
                    .attempts(1)
                    .build())
            .maxAttempts(1)
            .instances(away(in("error", "vm")))
            .migrations(live(9, "vm", status, NOON.plusSeconds(1)));

    given.decideAfter(5);

    stands(given, "Failed", Reason.MovedWithError);
    assertThat(given.row("vm").destinationHost()).isEqualTo(Given.OTHER);
  }

  @Test
  void instanceThatSomeoneElseMovesAfterAFailedMoveIsMovedExternally() {
    var given =
        Given.taken()
            .rows(
                row("vm", RowState.Pending, Reason.FailedDuringTransfer).toBuilder()
                    .attempts(1)
                    .build())
            .instances(away(active("vm")))
            .migrations(
                live(9, "vm", "error", NOON.plusSeconds(1)),
                record(10, "vm", "live-migration", "completed", NOON.plusSeconds(60), SOMEBODY));

    given.decideAfter(90);

    stands(given, "Gone", Reason.MovedExternally);
  }

  @Test
  void instanceThatLeftIsMovedByItsActionAloneWhereNovaShowsNoRecord() {
    var given =
        Given.taken().rows(moving("vm")).action("vm", ours(LIVE, 1)).instances(away(active("vm")));
    given.decideAfter(30);

    given.decideAfter(5 * 60);

    stands(given, "Moved", Reason.Moved);
  }

  @Test
  void instanceThatSomeoneElseMovedLastIsNotMovedByTheActionOfTheOperator() {
    var given =
        Given.taken()
            .rows(moving("vm"))
            .action("vm", ours(LIVE, 1))
            .action("vm", action(LIVE, "req-other", NOON.plusSeconds(2), SOMEBODY))
            .instances(away(active("vm")));
    given.decideAfter(30);

    given.decideAfter(5 * 60);

    stands(given, "Gone", Reason.MovedExternally);
  }

  // ================================================================ attempts

  @ParameterizedTest
  @CsvSource({"1, 10", "2, 40", "3, 160", "4, 300", "9, 300"})
  void backOffGrowsWithEachAttemptUpTo300Seconds(int attempts, long seconds) {
    assertThat(Deadlines.backOff(attempts)).hasSeconds(seconds);
  }

  @ParameterizedTest
  @CsvSource({"1, Pending", "2, Pending", "3, Failed", "4, Failed"})
  void instanceFailsAfterItsLastAttempt(int attempts, String state) {
    var given =
        Given.taken()
            .rows(moving("vm").toBuilder().attempts(attempts).build())
            .instances(active("vm"))
            .action("vm", failed(ours(LIVE, 1), "No valid host was found."))
            .migrations(live(9, "vm", "error", NOON.plusSeconds(1)));

    given.decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo("NoValidHost");
  }
}
