package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Given.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What every rule reads of an observation. */
class DecisionContextTest {

  private final Given given = Given.taken().service("compute-1", "enabled", null);

  private List<String> destinations() {
    return new DecisionContext(given.input(), given.snapshot()).hostView().destinations();
  }

  @Test
  void everyOtherEnabledHostIsADestination() {
    assertThat(destinations()).containsExactly("compute-1", OTHER);
  }

  @Test
  void targetHostIsTheOnlyDestination() {
    given.targetHost(OTHER);

    assertThat(destinations()).containsExactly(OTHER);
  }
}
