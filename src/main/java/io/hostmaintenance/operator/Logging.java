package io.hostmaintenance.operator;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import io.fabric8.kubernetes.client.http.HttpLoggingInterceptor;
import io.javaoperatorsdk.operator.api.config.Utils;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the process logs: to standard error, for people or for machines. */
final class Logging {

  private Logging() {}

  /** From now on the process logs so. */
  static void configure(Config.LogFormat format, Config.LogLevel level) {
    // Its fields repeat ours, for the lines of one resource (JOSDK, MDCUtils).
    System.setProperty(Utils.USE_MDC_ENV_KEY, "false");
    configure(format, level, (LoggerContext) LoggerFactory.getILoggerFactory());
  }

  static void configure(Config.LogFormat format, Config.LogLevel level, LoggerContext context) {
    context.reset();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder(format, context));
    appender.start();
    var once = new RepeatCounter(appender);
    once.setContext(context);
    once.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(once);
    setLevel(level, context);
    // Says of every type once that v1alpha1 is unstable.
    context
        .getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
        .setLevel(Level.ERROR);
    silence(context);
  }

  /** From now on the operator logs so much of its own work. */
  static void setLevel(Config.LogLevel level) {
    setLevel(level, (LoggerContext) LoggerFactory.getILoggerFactory());
  }

  private static void setLevel(Config.LogLevel level, LoggerContext context) {
    context.getLogger("io.hostmaintenance").setLevel(Level.valueOf(level.name()));
  }

  /** Turns off what prints every request with its headers, tokens included. */
  static void silence(LoggerContext context) {
    context.getLogger(HttpLoggingInterceptor.class).setLevel(Level.OFF);
  }

  static Encoder<ILoggingEvent> encoder(Config.LogFormat format, LoggerContext context) {
    return switch (format) {
      case HUMAN -> forPeople(context);
      case JSON -> json(context);
    };
  }

  private static Encoder<ILoggingEvent> forPeople(LoggerContext context) {
    var layout = LogLine.layout();
    layout.setContext(context);
    layout.setPattern(
        "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level %logger{0}: %line%n%trace{short}");
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    var encoder = new LogLine.Json();
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }
}
