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
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.MARKER;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.id;
import static io.hostmaintenance.drain.Given.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException.Kind;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out. */
class CleanupTest {

  private static List<Reason> told(Decision decision) {
    return decision.notices().stream().map(Notice::reason).toList();
  }

  private static Command enable() {
    return new Command.EnableService(id(HOST));
  }

  // ---------------------------------------------------------------- without an observation

  @Test
  void maintenanceThatChangedNothingIsReleasedWithoutAnObservation() {
    var given = Given.fresh().targetHost("nowhere");
    given.decide();

    assertThat(Cleanup.withoutObservation(given.deleted().input()))
        .get()
        .extracting(Decision::release)
        .isEqualTo(true);
  }

  @Test
  void maintenanceWithoutAStatusIsReleasedWithoutAnObservation() {
    assertThat(Cleanup.withoutObservation(Given.fresh().deleted().input()))
        .get()
        .extracting(Decision::release)
        .isEqualTo(true);
  }

  @Test
  void maintenanceThatWaitedForAnotherIsReleasedWithoutAnObservation() {
    var given = Given.fresh();
    given.otherMaintenance(
        new DecisionInput.OtherMaintenance("other", HOST, NOON, false, true, false));
    given.decide();

    assertThat(Cleanup.withoutObservation(given.deleted().input()))
        .get()
        .extracting(Decision::release)
        .isEqualTo(true);
  }

  @Test
  void maintenanceThatDisabledTheServiceNeedsAnObservation() {
    assertThat(Cleanup.withoutObservation(Given.taken().deleted().input())).isEmpty();
  }

  @Test
  void maintenanceWithRunningMovesNeedsAnObservation() {
    var given = Given.fresh().status(HostMaintenanceStatus.builder().build()).rows(moving("vm"));

    assertThat(Cleanup.withoutObservation(given.deleted().input())).isEmpty();
  }

  @Test
  void skipAnnotationReleasesAtOnceAndReportsTheRunningMoves() {
    var given = Given.taken().rows(moving("vm")).deleted();

    var decision =
        Cleanup.withoutObservation(given.annotated(HostMaintenance.SKIP_GIVE_BACK, "true").input());

    assertThat(decision.orElseThrow().release()).isTrue();
    assertThat(decision.orElseThrow().notices().getFirst().message()).contains("vm");
  }

  @Test
  void skipAnnotationReleasesOnlyWithTheValueTrue() {
    var given = Given.taken().deleted().annotated(HostMaintenance.SKIP_GIVE_BACK, "false");

    assertThat(Cleanup.withoutObservation(given.input())).isEmpty();
  }

  @Test
  void maintenanceThatChangedNothingIsReleasedByAnObservation() {
    assertThat(Given.fresh().deleted().decide().release()).isTrue();
  }

  @Test
  void resourceIsNotReleasedWhileNovaIsUnavailable() {
    var given = Given.taken().rows(moving("vm")).deleted();

    assertThat(given.after(1_000_000).unavailable().release()).isFalse();
    assertThat(given.status().phase()).isEqualTo("Exiting");
    assertThat(given.status().condition("Ready").orElseThrow().message())
        .contains(HostMaintenance.SKIP_GIVE_BACK);
  }

  @Test
  void resourceIsNotReleasedWhileTheCellIsDown() {
    var given = Given.taken().deleted().service(HOST, "UNKNOWN", null);

    assertThat(given.decideAfter(60).release()).isFalse();
  }

  // ---------------------------------------------------------------- the service

  @Nested
  class TheService {

    @Test
    void isEnabledAtOnceAndCheckedBeforeTheRelease() {
      var given = Given.taken().deleted();

      var decision = given.decide();
      assertThat(decision.commands()).containsExactly(enable());
      assertThat(decision.release()).isFalse();
      assertThat(decision.requeueAfter()).isZero();

      assertThat(given.obeyed(decision).decideAfter(1).release()).isTrue();
    }

    /** Of two requests, the later one could take effect on who has the host by then. */
    @Test
    void isAwaitedWhileAnotherOperatorProcessMayStillEnableIt() {
      var given = Given.taken().deleted();
      given.decide();

      var decision = given.restarted().decideAfter(69);
      assertThat(decision.commands()).isEmpty();
      assertThat(decision.release()).isFalse();

      assertThat(given.decideAfter(1).commands()).containsExactly(enable());
    }

    @Test
    void thatAnotherOperatorProcessEnabledIsReleasedAtOnce() {
      var given = Given.taken().deleted();
      given.decide();

      assertThat(given.restarted().service(HOST, "enabled", null).decideAfter(1).release())
          .isTrue();
    }

    @Test
    void thatAnotherOperatorProcessDisabledIsEnabledAtOnce() {
      assertThat(Given.taken().restarted().deleted().decide().commands()).containsExactly(enable());
    }

    @Test
    void thatSomeoneHasEnabledIsCheckedAgainAfter5Seconds() {
      var given =
          Given.taken()
              .service(HOST, "enabled", null)
              .rows(running("vm", 9))
              .instances(busy("migrating", active("vm")))
              .migrations(live(9, "vm", "running", NOON.plusSeconds(1)))
              .deleted();

      var decision = given.decide();

      assertThat(decision.commands()).isEmpty();
      assertThat(decision.requeueAfter()).hasSeconds(5);
    }

    @Test
    void thatStaysDisabledIsEnabledAgainAndCheckedEvery5Seconds() {
      var given = Given.taken().deleted();
      given.decide();

      var again = given.decideAfter(1);

      assertThat(again.commands()).containsExactly(enable());
      assertThat(again.requeueAfter()).hasSeconds(5);
    }

    @Test
    void thatNovaForbidsToEnableIsReportedWithTheSkipAnnotation() {
      var given = Given.taken().deleted().refused(Reason.Forbidden, "Policy doesn't allow it.");

      var decision = given.decide();

      assertThat(decision.commands()).containsExactly(enable());
      var ready = given.status().condition("Ready").orElseThrow();
      assertThat(ready.reason()).isEqualTo("Forbidden");
      assertThat(ready.message())
          .contains("Policy doesn't allow it.", HostMaintenance.SKIP_GIVE_BACK);
      assertThat(told(decision)).contains(Reason.Forbidden);
    }

    @Test
    void thatIsEnabledIsNotReportedAsForbidden() {
      var given = moved("running").onDelete("Finish").refused(Reason.Forbidden, "No.");

      given.decide();

      assertThat(given.status().condition("Ready").orElseThrow().reason()).isEqualTo("Exiting");
    }

    @Test
    void isNotEnabledWhenItWasDisabledBefore() {
      var given = Given.fresh().service(HOST, "disabled", "broken fan");
      given.decide();

      var decision = given.deleted().decideAfter(60);

      assertThat(decision.commands()).isEmpty();
      assertThat(decision.release()).isTrue();
    }

    @Test
    void isNotEnabledWhenTheMarkerOfTheOperatorIsGone() {
      var given = Given.taken().service(HOST, "disabled", "mine now").deleted();

      var decision = given.decide();

      assertThat(decision.commands()).isEmpty();
      assertThat(decision.release()).isTrue();
      assertThat(told(decision)).contains(Reason.ServiceLeftDisabled);
    }

    @Test
    void isEnabledWhateverReasonFollowsTheMarker() {
      var given = Given.taken().service(HOST, "disabled", MARKER + ": an older one").deleted();

      assertThat(given.decide().commands()).containsExactly(enable());
    }

    @Test
    void getsBackTheReasonThatLibvirtWrote() {
      var given = Given.fresh().service(HOST, "disabled", "AUTO: no libvirt");
      given.obeyed(given.decide());

      var decision = given.deleted().decideAfter(60);

      assertThat(decision.commands())
          .containsExactly(new Command.DisableService(id(HOST), "AUTO: no libvirt"));
      var last = given.obeyed(decision).decideAfter(1);
      assertThat(last.release()).isTrue();
      assertThat(told(last)).doesNotContain(Reason.ServiceLeftDisabled);
    }

    /** Whoever enables it takes back what stood before us. */
    @Test
    void doesNotGetBackAReasonThatSomeoneRemovedDuringTheDrain() {
      var given = Given.fresh().service(HOST, "disabled", "AUTO: no libvirt");
      given.obeyed(given.decide()).decideAfter(5);
      given.service(HOST, "enabled", null);
      given.obeyed(given.decideAfter(60)).decideAfter(5);

      assertThat(given.deleted().decide().commands()).containsExactly(enable());
    }

    @Test
    void doesNotGetBackAReasonThatSomeoneRemovedDuringTheCleanup() {
      var given = Given.fresh().service(HOST, "disabled", "AUTO: no libvirt");
      given.decide();
      given.service(HOST, "enabled", null).deleted().decideAfter(5);

      assertThat(given.service(HOST, "disabled", MARKER).decideAfter(30).commands())
          .containsExactly(enable());
    }

    @Test
    void thatLibvirtDisabledLaterIsReportedToStayDisabled() {
      var given = Given.taken().service(HOST, "disabled", "AUTO: no libvirt").deleted();

      var decision = given.decide();

      assertThat(decision.commands()).isEmpty();
      assertThat(told(decision)).contains(Reason.ServiceLeftDisabled);
    }

    @Test
    void isAwaitedWhileALateRequestMayOverwriteLibvirtsReason() {
      var given = Given.fresh().service(HOST, "disabled", "AUTO: no libvirt");
      given.decide();

      assertThat(given.deleted().decide().release()).isFalse();
      assertThat(given.decideAfter(69).release()).isFalse();
      assertThat(given.decideAfter(1).release()).isTrue();
    }

    /** Our disabling was on its way when somebody else disabled the host, and comes last. */
    @Test
    void getsBackTheReasonThatALateDisableRequestOverwrote() {
      var given = Given.fresh();
      given.decide();
      given.restarted().service(HOST, "disabled", "mine").decideAfter(5);

      assertThat(given.deleted().decideAfter(5).release()).isFalse();
      assertThat(given.service(HOST, "disabled", MARKER).decideAfter(30).commands())
          .containsExactly(new Command.DisableService(id(HOST), "mine"));
    }

    @Test
    void getsBackTheReasonThatALateDisableRequestOverwroteAfterTheDelete() {
      var given = Given.fresh();
      given.decide();

      assertThat(
              given
                  .restarted()
                  .service(HOST, "disabled", "mine")
                  .deleted()
                  .decideAfter(5)
                  .release())
          .isFalse();
      assertThat(given.service(HOST, "disabled", MARKER).decideAfter(30).commands())
          .containsExactly(new Command.DisableService(id(HOST), "mine"));
    }

    @Test
    void isLeftDisabledOnceALateDisableRequestIsNoLongerPossible() {
      var given = Given.fresh();
      given.decide();
      given.restarted().service(HOST, "disabled", "mine").deleted().decideAfter(5);

      var decision = given.decideAfter(70);

      assertThat(decision.commands()).isEmpty();
      assertThat(decision.release()).isTrue();
      assertThat(told(decision)).contains(Reason.ServiceLeftDisabled);
    }

    @Test
    void isEnabledEvenWhenAnotherMaintenanceWaitsForTheHost() {
      var given = Given.taken().deleted();
      given.otherMaintenance(
          new DecisionInput.OtherMaintenance("waits", HOST, NOON, false, false, true));

      assertThat(given.decide().commands()).containsExactly(enable());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "host-maintenance other [01234567]",
          "host-maintenance rack-1 [01234567]: of the one before",
          "host-maintenance rack-1: of an earlier release",
          "host-maintenance prolonged, RAM on order, do not enable",
        })
    void isLeftDisabledWhenTheMarkerBelongsToSomeoneElse(String reason) {
      var given = Given.taken().service(HOST, "disabled", reason).deleted();

      var decision = given.decide();

      assertThat(decision.commands()).isEmpty();
      assertThat(decision.release()).isTrue();
      assertThat(decision.notices())
          .filteredOn(n -> n.reason() == Reason.ServiceLeftDisabled)
          .singleElement()
          .extracting(Notice::message)
          .asString()
          .contains(
              "left disabled, because its disabled_reason now says '" + reason + "'",
              "openstack compute service set --enable " + HOST + " nova-compute");
    }

    @Test
    void thatNovaNoLongerListsIsReleased() {
      var given = Given.taken().noService(HOST).deleted();

      var decision = given.decide();

      assertThat(decision.release()).isTrue();
      assertThat(told(decision)).contains(Reason.HostGone);
    }

    @Test
    void isEnabledBeforeTheMovesHaveEnded() {
      var given =
          Given.taken()
              .rows(running("vm", 9))
              .instances(busy("migrating", active("vm")))
              .migrations(live(9, "vm", "running", NOON.plusSeconds(1)))
              .deleted();

      assertThat(given.decide().commands()).containsExactly(enable());
    }
  }

  // ---------------------------------------------------------------- what is under way

  /** The service is given back already. */
  private static Given exiting() {
    var given = Given.taken().service(HOST, "enabled", null);
    return given
        .status(
            s ->
                s.service(new ServiceStatus(id(HOST), false, "enabled", null, List.of()))
                    .phase("Exiting"))
        .deleted();
  }

  private static Given moved(String status) {
    return exiting()
        .rows(running("vm", 9))
        .instances(busy("migrating", active("vm")))
        .migrations(live(9, "vm", status, NOON.plusSeconds(1)));
  }

  @Test
  void noMoveIsRequestedAfterTheDelete() {
    var given = exiting().instances(active("vm"));

    assertThat(given.decide().commands()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "Finish, queued,    true",
    "Finish, preparing, false",
    "Finish, running,   false",
    "Finish, running (post-copy), false",
    "Abort,  queued,    true",
    "Abort,  preparing, true",
    "Abort,  running,   true",
    "Abort,  running (post-copy), false",
    "Abort,  accepted,  false",
  })
  void onDeleteAndMigrationStatusDecideWhetherAMoveIsAborted(
      String onDelete, String status, boolean aborted) {
    var decision = moved(status).onDelete(onDelete).decide();

    if (aborted) {
      assertThat(decision.commands()).containsExactly(new Command.AbortMigration("vm", 9));
    } else {
      assertThat(decision.commands()).isEmpty();
    }
    assertThat(decision.release()).isFalse();
  }

  @Test
  void runningMoveIsTrackedToItsEndBeforeTheRelease() {
    var given = moved("running");
    given.decide();

    given
        .instances(away(active("vm")))
        .migrations(become("completed", NOON.plusSeconds(9), live(9, "vm", "x", NOON)));

    assertThat(given.decideAfter(5).release()).isTrue();
    assertThat(given.row("vm").state()).isEqualTo("Moved");
  }

  @Test
  void finishedColdMigrationOfTheOperatorIsConfirmed() {
    var given =
        exiting()
            .rows(cold(running("vm", 9)))
            .instances(away(in("resized", "vm")))
            .migrations(cold(9, "vm", "finished", NOON.plusSeconds(1)));

    assertThat(given.decideAfter(5).commands())
        .hasSize(1)
        .first()
        .isInstanceOf(Command.ConfirmResize.class);
  }

  @Test
  void confirmationHas15MinutesFromItsRequest() {
    var given =
        exiting()
            .rows(cold(running("vm", 9)))
            .instances(away(busy("resize_finish", stopped("vm"))))
            .migrations(cold(9, "vm", "post-migrating", NOON.plusSeconds(1)));
    given.decideAfter(1200);
    given
        .instances(away(in("resized", "vm")))
        .migrations(become("finished", given.now(), cold(9, "vm", "x", NOON)));
    given.decideAfter(5);

    assertThat(given.decideAfter(5).release()).isFalse();
  }

  @Test
  void resourceIsReleasedAfter15MinutesOfAnImpossibleConfirmation() {
    var given =
        exiting()
            .serviceDown(HOST)
            .rows(cold(running("vm", 9)))
            .instances(away(in("resized", "vm")))
            .migrations(cold(9, "vm", "finished", NOON.plusSeconds(1)));
    given.decide();
    assertThat(given.decideAfter(899).release()).isFalse();

    var decision = given.decideAfter(1);

    assertThat(decision.release()).isTrue();
    assertThat(told(decision)).contains(Reason.MovesStillRunning);
  }

  @Test
  void endlessMoveIsReportedWithItsInstanceAndTheResourceIsReleased() {
    var given = moved("running").onTimeout("Wait");
    given.decide();
    assertThat(given.decideAfter(1859).release()).isFalse();

    var decision = given.decideAfter(1);

    assertThat(decision.release()).isTrue();
    assertThat(decision.notices())
        .filteredOn(n -> n.reason() == Reason.MovesStillRunning)
        .first()
        .extracting(Notice::message)
        .asString()
        .contains("vm");
  }

  @Test
  void moveOfALargeInstanceKeepsItsTimeoutByMemoryAfterItLeftTheHost() {
    var given =
        exiting()
            .rows(running("vm", 9))
            .instances(away(ram(4096, busy("migrating", active("vm")))))
            .migrations(live(9, "vm", "post-migrating", NOON.plusSeconds(1)));

    assertThat(given.decideAfter(1800 + 4 * 60 - 1).release()).isFalse();
    assertThat(given.decideAfter(1).release()).isTrue();
  }

  @Test
  void refusedAbortDoesNotKeepTheResourceForever() {
    var given = moved("queued");
    var decision = given.decide();
    for (var i = 0; i < 400 && !decision.release(); i++) {
      decision
          .commands()
          .forEach(
              s -> given.answered(new Outcome.Failed(s, refusal(Kind.BAD_REQUEST, "Not now."))));
      decision = given.decideAfter(5);
    }

    assertThat(decision.release()).isTrue();
    assertThat(told(decision)).contains(Reason.MovesStillRunning);
  }

  @Test
  void refusedAbortIsRepeatedAfter10Seconds() {
    var given = moved("queued");
    var abort = new Command.AbortMigration("vm", 9);
    given.decide();
    given.answered(new Outcome.Failed(abort, refusal(Kind.BAD_REQUEST, "Not now.")));

    assertThat(given.decideAfter(9).commands()).isEmpty();
    assertThat(given.decideAfter(1).commands()).containsExactly(abort);
  }

  @Test
  void unansweredRequestIsSearchedFor70SecondsAndNotRepeated() {
    var given = exiting().rows(requested("vm")).instances(active("vm"));
    assertThat(given.decide().release()).isFalse();
    assertThat(given.row("vm").state()).isEqualTo("Requested");

    var decision = given.decideAfter(70);

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.release()).isTrue();
    assertThat(given.row("vm").state()).isEqualTo("Pending");
    assertThat(given.row("vm").message()).contains("no trace of the request");
  }

  @Test
  void resourceIsReleasedWhenNovaNeverShowsAnUnansweredRequest() {
    var given = exiting().rows(requested("vm")).instances(active("vm")).unseen("vm");
    given.decide();

    assertThat(given.decideAfter(1860).release()).isTrue();
  }

  @Test
  void rowWithAnUnknownStateDoesNotKeepTheResourceForever() {
    var given = exiting().rows(moving("vm").toBuilder().state("Parked").build());
    given.decide();

    assertThat(given.decideAfter(1860).release()).isTrue();
  }

  @Test
  void drainedIsFalseAfterTheDelete() {
    var given = Given.taken();
    given.decide();
    given.decideAfter(61);

    given.deleted().decideAfter(5);

    assertThat(given.status().condition("Drained").orElseThrow().status()).isEqualTo("False");
    assertThat(given.status().phase()).isEqualTo("Exiting");
  }

  // ---------------------------------------------------------------- what is said and asked once

  @Test
  void readyMessageSaysHowManyMovesAreTracked() {
    var following = moved("running").onDelete("Finish");
    following.decide();
    var empty = Given.taken().deleted();
    empty.decide();

    assertThat(following.status().condition("Ready").orElseThrow().message())
        .contains("its outstanding moves (1) to their end");
    assertThat(empty.status().condition("Ready").orElseThrow().message())
        .isEqualTo("The host is being given back.");
  }

  @Test
  void moveThatTimedOutIsNotForceCompletedAfterTheDelete() {
    var given =
        moved("running").onDelete("Finish").instanceTimeout("60s").onTimeout("ForceComplete");
    given.after(50).deleted();

    assertThat(given.decideAfter(11).commands()).isEmpty();
  }

  @Test
  void moveWhoseCleanupTimeIsOverIsNotAbortedAgain() {
    var later = running("later", 8).toBuilder().startTime(NOON.plusSeconds(600)).build();
    var given =
        exiting()
            .rows(running("vm", 9), later)
            .instances(busy("migrating", active("vm")), busy("migrating", active("later")))
            .migrations(
                live(9, "vm", "queued", NOON.plusSeconds(1)),
                live(8, "later", "queued", NOON.plusSeconds(1)));

    assertThat(given.decideAfter(1860).commands())
        .containsExactly(new Command.AbortMigration("later", 8));
  }

  @Test
  void everyAbortableMoveIsAborted() {
    var given =
        exiting()
            .onDelete("Abort")
            .rows(running("a", 8), running("b", 9))
            .instances(busy("migrating", active("a")), busy("migrating", active("b")))
            .migrations(
                live(8, "a", "running", NOON.plusSeconds(1)),
                live(9, "b", "running", NOON.plusSeconds(1)));

    assertThat(given.decide().commands())
        .containsExactlyInAnyOrder(
            new Command.AbortMigration("a", 8), new Command.AbortMigration("b", 9));
  }

  @Test
  void onlyTheMoveThatCanBeAbortedIsAborted() {
    var given =
        exiting()
            .onDelete("Abort")
            .rows(running("a", 8), running("b", 9))
            .instances(busy("migrating", active("a")), busy("migrating", active("b")))
            .migrations(
                live(8, "a", "running (post-copy)", NOON.plusSeconds(1)),
                live(9, "b", "running", NOON.plusSeconds(1)));

    assertThat(given.decide().commands()).containsExactly(new Command.AbortMigration("b", 9));
  }

  @Test
  void moveThatTimedOutIsAbortedOnlyOnce() {
    var given = moved("running").onDelete("Abort").instanceTimeout("60s").onTimeout("Abort");
    given.after(50).deleted();

    assertThat(given.decideAfter(11).commands())
        .containsExactly(new Command.AbortMigration("vm", 9));
  }

  @Test
  void pendingRowStaysPendingAfterTheDelete() {
    var given =
        exiting()
            .rows(Fixtures.row("vm", RowState.Pending, Reason.NoValidHost))
            .instances(active("vm"));

    given.decide();

    assertThat(given.row("vm").message()).isEqualTo("Waits for its turn.");
    assertThat(given.row("vm").state()).isEqualTo("Pending");
  }

  @Test
  void blockedConfirmationAlsoHas15Minutes() {
    var given =
        exiting()
            .rows(
                cold(running("vm", 9)).toBuilder()
                    .state("Blocked")
                    .reason("UnconfirmedResize")
                    .lastTransitionTime(NOON)
                    .build())
            .instances(away(in("resized", "vm")))
            .migrations(cold(9, "vm", "finished", NOON.plusSeconds(1)));

    assertThat(given.decideAfter(899).release()).isFalse();
    assertThat(given.decideAfter(2).release()).isTrue();
  }

  @Test
  void confirmationOfAnInstanceThatNovaDoesNotShowAlsoHas15Minutes() {
    var given =
        exiting()
            .rows(
                cold(running("vm", 9)).toBuilder()
                    .state("Confirming")
                    .reason("UnconfirmedResize")
                    .lastTransitionTime(NOON)
                    .build())
            .after(890)
            .unseen("vm");

    assertThat(given.decideAfter(9).release()).isFalse();
    assertThat(given.decideAfter(1).release()).isTrue();
  }

  /** A service that was enabled too often is not disabled again, so no request is under way. */
  @ParameterizedTest
  @CsvSource({"3, false", "4, true"})
  void lateDisableRequestIsAwaitedUnlessTheServiceWasEnabledTooOften(int times, boolean released) {
    var given =
        Given.taken()
            .service(HOST, "enabled", null)
            .status(
                s ->
                    s.conditions(List.of())
                        .service(
                            new ServiceStatus(
                                id(HOST), true, "enabled", null, Collections.nCopies(times, NOON))))
            .deleted();

    assertThat(given.decideAfter(5).release()).isEqualTo(released);
  }

  @Test
  void startOfTheCleanupIsReported() {
    assertThat(told(Given.taken().deleted().decide())).contains(Reason.Exiting);
  }
}
