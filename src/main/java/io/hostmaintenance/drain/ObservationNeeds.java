package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.nova.Instance;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What the next observation of a host must ask for, by what is stored and what was seen. */
public final class ObservationNeeds {

  private ObservationNeeds() {}

  /**
   * Whether the next observation must be complete: always, but while requests of ours are
   * outstanding, when it could not find the host empty anyway.
   *
   * @param status the stored status; may be null
   */
  public static boolean completeObservation(HostMaintenanceStatus status) {
    return status == null || !RowTransitions.anyOutstanding(status.instances());
  }

  /**
   * Since when changes to migrations matter to an observation that is not complete: a little before
   * the oldest outstanding request, by Nova's clock; empty when the observation must be complete.
   *
   * @param status the stored status; may be null
   */
  public static Optional<Instant> changesSince(HostMaintenanceStatus status) {
    if (completeObservation(status)) {
      return Optional.empty();
    }
    return status.instances().stream()
        .filter(InstanceStatus::outstanding)
        .map(r -> r.observedTime() == null ? r.requestTime() : r.observedTime())
        .min(Instant::compareTo)
        .map(t -> t.minus(Deadlines.CHANGES_BEFORE));
  }

  /** Whether a host may be observed through its hypervisors alone: it was seen empty last. */
  public static boolean emptyBefore(HostMaintenance resource) {
    return !resource.isMarkedForDeletion()
        && resource.getStatus() != null
        && resource.getStatus().firstEmptyTime() != null
        && staying(resource.getStatus()).isEmpty()
        && completeObservation(resource.getStatus());
  }

  /** The instances that the spec leaves on their host, by what is stored. */
  public static Set<String> staying(HostMaintenanceStatus status) {
    return status == null ? Set.of() : staying(status.instances());
  }

  static Set<String> staying(List<InstanceStatus> rows) {
    return rows.stream()
        .filter(r -> r.is(RowState.Skipped))
        .map(InstanceStatus::id)
        .collect(Collectors.toSet());
  }

  /** Whether a list of the host's instances shows none but those that the spec leaves there. */
  public static boolean noneToMove(HostMaintenance resource, List<Instance> instances) {
    var staying = staying(resource.getStatus());
    return instances.stream().map(Instance::id).allMatch(staying::contains);
  }

  /** Whether to ask the hypervisors: no list speaks against an empty host; not on the way out. */
  public static boolean residents(HostMaintenance resource, Snapshot snapshot) {
    return !resource.isMarkedForDeletion()
        && new EmptyCheck(resource.host(), snapshot, staying(resource.getStatus()))
            .occupiedByLists()
            .isEmpty();
  }

  /** Whether to ask placement: neither lists nor hypervisors speak against an empty host. */
  public static boolean placement(HostMaintenance resource, Snapshot snapshot) {
    return new EmptyCheck(resource.host(), snapshot, staying(resource.getStatus()))
        .occupiedByNova()
        .isEmpty();
  }
}
