package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What messages name. */
class InstanceMessagesTest {

  @Test
  void statusOfTheMigrationRecordIsQuoted() {
    assertThat(InstanceMessages.settling(Optional.of(live(9, "vm", "running", NOON))).message())
        .contains("(migration running)");
  }

  @Test
  void absenceOfAMigrationRecordIsNamed() {
    assertThat(InstanceMessages.settling(Optional.empty()).message())
        .contains("(migration without a record)");
  }
}
