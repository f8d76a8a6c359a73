package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.openstack4j.Logs;
import org.junit.jupiter.api.Test;

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
  void returnOfTheCloudIsLoggedOnce() {
    health.down("Keystone refuses the login.");
    try (var logs = new Logs()) {
      health.up();
      health.up();

      assertThat(lines(logs, "Cloud north answers")).isEqualTo(1);
    }
  }
}
