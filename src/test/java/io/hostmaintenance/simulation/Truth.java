package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.TaskState;
import io.hostmaintenance.fakecloud.VmState;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** What is really so in the cloud, whatever anybody was told. */
final class Truth {

  private Truth() {}

  /** What makes the host not empty; empty when it is. */
  static Optional<String> occupant(Cloud cloud, String host) {
    return onHost(cloud, host).or(() -> moving(cloud, host)).or(() -> arriving(cloud, host));
  }

  /** What keeps a resource from being done with its host; empty when nothing does. */
  static Optional<String> toMove(Cloud cloud, HostMaintenanceSpec spec) {
    return onHost(cloud, spec.host(), s -> stays(spec, s)).or(() -> toMove(cloud, spec, Set.of()));
  }

  /** What is bound for the host or about to leave it, but for instances that stay. */
  static Optional<String> toMove(Cloud cloud, HostMaintenanceSpec spec, Set<String> staying) {
    return Optional.<String>empty()
        .or(() -> moving(cloud, spec))
        .or(() -> arriving(cloud, spec.host(), s -> staying.contains(s.id()) || stays(spec, s)));
  }

  /** The first migration that is not left unconfirmed because the resource says so. */
  static Optional<String> moving(Cloud cloud, HostMaintenanceSpec spec) {
    return moving(cloud, spec, Set.of());
  }

  private static Optional<String> moving(
      Cloud cloud, HostMaintenanceSpec spec, Set<String> staying) {
    return migrations(cloud, spec.host()).stream()
        .filter(m -> !isLeft(m, spec))
        .filter(m -> !(m.confirmable() && staying.contains(m.server().id())))
        .findFirst()
        .map(Truth::told);
  }

  static boolean isLeft(Migration m, HostMaintenanceSpec spec) {
    return m.status() == MigrationStatus.FINISHED && stays(spec, m.server());
  }

  /** Whether a resource leaves an instance on its host, as it stands now. */
  static boolean stays(HostMaintenanceSpec spec, Server server) {
    if (server.taskState() != null) {
      return false;
    }
    var off =
        switch (server.vmState()) {
          case STOPPED, SUSPENDED, SHELVED, SOFT_DELETED -> true;
          case ERROR -> server.powerState() == PowerState.SHUTDOWN;
          default -> false;
        };
    var strategies = spec.strategies().over(Strategies.DEFAULT);
    var strategy =
        switch (server.vmState()) {
          case ACTIVE -> strategies.active();
          case PAUSED -> strategies.paused();
          case STOPPED -> strategies.stopped();
          case SUSPENDED -> strategies.suspended();
          case RESCUED -> strategies.rescued();
          case SHELVED -> strategies.shelved();
          case SOFT_DELETED -> strategies.softDeleted();
          case ERROR -> strategies.error();
          case RESIZED -> strategies.unconfirmedResize();
          default -> "";
        };
    var respected = spec.instanceMetadata().equals("Respect");
    return off && spec.scope().equals("Running")
        || spec.excludedInstances().contains(server.id())
        || strategy.equals("Skip")
        || server.locked() && strategies.locked().equals("Skip")
        || respected && "Skip".equals(server.metadata().get("host_maintenance"));
  }

  /** An instance on the host. */
  static Optional<String> onHost(Cloud cloud, String host) {
    return onHost(cloud, host, s -> false);
  }

  /** An instance on the host that does not stay there. */
  static Optional<String> onHost(Cloud cloud, String host, Predicate<Server> stays) {
    return cloud.servers().stream()
        .filter(s -> !s.deleted() && host.equals(s.host()) && !stays.test(s))
        .findFirst()
        .map(s -> s.name() + " is on " + host);
  }

  /** Migrations from or to the host that are under way, or that wait to be confirmed. */
  static List<Migration> migrations(Cloud cloud, String host) {
    return cloud.migrations().stream()
        .filter(m -> host.equals(m.sourceCompute()) || host.equals(m.destCompute()))
        .filter(m -> underWay(m, host))
        .toList();
  }

  /** The first of these migrations. */
  static Optional<String> moving(Cloud cloud, String host) {
    return migrations(cloud, host).stream().findFirst().map(Truth::told);
  }

  static String told(Migration m) {
    return "migration " + m.id() + " of " + m.server().name() + " is " + m.status().text();
  }

  /** Whether a migration that was under way is so no more, and its instance is not on the host. */
  static boolean isOver(Migration m, String host) {
    return !underWay(m, host) && (m.server().deleted() || !host.equals(m.server().host()));
  }

  /** Whether Nova still works on a migration of the host, or it waits to be confirmed. */
  static boolean underWay(Migration m, String host) {
    var server = m.server();
    if (server.deleted() || m.stale()) {
      return false;
    }
    return switch (m.status()) {
      case FINISHED, CONFIRMING -> server.vmState() == VmState.RESIZED;
      case REVERTED ->
          host.equals(m.sourceCompute()) && server.taskState() == TaskState.RESIZE_REVERTING;
      case COMPLETED, CONFIRMED, CANCELLED, FAILED, ERROR -> false;
      default -> moves(server);
    };
  }

  private static boolean moves(Server server) {
    return server.taskState() != null
        && switch (server.taskState()) {
          case MIGRATING,
              RESIZE_PREP,
              RESIZE_MIGRATING,
              RESIZE_MIGRATED,
              RESIZE_FINISH,
              RESIZE_REVERTING ->
              true;
          default -> false;
        };
  }

  /** A build that placement has given to the host already. */
  static Optional<String> arriving(Cloud cloud, String host) {
    return arriving(cloud, host, s -> false);
  }

  private static Optional<String> arriving(Cloud cloud, String host, Predicate<Server> stays) {
    return cloud.allocationsOn(host).keySet().stream()
        .flatMap(c -> cloud.servers().stream().filter(s -> s.id().equals(c)))
        .filter(s -> !s.deleted() && s.taskState() != null && !stays.test(s))
        .findFirst()
        .map(s -> s.name() + " is on its way to " + host);
  }

  /** The records that wait to be confirmed. */
  static List<Migration> finished(Cloud cloud) {
    return cloud.migrations().stream()
        .filter(m -> m.status() == MigrationStatus.FINISHED && !m.server().deleted())
        .toList();
  }

  /** The record that a confirmation asked for now would confirm. */
  static Optional<Migration> toConfirm(Cloud cloud, String serverId) {
    return finished(cloud).stream()
        .filter(m -> m.server().id().equals(serverId))
        .reduce((older, newer) -> newer);
  }

  /** Whether it has left the host for good, or was there not at all. */
  static boolean away(Cloud cloud, String serverId, String host) {
    var server = cloud.server(serverId);
    return server.deleted() || !host.equals(server.host());
  }

  /**
   * Whether a human's help is truly wanted for it: it is on the host, bound for it, or left traces.
   */
  static boolean bindsHost(Cloud cloud, String serverId, String host) {
    var server = cloud.server(serverId);
    return !server.deleted()
        && (host.equals(server.host())
            || server.taskState() != null && cloud.allocationsOn(host).containsKey(serverId)
            || cloud.migrations(serverId).stream()
                .anyMatch(
                    m ->
                        host.equals(m.destCompute())
                            && (underWay(m, host) || m.stale() && server.taskState() != null))
            || cloud.migrations(serverId).stream()
                .filter(m -> host.equals(m.sourceCompute()))
                .anyMatch(
                    m ->
                        m.status() == MigrationStatus.FINISHED
                            || m.status() == MigrationStatus.CONFIRMING
                            || server.taskState() != null
                                && (!m.status().terminal()
                                    || m.status() == MigrationStatus.REVERTED)));
  }
}
