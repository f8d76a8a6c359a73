package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.openstack4j.Limits;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One operator and the clouds {@code one} and {@code two}, whose hosts have equal names. */
class SeveralCloudsTest {

  @TempDir Path directory;

  private final InMemoryResources resources = new InMemoryResources();
  private final Map<String, Nova> novas = new HashMap<>();
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private CloudSimulator one;
  private CloudSimulator two;
  private MaintenanceLoop process;

  @BeforeEach
  void begin() throws IOException {
    one = cloud(1);
    two = cloud(2);
    novas.put("one", nova("one", one));
    novas.put("two", nova("two", two));
    novas.put("alias-of-one", nova("alias-of-one", one));
    startProcess("one");
  }

  @AfterEach
  void end() throws IOException {
    one.close();
    two.close();
  }

  private CloudSimulator cloud(int seed) throws IOException {
    var cloud =
        new io.hostmaintenance.fakecloud.Cloud(now, new SplittableRandom(seed), Timing.DEFAULT);
    List.of("compute-1", "compute-2", "compute-3").forEach(cloud::addHost);
    return new CloudSimulator(cloud, () -> now);
  }

  private Nova nova(String name, CloudSimulator simulator) throws IOException {
    return OpenStackCloud.nova(
        Cluster.environment(Files.createDirectories(directory.resolve(name)), simulator),
        () -> now,
        this::nanos,
        (operation, status, duration) -> {},
        Duration.ofSeconds(60));
  }

  private long nanos() {
    return Duration.between(Instant.EPOCH, now).toNanos();
  }

  private void startProcess(String fallback) {
    process =
        new MaintenanceLoop(
            new Clouds(
                fallback,
                Set::of,
                name ->
                    Cloud.of(
                        name,
                        novas.get(name),
                        this::nanos,
                        ParallelReads.threads(),
                        World.SETTINGS.strategies(),
                        new ReconciliationQueue(
                            Limits.DEFAULT, System::nanoTime, (priority, waited) -> {}))),
            resources,
            (resource, notice) -> true,
            (before, status) -> {},
            World.SETTINGS,
            () -> now,
            this::nanos,
            () -> true,
            name -> {});
  }

  private void create(String name, String cloud, String host) {
    var resource = new HostMaintenance();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withUid("uid-of-" + name)
            .withGeneration(1L)
            .withCreationTimestamp(now.toString())
            .build());
    resource.setSpec(HostMaintenanceSpecBuilder.builder().host(host).cloud(cloud).build());
    resources.store(resource);
    now = now.plusSeconds(1);
  }

  private void delete(String name) {
    resources.edit(
        name,
        r -> {
          r.getMetadata().setDeletionTimestamp(now.toString());
          return r;
        });
  }

  private void reconcile(String... names) {
    for (var name : names) {
      process.reconcile(name, Duration.ZERO);
      now = now.plusSeconds(1);
    }
  }

  private void reconcileUntil(BooleanSupplier reached, String... names) {
    for (var i = 0; i < 200 && !reached.getAsBoolean(); i++) {
      reconcile(names);
      now = now.plusSeconds(5);
    }
    assertThat(reached.getAsBoolean()).isTrue();
  }

  private HostMaintenanceStatus status(String name) {
    return resources.read(name).orElseThrow().getStatus();
  }

  private String reason(String name) {
    return status(name).condition("Ready").orElseThrow().reason();
  }

  private static boolean enabled(CloudSimulator cloud, String host) {
    return cloud.cloud(c -> c.host(host)).enabled();
  }

  private static int servicePuts(CloudSimulator cloud) {
    return cloud.requests(World.servicePut()).size();
  }

  @Test
  void hostsOfOneNameInTwoCloudsAreTakenSideBySide() {
    create("a", "one", "compute-1");
    create("b", "two", "compute-1");

    reconcile("a", "b");

    assertThat(enabled(one, "compute-1")).isFalse();
    assertThat(enabled(two, "compute-1")).isFalse();
  }

  @Test
  void hostIsGivenBackInItsOwnCloud() {
    create("a", "one", "compute-1");
    create("b", "two", "compute-1");
    reconcile("a", "b");
    delete("b");

    reconcileUntil(() -> !resources.exists("b"), "b");

    assertThat(enabled(two, "compute-1")).isTrue();
    assertThat(enabled(one, "compute-1")).isFalse();
  }

  @Test
  void resourceWithoutACloudIsOfTheDefault() {
    startProcess("two");
    create("a", null, "compute-1");

    reconcile("a");

    assertThat(enabled(two, "compute-1")).isFalse();
    assertThat(servicePuts(one)).isZero();
  }

  @Test
  void twoNamesOfOneCloudDoNotTakeAHostTwice() {
    create("a", "one", "compute-1");
    create("b", "alias-of-one", "compute-1");
    reconcile("a");

    reconcile("b", "b");

    assertThat(reason("b")).isEqualTo("Conflict");
    assertThat(status("b").condition("Ready").orElseThrow().message()).contains("'a'");
    assertThat(status("b").service()).isNull();
    assertThat(servicePuts(one)).isEqualTo(1);
  }

  @Test
  void otherNameOfTheCloudTakesTheHostOnceItIsFree() {
    create("a", "one", "compute-1");
    create("b", "alias-of-one", "compute-1");
    reconcile("a", "b");
    delete("a");
    reconcileUntil(() -> !resources.exists("a"), "a");

    reconcile("b");

    assertThat(enabled(one, "compute-1")).isFalse();
    assertThat(status("b").service()).isNotNull();
  }

  @Test
  void restartWithAnotherCloudOfTheNameTakesNoNamesake() throws IOException {
    create("a", "one", "compute-1");
    reconcile("a");
    novas.put("one", nova("moved", two));
    startProcess("one");

    reconcileUntil(() -> reason("a").equals("OtherCloud"), "a");

    assertThat(servicePuts(two)).isZero();
    assertThat(enabled(two, "compute-1")).isTrue();
  }

  /** The clouds.yaml of a cloud names another cloud from the next such request on. */
  private void swapAtNext(Predicate<Request> request) {
    var swapped = new AtomicBoolean();
    one.fault(
        r -> {
          if (request.test(r) && !swapped.getAndSet(true)) {
            swap();
          }
          return false;
        },
        Fault.proxy503());
  }

  private void swap() {
    try {
      Cluster.environment(directory.resolve("one"), two);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    now = now.plusSeconds(6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"os-migrations", "servers/detail"})
  void cloudThatIsSwappedDuringAnObservationLosesNoInstance(String request) {
    place(one, "compute-1");
    create("a", "one", "compute-1");
    reconcile("a", "a");
    swapAtNext(CloudSimulator.on("GET", "/v2\\.1/.*" + request));

    reconcile("a");

    assertThat(status("a").gone()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"os-services", "os-migrations", "servers/detail"})
  void cloudThatIsSwappedDuringAnObservationHasNoNamesakeTaken(String request) {
    create("a", "one", "compute-1");
    reconcile("a");
    swapAtNext(CloudSimulator.on("GET", "/v2\\.1/.*" + request));

    reconcile("a");

    assertThat(enabled(two, "compute-1")).isTrue();
  }

  @Test
  void cloudThatIsSwappedBetweenTwoObservationsLosesNoInstance() {
    place(one, "compute-1");
    create("a", "one", "compute-1");
    reconcile("a", "a");
    swap();

    reconcileUntil(() -> reason("a").equals("OtherCloud"), "a");

    assertThat(status("a").gone()).isZero();
  }

  @Test
  void drainContinuesWhenTheRightCloudIsBack() throws IOException {
    var right = novas.get("one");
    create("a", "one", "compute-1");
    reconcile("a");
    novas.put("one", nova("moved", two));
    startProcess("one");
    reconcileUntil(() -> reason("a").equals("OtherCloud"), "a");
    novas.put("one", right);
    startProcess("one");

    reconcileUntil(() -> reason("a").equals("InMaintenance"), "a");

    assertThat(enabled(one, "compute-1")).isFalse();
  }

  @Test
  void restartWithAnotherDefaultKeepsAHostInTheCloudItWasTakenIn() {
    create("a", null, "compute-1");
    reconcile("a");
    startProcess("two");
    delete("a");

    reconcileUntil(() -> !resources.exists("a"), "a");

    assertThat(enabled(one, "compute-1")).isTrue();
    assertThat(servicePuts(two)).isZero();
  }

  /** World.SETTINGS has two places. */
  @Test
  void hostsThatDrainInOneCloudTakeNoPlaceOfAnother() {
    List.of("compute-1", "compute-2").forEach(h -> place(one, h));
    place(two, "compute-1");
    create("a", "one", "compute-1");
    create("b", "one", "compute-2");
    create("c", "two", "compute-1");
    reconcile("a", "b", "a", "b");
    assertThat(List.of(reason("a"), reason("b"))).containsOnly("Draining");

    reconcile("c");

    assertThat(enabled(two, "compute-1")).isFalse();
  }

  private static void place(CloudSimulator cloud, String host) {
    cloud.change(c -> c.place(NewServer.on(host)));
  }
}
