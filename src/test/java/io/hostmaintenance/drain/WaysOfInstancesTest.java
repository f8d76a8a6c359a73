package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.incoming;
import static io.hostmaintenance.drain.Fixtures.on;
import static io.hostmaintenance.drain.Fixtures.paused;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.Given.US;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.StateChange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a way of several operations begins, goes on, and what stays on the host. */
class WaysOfInstancesTest {

  private static final Strategies RESUMES = Strategies.of(Map.of("suspended", "ResumeLiveSuspend"));

  private static Given suspended() {
    return Given.taken().strategies(RESUMES).instances(in("suspended", "vm"));
  }

  /** Nova has accepted the last request. */
  private static Given accepted(Given given, String requestId) {
    var change = new Command.ChangeState("vm", StateChange.RESUME, "req-ours");
    return given.status(
        OutcomeRecorder.enter(
            given.status(), List.of(new Outcome.Accepted(change, requestId)), given.now()));
  }

  private static List<StateChange> changes(Decision decision) {
    return decision.commands().stream()
        .filter(Command.ChangeState.class::isInstance)
        .map(c -> ((Command.ChangeState) c).change())
        .toList();
  }

  @Test
  void wayBeginsWithItsFirstOperationWhichTheStatusAnnounces() {
    var given = suspended();

    assertThat(changes(given.decide())).containsExactly(StateChange.RESUME);
    assertThat(given.row("vm").step()).isEqualTo("Resume");
    assertThat(given.row("vm").state()).isEqualTo("Requested");
    assertThat(given.row("vm").strategy()).isEqualTo("suspended=ResumeLiveSuspend");
  }

  @Test
  void wayDoesNotBeginAtAComputeThatWasNotHeardOfForAMinute() {
    var given = suspended().heardOf(HOST, 61);

    assertThat(changes(given.decide())).isEmpty();
    assertThat(given.row("vm").reason()).isEqualTo("ComputeNotHeard");
  }

  @Test
  void wayThatWaitsForComputeFor15MinutesIsBlocked() {
    var given = suspended().heardOf(HOST, 61);
    given.decide();

    given.decideAfter(15 * 60);

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
  }

  @Test
  void wayDoesNotBeginWherePlacementHasNoOtherHost() {
    var given = suspended().noCandidate();

    assertThat(changes(given.decide())).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("NoCapacity");
  }

  @Test
  void wayThatChangesTheGuestBeginsAfterTheMovesThatDoNot() {
    var given = suspended();
    given.instances(in("suspended", "vm"), active("other"));

    var decision = given.decide();

    assertThat(changes(decision)).isEmpty();
    assertThat(decision.commands()).hasOnlyElementsOfType(Command.LiveMigrate.class);
  }

  @Test
  void nextOperationFollowsOnlyOnTheStateOfTheLastOne() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));

    assertThat(changes(given.decideAfter(1))).isEmpty();

    given.instances(active("vm"));
    assertThat(changes(given.decideAfter(1))).containsExactly(StateChange.PAUSE);
  }

  @Test
  void actionOfSomeoneElseEndsTheWay() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.action("vm", action("reboot", "req-2", given.now(), SOMEBODY)).instances(active("vm"));

    assertThat(changes(given.decideAfter(5))).isEmpty();
    assertThat(given.row("vm").reason()).isEqualTo("TakenOverByOwner");
  }

  @Test
  void lockOfItsOwnerDoesNotEndTheWay() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.action("vm", action("lock", "req-2", given.now(), SOMEBODY)).instances(active("vm"));

    assertThat(changes(given.decideAfter(5))).containsExactly(StateChange.PAUSE);
  }

  @Test
  void lostAnswerIsAskedForAgainOnlyAfterTheTimeThatItMayTake() {
    var given = suspended();
    given.decide();

    assertThat(changes(given.decideAfter(60))).isEmpty();
    assertThat(changes(given.decideAfter(71))).containsExactly(StateChange.RESUME);
    assertThat(given.row("vm").attempts()).isEqualTo(1);
  }

  @Test
  void operationThatFailedPutsTheGuestBackWhereItsStateHasChanged() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.instances(active("vm"));
    given.decideAfter(1);
    accepted(given, "req-2")
        .action("vm", Fixtures.failed(action("pause", "req-2", given.now(), US), "No."));

    assertThat(changes(given.decideAfter(5))).containsExactly(StateChange.SUSPEND);
    assertThat(given.row("vm").state()).isEqualTo("Restoring");
    assertThat(given.row("vm").reason()).isEqualTo("StepFailed");
    assertThat(given.row("vm").message()).contains("No.");
  }

  @Test
  void instancesThatTheSpecLeavesThereKeepTheHostFromDrainedButNotFromReady() {
    var given = Given.taken().excluding("vm").instances(active("vm"));
    given.decide();
    given.decideAfter(5);
    given.decideAfter(65);

    assertThat(given.status().isTrue(Condition.READY)).isTrue();
    assertThat(given.status().isTrue(Condition.DRAINED)).isFalse();
    assertThat(given.status().condition(Condition.DRAINED).orElseThrow().reason())
        .isEqualTo("InstancesSkipped");
  }

  @Test
  void hostWithoutAnythingThatRunsIsReadyForARebootAndNotDrained() {
    var given = Given.taken().scopeRunning().instances(in("stopped", "vm"));
    given.decide();
    given.decideAfter(5);
    given.decideAfter(65);

    assertThat(given.status().condition(Condition.READY).orElseThrow().reason())
        .isEqualTo("NothingRuns");
    assertThat(given.status().condition(Condition.DRAINED).orElseThrow().reason())
        .isEqualTo("StoppedInstancesStay");
  }

  @Test
  void instanceThatStaysAndIsBusyKeepsTheHostFromReady() {
    var given =
        Given.taken().excluding("vm").instances(Fixtures.busy("powering-on", in("stopped", "vm")));
    given.decide();
    given.decideAfter(5);
    given.decideAfter(65);

    assertThat(given.status().isTrue(Condition.READY)).isFalse();
  }

  @Test
  void instanceThatStaysAndIsBusyForAnHourIsReported() {
    var given =
        Given.taken().excluding("vm").instances(Fixtures.busy("powering-on", in("stopped", "vm")));
    given.decide();
    given.decideAfter(60 * 60);

    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
    assertThat(given.status().phase()).isEqualTo("Blocked");
  }

  private static Given skippedResize(String status) {
    var record = record(9, "vm", "migration", status, NOON.minusSeconds(600), SOMEBODY);
    return Given.taken()
        .strategies(Strategies.of(Map.of("unconfirmedResize", "Skip")))
        .instances(in("resized", "vm"))
        .migrations(incoming(record));
  }

  @Test
  void confirmationThatHangsForAnHourIsReportedThoughTheResizeIsSkipped() {
    var given = skippedResize("confirming");
    given.decide();
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");

    given.decideAfter(60 * 60);

    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(given.row("vm").message()).contains(OTHER);
  }

  @Test
  void confirmationIsWaitedForAlsoWhileOtherMovesRun() {
    var given = skippedResize("confirming").instances(active("other"));
    given.accepted(given.decide());
    given.decideAfter(30);

    assertThat(given.row("other").requestTime()).isNotNull();
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
  }

  @Test
  void resizeThatTheSpecSkipsIsNotCalledStuck() {
    var given = skippedResize("finished");

    assertThat(given.decide().notices())
        .extracting(Notice::reason)
        .contains(Reason.SkippedBySpec)
        .doesNotContain(Reason.StuckRecord);
  }

  // ---------------------------------------------------------------- what the operator has stopped

  private static Given running(String rescued) {
    return Given.taken()
        .scopeRunning()
        .strategies(Strategies.of(Map.of("active", "Stop", "rescued", rescued)))
        .instances(active("vm"));
  }

  private static Given stopped(Given given) {
    accepted(given, given.decide(), "req-stop")
        .action("vm", action("stop", "req-stop", given.now(), US))
        .instances(in("stopped", "vm"));
    given.decideAfter(5);
    return given;
  }

  /** Nova has accepted what was asked for. */
  private static Given accepted(Given given, Decision decision, String requestId) {
    return given.answered(new Outcome.Accepted(decision.commands().getFirst(), requestId));
  }

  @Test
  void wayOfAnInstanceThatTheOperatorStoppedBeforeBeginsWithItsFirstAttempt() {
    var given = stopped(running("UnrescueLive"));
    given
        .action("vm", action("rescue", "req-1", given.now(), SOMEBODY))
        .instances(in("rescued", "vm"));

    assertThat(changes(given.decideAfter(5))).containsExactly(StateChange.UNRESCUE);
    assertThat(given.row("vm").attempts()).isEqualTo(1);
    assertThat(given.row("vm").stopRequestId()).isEqualTo("req-stop");
  }

  @Test
  void stopWhoseAnswerWasLostIsFoundByOrderWhereNovasClocksAreApart() {
    var given = running("Report");
    given.decide();
    given
        .action("vm", action("stop", "req-stop", given.now().minusSeconds(60 * 60), US))
        .instances(in("stopped", "vm"));

    given.decideAfter(5);

    assertThat(given.row("vm").stopRequestId()).isEqualTo("req-stop");
    assertThat(given.row("vm").reason()).isEqualTo("StoppedByOperator");
  }

  @Test
  void stopOfSomeoneElseIsNotTakenForThatOfTheOperator() {
    var given = running("Report");
    given.decide();
    given
        .action("vm", action("stop", "req-1", given.now().minusSeconds(60 * 60), US))
        .action("vm", action("stop", "req-2", given.now(), SOMEBODY))
        .instances(in("stopped", "vm"));

    given.decideAfter(5);
    given.decideAfter(75);

    assertThat(given.row("vm").stopRequestId()).isNull();
  }

  @Test
  void instanceThatWasNeverStoppedIsNotSaidToBeStartedAgain() {
    var given = running("Report");
    given.decide();
    given.deleted();
    given.obeyed(given.decideAfter(1));

    given.decideAfter(75);

    assertThat(given.row("vm").reason()).isEqualTo("Aborted");
  }

  private static Given starting() {
    var given = stopped(running("Report")).deleted();
    given.obeyed(given.decide());
    return accepted(given, given.decideAfter(5), "req-start");
  }

  @Test
  void instanceThatIsBusyWhenTheResourceIsDeletedIsStartedOnceItIsAtRest() {
    var given = stopped(running("Report"));
    given.instances(Fixtures.busy("image_uploading", in("stopped", "vm"))).decideAfter(5);
    var before = RowState.of(given.row("vm")).orElseThrow();
    given.deleted();
    given.obeyed(given.decide());

    assertThat(changes(given.decideAfter(5))).isEmpty();
    assertThat(before.next()).contains(RowState.of(given.row("vm")).orElseThrow());

    given.instances(in("stopped", "vm"));
    assertThat(changes(given.decideAfter(5))).containsExactly(StateChange.START);
  }

  @Test
  void instanceThatTheOperatorStoppedHoldsItsResourceWhileItIsNotSeen() {
    var given = stopped(running("Report")).deleted();
    given.obeyed(given.decide());

    assertThat(given.unseen("vm").decideAfter(5).release()).isFalse();
    given.seenAgain("vm");
    assertThat(changes(given.decideAfter(5))).containsExactly(StateChange.START);
  }

  @Test
  void startThatFailsIsAskedForAgainAfterAWhile() {
    var given = starting();
    given.action("vm", Fixtures.failed(action("start", "req-start", given.now(), US), "No."));

    assertThat(changes(given.decideAfter(5))).isEmpty();
    assertThat(changes(given.decideAfter(10))).containsExactly(StateChange.START);
  }

  @Test
  void startThatFailsIsAskedForLessAndLessOften() {
    var given = starting();
    given.action("vm", Fixtures.failed(action("start", "req-start", given.now(), US), "No."));
    var asked = 0;
    for (var i = 0; i < 60 * 60 / 5; i++) {
      var decision = given.decideAfter(5);
      if (!changes(decision).isEmpty()) {
        asked++;
        var start = action("start", "req-" + i, given.now(), US);
        accepted(given, decision, start.requestId()).action("vm", Fixtures.failed(start, "No."));
      }
    }

    assertThat(asked).isBetween(5, 25);
  }

  @Test
  void instanceThatItsOwnerRescuesOnceItRunsAgainIsLeftToHim() {
    var given = starting();
    given
        .action("vm", action("start", "req-start", given.now(), US))
        .action("vm", action("rescue", "req-1", given.now().plusSeconds(5), SOMEBODY))
        .instances(in("rescued", "vm"));

    given.decideAfter(60);
    given.decideAfter(60);

    assertThat(given.row("vm").reason()).isEqualTo("TakenOverByOwner");
    assertThat(given.decideAfter(5).release()).isTrue();
  }

  @Test
  void wordOfTheOwnerEndsAWayWhoseMoveWasRefusedToo() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.instances(active("vm")).decideAfter(1);
    accepted(given, "req-2").action("vm", action("pause", "req-2", given.now(), US));
    given.instances(paused("vm")).decideAfter(1);
    moveRefused(given, NovaException.Kind.FORBIDDEN);
    given.action("vm", action("unpause", "req-3", given.now(), SOMEBODY));

    var decision = given.instances(active("vm")).decideAfter(20);

    assertThat(decision.commands()).isEmpty();
    assertThat(given.row("vm").reason()).isEqualTo("TakenOverByOwner");
  }

  @Test
  void lostAnswerOnTheWayBackIsAwaitedWhateverEndedTheWay() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.instances(active("vm"));
    given.decideAfter(1);
    given.status(
        OutcomeRecorder.enter(
            given.status(),
            List.of(
                new Outcome.Failed(
                    new Command.ChangeState("vm", StateChange.PAUSE, "req-ours"),
                    Given.refusal(NovaException.Kind.BAD_REQUEST, "No."))),
            given.now()));
    assertThat(changes(given.decideAfter(1))).containsExactly(StateChange.SUSPEND);
    assertThat(given.row("vm").reason()).isEqualTo("Refused");

    assertThat(changes(given.decideAfter(1))).isEmpty();
    assertThat(changes(given.decideAfter(50))).isEmpty();
    assertThat(changes(given.decideAfter(71))).containsExactly(StateChange.SUSPEND);
  }

  @Test
  void moveOfSomeoneElseInTheMiddleOfAWayEndsItThereAndTheRowSaysSo() {
    var given = midway();
    given.action("vm", action("live-migration", "req-3", given.now(), SOMEBODY));
    given.migrations(record(9, "vm", "live-migration", "completed", given.now(), SOMEBODY));
    given.instances(on(OTHER, paused("vm")));

    assertThat(changes(given.decideAfter(1))).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("TakenOverByOwner");
  }

  @Test
  void guestThatLeftInTheMiddleOfAWayWithoutAnActionOfAnyoneIsBroughtBackToItsState() {
    var given = midway();
    given.migrations(record(9, "vm", "live-migration", "completed", given.now(), SOMEBODY));
    given.instances(on(OTHER, paused("vm")));

    assertThat(changes(given.decideAfter(1))).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Restoring");
    assertThat(changes(given.decideAfter(71))).containsExactly(StateChange.UNPAUSE);
    accepted(given, "req-4").action("vm", action("unpause", "req-4", given.now(), US));
    given.instances(on(OTHER, active("vm")));
    assertThat(changes(given.decideAfter(1))).containsExactly(StateChange.SUSPEND);
    accepted(given, "req-5").action("vm", action("suspend", "req-5", given.now(), US));
    given.instances(on(OTHER, in("suspended", "vm"))).decideAfter(1);
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("MovedExternally");
  }

  @Test
  void guestWhoseMoveNovaRefusesForGoodIsBroughtBackToItsState() {
    var given = midway();
    moveRefused(given, NovaException.Kind.BAD_REQUEST);

    broughtBack(given, HOST, given.decideAfter(1));
    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").reason()).isEqualTo("Refused");
    assertThat(given.row("vm").message()).contains("No.");
  }

  @Test
  void guestThatLeftWhileItsRecordStoppedIsBroughtBackToItsState() {
    var given = moving();
    given.migrations(record(9, "vm", "live-migration", "running", given.now(), US));
    given.instances(on(OTHER, paused("vm")));
    given.decideAfter(1);

    broughtBack(given, OTHER, given.decideAfter(Deadlines.SETTLING.toSeconds()));
    assertThat(given.row("vm").state()).isEqualTo("Moved");
    assertThat(given.row("vm").reason()).isEqualTo("StuckRecord");
  }

  @Test
  void guestThatIsMovedOnAmongOthersIsBroughtBackToItsState() {
    var given = moving();
    given.migrations(record(9, "vm", "live-migration", "cancelled", given.now(), US));
    given.instances(on(OTHER, Fixtures.busy("migrating", paused("vm"))));
    given.decideAfter(1);
    given.decideAfter(Deadlines.SETTLING.toSeconds());
    assertThat(given.row("vm").state()).isEqualTo("Restoring");
    given.instances(on(OTHER, paused("vm")));

    broughtBack(given, OTHER, given.decideAfter(1));
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("MovedExternally");
  }

  @ParameterizedTest
  @CsvSource({HOST + ", ended in ERROR", OTHER + ", ended with an error"})
  void guestThatItsMoveLeftInErrorIsFailedAndTheRowNamesTheStateThatItHad(
      String where, String words) {
    var given = moving();
    given.migrations(record(9, "vm", "live-migration", "error", given.now(), US));
    given.instances(on(where, in("error", "vm")));

    assertThat(given.decideAfter(1).commands()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").reason()).isEqualTo("NotPutBack");
    assertThat(given.row("vm").message()).contains("was suspended", words);
  }

  @Test
  void guestThatMayRunOnTwoHostsIsNotTouchedAndTheRowNamesTheStateThatItHad() {
    var given = moving();
    given.migrations(record(9, "vm", "live-migration", "completed", given.now(), US));
    given.instances(paused("vm"));
    given.decideAfter(1);

    assertThat(given.decideAfter(Deadlines.SETTLING.toSeconds()).commands()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").reason()).isEqualTo("Inconsistent");
    assertThat(given.row("vm").message()).contains("both hosts", "suspended");
  }

  @Test
  void guestThatIsDeletedInTheMiddleOfItsMoveIsGone() {
    var given = moving();
    given.instances().gone("vm");

    assertThat(given.decideAfter(1).commands()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("Gone");
    assertThat(given.row("vm").reason()).isEqualTo("Deleted");
  }

  /** It is suspended again, where it is, by what its state asks for; it is paused at first. */
  private static void broughtBack(Given given, String here, Decision decision) {
    assertThat(changes(decision)).containsExactly(StateChange.UNPAUSE);
    accepted(given, "req-8").action("vm", action("unpause", "req-8", given.now(), US));
    given.instances(on(here, active("vm")));
    assertThat(changes(given.decideAfter(1))).containsExactly(StateChange.SUSPEND);
    accepted(given, "req-9").action("vm", action("suspend", "req-9", given.now(), US));
    given.instances(on(here, in("suspended", "vm"))).decideAfter(1);
  }

  /** Nova has accepted the move of the guest that was resumed and paused. */
  private static Given moving() {
    var given = midway();
    return accepted(given, "req-3")
        .action("vm", action("live-migration", "req-3", given.now(), US));
  }

  private static void moveRefused(Given given, NovaException.Kind kind) {
    var move = new Command.LiveMigrate("vm", Optional.empty(), true, "req-ours");
    given.status(
        OutcomeRecorder.enter(
            given.status(),
            List.of(new Outcome.Failed(move, Given.refusal(kind, "No."))),
            given.now()));
  }

  /** The guest was resumed and paused, and the answer to its move is not known. */
  private static Given midway() {
    var given = suspended();
    given.decide();
    accepted(given, "req-1").action("vm", action("resume", "req-1", given.now(), US));
    given.instances(active("vm")).decideAfter(1);
    accepted(given, "req-2").action("vm", action("pause", "req-2", given.now(), US));
    given.instances(paused("vm")).decideAfter(1);
    assertThat(given.row("vm").step()).isEqualTo("LiveMigrate");
    return given;
  }
}
