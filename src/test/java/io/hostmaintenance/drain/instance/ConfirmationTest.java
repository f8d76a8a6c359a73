package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.cold;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether a confirmation is still to be sent, by what is read right before. */
class ConfirmationTest {

  private static final InstanceStatus ROW = cold(running("vm", 9));
  private static final Migration FINISHED = cold(9, "vm", "finished", NOON);
  private static final Instance RESIZED = Fixtures.in("resized", "vm");

  private static boolean due(Instance instance, Migration... migrations) {
    return Confirmation.due(ROW, Optional.ofNullable(instance), List.of(migrations));
  }

  @Test
  void isDueWhileTheMigrationOfTheRowIsFinished() {
    assertThat(due(RESIZED, FINISHED)).isTrue();
  }

  @Test
  void isNotDueWhenTheMigrationIsConfirmed() {
    assertThat(due(RESIZED, cold(9, "vm", "confirmed", NOON))).isFalse();
  }

  @Test
  void isNotDueWhenAnotherMigrationAwaitsConfirmationToo() {
    assertThat(due(RESIZED, cold(10, "vm", "finished", NOON), FINISHED)).isFalse();
  }

  @Test
  void isNotDueWhenOnlyAnotherMigrationAwaitsConfirmation() {
    assertThat(due(RESIZED, cold(10, "vm", "finished", NOON))).isFalse();
  }

  @Test
  void isNotDueWhileTheInstanceHasATask() {
    assertThat(due(busy("resize_reverting", RESIZED), FINISHED)).isFalse();
  }

  @Test
  void isNotDueWhenTheInstanceIsNoLongerResized() {
    assertThat(due(active("vm"), FINISHED)).isFalse();
  }

  @Test
  void isNotDueForADeletedInstance() {
    assertThat(due(null, FINISHED)).isFalse();
  }
}
