package io.hostmaintenance.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.process.KubernetesApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** An API server and a simulated cloud, between which a process of the operator runs. */
final class Surroundings implements AutoCloseable {

  private final Site site;
  private final KubernetesApi kubernetes = new KubernetesApi();
  private final CloudSimulator simulator;
  private final Map<String, String> environment;
  private final Requests nova = new Requests();
  private final Lateness lateness = new Lateness();
  private final Set<String> reconciled = new HashSet<>();
  private Map<KubernetesApi.Kind, Integer> before = Map.of();
  private Instant countedSince = Instant.now();
  private Instant firstRequest;
  private Instant lastReconciled;
  private Instant lastMoved;
  private long second;
  private int inSecond;
  private int mostInSecond;

  /**
   * Serves at once.
   *
   * @param directory where the kubeconfig and the clouds.yaml are written to
   */
  Surroundings(Path directory, Site site) throws IOException {
    this.site = site;
    this.simulator = new CloudSimulator(site.cloud(Instant.now()), InstantSource.system());
    simulator.count(this::asked);
    kubernetes.observe(this::observed);
    this.environment =
        Map.of(
            "HOME", directory.toString(),
            "KUBECONFIG", kubernetes.kubeconfig(directory).toString(),
            "OS_CLIENT_CONFIG_FILE",
                Files.writeString(directory.resolve("clouds.yaml"), simulator.cloudsYaml())
                    .toString());
  }

  @Override
  public void close() throws IOException {
    simulator.close();
    kubernetes.close();
  }

  /** The environment of an operator between the two, besides its settings. */
  Map<String, String> environment() {
    return environment;
  }

  private synchronized void asked(Request request, int bytes) {
    nova.add(request, bytes);
    var now = Instant.now();
    if (firstRequest == null) {
      firstRequest = now;
    }
    inSecond = second == now.getEpochSecond() ? inSecond + 1 : 1;
    second = now.getEpochSecond();
    mostInSecond = Math.max(mostInSecond, inSecond);
  }

  private synchronized void observed(KubernetesApi.Kind kind, JsonNode resource) {
    var now = Instant.now();
    if (kind == KubernetesApi.Kind.GET
        && reconciled.add(resource.at("/metadata/name").asText())
        && reconciled.size() == site.hosts()) {
      lastReconciled = now;
    }
    if (kind == KubernetesApi.Kind.WRITE_STATUS) {
      var moved = lateness.moved();
      lateness.stored(resource, now);
      if (lateness.moved() > moved) {
        lastMoved = now;
      }
    }
  }

  /** Creates a resource for each host at once. */
  void createAll() {
    kubernetes.createAll(site.names());
  }

  /** Gives each resource so many rows of instances that were moved long ago. */
  void addRows(int rows) {
    kubernetes.addRows(site.names(), rows);
  }

  /** How many resources are Ready. */
  long ready() {
    return site.names().stream()
        .filter(host -> kubernetes.condition(host, Condition.READY).equals("True"))
        .count();
  }

  /** How many instances were called Moved so far. */
  int moved() {
    return lateness.moved();
  }

  /** Counts from nothing again, as for a process that starts now. */
  void count() {
    count(kubernetes.calls());
  }

  private synchronized void count(Map<KubernetesApi.Kind, Integer> calls) {
    nova.clear();
    before = calls;
    countedSince = Instant.now();
    firstRequest = null;
    lastReconciled = null;
    reconciled.clear();
    mostInSecond = 0;
  }

  /** What was counted since {@link #count}; to the last row that was moved, where any was. */
  Counts counts() {
    // Not in our lock: who asks waits for it in the locks of the cloud and of the API server.
    var sorted = simulator.cloud(lateness::sorted);
    var calls = kubernetes.calls();
    return counts(sorted, calls);
  }

  private synchronized Counts counts(
      List<Duration> lateBy, Map<KubernetesApi.Kind, Integer> calls) {
    return new Counts(
        nova.sums(),
        kubernetesCalls(calls),
        Duration.between(countedSince, lastMoved == null ? Instant.now() : lastMoved),
        site,
        Lateness.percentile(lateBy, 50),
        Lateness.percentile(lateBy, 99));
  }

  private SortedMap<String, Long> kubernetesCalls(Map<KubernetesApi.Kind, Integer> all) {
    var names =
        Map.of(
            KubernetesApi.Kind.LIST, "list",
            KubernetesApi.Kind.GET, "get",
            KubernetesApi.Kind.WRITE_STATUS, "update status",
            KubernetesApi.Kind.PATCH, "patch finalizers",
            KubernetesApi.Kind.EVENT, "create event");
    var calls = new HashMap<>(all);
    before.forEach((kind, count) -> calls.merge(kind, -count, Integer::sum));
    var named = new TreeMap<String, Long>();
    names.forEach(
        (kind, name) -> {
          if (calls.getOrDefault(kind, 0) > 0) {
            named.put(name, (long) calls.get(kind));
          }
        });
    return named;
  }

  /** The largest number of requests to the cloud in one second since {@link #count}. */
  synchronized int mostInSecond() {
    return mostInSecond;
  }

  /** Seconds of the epoch of the first request to the cloud since {@link #count}; 0 before it. */
  synchronized double firstRequest() {
    return epoch(firstRequest);
  }

  /** Seconds of the epoch when every resource had been read since {@link #count}; 0 before that. */
  synchronized double allReconciled() {
    return epoch(lastReconciled);
  }

  private static double epoch(Instant instant) {
    return instant == null ? 0 : instant.toEpochMilli() / 1000.0;
  }
}
