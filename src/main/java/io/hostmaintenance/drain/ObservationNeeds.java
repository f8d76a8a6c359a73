package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Sight.Look;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What the next look at a host must ask for, by what is stored and what was seen. */
public final class ObservationNeeds {

  private ObservationNeeds() {}

  /**
   * Whether the next look must be complete: always, but while requests of ours are outstanding,
   * when it could not find the host empty anyway.
   *
   * @param status the stored status; may be null
   */
  public static boolean completeLook(HostMaintenanceStatus status) {
    return status == null || !Rows.anyOutstanding(status.instances());
  }

  /**
   * Since when changes to migrations matter to a look that is not complete: a little before the
   * oldest outstanding request, by Nova's clock; empty when the look must be complete.
   *
   * @param status the stored status; may be null
   */
  public static Optional<Instant> changesSince(HostMaintenanceStatus status) {
    if (completeLook(status)) {
      return Optional.empty();
    }
    return status.instances().stream()
        .filter(InstanceStatus::outstanding)
        .map(r -> r.lookedAt() == null ? r.requestedAt() : r.lookedAt())
        .min(Instant::compareTo)
        .map(t -> t.minus(Duration.ofMinutes(5)));
  }

  /** Whether a host may be looked at through its hypervisors alone: it was seen empty last. */
  public static boolean emptyBefore(HostMaintenance resource) {
    return !resource.isMarkedForDeletion()
        && resource.getStatus() != null
        && resource.getStatus().emptySince() != null
        && completeLook(resource.getStatus());
  }

  /**
   * Whether the hypervisors of the host are to be asked: when no list speaks against an empty host.
   * On the way out it does not matter.
   */
  public static boolean residents(HostMaintenance resource, Look look) {
    return !resource.isMarkedForDeletion()
        && new Emptiness(resource.getSpec().host(), look).occupiedByLists().isEmpty();
  }

  /**
   * Whether placement is to be asked: when nothing else of a look speaks against an empty host, its
   * hypervisors neither. On the way out those are not asked, and so it is not.
   */
  public static boolean placement(HostMaintenance resource, Look look) {
    return new Emptiness(resource.getSpec().host(), look).occupiedByNova().isEmpty();
  }
}
