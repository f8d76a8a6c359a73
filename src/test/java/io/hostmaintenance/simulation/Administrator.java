package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.TaskState;
import io.hostmaintenance.fakecloud.VmState;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * An administrator who reads what a resource says and does what it asks for; where that was of no
 * use he deletes the instance.
 */
final class Administrator {
  private static final Set<TaskState> DELETING =
      EnumSet.of(TaskState.DELETING, TaskState.SOFT_DELETING);

  private final World world;
  private final Set<String> tried = new HashSet<>();

  Administrator(World world) {
    this.world = world;
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
    var site = world.site(resource.getSpec());
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
              .filter(r -> Truth.bindsHost(site.cloud(), r.id(), resource.getSpec().host()))
              .forEach(r -> resolve(site, name, r));
      case "Suspended" -> world.kubernetes().edit(name, s -> Programs.suspend(s, false));
      case "DrainTimeout" -> world.kubernetes().edit(name, Programs::withoutTimeout);
      case "TargetHostInvalid" -> world.kubernetes().edit(name, Programs::withoutTarget);
      default -> {}
    }
    site.cloud().hosts().forEach(h -> repair(site, h));
    return true;
  }

  static String reason(HostMaintenance resource) {
    return Optional.ofNullable(resource.getStatus())
        .flatMap(s -> s.condition(Condition.READY))
        .map(Condition::reason)
        .orElse("");
  }

  /** Every host is up, and enabled unless it is in maintenance. */
  private static void repair(Site site, Host host) {
    if (host.serviceDeleted()) {
      return;
    }
    site.revive(host.name());
    site.attempt(() -> site.cloud().forceDown(site.otherAdmin(), host.name(), false));
    if (!host.enabled() && !site.hostsOf().containsValue(host.name())) {
      site.enable(host.name());
    }
  }

  private void resolve(Site site, String resource, InstanceStatus row) {
    world.story().record("human", () -> "reads of " + row.name() + ": " + row.message());
    site.mend(row.id(), (c, s) -> c.dropMetadata(s.id()));
    var known = !tried.add(row.id() + row.reason() + site.cloud().server(row.id()).vmState());
    if (known || !site.mend(row.id(), deed(site, resource, row))) {
      site.mend(row.id(), (c, s) -> delete(site, s));
    }
    if (row.state().equals("Failed")) {
      world.kubernetes().annotate(resource, HostMaintenance.RETRY, "" + world.now());
    }
  }

  private BiConsumer<Cloud, Server> deed(Site site, String resource, InstanceStatus row) {
    return switch (row.reason()) {
      case "UnsupportedState" -> (c, s) -> repair(site, s);
      case "PausedMovedBefore" -> operation(site, Operation.UNPAUSE);
      case "LocalDisk" -> (c, s) -> world.kubernetes().edit(resource, Programs::withoutDiskLimit);
      case "GuestPoweredOff", "StartedByOwner" -> operation(site, Operation.STOP);
      case "Locked" -> (c, s) -> c.unlock(site.otherAdmin(), s.id());
      case "UnconfirmedResize" -> (c, s) -> c.confirmResize(site.otherAdmin(), s.id());
      case "AffinityGroup" -> (c, s) -> c.groupOf(s.id()).ifPresent(g -> c.deleteGroup(g.id()));
      default -> row.state().equals("Failed") ? (c, s) -> repair(site, s) : (c, s) -> {};
    };
  }

  private static void repair(Site site, Server server) {
    var c = site.cloud();
    switch (server.vmState()) {
      case SUSPENDED -> operation(site, Operation.RESUME).accept(c, server);
      case RESCUED -> operation(site, Operation.UNRESCUE).accept(c, server);
      case SHELVED -> operation(site, Operation.SHELVE_OFFLOAD).accept(c, server);
      case SOFT_DELETED -> operation(site, Operation.RESTORE).accept(c, server);
      case ERROR -> c.resetState(site.otherAdmin(), server.id(), VmState.ACTIVE);
      default -> {}
    }
  }

  /** Nova takes no second delete while a task says that one runs, also where none does. */
  private static void delete(Site site, Server server) {
    if (DELETING.contains(server.taskState())) {
      site.cloud().resetState(site.otherAdmin(), server.id(), VmState.ACTIVE);
    }
    site.cloud().perform(site.otherAdmin(), server.id(), Operation.DELETE);
  }

  private static BiConsumer<Cloud, Server> operation(Site site, Operation operation) {
    return (c, s) -> c.perform(site.otherAdmin(), s.id(), operation);
  }
}
