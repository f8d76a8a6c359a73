package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Given.requestId;
import static io.hostmaintenance.drain.Given.unanswered;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Outcome;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of requests that the cloud refuses for as long as it likes. */
class RefusalsTest {

  private static final Duration DAY = Duration.ofHours(24);

  private final Given given = Given.taken().instances(active("vm"));
  private final List<Duration> asked = new ArrayList<>();
  private final List<Notice> told = new ArrayList<>();
  private final Set<HostMaintenanceStatus> written = new HashSet<>();
  private final Set<String> said = new HashSet<>();

  private static NovaException refused(Kind kind, String words) {
    return new NovaException(kind, words, 0, "req-" + UUID.randomUUID(), null, false, null);
  }

  /** The looks of this time, each request answered by this failure. */
  private void refuse(Duration time, java.util.function.Supplier<NovaException> failure) {
    var end = given.now().plus(time);
    while (given.now().isBefore(end)) {
      var decision = given.decide();
      written.add(given.status());
      told.addAll(decision.notices());
      for (var command : decision.commands()) {
        asked.add(Duration.between(Given.NOON, given.now()));
        given.answered(new Outcome.Failed(command, failure.get()));
        written.add(given.status());
      }
      if (Refusals.forLong(given.row("vm"))) {
        said.add(given.row("vm").message());
      }
      given.after(decision.requeueAfter());
    }
  }

  private long askedIn(int hour) {
    return asked.stream().filter(t -> t.toHours() == hour).count();
  }

  @ParameterizedTest
  @CsvSource({
    "UNAUTHORIZED,      Unauthorized",
    "FORBIDDEN,         Forbidden",
    "NOT_FOUND,         ApiUnavailable",
    "TOO_MANY_REQUESTS, ApiUnavailable",
    "UNAVAILABLE,       ApiUnavailable",
    "CONFIGURATION,     CloudConfiguration",
    "UNSUPPORTED_API,   UnsupportedApi",
  })
  void moveRefusedForADayIsBlockedAndRequestedOnlyAFewTimesAnHour(Kind kind, Reason reason) {
    refuse(DAY, () -> refused(kind, "No, says the cloud."));

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo(reason.name());
    assertThat(given.row("vm").message()).contains("No, says the cloud. (req-");
    assertThat(given.row("vm").attempts()).isZero();
    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(askedIn(0)).isBetween(10L, 25L);
    for (var hour = 1; hour < 24; hour++) {
      assertThat(askedIn(hour)).isBetween(1L, hour == 1 ? 7L : 4L);
    }
    assertThat(written.size()).isLessThan(3 * asked.size());
  }

  @Test
  void rowRefusedForADayReportsOneEventAndKeepsItsMessage() {
    refuse(DAY, () -> refused(Kind.FORBIDDEN, "Policy doesn't allow it."));

    assertThat(told)
        .extracting(Notice::reason)
        .containsOnlyOnce(Reason.Forbidden)
        .containsOnlyOnce(Reason.InstancesBlocked)
        .containsOnlyOnce(Reason.MoveRequested);
    assertThat(said).hasSize(1);
  }

  @Test
  void refusedRowIsNotBlockedBefore15Minutes() {
    refuse(Duration.ofSeconds(890), () -> refused(Kind.FORBIDDEN, "No."));

    assertThat(given.row("vm").state()).isEqualTo("Pending");
  }

  @Test
  void singleRefusalAnHourAgoDoesNotBlockAWaitingRow() {
    refuse(Duration.ofSeconds(5), () -> refused(Kind.FORBIDDEN, "No."));

    given.freeMoves(0).after(Duration.ofHours(1)).decide();

    assertThat(given.row("vm").state()).isEqualTo("Pending");
  }

  @Test
  void newReasonOfARefusalReplacesTheOldOne() {
    refuse(Duration.ofHours(1), () -> refused(Kind.FORBIDDEN, "No."));
    refuse(Duration.ofHours(1), () -> refused(Kind.TOO_MANY_REQUESTS, "Too many."));

    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");
    assertThat(given.row("vm").message()).contains("Too many.");
  }

  @Test
  void blockedMoveContinuesOnceNovaAcceptsTheRequest() {
    refuse(Duration.ofHours(3), () -> refused(Kind.FORBIDDEN, "No."));
    var decision = given.decideAfter(900);

    given.accepted(decision);

    assertThat(decision.commands()).hasSize(1);
    assertThat(given.row("vm").state()).isEqualTo("InProgress");
    assertThat(given.row("vm").attempts()).isEqualTo(1);
    assertThat(given.row("vm").firstRefusedTime()).isNull();
  }

  @Test
  void unsentRequestLeavesTheRowBlocked() {
    refuse(Duration.ofHours(3), () -> refused(Kind.FORBIDDEN, "No."));
    var before = given.row("vm");
    var decision = given.decideAfter(900);

    given.answered(new Outcome.NotSent(decision.commands().getFirst()));

    assertThat(given.row("vm")).isEqualTo(before.toBuilder().nextAttemptTime(null).build());
  }

  @Test
  void retryAnnotationRepeatsARefusedMoveAtOnce() {
    refuse(Duration.ofHours(3), () -> refused(Kind.FORBIDDEN, "No."));
    given.annotated("hostmaintenance.io/retry", "now");

    assertThat(given.decideAfter(1).commands()).hasSize(1);
  }

  @Test
  void refusedMoveDoesNotDelayOtherInstances() {
    refuse(Duration.ofHours(1), () -> refused(Kind.FORBIDDEN, "No."));

    var decision = given.instances(active("other")).decideAfter(5);

    assertThat(decision.commands())
        .anyMatch(c -> c instanceof Command.ServerAction a && a.instanceId().equals("other"));
  }

  @Test
  void moveWithoutAnyAnswerForADayIsBlockedWithTheErrorText() {
    refuse(DAY, Given::unanswered);

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("ApiUnavailable");
    assertThat(given.row("vm").message()).contains("No answer came.");
    assertThat(askedIn(0)).isBetween(10L, 30L);
    assertThat(askedIn(23)).isBetween(1L, 4L);
  }

  @Test
  void lostAnswerAfterRefusalsIsFoundAndTheInstanceIsMoved() {
    refuse(Duration.ofHours(3), () -> refused(Kind.FORBIDDEN, "No."));
    var command = given.decideAfter(900).commands().getFirst();
    given.answered(new Outcome.Failed(command, unanswered()));

    given
        .instances(away(active("vm")))
        .action("vm", Fixtures.action("live-migration", requestId("vm"), given.now(), Given.US))
        .migrations(Fixtures.live(7, "vm", "completed", given.now()))
        .decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Moved");
  }

  @Test
  void repeatedTaskConflictBlocksAnIdleInstance() {
    refuse(DAY, () -> refused(Kind.CONFLICT, "Cannot 'x' while it is in task_state migrating"));

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").reason()).isEqualTo("TaskInProgress");
    assertThat(askedIn(0)).isBetween(10L, 25L);
    assertThat(askedIn(23)).isBetween(1L, 4L);
    assertThat(told).extracting(Notice::reason).containsOnlyOnce(Reason.TaskInProgress);
  }

  @Test
  void confirmationRefusedForADayIsRequestedOnlyAFewTimesAnHour() {
    var record = Fixtures.cold(7, "vm", "finished", Given.NOON);
    given
        .rows(Fixtures.cold(Fixtures.moving("vm")).toBuilder().migrationId(7L).build())
        .instances(away(in("resized", "vm")))
        .action("vm", Fixtures.action("migrate", requestId("vm"), Given.NOON, Given.US))
        .migrations(record);

    refuse(DAY, () -> refused(Kind.FORBIDDEN, "No."));

    assertThat(given.row("vm").state()).isEqualTo("Blocked");
    assertThat(given.row("vm").message()).contains("Nova does not confirm it yet: No.");
    assertThat(askedIn(0)).isBetween(10L, 25L);
    assertThat(askedIn(23)).isBetween(1L, 4L);
  }

  @Test
  void maintenanceIsBlockedWhenDisablingTheServiceFailsFor15Minutes() {
    given
        .service(Given.HOST, "enabled", null)
        .refused(Reason.ApiUnavailable, "Request blocked.")
        .refusedFor(Duration.ofSeconds(890));
    given.decide();
    assertThat(given.status().phase()).isEqualTo("Draining");

    var decision = given.refusedFor(Duration.ofSeconds(900)).decideAfter(5);

    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
  }

  @ParameterizedTest
  @CsvSource({"-5, 10", "0, 10", "40, 10", "44, 11", "3600, 900", "36000, 900"})
  void retryPauseGrowsWithTheTimeOfRefusalUpTo15Minutes(long refusedFor, long pause) {
    assertThat(Refusals.pause(Duration.ofSeconds(refusedFor))).hasSeconds(pause);
  }

  @ParameterizedTest
  @CsvSource({"899, false", "900, true"})
  void rowIsRefusedTooLongAfter15Minutes(long seconds, boolean tooLong) {
    var row =
        Fixtures.row("vm", RowState.Pending, Reason.Forbidden).toBuilder()
            .firstRefusedTime(Given.NOON)
            .lastTransitionTime(Given.NOON.plusSeconds(seconds))
            .build();

    assertThat(Refusals.tooLong(row)).isEqualTo(tooLong);
  }

  @ParameterizedTest
  @CsvSource({"10, 900", "1000, 1000"})
  void longerOfRetryPauseAndRetryAfterCounts(long retryAfter, long pause) {
    var row = Fixtures.moving("vm").toBuilder().firstRefusedTime(Given.NOON).build();
    var now = Given.NOON.plusSeconds(7200);

    assertThat(
            Refusals.later(row, Optional.of(Duration.ofSeconds(retryAfter)), now).nextAttemptTime())
        .isEqualTo(now.plusSeconds(pause));
  }

  @Test
  void blockedRowSaysOnceThatItIsRefusedForLong() {
    var refused =
        Fixtures.requested("vm").toBuilder()
            .firstRefusedTime(Given.NOON.minusSeconds(3600))
            .build();
    var once = Refusals.blocked(refused, Reason.Forbidden.cause("No."), Given.NOON);

    var twice = Refusals.blocked(once, new Cause(Reason.Unauthorized, once.message()), Given.NOON);

    assertThat(once.message())
        .isEqualTo("Refused for 15 min or more, and the operator tries again: No.");
    assertThat(twice.message()).isEqualTo(once.message());
  }
}
