package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.Hint;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.ServerGroup;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked about server groups, and how often. */
class GroupsTest {

  private final Map<String, Set<String>> memberships = new HashMap<>();
  private final Map<String, ServerGroup> groups = new HashMap<>();
  private final Map<String, Instance> instances = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private boolean silent;
  private Duration time = Duration.ZERO;

  private final Nova nova =
      (Nova)
          Proxy.newProxyInstance(
              Nova.class.getClassLoader(),
              new Class<?>[] {Nova.class},
              (proxy, method, arguments) -> answer(method.getName(), (String) arguments[0]));

  private final Groups known = new Groups(() -> time.toNanos());

  private Object answer(String question, String id) {
    asked.add(question + " " + id);
    if (silent) {
      throw new NovaException(NovaException.Kind.UNAVAILABLE, "No answer.");
    }
    return switch (question) {
      case "groupsOf" -> memberships.getOrDefault(id, Set.of());
      case "serverGroup" -> Optional.ofNullable(groups.get(id));
      case "instance" -> Optional.ofNullable(instances.get(id));
      default -> throw new AssertionError(question);
    };
  }

  private static Instance active(String id, String host) {
    return Fixtures.on(host, Fixtures.active(id));
  }

  private void group(String id, String policy, String... members) {
    groups.put(id, new ServerGroup(id, "name-of-" + id, policy, 1, Set.of(members)));
    for (var member : members) {
      memberships.put(member, Set.of(id));
      instances.put(member, active(member, "host-of-" + member));
    }
  }

  private Map<String, List<Group>> snapshot(String... ids) {
    var here = List.of(ids).stream().map(i -> active(i, "here")).toList();
    return known.of(nova, drain(), here, Map.of()).groups();
  }

  @Test
  void serverGroupsOfAnInstanceAreReadOnce() {
    group("g", "anti-affinity", "a");

    snapshot("a");
    time = Duration.ofMinutes(5);

    assertThat(snapshot("a").get("a")).extracting(Group::name).containsExactly("name-of-g");
    assertThat(asked).containsExactly("groupsOf a", "serverGroup g");
  }

  @Test
  void manyInstancesAreReadOverSeveralObservations() {
    var ids = IntStream.range(0, 60).mapToObj(i -> "vm-" + i).toArray(String[]::new);

    assertThat(snapshot(ids)).hasSize(8);
    assertThat(snapshot(ids)).hasSize(16);
    assertThat(asked).hasSize(16);
  }

  @Test
  void planReads24AtOnce() {
    var here = IntStream.range(0, 60).mapToObj(i -> active("vm-" + i, "here")).toList();

    assertThat(known.of(nova, plan(), here, Map.of()).groups()).hasSize(24);
  }

  @Test
  void nothingIsReadBeforeTheHostIsHeld() {
    var resource = drain();
    resource.setStatus(null);

    assertThat(known.of(nova, resource, List.of(active("a", "here")), Map.of()).groups()).isEmpty();
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"LargestFirst, z", "SmallestFirst, a"})
  void groupsAreReadInTheOrderOfTheMoves(String order, String first) {
    var resource = drain();
    resource.setSpec(HostMaintenanceSpecBuilder.builder(resource.getSpec()).order(order).build());
    var here =
        List.of(
            Fixtures.ram(512, active("a", "here")),
            Fixtures.ram(1024, active("m", "here")),
            Fixtures.ram(2048, active("z", "here")));

    known.of(nova, resource, here, Map.of());

    assertThat(asked).first().isEqualTo("groupsOf " + first);
  }

  @Test
  void deletedHardAffinityGroupIsNoticedAfterAMinute() {
    group("g", "affinity", "a");
    assertThat(snapshot("a").get("a")).hasSize(1);

    groups.clear();
    time = Duration.ofSeconds(61);

    assertThat(snapshot("a").get("a")).isEmpty();
  }

  @Test
  void unreadableServerGroupsCountAsNoneAfter15Minutes() {
    silent = true;
    assertThat(snapshot("a")).isEmpty();

    time = Duration.ofMinutes(16);

    assertThat(snapshot("a").get("a")).isEmpty();
  }

  @Test
  void unreadableServerGroupStillCountsAsAGroup() {
    var unknown = new Groups(() -> time.toNanos());

    assertThat(
            unknown.of(nova(), drain(), List.of(active("a", "here")), Map.of()).groups().get("a"))
        .containsExactly(new Group("g", "g", "", Set.of()));
  }

  /** Tells memberships and nothing of groups. */
  private Nova nova() {
    return (Nova)
        Proxy.newProxyInstance(
            Nova.class.getClassLoader(),
            new Class<?>[] {Nova.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("groupsOf")) {
                return Set.of("g");
              }
              throw new NovaException(NovaException.Kind.FORBIDDEN, "No.");
            });
  }

  @Test
  void hostsOfOtherMembersAreReadOnlyAfterNoValidHost() {
    group("g", "anti-affinity", "a", "b");
    snapshot("a");
    assertThat(asked).noneMatch(q -> q.startsWith("instance"));
    var event = new InstanceAction.Event("e", null, "Error", "No valid host was found. ");
    var action =
        new InstanceAction("r", "live-migration", "u", "p", Instant.EPOCH, "Error", List.of(event));
    var detail = Fixtures.detail(Optional.empty(), List.of(), List.of(), Optional.of(action));

    var found = known.of(nova, drain(), List.of(active("a", "here")), Map.of("a", detail)).groups();

    assertThat(found.get("a").getFirst().full())
        .containsExactlyInAnyOrder("host-of-a", "host-of-b");
  }

  @Test
  void hostsOfOtherMembersAreReadForAPlan() {
    group("g", "anti-affinity", "a", "b");

    var found = known.of(nova, plan(), List.of(active("a", "here")), Map.of()).groups();

    assertThat(found.get("a").getFirst().full())
        .containsExactlyInAnyOrder("host-of-a", "host-of-b");
  }

  @Test
  void hostsOfInstancesThatAHintNamesAreReadForAPlan() {
    instances.put("b", active("b", "host-of-b"));
    var hinted = hinted("different_host", "b", "gone");

    assertThat(known.of(nova, plan(), List.of(hinted), Map.of()).hints().get("a"))
        .containsExactly(new Hint("different_host", List.of("b", "gone"), Set.of("host-of-b")));
  }

  @Test
  void hintsAreNotAskedAboutInADrain() {
    assertThat(known.of(nova, drain(), List.of(hinted("same_host", "b")), Map.of()).hints())
        .isEmpty();
    assertThat(asked).doesNotContain("instance b");
  }

  @Test
  void hintsOfAnInstanceAreMissingWhileNovaDoesNotTellWhereTheNamedOnesAre() {
    known.of(nova, plan(), List.of(hinted("same_host", "b")), Map.of());
    silent = true;
    time = Duration.ofMinutes(2);

    assertThat(known.of(nova, plan(), List.of(hinted("same_host", "b")), Map.of()).hints())
        .isEmpty();
  }

  @Test
  void whereaboutsAreKeptForAMinute() {
    instances.put("b", active("b", "host-of-b"));
    var all = List.of(hinted("same_host", "b"));
    known.of(nova, plan(), all, Map.of());
    known.of(nova, plan(), all, Map.of());

    assertThat(asked.stream().filter("instance b"::equals)).hasSize(1);

    time = Duration.ofSeconds(61);
    known.of(nova, plan(), all, Map.of());

    assertThat(asked.stream().filter("instance b"::equals)).hasSize(2);
  }

  private static Instance hinted(String name, String... ids) {
    return active("a", "here")
        .withConstraints(
            new Instance.Constraints(null, Map.of(name, List.of(ids)), Set.of(), Set.of()));
  }

  private static HostMaintenance drain() {
    var resource = resource("Drain");
    resource.setStatus(
        HostMaintenanceStatus.builder()
            .service(new ServiceStatus("service", true, null, null, null))
            .build());
    return resource;
  }

  private static HostMaintenance plan() {
    return resource("Plan");
  }

  private static HostMaintenance resource(String mode) {
    var resource = new HostMaintenance();
    resource.setSpec(HostMaintenanceSpecBuilder.builder().host("here").mode(mode).build());
    return resource;
  }
}
