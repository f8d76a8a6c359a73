package io.hostmaintenance.process;

import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/** An API server, a proxy and a simulated cloud, between which the jar runs. */
final class Bench implements AutoCloseable {

  private final Path directory;
  private final int hosts;
  private final KubernetesApi kubernetes = new KubernetesApi();
  private final CloudSimulator simulator;
  private final Proxy proxy;

  /** So many hosts, called compute-0 and so on, and two spare ones. */
  Bench(Path directory, int hosts) throws IOException {
    this.directory = directory;
    this.hosts = hosts;
    var cloud = new Cloud(Instant.now(), 1);
    names().forEach(cloud::addHost);
    cloud.addHost("spare-1", 64 * 1024 * 1024);
    cloud.addHost("spare-2", 64 * 1024 * 1024);
    simulator = new CloudSimulator(cloud, InstantSource.system());
    proxy = new Proxy(simulator.authUrl().resolve("/"));
  }

  @Override
  public void close() throws IOException {
    proxy.close();
    simulator.close();
    kubernetes.close();
  }

  KubernetesApi kubernetes() {
    return kubernetes;
  }

  CloudSimulator simulator() {
    return simulator;
  }

  Proxy proxy() {
    return proxy;
  }

  List<String> names() {
    return IntStream.range(0, hosts).mapToObj(i -> "compute-" + i).toList();
  }

  /** Starts the jar, with these variables and flags more. */
  OperatorJar start(Map<String, String> variables, String... flags) throws IOException {
    return new OperatorJar(directory, environment(variables), flags);
  }

  /** Starts a command of the jar, with these variables more. */
  OperatorJar command(String command, Map<String, String> variables) throws IOException {
    return OperatorJar.command(directory, environment(variables), command);
  }

  private Map<String, String> environment(Map<String, String> variables) throws IOException {
    var environment = new HashMap<String, String>();
    environment.put("HOME", directory.toString());
    environment.put("KUBECONFIG", kubernetes.kubeconfig(directory).toString());
    environment.put("OS_CLIENT_CONFIG_FILE", cloudsYaml().toString());
    environment.put("HM_SETTLE", "2s");
    environment.put("HM_LOG_FORMAT", "human");
    environment.putAll(variables);
    return environment;
  }

  /** It leads to the proxy. */
  private Path cloudsYaml() throws IOException {
    var text = simulator.cloudsYaml().replace(simulator.authUrl().toString(), proxy.uri() + "/v3");
    var endpoints =
        "    compute_endpoint_override: %1$s/v2.1\n    placement_endpoint_override: %1$s/placement\n";
    return Files.writeString(
        directory.resolve("clouds.yaml"), text + endpoints.formatted(proxy.uri()));
  }

  /** Puts a running instance on each host. */
  void placeInstances() {
    simulator.change(c -> names().forEach(host -> c.place(NewServer.on(host))));
  }

  /** Creates a resource for each host at once. */
  void createAll() {
    kubernetes.createAll(names());
  }

  void deleteAll() {
    names().forEach(kubernetes::delete);
  }

  /** Gives each resource so many rows of instances that were moved long ago. */
  void addRows(int rows) {
    kubernetes.addRows(names(), rows);
  }

  /** Whether a condition of the resource has this status. */
  boolean has(String name, String condition, String status) {
    return kubernetes.condition(name, condition).equals(status);
  }

  boolean allInMaintenance() {
    return names().stream().allMatch(name -> has(name, Condition.READY, "True"));
  }

  boolean allGone() {
    return kubernetes.size() == 0;
  }

  /** The hosts whose service is enabled. */
  long enabled() {
    return simulator.cloud(c -> names().stream().filter(h -> c.host(h).enabled()).count());
  }

  /**
   * Waits until it is so, or the process ends, or the patience does: what then holds is for the
   * test to assert.
   */
  static void until(OperatorJar operator, Duration timeout, BooleanSupplier reached) {
    try {
      await()
          .atMost(timeout)
          .pollInterval(Duration.ofMillis(500))
          .until(() -> !operator.alive() || reached.getAsBoolean());
    } catch (ConditionTimeoutException e) {
      System.out.println("not reached in " + timeout);
    }
  }

  /** What was asked and used so far, in a line. */
  String measured(OperatorJar operator) throws IOException {
    var calls = kubernetes.calls();
    var nova = proxy.calls().values().stream().mapToInt(i -> i).sum();
    var others = calls.values().stream().mapToInt(i -> i).sum();
    return "%d hosts: %d Nova calls (%.1f a host), %d Kubernetes calls (%.1f a host) %s, peak %s"
        .formatted(
            hosts,
            nova,
            1.0 * nova / hosts,
            others,
            1.0 * others / hosts,
            calls,
            operator.alive()
                ? operator.peakMiB() + " MiB of " + OperatorJar.limitMiB()
                : "unknown, ended with status " + operator.exitStatus());
  }
}
