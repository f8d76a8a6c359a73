package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.ram;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Command;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which instances are moved first, by spec.order. */
class OrderTest {

  private static List<String> asked(Decision decision) {
    return decision.commands().stream().map(c -> ((Command.OnInstance) c).instanceId()).toList();
  }

  @ParameterizedTest
  @CsvSource(
      value = {"null, large", "LargestFirst, large", "SmallestFirst, small"},
      nullValues = "null")
  void firstMoveGoesByMemoryInTheOrderOfTheSpec(String order, String first) {
    var given =
        Given.taken()
            .limits(s -> s.order(order))
            .concurrency(1, 1)
            .instances(
                ram(4096, active("middle")), ram(512, active("small")), ram(8192, active("large")));

    assertThat(asked(given.decide())).containsExactly(first);
  }

  @Test
  void instancesOfTheSameMemoryGoByTheirIdInEitherOrder() {
    for (var order : List.of("LargestFirst", "SmallestFirst")) {
      var given = Given.taken().limits(s -> s.order(order)).concurrency(1, 1);

      assertThat(asked(given.instances(active("b"), active("a")).decide())).containsExactly("a");
    }
  }

  @Test
  void smallestFirstCountsForColdMigrationsToo() {
    var given = Given.taken().limits(s -> s.order("SmallestFirst")).concurrency(1, 1);
    given.instances(ram(4096, stopped("large")), ram(512, stopped("small")));

    assertThat(asked(given.decide())).containsExactly("small");
  }

  @Test
  void wayThatChangesTheGuestComesLastEvenIfItIsTheSmallest() {
    var given =
        Given.taken()
            .limits(s -> s.order("SmallestFirst"))
            .strategies(Strategies.of(Map.of("suspended", "ResumeLiveSuspend")))
            .concurrency(1, 1)
            .instances(ram(512, in("suspended", "small")), ram(4096, active("large")));

    assertThat(asked(given.decide())).containsExactly("large");
  }
}
