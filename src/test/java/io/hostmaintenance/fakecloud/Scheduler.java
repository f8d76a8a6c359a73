package io.hostmaintenance.fakecloud;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
  List<Host> candidates(
      Map<String, Long> resources, Set<String> requiredTraits, Set<String> forbiddenTraits) {
    return cloud.hosts().stream()
        .filter(host -> host.enabled() && !host.serviceDeleted())
        .filter(host -> host.traits().containsAll(requiredTraits))
        .filter(host -> Collections.disjoint(host.traits(), forbiddenTraits))
        .filter(host -> fits(resources, host))
        .toList();
  }

  private boolean fits(Map<String, Long> resources, Host host) {
    var free = cloud.allocations().free(host).byClass();
    return resources.entrySet().stream()
        .allMatch(wanted -> wanted.getValue() <= free.getOrDefault(wanted.getKey(), 0L));
  }

  /** Nova asks placement for the zone of a pinned server, too, and only then the filters. */
  Selection select(Server server, int ramMiB, String target) {
    var wanted = server.requirements();
    var candidates =
        candidates(
                wanted.resources(ramMiB).byClass(),
                wanted.requiredTraits(),
                wanted.forbiddenTraits())
            .stream()
            .filter(host -> target == null || host.name().equals(target))
            .filter(host -> wanted.pinnedZone() == null || wanted.pinnedZone().equals(host.zone()))
            .toList();
    if (candidates.isEmpty()) {
      return new Selection(List.of(), NO_CANDIDATE);
    }
    var fit =
        candidates.stream()
            .filter(host -> host != server.hostObject())
            .filter(Host::up)
            .filter(host -> groupAllows(server, host))
            .filter(host -> !cloud.hintFilters() || hintsAllow(server, host))
            .toList();
    if (fit.isEmpty()) {
      return new Selection(List.of(), NOT_ENOUGH);
    }
    var weighed = new ArrayList<>(cloud.shuffled(fit));
    weighed.sort(
        Comparator.comparingInt((Host host) -> cloud.allocations().free(host).ramMiB()).reversed());
    return new Selection(List.copyOf(weighed), null);
  }

  /** DifferentHostFilter and SameHostFilter, which an administrator has to enable. */
  private boolean hintsAllow(Server server, Host host) {
    var hints = server.requirements().hints();
    return !holdsOne(host, hints.getOrDefault("different_host", List.of()))
        && (!hints.containsKey("same_host") || holdsOne(host, hints.get("same_host")));
  }

  private boolean holdsOne(Host host, List<String> ids) {
    return cloud.servers().stream()
        .anyMatch(s -> ids.contains(s.id()) && !s.deleted() && s.hostObject() == host);
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
