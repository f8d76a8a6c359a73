package io.hostmaintenance.operator;

import io.hostmaintenance.nova.UntrustedText;
import io.hostmaintenance.operator.Config.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that names the log level while the operator runs. In the chart's pods it is an annotation
 * of the pod, by the downward API.
 */
final class LogLevelFile {

  private static final Logger LOG = LoggerFactory.getLogger(LogLevelFile.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final int MOST_SHOWN = 64;

  private final Path file;
  private final LogLevel usual;
  private final Consumer<LogLevel> set;
  private String lastText = "";
  private LogLevel level;

  /**
   * Takes what to read.
   *
   * @param usual the level while the file is missing or empty, and at the start
   * @param set sets the level
   */
  LogLevelFile(Path file, LogLevel usual, Consumer<LogLevel> set) {
    this.file = file;
    this.usual = usual;
    this.set = set;
    this.level = usual;
  }

  /** Reads the file every few seconds from now on, in a thread of its own. */
  void follow() {
    Thread.ofVirtual()
        .name("log-level")
        .start(
            () -> {
              while (true) {
                read();
                try {
                  Thread.sleep(PAUSE);
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
  }

  /** Reads the file, and sets the level if it names another one. A wrong word changes nothing. */
  void read() {
    var text = text();
    if (text.equals(lastText)) {
      return;
    }
    lastText = text;
    var named = text.isEmpty() ? Optional.of(usual) : LogLevel.of(text);
    if (named.isEmpty()) {
      LOG.warn(
          "{}: '{}' is no log level: write error, warn, info or debug",
          file,
          UntrustedText.cut(text, MOST_SHOWN));
    } else if (named.get() != level) {
      level = named.get();
      set.accept(LogLevel.INFO);
      LOG.info("the log level is {} from now on, by {}", level, file);
      set.accept(level);
    }
  }

  private String text() {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
