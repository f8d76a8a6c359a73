package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.failed;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.US;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Migration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the moves go, by spec.targetPolicy. */
class TargetPolicyTest {

  private static final String NO_VALID_HOST = "No valid host was found.";
  private static final String PRE_CHECK = "Migration pre-check error: Unacceptable CPU info";

  private int attempts;

  private static Given given(String policy, int maxAttempts) {
    return Given.taken()
        .service("compute-1", "enabled", null)
        .targetHost(OTHER)
        .maxAttempts(maxAttempts)
        .limits(s -> s.targetPolicy(policy))
        .instances(active("vm"));
  }

  private static Optional<String> target(Decision decision) {
    return switch (decision.commands().getFirst()) {
      case Command.LiveMigrate live -> live.targetHost();
      case Command.ColdMigrate cold -> cold.targetHost();
      default -> throw new AssertionError(decision.commands());
    };
  }

  /** Nova accepts the move, and it fails with these words before a host was picked. */
  private Decision fail(Given given, Decision decision, String words) {
    attempts++;
    var request = "req-" + attempts;
    given
        .answered(new Outcome.Accepted(decision.commands().getFirst(), request))
        .action("vm", failed(action("live-migration", request, given.now(), US), words))
        .migrations(
            new Migration(
                attempts,
                "uuid-" + attempts,
                "vm",
                Migration.LIVE,
                "error",
                HOST,
                null,
                given.now(),
                given.now().plusSeconds(1),
                US.userId(),
                US.projectId()));
    return given.decideAfter(5);
  }

  // ---------------------------------------------------------------- where an attempt goes

  @ParameterizedTest
  @CsvSource(
      value = {"null", "Require", "Prefer"},
      nullValues = "null")
  void firstAttemptGoesToTheTarget(String policy) {
    assertThat(target(given(policy, 3).decide())).contains(OTHER);
  }

  @Test
  void firstAttemptOfAColdMigrationGoesToTheTarget() {
    assertThat(target(given("Prefer", 3).instances(stopped("vm")).decide())).contains(OTHER);
  }

  @ParameterizedTest
  @CsvSource({
    "Prefer, No valid host was found.,",
    "Prefer, Migration pre-check error: Unacceptable CPU info,",
    "Require, No valid host was found., compute-9",
    "Require, Migration pre-check error: Unacceptable CPU info, compute-9",
  })
  void schedulerPicksOnceTheTargetDidNotTakeIt(String policy, String words, String second) {
    var given = given(policy, 3);
    fail(given, given.decide(), words);

    assertThat(target(given.decideAfter(60))).isEqualTo(Optional.ofNullable(second));
  }

  @Test
  void requestThatNovaDidNotTakeGoesToTheTargetOnceMore() {
    var given = given("Prefer", 3);
    var refusal = Given.refusal(io.hostmaintenance.nova.NovaException.Kind.FORBIDDEN, "No.");
    given.answered(new Outcome.Failed(given.decide().commands().getFirst(), refusal));

    assertThat(target(given.decideAfter(60))).contains(OTHER);
  }

  @Test
  void newRetryGoesToTheTargetOnceMore() {
    var given = given("Prefer", 1);
    fail(given, given.decide(), NO_VALID_HOST);
    fail(given, given.decideAfter(60), NO_VALID_HOST);
    assertThat(given.row("vm").state()).isEqualTo("Failed");

    given.annotated("hostmaintenance.io/retry", "1");

    assertThat(target(given.decideAfter(60))).contains(OTHER);
  }

  // ---------------------------------------------------------------- how many attempts

  @ParameterizedTest
  @ValueSource(strings = {NO_VALID_HOST, PRE_CHECK})
  void attemptThatFoundOnlyTheTargetFullIsNotTheLast(String words) {
    var given = given("Prefer", 1);
    fail(given, given.decide(), words);

    assertThat(given.row("vm").state()).isEqualTo("Pending");
    var second = given.decideAfter(60);
    assertThat(target(second)).isEmpty();
    fail(given, second, NO_VALID_HOST);
    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").attempts()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"Prefer, The disk is full.", "Require, No valid host was found."})
  void anyOtherAttemptCountsAsAlways(String policy, String words) {
    var given = given(policy, 1);
    fail(given, given.decide(), words);

    assertThat(given.row("vm").state()).isEqualTo("Failed");
  }

  @Test
  void attemptsEndAtTheirNumberWhereThereAreMoreThanOne() {
    var given = given("Prefer", 2);
    fail(given, given.decide(), NO_VALID_HOST);
    fail(given, given.decideAfter(60), NO_VALID_HOST);

    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").attempts()).isEqualTo(2);
  }

  @Test
  void attemptThatTheSchedulerHadBecauseTheTargetWasDownIsTheLast() {
    var given = given("Prefer", 1).serviceDown(OTHER);
    var first = given.decide();
    assertThat(target(first)).isEmpty();

    fail(given, first, NO_VALID_HOST);

    assertThat(given.row("vm").state()).isEqualTo("Failed");
  }

  // ---------------------------------------------------------------- a way of several steps

  /** It begins once, so the scheduler gets the same step. */
  @Test
  void wayAsksTheSchedulerForItsMoveOnceTheTargetDidNotTakeIt() {
    var given =
        given("Prefer", 1)
            .strategies(Strategies.of(Map.of("rescued", "UnrescueLive")))
            .instances(in("rescued", "vm"));
    var unrescue = given.decide();
    given
        .answered(new Outcome.Accepted(unrescue.commands().getFirst(), "req-0"))
        .action("vm", action("unrescue", "req-0", given.now(), US))
        .instances(active("vm"));
    var first = given.decideAfter(5);
    assertThat(target(first)).contains(OTHER);

    assertThat(fail(given, first, NO_VALID_HOST).commands()).isEmpty();
    assertThat(given.row("vm").state()).isEqualTo("InProgress");
    var second = given.decideAfter(10);
    assertThat(target(second)).isEmpty();
    fail(given, second, NO_VALID_HOST);

    assertThat(given.row("vm").state()).isEqualTo("Failed");
    assertThat(given.row("vm").attempts()).isEqualTo(1);
  }

  @Test
  void wayOfALaterAttemptAsksTheScheduler() {
    var given = given("Prefer", 1).strategies(Strategies.of(Map.of("rescued", "UnrescueLive")));
    fail(given, given.decide(), NO_VALID_HOST);
    given.instances(in("rescued", "vm")).decideAfter(5);
    var unrescue = given.decideAfter(60);
    given
        .answered(new Outcome.Accepted(unrescue.commands().getFirst(), "req-0"))
        .action("vm", action("unrescue", "req-0", given.now(), US))
        .instances(active("vm"));

    assertThat(target(given.decideAfter(5))).isEmpty();
  }

  // ---------------------------------------------------------------- a target that takes none

  @ParameterizedTest
  @CsvSource({
    "disabled,       Prefer,  true",
    "down,           Prefer,  true",
    "in maintenance, Prefer,  true",
    "disabled,       Require, false",
    "down,           Require, false",
    "in maintenance, Require, false",
  })
  void targetThatTakesNoneForNowLeavesAPreferenceToTheScheduler(
      String fault, String policy, boolean moved) {
    var given = spoilt(fault, given(policy, 3));

    var decision = given.decide();

    assertThat(decision.commands().size()).isEqualTo(moved ? 1 : 0);
    assertThat(given.status().phase()).isEqualTo(moved ? "Draining" : "Failed");
    if (moved) {
      assertThat(target(decision)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unknown", "ambiguous", "the host itself"})
  void targetThatCanNeverTakeAnyFailsThePreferenceToo(String fault) {
    var given = spoilt(fault, given("Prefer", 3));

    assertThat(given.decide().commands()).isEmpty();
    assertThat(given.status().phase()).isEqualTo("Failed");
    assertThat(given.status().condition(Condition.READY).orElseThrow().reason())
        .isEqualTo("TargetHostInvalid");
  }

  @Test
  void targetThatTakesInstancesAgainGetsTheFirstAttemptsFromThenOn() {
    var given = given("Prefer", 3).concurrency(1, 1).freeMoves(0).service(OTHER, "disabled", null);
    given.decide();

    given.freeMoves(20).service(OTHER, "enabled", null);

    assertThat(target(given.decideAfter(5))).contains(OTHER);
  }

  @Test
  void noOtherHostThanADisabledTargetIsNoOtherHost() {
    var given = spoilt("disabled", given("Prefer", 3)).service("compute-1", "disabled", null);
    given.decide();

    assertThat(given.status().condition(Condition.READY).orElseThrow().reason())
        .isEqualTo("NoOtherHost");
  }

  private static Given spoilt(String fault, Given given) {
    return switch (fault) {
      case "disabled" -> given.service(OTHER, "disabled", null);
      case "down" -> given.serviceDown(OTHER);
      case "in maintenance" ->
          given.otherMaintenance(
              new DecisionInput.OtherMaintenance("n", OTHER, NOON, false, false, true));
      case "unknown" -> given.noService(OTHER);
      case "ambiguous" -> given.twin("twin", OTHER, "enabled", true);
      default -> given.targetHost(HOST);
    };
  }
}
