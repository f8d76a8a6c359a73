package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two operators of which one acts. */
@Timeout(90)
class LeaderElectionTest {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @TempDir Path directory;
  private Cluster cluster;
  private HostMaintenanceOperator first;
  private HostMaintenanceOperator second;

  @BeforeEach
  void begin() throws IOException {
    var cloud = new Cloud(Instant.now(), 1);
    List.of("compute-1", "compute-2").forEach(cloud::addHost);
    cluster = new Cluster(directory, cloud, InstantSource.system());
    first = operator("first");
    second = operator("second");
    first.start();
    await().atMost(PATIENCE).until(() -> "first".equals(holder()));
  }

  @AfterEach
  void end() throws IOException {
    cluster.close();
  }

  private HostMaintenanceOperator operator(String identity) throws IOException {
    return cluster.operator(
        new Config(
            Cluster.QUICK,
            Limits.DEFAULT,
            0,
            "127.0.0.1",
            true,
            "ops",
            Config.LogFormat.HUMAN,
            Config.LogLevel.INFO,
            null,
            identity));
  }

  /** In a thread of its own: the clients of both need the common pool, which has few threads. */
  private void standBy() {
    Thread.ofPlatform().daemon().start(second::start);
  }

  private String holder() {
    var lease =
        cluster.client().leases().inNamespace("ops").withName("host-maintenance-operator").get();
    return lease == null ? null : lease.getSpec().getHolderIdentity();
  }

  private void create() {
    cluster.create("hm", HostMaintenanceSpecBuilder.builder().host("compute-1"));
  }

  @Test
  void leaderDisablesTheService() {
    create();

    await()
        .atMost(PATIENCE)
        .until(() -> !cluster.simulator().cloud(c -> c.host("compute-1").enabled()));
  }

  /** Sums over both would count each host twice. */
  @Test
  void onlyTheLeaderServesSeriesOfResourcesAndClouds() throws IOException {
    create();
    standBy();
    await().atMost(PATIENCE).until(() -> metrics(first), page -> page.contains("cloud_up{"));
    await().atMost(PATIENCE).until(() -> ready(second));

    assertThat(metrics(first)).contains("hostmaintenance_leader 1.0", "name=\"hm\"");
    assertThat(metrics(second))
        .contains("hostmaintenance_leader 0.0")
        .doesNotContain("name=\"hm\"", "cloud_up{");
  }

  private static String metrics(HostMaintenanceOperator operator) throws IOException {
    try (var page = url(operator, "/metrics").openStream()) {
      return new String(page.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static boolean ready(HostMaintenanceOperator operator) throws IOException {
    return ((HttpURLConnection) url(operator, "/readyz").openConnection()).getResponseCode() == 200;
  }

  private static URL url(HostMaintenanceOperator operator, String path) throws IOException {
    return URI.create("http://127.0.0.1:" + operator.port() + path).toURL();
  }

  @Test
  void cleanStopPassesTheLeaseOnWithinTenSeconds() {
    standBy();
    first.close();
    var stopped = Instant.now();

    await().atMost(PATIENCE).until(() -> "second".equals(holder()));

    assertThat(Duration.between(stopped, Instant.now())).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void newLeaderDisablesTheService() {
    standBy();
    first.close();
    create();

    await()
        .atMost(PATIENCE)
        .until(() -> !cluster.simulator().cloud(c -> c.host("compute-1").enabled()));
  }

  /** A container that was killed gives no lease back; its successor in the pod has its name. */
  @Test
  void containerThatIsStartedAgainDoesNotWaitForTheLeaseOfItsPod() {
    first.close();
    var leases = cluster.client().leases().inNamespace("ops");
    leases
        .withName("host-maintenance-operator")
        .edit(
            lease -> {
              lease.getSpec().setHolderIdentity("second");
              lease.getSpec().setRenewTime(ZonedDateTime.now(ZoneOffset.UTC));
              return lease;
            });
    create();

    standBy();

    await()
        .atMost(Lease.DURATION.minusSeconds(5))
        .until(() -> !cluster.simulator().cloud(c -> c.host("compute-1").enabled()));
  }

  @Test
  void stopOfTheLeaderReleasesTheLeaseWithin12Seconds() {
    var began = Instant.now();

    first.close();

    assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(12));
    assertThat(holder()).isEmpty();
  }

  @Test
  void stopOfAStandbyOperatorLeavesTheLeaseUnchanged() {
    standBy();

    second.close();

    assertThat(holder()).isEqualTo("first");
  }

  @Test
  void secondCloseHasNoEffect() {
    first.close();

    first.close();

    assertThat(holder()).isEmpty();
  }
}
