package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A host that is verified empty, as its last observation found it. The watch of a cloud compares
 * all of them with two calls. It takes away and never gives: what is otherwise, or is not shown,
 * has the host observed; nothing that the watch sees makes a host empty.
 *
 * @param host its name
 * @param serviceId the uuid of its service
 * @param disabledReason why the service is disabled; null when Nova does not say
 * @param up whether nova-compute was up; empty when only the stored status is known
 * @param held what is allocated on each of its hypervisors, by resource class and by the
 *     hypervisor's uuid
 */
public record WatchedHost(
    String host,
    String serviceId,
    String disabledReason,
    Optional<Boolean> up,
    Map<String, Map<String, Long>> held) {

  /** What a round of the watch shows of a host. */
  public enum Finding {
    /** It stands as its last observation found it. */
    UNCHANGED,
    /** The answer for all hosts does not show it: it is asked for alone. */
    NOT_SHOWN,
    /** Something is otherwise: it is observed. */
    CHANGED
  }

  /**
   * What two calls show of all hosts of a cloud.
   *
   * @param services every nova-compute service
   * @param used what is allocated on the disabled hosts, by the uuid of the hypervisor; empty when
   *     the cloud has no placement or does not let us ask
   */
  public record Round(
      List<ComputeService> services, Optional<Map<String, Map<String, Long>>> used) {}

  /**
   * Whether the watch may stand for observations of a resource's host: by its status, which is of
   * the spec as it is, the host is verified empty and nothing is under way.
   */
  public static boolean mayStandFor(HostMaintenance resource) {
    var status = resource.getStatus();
    return status != null
        && !resource.isMarkedForDeletion()
        && Objects.equals(status.observedGeneration(), resource.getMetadata().getGeneration())
        && verified(status);
  }

  static boolean verified(HostMaintenanceStatus status) {
    return Report.phase(status) == Phase.InMaintenance
        && status.isTrue(Condition.READY)
        && status.isTrue(Condition.DRAINED)
        && status.service() != null
        && !RowTransitions.anyOutstanding(status.instances());
  }

  /**
   * A verified host by its stored status, after a start. Its hypervisors are not known; nothing is
   * allocated on an empty host.
   */
  public static WatchedHost stored(HostMaintenance resource) {
    var service = resource.getStatus().service();
    return new WatchedHost(
        resource.host(),
        service.id(),
        service.disabledByUs() ? ServiceDecision.marker(resource) : service.previousReason(),
        Optional.empty(),
        Map.of());
  }

  /** The same with nothing allocated on these hypervisors. */
  public WatchedHost on(List<String> hypervisors) {
    return new WatchedHost(
        host,
        serviceId,
        disabledReason,
        up,
        hypervisors.stream().collect(Collectors.toUnmodifiableMap(id -> id, id -> Map.of())));
  }

  /**
   * A verified host as it was observed.
   *
   * @param held what is allocated on each of its hypervisors
   * @return empty when its service was not as a verified host's is, or when an arrival may not show
   */
  public static Optional<WatchedHost> observed(
      HostMaintenance resource, Snapshot snapshot, Map<String, Map<String, Long>> held) {
    return snapshot
        .service(resource.host())
        .filter(ComputeService::disabled)
        .filter(s -> !mayArriveUnseen(s, snapshot))
        .map(
            s ->
                new WatchedHost(
                    resource.host(), s.id(), s.disabledReason(), Optional.of(s.up()), held));
  }

  /**
   * Whether an instance that does not count holds a place here: someone reset its state, but its
   * build, unshelve, move or revert may go on. When it comes, nothing changes in placement. While
   * nova-compute does not run, no instance can come; when it starts, the watch sees that.
   */
  private static boolean mayArriveUnseen(ComputeService service, Snapshot snapshot) {
    return service.up()
        && snapshot.placement() instanceof Placement.Consumers(var consumers)
        && consumers.stream()
            .filter(c -> c.instance().isPresent())
            .anyMatch(c -> c.migration().map(Migration::unfinished).orElse(true));
  }

  /** What a round that began after the last observation shows of the host. */
  public Finding in(Round round) {
    var services = round.services().stream().filter(s -> s.host().equalsIgnoreCase(host)).toList();
    if (services.size() != 1 || !stands(services.getFirst())) {
      return Finding.CHANGED;
    }
    if (round.used().isEmpty() || held.isEmpty()) {
      return Finding.NOT_SHOWN;
    }
    var used = round.used().get();
    if (held.entrySet().stream()
        .anyMatch(
            e -> used.containsKey(e.getKey()) && !used.get(e.getKey()).equals(e.getValue()))) {
      return Finding.CHANGED;
    }
    return used.keySet().containsAll(held.keySet()) ? Finding.UNCHANGED : Finding.NOT_SHOWN;
  }

  private boolean stands(ComputeService service) {
    return service.host().equals(host)
        && service.disabled()
        && Objects.equals(service.id(), serviceId)
        && Objects.equals(service.disabledReason(), disabledReason)
        && up.map(u -> u == service.up()).orElse(true);
  }
}
