package io.hostmaintenance.drain;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.StateChange;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RequestPriorityTest {

  private static final Command MOVE = new Command.LiveMigrate("i", Optional.empty(), true, "r");
  private static final Command ABORT = new Command.AbortMigration("i", 1);

  static Stream<Arguments> commands() {
    return Stream.of(
        Arguments.of(new Command.DisableService("s", "why"), Priority.IMMEDIATE),
        Arguments.of(new Command.EnableService("s"), Priority.IMMEDIATE),
        Arguments.of(ABORT, Priority.IMMEDIATE),
        Arguments.of(new Command.ForceCompleteMigration("i", 1), Priority.IMMEDIATE),
        Arguments.of(new Command.ConfirmResize("i", "r"), Priority.IMMEDIATE),
        Arguments.of(MOVE, Priority.CHANGE),
        Arguments.of(new Command.ColdMigrate("i", Optional.empty(), "r"), Priority.CHANGE),
        Arguments.of(new Command.ChangeState("i", StateChange.PAUSE, "r"), Priority.CHANGE));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void commandHasItsOwnPriority(Command command, Priority priority) {
    assertThat(RequestPriority.ofCommands(new HostMaintenance(), List.of(command)))
        .isEqualTo(priority);
  }

  @Test
  void commandsHaveThatOfTheMostUrgent() {
    assertThat(RequestPriority.ofCommands(new HostMaintenance(), List.of(MOVE, ABORT)))
        .isEqualTo(Priority.IMMEDIATE);
  }

  @Test
  void anyCommandOfADeletedResourceMustNotWait() {
    assertThat(RequestPriority.ofCommands(deleted(), List.of(MOVE))).isEqualTo(Priority.IMMEDIATE);
  }

  @Test
  void questionsForADeletedResourceMustNotWait() {
    assertThat(RequestPriority.ofObservation(deleted())).isEqualTo(Priority.IMMEDIATE);
  }

  @Test
  void questionsForANewResourceAreThoseOfADrain() {
    assertThat(RequestPriority.ofObservation(new HostMaintenance())).isEqualTo(Priority.DRAINING);
  }

  @ParameterizedTest
  @CsvSource({
    "Pending, DRAINING",
    "Draining, DRAINING",
    "Blocked, IDLE",
    "InMaintenance, IDLE",
    "Failed, IDLE",
    "Planned, IDLE"
  })
  void questionsForAHostGoByItsPhase(String phase, Priority priority) {
    assertThat(RequestPriority.ofObservation(inPhase(phase))).isEqualTo(priority);
  }

  private static HostMaintenance deleted() {
    var resource = inPhase("InMaintenance");
    resource.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    return resource;
  }

  private static HostMaintenance inPhase(String phase) {
    var resource = new HostMaintenance();
    resource.setStatus(HostMaintenanceStatus.builder().phase(phase).build());
    return resource;
  }
}
