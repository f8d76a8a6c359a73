package io.hostmaintenance.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.operator.Cluster;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built plugin under a real kubectl, with the real operator between a mock API server and a
 * simulated cloud. {@code kubectl-hm/test} builds the plugin and runs this; {@code -Dkubectl.hm}
 * names the directory that it is in, {@code -Dkubectl.hm.record} writes the screens and statuses of
 * the docs and of the plugin's own tests.
 */
@EnabledIfSystemProperty(named = "kubectl.hm", matches = ".+")
class KubectlHmTest {

  private static final int DONE = 0;
  private static final int ERROR = 1;
  private static final int NEEDS_PERSON = 3;
  private static final int TIMEOUT = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Settings SETTINGS =
      new Settings(
          Duration.ofMillis(400),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofSeconds(90),
          Duration.ZERO,
          10,
          20,
          Strategies.DEFAULT);

  @TempDir Path directory;
  private Cluster cluster;

  private record Result(int code, String out, String errors) {
    String all() {
      return out + errors;
    }
  }

  @AfterEach
  void end() throws IOException {
    cluster.close();
  }

  @Test
  void drainReturnsDoneWhenTheHostIsEmpty() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    var result = hm("drain", "compute-1", "--reason=replace DIMM A3", "--wait");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    assertThat(condition("Drained")).isEqualTo("True");
  }

  @Test
  void drainReturnsNeedsPersonWhenAnInstanceIsBlocked() throws IOException, InterruptedException {
    begin(VmState.SUSPENDED);
    var result = hm("drain", "compute-1", "--wait");
    assertThat(result.code()).as(result.all()).isEqualTo(NEEDS_PERSON);
  }

  @Test
  void drainReturnsTimeoutWhileMovesRun() throws IOException, InterruptedException {
    begin(VmState.ACTIVE, Steering.LM_SECONDS, "60");
    var result = hm("drain", "compute-1", "--wait", "--timeout=2s");
    assertThat(result.code()).as(result.all()).isEqualTo(TIMEOUT);
  }

  @Test
  void planOfADrainTouchesNothing() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    var result = hm("drain", "compute-1", "--plan", "--wait");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    assertThat(enabled()).isTrue();
  }

  @Test
  void drainCarriesOutAPlan() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    hm("drain", "compute-1", "--plan", "--wait");
    var result = hm("drain", "compute-1", "--wait");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    assertThat(enabled()).isFalse();
  }

  @Test
  void whyShowsACommandThatHelps() throws IOException, InterruptedException {
    begin(VmState.SUSPENDED);
    hm("drain", "compute-1", "--wait");
    var result = hm("why", "compute-1");
    assertThat(result.code()).as(result.all()).isEqualTo(NEEDS_PERSON);
    assertThat(result.out()).contains("  $ openstack server resume " + instance() + "\n");
  }

  @Test
  void undrainReturnsWhenTheHostIsEnabled() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    hm("drain", "compute-1", "--wait");
    var result = hm("undrain", "compute-1", "--wait");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    assertThat(enabled()).isTrue();
    assertThat(cluster.stored("compute-1")).isEmpty();
  }

  @Test
  void undrainOfAHostWithoutMaintenanceIsAnError() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    var result = hm("undrain", "compute-2");
    assertThat(result.code()).isEqualTo(ERROR);
    assertThat(result.errors()).contains("no HostMaintenance names host compute-2");
  }

  @Test
  void retryReachesTheOperator() throws IOException, InterruptedException {
    begin(VmState.SUSPENDED);
    hm("drain", "compute-1", "--wait");
    var result = hm("retry", "compute-1");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    await()
        .atMost(PATIENCE)
        .until(() -> cluster.stored("compute-1").orElseThrow().getStatus().retry() != null);
  }

  @Test
  void letGoLeavesTheHostDisabled() throws IOException, InterruptedException {
    begin(VmState.SUSPENDED);
    hm("drain", "compute-1", "--wait");
    var result = hm("let-go", "compute-1", "--yes");
    assertThat(result.code()).as(result.all()).isEqualTo(DONE);
    await().atMost(PATIENCE).until(() -> cluster.stored("compute-1").isEmpty());
    assertThat(enabled()).isFalse();
  }

  @Test
  void letGoDoesNothingWithoutAnAnswer() throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    hm("drain", "compute-1", "--wait");
    hm("let-go", "compute-1");
    assertThat(cluster.stored("compute-1").orElseThrow().getMetadata().getDeletionTimestamp())
        .isNull();
  }

  @Test
  void findsTheResourceOfAHostWhoseNameIsNoNameOfAResource()
      throws IOException, InterruptedException {
    begin(VmState.ACTIVE);
    hm("drain", "Compute_2.Example", "-o", "name");
    var result = hm("status", "Compute_2.Example", "-o", "name");
    assertThat(result.out()).isEqualTo("hostmaintenance.hostmaintenance.io/compute-2.example\n");
  }

  @Test
  void kubectlCompletesHosts() throws IOException, InterruptedException {
    begin(VmState.SUSPENDED);
    hm("drain", "compute-1", "--wait");
    var result = kubectl("__complete", "hm", "status", "comp");
    assertThat(result.out()).startsWith("compute-1\tBlocked\n:4");
  }

  @Test
  @EnabledIfSystemProperty(named = "kubectl.hm.record", matches = ".*")
  void recordsTheScreensOfTheDocs() throws IOException, InterruptedException {
    cluster = new Cluster(directory, SampleCloud.before(Instant.now()), InstantSource.system());
    start();
    record("plan", "drain", "compute-1", "--reason=replace DIMM A3", "--plan", "--wait");
    record("drain", "drain", "compute-1");
    await().atMost(PATIENCE).until(() -> number(status().moved()) >= 6);
    record("status", "status", "compute-1");
    record("list", "list");
    await().atMost(Duration.ofMinutes(4)).until(() -> status().phase().equals("Blocked"));
    record("blocked", "status", "compute-1");
    record("why", "why", "compute-1");
    record("wait", "drain", "compute-4", "--reason=new power supply", "--wait");
    record("undrain", "undrain", "compute-4", "--wait");
    record("let-go", "let-go", "compute-1", "--yes");
  }

  /** Writes what the command shows, and the status that it shows. */
  private void record(String name, String... arguments) throws IOException, InterruptedException {
    var result = hm(arguments);
    var shown =
        "$ kubectl hm %s%n%s$ echo $?%n%s%n"
            .formatted(String.join(" ", arguments), result.all(), result.code());
    Files.writeString(Path.of(System.getProperty("kubectl.hm"), name + ".screen"), shown);
    if (List.of("plan", "status", "blocked").contains(name)) {
      Files.writeString(
          Path.of("kubectl-hm/testdata", name + ".json"),
          hm("status", "compute-1", "-o=json").out());
    }
  }

  private HostMaintenanceStatus status() {
    return cluster.stored("compute-1").orElseThrow().getStatus();
  }

  private static int number(Integer count) {
    return count == null ? 0 : count;
  }

  /** A cloud whose compute-1 has one instance in this state. */
  private void begin(VmState state) throws IOException {
    begin(state, Steering.LM_SECONDS, "0.3");
  }

  private void begin(VmState state, Steering steering, String value) throws IOException {
    var cloud = new Cloud(Instant.now(), new SplittableRandom(1), Timing.DEFAULT);
    List.of("compute-1", "compute-2").forEach(cloud::addHost);
    cloud.place(NewServer.on("compute-1").named("web-1").in(state).with(steering, value));
    cluster = new Cluster(directory, cloud, InstantSource.system());
    start();
  }

  private void start() throws IOException {
    cluster.startOperator(SETTINGS);
    Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: it, cluster: {server: '%s'}}]
        users: [{name: it, user: {}}]
        contexts: [{name: it, context: {cluster: it, user: it}}]
        current-context: it
        """
            .formatted(cluster.apiServer().uri()));
  }

  private String condition(String type) {
    return status().conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow()
        .status();
  }

  private String instance() {
    return status().instances().getFirst().id();
  }

  private boolean enabled() {
    return cluster.simulator().cloud(c -> c.host("compute-1").enabled());
  }

  private Result hm(String... arguments) throws IOException, InterruptedException {
    var all = new ArrayList<>(List.of("hm"));
    all.addAll(List.of(arguments));
    return kubectl(all.toArray(String[]::new));
  }

  private Result kubectl(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(System.getProperty("kubectl", "kubectl")));
    command.addAll(List.of(arguments));
    var errors = directory.resolve("errors").toFile();
    var builder = new ProcessBuilder(command).redirectError(errors);
    builder.redirectInput(new File("/dev/null"));
    var plugin = Path.of(System.getProperty("kubectl.hm")).toAbsolutePath();
    var kubectl = Path.of(command.getFirst()).toAbsolutePath().getParent();
    builder
        .environment()
        .merge("PATH", plugin + ":" + kubectl, (path, first) -> first + ":" + path);
    builder.environment().put("KUBECONFIG", directory.resolve("kubeconfig").toString());
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("COLUMNS", "100");
    var process = builder.start();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), out, Files.readString(errors.toPath()));
  }
}
