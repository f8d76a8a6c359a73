package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.hostmaintenance.nova.openstack4j.Logs;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CloudHealthTest {

  private final CloudHealth health = new CloudHealth("north");

  private static long lines(Logs logs, String part) {
    return logs.text().lines().filter(l -> l.contains(part)).count();
  }

  @Test
  void isNotKnownBeforeTheCloudIsAsked() {
    assertThat(health.isUp()).isEmpty();
  }

  @Test
  void isWhatTheLastAnswerSaid() {
    health.up();
    assertThat(health.isUp()).contains(true);

    health.down("Keystone refuses the login.");
    assertThat(health.isUp()).contains(false);
  }

  @Test
  void outageIsLoggedOnceWithItsCause() {
    try (var logs = new Logs()) {
      health.down("Keystone refuses the login.");
      health.down("Keystone refuses the login.");

      assertThat(lines(logs, "Cloud north")).isEqualTo(1);
      assertThat(logs.text()).contains("Keystone refuses the login.");
    }
  }

  @Test
  void nextOutageIsLoggedAlsoInTheSameWords() {
    var written = new ListAppender<ILoggingEvent>();
    var counter = new RepeatCounter(written);
    written.start();
    counter.start();
    var logger = (Logger) LoggerFactory.getLogger(CloudHealth.class);
    logger.addAppender(counter);
    try {
      health.down("Keystone refuses the login.");
      health.up();
      health.down("Keystone refuses the login.");
    } finally {
      logger.detachAppender(counter);
    }

    assertThat(written.list)
        .filteredOn(e -> e.getLevel() == Level.WARN)
        .extracting(ILoggingEvent::getFormattedMessage)
        .hasSize(2)
        .containsOnly("Cloud north does not answer as it should: Keystone refuses the login.");
  }

  @Test
  void returnOfTheCloudIsLoggedOnce() {
    health.down("Keystone refuses the login.");
    try (var logs = new Logs()) {
      health.up();
      health.up();

      assertThat(lines(logs, "Cloud north answers")).isEqualTo(1);
    }
  }
}
