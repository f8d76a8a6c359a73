package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.nova.openstack4j.Logs;
import io.hostmaintenance.operator.Config.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogLevelFileTest {

  @TempDir Path directory;

  private final List<LogLevel> set = new ArrayList<>();
  private Path path;
  private LogLevelFile file;

  @BeforeEach
  void atStart() {
    path = directory.resolve("log-level");
    file = new LogLevelFile(path, LogLevel.WARN, set::add);
  }

  private void write(String text) throws IOException {
    Files.writeString(path, text);
    file.read();
  }

  @ParameterizedTest
  @CsvSource({"debug, DEBUG", "'Info\n', INFO", "' ERROR ', ERROR"})
  void levelIsWhatTheFileNames(String text, LogLevel level) throws IOException {
    write(text);

    assertThat(set.getLast()).isEqualTo(level);
  }

  @Test
  void levelIsTheUsualOneAgainWhenTheFileIsEmptyAgain() throws IOException {
    write("debug");
    write("");

    assertThat(set.getLast()).isEqualTo(LogLevel.WARN);
  }

  @Test
  void nothingIsSetWhileTheFileIsMissing() {
    file.read();

    assertThat(set).isEmpty();
  }

  @Test
  void nothingIsSetTwiceByTheSameFile() throws IOException {
    write("debug");
    set.clear();
    file.read();

    assertThat(set).isEmpty();
  }

  @Test
  void wrongWordChangesNothingAndIsLoggedOnce() throws IOException {
    try (var logs = new Logs()) {
      write("loud\u001b[31m");
      file.read();

      assertThat(set).isEmpty();
      assertThat(logs.at(Level.WARN))
          .containsExactly(
              path + ": 'loud [31m' is no log level: write error, warn, info or debug");
    }
  }

  @Test
  void changeIsLogged() throws IOException {
    try (var logs = new Logs()) {
      write("error");

      assertThat(logs.at(Level.INFO))
          .containsExactly("the log level is ERROR from now on, by " + path);
    }
  }
}
