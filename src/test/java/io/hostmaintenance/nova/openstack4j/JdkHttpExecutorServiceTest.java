package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A cloud that begins to answer and does not end. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JdkHttpExecutorServiceTest {

  /** What comes before nothing more comes. */
  private static final List<String> STALLS =
      List.of(
          RawServer.SILENCE,
          "HTTP/1.1 200 OK\r\nContent-Ty" + RawServer.SILENCE,
          "HTTP/1.1 200 OK\r\nX-Slow: " + RawServer.DRIP,
          "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{\"tok" + RawServer.SILENCE,
          "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{\"ser" + RawServer.DRIP);

  private static final String SERVICES = RawServer.ok("{\"services\": []}");

  private final MovingClock clock = new MovingClock();
  private final AtomicInteger logins = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final RawServer cloud = new RawServer(this::answer);

  private volatile Supplier<String> keystone = this::token;
  private volatile Supplier<String> services = () -> SERVICES;
  private Nova nova;
  private Nova patientNova;

  @TempDir Path directory;

  @BeforeEach
  void connect() throws IOException {
    var file =
        Files.writeString(
            directory.resolve("clouds.yaml"),
            """
            clouds:
              openstack:
                auth:
                  auth_url: %s
                  user_id: u
                  password: p
                  project_id: p
            """
                .formatted(cloud.url()));
    nova = nova(file, Duration.ofSeconds(2));
    patientNova = nova(file, Duration.ofMinutes(1));
  }

  private Nova nova(Path file, Duration timeout) {
    return OpenStackCloud.nova(
        Map.of("OS_CLIENT_CONFIG_FILE", file.toString()),
        clock,
        StubCloud.stopwatch(clock),
        (operation, status, duration) -> {},
        timeout);
  }

  @AfterEach
  void stop() throws IOException {
    threads.shutdownNow();
    cloud.close();
  }

  @ParameterizedTest
  @FieldSource("STALLS")
  void readTimesOutWhereverItsReplyStalls(String stall) {
    services = () -> stall;

    assertThat(failure())
        .hasMessageStartingWith("GET /os-services is not answered: ")
        .hasMessageEndingWith(" within 2 s.")
        .returns(Kind.UNAVAILABLE, NovaException::kind);
  }

  @ParameterizedTest
  @FieldSource("STALLS")
  void loginTimesOutWhereverItsReplyStalls(String stall) {
    keystone = () -> stall;

    assertThat(failure())
        .hasMessageStartingWith("Keystone at %s/v3 does not answer the login", cloud.url())
        .hasMessageEndingWith(" within 2 s.")
        .returns(Kind.UNAVAILABLE, NovaException::kind);
  }

  @Test
  void replyThatDoesNotEndHasAnotherMessageThanNoReply() {
    services = () -> STALLS.getLast();

    assertThat(failure())
        .hasMessage("GET /os-services is not answered: its reply did not end within 2 s.");
  }

  @Test
  void allRequestsMayBeUnderWayAgainAfterAllHaveStalled() throws Exception {
    nova.computeServices();
    services = () -> STALLS.getLast();
    for (var stuck : together(Limits.DEFAULT.forOthers(), this::failure)) {
      stuck.get();
    }
    var all = new CountDownLatch(Limits.DEFAULT.forOthers());
    services =
        () -> {
          all.countDown();
          return awaited(all) ? SERVICES : null;
        };

    for (var answered : together(Limits.DEFAULT.forOthers(), nova::computeServices)) {
      assertThat(answered.get()).isEqualTo(List.of());
    }
  }

  @Test
  void requestsWaitForAStalledLoginOnlyUntilItsTimeout() throws Exception {
    keystone = () -> RawServer.SILENCE;

    for (var waiting : together(8, this::failure)) {
      assertThat(waiting.get()).returns(Kind.UNAVAILABLE, NovaException::kind);
    }
    assertThat(logins).hasValue(1);
  }

  @Test
  void loginSucceedsOnceKeystoneAnswersAgain() {
    keystone = () -> RawServer.SILENCE;
    failure();
    keystone = this::token;
    clock.advance(Duration.ofSeconds(10));

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void requestThatWaitsForAnotherLoginCanBeInterrupted() throws Exception {
    var begun = new CountDownLatch(1);
    keystone =
        () -> {
          begun.countDown();
          return RawServer.SILENCE;
        };
    threads.submit(this::failure);
    awaited(begun);
    Thread.currentThread().interrupt();

    assertThat(failure()).hasMessageContaining("another request's login");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void replyLongerThan32MebibytesIsNotRead() {
    services =
        () ->
            "HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\n"
                + "x".repeat(33_554_433)
                + RawServer.SILENCE;

    assertThat(catchThrowableOfType(NovaException.class, patientNova::computeServices))
        .hasMessage("GET /os-services is not answered: its reply is longer than 32 MiB.");
  }

  private NovaException failure() {
    return catchThrowableOfType(NovaException.class, nova::computeServices);
  }

  private <T> List<Future<T>> together(int many, java.util.concurrent.Callable<T> deed) {
    return IntStream.range(0, many).mapToObj(i -> threads.submit(deed)).toList();
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String answer(String line) {
    if (line.startsWith("POST /v3/auth/tokens ")) {
      logins.incrementAndGet();
      return keystone.get();
    }
    return line.contains("/os-services")
        ? services.get()
        : RawServer.ok("{\"version\": {\"min_version\": \"2.1\", \"version\": \"2.96\"}}");
  }

  private String token() {
    var end = Instant.parse("2099-01-01T00:00:00Z");
    return RawServer.ok(
            """
            {"token": {"expires_at": "%s", "user": {"id": "u"}, "project": {"id": "p"},
              "catalog": [{"type": "compute", "endpoints": [
                {"interface": "public", "region": "R", "url": "%s/v2.1"}]}]}}"""
                .formatted(end, cloud.url()))
        .replace("Content-Type:", "X-Subject-Token: t\r\nContent-Type:");
  }
}
