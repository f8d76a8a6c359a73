package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.nova.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the resource stands: policies, phases, conditions, counts, turn and conflict, size. */
class ReportTest {

  private Given given = Given.fresh();

  private void stands(Phase phase, Reason reason) {
    assertThat(given.status().phase()).isEqualTo(phase.name());
    assertThat(ready().reason()).isEqualTo(reason.name());
  }

  private Condition ready() {
    return given.status().condition(Condition.READY).orElseThrow();
  }

  /** What holds of every status, whatever the test. */
  @AfterEach
  void everyStatusKeepsTheRulesOfKstatus() {
    var status = given.status();
    var phase = Phase.valueOf(status.phase());
    assertThat(status.conditions())
        .extracting(Condition::type)
        .contains("Ready", "Drained", "ServiceDisabled")
        .doesNotHaveDuplicates();
    assertThat(status.observedGeneration()).isEqualTo(4);
    assertThat(status.conditions()).extracting(Condition::observedGeneration).containsOnly(4L);
    assertThat(status.conditions())
        .filteredOn(c -> c.type().equals("Reconciling") || c.type().equals("Stalled"))
        .extracting(Condition::status)
        .allMatch("True"::equals)
        .hasSizeLessThanOrEqualTo(1);
    assertThat(ready().isTrue()).isEqualTo(phase == Phase.InMaintenance);
    assertThat(status.condition(Condition.STALLED).isPresent())
        .isEqualTo(phase == Phase.Blocked || phase == Phase.Failed);
    assertThat(status.condition(Condition.RECONCILING).isPresent())
        .isEqualTo(
            !ready().isTrue()
                && phase != Phase.Blocked
                && phase != Phase.Failed
                && !ready().reason().equals("Suspended"));
  }

  // ---------------------------------------------------------------- policies

  @Nested
  class BeforeTheFirstChange {

    private void fails(Reason reason, String... words) {
      var decision = given.instances(active("vm")).decide();

      stands(Phase.Failed, reason);
      assertThat(decision.commands()).isEmpty();
      assertThat(given.status().service()).isNull();
      assertThat(decision.requeueAfter()).hasSeconds(60);
      assertThat(ready().message()).contains(words);
      assertThat(given.status().condition(Condition.STALLED).orElseThrow().message())
          .isEqualTo(ready().message());
      assertThat(given.decideAfter(60).notices()).as("told once").isEmpty();
    }

    @Test
    void theHostMustExistInNovaByItsExactName() {
      given.noService(HOST).service(HOST + ".example.org", "enabled", null);

      fails(Reason.HostNotFound, "spec.host", HOST, HOST + ".example.org", "Delete");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ironic", "VMware vCenter Server", "zvm"})
    void theHypervisorTypeMustSupportMigration(String type) {
      given.hypervisor(type);

      fails(Reason.UnsupportedHypervisor, "spec.host", type, "Delete");
    }

    @Test
    void theTargetHostMustExistInNova() {
      given.targetHost("nowhere");

      fails(Reason.TargetHostInvalid, "spec.targetHost", "nowhere", "leave targetHost out");
    }

    @Test
    void theTargetHostMustExistInNovaByItsExactName() {
      given.targetHost(OTHER + ".example.org");

      fails(Reason.TargetHostInvalid, "Did you mean '" + OTHER + "'?");
    }

    @Test
    void theTargetHostMustBeEnabled() {
      given.targetHost(OTHER).service(OTHER, "disabled", "why not");

      fails(Reason.TargetHostInvalid, "spec.targetHost", OTHER, "disabled");
    }

    @Test
    void theTargetHostMustBeUp() {
      given.targetHost(OTHER).serviceDown(OTHER);

      fails(Reason.TargetHostInvalid, "spec.targetHost", OTHER, "down");
    }

    @Test
    void theTargetHostMustNotBeInMaintenance() {
      given
          .targetHost(OTHER)
          .otherMaintenance(
              new DecisionInput.OtherMaintenance("n", OTHER, NOON, false, false, true));

      fails(Reason.TargetHostInvalid, "spec.targetHost", OTHER, "maintenance");
    }

    @Test
    void theTargetHostMustNotBeTheHostItself() {
      given.targetHost(HOST);

      fails(Reason.TargetHostInvalid, "spec.targetHost", HOST, "itself");
    }

    @Test
    void anotherEnabledHostMustExist() {
      given.service(OTHER, "disabled", null);

      fails(Reason.NoOtherHost, HOST, "Enable another host");
    }

    @Test
    void anotherHostThatIsDownIsNotEnough() {
      given.serviceDown(OTHER);

      fails(Reason.NoOtherHost, HOST);
    }
  }

  @Test
  void maintenanceContinuesOnceTheTargetHostIsCorrected() {
    given.targetHost("nowhere").decide();

    given.targetHost(OTHER);

    assertThat(given.decideAfter(60).commands()).hasSize(1);
    stands(Phase.Draining, Reason.SettlingEmpty);
  }

  @Test
  void invalidTargetHostStopsNewMovesAndRunningMovesContinue() {
    given =
        Given.taken()
            .targetHost(OTHER)
            .service(OTHER, "disabled", null)
            .service("compute-1", "enabled", null)
            .rows(running("vm", 9))
            .instances(busy("migrating", active("vm")), active("b"))
            .migrations(live(9, "vm", "running", NOON.plusSeconds(1)));

    assertThat(given.decideAfter(5).commands()).isEmpty();
    stands(Phase.Draining, Reason.TargetHostInvalid);
  }

  @Test
  void invalidTargetHostFailsTheMaintenanceWhenNoMoveIsRunning() {
    given = Given.taken().targetHost(OTHER).service(OTHER, "disabled", null).instances(active("b"));

    given.decide();

    stands(Phase.Failed, Reason.TargetHostInvalid);
  }

  @Test
  void invalidTargetHostIsIgnoredOnceTheHostIsEmpty() {
    given = Given.taken().targetHost(OTHER);
    given.decide();

    given.service(OTHER, "disabled", null).decideAfter(61);

    stands(Phase.InMaintenance, Reason.InMaintenance);
  }

  @Test
  void maintenanceFailsWithHostGoneWhenNovaNoLongerListsTheHost() {
    given = Given.taken();
    given.decide();
    given.decideAfter(61);

    given.noService(HOST).decideAfter(60);

    stands(Phase.Failed, Reason.HostGone);
    assertThat(given.status().condition(Condition.DRAINED).orElseThrow().status())
        .isEqualTo("Unknown");
  }

  @Test
  void downSourceServiceBlocksTheMaintenanceWhileInstancesRemain() {
    given = Given.taken().serviceDown(HOST).instances(active("vm"));

    given.decide();

    stands(Phase.Blocked, Reason.SourceServiceDown);
  }

  // ---------------------------------------------------------------- phases

  @Test
  void blockedMaintenanceCountsTheInstancesAndNamesTheCommandThatHelps() {
    given = Given.taken().instances(in("suspended", "vm"), in("error", "vm-2"));

    var decision = given.decide();

    stands(Phase.Blocked, Reason.InstancesBlocked);
    assertThat(ready().message()).contains("2 instances").contains("openstack server resume");
    assertThat(decision.requeueAfter()).hasSeconds(60);
  }

  @Test
  void phaseIsDrainingWhileOneInstanceMovesAndAnotherIsBlocked() {
    given = Given.taken().instances(in("suspended", "vm"), active("b"));

    given.decide();

    stands(Phase.Draining, Reason.Draining);
  }

  @Test
  void maintenanceContinuesByItselfOnceTheBlockedInstanceIsActive() {
    given = Given.taken().instances(in("suspended", "vm"));
    given.decide();

    assertThat(given.instances(active("vm")).decideAfter(60).commands()).hasSize(1);
  }

  @Test
  void failedInstanceOnTheHostBlocksTheMaintenance() {
    given =
        Given.taken()
            .rows(row("vm", RowState.Failed, Reason.NoValidHost).toBuilder().attempts(3).build());

    given.instances(active("vm")).decide();

    stands(Phase.Blocked, Reason.InstancesBlocked);
  }

  @Test
  void failedInstanceThatLeftTheHostDoesNotBlockTheMaintenance() {
    given = Given.taken().rows(row("vm", RowState.Failed, Reason.MovedWithError));
    given.decide();

    given.decideAfter(61);

    stands(Phase.InMaintenance, Reason.InMaintenance);
    assertThat(given.status().failed()).isEqualTo(1);
  }

  @Test
  void rowWithAnUnknownStateBlocksTheMaintenanceAndNamesTheState() {
    given = Given.taken();
    given
        .rows(row("vm", RowState.Pending, Reason.Waiting).toBuilder().state("Parked").build())
        .instances(active("vm"))
        .decide();

    assertThat(given.status().phase()).isEqualTo("Blocked");
    assertThat(ready().message()).contains("Parked");
  }

  @Test
  void suspendedMaintenanceHasReasonSuspended() {
    given = Given.taken().suspended(true).instances(active("vm"));

    given.decide();

    stands(Phase.Draining, Reason.Suspended);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Blocked", "Draining", "InMaintenance", "Failed", "Pending"})
  void kstatusRulesHoldWhileNovaIsUnavailable(String phase) {
    for (var age : new long[] {10, 1000}) {
      given = standing(phase);

      given.after(age).unavailable();

      everyStatusKeepsTheRulesOfKstatus();
    }
  }

  private static Given standing(String phase) {
    var given = phase.equals("Failed") || phase.equals("Pending") ? Given.fresh() : Given.taken();
    switch (phase) {
      case "Blocked" -> given.instances(in("suspended", "vm")).decide();
      case "Draining" -> given.instances(active("vm")).decide();
      case "Failed" -> given.targetHost("nowhere").decide();
      case "Pending" -> given.mayStart(false).decide();
      default -> {
        given.decide();
        given.decideAfter(61);
      }
    }
    assertThat(given.status().phase()).isEqualTo(phase);
    return given;
  }

  @Test
  void conditionKeepsItsTransitionTimeWhenOnlyTheReasonChanges() {
    given = Given.taken().instances(in("suspended", "vm"));
    given.decide();
    given.instances(active("vm")).decideAfter(60);

    assertThat(ready().lastTransitionTime()).isEqualTo(NOON);
  }

  // ---------------------------------------------------------------- counts

  @Test
  void instanceCountsAlwaysAddUpToTheTotal() {
    var random = new Random(7);
    var states = new ArrayList<String>();
    for (var state : RowState.values()) {
      states.add(state.name());
    }
    states.add("Parked");
    for (var i = 0; i < 300; i++) {
      given = Given.taken();
      var rows = new ArrayList<InstanceStatus>();
      for (var n = 0; n < random.nextInt(12); n++) {
        var state = states.get(random.nextInt(states.size()));
        var id = "vm-" + n;
        var base = random.nextBoolean() ? moving(id) : row(id, RowState.Pending, Reason.Waiting);
        rows.add(base.toBuilder().state(state).build());
        switch (random.nextInt(4)) {
          case 0 -> given.instances(active(id));
          case 1 -> given.instances(Fixtures.away(active(id)));
          case 2 -> given.instances(busy("migrating", active(id)));
          default -> {}
        }
      }
      given.rows(rows.toArray(InstanceStatus[]::new)).decideAfter(random.nextInt(2000));

      var s = given.status();
      assertThat(s.moved() + s.failed() + s.blocked() + s.skipped() + s.gone() + s.remaining())
          .isEqualTo(s.total())
          .isEqualTo(s.instances().size());
      assertThat(s.progress()).isEqualTo((s.moved() + s.gone()) + "/" + s.total());
      everyStatusKeepsTheRulesOfKstatus();
    }
  }

  // ---------------------------------------------------------------- a service that does not change

  @Test
  void forbiddenDisableFailsTheMaintenanceAndQuotesNova() {
    given.refused(Reason.Forbidden, "Policy doesn't allow it.").decide();

    stands(Phase.Failed, Reason.Forbidden);
    assertThat(ready().message()).contains(HOST, "cannot be disabled", "Policy doesn't allow it.");
    assertThat(given.decide().commands())
        .hasSize(1)
        .first()
        .isInstanceOf(Command.DisableService.class);
  }

  @Test
  void unavailableNovaKeepsTheDisableReconcilingAndSetsTheReason() {
    given.refused(Reason.ApiUnavailable, "503.").decide();

    stands(Phase.Draining, Reason.ApiUnavailable);
    assertThat(given.status().condition("Reconciling")).isPresent();
  }

  @Test
  void disabledServiceIsNotReportedAsForbidden() {
    given.refused(Reason.Forbidden, "Policy doesn't allow it.");
    given.service(HOST, "disabled", Given.MARKER).decide();

    stands(Phase.Draining, Reason.SettlingEmpty);
  }

  @Test
  void forcedDownHostIsReportedWithTheCommandThatLiftsIt() {
    given = Given.taken().forcedDown(HOST).instances(active("vm"));

    var decision = given.decide();

    stands(Phase.Blocked, Reason.SourceServiceDown);
    assertThat(ready().message())
        .contains("is forced down", "openstack compute service set --up " + HOST + " nova-compute");
    assertThat(decision.notices())
        .filteredOn(n -> n.reason() == Reason.SourceServiceDown)
        .singleElement()
        .satisfies(n -> assertThat(n.message()).contains("service set --up " + HOST));
  }

  @Test
  void forcedDownTargetHostIsReported() {
    given.targetHost(OTHER).forcedDown(OTHER).instances(active("vm")).decide();

    assertThat(ready().message()).contains("'" + OTHER + "' is forced down");
  }

  @Test
  void rowThatWaitsForAForcedDownHostNamesTheCommandThatLiftsIt() {
    given =
        Given.taken()
            .forcedDown(HOST)
            .rows(Fixtures.cold(running("vm", 9)))
            .instances(Fixtures.away(in("resized", "vm")))
            .migrations(Fixtures.cold(9, "vm", "finished", NOON.plusSeconds(1)));

    given.decideAfter(5);

    assertThat(given.row("vm").message()).contains("service set --up " + HOST + " nova-compute");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reserved", "Reserved for DIMM A3", "unreserved", "pRESERVEd"})
  void reasonWithTheWordReservedIsRejected(String reason) {
    assertThat(given.reason(reason).decide().commands()).isEmpty();

    stands(Phase.Failed, Reason.ReservedWord);
    assertThat(ready().message()).contains("spec.reason", "'reserved'", "choose another word");
  }

  @Test
  void resourceNameWithTheWordReservedIsRejected() {
    given.resource().getMetadata().setName("reserved-7");

    assertThat(given.decide().commands()).isEmpty();
    stands(Phase.Failed, Reason.ReservedWord);
    assertThat(ready().message()).contains("metadata.name");
  }

  @Test
  void reasonWithTheWordReserveIsAccepted() {
    assertThat(given.reason("reserve parts").decide().commands()).hasSize(1);
  }

  // ---------------------------------------------------------------- turn and conflict

  @Test
  void maintenanceChangesNothingWhileItWaitsForItsTurn() {
    var decision = given.mayStart(false).instances(active("vm")).decide();

    stands(Phase.Pending, Reason.WaitingForTurn);
    assertThat(decision.commands()).isEmpty();
    assertThat(given.status().service()).isNull();
  }

  @Test
  void maintenanceNeedsNoObservationWhileItWaitsForItsTurn() {
    given.mayStart(false).decide();

    assertThat(Drain.withoutObservation(given.input()))
        .hasValueSatisfying(d -> assertThat(d.status()).isEqualTo(given.status()));
  }

  @Test
  void maintenanceIsObservedOnceBeforeItWaitsForItsTurn() {
    assertThat(Drain.withoutObservation(given.mayStart(false).input())).isEmpty();

    given.decide();
    stands(Phase.Pending, Reason.WaitingForTurn);
  }

  @Test
  void maintenanceWithoutAnyObservationIsObservedBeforeItsTurn() {
    given.unavailable();

    assertThat(Drain.withoutObservation(given.mayStart(false).input())).isEmpty();
  }

  @Test
  void maintenanceIsObservedWhenItsTurnComes() {
    given.mayStart(false).decide();

    assertThat(Drain.withoutObservation(given.mayStart(true).input())).isEmpty();
  }

  @Test
  void waitingMaintenancePollsAtTheIdleIntervalAndNamesTheDrainingHosts() {
    var decision = given.turn(new DecisionInput.Turn(false, List.of("a", "b", "c"), 10)).decide();

    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
    assertThat(ready().message())
        .contains("at most 10 hosts", "HM_MAX_HOSTS_DRAINING", "a, b, c and 7 others");
  }

  @Test
  void maintenanceThatWaitsForAnOlderOneSaysSo() {
    given.turn(new DecisionInput.Turn(false, List.of(), 0)).decide();

    assertThat(ready().message()).contains("An older one begins now");
  }

  /** A rack that comes back would else be drained all at once. */
  @Test
  void maintenanceThatHoldsItsHostWaitsForItsTurnBeforeNewMoves() {
    given = Given.taken().instances(active("vm"));

    var decision = given.mayStart(false).decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
    stands(Phase.Draining, Reason.WaitingForTurn);
    assertThat(given.mayStart(true).decideAfter(60).commands()).hasSize(1);
  }

  @Test
  void maintenanceWithoutInstancesToMoveNeedsNoTurn() {
    given = Given.taken().instances(in("suspended", "vm"));

    given.mayStart(false).decide();

    stands(Phase.Blocked, Reason.InstancesBlocked);
  }

  @Nested
  class TwoMaintenancesOfOneHost {

    private final Instant older = NOON.minusSeconds(7200);
    private final Instant same = NOON.minusSeconds(3600);
    private final Instant younger = NOON.minusSeconds(60);

    private void currentHolder(String name, Instant created, boolean deleting, boolean taken) {
      given.otherMaintenance(
          new DecisionInput.OtherMaintenance(name, HOST, created, deleting, taken, !taken));
    }

    @Test
    void theYoungerOneIsBlocked() {
      currentHolder("older", older, false, false);

      assertThat(given.decide().commands()).isEmpty();
      stands(Phase.Blocked, Reason.Conflict);
      assertThat(ready().message()).contains("older").contains(HOST);
    }

    @ParameterizedTest
    @CsvSource({"true, holds", "false, is older and waits for"})
    void theMessageSaysWhatTheOtherOneDoesWithTheHost(boolean taken, String does) {
      currentHolder("older", older, false, taken);

      given.decide();

      assertThat(ready().message()).startsWith("HostMaintenance 'older' " + does + " host 'comp");
    }

    @Test
    void theOlderOneDisablesTheService() {
      currentHolder("younger", younger, false, false);

      assertThat(given.decide().commands()).hasSize(1);
    }

    @Test
    void theNameDecidesBetweenTwoOfTheSameAge() {
      currentHolder("a", same, false, false);
      given.decide();
      stands(Phase.Blocked, Reason.Conflict);

      currentHolder("z", same, false, false);
      assertThat(given.decideAfter(60).commands()).hasSize(1);
    }

    @Test
    void theCurrentHolderKeepsTheHostWhenAnOlderOneExists() {
      given = Given.taken().instances(active("vm"));
      currentHolder("older", older, false, false);

      assertThat(given.decide().commands()).hasSize(1);
    }

    @Test
    void anOlderOneIsBlockedByTheCurrentHolder() {
      currentHolder("younger", younger, false, true);

      given.decide();

      stands(Phase.Blocked, Reason.Conflict);
    }

    @Test
    void aDeletedCurrentHolderIsAwaited() {
      currentHolder("younger", younger, true, true);

      given.decide();

      stands(Phase.Blocked, Reason.Conflict);
    }

    @Test
    void theSuccessorDisablesTheServiceAgainWhenTheHolderIsGone() {
      currentHolder("older", older, true, true);
      given.service(HOST, "disabled", "host-maintenance older [01234567]").decide();
      assertThat(given.status().service()).isNull();

      var decision = given.otherMaintenance().service(HOST, "enabled", null).decideAfter(60);

      assertThat(decision.commands())
          .containsExactly(new Command.DisableService(id(HOST), Given.MARKER));
    }

    @Test
    void theBlockedOnePollsAtTheIdleInterval() {
      currentHolder("older", older, false, true);

      assertThat(given.decide().requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
    }

    /** Nobody waits for who cannot be carried out. */
    @Test
    void anOlderOneThatCannotStartIsNotAwaited() {
      given.otherMaintenance(
          new DecisionInput.OtherMaintenance("older", HOST, older, false, false, false));

      assertThat(given.decide().commands()).hasSize(1);
    }

    @Test
    void aDeletedOlderOneWithoutTheHostIsNotAwaited() {
      currentHolder("older", older, true, false);

      assertThat(given.decide().commands()).hasSize(1);
    }

    /** Both took the host before either could see the other. */
    @Test
    void theYoungerOneTracksItsRunningMovesAndRequestsNoNewOnes() {
      given =
          Given.taken()
              .rows(running("vm", 9))
              .instances(Fixtures.away(active("vm")), active("b"))
              .migrations(live(9, "vm", "completed", NOON.plusSeconds(1)));
      currentHolder("older", older, false, true);

      assertThat(given.decideAfter(5).commands()).isEmpty();
      assertThat(given.row("vm").state()).isEqualTo("Moved");

      given.decideAfter(5);
      stands(Phase.Blocked, Reason.Conflict);
    }

    /** Two names of one cloud, and a service that was registered anew: both hold the host. */
    @Test
    void theYoungerHolderDoesNotCallAHostEmptyOnWhichAnInstanceIs() {
      given = Given.taken();
      given.decide();
      given.decideAfter(60);
      assertThat(given.status().isTrue(Condition.DRAINED)).isTrue();
      currentHolder("older", older, false, true);

      given.instances(active("vm")).decideAfter(60);

      stands(Phase.Blocked, Reason.Conflict);
      assertThat(given.status().condition(Condition.DRAINED).orElseThrow().status())
          .isEqualTo("False");
    }

    @Test
    void aMaintenanceOfAnotherHostDoesNotConflict() {
      given.otherMaintenance(
          new DecisionInput.OtherMaintenance("n", HOST + "0", older, false, true, false));

      assertThat(given.decide().commands()).hasSize(1);
    }
  }

  // ---------------------------------------------------------------- size

  @Test
  void statusOfAThousandFailedInstancesFitsIntoOneMebibyte() {
    given = Given.taken();
    var rows =
        IntStream.range(0, 1000)
            .mapToObj(
                i ->
                    RowTransitions.end(
                        RowTransitions.seen(
                                row(uuid(i), RowState.InProgress, Reason.Running),
                                Fixtures.in("error", uuid(i))
                                    .withName("🐢".repeat(255))
                                    .withProjectId("f".repeat(32))
                                    .withStatus("VERIFY_RESIZE"))
                            .toBuilder()
                            .attempts(10)
                            .destinationHost("h".repeat(255))
                            .build(),
                        RowState.Failed,
                        new Cause(Reason.MovedWithError, "🐢\"<&>".repeat(2000)),
                        NOON))
            .toArray(InstanceStatus[]::new);
    given.rows(rows).decide();
    given.resource().getMetadata().getAnnotations().put("note", "n".repeat(10_000));

    var json = Serialization.asJson(given.resource());

    assertThat(given.status().failed()).isEqualTo(1000);
    assertThat(goEncoded(json)).isLessThan(1024 * 1024);
  }

  private static String uuid(int i) {
    return new java.util.UUID(i, i).toString();
  }

  /** The bytes as the API server stores them: its encoder escapes these three. */
  private static long goEncoded(String json) {
    var escapes = json.chars().filter(c -> c == '<' || c == '>' || c == '&').count();
    return json.getBytes(StandardCharsets.UTF_8).length + 5 * escapes;
  }

  @Test
  void firstStatusWithoutInstancesCountsZero() {
    given.status((HostMaintenanceStatus) null).decide();

    assertThat(given.status().total()).isZero();
  }

  // ---------------------------------------------------------------- what is said

  @Test
  void readyMessageCountsOnlyTheInstancesThatNeedManualAction() {
    given =
        Given.taken()
            .rows(row("moved", RowState.Moved, Reason.Moved))
            .instances(in("suspended", "vm"));

    given.decide();

    assertThat(ready().message())
        .startsWith("1 instance needs manual action, first: ")
        .contains("vm");
  }

  @Test
  void stoppedMaintenanceIsAWarningAndAContinuedOneIsNot() {
    given.targetHost("nowhere");
    assertThat(given.decide().notices())
        .extracting(Notice::type)
        .containsExactly(Notice.Type.Warning);

    given.targetHost(null);
    assertThat(given.decide().notices())
        .filteredOn(n -> n.reason() == Reason.SettlingEmpty)
        .extracting(Notice::type)
        .containsExactly(Notice.Type.Normal);
  }

  @Test
  void blockedInstancesAreAWarning() {
    given = Given.taken().instances(in("suspended", "vm"));

    assertThat(given.decide().notices())
        .filteredOn(n -> n.reason() == Reason.InstancesBlocked)
        .extracting(Notice::type)
        .containsExactly(Notice.Type.Warning);
  }

  @Test
  void unblockedInstanceIsNotReportedAsMoveFailed() {
    given = Given.taken().suspended(true).instances(in("suspended", "vm"));
    given.decide();

    var decision = given.instances(active("vm")).decideAfter(60);

    assertThat(given.row("vm").state()).isEqualTo("Pending");
    assertThat(decision.notices()).extracting(Notice::reason).doesNotContain(Reason.MoveFailed);
  }

  @Test
  void invalidTargetHostIsIgnoredWhenAllRowsHaveEnded() {
    given =
        Given.taken()
            .rows(row("vm", RowState.Moved, Reason.Moved))
            .targetHost(OTHER)
            .service(OTHER, "disabled", null);

    given.decide();

    stands(Phase.Draining, Reason.SettlingEmpty);
  }

  @Test
  void invalidTargetHostIsReportedWhileAMigratingInstanceHasLeftTheHost() {
    given =
        Given.taken()
            .rows(running("vm", 9))
            .instances(Fixtures.away(busy("migrating", active("vm"))))
            .migrations(live(9, "vm", "running", NOON.plusSeconds(1)))
            .targetHost(OTHER)
            .service(OTHER, "disabled", null)
            .service("compute-3", "enabled", null);

    given.decide();

    stands(Phase.Draining, Reason.TargetHostInvalid);
  }

  @Test
  void maintenanceOfAThirdHostDoesNotInvalidateTheTargetHost() {
    given
        .targetHost(OTHER)
        .otherMaintenance(
            new DecisionInput.OtherMaintenance("n", "compute-3", NOON, false, false, true));

    given.decide();

    stands(Phase.Draining, Reason.SettlingEmpty);
  }

  @Test
  void unknownHostMessageSuggestsTheMostSimilarHostName() {
    given.noService(HOST).service(HOST + ".example.org", "enabled", null);
    for (var i = 10; i <= 60; i++) {
      given.service("node-" + i, "enabled", null);
    }

    given.decide();

    assertThat(ready().message())
        .contains("Did you mean '" + HOST + ".example.org'?")
        .doesNotContain("node-10");
  }

  @Test
  void serviceDisabledBeforeIsReportedToStayDisabled() {
    given.service(HOST, "disabled", "broken fan").decide();

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().message())
        .contains("stays so");
  }

  @Test
  void serviceWithTheMarkerIsReportedToBeEnabledOnDelete() {
    given.service(HOST, "disabled", Given.MARKER).decide();

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().message())
        .contains("is enabled on delete");
  }

  /** A status that does not change keeps the time of its last change. */
  @Test
  void conditionChangesItsTransitionTimeWhenItBecomesTrue() {
    given = Given.taken();
    given.decide();
    given.decideAfter(61);

    assertThat(given.status().condition(Condition.DRAINED).orElseThrow().lastTransitionTime())
        .isEqualTo(given.now());
  }

  // ---------------------------------------------------------------- without an observation

  @Test
  void missingRightsFailANewMaintenance() {
    given.decide(new Observation.Unavailable(Reason.Forbidden.cause("No rights."), Duration.ZERO));

    stands(Phase.Failed, Reason.Forbidden);
  }

  @Test
  void newMaintenanceIsPendingWhileNovaIsUnavailable() {
    given.unavailable();

    stands(Phase.Pending, Reason.ApiUnavailable);
  }

  @ParameterizedTest
  @CsvSource({"OfANewerVersion", ","})
  void unknownReasonOfAConditionBecomesNotObservedYet(String reason) {
    given =
        Given.taken()
            .status(
                s ->
                    s.conditions(
                        List.of(
                            new Condition(
                                Condition.SERVICE_DISABLED, "True", reason, "It is.", NOON, 4L))));

    given.unavailable();

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().reason())
        .isEqualTo("NotObservedYet");
  }

  @Test
  void blockedMaintenanceStaysBlockedDuringAnOutageOfOneMinute() {
    given = Given.taken().instances(in("suspended", "vm"));
    given.decide();

    given.after(60).unavailable();

    stands(Phase.Blocked, Reason.InstancesBlocked);
  }

  @Test
  void blockedMaintenanceIsDrainingAgainDuringAnOutageOfTenMinutes() {
    given = Given.taken().instances(in("suspended", "vm"));
    given.decide();

    given.after(600).unavailable();

    stands(Phase.Draining, Reason.ApiUnavailable);
  }

  @Test
  void maintenanceThatLostAConflictIsPendingWhileNovaIsUnavailable() {
    given
        .otherMaintenance(
            new DecisionInput.OtherMaintenance("other", HOST, NOON, false, true, false))
        .decide();

    given.otherMaintenance().after(600).unavailable();

    stands(Phase.Pending, Reason.ApiUnavailable);
  }

  @Test
  void missingRightsDoNotBlockARunningMaintenanceAtOnce() {
    given = Given.taken().rows(running("vm", 9));

    given.decide(new Observation.Unavailable(Reason.Forbidden.cause("No rights."), Duration.ZERO));

    stands(Phase.Draining, Reason.Forbidden);
  }

  // ---------------------------------------------------------------- what others are told of it

  @Test
  void maintenanceWithoutAStatusUsesNoSlotAndIsNotDraining() {
    assertThat(HostClaim.movesInFlight(null)).isZero();
    assertThat(HostClaim.drains(null)).isFalse();
    given.decide();
  }

  @Test
  void hostWithInstancesToMoveCountsAsDraining() {
    given = Given.taken().concurrency(1, 1).instances(active("a"), active("b"));
    given.decide();

    assertThat(HostClaim.movesInFlight(given.status())).isEqualTo(1);
    assertThat(HostClaim.drains(given.status())).isTrue();
  }

  @Test
  void emptyHostDoesNotCountAsDraining() {
    given = Given.taken();
    given.decide();

    assertThat(HostClaim.drains(given.status())).isFalse();
  }

  @Test
  void hostThatWaitsForItsTurnDoesNotCountAsDraining() {
    given.mayStart(false).instances(active("vm")).decide();

    assertThat(HostClaim.drains(given.status())).isFalse();
  }

  @Test
  void snapshotOfAnAnsweringCellShowsTheHost() {
    assertThat(Drain.sees(given.resource(), given.snapshot())).isTrue();
    given.decide();
  }

  @Test
  void snapshotOfADownCellDoesNotShowTheHost() {
    given.service(HOST, "UNKNOWN", null);

    assertThat(Drain.sees(given.resource(), given.snapshot())).isFalse();
    given.decide();
  }

  @Test
  void unavailableNovaDoesNotShowTheHost() {
    var unavailable =
        new Observation.Unavailable(Reason.ApiUnavailable.cause("503."), Duration.ZERO);

    assertThat(Drain.sees(given.resource(), unavailable)).isFalse();
    given.decide();
  }

  @Test
  void maintenanceNeedsNoObservationWhileAnotherHoldsItsHost() {
    given.otherMaintenance(
        new DecisionInput.OtherMaintenance("other", HOST, NOON, false, true, false));

    assertThat(Drain.withoutObservation(given.input()))
        .hasValueSatisfying(d -> assertThat(d.status().phase()).isEqualTo("Blocked"));
    given.decide();
  }

  @Test
  void maintenanceThatHoldsItsHostNeedsAnObservationDespiteAConflict() {
    given = Given.taken();
    given.otherMaintenance(
        new DecisionInput.OtherMaintenance("other", HOST, NOON, false, true, false));

    assertThat(Drain.withoutObservation(given.input())).isEmpty();
    given.decide();
  }

  // ---------------------------------------------------------------- counts

  @Test
  void everyRowStateIsCountedInItsOwnCount() {
    given =
        Given.taken()
            .rows(
                row("a", RowState.Moved, Reason.Moved),
                row("b", RowState.Failed, Reason.MovedWithError),
                row("c", RowState.Gone, Reason.Deleted),
                row("d", RowState.Gone, Reason.Deleted),
                row("e", RowState.Skipped, Reason.SkippedBySpec))
            .excluding("e")
            .suspended(true)
            .instances(active("vm"), in("suspended", "f"), active("e"));
    given.migrations().decide();

    var s = given.status();
    assertThat(
            List.of(
                s.total(),
                s.moved(),
                s.failed(),
                s.gone(),
                s.blocked(),
                s.skipped(),
                s.remaining()))
        .containsExactly(7, 1, 1, 2, 1, 1, 1);
  }

  @Test
  void rowTransitionTimeChangesOnlyWithStateOrReason() {
    var before =
        row("vm", RowState.Pending, Reason.Waiting).toBuilder().lastTransitionTime(NOON).build();

    var same =
        RowTransitions.mark(
            before, RowState.Pending, Reason.Waiting.cause("x"), NOON.plusSeconds(9));
    var other =
        RowTransitions.mark(
            before, RowState.Pending, Reason.ExternalMigration.cause("x"), NOON.plusSeconds(9));
    var state =
        RowTransitions.mark(
            before, RowState.Blocked, Reason.Waiting.cause("x"), NOON.plusSeconds(9));
    var first =
        RowTransitions.mark(
            before.toBuilder().lastTransitionTime(null).build(),
            RowState.Pending,
            Reason.Waiting.cause("x"),
            NOON);

    assertThat(
            List.of(
                same.lastTransitionTime(),
                other.lastTransitionTime(),
                state.lastTransitionTime(),
                first.lastTransitionTime()))
        .containsExactly(NOON, NOON.plusSeconds(9), NOON.plusSeconds(9), NOON);
    given.decide();
  }

  @Test
  void rowLabelConsistsOfInstanceNameAndId() {
    var row = row("id", RowState.Pending, Reason.Waiting);

    assertThat(row.toBuilder().name(null).build().label()).isEqualTo("id");
    assertThat((row.toBuilder().name("web").build()).label()).isEqualTo("web (id)");
    given.decide();
  }

  @ParameterizedTest
  @CsvSource({"30, 180", "60, 180", "61, 183", "120, 360"})
  void outageLimitIsThreePollsAndAtLeastThreeMinutes(long poll, long unavailable) {
    var d = Duration.ofSeconds(poll);

    assertThat(new Settings(d, d, d, d, d, d, 1, 1, Strategies.DEFAULT).observationTimeout())
        .hasSeconds(unavailable);
    given.decide();
  }
}
