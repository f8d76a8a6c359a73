package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What messages name. */
class InstanceMessagesTest {

  @ParameterizedTest
  @CsvSource({
    "a b,     'a, b'",
    "a b c,   'a, b, c'",
    "a b c d, 'a, b, c, ...'",
  })
  void atMostThreeHostsWithAMemberOfTheGroupAreNamed(String hosts, String named) {
    var group = new Group("id", "web", "anti-affinity", Set.of());

    var cause =
        InstanceMessages.noHostWithoutMember(group, List.of(hosts.split(" ")), "No valid host.");

    assertThat(cause.message()).contains("group web (id): " + named + ". Enable");
  }

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
