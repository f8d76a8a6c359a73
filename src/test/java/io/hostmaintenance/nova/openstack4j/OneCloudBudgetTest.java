package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All requests of one cloud, whoever asks, share one budget. */
class OneCloudBudgetTest {

  private static final String BASE = "/compute/v2.1";
  private static final String SERVICES = BASE + "/os-services";
  private static final Command ABORT = new Command.AbortMigration("i1", 7);
  private static final Command MOVE =
      new Command.LiveMigrate("i1", Optional.empty(), true, "req-global");

  private final StubCloud cloud = new StubCloud();
  private final List<String> waits = Collections.synchronizedList(new ArrayList<>());
  private final List<String> answers = Collections.synchronizedList(new ArrayList<>());
  private Nova nova;

  @TempDir Path directory;

  @BeforeEach
  void connect() {
    nova =
        OpenStackCloud.nova(
            Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString()),
            InstantSource.system(),
            System::nanoTime,
            new RequestListener() {
              @Override
              public void answered(String operation, int status, Duration duration) {
                answers.add(operation);
              }

              @Override
              public void waited(Priority priority, Duration duration) {
                waits.add(priority.name());
              }
            },
            Duration.ofSeconds(20),
            new Limits(3, 1000));
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    cloud.on("DELETE", BASE + "/servers/i1/migrations/7", 202, "");
    cloud.on(
        "POST",
        BASE + "/servers/i1/action",
        request -> Answer.json(202, "").with("x-compute-request-id", "req-1"));
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  /** The priorities with which it asks, once there is a login and a version. */
  private List<String> waitsOf(Runnable requests) {
    nova.newestVersion();
    waits.clear();
    requests.run();
    return List.copyOf(waits);
  }

  @Test
  void loginAndVersionAreHadWithoutWaitingForOthers() {
    nova.on(Priority.IDLE, "compute-1").newestVersion();

    assertThat(answers).containsExactly("login", "discover-version");
    assertThat(waits).containsExactly("IMMEDIATE", "IMMEDIATE");
  }

  @Test
  void questionHasThePriorityOfItsView() {
    assertThat(waitsOf(nova.on(Priority.DRAINING, "compute-1")::computeServices))
        .containsExactly("DRAINING");
  }

  @Test
  void questionOfNoViewIsOneForAllHosts() {
    assertThat(waitsOf(nova::computeServices)).containsExactly("WATCH");
  }

  @Test
  void commandHasItsOwnPriorityWhereThatIsMoreUrgent() {
    var idle = nova.on(Priority.IDLE, "compute-1");

    assertThat(waitsOf(() -> idle.execute(ABORT))).containsExactly("IMMEDIATE");
    assertThat(waitsOf(() -> idle.execute(MOVE))).containsExactly("CHANGE");
  }

  @Test
  void commandHasThePriorityOfItsViewWhereThatIsMoreUrgent() {
    assertThat(waitsOf(() -> nova.on(Priority.IMMEDIATE, "compute-1").execute(MOVE)))
        .containsExactly("IMMEDIATE");
  }

  @Test
  void reservedRequestsWaitOnceWithThePriorityOfTheirView() {
    var view = nova.on(Priority.CHANGE, "compute-1");

    assertThat(
            waitsOf(
                () ->
                    view.reserving(
                        () -> {
                          nova.computeServices();
                          return nova.execute(MOVE);
                        })))
        .containsExactly("CHANGE");
  }

  @Test
  void requestSentAtOnceHasNotWaited() {
    var view = nova.on(Priority.IDLE, "compute-1");

    assertThat(view.waited()).isZero();
  }

  @Test
  void refusalOfOneViewHoldsUpTheQuestionsOfAllOthers() {
    cloud.on(
        "GET", BASE + "/servers/i1", request -> Answer.json(429, "").with("Retry-After", "30"));
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.on(Priority.DRAINING, "compute-1").instance("i1"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.on(Priority.IDLE, "compute-2").computeServices())
        .returns(Kind.TOO_MANY_REQUESTS, NovaException::kind)
        .satisfies(
            e -> assertThat(e.retryAfter().orElseThrow()).isBetween(seconds(20), seconds(30)));
    assertThat(cloud.requests("GET", SERVICES)).isEmpty();
  }

  @Test
  void refusalOfAQuestionHoldsUpNoChange() {
    cloud.on(
        "GET", BASE + "/servers/i1", request -> Answer.json(429, "").with("Retry-After", "30"));
    assertThatExceptionOfType(NovaException.class).isThrownBy(() -> nova.instance("i1"));

    nova.execute(MOVE);

    assertThat(cloud.requests("POST", BASE + "/servers/i1/action")).hasSize(1);
  }

  @Test
  void failureThatNamesNoTimeHoldsUpNothing() {
    cloud.on("GET", BASE + "/servers/i1", 503, "");
    assertThatExceptionOfType(NovaException.class).isThrownBy(() -> nova.instance("i1"));

    assertThat(nova.on(Priority.IDLE, "compute-2").computeServices()).isEmpty();
  }

  @Test
  void versionIsAskedForOnceByManyThreads() throws InterruptedException {
    nova.identity();
    var threads = new ArrayList<Thread>();
    cloud.on(
        "GET",
        BASE + "/",
        request -> {
          await().until(() -> threads.stream().allMatch(OneCloudBudgetTest::waits));
          return Answer.json(
              200, "{\"version\": {\"min_version\": \"2.1\", \"version\": \"2.96\"}}");
        });
    IntStream.range(0, 3)
        .mapToObj(i -> Thread.ofVirtual().unstarted(nova::newestVersion))
        .forEach(threads::add);
    threads.forEach(Thread::start);
    for (var thread : threads) {
      thread.join();
    }

    assertThat(cloud.requests("GET", BASE + "/")).hasSize(1);
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING;
  }

  private static Duration seconds(int seconds) {
    return Duration.ofSeconds(seconds);
  }
}
