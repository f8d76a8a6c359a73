package io.hostmaintenance.simulation;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.TaskState;
import io.hostmaintenance.fakecloud.VmState;
import java.util.List;
import java.util.Optional;

/** What is really so in the cloud, whatever anybody was told. */
final class Truth {

  private Truth() {}

  /** What makes the host not empty; empty when it is. */
  static Optional<String> occupant(Cloud cloud, String host) {
    return onHost(cloud, host).or(() -> moving(cloud, host)).or(() -> arriving(cloud, host));
  }

  /** An instance on the host. */
  static Optional<String> onHost(Cloud cloud, String host) {
    return cloud.servers().stream()
        .filter(s -> !s.deleted() && host.equals(s.host()))
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

  private static boolean underWay(Migration m, String host) {
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
    return cloud.allocationsOn(host).keySet().stream()
        .flatMap(c -> cloud.servers().stream().filter(s -> s.id().equals(c)))
        .filter(s -> !s.deleted() && s.taskState() != null)
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
