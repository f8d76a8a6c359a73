package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.failed;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each strategy makes of an instance in the state that it is for. */
class StrategiesOfStatesTest {

  private static final InstanceAction SHELVED = action("shelve", "req-1", NOON, SOMEBODY);
  private static final InstanceAction RESCUED = action("rescue", "req-2", NOON, SOMEBODY);
  private static final Migration MIGRATED =
      Fixtures.record(9, "vm", "migration", "finished", NOON, SOMEBODY);
  private static final Migration RESIZED =
      Fixtures.record(9, "vm", "resize", "finished", NOON, SOMEBODY);

  private static HostMaintenanceSpec spec(String field, String value) {
    return HostMaintenanceSpecBuilder.builder()
        .host(HOST)
        .scope("Stop".equals(value) ? "Running" : "All")
        .strategies(Strategies.of(Map.of(field, value)))
        .build();
  }

  private static HostMaintenanceSpec running(Strategies strategies) {
    return HostMaintenanceSpecBuilder.builder()
        .host(HOST)
        .scope("Running")
        .strategies(strategies)
        .build();
  }

  private static Detail told(
      Instance instance, List<Migration> migrations, GuestPower guest, InstanceAction... actions) {
    return new Detail(
        Optional.of(instance),
        migrations,
        List.of(actions),
        Optional.empty(),
        Optional.ofNullable(guest),
        Optional.empty(),
        Optional.empty());
  }

  private static InstanceDecision choose(
      HostMaintenanceSpec spec, InstanceStatus row, Instance instance, Detail detail) {
    return StrategyTable.choose(
        new InstanceView(
            Views.host(Duration.ofMinutes(30), spec),
            Optional.of(instance),
            Optional.of(detail),
            List.of(),
            List.of(),
            List.of(),
            Duration.ZERO,
            Duration.ZERO),
        row);
  }

  private static String word(InstanceDecision decision) {
    return switch (decision) {
      case InstanceDecision.Move(var way, var _) -> way.word().name();
      case InstanceDecision.WaitFor wait -> "WaitFor " + wait.cause().reason();
      case InstanceDecision.Skip(var cause, var _) -> "Skip " + cause.reason();
      case InstanceDecision.NeedsAdmin(var cause, var _) -> cause.reason().name();
    };
  }

  private static String word(HostMaintenanceSpec spec, Instance instance, Detail detail) {
    return word(choose(spec, RowTransitions.first(instance, NOON), instance, detail));
  }

  private static Instance in(String vmState, int power) {
    return Fixtures.instance("vm", vmState, null, power, HOST);
  }

  private static Instance locked(Instance i) {
    return i.withLock(new Instance.Lock("audit"));
  }

  private static Instance policy(String policy, Instance i) {
    return i.withPolicy(policy).withExtraDisks(true);
  }

  @ParameterizedTest(name = "{0}={3} of {1}: {4}")
  @CsvSource({
    "active,            active,      1, Move,              LiveMigrate",
    "active,            active,      1, Stop,              Stop",
    "active,            active,      4, Stop,              WaitFor GuestPoweredOff",
    "active,            active,      1, Skip,              Skip SkippedBySpec",
    "paused,            paused,      3, Live,              LiveMigrate",
    "paused,            paused,      3, RepauseAndLive,    LiveMigrate",
    "paused,            paused,      3, Skip,              Skip SkippedBySpec",
    "stopped,           stopped,     4, Cold,              ColdMigrate",
    "stopped,           stopped,     4, Skip,              Skip SkippedBySpec",
    "suspended,         suspended,   4, Report,            UnsupportedState",
    "suspended,         suspended,   4, ResumeLiveSuspend, ResumeLiveSuspend",
    "suspended,         suspended,   4, Skip,              Skip SkippedBySpec",
    "rescued,           rescued,     1, Report,            UnsupportedState",
    "rescued,           rescued,     1, UnrescueLive,      UnrescueLive",
    "rescued,           rescued,     1, Skip,              Skip SkippedBySpec",
    "shelved,           shelved,     4, Report,            UnsupportedState",
    "shelved,           shelved,     4, Offload,           Offload",
    "shelved,           shelved,     4, Skip,              Skip SkippedBySpec",
    "softDeleted,       soft-delete, 4, Report,            UnsupportedState",
    "softDeleted,       soft-delete, 4, Delete,            Delete",
    "softDeleted,       soft-delete, 4, Skip,              Skip SkippedBySpec",
    "error,             error,       1, Report,            UnsupportedState",
    "error,             error,       1, Recover,           ResetAndLive",
    "error,             error,       1, Skip,              Skip SkippedBySpec",
    "unconfirmedResize, resized,     1, Report,            UnconfirmedResize",
    "unconfirmedResize, resized,     1, ConfirmMigration,  Confirm",
    "unconfirmedResize, resized,     1, ConfirmAll,        Confirm",
    "unconfirmedResize, resized,     1, Skip,              Skip SkippedBySpec",
  })
  void strategyDecidesWhatHappensToAnInstanceInItsState(
      String field, String vmState, int power, String value, String expected) {
    var instance = in(vmState, power);
    var migrations = vmState.equals("resized") ? List.of(MIGRATED) : List.<Migration>of();
    var detail = told(instance, migrations, GuestPower.RUNNING, RESCUED, SHELVED);

    assertThat(word(spec(field, value), instance, detail)).isEqualTo(expected);
  }

  @Test
  void pausedInstanceThatWasMovedSinceRunsForAMomentBeforeItMovesAgain() {
    var instance = in("paused", 3);
    var moved = Fixtures.live(9, "vm", "completed", NOON.plusSeconds(60));
    var detail = told(instance, List.of(moved), null, action("pause", "req-1", NOON, SOMEBODY));

    assertThat(word(spec("paused", "RepauseAndLive"), instance, detail))
        .isEqualTo("RepauseAndLive");
    assertThat(word(spec("paused", "Live"), instance, detail)).isEqualTo("PausedMovedBefore");
  }

  @Test
  void rescuedInstanceThatWasStoppedBeforeItsRescueIsStoppedAgainAndMovedCold() {
    var instance = in("rescued", 1);
    var stopped = action("stop", "req-1", NOON.minusSeconds(60), SOMEBODY);

    assertThat(
            word(
                spec("rescued", "UnrescueLive"),
                instance,
                told(instance, List.of(), null, RESCUED, stopped)))
        .isEqualTo("UnrescueCold");
  }

  @Test
  void shelvedInstanceWhoseShelveFailedKeepsItsDisk() {
    var instance = in("shelved", 4);
    var detail = told(instance, List.of(), null, failed(SHELVED, "No space."));

    assertThat(word(spec("shelved", "Offload"), instance, detail)).isEqualTo("UnsupportedState");
  }

  @Test
  void shelvedInstanceWithDisksThatNoImageHoldsKeepsThem() {
    var instance = policy(null, in("shelved", 4));

    assertThat(word(spec("shelved", "Offload"), instance, told(instance, List.of(), null, SHELVED)))
        .isEqualTo("UnsupportedState");
  }

  @ParameterizedTest
  @CsvSource({"RUNNING, ResetAndLive", "OFF, StopAndCold", "UNKNOWN, UnsupportedState"})
  void guestInErrorIsRecoveredByTheWordOfItsHypervisor(GuestPower guest, String expected) {
    var instance = in("error", 1);

    assertThat(word(spec("error", "Recover"), instance, told(instance, List.of(), guest)))
        .isEqualTo(expected);
  }

  @Test
  void guestInErrorIsNotRecoveredWhereItsHypervisorWasNotAsked() {
    var instance = in("error", 1);

    assertThat(word(spec("error", "Recover"), instance, told(instance, List.of(), null)))
        .isEqualTo("UnsupportedState");
  }

  @ParameterizedTest
  @CsvSource({"59, UnsupportedState", "61, ResetAndLive"})
  void guestInErrorIsNotRecoveredWithinAnHourOfAMoveThatFailed(int minutes, String expected) {
    var instance = in("error", 1);
    var moved =
        Fixtures.live(9, "vm", "error", NOON.plusSeconds(30 * 60).minusSeconds(minutes * 60L));

    assertThat(
            word(
                spec("error", "Recover"),
                instance,
                told(instance, List.of(moved), GuestPower.RUNNING)))
        .isEqualTo(expected);
  }

  @Test
  void resizeIsConfirmedOnlyByTheStrategyForAllOfThem() {
    var instance = in("resized", 1);
    var detail = told(instance, List.of(RESIZED), null);

    assertThat(word(spec("unconfirmedResize", "ConfirmMigration"), instance, detail))
        .isEqualTo("UnconfirmedResize");
    assertThat(word(spec("unconfirmedResize", "ConfirmAll"), instance, detail))
        .isEqualTo("Confirm");
  }

  @Test
  void nothingIsConfirmedWhereTwoRecordsWait() {
    var instance = in("resized", 1);
    var other = Fixtures.record(8, "vm", "migration", "finished", NOON, SOMEBODY);

    assertThat(
            word(
                spec("unconfirmedResize", "ConfirmAll"),
                instance,
                told(instance, List.of(MIGRATED, other), null)))
        .isEqualTo("UnconfirmedResize");
  }

  @ParameterizedTest
  @CsvSource({
    "suspended,   suspended, ResumeLiveSuspend",
    "rescued,     rescued,   UnrescueLive",
    "shelved,     shelved,   Offload",
    "soft-delete, softDeleted, Delete",
    "error,       error,     Recover",
    "active,      active,    Stop",
  })
  void lockedInstanceIsChangedInNoOtherWayThanItsHost(String vmState, String field, String value) {
    var instance = locked(in(vmState, 1));
    var decision =
        choose(
            spec(field, value),
            RowTransitions.first(instance, NOON),
            instance,
            told(instance, List.of(), GuestPower.RUNNING, RESCUED, SHELVED));

    assertThat(word(decision)).isEqualTo("Locked");
    assertThat(((InstanceDecision.NeedsAdmin) decision).cause().message()).contains("(audit)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"active", "stopped", "paused"})
  void lockedInstanceIsMoved(String vmState) {
    var instance = locked(in(vmState, vmState.equals("active") ? 1 : 4));

    assertThat(word(spec("locked", "Move"), instance, told(instance, List.of(), null)))
        .isIn("LiveMigrate", "ColdMigrate");
  }

  @Test
  void lockedInstanceStaysWhereTheStrategyForThemSaysSo() {
    var instance = locked(in("active", 1));

    assertThat(word(spec("locked", "Skip"), instance, told(instance, List.of(), null)))
        .isEqualTo("Skip SkippedBySpec");
  }

  @ParameterizedTest
  @CsvSource({
    "Ignore,  Skip,    LiveMigrate, active=Move",
    "Respect, Skip,    Skip SkippedBySpec, 'active=Skip, by its metadata'",
    "Respect, Nonsense, LiveMigrate, 'active=Move, its metadata host_maintenance=Nonsense is"
        + " unknown'",
    "Respect, Offload, LiveMigrate, 'active=Move, its metadata host_maintenance=Offload is unknown'",
  })
  void metadataNamesAStrategyOfItsStateWhereTheSpecRespectsIt(
      String rule, String policy, String expected, String shown) {
    var instance = policy(policy, in("active", 1));
    var spec = HostMaintenanceSpecBuilder.builder().host(HOST).instanceMetadata(rule).build();
    var decision =
        choose(
            spec, RowTransitions.first(instance, NOON), instance, told(instance, List.of(), null));

    assertThat(word(decision)).isEqualTo(expected);
    assertThat(
            switch (decision) {
              case InstanceDecision.Move(var _, var strategy) -> strategy;
              case InstanceDecision.Skip(var _, var strategy) -> strategy;
              default -> "";
            })
        .isEqualTo(shown);
  }

  @Test
  void excludedInstanceStaysWhateverItsState() {
    var instance = in("active", 1);
    var spec =
        HostMaintenanceSpecBuilder.builder().host(HOST).excludedInstances(List.of("VM")).build();

    assertThat(word(spec, instance, told(instance, List.of(), null)))
        .isEqualTo("Skip SkippedBySpec");
  }

  @ParameterizedTest
  @CsvSource({
    "stopped,     4, Skip NotRunning",
    "suspended,   4, Skip NotRunning",
    "shelved,     4, Skip NotRunning",
    "soft-delete, 4, Skip NotRunning",
    "error,       4, Skip NotRunning",
    "error,       1, UnsupportedState",
    "active,      1, LiveMigrate",
    "rescued,     1, UnsupportedState",
    "resized,     4, UnconfirmedResize",
    "active,      4, WaitFor GuestPoweredOff",
  })
  void scopeRunningLeavesOnlyWhatIsOff(String vmState, int power, String expected) {
    var instance = in(vmState, power);

    assertThat(word(running(Strategies.NONE), instance, told(instance, List.of(), null)))
        .isEqualTo(expected);
  }

  @Test
  void instanceThatWasStoppedOnceIsNotStoppedAgain() {
    var instance = in("active", 1);
    var row = RowTransitions.first(instance, NOON).toBuilder().stopRequestId("req-stop").build();
    var stops = running(Strategies.of(Map.of("active", "Stop")));

    assertThat(word(choose(stops, row, instance, told(instance, List.of(), null))))
        .isEqualTo("StartedByOwner");
  }

  private static InstanceStatus liveFailed(Reason reason) {
    return Fixtures.row("vm", RowState.Failed, reason).toBuilder()
        .action("LiveMigrate")
        .strategy("active=Move")
        .attempts(3)
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "Refused, true",
    "PreCheckFailed, true",
    "FailedDuringTransfer, true",
    "Timeout, true",
    "NoValidHost, false",
    "AntiAffinityGroup, false",
    "Aborted, false",
    "Inconsistent, false",
  })
  void runningInstanceFallsBackOnlyWhereAnotherWayMayDoBetter(Reason reason, boolean expected) {
    var host = Views.host(Duration.ZERO, spec("fallback", "Cold"));

    assertThat(StrategyTable.fallback(liveFailed(reason), host).isPresent()).isEqualTo(expected);
  }

  @Test
  void nothingFallsBackByDefaultOrTwice() {
    var row = liveFailed(Reason.Timeout);
    var cold = spec("fallback", "Cold");

    assertThat(StrategyTable.fallback(row, Views.host(Duration.ZERO, spec("active", "Move"))))
        .isEmpty();
    assertThat(
            StrategyTable.fallback(
                row.toBuilder().action("ColdMigrate").strategy("fallback=Cold").build(),
                Views.host(Duration.ZERO, cold)))
        .isEmpty();
  }

  @Test
  void instanceThatFallsBackIsMovedColdWhileItRuns() {
    var instance = in("active", 1);
    var row = RowTransitions.first(instance, NOON).toBuilder().strategy("fallback=Cold").build();

    assertThat(
            word(choose(spec("fallback", "Cold"), row, instance, told(instance, List.of(), null))))
        .isEqualTo("ColdMigrate");
  }

  @Test
  void nothingIsAskedAboutAnInstanceWhoseStrategyIsTheDefault() {
    var spec = HostMaintenanceSpecBuilder.builder().host(HOST).build();

    for (var state :
        List.of("active", "stopped", "suspended", "rescued", "shelved", "error", "resized")) {
      assertThat(StrategyTable.questions(in(state, 1), spec, Strategies.DEFAULT))
          .as(state)
          .isEmpty();
    }
  }
}
