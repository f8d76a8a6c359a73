package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.MARKER;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.nova.Command;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nova can have several nova-compute services of one host: of several cells, or left over. */
class DuplicateServicesTest {

  private static Condition condition(Given given, String type) {
    return given.status().condition(type).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "compute-7, enabled,  true",
    "compute-7, enabled,  false",
    "compute-7, disabled, true",
    "compute-7, disabled, false",
    "compute-7, UNKNOWN,  false",
    "Compute-7, enabled,  true",
    "COMPUTE-7, disabled, false",
  })
  void hostWithTwoNovaComputeServicesIsRejectedBeforeTheFirstChange(
      String host, String status, boolean up) {
    var given = Given.fresh().twin("twin-id", host, status, up).instances(active("vm"));

    var decision = given.decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(given.status().service()).isNull();
    assertThat(given.status().phase()).isEqualTo("Failed");
    assertThat(condition(given, "Ready").reason()).isEqualTo("AmbiguousHost");
    assertThat(condition(given, "Ready").message())
        .contains(
            "spec.host",
            id(HOST) + " (compute-7, enabled, up)",
            "twin-id (" + host + ", " + status + ", " + (up ? "up" : "down") + ")",
            "openstack compute service delete " + (up ? "ID" : "twin-id"));
  }

  /** It is the dead one that is named, whichever Nova lists first. */
  @Test
  void deleteCommandNamesTheServiceThatIsDownEvenWhenItIsListedFirst() {
    var given = Given.fresh().serviceDown(HOST).twin("twin-id", HOST, "enabled", true);

    given.decide();

    assertThat(condition(given, "Ready").message())
        .contains("openstack compute service delete " + id(HOST));
  }

  @Test
  void serviceOfAHostWithALongerNameIsNoDuplicate() {
    var given = Given.fresh().twin("twin-id", HOST + "0", "enabled", true);

    assertThat(given.decide().commands()).hasSize(1);
  }

  @Test
  void maintenanceContinuesOnceTheDuplicateServiceIsDeleted() {
    var given = Given.fresh().twin("twin-id", HOST, "enabled", false);
    given.decide();

    assertThat(given.noTwin("twin-id").decideAfter(60).commands())
        .containsExactly(new Command.DisableService(id(HOST), MARKER));
  }

  @Test
  void targetHostWithTwoServicesIsRejected() {
    var given =
        Given.fresh()
            .targetHost(OTHER)
            .twin("twin-id", OTHER, "enabled", true)
            .instances(active("vm"));

    given.decide();

    assertThat(condition(given, "Ready").reason()).isEqualTo("TargetHostInvalid");
    assertThat(condition(given, "Ready").message()).contains("has 2 nova-compute services");
  }

  @Nested
  class AMaintenanceWhoseHostGetsADuplicateService {

    private Given inMaintenance() {
      var given = Given.taken();
      given.decide();
      given.decideAfter(61);
      assertThat(given.status().phase()).isEqualTo("InMaintenance");
      return given;
    }

    @ParameterizedTest
    @CsvSource({
      "compute-7, enabled,  true",
      "compute-7, enabled,  false",
      "compute-7, disabled, true",
      "Compute-7, enabled,  true",
    })
    void isNoLongerDrainedAndNamesTheDuplicateService(String host, String status, boolean up) {
      var given = inMaintenance().twin("twin-id", host, status, up);

      var decision = given.decideAfter(60);

      assertThat(decision.commands()).isEmpty();
      assertThat(condition(given, "Drained").status()).isEqualTo("False");
      assertThat(condition(given, "Ready").status()).isEqualTo("False");
      assertThat(condition(given, "Ready").reason()).isEqualTo("AmbiguousHost");
      assertThat(condition(given, "Drained").message())
          .isEqualTo(condition(given, "Ready").message())
          .contains("twin-id");
      assertThat(given.status().firstEmptyTime()).isNull();
    }

    @Test
    void requestsNoMove() {
      var given = Given.taken().instances(active("vm")).twin("twin-id", HOST, "enabled", true);

      assertThat(given.decide().commands()).isEmpty();
    }

    @Test
    void staysDrainingWhileAMoveIsUnderWay() {
      var given =
          Given.taken()
              .rows(running("vm", 9))
              .instances(busy("migrating", active("vm")))
              .migrations(live(9, "vm", "running", NOON.plusSeconds(1)))
              .twin("twin-id", HOST, "enabled", true);

      given.decideAfter(5);

      assertThat(given.status().phase()).isEqualTo("Draining");
    }

    /** Nothing is known of the instances in the other cell. */
    @Test
    void hasDrainedUnknownWhenTheCellOfTheDuplicateIsDown() {
      var given = inMaintenance().twin(null, HOST, "UNKNOWN", false);

      assertThat(Drain.sees(given.resource(), given.snapshot())).isFalse();
      given.decideAfter(200);
      assertThat(condition(given, "Drained").status()).isEqualTo("Unknown");
    }

    @Test
    void enablesOnlyItsOwnServiceOnDelete() {
      var given = inMaintenance().twin("twin-id", HOST, "enabled", true).deleted();

      var decision = given.decideAfter(60);

      assertThat(decision.commands()).containsExactly(new Command.EnableService(id(HOST)));
      assertThat(decision.release()).isFalse();
    }

    @Test
    void enablesItsOwnServiceOnDeleteEvenWhenTheDuplicateIsListedFirst() {
      var given =
          inMaintenance()
              .noService(HOST)
              .twin("twin-id", HOST, "enabled", true)
              .service(HOST, "disabled", MARKER)
              .deleted();

      assertThat(given.decideAfter(60).commands())
          .containsExactly(new Command.EnableService(id(HOST)));
    }
  }
}
