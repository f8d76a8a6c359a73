package io.hostmaintenance.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.http.HttpLoggingInterceptor;
import io.hostmaintenance.operator.Config.LogFormat;
import io.hostmaintenance.operator.Config.LogLevel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
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
    event.setInstant(Instant.parse("2026-11-30T12:34:56.789Z"));
    event.setMDCPropertyMap(
        Map.of(
            "hostmaintenance", "hm",
            "computeHost", "compute-1",
            "instance", "4f1c",
            "reason", "NoValidHost",
            "requestId", "req-1"));
    return new String(Logging.encoder(format, context).encode(event), UTF_8);
  }

  @Test
  void lineOfJsonHasTimeMessageAndTheFieldsThatAreKnown() throws IOException {
    var json = new ObjectMapper().readTree(logged(LogFormat.JSON, "a message", null));

    assertThat(new ObjectMapper().convertValue(json, new TypeReference<Map<String, Object>>() {}))
        .containsEntry("@timestamp", "2026-11-30T12:34:56.789Z")
        .containsEntry("log.level", "WARN")
        .containsEntry("log.logger", "io.hostmaintenance.operator.Some")
        .containsEntry("message", "a message")
        .containsEntry("hostmaintenance", "hm")
        .containsEntry("computeHost", "compute-1")
        .containsEntry("instance", "4f1c")
        .containsEntry("reason", "NoValidHost")
        .containsEntry("requestId", "req-1");
  }

  @Test
  void lineForPeopleBeginsWithDateAndTimeOfDay() {
    var time = Instant.parse("2026-11-30T12:34:56.789Z").atZone(ZoneId.systemDefault());

    assertThat(logged(LogFormat.HUMAN, "a message", null))
        .startsWith(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX").format(time))
        .endsWith(" WARN  Some: a message\n");
  }

  @ParameterizedTest
  @EnumSource
  void repeatedFailureIsLoggedOnceByTheProcess(LogFormat format) {
    var out = new ByteArrayOutputStream();
    var before = System.err;
    System.setErr(new PrintStream(out, true, UTF_8));
    try {
      var own = new LoggerContext();
      own.setMDCAdapter(new LogbackMDCAdapter());
      Logging.configure(format, LogLevel.INFO, own);
      own.getLogger("io.hostmaintenance").warn("no answer");
      own.getLogger("io.hostmaintenance").warn("no answer");
    } finally {
      System.setErr(before);
    }

    assertThat(out.toString(UTF_8).lines()).hasSize(1);
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
    assertThat(json.path("log.level").asText()).isEqualTo("WARN");
    assertThat(json.path("error.message").asText()).contains("forged");
  }
}
