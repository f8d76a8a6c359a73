package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.US;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.StateChange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a drain does once spec.drainTimeout, an hour here, is over. */
class DrainTimeoutTest {

  private static final long HOUR = 3600;

  /** The host was taken at noon. */
  private static Given taken() {
    return Given.taken().status(s -> s.startTime(NOON)).limits(s -> s.drainTimeout("1h"));
  }

  private static Condition ready(Given given) {
    return given.status().condition(Condition.READY).orElseThrow();
  }

  // ---------------------------------------------------------------- from when it counts

  @Test
  void timeCountsFromWhenTheHostWasTaken() {
    var given = Given.fresh();
    given.mayStart(false).decide();
    assertThat(given.status().startTime()).isNull();

    given.mayStart(true).decideAfter(600);
    given.decideAfter(60);

    assertThat(given.status().startTime()).isEqualTo(NOON.plusSeconds(600));
  }

  @ParameterizedTest
  @CsvSource({"3599, 1", "3600, 0"})
  void movesAreRequestedUntilTheTimeIsOver(long seconds, int requests) {
    var given = taken().instances(active("vm"));

    assertThat(given.decideAfter(seconds).commands()).hasSize(requests);
  }

  @Test
  void drainWithoutALimitRequestsMovesHoweverLate() {
    var given = taken().limits(s -> s.drainTimeout(null)).instances(active("vm"));

    assertThat(given.decideAfter(100 * HOUR).commands()).hasSize(1);
  }

  // ---------------------------------------------------------------- what it says

  @Test
  void drainWhoseTimeIsOverIsBlockedAndNamesTheWayOut() {
    var given = taken().instances(active("a"), active("b"));

    var decision = given.decideAfter(HOUR);

    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(ready(given).reason()).isEqualTo("DrainTimeout");
    assertThat(ready(given).message())
        .contains("drainTimeout (1h)", "2 of 2 instances", "raise drainTimeout", "delete");
    assertThat(given.status().isTrue(Condition.STALLED)).isTrue();
    assertThat(decision.notices())
        .anySatisfy(
            n -> {
              assertThat(n.reason()).isEqualTo(Reason.DrainTimeout);
              assertThat(n.type()).isEqualTo(Notice.Type.Warning);
            });
    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
  }

  @Test
  void drainWhoseTimeIsOverHoldsNoPlace() {
    var given = taken().instances(active("vm"));
    given.decideAfter(HOUR);

    assertThat(HostClaim.drains(given.status())).isFalse();
  }

  @Test
  void drainWhoseTimeIsOverWaitsForNoPlace() {
    var given = taken().instances(active("vm")).mayStart(false);
    given.decideAfter(HOUR);

    assertThat(ready(given).reason()).isEqualTo("DrainTimeout");
  }

  @Test
  void onlyInstancesThatNeedManualActionAreReportedAsThat() {
    var given = taken().instances(in("suspended", "vm"));
    given.decideAfter(HOUR);

    assertThat(ready(given).reason()).isEqualTo("InstancesBlocked");
  }

  @Test
  void emptyHostIsInMaintenanceWhateverTheTime() {
    var given = taken();
    given.decideAfter(HOUR);
    given.decideAfter(61);

    assertThat(given.status().phase()).isEqualTo("InMaintenance");
  }

  // ---------------------------------------------------------------- what it still does

  @Test
  void moveThatRunsIsFollowedToItsEnd() {
    var given =
        taken()
            .rows(running("a", 9))
            .instances(busy("migrating", active("a")), active("b"))
            .migrations(live(9, "a", "running", NOON.plusSeconds(1)))
            .limits(s -> s.instanceTimeout("9h"));

    assertThat(given.decideAfter(HOUR).commands()).isEmpty();
    assertThat(given.status().phase()).isEqualTo("Draining");
    assertThat(ready(given).reason()).isEqualTo("DrainTimeout");
    given.instances(away(active("a"))).migrations(live(9, "a", "completed", NOON.plusSeconds(1)));
    assertThat(given.decideAfter(5).commands()).isEmpty();

    assertThat(given.row("a").state()).isEqualTo("Moved");
    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(ready(given).message()).contains("1 of 2");
  }

  @Test
  void wayThatBeganIsFinished() {
    var given =
        taken()
            .strategies(Strategies.of(Map.of("suspended", "ResumeLiveSuspend")))
            .instances(in("suspended", "vm"));
    var first = given.decideAfter(HOUR - 5);
    assertThat(first.commands()).hasSize(1);
    given
        .answered(new Outcome.Accepted(first.commands().getFirst(), "req-1"))
        .action("vm", action("resume", "req-1", given.now(), US))
        .instances(active("vm"));

    assertThat(given.decideAfter(10).commands())
        .singleElement()
        .extracting(c -> ((Command.ChangeState) c).change())
        .isEqualTo(StateChange.PAUSE);
  }

  @Test
  void wayThatDidNotBeginDoesNotBegin() {
    var given =
        taken()
            .strategies(Strategies.of(Map.of("suspended", "ResumeLiveSuspend")))
            .instances(in("suspended", "vm"));

    assertThat(given.decideAfter(HOUR).commands()).isEmpty();
  }

  @Test
  void attemptThatFailedIsNotRepeated() {
    var given =
        taken()
            .rows(
                row("vm", RowState.Pending, Reason.FailedDuringTransfer).toBuilder()
                    .attempts(1)
                    .nextAttemptTime(NOON.plusSeconds(10))
                    .build())
            .instances(active("vm"));

    assertThat(given.decideAfter(HOUR).commands()).isEmpty();
    assertThat(given.row("vm").reason()).isEqualTo("FailedDuringTransfer");
  }

  @Test
  void requestThatIsRefusedForLongIsNotRepeated() {
    var given =
        taken()
            .rows(
                row("vm", RowState.Blocked, Reason.Forbidden).toBuilder()
                    .firstRefusedTime(NOON)
                    .nextAttemptTime(NOON.plusSeconds(10))
                    .build())
            .instances(active("vm"));

    assertThat(given.decideAfter(HOUR).commands()).isEmpty();
    assertThat(ready(given).reason()).isEqualTo("DrainTimeout");
  }

  // ---------------------------------------------------------------- how it goes on

  @ParameterizedTest
  @CsvSource(
      value = {"2h", "null"},
      nullValues = "null")
  void raisedTimeGoesOnByItself(String raised) {
    var given = taken().instances(active("vm"));
    given.decideAfter(HOUR);

    given.limits(s -> s.drainTimeout(raised));

    assertThat(given.decideAfter(5).commands()).hasSize(1);
    assertThat(given.status().phase()).isEqualTo("Draining");
  }

  @Test
  void deleteGivesTheHostBackAsAlways() {
    var given = taken().instances(active("vm"));
    given.decideAfter(HOUR);

    assertThat(given.deleted().decideAfter(5).commands())
        .isEqualTo(List.of(new Command.EnableService(Given.id(Given.HOST))));
  }
}
