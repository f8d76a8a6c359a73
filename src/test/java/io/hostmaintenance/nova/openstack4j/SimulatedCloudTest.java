package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.ResourceProvider;
import io.hostmaintenance.nova.StateChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The port over HTTP to the simulator, which answers as a recorded Nova did. */
class SimulatedCloudTest {

  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Cloud cloud = new Cloud(now, 1);
  private CloudSimulator simulator;
  private Nova nova;

  @TempDir Path directory;

  @BeforeEach
  void connect() throws IOException {
    List.of("compute-1", "compute-2").forEach(cloud::addHost);
    simulator = new CloudSimulator(cloud, () -> now);
    var file = Files.writeString(directory.resolve("clouds.yaml"), simulator.cloudsYaml());
    nova = StubCloud.nova(file, () -> now);
  }

  @AfterEach
  void stop() throws IOException {
    simulator.close();
  }

  private Server in(VmState vmState) {
    return simulator.cloud(c -> c.place(NewServer.on("compute-1").in(vmState)));
  }

  @ParameterizedTest
  @CsvSource({
    "SUSPENDED, RESUME, ACTIVE",
    "ACTIVE, SUSPEND, SUSPENDED",
    "ACTIVE, PAUSE, PAUSED",
    "PAUSED, UNPAUSE, ACTIVE",
    "RESCUED, UNRESCUE, ACTIVE",
    "ERROR, STOP, SHUTOFF",
    "STOPPED, START, ACTIVE",
    "SHELVED, SHELVE_OFFLOAD, SHELVED_OFFLOADED",
    "ERROR, RESET_STATE, ACTIVE"
  })
  void changeOfAStateIsCarriedOut(VmState before, StateChange change, String status) {
    var server = in(before);
    nova.execute(new Command.ChangeState(server.id(), change, "req-0"));
    now = now.plusSeconds(10);

    assertThat(nova.instance(server.id()).map(Instance::status)).contains(status);
  }

  @ParameterizedTest
  @CsvSource({
    "SUSPENDED, RESUME",
    "ACTIVE, SUSPEND",
    "ACTIVE, PAUSE",
    "PAUSED, UNPAUSE",
    "RESCUED, UNRESCUE",
    "ERROR, STOP",
    "STOPPED, START",
    "SHELVED, SHELVE_OFFLOAD",
    "SOFT_DELETED, FORCE_DELETE",
    "ERROR, RESET_STATE"
  })
  void changeOfAStateIsFoundAgainByItsActionAndItsRequestId(VmState before, StateChange change) {
    var server = in(before);
    var accepted = nova.execute(new Command.ChangeState(server.id(), change, "req-0"));
    now = now.plusSeconds(10);

    assertThat(nova.actions(server.id()).getFirst())
        .returns(change.action(), InstanceAction::action)
        .returns(accepted.requestId().orElseThrow(), InstanceAction::requestId)
        .returns(nova.identity().userId(), InstanceAction::userId);
  }

  @Test
  void instanceThatIsDeletedByForceIsKnownNoMore() {
    var server = in(VmState.SOFT_DELETED);
    nova.execute(new Command.ChangeState(server.id(), StateChange.FORCE_DELETE, "req-0"));
    now = now.plusSeconds(10);

    assertThat(nova.instance(server.id())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ERROR, RUNNING, RUNNING",
    "ERROR, SHUTDOWN, OFF",
    "ERROR, CRASHED, OFF",
    "PAUSED, PAUSED, UNKNOWN"
  })
  void guestIsAskedOfItsHypervisor(VmState vmState, PowerState power, GuestPower guest) {
    var server = simulator.cloud(c -> c.place(NewServer.on("compute-1").in(vmState).power(power)));

    assertThat(nova.guestPower(server.id())).isEqualTo(guest);
  }

  @Test
  void guestThatTheDatabaseHasRunningIsUnknownWhenItIsOff() {
    var server = in(VmState.ACTIVE);
    simulator.change(c -> c.crash(server.id()));

    assertThat(nova.guestPower(server.id())).isEqualTo(GuestPower.UNKNOWN);
  }

  @Test
  void guestOfADeadHostIsNotToldOf() {
    var server = in(VmState.ACTIVE);
    simulator.change(c -> c.killCompute("compute-1"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.guestPower(server.id()))
        .matches(e -> e.kind() == Kind.UNAVAILABLE && !e.outcomeUnknown());
  }

  private static Demand demand(int ramMiB) {
    return new Demand(Map.of("MEMORY_MB", (long) ramMiB), Set.of(), Set.of());
  }

  private List<String> candidates(int ramMiB) {
    return nova.candidates(demand(ramMiB)).orElseThrow().stream()
        .map(ResourceProvider::id)
        .toList();
  }

  private String provider(String host) {
    return simulator.cloud(c -> c.host(host).hypervisorId());
  }

  @Test
  void placementHasACandidateUntilAllHostsAreDisabled() {
    simulator.change(c -> c.disable(c.admin(), "compute-1", null));
    assertThat(candidates(1024)).containsExactly(provider("compute-2"));

    simulator.change(c -> c.disable(c.admin(), "compute-2", null));
    assertThat(candidates(1024)).isEmpty();
  }

  @Test
  void placementHasNoCandidateWithoutRoom() {
    simulator.change(
        c -> {
          c.disable(c.admin(), "compute-1", null);
          c.place(NewServer.on("compute-2").ram(c.host("compute-2").ramMiB()));
        });

    assertThat(candidates(1024)).isEmpty();
  }

  @Test
  void placementTellsWhatAnInstanceHolds() {
    var server = in(VmState.ACTIVE);

    assertThat(nova.providerTree(provider("compute-1"))).containsExactly(provider("compute-1"));
    assertThat(nova.allocations(provider("compute-1")).orElseThrow().get(server.id()))
        .isEqualTo(Map.of("VCPU", 1L, "MEMORY_MB", 1024L, "DISK_GB", 1L));
  }

  @Test
  void instanceTellsWhatItAsksOfItsHost() {
    var asked =
        Requirements.NONE
            .disks(20, 5, 1025)
            .pinned("nova")
            .hint("same_host", List.of("a"))
            .traits(Set.of("CUSTOM_FAST"), Set.of("CUSTOM_SLOW"));
    var server = simulator.cloud(c -> c.place(NewServer.on("compute-1").requiring(asked)));

    assertThat(nova.instance(server.id()).orElseThrow())
        .returns(27, Instance::localDiskGiB)
        .returns(
            new Instance.Constraints(
                "nova",
                Map.of("same_host", List.of("a")),
                Set.of("CUSTOM_FAST"),
                Set.of("CUSTOM_SLOW")),
            Instance::constraints);
  }

  @Test
  void placementOffersOnlyHostsWithTheTraits() {
    simulator.change(c -> c.trait("compute-2", "CUSTOM_FAST"));
    var demand = new Demand(Map.of("VCPU", 1L), Set.of("CUSTOM_FAST"), Set.of());

    assertThat(nova.candidates(demand).orElseThrow())
        .extracting(ResourceProvider::id)
        .containsExactly(provider("compute-2"));
  }

  @Test
  void zoneOfAHostIsTold() {
    simulator.change(c -> c.zone("compute-2", "z1"));

    assertThat(nova.computeServices())
        .extracting(ComputeService::zone)
        .containsExactly("nova", "z1");
  }

  /** From 2.102 on a parameter that Nova does not know is refused. */
  @Test
  void newestVersionIsSpoken() {
    in(VmState.ACTIVE);

    assertThat(nova.newestVersion()).isEqualTo(Microversion.CEILING);
    assertThat(nova.instancesOn("compute-1").value()).hasSize(1);
  }

  @Test
  void serviceOfADeadHostWasLastHeardOfWhenItDied() {
    now = now.plus(Duration.ofHours(1));
    simulator.change(c -> c.killCompute("compute-1"));
    var died = now;
    now = now.plus(Duration.ofMinutes(5));

    assertThat(nova.computeServices())
        .filteredOn(service -> service.host().equals("compute-1"))
        .allSatisfy(service -> assertThat(service.updatedAt()).isEqualTo(died));
  }
}
