package io.hostmaintenance.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.pattern.RootCauseFirstThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import co.elastic.logging.logback.EcsEncoder;
import io.hostmaintenance.nova.UntrustedText;
import java.util.stream.Collectors;

/** What is logged: one line a message, and no character that commands a terminal. */
final class LogLine {

  private static final int BYTES = 16 * 1024;

  private LogLine() {}

  /** A layout in which {@code %line} is the message and {@code %trace} its exception. */
  static PatternLayout layout() {
    var layout = new PatternLayout();
    layout.getInstanceConverterMap().put("line", Message::new);
    layout.getInstanceConverterMap().put("trace", Trace::new);
    return layout;
  }

  /** The message in one line. */
  static final class Message extends MessageConverter {
    @Override
    public String convert(ILoggingEvent event) {
      return UntrustedText.line(super.convert(event), BYTES);
    }
  }

  /** The first line of the exception and of each of its causes, the root first. */
  static final class Trace extends RootCauseFirstThrowableProxyConverter {
    @Override
    public String convert(ILoggingEvent event) {
      return super.convert(event)
          .lines()
          .map(line -> "  " + UntrustedText.line(line.strip(), BYTES) + "\n")
          .collect(Collectors.joining());
    }
  }

  /** An event as JSON in one line, by the Elastic Common Schema (ecs-logging.github.io). */
  static final class Json extends EcsEncoder {
    @Override
    public byte[] encode(ILoggingEvent event) {
      var line = new String(super.encode(event), UTF_8).stripTrailing();
      return (UntrustedText.line(line, Integer.MAX_VALUE) + "\n").getBytes(UTF_8);
    }
  }
}
