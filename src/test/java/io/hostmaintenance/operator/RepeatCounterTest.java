package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepeatCounterTest {

  private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

  private final LoggerContext context = new LoggerContext();
  private final ListAppender<ILoggingEvent> written = new ListAppender<>();
  private final RepeatCounter counter = new RepeatCounter(written);
  private Instant now = NOON;

  @BeforeEach
  void start() {
    written.start();
    counter.start();
  }

  private LoggingEvent event(Level level, String message, Throwable exception) {
    return event(level, message, exception, Map.of("computeHost", "compute-1"));
  }

  private LoggingEvent event(
      Level level, String message, Throwable exception, Map<String, String> fields) {
    var event = new LoggingEvent("", context.getLogger("Some"), level, message, exception, null);
    event.setMDCPropertyMap(fields);
    event.setInstant(now);
    return event;
  }

  private void log(Level level, String message) {
    counter.doAppend(event(level, message, null));
  }

  private List<String> messages() {
    return written.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @ParameterizedTest
  @CsvSource({"WARN", "ERROR"})
  void sameFailureIsLoggedOnceInTenMinutes(String level) {
    for (var i = 0; i < 120; i++) {
      log(Level.valueOf(level), "Nova does not answer");
      now = now.plusSeconds(5);
    }

    assertThat(messages()).containsExactly("Nova does not answer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hostmaintenance", "instance"})
  void sameFailureOfAnotherResourceOrInstanceIsLogged(String field) {
    for (var of : List.of("a", "b", "a")) {
      counter.doAppend(event(Level.WARN, "Nova does not answer", null, Map.of(field, of)));
    }

    assertThat(written.list)
        .extracting(e -> e.getMDCPropertyMap().get(field))
        .containsExactly("a", "b");
  }

  @Test
  void changeIsLoggedEachTimeInTheSameWords() {
    for (var i = 0; i < 2; i++) {
      var event = event(Level.WARN, "Cloud north does not answer", null);
      event.addMarker(RepeatCounter.CHANGE);
      counter.doAppend(event);
    }

    assertThat(messages())
        .containsExactly("Cloud north does not answer", "Cloud north does not answer");
  }

  @Test
  void sameFailureByAnotherExceptionIsLogged() {
    counter.doAppend(event(Level.ERROR, "failed", new IllegalStateException("a")));
    counter.doAppend(event(Level.ERROR, "failed", new IllegalStateException("b")));

    assertThat(messages()).containsExactly("failed", "failed");
  }

  @Test
  void nextLineAfterTenMinutesSaysHowOftenItCameInBetween() {
    for (var i = 0; i <= 120; i++) {
      log(Level.WARN, "Nova does not answer");
      now = now.plusSeconds(5);
    }

    assertThat(messages())
        .containsExactly(
            "Nova does not answer",
            "Nova does not answer (not logged 119 more times since 2026-11-30T12:00:00Z)");
  }

  @Test
  void failureThatCameOnceInTenMinutesIsLoggedWithoutACount() {
    log(Level.WARN, "Nova does not answer");
    now = now.plus(RepeatCounter.WINDOW);
    log(Level.WARN, "Nova does not answer");

    assertThat(messages()).containsExactly("Nova does not answer", "Nova does not answer");
  }

  @Test
  void countedLineKeepsFieldsAndException() {
    var exception = new IllegalStateException("bad");
    log(Level.WARN, "no");
    log(Level.WARN, "no");
    now = now.plus(Duration.ofMinutes(11));
    counter.doAppend(event(Level.WARN, "no", exception));

    var last = written.list.getLast();
    assertThat(last.getMDCPropertyMap()).containsEntry("computeHost", "compute-1");
    assertThat(last.getThrowableProxy().getMessage()).isEqualTo("bad");
    assertThat(last.getInstant()).isEqualTo(now);
  }

  @ParameterizedTest
  @CsvSource({
    "host a: no answer, host b: no answer",
    "instance 1: no answer, instance 2: no answer",
    "HTTP 500, HTTP 503"
  })
  void differentFailuresAreBothLogged(String one, String other) {
    log(Level.WARN, one);
    log(Level.WARN, other);

    assertThat(messages()).containsExactly(one, other);
  }

  @ParameterizedTest
  @CsvSource({
    "no (req-0b1c8a35-90a1-4f05-a7d1-3a54f3b5d1a9), no (req-7b1c8a35-90a1-4f05-a7d1-3a54f3b5d1a9)",
    "took 31 s, took 32 s",
    "took 1.5 min, took 2 min",
    "took 900ms, took 901ms"
  })
  void failuresThatDifferInRequestOrTimeAreTheSame(String one, String other) {
    log(Level.WARN, one);
    log(Level.WARN, other);

    assertThat(messages()).containsExactly(one);
  }

  @Test
  void warningAndErrorOfTheSameWordsAreBothLogged() {
    log(Level.WARN, "no");
    log(Level.ERROR, "no");

    assertThat(messages()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"INFO", "DEBUG"})
  void informationIsLoggedEachTime(String level) {
    log(Level.valueOf(level), "a step");
    log(Level.valueOf(level), "a step");

    assertThat(messages()).hasSize(2);
  }

  @Test
  void onlyAThousandLinesAreRemembered() {
    for (var i = 0; i <= RepeatCounter.REMEMBERED; i++) {
      log(Level.WARN, "host " + i);
    }
    written.list.clear();
    log(Level.WARN, "host 1");
    log(Level.WARN, "host 0");

    assertThat(messages()).containsExactly("host 0");
  }
}
