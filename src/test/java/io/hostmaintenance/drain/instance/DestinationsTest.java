package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.active;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.drain.instance.Offer.Room;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Instance.Constraints;
import io.hostmaintenance.nova.Microversion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DestinationsTest {

  private static final Map<String, Long> DEMAND = Map.of("VCPU", 2L, "MEMORY_MB", 512L);

  private Instance instance = active("vm");
  private final List<ComputeService> services = new ArrayList<>();
  private final List<String> hosts = new ArrayList<>();
  private List<Group> groups = List.of();
  private List<Hint> hints = List.of();
  private Optional<Offer> offer = Optional.empty();
  private Microversion newest = new Microversion(2, 104);

  /** Enabled and up. */
  private DestinationsTest host(String name, String zone) {
    services.add(
        new ComputeService(Given.id(name), name, "enabled", true, null, false, zone, Given.NOON));
    hosts.add(name);
    return this;
  }

  private DestinationsTest pinned(String zone) {
    instance = instance.withConstraints(new Constraints(zone, Map.of(), Set.of(), Set.of()));
    return this;
  }

  private DestinationsTest group(String policy, String... full) {
    groups = List.of(new Group("g1", "web", policy, Set.of(full)));
    return this;
  }

  private DestinationsTest hint(String name, String... where) {
    hints = List.of(new Hint(name, List.of("other"), Set.of(where)));
    return this;
  }

  private DestinationsTest rooms(String... where) {
    offer =
        Optional.of(
            new Offer(
                DEMAND,
                Optional.of(Stream.of(where).map(h -> new Room(h, "p-" + h, Map.of())).toList())));
    return this;
  }

  private Destinations destinations() {
    var spec = HostMaintenanceSpecBuilder.builder().host(Given.HOST).build();
    var host = Views.host(Duration.ZERO, spec);
    return Destinations.of(
        new InstanceView(
            new HostView(
                host.name(),
                host.service(),
                List.copyOf(hosts),
                host.identity(),
                host.date(),
                host.now(),
                host.asked(),
                host.answerWait(),
                host.uid(),
                spec,
                host.strategies(),
                services,
                Optional.empty(),
                newest),
            Optional.of(instance),
            offer.map(
                o ->
                    new Detail(
                        Optional.of(instance),
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        offer,
                        Optional.empty())),
            List.of(),
            groups,
            hints,
            Duration.ZERO,
            Duration.ZERO));
  }

  private Reason reason() {
    return destinations().blocker().orElseThrow().reason();
  }

  private String message() {
    return destinations().blocker().orElseThrow().message();
  }

  @Test
  void everyHostRemainsWithoutAConstraint() {
    host("a", "z1").host("b", "z2");

    assertThat(destinations()).isEqualTo(new Destinations(List.of("a", "b"), Optional.empty()));
  }

  @Test
  void pinnedZoneLeavesItsOwnHosts() {
    host("a", "z1").host("b", "z2").pinned("z2");

    assertThat(destinations().hosts()).containsExactly("b");
    assertThat(destinations().blocker()).isEmpty();
  }

  @Test
  void hostOfAnUntoldZoneMayBeInThePinnedOne() {
    host("a", null).pinned("z2");

    assertThat(destinations().blocker()).isEmpty();
  }

  @Test
  void zoneWithoutAnotherHostIsTheBlocker() {
    host("a", "z1").pinned("z2");

    assertThat(reason()).isEqualTo(Reason.ZonePinned);
    assertThat(message())
        .startsWith(
            "No other host can take it: it is pinned to zone z2, which has no other host that is up"
                + " and enabled. ");
  }

  @ParameterizedTest
  @CsvSource({
    "104, --os-compute-api-version 2.104 server unset --pinned-availability-zone vm",
    "105, --os-compute-api-version 2.104 server unset --pinned-availability-zone vm",
    "103, --os-compute-api-version 2.91 server unshelve --no-availability-zone vm",
    "91, --os-compute-api-version 2.91 server unshelve --no-availability-zone vm"
  })
  void remedyForAZoneGoesByTheVersionOfNova(int minor, String command) {
    host("a", "z1").pinned("z2");
    newest = new Microversion(2, minor);

    assertThat(message()).contains(command);
  }

  @Test
  void oldNovaHasNoCommandThatUnpins() {
    host("a", "z1").pinned("z2");
    newest = new Microversion(2, 90);

    assertThat(message()).endsWith("Enable one.").doesNotContain("openstack");
  }

  @ParameterizedTest
  @CsvSource({"104", "91"})
  void remedyWithAUuidFitsIntoARow(int minor) {
    host("a", "zone-of-twenty-bytes").pinned("zone-of-twenty-byte2");
    instance = instance.withId("11111111-2222-4333-8444-555566667777");
    newest = new Microversion(2, minor);

    assertThat(message().length()).isLessThanOrEqualTo(RowTransitions.MESSAGE_BYTES);
  }

  @Test
  void antiAffinityGroupTakesHostsWithMembersAway() {
    host("a", "z").host("b", "z").group("anti-affinity", "a");

    assertThat(destinations().hosts()).containsExactly("b");
  }

  @Test
  void antiAffinityGroupOnEveryHostIsTheBlocker() {
    host("a", "z").host("b", "z").group("anti-affinity", "a", "b");

    assertThat(reason()).isEqualTo(Reason.AntiAffinityGroup);
    assertThat(message())
        .isEqualTo(
            "No other host can take it: its anti-affinity group web (g1) has members on a, b. Enable"
                + " one more host without a member.");
  }

  @ParameterizedTest
  @CsvSource({"soft-anti-affinity", "soft-affinity", "affinity"})
  void otherGroupsTakeNoHostAway(String policy) {
    host("a", "z").group(policy, "a");

    assertThat(destinations().hosts()).containsExactly("a");
  }

  @Test
  void differentHostTakesTheNamedHostsAway() {
    host("a", "z").host("b", "z").hint(Hint.DIFFERENT_HOST, "a");

    assertThat(destinations().hosts()).containsExactly("b");
  }

  @Test
  void sameHostLeavesTheNamedHosts() {
    host("a", "z").host("b", "z").hint(Hint.SAME_HOST, "a");

    assertThat(destinations().hosts()).containsExactly("a");
  }

  @ParameterizedTest
  @CsvSource({
    "different_host, a, its hint different_host excludes a",
    "same_host, c, its hint same_host allows only c"
  })
  void hintThatLeavesNoHostIsTheBlocker(String hint, String where, String said) {
    host("a", "z").hint(hint, where);

    assertThat(reason()).isEqualTo(Reason.SchedulerHint);
    assertThat(message()).contains(said).contains("A hint stays for good");
  }

  @Test
  void placementLeavesTheHostsWithRoom() {
    host("a", "z").host("b", "z").rooms("b", "c");

    assertThat(destinations().hosts()).containsExactly("b");
  }

  @Test
  void placementWithoutRoomIsTheBlockerAndSaysWhatIsNeeded() {
    host("a", "z").rooms();

    assertThat(reason()).isEqualTo(Reason.NoCapacity);
    assertThat(message()).contains("placement has no room for MEMORY_MB:512, VCPU:2. Make room");
  }

  @Test
  void placementWithoutTheTraitsOfTheFlavorSaysWhichTheyAre() {
    host("a", "z").rooms();
    instance =
        instance.withConstraints(
            new Constraints(null, Map.of(), Set.of("CUSTOM_GPU", "CUSTOM_FAST"), Set.of("HW_X")));

    assertThat(message())
        .contains(
            "placement has no room for MEMORY_MB:512, VCPU:2, with traits CUSTOM_FAST, CUSTOM_GPU,"
                + " without traits HW_X. Make room");
  }

  @Test
  void placementThatDoesNotTellTakesNoHostAway() {
    host("a", "z");
    offer = Optional.of(Offer.UNKNOWN);

    assertThat(destinations().hosts()).containsExactly("a");
  }

  @Test
  void firstConstraintThatLeavesNoneIsTheReasonAndAllThatApplyAreNamed() {
    host("a", "z1")
        .host("b", "z2")
        .host("c", "z2")
        .pinned("z2")
        .group("anti-affinity", "b")
        .hint(Hint.DIFFERENT_HOST, "c")
        .rooms();

    assertThat(reason()).isEqualTo(Reason.SchedulerHint);
    assertThat(message())
        .startsWith(
            "No other host can take it: it is pinned to zone z2, which has only b, c; its"
                + " anti-affinity group web (g1) has members on b; its hint different_host excludes c."
                + " ");
  }

  @Test
  void constraintThatTakesNoHostAwayIsNotNamed() {
    host("a", "z1").pinned("z1").rooms();

    assertThat(message()).doesNotContain("z1");
  }

  @Test
  void longListsOfHostsAreCut() {
    host("a", "z").group("anti-affinity", "a", "b", "c", "d", "e");

    assertThat(message()).contains("has members on a, b, c and 2 more");
  }

  @Test
  void noHostAtAllHasNoBlockerOfTheInstance() {
    pinned("z1");

    assertThat(destinations()).isEqualTo(new Destinations(List.of(), Optional.empty()));
  }
}
