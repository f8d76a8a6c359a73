package io.hostmaintenance.nova.openstack4j;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Everything that our packages and openstack4j log, at TRACE, while it is open. */
final class Logs extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private static final List<String> LOGGERS = List.of("io.hostmaintenance", "org.openstack4j");

  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

  Logs() {
    start();
    for (var name : LOGGERS) {
      logger(name).setLevel(Level.TRACE);
      logger(name).addAppender(this);
    }
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  List<String> at(Level level) {
    return events.stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  List<String> lines() {
    return events.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Override
  public void close() {
    for (var name : LOGGERS) {
      logger(name).detachAppender(this);
      logger(name).setLevel(null);
    }
  }
}
