package io.hostmaintenance.fakecloud;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Nova's choice of a host: placement's candidates first, then the filters, then a weigher by free
 * RAM.
 */
final class Scheduler {
  /** Placement had no candidate; Nova's text ends with a blank. */
  static final String NO_CANDIDATE = "No valid host was found. ";

  /** Filters or checks have used up all candidates. */
  static final String NOT_ENOUGH = "No valid host was found. There are not enough hosts available.";

  /** The hosts in order of preference, or none and Nova's text. */
  record Selection(List<Host> hosts, String refusal) {}

  private final Cloud cloud;

  Scheduler(Cloud cloud) {
    this.cloud = cloud;
  }

  /** What placement offers; it knows nothing of what is up. */
  List<Host> candidates(long ramMiB, String target) {
    return cloud.hosts().stream()
        .filter(host -> target == null || host.name().equals(target))
        .filter(host -> host.enabled() && !host.serviceDeleted())
        .filter(host -> cloud.allocations().used(host) + ramMiB <= host.ramMiB())
        .toList();
  }

  Selection select(Server server, int ramMiB, String target) {
    var candidates = candidates(ramMiB, target);
    if (candidates.isEmpty()) {
      return new Selection(List.of(), NO_CANDIDATE);
    }
    var fit =
        candidates.stream()
            .filter(host -> host != server.hostObject())
            .filter(Host::up)
            .filter(host -> groupAllows(server, host))
            .toList();
    if (fit.isEmpty()) {
      return new Selection(List.of(), NOT_ENOUGH);
    }
    var weighed = new ArrayList<>(cloud.shuffled(fit));
    weighed.sort(
        Comparator.comparingInt((Host host) -> host.ramMiB() - cloud.allocations().used(host))
            .reversed());
    return new Selection(List.copyOf(weighed), null);
  }

  /** The hard policies; members count on their host and on the host they are moving to. */
  private boolean groupAllows(Server server, Host host) {
    var group = cloud.groupOf(server.id()).orElse(null);
    if (group == null) {
      return true;
    }
    var occupied = new HashSet<Host>();
    for (var member : group.members()) {
      var other = cloud.server(member);
      if (other != server && !other.deleted() && other.hostObject() != null) {
        occupied.add(other.hostObject());
      }
    }
    cloud.migrations().stream()
        .filter(m -> m.server() != server && group.members().contains(m.server().id()))
        .filter(m -> !m.status().terminal() && m.dest() != null)
        .forEach(m -> occupied.add(m.dest()));
    return switch (group.policy()) {
      case "anti-affinity" -> !occupied.contains(host);
      case "affinity" -> host == server.hostObject() || occupied.contains(host);
      default -> true;
    };
  }
}
