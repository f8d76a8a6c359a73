package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.MARKER;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.nova.Command;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the service is taken and kept disabled. */
class ServiceDecisionTest {

  private static final String AUTO = "AUTO: Connection to libvirt lost";

  @ParameterizedTest
  @CsvSource({
    "host-maintenance rack-1 [0b1c7d6e],        true",
    "host-maintenance rack-1 [0b1c7d6e]: disk,  true",
    "host-maintenance rack-1 [0b1c7d6e]:disk,   false",
    "host-maintenance rack-1 [0b1c7d6e] on,     false",
    "host-maintenance rack-1 [99999999],        false",
    "host-maintenance rack-10 [0b1c7d6e],       false",
    "host-maintenance rack-1,                   false",
    "host-maintenance rack-1: disk,             false",
    "host-maintenance prolonged,                false",
    "maintenance rack-1 [0b1c7d6e],             false",
    ",                                          false",
  })
  void markerMatchesOnlyThisVeryResource(String reason, boolean expected) {
    assertThat(ServiceDecision.isMarker(reason, Given.fresh().resource())).isEqualTo(expected);
  }

  @Test
  void theLongestMarkerFitsIntoNovasDisabledReason() {
    var resource = Given.fresh().reason("r".repeat(120)).resource();
    resource.getMetadata().setName("n".repeat(100));

    assertThat(ServiceDecision.marker(resource)).hasSize(250);
  }

  @Test
  void markerLeavesOutAReasonThatMakesAnotherToolEnableTheHost() {
    assertThat(ServiceDecision.marker(Given.fresh().reason("Reserved for DIMM").resource()))
        .isEqualTo(MARKER);
  }

  /** What a process that has ended may have asked for. */
  @Nested
  class ADisableRequestOfAnotherProcess {

    private final Given given = Given.fresh();

    @Test
    void isNotRepeatedWhileItMayStillTakeEffect() {
      given.decide();

      assertThat(given.restarted().decideAfter(69).commands()).isEmpty();
    }

    @Test
    void isRepeatedAfter70Seconds() {
      given.decide();

      assertThat(given.restarted().decideAfter(70).commands())
          .containsExactly(new Command.DisableService(id(HOST), MARKER));
    }

    @Test
    void letsTheMovesStartAtOnceWhenItTookEffect() {
      given.decide();

      given.restarted().service(HOST, "disabled", MARKER).instances(active("vm")).decideAfter(5);

      assertThat(given.row("vm").state()).isEqualTo("Requested");
    }

    @Test
    void doesNotDelayDisablingAServiceThatSomeoneEnabled() {
      var taken = Given.taken().service(HOST, "enabled", null);

      assertThat(taken.restarted().decideAfter(5).commands())
          .containsExactly(new Command.DisableService(id(HOST), MARKER));
    }
  }

  @Nested
  class AnEnabledService {

    private final Given given = Given.fresh();

    @Test
    void isDisabledWithTheMarker() {
      assertThat(given.decide().commands())
          .containsExactly(new Command.DisableService(id(HOST), MARKER));
    }

    @Test
    void isDisabledWithTheReasonOfTheSpec() {
      assertThat(given.reason("replace DIMM").decide().commands())
          .containsExactly(new Command.DisableService(id(HOST), MARKER + ": replace DIMM"));
    }

    @Test
    void isRecordedInTheStatusBeforeItIsDisabled() {
      given.decide();

      assertThat(given.status().service().disabledByUs()).isTrue();
      assertThat(given.status().service().previousStatus()).isEqualTo("enabled");
      assertThat(given.status().service().previousReason()).isNull();
    }

    @Test
    void isCheckedAgainAtOnceAfterTheFirstRequest() {
      assertThat(given.decide().requeueAfter()).isZero();
    }

    @Test
    void thatStaysEnabledIsDisabledAgainAndCheckedEvery5Seconds() {
      given.decide();

      var again = given.decideAfter(1);

      assertThat(again.commands()).hasSize(1);
      assertThat(again.requeueAfter()).hasSeconds(5);
    }
  }

  @Nested
  class AServiceThatSomeoneElseDisabled {

    private final Given given = Given.fresh().service(HOST, "disabled", "broken fan");

    @Test
    void isLeftUnchangedAndRecordedInTheStatus() {
      assertThat(given.decide().commands()).isEmpty();
      assertThat(given.status().service().disabledByUs()).isFalse();
      assertThat(given.status().service().previousReason()).isEqualTo("broken fan");
    }

    @Test
    void isCheckedAgain5SecondsAfterItsFirstMoves() {
      assertThat(given.instances(active("vm")).decide().requeueAfter()).hasSeconds(5);
    }

    @Test
    void hasItsInstancesMoved() {
      assertThat(given.instances(active("vm")).decide().commands())
          .hasSize(1)
          .first()
          .isInstanceOf(Command.LiveMigrate.class);
    }

    @Test
    void isLeftUnchangedWhenTheReasonOfTheSpecChanges() {
      given.decide();

      assertThat(given.reason("mine").decideAfter(60).commands()).isEmpty();
    }

    @Test
    void isStillReportedAsDisabledBeforeWhenItsOwnerChangesTheReason() {
      given.decide();

      given.service(HOST, "disabled", "fan ordered").decideAfter(60);

      assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().reason())
          .isEqualTo("DisabledBefore");
    }

    @Test
    void isDisabledWithTheMarkerOnceItsOwnerEnablesIt() {
      given.decide();

      var decision = given.service(HOST, "enabled", null).decideAfter(60);

      assertThat(decision.commands()).containsExactly(new Command.DisableService(id(HOST), MARKER));
      assertThat(given.status().service().disabledByUs()).isTrue();
    }
  }

  @Test
  void disabledReasonOfLibvirtIsOverwrittenAndRecorded() {
    var given = Given.fresh().service(HOST, "disabled", AUTO);

    assertThat(given.decide().commands())
        .containsExactly(new Command.DisableService(id(HOST), MARKER));
    assertThat(given.status().service())
        .extracting(s -> s.disabledByUs(), s -> s.previousStatus(), s -> s.previousReason())
        .containsExactly(true, "disabled", AUTO);
  }

  @Test
  void disabledReasonOfLibvirtIsOverwrittenAgainAfter70Seconds() {
    var given = Given.fresh().service(HOST, "disabled", AUTO);
    given.decide();

    assertThat(given.restarted().decideAfter(69).commands()).isEmpty();
    assertThat(given.decideAfter(1).commands())
        .containsExactly(new Command.DisableService(id(HOST), MARKER));
  }

  @Test
  void reasonThatSomeoneWritesOverTheMarkerIsReportedAlsoAfterOneOfLibvirt() {
    var given = Given.fresh().service(HOST, "disabled", AUTO);
    given.obeyed(given.decide()).decideAfter(5);

    given.service(HOST, "disabled", "mine now").decideAfter(60);

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().reason())
        .isEqualTo("ReasonChanged");
  }

  @Test
  void serviceThatLibvirtDisabledIsReportedAsDisabledBefore() {
    var given = Given.fresh().service(HOST, "disabled", AUTO);
    given.decide();

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().reason())
        .isEqualTo("DisabledBefore");
  }

  @Test
  void markerWithoutAStatusRecordIsAdoptedAndReported() {
    var given = Given.fresh().service(HOST, "disabled", MARKER + ": old reason");

    var decision = given.reason("old reason").decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.MarkerFound);
    assertThat(given.status().service().disabledByUs()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host-maintenance rack-10 [0b1c7d6e]",
        "host-maintenance rack-1 [99999999]: of the one before",
        "host-maintenance rack-1",
        "host-maintenance prolonged, RAM on order, do not enable",
      })
  void markerOfAnotherMaintenanceIsKeptAndTheEnableCommandIsReported(String reason) {
    var given = Given.fresh().service(HOST, "disabled", reason);

    var decision = given.decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(given.status().service().disabledByUs()).isFalse();
    assertThat(decision.notices().getFirst().message())
        .contains(reason, "openstack compute service set --enable " + HOST + " nova-compute");
    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().message())
        .contains("another HostMaintenance", "stays so on delete", "set --enable " + HOST);
    assertThat(given.deleted().decideAfter(60).commands()).isEmpty();
  }

  @Test
  void newReasonOfTheSpecIsWrittenToNova() {
    var given = Given.taken().reason("new words");

    assertThat(given.decide().commands())
        .containsExactly(new Command.DisableService(id(HOST), MARKER + ": new words"));
  }

  @Test
  void disabledReasonThatSomeoneChangedStays() {
    var given = Given.taken().service(HOST, "disabled", "mine now");

    assertThat(given.decide().commands()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"mine now, now says 'mine now'", ", now says nothing"})
  void changedDisabledReasonIsReportedOnceWithTheEffectOfADelete(String reason, String told) {
    var given = Given.taken();
    given.decide();

    var decision = given.service(HOST, "disabled", reason).decideAfter(60);

    var condition = given.status().condition(Condition.SERVICE_DISABLED).orElseThrow();
    assertThat(condition.status()).isEqualTo("True");
    assertThat(condition.reason()).isEqualTo("ReasonChanged");
    assertThat(condition.message())
        .contains(told, "left disabled on delete", "set --enable " + HOST);
    assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.ReasonChanged);
    assertThat(given.decideAfter(60).notices()).as("told once").isEmpty();
    assertThat(given.deleted().decideAfter(60).commands()).isEmpty();
  }

  @Test
  void restoredMarkerMeansThatADeleteEnablesTheService() {
    var given = Given.taken().service(HOST, "disabled", "mine now");
    given.decide();

    given.service(HOST, "disabled", MARKER).decideAfter(60);

    var condition = given.status().condition(Condition.SERVICE_DISABLED).orElseThrow();
    assertThat(condition.reason()).isEqualTo("Disabled");
    assertThat(condition.message()).contains("is enabled on delete");
  }

  @Nested
  class AServiceThatSomeoneEnablesDuringTheMaintenance {

    private final Given given = Given.taken();

    private Decision enabledAgain(long after) {
      given.decideAfter(5); // seen disabled
      given.service(HOST, "enabled", null);
      var decision = given.decideAfter(after);
      given.obeyed(decision);
      return decision;
    }

    @Test
    void isDisabledAgainAndReported() {
      var decision = enabledAgain(60);

      assertThat(decision.commands()).containsExactly(new Command.DisableService(id(HOST), MARKER));
      assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.ServiceReenabled);
    }

    @Test
    void isDisabledAgainAtMostThreeTimesInTenMinutes() {
      for (var i = 0; i < 3; i++) {
        assertThat(enabledAgain(60).commands()).hasSize(1);
      }

      assertThat(enabledAgain(60).commands()).isEmpty();
      assertThat(given.status().phase()).isEqualTo("Blocked");
      assertThat(status().condition("Stalled").orElseThrow().reason())
          .isEqualTo("ServiceReenabled");
    }

    @Test
    void isDisabledAgainOnceTheTenMinutesAreOver() {
      for (var i = 0; i < 4; i++) {
        enabledAgain(60);
      }

      assertThat(given.decideAfter(600).commands())
          .containsExactly(new Command.DisableService(id(HOST), MARKER));
    }

    @ParameterizedTest
    @CsvSource({"599, 0", "600, 1"})
    void isDisabledAFourthTimeExactlyTenMinutesAfterTheOthers(long seconds, int commands) {
      var times = List.of(NOON, NOON, NOON);
      given
          .status(s -> s.service(new ServiceStatus(id(HOST), true, "enabled", null, times)))
          .service(HOST, "enabled", null);

      assertThat(given.decideAfter(seconds).commands()).hasSize(commands);
    }

    @Test
    void isCountedOnceEachTimeItIsEnabled() {
      enabledAgain(60);
      given.service(HOST, "enabled", null); // our request was not heeded

      given.decideAfter(5);

      assertThat(status().service().reenabledTime()).hasSize(1);
    }

    @Test
    void keepsItsPreviousStatusInTheRecord() {
      enabledAgain(60);

      assertThat(status().service().previousStatus()).isEqualTo("enabled");
      assertThat(status().service().disabledByUs()).isTrue();
    }

    private HostMaintenanceStatus status() {
      return given.status();
    }
  }

  @Test
  void noMoveIsRequestedInTheReconciliationThatDisablesTheService() {
    var given = Given.fresh().instances(active("vm"));

    assertThat(given.decide().commands())
        .isEqualTo(List.of(new Command.DisableService(id(HOST), MARKER)));
  }

  @Test
  void noticeQuotesTheDisabledReasonOfSomeoneElse() {
    var with = Given.fresh().service(HOST, "disabled", "broken fan").decide();
    var without = Given.fresh().service(HOST, "disabled", null).decide();

    assertThat(with.notices().getFirst().message()).contains("(broken fan)");
    assertThat(without.notices().getFirst().message()).doesNotContain("(", "null");
  }

  @Test
  void serviceThatWasDisabledBeforeIsAdoptedOnceItCarriesTheMarker() {
    var given = Given.fresh().service(HOST, "disabled", "broken fan");
    given.decide();

    var decision = given.service(HOST, "disabled", MARKER).decideAfter(60);

    assertThat(given.status().service().disabledByUs()).isTrue();
    assertThat(decision.notices()).extracting(Notice::reason).contains(Reason.MarkerFound);
  }
}
