package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Priority;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** How urgent it is what the operator asks of a cloud for a resource. */
public final class RequestPriority {

  private RequestPriority() {}

  /** The priority of the questions of an observation, by what is stored. */
  public static Priority ofObservation(HostMaintenance resource) {
    if (resource.isMarkedForDeletion()) {
      return Priority.IMMEDIATE;
    }
    return atRest(resource) ? Priority.IDLE : Priority.DRAINING;
  }

  /** Whether nothing of it moves, so that it is observed each idle poll. */
  private static boolean atRest(HostMaintenance resource) {
    var status = resource.getStatus();
    return status != null
        && Stream.of(Phase.Blocked, Phase.InMaintenance, Phase.Failed, Phase.Planned)
            .anyMatch(phase -> phase.name().equals(status.phase()))
        && ObservationNeeds.completeObservation(status);
  }

  /**
   * The priority of the commands of one decision, and of what is read right before each: that of
   * the most urgent one, since they go out together.
   *
   * @param commands at least one
   */
  public static Priority ofCommands(HostMaintenance resource, List<Command> commands) {
    return resource.isMarkedForDeletion()
        ? Priority.IMMEDIATE
        : commands.stream().map(Priority::of).min(Comparator.naturalOrder()).orElseThrow();
  }
}
