package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.Command;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MigrationCheckTest {

  private static final Duration YOUNG = Duration.ofSeconds(10);

  /** A host with a live migration under way, and the decision that asked for it. */
  private static Given moving() {
    var given = Given.taken().instances(active("vm"));
    given.accepted(given.decide());
    given.after(5);
    return given;
  }

  private static boolean mayDo(Given given, Duration age) {
    return MigrationCheck.mayDo(given.resource(), given.snapshot(), age);
  }

  @Test
  void doesForAPlainMove() {
    assertThat(mayDo(moving(), YOUNG)).isTrue();
  }

  @Test
  void doesNotForHalfAMinute() {
    assertThat(mayDo(moving(), Duration.ofSeconds(30))).isFalse();
  }

  @Test
  void doesNotForAResourceThatIsBeingDeleted() {
    assertThat(mayDo(moving().deleted(), YOUNG)).isFalse();
  }

  @Test
  void doesNotWhileGroupsOfWhatWaitsAreNotKnown() {
    var given = Given.taken().concurrency(1, 1).instances(active("vm"), active("other"));
    given.accepted(given.decide());

    assertThat(mayDo(given.after(5).groupsNotKnown("vm").groupsNotKnown("other"), YOUNG)).isFalse();
  }

  @Test
  void findsThatAMoveGoesOn() {
    var given = moving();
    var before = given.status();

    assertThat(MigrationCheck.goesOn(before, Drain.decide(given.input(), given.snapshot())))
        .isTrue();
  }

  @Test
  void decisionWithACommandIsNotOne() {
    var given = Given.taken().instances(active("vm"));
    var before = given.status();
    var decision = Drain.decide(given.input(), given.snapshot());

    assertThat(decision.commands()).hasOnlyElementsOfType(Command.LiveMigrate.class).isNotEmpty();
    assertThat(MigrationCheck.goesOn(before, decision)).isFalse();
  }

  @Test
  void decisionThatEndsAMoveIsNotOne() {
    var given = moving().gone("vm");
    var before = given.status();

    assertThat(MigrationCheck.goesOn(before, Drain.decide(given.input(), given.snapshot())))
        .isFalse();
  }

  @Test
  void decisionThatAddsARowIsNotOne() {
    var given = moving().instances(active("vm"), active("new"));
    var before = given.status();

    assertThat(MigrationCheck.goesOn(before, Drain.decide(given.input(), given.snapshot())))
        .isFalse();
  }
}
