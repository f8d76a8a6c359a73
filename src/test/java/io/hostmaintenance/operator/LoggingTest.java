package io.hostmaintenance.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.http.HttpLoggingInterceptor;
import io.hostmaintenance.operator.Config.LogFormat;
import io.hostmaintenance.operator.Config.LogLevel;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** What a log line looks like, whoever's words it quotes. */
class LoggingTest {

  private static final String HOSTILE =
      "a\u001b[31m\u009b\0\u202eb\u2028\ud83dc 🐢\r\n00:00:00.000 ERROR Main: forged";
  private static final String HARMFUL =
      "[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}[\\p{Cf}&&[^\\u200c\\u200d]]]";

  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();

  private String logged(LogFormat format, String message, Throwable exception) {
    var logger = context.getLogger("io.hostmaintenance.operator.Some");
    var event = new LoggingEvent("", logger, Level.WARN, "{}", exception, new Object[] {message});
    return new String(Logging.encoder(format, context).encode(event), UTF_8);
  }

  @ParameterizedTest
  @EnumSource
  void hostileMessageIsLoggedAsOneHarmlessLine(LogFormat format) {
    var logged = logged(format, HOSTILE, null);

    assertThat(logged).endsWith("\n").contains("🐢", "00:00:00.000 ERROR Main: forged");
    assertThat(logged.stripTrailing()).doesNotContainPattern(HARMFUL);
  }

  @Test
  void linesOfAHostileExceptionAreIndented() {
    var cause = new IllegalStateException(HOSTILE);

    var lines = logged(LogFormat.HUMAN, "m", new IllegalArgumentException(HOSTILE, cause)).lines();

    assertThat(lines.skip(1))
        .hasSizeGreaterThan(2)
        .allSatisfy(line -> assertThat(line).startsWith(" ").doesNotContainPattern(HARMFUL))
        .anyMatch(line -> line.contains("IllegalStateException"))
        .anyMatch(line -> line.contains("IllegalArgumentException"));
  }

  @Test
  void httpLogOfTheKubernetesClientStaysOffAtEveryLevel() {
    var own = new LoggerContext();
    Logging.configure(LogFormat.JSON, LogLevel.DEBUG, own);
    own.getLogger("io.fabric8.kubernetes.client").setLevel(Level.TRACE);

    assertThat(own.getLogger(HttpLoggingInterceptor.class).isErrorEnabled()).isFalse();
    assertThat(own.getLogger(HttpLoggingInterceptor.class).isTraceEnabled()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void levelIsThatOfTheOperatorAlone(LogLevel level) {
    var own = new LoggerContext();

    Logging.configure(LogFormat.JSON, level, own);

    assertThat(own.getLogger("io.hostmaintenance.operator.Main").getEffectiveLevel())
        .isEqualTo(Level.valueOf(level.name()));
    assertThat(own.getLogger("io.javaoperatorsdk").getEffectiveLevel()).isEqualTo(Level.WARN);
  }

  @Test
  void hostileExceptionIsLoggedAsOneLineOfJson() throws IOException {
    var logged = logged(LogFormat.JSON, HOSTILE, new IllegalStateException(HOSTILE));

    assertThat(logged.stripTrailing()).doesNotContainPattern(HARMFUL);
    var json = new ObjectMapper().readTree(logged);
    assertThat(json.path("level").asText()).isEqualTo("WARN");
    assertThat(json.path("throwable").path("message").asText()).contains("forged");
  }
}
