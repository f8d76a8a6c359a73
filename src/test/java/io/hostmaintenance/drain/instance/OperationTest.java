package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.in;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When an operation is done, as its instance shows it. */
class OperationTest {

  /** Whoever has moved it on since keeps it busy; it stays resized while it is confirmed. */
  @ParameterizedTest
  @CsvSource(
      value = {
        "active,  null,             true",
        "active,  migrating,        true",
        "stopped, powering-on,      true",
        "resized, null,             false",
        "resized, resize_reverting, false",
      },
      nullValues = "null")
  void confirmationIsDoneOnceItsInstanceIsNotResized(String state, String task, boolean done) {
    var instance = Optional.of(busy(task, in(state, "vm")));

    assertThat(Operation.CONFIRM.done(instance)).isEqualTo(done);
  }

  @ParameterizedTest
  @CsvSource(
      value = {"stopped, null, true", "stopped, powering-on, false", "active, null, false"},
      nullValues = "null")
  void changeOfStateIsDoneOnceItsInstanceIsAtRestInTheState(
      String state, String task, boolean done) {
    var instance = Optional.of(busy(task, in(state, "vm")));

    assertThat(Operation.STOP.done(instance)).isEqualTo(done);
  }
}
