package io.hostmaintenance.nova.openstack4j;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Everything that anybody logs while it is open, at every level: through SLF4J, and through the
 * JDK's own logging, by which its HTTP client, TLS and web server log.
 */
public final class Logs extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final List<String> ofJdk = new CopyOnWriteArrayList<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level usual = root.getLevel();
  private final List<Appender<ILoggingEvent>> others = new ArrayList<>();
  private final java.util.logging.Logger jdk = java.util.logging.Logger.getLogger("");
  private final java.util.logging.Level usualOfJdk = jdk.getLevel();
  private final Handler handler = new JdkHandler();

  /** Hears from now on. */
  public Logs() {
    start();
    root.iteratorForAppenders().forEachRemaining(others::add);
    others.forEach(root::detachAppender);
    root.setLevel(Level.TRACE);
    root.addAppender(this);
    jdk.setLevel(java.util.logging.Level.ALL);
    handler.setLevel(java.util.logging.Level.ALL);
    jdk.addHandler(handler);
  }

  private final class JdkHandler extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord entry) {
      ofJdk.add(formatter.format(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    events.add(event);
  }

  /** The messages of a level, in their order. */
  public List<String> at(Level level) {
    return events.stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  /** The fields of each line whose message contains this. */
  public List<Map<String, String>> fields(String part) {
    return events.stream()
        .filter(event -> event.getFormattedMessage().contains(part))
        .map(ILoggingEvent::getMDCPropertyMap)
        .toList();
  }

  /** The messages of the operator's own loggers from INFO on. */
  public List<String> ofTheOperator() {
    return events.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
        .filter(event -> event.getLoggerName().startsWith("io.hostmaintenance."))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  List<String> lines() {
    return events.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** All that was logged, with the fields, the exceptions and their stack traces. */
  public String text() {
    return Stream.concat(events.stream().map(Logs::whole), ofJdk.stream())
        .collect(Collectors.joining("\n"));
  }

  private static String whole(ILoggingEvent event) {
    var proxy = event.getThrowableProxy();
    return event.getLoggerName()
        + " "
        + event.getFormattedMessage()
        + " "
        + event.getMDCPropertyMap()
        + (proxy == null ? "" : "\n" + ThrowableProxyUtil.asString(proxy));
  }

  @Override
  public void close() {
    root.detachAppender(this);
    others.forEach(root::addAppender);
    root.setLevel(usual);
    jdk.removeHandler(handler);
    jdk.setLevel(usualOfJdk);
  }
}
