package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole operator between an API server and a cloud. */
class HostMaintenanceOperatorTest {

  private static final Duration PATIENCE = Duration.ofSeconds(40);
  @AutoClose private final Cluster cluster;

  HostMaintenanceOperatorTest(@TempDir Path directory) throws IOException {
    cluster = Cluster.quick(directory);
  }

  private Server place(NewServer server) {
    return cluster.simulator().cloud(c -> c.place(server));
  }

  private Host host() {
    return cluster.simulator().cloud(c -> c.host("compute-1"));
  }

  private void create(String name, String host) {
    cluster.create(name, HostMaintenanceSpecBuilder.builder().host(host).reason("DIMM A3"));
  }

  private HostMaintenance awaitPhase(String name, String phase) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> cluster.stored(name).orElseThrow(),
            r -> r.getStatus() != null && phase.equals(r.getStatus().phase()));
  }

  private void delete(String name) {
    cluster.client().resources(HostMaintenance.class).withName(name).delete();
  }

  private void awaitGone(String name) {
    await().atMost(PATIENCE).until(() -> cluster.stored(name).isEmpty());
  }

  private List<Request> posts(Server server, String action) {
    return cluster
        .simulator()
        .requests(
            r ->
                r.method().equals("POST")
                    && r.path().endsWith("/servers/" + server.id() + "/action")
                    && r.json().has(action));
  }

  private static Predicate<Request> servicePut() {
    return r -> r.method().equals("PUT") && r.path().contains("/os-services/");
  }

  @Test
  void hostIsDrainedAndEveryInstanceKeepsItsState() throws IOException {
    var active = place(NewServer.on("compute-1"));
    var locked = place(NewServer.on("compute-1"));
    cluster.simulator().change(c -> c.lock(c.tenant(), locked.id(), null));
    var paused = place(NewServer.on("compute-1").in(VmState.PAUSED));
    var stopped = place(NewServer.on("compute-1").in(VmState.STOPPED));
    cluster.startOperator(Cluster.QUICK);

    create("compute-1", "compute-1");
    var done = awaitPhase("compute-1", "InMaintenance");

    assertThat(done.getStatus().instances())
        .extracting(InstanceStatus::state)
        .containsOnly("Moved");
    assertThat(done.getStatus().condition(Condition.DRAINED))
        .map(Condition::status)
        .hasValue("True");
    assertThat(List.of(active, locked, paused, stopped))
        .extracting(Server::vmState, Server::taskState)
        .containsExactly(
            tuple(VmState.ACTIVE, null),
            tuple(VmState.ACTIVE, null),
            tuple(VmState.PAUSED, null),
            tuple(VmState.STOPPED, null));
    assertThat(List.of(active, locked, paused, stopped))
        .extracting(Server::host)
        .doesNotContain("compute-1");
    assertThat(stopped.powerState()).isEqualTo(PowerState.SHUTDOWN);
    assertThat(locked.locked()).isTrue();
  }

  @Test
  void serviceIsDisabledWithTheMarkerAndEnabledOnDelete() throws IOException {
    cluster.startOperator(Cluster.QUICK);

    create("hm", "compute-1");
    awaitPhase("hm", "InMaintenance");
    assertThat(host().disabledReason()).matches("host-maintenance hm \\[[0-9a-f]{8}]: DIMM A3");

    delete("hm");
    awaitGone("hm");
    assertThat(host().enabled()).isTrue();
  }

  @Test
  void restartedOperatorContinuesWithoutRepeatingAMove() throws IOException {
    var servers =
        IntStream.range(0, 4)
            .mapToObj(i -> place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "1")))
            .toList();
    var first = cluster.startOperator(Cluster.QUICK);
    create("hm", "compute-1");
    await()
        .atMost(PATIENCE)
        .until(() -> servers.stream().anyMatch(s -> !posts(s, "os-migrateLive").isEmpty()));

    first.close();
    cluster.startOperator(Cluster.QUICK);
    awaitPhase("hm", "InMaintenance");

    assertThat(servers).allSatisfy(s -> assertThat(posts(s, "os-migrateLive")).hasSize(1));
  }

  @Test
  void nothingIsWrittenToKubernetesWhileNothingChanges() throws IOException {
    cluster.startOperator(Cluster.QUICK);
    create("hm", "compute-1");
    awaitPhase("hm", "InMaintenance");
    var told = rounds();
    await().atMost(PATIENCE).until(() -> rounds() > told); // what told it has been written by then
    var writes = cluster.apiServer().calls().stream().filter(ApiServer.Call::writes).count();
    var rounds = rounds();

    await().atMost(PATIENCE).until(() -> rounds() >= rounds + 4);

    assertThat(cluster.apiServer().calls().stream().filter(ApiServer.Call::writes))
        .hasSize((int) writes);
  }

  private long rounds() {
    return cluster.simulator().requests(r -> r.path().endsWith("/allocation_candidates")).size();
  }

  @Test
  void youngerMaintenanceDisablesTheServiceWhenTheOlderIsDeleted() throws IOException {
    cluster.startOperator(Cluster.QUICK);
    create("a", "compute-1");
    awaitPhase("a", "InMaintenance");
    create("b", "compute-1");
    var blocked = awaitPhase("b", "Blocked");
    assertThat(blocked.getStatus().condition(Condition.READY))
        .map(Condition::reason)
        .hasValue("Conflict");

    delete("a");
    awaitGone("a");
    awaitPhase("b", "InMaintenance");

    assertThat(cluster.simulator().requests(servicePut()))
        .extracting(r -> r.json().path("status").asText())
        .containsExactly("disabled", "enabled", "disabled");
    assertThat(host().disabledReason()).matches("host-maintenance b \\[[0-9a-f]{8}]: DIMM A3");
  }
}
