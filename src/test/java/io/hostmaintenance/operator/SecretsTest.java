package io.hostmaintenance.operator;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.nova.openstack4j.Limits;
import io.hostmaintenance.nova.openstack4j.Logs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * The whole operator at its work, everything it says at every level, and the secrets it works with.
 */
class SecretsTest {

  private static final String ACCOUNT_TOKEN = "plantedTokenOfTheServiceAccount";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void silenceWhatIsNeverTold() {
    Logging.silence((LoggerContext) LoggerFactory.getILoggerFactory());
  }

  /** Learns the tokens of the cloud from the requests; never matches. */
  private boolean learn(Request request) {
    var token = request.header("X-Auth-Token");
    if (token != null) {
      secrets.add(token);
    }
    return false;
  }

  private Stream<String> tokens() {
    return secrets.stream().filter(secret -> secret.startsWith("gAAAA"));
  }

  private static KubernetesClient client(ApiServer server) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                .withMasterUrl(server.uri().toString())
                .withOauthToken(ACCOUNT_TOKEN)
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  @Test
  void logsEventsStatusAndMetricsContainNoSecret() throws Exception {
    var model = new Cloud(Instant.now(), new SplittableRandom(1), Timing.DEFAULT);
    List.of("compute-1", "compute-2").forEach(model::addHost);
    try (var cluster = new Cluster(directory, model, InstantSource.system());
        var logs = new Logs()) {
      var cloud = cluster.simulator();
      secrets.add(ACCOUNT_TOKEN);
      secrets.add(cloud.cloud(c -> c.users().get("admin").password()));
      cloud.fault(this::learn, new Fault.DropRequest());
      cloud.change(c -> c.place(NewServer.on("compute-1")));
      cloud.change(c -> c.place(NewServer.on("compute-1").in(VmState.STOPPED)));
      var clock = InstantSource.system();
      var metrics = new Metrics(clock);
      var config =
          new Config(
              Cluster.QUICK,
              Limits.DEFAULT,
              0,
              "127.0.0.1",
              true,
              "default",
              Config.LogFormat.JSON,
              Config.LogLevel.INFO,
              null,
              "us");
      var ofSecret = cloudsYamlInASecret();
      secrets.add(ofSecret.getData().get("clouds.yaml"));
      try (var client = client(cluster.apiServer());
          var operator =
              new HostMaintenanceOperator(
                  client, Cluster.environment(directory, cloud), config, clock, metrics)) {
        client.resource(ofSecret).create();
        operator.start();
        var token = await().atMost(PATIENCE).until(() -> tokens().findAny(), Optional::isPresent);
        for (var status : List.of(500, 409, 403)) {
          var echo = Fault.error(status, "The token " + token.get() + " is bad.");
          cloud.fault(1, World.moveRequest(), echo);
        }
        create(client);
        await()
            .atMost(PATIENCE)
            .until(() -> cluster.stored("north").orElseThrow().getStatus() != null);
        await()
            .atMost(PATIENCE)
            .until(() -> cloud.requests(World.moveRequest()).size(), count -> count >= 3);
        cloud.revokeAllTokens();
        await().atMost(PATIENCE).until(() -> tokens().count(), count -> count > 1);
        var said =
            String.join(
                "\n",
                logs.text(),
                Serialization.asJson(cluster.stored("hm").orElseThrow()),
                Serialization.asJson(cluster.stored("north").orElseThrow()),
                Serialization.asJson(client.v1().events().inAnyNamespace().list()),
                Serialization.asJson(client.leases().inAnyNamespace().list()),
                scraped(operator.port()));

        assertThat(said)
            .contains(
                "compute-1",
                "hostmaintenance_cloud_request_duration_seconds",
                "/servers/detail",
                "*** is bad");
        assertThat(secrets).hasSizeGreaterThan(3);
        assertThat(events(said)).isEmpty();
      }
      assertThat(events(logs.text())).isEmpty();
    }
  }

  /** The lines that hold a secret, but for those of the mock server, which stores the Secret. */
  private List<String> events(String text) {
    return text.lines()
        .filter(line -> !line.startsWith("io.fabric8.kubernetes.client.server.mock."))
        .filter(line -> secrets.stream().anyMatch(line::contains))
        .toList();
  }

  /** A cloud in a Secret, whose project is another, so that the login of it fails. */
  private Secret cloudsYamlInASecret() throws IOException {
    var text = Files.readString(directory.resolve("clouds.yaml"));
    var other = text.replaceFirst("project_name: .*", "project_name: nowhere");
    return new SecretBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("north-cloud")
        .addToLabels(HostMaintenance.CLOUD, "north")
        .endMetadata()
        .addToData(
            "clouds.yaml",
            Base64.getEncoder().encodeToString(other.getBytes(StandardCharsets.UTF_8)))
        .build();
  }

  private static void create(KubernetesClient client) {
    create(client, "hm", null);
    create(client, "north", "north");
  }

  private static void create(KubernetesClient client, String name, String cloud) {
    var spec = HostMaintenanceSpecBuilder.builder().host("compute-1").cloud(cloud);
    client.resource(Fixtures.maintenance(name, spec)).create();
  }

  private static String scraped(int port) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"));
      return http.send(request.build(), ofString()).body();
    }
  }
}
