package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a resource holds or waits for, by its stored status. */
class HostClaimTest {

  private static final ServiceStatus SERVICE =
      new ServiceStatus("id", true, "enabled", null, List.of());

  private static Condition condition(String type, String status, Reason reason) {
    return new Condition(type, status, reason.name(), "It is so.", NOON, 4L);
  }

  private static HostMaintenanceStatus draining(Condition... conditions) {
    return HostMaintenanceStatus.builder()
        .phase(Phase.Draining.name())
        .service(SERVICE)
        .conditions(List.of(conditions))
        .instances(List.of(row("vm", RowState.Pending, Reason.Waiting)))
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "False,   Draining,       True,  true",
    "False,   Suspended,      True,  false",
    "False,   WaitingForTurn, True,  false",
    "False,   ApiUnavailable, True,  true",
    "False,   ApiUnavailable, False, false",
    "Unknown, ApiUnavailable, True,  false",
  })
  void hostWithAnInstanceToMoveIsDrainedAsLongAsTheOperatorCanAskForTheMove(
      String ready, Reason reason, String disabled, boolean drains) {
    var status =
        draining(
            condition(Condition.READY, ready, reason),
            condition(Condition.SERVICE_DISABLED, disabled, Reason.Disabled));

    assertThat(HostClaim.drains(status)).isEqualTo(drains);
  }

  @Test
  void hostWithoutAReadyConditionIsNotDrained() {
    assertThat(HostClaim.drains(draining())).isFalse();
  }

  @Nested
  class AMaintenanceThatWantsItsHost {

    private static HostMaintenanceStatus waiting(Reason reason) {
      return HostMaintenanceStatus.builder()
          .conditions(List.of(condition(Condition.READY, "False", reason)))
          .build();
    }

    @Test
    void hasNoStatusYet() {
      assertThat(HostClaim.wantsHost(null)).isTrue();
    }

    @Test
    void orHasNoReadyConditionYet() {
      assertThat(HostClaim.wantsHost(HostMaintenanceStatus.builder().build())).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"Conflict, true", "WaitingForTurn, true", "HostNotFound, false"})
    void orWaitsForTheHostOrItsTurn(Reason reason, boolean wants) {
      assertThat(HostClaim.wantsHost(waiting(reason))).isEqualTo(wants);
    }

    @Test
    void doesNotHoldItYet() {
      var holding = waiting(Reason.WaitingForTurn).toBuilder().service(SERVICE).build();

      assertThat(HostClaim.wantsHost(holding)).isFalse();
    }
  }
}
