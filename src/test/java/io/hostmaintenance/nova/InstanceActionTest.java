package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstanceActionTest {

  @ParameterizedTest
  @CsvSource({
    "live-migration, true, true, false",
    "migrate, true, false, false",
    "resize, true, false, false",
    "confirmResize, false, false, false",
    "pause, false, false, true",
    "unpause, false, false, false",
  })
  void nameDecidesWhetherAnActionMovesLiveMigratesOrPausesItsInstance(
      String name, boolean moves, boolean liveMigration, boolean pauses) {
    assertThat(new InstanceAction("req-1", name, "user", "project", Instant.EPOCH, null, List.of()))
        .returns(moves, InstanceAction::moves)
        .returns(liveMigration, InstanceAction::liveMigration)
        .returns(pauses, InstanceAction::pauses);
  }
}
