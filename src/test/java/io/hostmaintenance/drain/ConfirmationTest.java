package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Some.active;
import static io.hostmaintenance.drain.Some.busy;
import static io.hostmaintenance.drain.Some.cold;
import static io.hostmaintenance.drain.Some.running;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether a confirmation is still to be sent, by what is read right before. */
class ConfirmationTest {

  private static final InstanceStatus ROW = cold(running("vm", 9));
  private static final Migration FINISHED = cold(9, "vm", "finished", NOON);
  private static final Instance RESIZED = Some.in("resized", "vm");

  private static boolean due(Instance instance, Migration... migrations) {
    return Confirmation.due(ROW, Optional.ofNullable(instance), List.of(migrations));
  }

  @Test
  void isDueWhileTheRecordOfTheRowWaits() {
    assertThat(due(RESIZED, FINISHED)).isTrue();
  }

  @Test
  void isNotDueWhenTheRecordHasEnded() {
    assertThat(due(RESIZED, cold(9, "vm", "confirmed", NOON))).isFalse();
  }

  @Test
  void isNotDueWhenAnotherRecordWaitsToo() {
    assertThat(due(RESIZED, cold(10, "vm", "finished", NOON), FINISHED)).isFalse();
  }

  @Test
  void isNotDueWhenOnlyAnotherRecordWaits() {
    assertThat(due(RESIZED, cold(10, "vm", "finished", NOON))).isFalse();
  }

  @Test
  void isNotDueWhileSomethingIsDoneToTheInstance() {
    assertThat(due(busy("resize_reverting", RESIZED), FINISHED)).isFalse();
  }

  @Test
  void isNotDueWhenTheInstanceWaitsNoMore() {
    assertThat(due(active("vm"), FINISHED)).isFalse();
  }

  @Test
  void isNotDueForAnInstanceThatIsGone() {
    assertThat(due(null, FINISHED)).isFalse();
  }
}
