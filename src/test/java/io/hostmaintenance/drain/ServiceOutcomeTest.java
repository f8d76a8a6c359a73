package io.hostmaintenance.drain;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A service found enabled after Nova said it is disabled was enabled by somebody else. */
class ServiceOutcomeTest {

  private static final Instant NOW = Instant.parse("2026-11-23T14:19:05Z");
  private static final Command DISABLE = new Command.DisableService("id", "host-maintenance x");

  private static final HostMaintenanceStatus BEFORE =
      HostMaintenanceStatus.builder()
          .conditions(
              List.of(
                  new Condition(
                      Condition.SERVICE_DISABLED,
                      "False",
                      "NotDisabled",
                      "nova-compute is enabled.",
                      NOW.minusSeconds(9),
                      1L)))
          .build();

  @Test
  void acceptedDisableMakesTheConditionTrue() {
    var after = enter(new Outcome.Accepted(DISABLE, null));
    assertThat(after.condition(Condition.SERVICE_DISABLED))
        .hasValueSatisfying(c -> assertThat(c.isTrue()).isTrue())
        .hasValueSatisfying(c -> assertThat(c.lastTransitionTime()).isEqualTo(NOW));
  }

  @Test
  void failedDisableLeavesTheConditionAsItWas() {
    var failure = new NovaException(NovaException.Kind.UNAVAILABLE, "Nova is not there.");
    assertThat(enter(new Outcome.Failed(DISABLE, failure))).isEqualTo(BEFORE);
  }

  private static HostMaintenanceStatus enter(Outcome outcome) {
    return OutcomeRecorder.enter(BEFORE, List.of(outcome), NOW);
  }
}
