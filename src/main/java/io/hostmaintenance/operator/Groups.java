package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.HostClaim;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.Hint;
import io.hostmaintenance.drain.instance.MoveFailure;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.ServerGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
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

  /**
   * At one observation so much is asked at most, for so long: moves need no more until the next.
   */
  private static final int QUESTIONS = 8;

  /** The same for a plan, which is of all instances and observed seldom. */
  private static final int QUESTIONS_OF_A_PLAN = 24;

  private static final Duration TIME = Duration.ofSeconds(5);

  /** Its deletion lets instances go, so it is to be noticed soon. */
  private static final Duration HARD_AFFINITY_KEPT = Duration.ofMinutes(1);

  /** An instance of which Nova does not tell for so long is moved as if it had no group. */
  private static final Duration GIVEN_UP = Duration.ofMinutes(15);

  private static final Duration GROUP_KEPT = Duration.ofMinutes(15);
  private static final Duration WHEREABOUTS_KEPT = Duration.ofMinutes(1);

  private final LongSupplier nanoTime;
  private final Map<String, Set<String>> memberships = bounded();
  private final Map<String, Known<Optional<ServerGroup>>> groups = bounded();
  private final Map<String, Known<Optional<String>>> whereabouts = bounded();
  private final Map<String, Long> untold = bounded();

  /** Something that was known at a time of this process. */
  private record Known<T>(T value, long at) {}

  Groups(LongSupplier nanoTime) {
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
   * What says on which hosts instances may be with regard to others.
   *
   * @param groups the server groups by instance id; one that is missing is asked about at a later
   *     observation
   * @param hints the scheduler hints that name other instances, by instance id; likewise
   */
  record Rules(Map<String, List<Group>> groups, Map<String, List<Hint>> hints) {}

  /**
   * The rules of those that move and of those on the host that can be moved; never fails. None
   * while the host is not held, when no move can follow.
   *
   * @param nova the cloud, as the host asks it
   * @param resource its status may be null; of a plan it is asked of each where the others are
   * @param details what was asked about instances: whose move found no host tells where the others
   *     are
   */
  Rules of(
      Nova nova, HostMaintenance resource, List<Instance> instances, Map<String, Detail> details) {
    if (!resource.plans() && !HostClaim.holdsHost(resource.getStatus())) {
      return new Rules(Map.of(), Map.of());
    }
    var snapshot = new Questions(nova, resource.plans() ? QUESTIONS_OF_A_PLAN : QUESTIONS);
    var found = new HashMap<String, List<Group>>();
    var hints = new HashMap<String, List<Hint>>();
    var known = instances.stream().collect(Collectors.toMap(Instance::id, i -> i, (a, b) -> a));
    for (var id : wanted(resource, instances, details)) {
      var noHost = resource.plans() || noHost(details.get(id));
      snapshot
          .membership(id)
          .ifPresent(
              ids ->
                  found.put(
                      id, ids.stream().sorted().flatMap(g -> snapshot.group(g, noHost)).toList()));
      Optional.ofNullable(known.get(id))
          .filter(i -> noHost)
          .flatMap(snapshot::hints)
          .ifPresent(told -> hints.put(id, told));
    }
    return new Rules(Map.copyOf(found), Map.copyOf(hints));
  }

  private static boolean noHost(Detail detail) {
    return detail != null && detail.events().filter(MoveFailure::noValidHost).isPresent();
  }

  /** Those that move, then the others in the order in which they will. */
  private static List<String> wanted(
      HostMaintenance resource, List<Instance> instances, Map<String, Detail> details) {
    var status = resource.getStatus();
    var sign = resource.getSpec().order().equals("SmallestFirst") ? 1 : -1;
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
            .sorted(
                Comparator.comparing((Instance i) -> sign * i.ramMiB()).thenComparing(Instance::id))
            .map(Instance::id);
    return Stream.concat(outstanding, movable).distinct().toList();
  }

  /** Whether its way to another host may begin: then it was asked whether there is one. */
  private static boolean mayBegin(Detail detail) {
    return detail != null && detail.offer().isPresent();
  }

  /** What is asked at one observation. */
  private final class Questions {

    private final Nova nova;
    private final long began = nanoTime.getAsLong();
    private final int most;
    private int asked;

    Questions(Nova nova, int most) {
      this.nova = nova;
      this.most = most;
    }

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

    /** Empty when it is not known yet where one is that they name. */
    Optional<List<Hint>> hints(Instance instance) {
      var all = new ArrayList<Hint>();
      for (var name : List.of(Hint.DIFFERENT_HOST, Hint.SAME_HOST)) {
        var named = instance.constraints().hints().getOrDefault(name, List.of());
        if (!named.isEmpty()) {
          var hosts = hosts(named);
          if (hosts.isEmpty()) {
            return Optional.empty();
          }
          all.add(new Hint(name, named, Set.copyOf(hosts.get())));
        }
      }
      return Optional.of(all);
    }

    /**
     * Where instances are, those that are gone left out; empty when it is not known of each yet.
     */
    private Optional<List<String>> hosts(Collection<String> ids) {
      var hosts = new ArrayList<String>();
      for (var id : ids) {
        var known = whereabouts.get(id);
        if (known == null || old(known.at(), WHEREABOUTS_KEPT)) {
          if (!mayAsk()) {
            return Optional.empty();
          }
          var told = ask("instance " + id, () -> nova.instance(id).map(Instance::host));
          if (told.isEmpty()) {
            return Optional.empty();
          }
          known = new Known<>(told.get(), nanoTime.getAsLong());
          whereabouts.put(id, known);
        }
        known.value().ifPresent(hosts::add);
      }
      return Optional.of(hosts);
    }

    private Set<String> fullHosts(ServerGroup group) {
      if (!group.antiAffinity()) {
        return Set.of();
      }
      return hosts(group.members())
          .map(
              hosts ->
                  hosts.stream()
                      .collect(Collectors.groupingBy(h -> h, Collectors.counting()))
                      .entrySet()
                      .stream()
                      .filter(e -> e.getValue() >= group.maxPerHost())
                      .map(Map.Entry::getKey)
                      .collect(Collectors.toSet()))
          .orElse(Set.of());
    }

    private Duration kept(Optional<ServerGroup> group) {
      return group.filter(ServerGroup::affinity).isPresent() ? HARD_AFFINITY_KEPT : GROUP_KEPT;
    }

    private boolean old(long at, Duration kept) {
      return nanoTime.getAsLong() - at > kept.toNanos();
    }

    private boolean mayAsk() {
      return asked < most && !old(began, TIME);
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
