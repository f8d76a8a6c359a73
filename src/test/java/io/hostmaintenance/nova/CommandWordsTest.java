package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CommandWordsTest {

  static Stream<Arguments> words() {
    var anywhere = Optional.<String>empty();
    return Stream.of(
        Arguments.of(
            new Command.LiveMigrate("4f", Optional.of("c2"), true, "r"),
            "live-migrate instance 4f to host c2"),
        Arguments.of(
            new Command.LiveMigrate("4f", anywhere, true, "r"), "live-migrate instance 4f"),
        Arguments.of(new Command.ColdMigrate("4f", anywhere, "r"), "cold-migrate instance 4f"),
        Arguments.of(new Command.ConfirmResize("4f", "r"), "confirm the resize of instance 4f"),
        Arguments.of(
            new Command.ChangeState("4f", StateChange.FORCE_DELETE, "r"),
            "force delete instance 4f"),
        Arguments.of(new Command.AbortMigration("4f", 7), "abort migration 7 of instance 4f"),
        Arguments.of(
            new Command.ForceCompleteMigration("4f", 7),
            "force migration 7 of instance 4f to complete"),
        Arguments.of(new Command.DisableService("s", "why"), "disable service s (why)"),
        Arguments.of(new Command.EnableService("s"), "enable service s"));
  }

  @ParameterizedTest
  @MethodSource
  void words(Command command, String words) {
    assertThat(command.words()).isEqualTo(words);
  }
}
