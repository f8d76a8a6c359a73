package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.in;
import static io.hostmaintenance.drain.Fixtures.stopped;
import static io.hostmaintenance.drain.Given.US;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Command;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a live migration may copy local disks, by spec.blockMigration. */
class BlockMigrationTest {

  private static Command.LiveMigrate live(Decision decision) {
    return (Command.LiveMigrate) decision.commands().getFirst();
  }

  @ParameterizedTest
  @CsvSource(
      value = {"null, true", "Auto, true", "Never, false"},
      nullValues = "null")
  void liveMigrationCarriesTheWordOfTheSpec(String word, boolean copies) {
    var given = Given.taken().limits(s -> s.blockMigration(word)).instances(active("vm"));

    assertThat(live(given.decide()).mayCopyDisks()).isEqualTo(copies);
  }

  @Test
  void liveMigrationOnAWayCarriesItToo() {
    var given =
        Given.taken()
            .limits(s -> s.blockMigration("Never"))
            .strategies(Strategies.of(Map.of("rescued", "UnrescueLive")))
            .instances(in("rescued", "vm"));
    var first = given.decide();
    given
        .answered(new Outcome.Accepted(first.commands().getFirst(), "req-1"))
        .action("vm", action("unrescue", "req-1", given.now(), US))
        .instances(active("vm"));

    assertThat(live(given.decideAfter(5)).mayCopyDisks()).isFalse();
  }

  @Test
  void coldMigrationDoesNotHeedIt() {
    var given = Given.taken().limits(s -> s.blockMigration("Never")).instances(stopped("vm"));

    assertThat(given.decide().commands()).singleElement().isInstanceOf(Command.ColdMigrate.class);
  }
}
