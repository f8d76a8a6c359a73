package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.action;
import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.US;
import static io.hostmaintenance.drain.Given.requestId;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.InstanceAction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why a move failed, from the events of its action. */
class MoveFailureTest {

  private static final String PRE_CHECK = "Migration pre-check error: Unacceptable CPU info";

  private static InstanceAction withEvents(String... details) {
    var move = action(InstanceAction.LIVE_MIGRATION, requestId("vm"), NOON, US);
    return new InstanceAction(
        move.requestId(),
        move.action(),
        move.userId(),
        move.projectId(),
        move.startTime(),
        "Error",
        Arrays.stream(details)
            .map(d -> new InstanceAction.Event("compute_live_migrate", null, "Error", d))
            .toList());
  }

  @ParameterizedTest
  @CsvSource({
    "No valid host was found., Migration pre-check error: Unacceptable CPU info, 2",
    "Timeout while waiting.,   Migration pre-check error: Unacceptable CPU info, 2",
    "No valid host was found., Timeout while waiting., 2",
    "Timeout while waiting.,   No valid host was found., 1",
    "Timeout while waiting.,   The disk is full., 1",
  })
  void eventThatSaysMostIsTheReason(String first, String second, int most) {
    var view =
        Views.asked(
            Duration.ofSeconds(5),
            active("vm"),
            List.of(),
            List.of(),
            Optional.of(withEvents(first, second)));

    assertThat(MoveFailure.of(moving("vm"), view).message()).startsWith(most == 1 ? first : second);
  }

  /** Libvirt's driver has words of its own; the name of the event says that it was a check. */
  @ParameterizedTest
  @CsvSource({
    "compute_check_can_live_migrate_source,      PreCheckFailed",
    "compute_check_can_live_migrate_destination, PreCheckFailed",
    "compute_pre_live_migration,                 FailedDuringTransfer",
  })
  void failedCheckIsToldFromAFailedTransferByTheNameOfItsEvent(String event, Reason reason) {
    var said = "compute-7 is not on shared storage.";
    var move = withEvents("No valid host was found.");
    var events = new ArrayList<>(move.events());
    events.addFirst(new InstanceAction.Event(event, null, "Error", said));
    var view =
        Views.asked(
            Duration.ofSeconds(5),
            active("vm"),
            List.of(),
            List.of(),
            Optional.of(
                new InstanceAction(
                    move.requestId(),
                    move.action(),
                    move.userId(),
                    move.projectId(),
                    move.startTime(),
                    "Error",
                    events)));

    var why = MoveFailure.of(moving("vm"), view);

    assertThat(why.reason()).isEqualTo(reason);
    assertThat(why.message()).startsWith(said);
  }

  @Test
  void schedulerFoundNoHostWhenAnyEventSaysSo() {
    assertThat(MoveFailure.noValidHost(withEvents(PRE_CHECK, "No valid host was found."))).isTrue();
  }

  @Test
  void schedulerFoundAHostWhenNoEventSaysOtherwise() {
    assertThat(MoveFailure.noValidHost(withEvents(PRE_CHECK))).isFalse();
  }
}
