package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.ram;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.PlanStatus.ActionCount;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.nova.Instance;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {

  private static Given plan(Instance... instances) {
    return fresh().planned().instances(instances);
  }

  private static Condition planned(HostMaintenanceStatus status) {
    return status.condition(Condition.PLANNED).orElseThrow();
  }

  private static DecisionInput.OtherMaintenance holder() {
    return new DecisionInput.OtherMaintenance(
        "other", HOST, Given.NOON.minusSeconds(9000), false, true, false);
  }

  private static Instance pinned(String zone, Instance instance) {
    return instance.withConstraints(new Instance.Constraints(zone, Map.of(), Set.of(), Set.of()));
  }

  @Nested
  class TouchesNothing {

    @Test
    void hasNoCommand() {
      assertThat(plan(active("vm")).decide().commands()).isEmpty();
    }

    @Test
    void takesNoHost() {
      var status = plan(active("vm")).decide().status();

      assertThat(HostClaim.holdsHost(status)).isFalse();
      assertThat(HostClaim.drains(status)).isFalse();
    }

    @Test
    void waitsForNoTurn() {
      var given = plan(active("vm")).mayStart(false);

      assertThat(planned(given.decide().status()).reason()).isEqualTo("Feasible");
    }

    @Test
    void conflictsWithNoOtherResource() {
      var given = plan(active("vm")).otherMaintenance(holder());

      assertThat(Drain.withoutObservation(given.input())).isEmpty();
      assertThat(planned(given.decide().status()).reason()).isEqualTo("Feasible");
    }

    @Test
    void isCarriedOutByTheModeDrain() {
      var given = plan(active("vm"));
      given.decide();

      var decision = given.carriedOut().decideAfter(60);

      assertThat(decision.commands()).hasSize(1);
      assertThat(decision.status().condition(Condition.PLANNED)).isEmpty();
      assertThat(decision.status().condition(Condition.READY)).isPresent();
    }

    @Test
    void figuresOfTheLastPlanStayDuringTheDrain() {
      var given = plan(active("vm"));
      var before = given.decide().status().plan();

      assertThat(given.carriedOut().decideAfter(60).status().plan()).isEqualTo(before);
    }

    @Test
    void rowsOfTheDrainHaveNoPlan() {
      var given = plan(active("vm"));
      given.decide();

      given.carriedOut().decideAfter(60);

      assertThat(given.row("vm").plan()).isNull();
    }

    @Test
    void rowsOfThePlanGoWhereTheDrainIsRefused() {
      var given = plan(active("vm"));
      given.decide();

      var status = given.carriedOut().noService(OTHER).decideAfter(60).status();

      assertThat(status.phase()).isEqualTo("Failed");
      assertThat(status.instances()).isEmpty();
      assertThat(status.total()).isNull();
    }

    @Test
    void rowsOfThePlanGoWhereTheDrainWaits() {
      var given = plan(active("vm"));
      given.decide();

      var status = given.carriedOut().otherMaintenance(holder()).decideAfter(60).status();

      assertThat(status.phase()).isEqualTo("Blocked");
      assertThat(status.instances()).isEmpty();
    }

    @Test
    void resourceThatHoldsItsHostDrainsItWhateverItsModeSays() {
      var given = Given.taken().planned().instances(active("vm"));

      assertThat(given.decide().status().phase()).isEqualTo("Draining");
    }
  }

  @Nested
  class Conditions {

    @Test
    void planOfInstancesThatAllFitIsFeasible() {
      var status = plan(active("a"), stopped("b")).decide().status();

      assertThat(planned(status).status()).isEqualTo("True");
      assertThat(planned(status).reason()).isEqualTo("Feasible");
      assertThat(planned(status).message())
          .startsWith("Planned: ColdMigrate 1, LiveMigrate 1.")
          .contains("Nova's filters are not asked");
      assertThat(status.phase()).isEqualTo("Planned");
    }

    @Test
    void feasiblePlanHasNoOtherCondition() {
      assertThat(plan(active("a")).decide().status().conditions())
          .extracting(Condition::type)
          .containsExactly(Condition.PLANNED);
    }

    @Test
    void emptyHostIsFeasible() {
      assertThat(planned(plan().decide().status()).message())
          .startsWith("No instance is to be moved.");
    }

    @Test
    void blockedInstanceNeedsAction() {
      var status = plan(active("a"), in("suspended", "b")).decide().status();

      assertThat(planned(status).status()).isEqualTo("False");
      assertThat(planned(status).reason()).isEqualTo("NeedsAction");
      assertThat(planned(status).message()).contains("name-of-b");
      assertThat(status.isTrue(Condition.STALLED)).isTrue();
      assertThat(status.plan().blocked()).isEqualTo(1);
    }

    @Test
    void skippedInstanceIsCountedAndFeasible() {
      var given = plan(active("a"), in("suspended", "b"));
      given.strategies(Strategies.of(Map.of("suspended", "Skip")));
      var status = given.decide().status();

      assertThat(planned(status).reason()).isEqualTo("Feasible");
      assertThat(planned(status).message()).contains("The spec leaves 1 instance on the host.");
      assertThat(status.plan().skipped()).isEqualTo(1);
    }

    @Test
    void instanceWithoutRoomAnywhereHasNoCapacity() {
      var status = plan(active("a")).noCandidate().decide().status();

      assertThat(planned(status).reason()).isEqualTo("NoCapacity");
      assertThat(status.instances().getFirst().reason()).isEqualTo("NoCapacity");
    }

    @Test
    void instancesThatFitAloneButNotTogetherHaveNoCapacity() {
      var given = plan(ram(600, active("a")), ram(600, active("b"))).free(OTHER, 8, 1024);
      var status = given.decide().status();

      assertThat(planned(status).reason()).isEqualTo("NoCapacity");
      assertThat(planned(status).message()).contains("1 instance would find no room");
      assertThat(status.plan().capacity()).isEqualTo("Short");
    }

    @Test
    void instanceThatNovaIsBusyWithIsNotKnownYet() {
      var status = plan(busy("rebooting", active("a"))).decide().status();

      assertThat(planned(status).status()).isEqualTo("Unknown");
      assertThat(planned(status).reason()).isEqualTo("TaskInProgress");
      assertThat(status.isTrue(Condition.RECONCILING)).isTrue();
    }

    @Test
    void groupsThatAreNotKnownYetAreAskedForOn() {
      var decision = plan(active("a")).groupsNotKnown("a").decide();

      assertThat(planned(decision.status()).status()).isEqualTo("Unknown");
      assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollMoving());
    }

    @Test
    void capacityIsUnknownWherePlacementDoesNotTell() {
      var status = plan(active("a")).placementTellsNothing().decide().status();

      assertThat(planned(status).reason()).isEqualTo("CapacityUnknown");
      assertThat(status.isTrue(Condition.STALLED)).isTrue();
      assertThat(status.plan().capacity()).isEqualTo("Unknown");
    }

    @Test
    void blockedInstanceNeedsActionWhateverElseIsNotKnown() {
      var status = plan(busy("rebooting", active("a")), in("suspended", "b")).decide().status();

      assertThat(planned(status).reason()).isEqualTo("NeedsAction");
    }

    @Test
    void unknownHostIsNoPlan() {
      var status = plan().noService(HOST).decide().status();

      assertThat(planned(status).status()).isEqualTo("False");
      assertThat(planned(status).reason()).isEqualTo("HostNotFound");
      assertThat(status.plan()).isNull();
    }

    @Test
    void hostWhoseComputeIsDownIsNoPlan() {
      var status = plan(active("a")).serviceDown(HOST).decide().status();

      assertThat(planned(status).reason()).isEqualTo("SourceServiceDown");
    }

    @Test
    void cloudWithoutAnotherHostIsNoPlan() {
      var status = plan(active("a")).service(OTHER, "disabled", "mine").decide().status();

      assertThat(planned(status).reason()).isEqualTo("NoOtherHost");
    }
  }

  @Nested
  class Rows {

    @Test
    void sayWhatWouldBeDoneWhereToAndHowMuchIsCopied() {
      var given = plan(active("a")).service("compute-8", "enabled", null);
      given.decide();

      var row = given.row("a");
      assertThat(row.state()).isEqualTo("Pending");
      assertThat(row.action()).isEqualTo("LiveMigrate");
      assertThat(row.reason()).isEqualTo("Planned");
      assertThat(row.plan().steps()).containsExactly("LiveMigrate");
      assertThat(row.plan().candidateHosts()).containsExactly("compute-8", OTHER);
      assertThat(row.plan().candidateCount()).isEqualTo(2);
      assertThat(row.plan().copyGiB()).isEqualTo(20);
    }

    @Test
    void nameAtMostThreeHostsAndCountAll() {
      var given = plan(active("a"));
      for (var i = 0; i < 5; i++) {
        given.service("compute-8" + i, "enabled", null);
      }
      given.decide();

      assertThat(given.row("a").plan().candidateHosts()).hasSize(3);
      assertThat(given.row("a").plan().candidateCount()).isEqualTo(6);
    }

    @Test
    void unknownSizeOfADiskIsAbsentAndSaidToBeUnknown() {
      var given = plan(active("a").withLocalDiskGiB(null));
      given.decide();

      assertThat(given.row("a").plan().copyGiB()).isNull();
      assertThat(given.row("a").message())
          .isEqualTo(
              "LiveMigrate: 1 host has room for it. How large its local disk is, Nova does not tell.");
    }

    @Test
    void stepsOfAWayIncludeItsWayBack() {
      var given = plan(in("suspended", "a"));
      given.strategies(Strategies.of(Map.of("suspended", "ResumeLiveSuspend")));
      given.decide();

      assertThat(given.row("a").plan().steps())
          .containsExactly("Resume", "Pause", "LiveMigrate", "Unpause", "Suspend");
    }

    @Test
    void coldMigrationIsPlannedWithItsConfirmation() {
      var given = plan(stopped("a"));
      given.decide();

      assertThat(given.row("a").plan().steps()).containsExactly("ColdMigrate", "Confirm");
    }

    @ParameterizedTest
    @CsvSource({"disabled", "down", "in maintenance"})
    void hostThatTakesNoInstanceIsNoCandidate(String why) {
      var given = plan(active("a")).service("compute-8", "enabled", null);
      switch (why) {
        case "disabled" -> given.service("compute-8", "disabled", "mine");
        case "down" -> given.serviceDown("compute-8");
        default -> given.inMaintenance("compute-8");
      }
      given.decide();

      assertThat(given.row("a").plan().candidateHosts()).containsExactly(OTHER);
    }

    @Test
    void targetHostIsTheOnlyCandidate() {
      var given = plan(active("a")).service("compute-8", "enabled", null).targetHost(OTHER);
      given.decide();

      assertThat(given.row("a").plan().candidateHosts()).containsExactly(OTHER);
    }

    @Test
    void nameTheZoneThatLeavesNoHost() {
      var given = plan(pinned("z2", active("a"))).zone(OTHER, "z1");
      given.decide();

      assertThat(given.row("a").state()).isEqualTo("Blocked");
      assertThat(given.row("a").reason()).isEqualTo("ZonePinned");
      assertThat(given.row("a").plan()).isNull();
    }

    @Test
    void nameTheGroupThatLeavesNoHost() {
      var given = plan(active("a"), away(active("b"))).group("anti-affinity", "a", "b");
      given.decide();

      assertThat(given.row("a").reason()).isEqualTo("AntiAffinityGroup");
    }

    @Test
    void nameTheHintThatLeavesNoHost() {
      var given = plan(active("a")).hint("a", "different_host", OTHER);
      given.decide();

      assertThat(given.row("a").reason()).isEqualTo("SchedulerHint");
    }

    @Test
    void membersOfAnAntiAffinityGroupNeedAHostEach() {
      var given = plan(active("a"), active("b")).group("anti-affinity", "a", "b");

      assertThat(given.decide().status().plan().capacity()).isEqualTo("Short");
      assertThat(given.service("compute-8", "enabled", null).decide().status().plan().capacity())
          .isEqualTo("Fits");
    }

    @Test
    void ofAnInstanceThatLeftAreDropped() {
      var given = plan(active("a"), active("b"));
      given.decide();

      given.instances(away(active("a")));

      assertThat(given.decideAfter(60).status().instances())
          .extracting(r -> r.id())
          .containsOnly("b");
    }
  }

  @Nested
  class Figures {

    @Test
    void countEachAction() {
      assertThat(plan(active("a"), active("b"), stopped("c")).decide().status().plan().actions())
          .containsExactly(new ActionCount("ColdMigrate", 1), new ActionCount("LiveMigrate", 2));
    }

    @Test
    void samePlanIsTheSameStatus() {
      var given = plan(active("a"), in("suspended", "b"));
      var before = given.decide().status();

      assertThat(given.decideAfter(60).status()).isEqualTo(before);
    }

    @Test
    void changedPlanHasANewTime() {
      var given = plan(active("a"));
      var before = given.decide().status().plan().observedTime();

      var after = given.instances(active("b")).decideAfter(60).status().plan().observedTime();

      assertThat(after).isEqualTo(before.plusSeconds(60));
    }

    @Test
    void areToldOnceByAnEvent() {
      var given = plan(active("a"));

      assertThat(given.decide().notices())
          .extracting(Notice::reason)
          .containsExactly(Reason.Feasible);
      assertThat(given.decideAfter(60).notices()).isEmpty();
    }
  }

  @Nested
  class WithoutAnObservation {

    @Test
    void newPlanIsUnknownAndPending() {
      var status = plan().unavailable().status();

      assertThat(planned(status).status()).isEqualTo("Unknown");
      assertThat(planned(status).reason()).isEqualTo("ApiUnavailable");
      assertThat(status.phase()).isEqualTo("Pending");
    }

    @Test
    void planStandsForAWhile() {
      var given = plan(active("a"));
      var before = given.decide().status();

      assertThat(given.after(60).unavailable().status()).isEqualTo(before);
    }

    @Test
    void planIsUnknownAfterLong() {
      var given = plan(active("a"));
      given.decide();

      assertThat(planned(given.after(600).unavailable().status()).status()).isEqualTo("Unknown");
    }

    @Test
    void wrongPasswordStallsThePlan() {
      var refused =
          new Unavailable(Reason.Unauthorized.cause("Keystone answered 401."), Duration.ZERO);

      var status = plan().decide(refused).status();

      assertThat(status.isTrue(Condition.STALLED)).isTrue();
      assertThat(status.condition(Condition.RECONCILING)).isEmpty();
    }
  }
}
