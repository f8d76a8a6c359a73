package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the decisions about an instance need of its host: the same for each instance of one
 * observation.
 *
 * @param name the nova-compute host
 * @param service its nova-compute; empty when Nova shows none
 * @param destinations the hosts that could take an instance, sorted
 * @param identity the Keystone user that the operator acts as
 * @param date Nova's clock at the observation
 * @param now our clock
 * @param asked when the observation began, by our clock
 * @param answerWait how long an unanswered request may still take effect
 * @param uid the uid of the resource
 * @param spec what the administrator wants
 * @param strategies what may be done with instances; each is set
 * @param services every nova-compute service
 * @param preferred the host that gets the first attempt of each instance; empty where the spec
 *     prefers none
 * @param newest the newest version of Nova's API that the cloud speaks
 */
public record HostView(
    String name,
    Optional<ComputeService> service,
    List<String> destinations,
    Identity identity,
    Instant date,
    Instant now,
    Instant asked,
    Duration answerWait,
    String uid,
    HostMaintenanceSpec spec,
    Strategies strategies,
    List<ComputeService> services,
    Optional<String> preferred,
    Microversion newest) {

  /** Why a host does not get an instance, before anything is moved. */
  private static final Set<Reason> NOT_TAKEN =
      Set.of(
          Reason.NoValidHost,
          Reason.ZonePinned,
          Reason.AntiAffinityGroup,
          Reason.SchedulerHint,
          Reason.NoCapacity,
          Reason.PreCheckFailed);

  /** Whether its nova-compute is up. */
  boolean up() {
    return service.filter(ComputeService::up).isPresent();
  }

  /**
   * Whether the nova-compute of a host is up and was heard of just now: what is asked of one that
   * is dead is carried out when it returns.
   */
  public boolean hears(String host) {
    var all = services.stream().filter(s -> s.host().equals(host)).toList();
    return all.size() == 1
        && all.getFirst().up()
        && all.getFirst().updatedAt() != null
        && Duration.between(all.getFirst().updatedAt(), date).abs().compareTo(Deadlines.HEARD) <= 0;
  }

  /** The other hosts of an availability zone, or of one that is not told, that take instances. */
  Set<String> hostsOf(String zone) {
    return services.stream()
        .filter(s -> s.zone() == null || s.zone().equals(zone))
        .filter(s -> s.enabled() && s.up() && !s.host().equals(name))
        .map(ComputeService::host)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Whether a record changed so recently, by Nova's clock. */
  boolean recently(Migration record, Duration time) {
    var changed = record.updatedAt() == null ? record.createdAt() : record.updatedAt();
    return changed.isAfter(date.minus(time));
  }

  /** Whether the spec allows a row one more attempt. */
  public boolean allowsAttemptAfter(InstanceStatus row) {
    return row.attemptsMade() < spec.maxAttempts();
  }

  /**
   * Whether the first attempt found only that the preferred host does not take the instance: the
   * scheduler gets an attempt of its own.
   *
   * @param row its attempt is still entered in it
   */
  boolean preferredOnlyRefused(InstanceStatus row, Reason reason) {
    return preferred.filter(p -> triesOnly(p, row)).isPresent() && NOT_TAKEN.contains(reason);
  }

  /** Whether the attempt of a row is its first one, which was for the preferred host alone. */
  boolean triesOnly(String preferred, InstanceStatus row) {
    return row.attemptsMade() == 1 && preferred.equals(row.destinationHost());
  }

  /** Whether a row has stood for the same reason for at least this time. */
  boolean stands(InstanceStatus row, Reason reason, Duration time) {
    return row.because(reason) && ago(row.lastTransitionTime()).compareTo(time) >= 0;
  }

  Duration ago(Instant then) {
    return Deadlines.between(then, asked);
  }
}
