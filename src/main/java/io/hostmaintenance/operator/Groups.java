package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.MoveFailure;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.ServerGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server groups of instances that are to be moved. An instance joins its group when it is built
 * and never later, so its membership is asked for once; a group may be deleted, so it is asked for
 * again. What is not known yet is asked for a little at each observation.
 */
final class Groups {

  private static final Logger LOG = LoggerFactory.getLogger(Groups.class);

  private static final Set<String> MOVABLE = Set.of("active", "stopped", "paused");

  /** Of so many instances and groups something is kept. */
  private static final int KEPT = 10_000;

  /** At one observation so much is asked at most, for so long. */
  private static final int QUESTIONS = 24;

  private static final Duration TIME = Duration.ofSeconds(5);

  /** Its deletion lets instances go, so it is to be noticed soon. */
  private static final Duration HARD_AFFINITY_KEPT = Duration.ofMinutes(1);

  /** An instance of which Nova does not tell for so long is moved as if it had no group. */
  private static final Duration GIVEN_UP = Duration.ofMinutes(15);

  private static final Duration GROUP_KEPT = Duration.ofMinutes(15);
  private static final Duration FULL_KEPT = Duration.ofMinutes(1);

  private final Nova nova;
  private final LongSupplier nanoTime;
  private final Map<String, Set<String>> memberships = bounded();
  private final Map<String, Known<Optional<ServerGroup>>> groups = bounded();
  private final Map<String, Known<Set<String>>> full = bounded();
  private final Map<String, Long> untold = bounded();

  /** Something that was known at a time of this process. */
  private record Known<T>(T value, long at) {}

  Groups(Nova nova, LongSupplier nanoTime) {
    this.nova = nova;
    this.nanoTime = nanoTime;
  }

  private static <T> Map<String, T> bounded() {
    return Collections.synchronizedMap(
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
            return size() > KEPT;
          }
        });
  }

  /**
   * The groups by instance id, of those that move and of those on the host that can be moved; never
   * fails. One that is missing is asked about at a later observation.
   *
   * @param status the stored status; may be null
   * @param details what was asked about instances: whose move found no host tells where the others
   *     of its group are
   */
  Map<String, List<Group>> of(
      HostMaintenanceStatus status, List<Instance> instances, Map<String, Detail> details) {
    var snapshot = new Questions();
    var found = new HashMap<String, List<Group>>();
    for (var id : wanted(status, instances, details)) {
      snapshot
          .membership(id)
          .ifPresent(
              ids -> {
                var noHost =
                    Optional.ofNullable(details.get(id))
                        .flatMap(Detail::events)
                        .filter(MoveFailure::noValidHost)
                        .isPresent();
                found.put(
                    id, ids.stream().sorted().flatMap(g -> snapshot.group(g, noHost)).toList());
              });
    }
    return Map.copyOf(found);
  }

  private static List<String> wanted(
      HostMaintenanceStatus status, List<Instance> instances, Map<String, Detail> details) {
    var outstanding =
        status == null
            ? Stream.<String>empty()
            : status.instances().stream()
                .filter(r -> r.requestTime() != null)
                .map(InstanceStatus::id);
    var movable =
        instances.stream()
            .filter(
                i -> i.idle() && (MOVABLE.contains(i.vmState()) || mayBegin(details.get(i.id()))))
            .sorted(Comparator.comparing(Instance::ramMiB).reversed().thenComparing(Instance::id))
            .map(Instance::id);
    return Stream.concat(outstanding, movable).distinct().toList();
  }

  /** Whether its way to another host may begin: then it was asked whether there is one. */
  private static boolean mayBegin(Detail detail) {
    return detail != null && detail.offer().isPresent();
  }

  /** What is asked at one observation. */
  private final class Questions {

    private final long began = nanoTime.getAsLong();
    private int asked;

    /** Empty when it is not known yet and no more may be asked now. */
    Optional<Set<String>> membership(String instanceId) {
      var known = memberships.get(instanceId);
      if (known != null || !mayAsk()) {
        return Optional.ofNullable(known);
      }
      var told = ask("groups of instance " + instanceId, () -> nova.groupsOf(instanceId));
      if (told.isPresent()) {
        memberships.put(instanceId, told.get());
        untold.remove(instanceId);
        return told;
      }
      var since = untold.putIfAbsent(instanceId, nanoTime.getAsLong());
      return since != null && old(since, GIVEN_UP) ? Optional.of(Set.of()) : Optional.empty();
    }

    /** Empty when it was deleted; without a policy when Nova does not tell of it. */
    Stream<Group> group(String id, boolean noHost) {
      var known = groups.get(id);
      if ((known == null || old(known.at(), kept(known.value()))) && mayAsk()) {
        known =
            ask("server group " + id, () -> nova.serverGroup(id))
                .map(g -> new Known<>(g, nanoTime.getAsLong()))
                .orElse(known);
        if (known != null) {
          groups.put(id, known);
        }
      }
      if (known == null) {
        return Stream.of(new Group(id, id, "", Set.of()));
      }
      return known.value().stream()
          .map(g -> new Group(id, g.name(), g.policy(), noHost ? fullHosts(g) : Set.of()));
    }

    private Set<String> fullHosts(ServerGroup group) {
      if (!group.antiAffinity()) {
        return Set.of();
      }
      var known = full.get(group.id());
      if (known == null || old(known.at(), FULL_KEPT)) {
        var hosts = new ArrayList<String>();
        for (var member : group.members()) {
          if (!mayAsk()) {
            return Set.of();
          }
          ask("instance " + member, () -> nova.instance(member))
              .flatMap(i -> i)
              .map(Instance::host)
              .ifPresent(hosts::add);
        }
        var crowded =
            hosts.stream()
                .collect(Collectors.groupingBy(h -> h, Collectors.counting()))
                .entrySet()
                .stream()
                .filter(e -> e.getValue() >= group.maxPerHost())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        known = new Known<>(crowded, nanoTime.getAsLong());
        full.put(group.id(), known);
      }
      return known.value();
    }

    private Duration kept(Optional<ServerGroup> group) {
      return group.filter(ServerGroup::affinity).isPresent() ? HARD_AFFINITY_KEPT : GROUP_KEPT;
    }

    private boolean old(long at, Duration kept) {
      return nanoTime.getAsLong() - at > kept.toNanos();
    }

    private boolean mayAsk() {
      return asked < QUESTIONS && !old(began, TIME);
    }

    private <T> Optional<T> ask(String about, Supplier<T> question) {
      asked++;
      try {
        return Optional.of(question.get());
      } catch (NovaException e) {
        LOG.warn("{} cannot be asked for: {}", about, e.getMessage());
        return Optional.empty();
      }
    }
  }
}
