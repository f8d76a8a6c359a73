package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.become;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.cold;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.ram;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.Given.US;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which instances are asked for, when, and in which order. */
class InstanceRowsTest {

  private static List<String> ids(Decision decision) {
    return decision.commands().stream()
        .filter(Command.ServerAction.class::isInstance)
        .map(c -> ((Command.ServerAction) c).instanceId())
        .toList();
  }

  @Test
  void everyRequestIsRecordedInItsRowBeforeItIsSent() {
    var given = Given.taken().instances(active("vm"));

    var decision = given.decide();

    var command = (Command.LiveMigrate) decision.commands().getFirst();
    assertThat(given.row("vm"))
        .extracting(
            r -> r.state(),
            r -> r.requestTime(),
            r -> r.observedTime(),
            r -> r.requestId(),
            r -> r.attempts())
        .containsExactly("Requested", NOON, NOON, null, 1);
    assertThat(command.instanceId()).isEqualTo("vm");
    assertThat(command.globalRequestId()).matches("req-[0-9a-f-]{36}");
  }

  @Test
  void observedTimeIsNovasClockAndRequestTimeIsTheOperatorsClock() {
    var given = Given.taken().instances(active("vm")).novaAhead(java.time.Duration.ofMinutes(7));

    given.decide();

    assertThat(given.row("vm").observedTime()).isEqualTo(NOON.plusSeconds(420));
    assertThat(given.row("vm").requestTime()).isEqualTo(NOON);
  }

  @Test
  void requestNamesATargetHostOnlyWhenTheSpecNamesOne() {
    var free = Given.taken().instances(active("vm")).decide();
    var bound = Given.taken().targetHost(OTHER).instances(active("vm")).decide();

    assertThat(((Command.LiveMigrate) free.commands().getFirst()).targetHost()).isEmpty();
    assertThat(((Command.LiveMigrate) bound.commands().getFirst()).targetHost())
        .isEqualTo(Optional.of(OTHER));
  }

  @Test
  void largestInstancesMoveFirst() {
    var given =
        Given.taken()
            .concurrency(3, 1)
            .instances(
                ram(1024, active("small")),
                ram(8192, active("large-b")),
                ram(8192, active("large-a")),
                ram(4096, active("middle")));

    assertThat(ids(given.decide())).containsExactly("large-a", "large-b", "middle");
  }

  @Test
  void instanceThatNovaListsTwiceKeepsItsPlace() {
    var large = ram(8192, active("large"));
    var small = ram(4096, active("small"));
    var given = Given.taken().concurrency(1, 1).suspended(true).instances(large, small);
    given.decide();

    var twice = given.suspended(false).snapshot().withInstances(List.of(large, small, large));

    assertThat(ids(given.decide(twice))).containsExactly("large");
  }

  @Test
  void newInstanceThatNovaListsTwiceIsRequestedOnce() {
    var given = Given.taken().concurrency(4, 1).instances(active("vm"));
    var twice = given.snapshot().withInstances(List.of(active("vm"), active("vm")));

    assertThat(ids(given.decide(twice))).containsExactly("vm");
    assertThat(given.status().instances()).hasSize(1);
  }

  @Test
  void instanceThatLeavesTheHostAfterTheListIsNotRequested() {
    var given =
        Given.taken()
            .instances(active("vm"))
            .migrations(record(9, "vm", "resize", "finished", NOON, SOMEBODY));
    var left =
        Fixtures.detail(
            Optional.of(away(in("resized", "vm"))), List.of(), List.of(), Optional.empty());

    assertThat(ids(given.decide(given.snapshot("vm", left)))).isEmpty();
  }

  @Test
  void instanceThatTheStatusHoldsTwiceKeepsItsTransitionTimeWhileItWaits() {
    var waiting = row("b", RowState.Pending, Reason.GroupMemberMoving);
    var given =
        Given.taken()
            .group("anti-affinity", "a", "b")
            .rows(moving("a"), waiting, waiting)
            .instances(busy("migrating", active("a")), active("b"));

    given.decideAfter(5);

    assertThat(given.row("b").lastTransitionTime()).isEqualTo(NOON);
  }

  @Test
  void liveAndColdMigrationsHaveSeparateLimits() {
    var given =
        Given.taken()
            .concurrency(2, 1)
            .instances(active("a"), active("b"), active("c"), stopped("x"), stopped("y"));

    assertThat(ids(given.decide())).containsExactlyInAnyOrder("a", "b", "x");
  }

  @Test
  void runningLiveMigrationsReduceTheFreeSlots() {
    var given =
        Given.taken()
            .concurrency(2, 1)
            .rows(moving("a"))
            .instances(busy("migrating", active("a")), active("b"), active("c"));

    assertThat(ids(given.decide())).containsExactly("b");
  }

  @Test
  void completedMoveFreesItsSlot() {
    var given =
        Given.taken()
            .concurrency(1, 1)
            .rows(running("a", 9))
            .instances(away(active("a")), active("b"))
            .migrations(live(9, "a", "completed", NOON.plusSeconds(1)));

    assertThat(ids(given.decideAfter(5))).containsExactly("b");
  }

  @Test
  void withAutoNovaHasSoManyThatItsQueueDoesNotRunDry() {
    var given =
        Given.taken().instances(active("a"), active("b"), active("c"), active("d"), active("e"));

    assertThat(ids(given.decide())).containsExactly("a", "b", "c", "d");
  }

  @Test
  void withAutoThoseThatAreInFlightCount() {
    var given =
        Given.taken()
            .rows(moving("a"), moving("b"), moving("c"))
            .instances(
                busy("migrating", active("a")),
                busy("migrating", active("b")),
                busy("migrating", active("c")),
                active("d"),
                active("e"));

    assertThat(ids(given.decide())).containsExactly("d");
  }

  @Test
  void withAutoMovesStopAtTheLimitOfAllHosts() {
    var given = Given.taken().freeMoves(2).instances(active("a"), active("b"), active("c"));

    assertThat(ids(given.decide())).containsExactly("a", "b");
  }

  @Test
  void withAutoOneMemberOfAServerGroupMovesAtOnce() {
    var given =
        Given.taken()
            .group("anti-affinity", "a", "b")
            .instances(active("a"), active("b"), active("c"), active("d"));

    assertThat(ids(given.decide())).containsExactly("a", "c", "d");
  }

  @Test
  void withAutoTwoGuestsAreChangedAtOnce() {
    var given =
        Given.taken()
            .strategies(Strategies.of(Map.of("suspended", "ResumeLiveSuspend")))
            .instances(in("suspended", "a"), in("suspended", "b"), in("suspended", "c"));

    assertThat(ids(given.decide())).containsExactly("a", "b");
  }

  @Test
  void movesStopAtTheLimitOfAllHosts() {
    var given =
        Given.taken()
            .concurrency(16, 1)
            .freeMoves(2)
            .instances(active("a"), active("b"), active("c"));

    assertThat(ids(given.decide())).containsExactly("a", "b");
  }

  /** {@code freeMoves} has other hosts' moves counted off, not our own. */
  @Test
  void movesOfThisHostCountTowardsTheLimitOfAllHosts() {
    var given =
        Given.taken()
            .concurrency(16, 1)
            .freeMoves(2)
            .rows(moving("a"))
            .instances(busy("migrating", active("a")), active("b"), active("c"));

    assertThat(ids(given.decide())).containsExactly("b");
  }

  @ParameterizedTest
  @CsvSource({"0", "-3"})
  void noMoveIsRequestedWhenNoSlotOfAllHostsIsFree(int free) {
    assertThat(ids(Given.taken().freeMoves(free).instances(active("a")).decide())).isEmpty();
  }

  @Test
  void noMoveIsRequestedBeforeTheServiceIsDisabled() {
    var given = Given.fresh().instances(active("vm"));

    assertThat(ids(given.decide())).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Pending");
  }

  @Test
  void suspendedMaintenanceRequestsNoMoveAndStillTracksRunningMoves() {
    var given =
        Given.taken()
            .suspended(true)
            .rows(running("a", 9))
            .instances(away(active("a")), active("b"))
            .migrations(live(9, "a", "completed", NOON.plusSeconds(1)));

    assertThat(ids(given.decideAfter(5))).isEmpty();
    assertThat(given.row("a").state()).isEqualTo("Moved");
    assertThat(given.row("b").state()).isEqualTo("Pending");
  }

  @Test
  void noMoveIsRequestedWhileTheSourceServiceIsDown() {
    assertThat(ids(Given.taken().serviceDown(Given.HOST).instances(active("vm")).decide()))
        .isEmpty();
  }

  @Test
  void blockedInstancesDoNotDelayTheOthers() {
    var given =
        Given.taken()
            .concurrency(1, 1)
            .instances(
                ram(9999, in("error", "bad")), ram(9000, in("suspended", "worse")), active("a"));

    assertThat(ids(given.decide())).containsExactly("a");
  }

  // ---------------------------------------------------------------- groups

  @Nested
  class MembersOfOneServerGroup {

    @Test
    void moveOneAfterAnother() {
      var given =
          Given.taken().group("anti-affinity", "a", "b").instances(active("a"), active("b"));

      assertThat(ids(given.decide())).containsExactly("a");
      assertThat(given.row("b").reason()).isEqualTo("GroupMemberMoving");
    }

    @Test
    void waitWhileAnotherMemberMoves() {
      var given =
          Given.taken()
              .group("soft-anti-affinity", "a", "b")
              .rows(moving("a"))
              .instances(busy("migrating", active("a")), active("b"));

      assertThat(ids(given.decide())).isEmpty();
    }

    @Test
    void leaveTheStatusUnchangedWhileTheyWait() {
      var given =
          Given.taken().group("anti-affinity", "a", "b").instances(active("a"), active("b"));
      given.accepted(given.decide()).instances(busy("migrating", active("a"))).decideAfter(5);
      var before = given.status();

      given.decideAfter(5);

      assertThat(given.status()).isEqualTo(before);
    }

    @Test
    void doNotWaitForAMemberWhoseMoveTimedOut() {
      var given =
          Given.taken()
              .group("anti-affinity", "a", "b")
              .onTimeout("Wait")
              .rows(running("a", 9))
              .instances(busy("migrating", active("a")), active("b"))
              .migrations(live(9, "a", "running", NOON.plusSeconds(1)));

      assertThat(ids(given.decideAfter(3600))).containsExactly("b");
      assertThat(given.row("a").reason()).isEqualTo("Timeout");
    }

    @Test
    void doNotDelayInstancesOutsideTheGroup() {
      var given =
          Given.taken()
              .group("anti-affinity", "a", "b")
              .instances(ram(4, active("a")), ram(3, active("b")), ram(2, active("c")));

      assertThat(ids(given.decide())).containsExactly("a", "c");
    }

    @Test
    void areAllBlockedByHardAffinity() {
      var given = Given.taken().group("affinity", "a", "b").instances(active("a"), active("b"));

      assertThat(ids(given.decide())).isEmpty();
      assertThat(given.row("a").reason()).isEqualTo("AffinityGroup");
      assertThat(given.row("b").state()).isEqualTo("Blocked");
      assertThat(given.row("a").message()).contains("affinity-0");
    }

    @Test
    void areBlockedByHardAffinityEvenWhenOnlyOneIsLeft() {
      var given = Given.taken().group("affinity", "a").instances(active("a"));

      assertThat(ids(given.decide())).isEmpty();
      assertThat(given.row("a").reason()).isEqualTo("AffinityGroup");
      assertThat(given.row("a").message())
          .contains("openstack server group delete id-affinity-0")
          .contains("ALL members");
    }

    @Test
    void moveOnceTheirHardAffinityGroupIsDeleted() {
      var given = Given.taken().group("affinity", "a", "b").instances(active("a"), active("b"));
      given.decide();

      assertThat(ids(given.noGroups().decideAfter(60))).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void doNotMoveBeforeNovaShowsTheirGroups() {
      var given = Given.taken().groupsNotKnown("a").instances(active("a"), active("b"));

      assertThat(ids(given.decide())).containsExactly("b");
    }

    @Test
    void waitWhileTheGroupsOfAMovingInstanceAreUnknown() {
      var given =
          Given.taken()
              .group("anti-affinity", "b", "d")
              .groupsNotKnown("a")
              .rows(moving("a"))
              .instances(busy("migrating", active("a")), active("b"));

      assertThat(ids(given.decide())).isEmpty();
    }

    @Test
    void areNotBlockedBySoftAffinity() {
      var given =
          Given.taken().group("soft-affinity", "a", "b").instances(active("a"), active("b"));

      assertThat(ids(given.decide())).containsExactly("a");
    }
  }

  // ---------------------------------------------------------------- rows at rest

  @Nested
  class AnInactiveRow {

    private InstanceStatus failed(int attempts, Reason reason) {
      return row("vm", RowState.Failed, reason).toBuilder()
          .attempts(attempts)
          .lastTransitionTime(null)
          .completionTime(NOON)
          .build();
    }

    private Given givenFailed(int attempts, Reason reason) {
      return Given.taken().rows(failed(attempts, reason)).instances(active("vm")).after(60);
    }

    @Test
    void thatFailedIsNotRequestedAgain() {
      assertThat(ids(givenFailed(3, Reason.NoValidHost).decide())).isEmpty();
    }

    @Test
    void thatFailedIsRequestedAgainWhenMaxAttemptsIsRaised() {
      var given = givenFailed(3, Reason.NoValidHost).maxAttempts(4);

      assertThat(ids(given.decide())).containsExactly("vm");
      assertThat(given.row("vm").attempts()).isEqualTo(4);
    }

    @Test
    void thatFailedStartsAtAttemptOneAfterANewRetryAnnotation() {
      var given = givenFailed(3, Reason.NoValidHost).annotated("hostmaintenance.io/retry", "1");

      assertThat(ids(given.decide())).containsExactly("vm");
      assertThat(given.row("vm").attempts()).isEqualTo(1);
      assertThat(given.status().retry()).isEqualTo("1");
    }

    @Test
    void thatFailedIgnoresARetryAnnotationItHasUsedBefore() {
      var given =
          givenFailed(3, Reason.NoValidHost)
              .annotated("hostmaintenance.io/retry", "1")
              .status(s -> s.retry("1"));

      assertThat(ids(given.decide())).isEmpty();
    }

    @Test
    void usesTheRetryAnnotationOnceNovaIsAvailableAgain() {
      var given = givenFailed(3, Reason.NoValidHost).annotated("hostmaintenance.io/retry", "1");
      given.unavailable();

      assertThat(ids(given.decideAfter(5))).containsExactly("vm");
    }

    @Test
    void thatJustFailedWaits10SecondsBeforeItsRetry() {
      var given =
          Given.taken()
              .rows(failed(3, Reason.NoValidHost))
              .instances(active("vm"))
              .annotated("hostmaintenance.io/retry", "1");

      assertThat(ids(given.decideAfter(2))).isEmpty();
      assertThat(ids(given.decideAfter(8))).containsExactly("vm");
    }

    @Test
    void inErrorIsRequestedAgainOnceItsInstanceIsActive() {
      var given = givenFailed(1, Reason.FailedDuringTransfer).instances(in("error", "vm"));
      assertThat(ids(given.decide())).isEmpty();
      assertThat(given.row("vm").state()).isEqualTo("Failed");

      given.instances(active("vm"));

      assertThat(ids(given.decideAfter(60))).containsExactly("vm");
    }

    @ParameterizedTest
    @CsvSource({"Moved, Moved", "Gone, MovedExternally", "Failed, MovedWithError"})
    void whoseInstanceReturnsToTheHostStartsAtAttemptOne(RowState state, Reason reason) {
      var given =
          Given.taken()
              .rows(
                  row("vm", state, reason).toBuilder()
                      .attempts(3)
                      .destinationHost(OTHER)
                      .completionTime(NOON)
                      .build())
              .instances(active("vm"));

      assertThat(ids(given.decideAfter(60))).containsExactly("vm");
      assertThat(given.row("vm").attempts()).isEqualTo(1);
      assertThat(given.status().instances()).hasSize(1);
    }

    @Test
    void withAnUnknownStateIsLeftUnchanged() {
      var novel = row("vm", RowState.Pending, Reason.Waiting).toBuilder().state("Parked").build();
      var given = Given.taken().rows(novel).instances(active("vm"));

      assertThat(ids(given.decide())).isEmpty();
      assertThat(given.row("vm")).isEqualTo(novel);
    }

    @Test
    void withARequestOfAnUnknownActionIsLeftUnchanged() {
      var novel = running("vm", 9).toBuilder().action("Parked").build();
      var given = Given.taken().rows(novel).instances();

      assertThat(given.decide().commands()).isEmpty();
      assertThat(given.row("vm")).isEqualTo(novel);
    }

    @Test
    void withARequestOfAnUnknownActionKeepsTheHostFromBeingEmpty() {
      var given = Given.taken().rows(running("vm", 9).toBuilder().action("Parked").build());
      given.instances();

      given.decide();
      given.decideAfter(600);

      assertThat(given.status().condition("Drained").orElseThrow().isTrue()).isFalse();
    }

    @Test
    void withAnUnknownStateIsLeftUnchangedByAnUnconfirmedResize() {
      var novel = row("vm", RowState.Pending, Reason.Waiting).toBuilder().state("Parked").build();
      var given =
          Given.taken()
              .rows(novel)
              .instances(away(in("resized", "vm")))
              .migrations(record(9, "vm", "resize", "finished", NOON, SOMEBODY));

      given.decide();

      assertThat(given.row("vm")).isEqualTo(novel);
    }

    @Test
    void keepsItsBackOffDespiteARetryAnnotation() {
      var waiting =
          row("vm", RowState.Pending, Reason.NoValidHost).toBuilder()
              .attempts(1)
              .nextAttemptTime(NOON.plusSeconds(100))
              .build();
      var given =
          Given.taken()
              .rows(waiting)
              .instances(active("vm"))
              .annotated("hostmaintenance.io/retry", "1");

      assertThat(ids(given.decideAfter(99))).isEmpty();
    }

    @Test
    void keepsItsBackOffDuringATaskOfSomeoneElse() {
      var waiting =
          row("vm", RowState.Pending, Reason.NoValidHost).toBuilder()
              .attempts(1)
              .nextAttemptTime(NOON.plusSeconds(100))
              .build();
      var given = Given.taken().rows(waiting).instances(busy("rebooting", active("vm")));
      given.decide();

      assertThat(ids(given.instances(active("vm")).decideAfter(50))).isEmpty();
      assertThat(given.row("vm").reason()).isEqualTo("Waiting");
      assertThat(ids(given.decideAfter(50))).containsExactly("vm");
    }
  }

  // ---------------------------------------------------------------- off the host

  @Nested
  class AnUnconfirmedResizeThatLeftTheHost {

    private final Given given =
        Given.taken()
            .instances(away(in("resized", "vm")))
            .migrations(record(9, "vm", "resize", "finished", NOON, SOMEBODY));

    @Test
    void isBlocked() {
      given.decide();

      assertThat(given.row("vm"))
          .extracting(r -> r.state(), r -> r.reason(), r -> r.destinationHost())
          .containsExactly("Blocked", "UnconfirmedResize", OTHER);
    }

    @Test
    void leavesTheStatusUnchangedWhileNothingChanges() {
      given.decide();
      given.decideAfter(60);
      var before = given.status();

      given.decideAfter(60);

      assertThat(given.status()).isEqualTo(before);
    }

    /** It came back and left again between two observations. */
    @Test
    void isBlockedEvenWhenItsRowSaidMoved() {
      given.rows(row("vm", RowState.Moved, Reason.Moved));

      given.decide();

      assertThat(given.row("vm").state()).isEqualTo("Blocked");
      assertThat(given.row("vm").reason()).isEqualTo("UnconfirmedResize");
    }

    @Test
    void isGoneOnceConfirmed() {
      given.decide();

      given
          .instances(away(active("vm")))
          .migrations(become("confirmed", NOON, record(9, "vm", "resize", "x", NOON, SOMEBODY)))
          .decideAfter(60);

      assertThat(given.row("vm").state()).isEqualTo("Gone");
    }

    @Test
    void isAwaitedWhileNovaRevertsIt() {
      given.decide();

      given
          .instances(away(busy("resize_reverting", in("resized", "vm"))))
          .migrations(become("reverting", NOON, record(9, "vm", "resize", "x", NOON, SOMEBODY)))
          .decideAfter(60);

      assertThat(given.row("vm").state()).isEqualTo("Pending");
      assertThat(given.row("vm").reason()).isEqualTo("ExternalMigration");
    }

    @Test
    void isMovedOnceReverted() {
      given.decide();

      given
          .instances(active("vm"))
          .migrations(become("reverted", NOON, record(9, "vm", "resize", "x", NOON, SOMEBODY)));

      assertThat(ids(given.decideAfter(60))).containsExactly("vm");
    }

    @Test
    void isBlockedEvenWhenTheOperatorsUserStartedIt() {
      var ours =
          Given.taken()
              .instances(away(in("resized", "vm")))
              .migrations(record(9, "vm", "migration", "finished", NOON, US));

      assertThat(ours.decide().commands()).isEmpty();
      assertThat(ours.row("vm").state()).isEqualTo("Blocked");
    }
  }

  @Test
  void externalResizeIsAwaitedAndTheInstanceIsNotCalledGone() {
    var given = Given.taken().instances(busy("resize_migrating", active("vm")));
    given.decide();

    given
        .instances(away(busy("resize_finish", active("vm"))))
        .migrations(record(9, "vm", "resize", "post-migrating", NOON, SOMEBODY))
        .decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Pending");
    given.decideAfter(3600);
    assertThat(given.row("vm").state()).isEqualTo("Blocked");
  }

  @Test
  void externalResizeIsAwaitedWhileTheOperatorTracksItsOwnMoves() {
    var given = Given.taken().instances(busy("resize_migrating", active("vm")));
    given.decide();

    given
        .rows(given.row("vm"), moving("other"))
        .instances(away(busy("resize_finish", active("vm"))), busy("migrating", active("other")))
        .migrations(record(9, "vm", "resize", "post-migrating", NOON, SOMEBODY))
        .decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Pending");
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
  }

  @Test
  void unlistedInstanceStaysPendingUntilNovaShowsItsDetails() {
    var given = Given.taken().suspended(true).instances(active("vm"));
    given.decide();

    given.instances(away(active("vm"))).unseen("vm").decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Pending");
  }

  @Test
  void unlistedInstanceIsBlockedWhenNovaDoesNotShowItFor15Minutes() {
    var given = Given.taken().suspended(true).instances(active("vm"));
    given.decide();
    given.instances(away(active("vm"))).unseen("vm");

    given.decideAfter(899);
    assertThat(given.row("vm").state()).isEqualTo("Pending");

    given.decideAfter(1);
    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");
    assertThat(given.status().phase()).isEqualTo("Blocked");
  }

  @Test
  void unlistedInstanceIsGoneOnceNovaShowsItOnAnotherHostAgain() {
    var given = Given.taken().suspended(true).instances(active("vm"));
    given.decide();
    given.instances(away(active("vm"))).unseen("vm").decideAfter(900);

    given.seenAgain("vm").decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Gone");
  }

  @Test
  void blockedInstanceKeepsItsReasonWhenNovaDoesNotShowIt() {
    var given = Given.taken().instances(in("suspended", "vm"));
    given.decide();

    given.instances(away(in("suspended", "vm"))).unseen("vm").decideAfter(900);

    assertThat(given.row("vm").reason()).isEqualTo("UnsupportedState");
  }

  @Test
  void deletedInstanceIsGone() {
    var given = Given.taken().suspended(true).instances(active("vm"));
    given.decide();

    given.gone("vm").decideAfter(5);

    assertThat(given.row("vm").reason()).isEqualTo("Deleted");
  }

  @Test
  void rowOfARequestedColdMigrationSaysColdMigrate() {
    var given = Given.taken().liveMigrate(false).instances(active("vm"));

    assertThat(given.decide().commands()).first().isInstanceOf(Command.ColdMigrate.class);
    assertThat(given.row("vm").action()).isEqualTo("ColdMigrate");
    assertThat(cold(given.row("vm"))).isEqualTo(given.row("vm"));
  }

  @Test
  void waitingInstancesAreOrderedByTheirCurrentMemory() {
    var given =
        Given.taken()
            .concurrency(1, 1)
            .suspended(true)
            .instances(ram(2048, active("a")), ram(1024, active("b")));
    given.decide();

    given.suspended(false).instances(ram(8192, active("b")));
    assertThat(ids(given.decideAfter(5))).containsExactly("b");
  }

  @Test
  void runningColdMigrationsReduceTheFreeSlots() {
    var given =
        Given.taken()
            .concurrency(1, 2)
            .rows(Fixtures.cold(moving("x")))
            .instances(busy("resize_prep", stopped("x")), stopped("y"), stopped("z"));

    assertThat(ids(given.decide())).containsExactly("y");
  }

  @Test
  void migrationsThatWaitForTheirConfirmationTakeNoSlot() {
    var given =
        Given.taken()
            .concurrency(1, 1)
            .rows(confirming("x"))
            .instances(away(in("resized", "x")), stopped("y"), stopped("z"));

    assertThat(ids(given.decide())).containsExactly("y");
  }

  @Test
  void noMoreMigrationsWaitForTheirConfirmationThanThereAreSlots() {
    var given =
        Given.taken()
            .concurrency(1, 1)
            .rows(confirming("w"), confirming("x"))
            .instances(away(in("resized", "w")), away(in("resized", "x")), stopped("y"));

    assertThat(ids(given.decide())).isEmpty();
  }

  private static InstanceStatus confirming(String id) {
    return cold(running(id, 9)).toBuilder()
        .state("Confirming")
        .reason(Reason.UnconfirmedResize.name())
        .build();
  }

  /** The record is listed first, then the instance is asked for, and its records come last. */
  @Test
  void instanceWhoseConfirmationEndsAmidTheObservationIsMoved() {
    var given =
        Given.taken()
            .strategies(Strategies.of(Map.of("unconfirmedResize", "Skip")))
            .rows(confirming("x"))
            .instances(away(in("resized", "x")))
            .migrations(record(9, "x", "migration", "finished", NOON, US));
    var snapshot = given.after(60).snapshot();
    var detail = snapshot.details().get("x");
    var confirmed = List.of(record(9, "x", "migration", "confirmed", NOON, US));

    given.decide(
        given.snapshot(
            "x",
            new Detail(
                detail.instance(),
                confirmed,
                detail.actions(),
                detail.events(),
                detail.guest(),
                detail.offer(),
                detail.untold())));

    assertThat(given.row("x").state()).isEqualTo("Moved");
  }

  // ---------------------------------------------------------------- off the host after a failed
  // move

  private static Given left(int attempts, Migration record) {
    return Given.taken()
        .rows(
            row("vm", RowState.Pending, Reason.FailedDuringTransfer).toBuilder()
                .attempts(attempts)
                .build())
        .instances(away(active("vm")))
        .migrations(record);
  }

  private static void isAt(Given given, String state, Reason reason) {
    given.decideAfter(60);
    assertThat(given.row("vm").state()).isEqualTo(state);
    assertThat(given.row("vm").reason()).isEqualTo(reason.name());
  }

  @Test
  void instanceThatLeftDuringAFailedMoveOfTheOperatorIsMovedWithError() {
    isAt(left(1, live(9, "vm", "error", NOON)), "Failed", Reason.MovedWithError);
  }

  @Test
  void instanceThatLeftByAMoveOfTheOperatorThatWasGivenUpIsMoved() {
    isAt(left(1, live(9, "vm", "completed", NOON)), "Moved", Reason.Moved);
  }

  @Test
  void failedMoveFromAThirdHostDoesNotCountAsAMoveOfTheOperator() {
    var record =
        new Migration(
            9,
            "uuid-of-migration-9",
            "vm",
            "live-migration",
            "error",
            "compute-1",
            OTHER,
            NOON,
            NOON,
            US.userId(),
            US.projectId());

    isAt(left(1, record), "Gone", Reason.MovedExternally);
  }

  @Test
  void instanceThatLeftBeforeAnyRequestIsMovedExternally() {
    isAt(left(0, live(9, "vm", "error", NOON)), "Gone", Reason.MovedExternally);
  }

  @Test
  void instanceThatLeftDuringAFailedExternalMoveIsMovedExternally() {
    isAt(
        left(1, record(9, "vm", "live-migration", "error", NOON, Given.SOMEBODY)),
        "Gone",
        Reason.MovedExternally);
  }

  @Test
  void failedIncomingMigrationDoesNotCountAsAMoveOfTheOperator() {
    isAt(left(1, Fixtures.incoming(live(9, "vm", "error", NOON))), "Gone", Reason.MovedExternally);
  }

  @Test
  void messageOfAGoneInstanceWithoutAHostSaysSo() {
    var given = left(0, live(9, "vm", "error", NOON)).instances(Fixtures.on(null, active("vm")));

    isAt(given, "Gone", Reason.MovedExternally);
    assertThat(given.row("vm").message()).isEqualTo("It is on no host any more.");
  }

  @Test
  void unconfirmedResizeChangesOnlyTheRowOfItsInstance() {
    var other = row("other", RowState.Moved, Reason.Moved);
    var given =
        Given.taken()
            .rows(row("vm", RowState.Pending, Reason.Waiting), other)
            .instances(away(in("resized", "vm")))
            .migrations(record(9, "vm", "resize", "finished", NOON, Given.SOMEBODY));

    given.decideAfter(60);

    assertThat(given.row("vm").reason()).isEqualTo("UnconfirmedResize");
    assertThat(given.row("other")).isEqualTo(other);
  }

  @Test
  void rowKeepsTheReasonOfTheLastFailureUntilTheNextAttempt() {
    var failed =
        row("vm", RowState.Pending, Reason.NoValidHost).toBuilder()
            .attempts(1)
            .nextAttemptTime(NOON.plusSeconds(600))
            .build();
    var given = Given.taken().rows(failed).instances(active("vm"));

    given.decide();

    assertThat(given.row("vm").reason()).isEqualTo("NoValidHost");
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {"GuestPoweredOff", "TaskInProgress", "GroupMemberMoving"})
  void rowDropsAWaitReasonOnceItHasPassed(Reason reason) {
    var waited =
        row("vm", RowState.Pending, reason).toBuilder()
            .attempts(1)
            .nextAttemptTime(NOON.plusSeconds(600))
            .build();
    var given = Given.taken().rows(waited).instances(active("vm"));

    given.decide();

    assertThat(given.row("vm").reason()).isEqualTo("Waiting");
  }
}
