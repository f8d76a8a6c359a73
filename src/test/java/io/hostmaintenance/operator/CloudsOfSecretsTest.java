package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole operator with the cloud of its clouds.yaml and another one of a Secret. */
class CloudsOfSecretsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private Cluster cluster;
  private CloudSimulator north;

  @BeforeEach
  void begin() throws IOException {
    cluster = new Cluster(directory, cloud(1), InstantSource.system());
    north = new CloudSimulator(cloud(2), InstantSource.system());
  }

  @AfterEach
  void end() throws IOException {
    cluster.close();
    north.close();
  }

  private static io.hostmaintenance.fakecloud.Cloud cloud(int seed) {
    var cloud =
        new io.hostmaintenance.fakecloud.Cloud(
            Instant.now(), new SplittableRandom(seed), Timing.DEFAULT);
    List.of("compute-1", "compute-2").forEach(cloud::addHost);
    return cloud;
  }

  private static String metrics(HostMaintenanceOperator operator) throws IOException {
    var url = URI.create("http://127.0.0.1:" + operator.port() + "/metrics").toURL();
    try (var answer = url.openStream()) {
      return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private HostMaintenanceOperator start() throws IOException {
    var operator =
        cluster.operator(
            new Config(
                Cluster.QUICK,
                Limits.DEFAULT,
                0,
                "127.0.0.1",
                false,
                "ops",
                Config.LogFormat.HUMAN,
                Config.LogLevel.INFO,
                null,
                "it"));
    operator.start();
    return operator;
  }

  private Secret secret(String namespace, String cloudsYaml) {
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName("north-cloud")
            .addToLabels(HostMaintenance.CLOUD, "north")
            .endMetadata()
            .addToData(
                "clouds.yaml",
                Base64.getEncoder().encodeToString(cloudsYaml.getBytes(StandardCharsets.UTF_8)))
            .build();
    return cluster.client().resource(secret).createOr(r -> r.update());
  }

  private void create(String name, String cloud, String host) {
    cluster.create(name, HostMaintenanceSpecBuilder.builder().host(host).cloud(cloud));
  }

  private Condition awaitReady(String name, String reason) {
    return await()
        .atMost(PATIENCE)
        .until(
            () ->
                cluster
                    .stored(name)
                    .map(HostMaintenance::getStatus)
                    .flatMap(s -> s.condition("Ready")),
            c -> c.filter(r -> r.reason().equals(reason)).isPresent())
        .orElseThrow();
  }

  private static boolean enabled(CloudSimulator cloud) {
    return cloud.cloud(c -> c.host("compute-1")).enabled();
  }

  @Test
  void hostOfTheCloudOfASecretIsDrained() throws IOException {
    secret("ops", north.cloudsYaml());
    create("hm", "north", "compute-1");
    start();

    awaitReady("hm", "InMaintenance");

    assertThat(enabled(north)).isFalse();
    assertThat(enabled(cluster.simulator())).isTrue();
  }

  @Test
  void loginOfASecretThatNoResourceNamesIsTried() throws IOException {
    secret("ops", north.cloudsYaml().replaceFirst("password: .*", "password: wrong"));
    var operator = start();

    await()
        .atMost(PATIENCE)
        .until(
            () -> metrics(operator),
            m -> m.contains("hostmaintenance_cloud_up{cloud=\"north\"} 0.0"));
    assertThat(metrics(operator)).contains("hostmaintenance_cloud_up{cloud=\"\"} 1.0");
  }

  @Test
  void cloudOfADeletedSecretThatNoResourceNamesIsForgotten() throws IOException {
    var secret = secret("ops", north.cloudsYaml());
    var operator = start();
    await()
        .atMost(PATIENCE)
        .until(
            () -> metrics(operator), m -> m.contains("hostmaintenance_cloud_up{cloud=\"north\"}"));

    cluster.client().resource(secret).delete();

    await()
        .atMost(PATIENCE)
        .until(
            () -> metrics(operator), m -> !m.contains("hostmaintenance_cloud_up{cloud=\"north\"}"));
  }

  @Test
  void secretOfAnotherNamespaceServesNoResource() throws IOException {
    secret("theirs", north.cloudsYaml());
    create("hm", "north", "compute-1");
    start();

    assertThat(awaitReady("hm", "CloudConfiguration").message())
        .contains("no cloud north", "namespace ops", "hostmaintenance.io/cloud: north");
    assertThat(enabled(north)).isTrue();
  }

  @Test
  void rotatedSecretIsUsedWithoutARestart() throws IOException {
    var right = north.cloudsYaml();
    secret("ops", right.replaceFirst("password: .*", "password: wrong"));
    create("hm", "north", "compute-1");
    start();
    awaitReady("hm", "Unauthorized");

    secret("ops", right);

    awaitReady("hm", "InMaintenance");
  }

  @Test
  void cloudThatDoesNotAnswerHoldsUpNoOther() throws IOException {
    try (var silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
      secret(
          "ops",
          north
              .cloudsYaml()
              .replaceFirst(
                  "auth_url: .*", "auth_url: http://127.0.0.1:" + silent.getLocalPort() + "/v3"));
      for (var i = 0; i < 40; i++) {
        create("silent-" + i, "north", "compute-" + i);
      }
      start();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  cluster.apiServer().calls().stream()
                          .filter(c -> c.path().contains("/hostmaintenances/silent-"))
                          .count()
                      >= Limits.DEFAULT.forOthers());

      create("hm", null, "compute-1");

      awaitReady("hm", "InMaintenance");
    }
  }
}
