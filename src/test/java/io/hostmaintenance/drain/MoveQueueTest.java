package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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

  /** The pauses of a drain whose live migrations end every 30 s, one of which runs. */
  @Nested
  class ThePauseWhileOneMovesAndOthersWait {

    private final Instant now = NOON.plusSeconds(180);
    private final Given drain = Given.taken().status(s -> s.startTime(NOON)).after(180);
    private List<Migration> records = List.of();
    private Duration age = Duration.ZERO;

    private InstanceStatus runs() {
      return running("a", 7).toBuilder()
          .startTime(now)
          .requestTime(now.minusSeconds(40))
          .lastTransitionTime(now)
          .build();
    }

    private InstanceStatus waits() {
      return moving("b").toBuilder()
          .migrationId(8L)
          .reason(Reason.Waiting.name())
          .requestTime(now.minusSeconds(10))
          .lastTransitionTime(now.minusSeconds(10))
          .build();
    }

    private static InstanceStatus moved(long seconds) {
      return row("moved-" + seconds, RowState.Moved, Reason.Moved).toBuilder()
          .completionTime(NOON.plusSeconds(seconds))
          .build();
    }

    private long pause(InstanceStatus... rows) {
      var all = new ArrayList<>(List.of(rows));
      Stream.of(30, 60, 90, 120, 150).map(s -> moved(s)).forEach(all::add);
      var snapshot =
          drain.instances(active("a"), active("b")).snapshot().withMigrations(records).withAge(age);
      return new MoveQueue(new DecisionContext(drain.input(), snapshot), all)
          .pause(Given.SETTINGS.pollMoving())
          .toSeconds();
    }

    @Test
    void isStretchedTowardsTheExpectedEnd() {
      assertThat(pause(runs(), waits())).isEqualTo(16);
    }

    @Test
    void countsFromTheEndOfTheLastRecord() {
      records = List.of(become("completed", now.minusSeconds(20), live(6, "x", "completed", NOON)));

      assertThat(pause(runs(), waits())).isEqualTo(12);
    }

    @Test
    void countsTheAgeOfTheObservationToo() {
      records = List.of(become("completed", now.minusSeconds(15), live(6, "x", "completed", NOON)));
      age = Duration.ofSeconds(5);

      assertThat(pause(runs(), waits())).isEqualTo(12);
    }

    @Test
    void doesNotCountFromAColdMigrationOrFromOneThatLedHere() {
      records =
          List.of(
              become("confirmed", now.minusSeconds(20), Fixtures.cold(5, "x", "confirmed", NOON)),
              incoming(become("completed", now.minusSeconds(20), live(6, "y", "completed", NOON))));

      assertThat(pause(runs(), waits())).isEqualTo(16);
    }

    @Test
    void isStretchedForTheLastOneToo() {
      assertThat(pause(runs())).isEqualTo(16);
    }

    @Test
    void isThePollWhenAnInstanceWaitsAndNovaHasNoneQueued() {
      assertThat(pause(runs(), row("c", RowState.Pending, Reason.Waiting))).isEqualTo(5);
    }

    @Test
    void isThePollWhenNoneRuns() {
      assertThat(pause(waits())).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(
        value = RowState.class,
        names = {"Confirming", "Restoring", "Blocked"})
    void isThePollWhileAnotherRequestIsFollowed(RowState state) {
      assertThat(pause(runs(), waits().toBuilder().state(state.name()).build())).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(
        value = Reason.class,
        names = {"Timeout", "Settling", "Inconsistent", "TaskInProgress"})
    void isThePollWhileNovasAccountsAreOpen(Reason reason) {
      assertThat(pause(runs(), waits().toBuilder().reason(reason.name()).build())).isEqualTo(5);
    }

    @Test
    void isThePollWhileAColdMigrationRuns() {
      assertThat(pause(runs(), Fixtures.cold(waits()))).isEqualTo(5);
    }

    @Test
    void isStretchedAfterARequestOfThisDecision() {
      assertThat(pause(runs(), requested("b").toBuilder().requestTime(now).build())).isEqualTo(16);
    }

    @Test
    void isThePollWhileTheAnswerToAnEarlierRequestIsSought() {
      assertThat(pause(runs(), requested("b"))).isEqualTo(5);
    }

    // -------------------------------------------------------- it passes no deadline

    @ParameterizedTest
    @CsvSource({"200, 16", "191, 11", "183, 5", "180, 16", "170, 16"})
    void endsWhenTheMoveIsOverdue(long seconds, long pause) {
      var begun = runs().toBuilder().startTime(NOON.plusSeconds(seconds - 60)).build();
      drain.instanceTimeout("60s");
      records = List.of(become("completed", now, live(6, "x", "completed", NOON)));

      assertThat(pause(begun, waits())).isEqualTo(pause);
    }

    @Test
    void endsWhenNovaMustHaveARecordOfTheMove() {
      var unknown =
          waits().toBuilder()
              .migrationId(null)
              .reason(Reason.Queued.name())
              .requestTime(now.minusSeconds(49))
              .build();

      assertThat(pause(runs(), unknown)).isEqualTo(11);
    }

    @Test
    void endsWhenAQueuedMoveHasWaitedTooLong() {
      var queued =
          waits().toBuilder()
              .reason(Reason.Queued.name())
              .lastTransitionTime(now.minusSeconds(588))
              .build();

      assertThat(pause(runs(), queued)).isEqualTo(12);
    }

    @Test
    void endsWhenAFailedMoveIsToBeRequestedAgain() {
      var failed =
          row("c", RowState.Pending, Reason.NoValidHost).toBuilder()
              .nextAttemptTime(now.plusSeconds(9))
              .build();

      assertThat(pause(runs(), waits(), failed)).isEqualTo(9);
    }

    @Test
    void endsWhenTheTimeOfTheDrainIsOver() {
      drain.limits(s -> s.drainTimeout("187s"));

      assertThat(pause(runs(), waits())).isEqualTo(7);
    }
  }

  /** How many live migrations Nova should have with concurrency.live: Auto. */
  @Nested
  class TheNumberOfAuto {

    private int wanted(int othersDraining) {
      var input = Given.taken().turn(new DecisionInput.Turn(true, List.of(), othersDraining));
      return new MoveQueue(new DecisionContext(input.input(), input.snapshot()), List.of())
          .wanted();
    }

    @ParameterizedTest
    @CsvSource({"0, 4", "4, 4", "5, 3", "9, 2", "19, 1", "40, 1"})
    void isAtMostTheShareOfTheHostInTheMovesOfAllHosts(int othersDraining, int wanted) {
      assertThat(wanted(othersDraining)).isEqualTo(wanted);
    }
  }
}
