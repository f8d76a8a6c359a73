package io.hostmaintenance.operator;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Passes a warning or an error on once in ten minutes. The next one after that says how often it
 * came in between. Lines of information and of a {@link #CHANGE} are never the same twice, and all
 * pass.
 *
 * <p>Two lines are the same when logger, level, resource, instance, exception and message agree,
 * whatever request they name and however long something took.
 */
final class RepeatCounter extends AppenderBase<ILoggingEvent> {

  /** Of a line that tells a change: it is no repetition, whatever the words. */
  static final Marker CHANGE = MarkerFactory.getMarker("change");

  static final Duration WINDOW = Duration.ofMinutes(10);

  /** Lines kept at most; beyond, the oldest may be told again early. */
  static final int REMEMBERED = 1000;

  private static final Pattern CHANGING =
      Pattern.compile("req-[0-9a-f-]+|\\b\\d+(\\.\\d+)? ?(ms|s|min|h)\\b");

  private final Appender<ILoggingEvent> next;

  /** By what it says, the oldest first. */
  private final Map<String, Told> told =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Told(Instant since, int repeats) {}

  /** Takes where the lines go. */
  RepeatCounter(Appender<ILoggingEvent> next) {
    this.next = next;
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (!event.getLevel().isGreaterOrEqual(Level.WARN) || isChange(event)) {
      next.doAppend(event);
      return;
    }
    var key = key(event);
    var last = told.get(key);
    var now = event.getInstant();
    if (last != null && now.isBefore(last.since().plus(WINDOW))) {
      told.replace(key, new Told(last.since(), last.repeats() + 1));
      return;
    }
    told.remove(key);
    told.put(key, new Told(now, 0));
    next.doAppend(last == null || last.repeats() == 0 ? event : counted(event, last));
  }

  private static boolean isChange(ILoggingEvent event) {
    return event.getMarkerList() != null && event.getMarkerList().contains(CHANGE);
  }

  private static String key(ILoggingEvent event) {
    var said = CHANGING.matcher(event.getFormattedMessage()).replaceAll("_");
    var fields = event.getMDCPropertyMap();
    var cause = event.getThrowableProxy();
    return Stream.of(
            event.getLoggerName(),
            event.getLevel().levelStr,
            fields.get(LogFields.HOST_MAINTENANCE),
            fields.get(LogFields.INSTANCE),
            cause == null ? null : cause.getClassName() + ": " + cause.getMessage(),
            said)
        .filter(Objects::nonNull)
        .collect(Collectors.joining(" "));
  }

  private static ILoggingEvent counted(ILoggingEvent event, Told last) {
    var counted = new LoggingEvent();
    counted.setInstant(event.getInstant());
    counted.setLevel(event.getLevel());
    counted.setLoggerName(event.getLoggerName());
    counted.setThreadName(event.getThreadName());
    counted.setMDCPropertyMap(event.getMDCPropertyMap());
    counted.setMessage(
        "%s (not logged %s more times since %s)"
            .formatted(event.getFormattedMessage(), last.repeats(), last.since()));
    if (event.getThrowableProxy() instanceof ch.qos.logback.classic.spi.ThrowableProxy exception) {
      counted.setThrowableProxy(exception);
    }
    return counted;
  }
}
