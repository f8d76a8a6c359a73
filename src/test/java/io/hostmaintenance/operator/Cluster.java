package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A Kubernetes API server, an OpenStack cloud and as many operators as are started, all in this
 * process and wired as in production: the operators speak HTTP to both.
 */
public final class Cluster implements AutoCloseable {

  /** Looks every 100 ms while something moves. */
  static final Settings QUICK =
      new Settings(
          Duration.ofMillis(100),
          Duration.ofMillis(500),
          Duration.ofSeconds(20),
          Duration.ofSeconds(1),
          Duration.ofSeconds(90),
          Duration.ZERO,
          10,
          20,
          Strategies.DEFAULT);

  /** A test does not wait for the time of a second. */
  private static final Limits LIMITS = new Limits(8, 1000);

  private static final Timing QUICK_CLOUD =
      new Timing(
          Duration.ofMillis(20),
          Duration.ofMillis(200),
          Duration.ofMillis(200),
          Duration.ofMillis(100),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          0);

  private final ApiServer apiServer = new ApiServer();
  private final KubernetesClient client = apiServer.client();
  private final CloudSimulator simulator;
  private final InstantSource clock;
  private final Map<String, String> environment;
  private final List<HostMaintenanceOperator> operators = new ArrayList<>();

  /**
   * Serves both, with the CRD installed; no operator runs yet.
   *
   * @param directory where the clouds.yaml is written
   * @param clock of the cloud and the operators
   */
  public Cluster(Path directory, Cloud cloud, InstantSource clock) throws IOException {
    this.clock = clock;
    simulator = new CloudSimulator(cloud, clock);
    environment = environment(directory, simulator);
    apiServer.installCrd();
  }

  /** One of compute-1, compute-2 and compute-3, whose moves take fractions of a second. */
  static Cluster quick(Path directory) throws IOException {
    var cloud = new Cloud(Instant.now(), new SplittableRandom(1), QUICK_CLOUD);
    List.of("compute-1", "compute-2", "compute-3").forEach(cloud::addHost);
    return new Cluster(directory, cloud, InstantSource.system());
  }

  /** The variables by which an operator finds a simulator, as its administrator. */
  public static Map<String, String> environment(Path directory, CloudSimulator simulator)
      throws IOException {
    var file = Files.writeString(directory.resolve("clouds.yaml"), simulator.cloudsYaml());
    return Map.of("OS_CLIENT_CONFIG_FILE", file.toString());
  }

  /** The API server. */
  public ApiServer apiServer() {
    return apiServer;
  }

  /** A client of the API server, for the people of the story. */
  public KubernetesClient client() {
    return client;
  }

  /** The cloud. */
  public CloudSimulator simulator() {
    return simulator;
  }

  /** Starts an operator without leader election. */
  public HostMaintenanceOperator startOperator(Settings settings) throws IOException {
    var operator =
        operator(
            new Config(
                settings,
                LIMITS,
                0,
                "127.0.0.1",
                false,
                null,
                Config.LogFormat.HUMAN,
                Config.LogLevel.INFO,
                null,
                "operator-" + operators.size()));
    operator.start();
    return operator;
  }

  /** An operator that is not started yet; closed with the cluster. */
  HostMaintenanceOperator operator(Config config) throws IOException {
    var metrics = new Metrics(clock);
    var operator =
        new HostMaintenanceOperator(apiServer.client(), environment, config, clock, metrics);
    operators.add(operator);
    return operator;
  }

  /** Creates a resource as a person does. */
  void create(String name, HostMaintenanceSpecBuilder spec) {
    client.resource(Fixtures.maintenance(name, spec)).create();
  }

  /** What is stored under this name; empty for nothing. */
  public Optional<HostMaintenance> stored(String name) {
    return Optional.ofNullable(client.resources(HostMaintenance.class).withName(name).get());
  }

  /** Ends the operators first. */
  @Override
  public void close() throws IOException {
    operators.forEach(HostMaintenanceOperator::close);
    client.close();
    apiServer.close();
    simulator.close();
  }
}
