package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.VmState;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * An administrator who reads what a resource says and does what it asks for; where that was of no
 * use he deletes the instance.
 */
final class Administrator {
  private final World world;
  private final Cloud cloud;
  private final Set<String> tried = new HashSet<>();

  Administrator(World world) {
    this.world = world;
    this.cloud = world.cloud();
  }

  /** Does what every resource asks for; whether any asked for something. */
  boolean act() {
    var acted = false;
    for (var resource : world.kubernetes().resources()) {
      acted |= act(resource);
    }
    return acted;
  }

  private boolean act(HostMaintenance resource) {
    if (resource.plans()) {
      return false;
    }
    var name = resource.getMetadata().getName();
    switch (reason(resource)) {
      case "InMaintenance",
          "NothingRuns",
          "InstancesSkipped",
          "HostGone",
          "HostNotFound",
          "Conflict" -> {
        return false;
      }
      case "InstancesBlocked" ->
          resource.getStatus().instances().stream()
              .filter(r -> r.state().equals("Blocked") || r.state().equals("Failed"))
              .filter(r -> Truth.bindsHost(cloud, r.id(), resource.getSpec().host()))
              .forEach(r -> resolve(name, r));
      case "Suspended" -> world.kubernetes().edit(name, s -> Programs.suspend(s, false));
      case "DrainTimeout" -> world.kubernetes().edit(name, Programs::withoutTimeout);
      case "TargetHostInvalid" -> world.kubernetes().edit(name, Programs::withoutTarget);
      default -> {}
    }
    cloud.hosts().forEach(this::repair);
    return true;
  }

  static String reason(HostMaintenance resource) {
    return resource.getStatus().condition(Condition.READY).map(Condition::reason).orElse("");
  }

  /** Every host is up, and enabled unless it is in maintenance. */
  private void repair(Host host) {
    if (host.serviceDeleted()) {
      return;
    }
    world.revive(host.name());
    world.attempt(() -> cloud.forceDown(world.otherAdmin(), host.name(), false));
    if (!host.enabled() && !world.hostsOf().containsValue(host.name())) {
      world.enable(host.name());
    }
  }

  private void resolve(String resource, InstanceStatus row) {
    world.story().record("human", () -> "reads of " + row.name() + ": " + row.message());
    world.mend(row.id(), (c, s) -> c.dropMetadata(s.id()));
    var known = !tried.add(row.id() + row.reason() + cloud.server(row.id()).vmState());
    if (known || !world.mend(row.id(), deed(resource, row))) {
      world.mend(row.id(), (c, s) -> c.perform(world.otherAdmin(), s.id(), Operation.DELETE));
    }
    if (row.state().equals("Failed")) {
      world.kubernetes().annotate(resource, HostMaintenance.RETRY, "" + cloud.now());
    }
  }

  private BiConsumer<Cloud, Server> deed(String resource, InstanceStatus row) {
    return switch (row.reason()) {
      case "UnsupportedState" -> this::repair;
      case "PausedMovedBefore" -> operation(Operation.UNPAUSE);
      case "LocalDisk" -> (c, s) -> world.kubernetes().edit(resource, Programs::withoutDiskLimit);
      case "GuestPoweredOff", "StartedByOwner" -> operation(Operation.STOP);
      case "Locked" -> (c, s) -> c.unlock(world.otherAdmin(), s.id());
      case "UnconfirmedResize" -> (c, s) -> c.confirmResize(world.otherAdmin(), s.id());
      case "AffinityGroup" -> (c, s) -> c.groupOf(s.id()).ifPresent(g -> c.deleteGroup(g.id()));
      default -> row.state().equals("Failed") ? this::repair : (c, s) -> {};
    };
  }

  private void repair(Cloud c, Server server) {
    switch (server.vmState()) {
      case SUSPENDED -> operation(Operation.RESUME).accept(c, server);
      case RESCUED -> operation(Operation.UNRESCUE).accept(c, server);
      case SHELVED -> operation(Operation.SHELVE_OFFLOAD).accept(c, server);
      case SOFT_DELETED -> operation(Operation.RESTORE).accept(c, server);
      case ERROR -> c.resetState(world.otherAdmin(), server.id(), VmState.ACTIVE);
      default -> {}
    }
  }

  private BiConsumer<Cloud, Server> operation(Operation operation) {
    return (c, s) -> c.perform(world.otherAdmin(), s.id(), operation);
  }
}
