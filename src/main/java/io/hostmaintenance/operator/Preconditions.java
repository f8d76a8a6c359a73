package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Observation;
import io.hostmaintenance.drain.instance.Confirmation;
import io.hostmaintenance.drain.instance.WayTracker;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether what a command changes is still as it was decided for. Nova takes no precondition with a
 * request, so it is read again right before.
 */
final class Preconditions {

  private static final Logger LOG = LoggerFactory.getLogger(Preconditions.class);

  private final Clouds clouds;
  private final ResourceStore resources;

  /** Reads again from these. */
  Preconditions(Clouds clouds, ResourceStore resources) {
    this.clouds = clouds;
    this.resources = resources;
  }

  /**
   * Whether a command may go out now; not when its instance cannot be read.
   *
   * @param resource as it was stored with the intent of the command
   * @param observation what the command was decided from
   * @throws NovaException when the services cannot be read
   */
  boolean hold(HostMaintenance resource, Command command, Observation observation) {
    return switch (command) {
      case Command.OnService service ->
          serviceStands(resource, service.serviceId(), observation) && isCurrent(resource);
      case Command.ConfirmResize confirm -> confirmationDue(resource, confirm.instanceId());
      case Command.ChangeState change
          when change.change().fromAnyState() && !stands(resource, change.instanceId()) ->
          false;
      case Command.ServerAction action -> !isTakenOver(resource, action.instanceId());
      case Command.OnMigration _ -> true;
    };
  }

  private boolean serviceStands(
      HostMaintenance resource, String serviceId, Observation observation) {
    return !(observation instanceof Observation.Snapshot snapshot)
        || standing(snapshot.services(), serviceId)
            .equals(standing(nova(resource).computeServices(), serviceId));
  }

  private static List<String> standing(List<ComputeService> services, String id) {
    return services.stream()
        .filter(s -> id.equals(s.id()))
        .map(s -> s.status() + ": " + s.disabledReason())
        .toList();
  }

  /**
   * Whether a resource is neither gone, nor another one, nor deleted since it was read. Where its
   * status has no news it is not written, and no conflict tells.
   */
  private boolean isCurrent(HostMaintenance resource) {
    return resources
        .read(resource.getMetadata().getName())
        .filter(r -> r.getMetadata().getUid().equals(resource.getMetadata().getUid()))
        .filter(r -> r.isMarkedForDeletion() == resource.isMarkedForDeletion())
        .isPresent();
  }

  private boolean confirmationDue(HostMaintenance resource, String instanceId) {
    try {
      var nova = nova(resource);
      return Confirmation.due(
          row(resource, instanceId),
          nova.instance(instanceId),
          nova.migrations(MigrationFilter.ofInstance(instanceId)));
    } catch (NovaException e) {
      LOG.warn("instance {}: not read again to confirm it: {}", instanceId, e.getMessage());
      return false;
    }
  }

  /** Whether an instance is at rest in the state that its row shows. */
  private boolean stands(HostMaintenance resource, String instanceId) {
    try {
      return nova(resource)
          .instance(instanceId)
          .filter(i -> i.idle() && i.status().equals(row(resource, instanceId).status()))
          .isPresent();
    } catch (NovaException e) {
      LOG.warn("instance {}: not read again before it is changed: {}", instanceId, e.getMessage());
      return false;
    }
  }

  private boolean isTakenOver(HostMaintenance resource, String instanceId) {
    var row = row(resource, instanceId);
    if (row.step() == null) {
      return false;
    }
    try {
      var nova = nova(resource);
      return WayTracker.isTakenOver(row, nova.actions(row.id()), nova.identity());
    } catch (NovaException e) {
      LOG.warn("instance {}: its actions were not read again: {}", row.id(), e.getMessage());
      return true;
    }
  }

  private static InstanceStatus row(HostMaintenance resource, String instanceId) {
    return resource.getStatus().instances().stream()
        .filter(r -> r.id().equals(instanceId))
        .findFirst()
        .orElseThrow();
  }

  private Nova nova(HostMaintenance resource) {
    return clouds.of(resource).nova();
  }
}
