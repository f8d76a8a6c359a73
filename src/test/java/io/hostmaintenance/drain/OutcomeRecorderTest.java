package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.US;
import static io.hostmaintenance.drain.Given.refusal;
import static io.hostmaintenance.drain.Given.requestId;
import static io.hostmaintenance.drain.Given.unanswered;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Nova's answers make of the rows that announced the requests. */
class OutcomeRecorderTest {

  private static final String TASK =
      "Cannot 'os-migrateLive' instance vm while it is in task_state migrating";
  private static final String STATE =
      "Cannot 'os-migrateLive' instance vm while it is in vm_state stopped";

  private final Given given = Given.taken().instances(active("vm"));
  private Command asked;

  @BeforeEach
  void ask() {
    asked = given.decide().commands().getFirst();
    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  private void failed(NovaException failure) {
    given.answered(new Outcome.Failed(asked, failure));
  }

  private void stands(String state, Reason reason, int attempts) {
    var row = given.row("vm");
    assertThat(row)
        .extracting(r -> r.state(), r -> r.reason(), r -> r.attempts())
        .containsExactly(state, reason.name(), attempts);
  }

  @Test
  void acceptedRequestSetsTheRowInProgressAndNotMoved() {
    given.answered(new Outcome.Accepted(asked, "req-1"));

    stands("InProgress", Reason.Queued, 1);
    assertThat(given.row("vm").requestId()).isEqualTo("req-1");
    assertThat(given.row("vm").requestTime()).isNotNull();
  }

  @Test
  void unsentRequestIsSentAtTheNextReconciliationAsTheSameAttempt() {
    given.answered(new Outcome.NotSent(asked));
    stands("Pending", Reason.Waiting, 0);

    assertThat(given.decideAfter(5).commands()).hasSize(1);
    assertThat(given.row("vm").attempts()).isEqualTo(1);
  }

  @Test
  void rowStaysRequestedWhileTheOutcomeIsUnknown() {
    failed(unanswered());

    stands("Requested", Reason.AnswerUnknown, 1);
    assertThat(given.row("vm").requestTime()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "UNAUTHORIZED,      Unauthorized,       10",
    "FORBIDDEN,         Forbidden,          10",
    "NOT_FOUND,         ApiUnavailable,     10",
    "TOO_MANY_REQUESTS, ApiUnavailable,     10",
    "UNAVAILABLE,       ApiUnavailable,     10",
    "CONFIGURATION,     CloudConfiguration, 10",
    "UNSUPPORTED_API,   UnsupportedApi,     10",
  })
  void requestThatNovaDidNotExecuteIsRepeatedLaterAsTheSameAttempt(
      Kind kind, Reason reason, long later) {
    failed(refusal(kind, "No."));
    stands("Pending", reason, 0);

    assertThat(given.decideAfter(later - 1).commands()).isEmpty();
    assertThat(given.decideAfter(1).commands()).hasSize(1);
    assertThat(given.row("vm").attempts()).isEqualTo(1);
  }

  @Test
  void requestIsNotRepeatedBeforeRetryAfterHasPassed() {
    failed(
        new NovaException(
            Kind.TOO_MANY_REQUESTS, "Slow.", 429, "req-9", Duration.ofSeconds(120), false, null));

    assertThat(given.decideAfter(119).commands()).isEmpty();
    assertThat(given.decideAfter(1).commands()).hasSize(1);
  }

  @Test
  void badRequestFailsTheInstanceAndIsNotRepeated() {
    failed(refusal(Kind.BAD_REQUEST, "Operation not supported for vTPM-enabled instance."));

    var decision = given.decideAfter(5);

    stands("Failed", Reason.Refused, 1);
    assertThat(given.row("vm").message()).contains("vTPM");
    assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.Refused);
    assertThat(given.decideAfter(3600).commands()).isEmpty();
  }

  @Test
  void retryAnnotationRepeatsARefusedRequest() {
    failed(refusal(Kind.BAD_REQUEST, "No."));
    given.decideAfter(5);

    given.annotated("hostmaintenance.io/retry", "again");

    assertThat(given.decideAfter(10).commands()).hasSize(1);
  }

  // ---------------------------------------------------------------- 409, both kinds

  @ParameterizedTest
  @ValueSource(strings = {TASK, STATE})
  void conflictCountsAsAcceptedWhenNovaShowsTheOperatorsOwnAction(String message) {
    failed(refusal(Kind.CONFLICT, message));

    given
        .instances(busy("migrating", active("vm")))
        .action("vm", action("live-migration", requestId("vm"), NOON.plusSeconds(1), US))
        .decideAfter(5);

    stands("InProgress", Reason.Queued, 1);
    assertThat(given.row("vm").requestId()).isEqualTo(requestId("vm"));
  }

  @Test
  void conflictByAnotherTaskDoesNotUseUpAnAttempt() {
    failed(refusal(Kind.CONFLICT, TASK));

    given.instances(busy("rebooting", active("vm"))).decideAfter(5);

    stands("Pending", Reason.TaskInProgress, 0);
  }

  @Test
  void requestIsRepeatedSoonAfterTheConflictingTaskEnds() {
    failed(refusal(Kind.CONFLICT, TASK));

    assertThat(given.decideAfter(5).commands()).isEmpty();
    assertThat(given.decideAfter(10).commands()).hasSize(1);
    assertThat(given.row("vm").attempts()).isEqualTo(1);
  }

  @Test
  void conflictByVmStateUsesUpAnAttempt() {
    failed(refusal(Kind.CONFLICT, STATE));

    assertThat(given.decideAfter(5).commands()).isEmpty();

    stands("Pending", Reason.UnsupportedState, 1);
    assertThat(given.row("vm").message()).contains("vm_state stopped");
  }

  @Test
  void moveTypeIsChosenAgainByTheNewVmStateAfterAConflict() {
    failed(refusal(Kind.CONFLICT, STATE));
    given.instances(stopped("vm")).decideAfter(5);

    var decision = given.decideAfter(10);

    assertThat(decision.commands()).first().isInstanceOf(Command.ColdMigrate.class);
  }

  @Test
  void instanceFailsWhenConflictsUseUpAllAttempts() {
    for (var i = 0; i < 3; i++) {
      failed(refusal(Kind.CONFLICT, "Instance vm is locked"));
      given.decideAfter(5);
      var commands = given.decideAfter(300).commands();
      if (!commands.isEmpty()) {
        asked = commands.getFirst();
      }
    }

    stands("Failed", Reason.UnsupportedState, 3);
  }

  @Test
  void conflictStaysUndecidedWhileNovaDoesNotShowTheInstance() {
    failed(refusal(Kind.CONFLICT, STATE));

    given.unseen("vm").decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Requested");
  }

  @Test
  void answerAboutTheServiceChangesNoInstanceRow() {
    var before = given.row("vm");

    given.answered(new Outcome.Accepted(new Command.EnableService("service"), null));

    assertThat(given.row("vm")).isEqualTo(before);
  }

  @Test
  void answerForADeletedRowIsDropped() {
    given.rows();

    given.answered(new Outcome.Accepted(asked, "req-1"));

    assertThat(given.status().instances()).isEmpty();
  }

  // ---------------------------------------------------------------- what another process did since

  private List<Outcome> news(HostMaintenanceStatus stored) {
    return OutcomeRecorder.stillNews(
        List.of(new Outcome.Accepted(asked, "req-1")), given.status(), stored);
  }

  @Test
  void answerIsStoredWhileItsRowIsUnchanged() {
    assertThat(news(given.status().toBuilder().phase("Blocked").build())).hasSize(1);
  }

  @Test
  void answerIsStoredWhenOnlyTheRowOfAnotherInstanceChanged() {
    var other = Fixtures.moving("another");
    var row = given.row("vm");
    given.rows(other, row);
    var stored = given.status().toBuilder().instances(List.of(Fixtures.running("another", 9), row));

    assertThat(news(stored.build())).hasSize(1);
  }

  @Test
  void answerIsDroppedOnceItsRowHasChanged() {
    var row = given.row("vm").toBuilder().requestId("req-2").build();

    assertThat(news(given.status().toBuilder().instances(List.of(row)).build())).isEmpty();
  }

  @Test
  void answerAboutTheServiceIsAlwaysStored() {
    var outcome = new Outcome.Accepted(new Command.DisableService("id", "x"), null);
    var nothing = HostMaintenanceStatus.builder().build();

    assertThat(OutcomeRecorder.stillNews(List.of(outcome), given.status(), nothing)).hasSize(1);
  }

  @Test
  void answerToAbortOrForceCompleteIsStoredOnlyWhileItsRowExists() {
    var other = given.status().toBuilder().instances(List.of()).build();
    List<Outcome> outcomes =
        List.of(
            new Outcome.Accepted(new Command.AbortMigration("vm", 9), null),
            new Outcome.Accepted(new Command.ForceCompleteMigration("vm", 9), null));

    assertThat(OutcomeRecorder.stillNews(outcomes, given.status(), given.status())).hasSize(2);
    assertThat(OutcomeRecorder.stillNews(outcomes, given.status(), other)).isEmpty();
  }

  @Test
  void rowMessageQuotesNovasAnswerWithTheRequestId() {
    failed(
        new NovaException(
            Kind.FORBIDDEN, "Policy doesn't allow it.", 403, "req-9", null, false, null));

    assertThat(given.row("vm").message()).isEqualTo("Policy doesn't allow it. (req-9)");
  }

  @Test
  void refusedForceCompleteIsRepeatedLater() {
    var late = Fixtures.running("vm", 9).toBuilder().reason("Timeout").build();
    given.rows(late);

    given.answered(
        new Outcome.Failed(
            new Command.ForceCompleteMigration("vm", 9), refusal(Kind.BAD_REQUEST, "Not now.")));

    assertThat(given.row("vm").nextAttemptTime()).isEqualTo(given.now().plusSeconds(10));
  }

  @Test
  void acceptedRequestOfABlockedInstanceCountsItAsRemaining() {
    given
        .rows(requested("vm").toBuilder().state("Blocked").firstRefusedTime(NOON).build())
        .status(s -> s.blocked(1).remaining(0));

    given.answered(new Outcome.Accepted(asked, "req-1"));

    assertThat(given.status())
        .extracting(HostMaintenanceStatus::blocked, HostMaintenanceStatus::remaining)
        .containsExactly(0, 1);
  }

  @ParameterizedTest
  @CsvSource({"Confirming,", "Blocked, 10"})
  void unansweredConfirmationIsRepeatedAfterAPauseOnlyWhenItIsBlocked(String state, Long pause) {
    given.rows(Fixtures.running("vm", 9).toBuilder().state(state).build());

    given.answered(new Outcome.Failed(new Command.ConfirmResize("vm", "req-1"), unanswered()));

    assertThat(given.row("vm").nextAttemptTime())
        .isEqualTo(pause == null ? null : given.now().plusSeconds(pause));
  }
}
