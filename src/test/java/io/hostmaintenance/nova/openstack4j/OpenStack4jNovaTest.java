package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.ResourceProvider;
import io.hostmaintenance.nova.ServerGroup;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import io.hostmaintenance.nova.openstack4j.StubCloud.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenStack4jNovaTest {

  private static final Command ENABLE = new Command.EnableService("s1");
  private static final String BASE = "/compute/v2.1";
  private static final String SERVICES = BASE + "/os-services";
  private static final String HYPERVISORS = BASE + "/os-hypervisors/detail";
  private static final String HYPERVISOR = BASE + "/os-hypervisors/h1";
  private static final String SERVERS = BASE + "/servers/detail";
  private static final String ACTION = BASE + "/servers/i1/action";
  private static final String DIAGNOSTICS = BASE + "/servers/i1/diagnostics";
  private static final String PROVIDERS = "/placement/resource_providers";
  private static final String CANDIDATES = "/placement/allocation_candidates";
  private static final String ALLOCATIONS = "/placement/resource_providers/h1/allocations";
  private static final MigrationFilter ALL =
      new MigrationFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  private final StubCloud cloud = new StubCloud();
  private Nova nova;

  @TempDir Path directory;

  @BeforeEach
  void connect() {
    nova = cloud.nova(directory);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  // What is asked

  @Test
  void serviceListIsFilteredByBinaryNovaCompute() {
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    nova.computeServices();

    assertThat(sole("GET", SERVICES).query()).isEqualTo("binary=nova-compute");
  }

  @Test
  void instanceListIncludesAllProjectsAndSoftDeletedInstances() {
    cloud.on("GET", SERVERS, 200, "{\"servers\": []}");
    nova.instancesOn("h 1&x=y");

    assertThat(sole("GET", SERVERS).query().split("&(?!x=y)"))
        .containsExactlyInAnyOrder("all_tenants=1", "host=h 1&x=y", "soft_deleted=1");
  }

  @Test
  void migrationListIsFilteredByEveryFieldOfTheFilter() {
    cloud.on("GET", BASE + "/os-migrations", 200, "{\"migrations\": []}");
    nova.migrations(
        new MigrationFilter(
            Optional.of("h1"),
            Optional.of("i1"),
            Optional.of("running (post-copy)"),
            Optional.of(Instant.parse("2026-11-22T11:40:45Z"))));

    assertThat(sole("GET", BASE + "/os-migrations").query().split("&"))
        .containsExactlyInAnyOrder(
            "host=h1",
            "instance_uuid=i1",
            "status=running (post-copy)",
            "changes-since=2026-11-22T11:40:45Z");
  }

  @Test
  void disableSendsStatusAndReason() {
    cloud.on("PUT", SERVICES + "/s1", 200, service("disabled"));
    nova.execute(new Command.DisableService("s1", "host-maintenance a: \"x\""));

    assertThat(json(sole("PUT", SERVICES + "/s1")))
        .isEqualTo(Map.of("status", "disabled", "disabled_reason", "host-maintenance a: \"x\""));
  }

  @Test
  void enableSendsNothingButTheStatus() {
    cloud.on("PUT", SERVICES + "/s1", 200, service("enabled"));

    assertThat(nova.execute(ENABLE).service())
        .contains(new ComputeService("s1", "h1", "enabled", true, null, false, null, null));
    assertThat(sole("PUT", SERVICES + "/s1").body()).isEqualTo("{\"status\":\"enabled\"}");
  }

  @Test
  void liveMigrationSendsItsTargetHost() {
    accept("POST", ACTION);
    nova.execute(liveMigrate("h2"));

    assertThat(sole("POST", ACTION).body())
        .isEqualTo("{\"os-migrateLive\":{\"host\":\"h2\",\"block_migration\":\"auto\"}}");
  }

  @Test
  void liveMigrationThatMayCopyNoDisksSendsFalse() {
    accept("POST", ACTION);
    nova.execute(new Command.LiveMigrate("i1", Optional.empty(), false, "req-global"));

    assertThat(sole("POST", ACTION).body())
        .isEqualTo("{\"os-migrateLive\":{\"host\":null,\"block_migration\":false}}");
  }

  @Test
  void coldMigrationWithoutATargetHostSendsNull() {
    accept("POST", ACTION);
    nova.execute(coldMigrate(null));

    assertThat(sole("POST", ACTION).body()).isEqualTo("{\"migrate\":null}");
  }

  @Test
  void coldMigrationSendsItsTargetHost() {
    accept("POST", ACTION);

    assertThat(nova.execute(coldMigrate("h2")).requestId()).contains("req-1");
    assertThat(sole("POST", ACTION).body()).isEqualTo("{\"migrate\":{\"host\":\"h2\"}}");
  }

  @Test
  void confirmResizeSendsNull() {
    accept("POST", ACTION);
    nova.execute(new Command.ConfirmResize("i1", "req-0"));

    assertThat(sole("POST", ACTION).body()).isEqualTo("{\"confirmResize\":null}");
  }

  @Test
  void forceCompleteSendsNull() {
    accept("POST", BASE + "/servers/i1/migrations/7/action");
    nova.execute(new Command.ForceCompleteMigration("i1", 7));

    assertThat(sole("POST", BASE + "/servers/i1/migrations/7/action").body())
        .isEqualTo("{\"force_complete\":null}");
  }

  @Test
  void abortSendsDeleteForTheMigration() {
    accept("DELETE", BASE + "/servers/i1/migrations/7");
    nova.execute(new Command.AbortMigration("i1", 7));

    assertThat(sole("DELETE", BASE + "/servers/i1/migrations/7").body()).isEmpty();
  }

  @Test
  void moveRequestSendsItsGlobalRequestId() {
    accept("POST", ACTION);
    nova.execute(liveMigrate(null));

    assertThat(sole("POST", ACTION).header("X-Openstack-Request-Id")).isEqualTo("req-global");
  }

  @Test
  void computeRequestIdTakesPrecedenceOverTheOpenstackRequestId() {
    cloud.on(
        "POST",
        ACTION,
        request ->
            Answer.json(202, "")
                .with("x-openstack-request-id", "req-global")
                .with("x-compute-request-id", "req-local"));

    assertThat(nova.execute(liveMigrate(null)).requestId()).contains("req-local");
  }

  @Test
  void openstackRequestIdIsUsedWhenNovaSendsNoComputeRequestId() {
    cloud.on(
        "POST", ACTION, request -> Answer.json(202, "").with("x-openstack-request-id", "req-1"));

    assertThat(nova.execute(liveMigrate(null)).requestId()).contains("req-1");
  }

  @Test
  void acceptedMoveWithoutARequestIdHasAnUnknownOutcome() {
    cloud.on("POST", ACTION, 202, "");

    assertThat(failure(() -> nova.execute(liveMigrate(null))).outcomeUnknown()).isTrue();
  }

  @Test
  void acceptedMoveIgnoresTheBodyOfTheAnswer() {
    cloud.on(
        "POST",
        ACTION,
        request -> new Answer(202, "<html>", Map.of("x-compute-request-id", "req-1")));

    assertThat(nova.execute(liveMigrate(null)).requestId()).contains("req-1");
  }

  @Test
  void htmlPageWithStatus200DoesNotCountAsAccepted() {
    cloud.on(
        "POST",
        ACTION,
        request -> new Answer(200, "<html>", Map.of("x-compute-request-id", "req-1")));

    assertThat(failure(() -> nova.execute(liveMigrate(null))).outcomeUnknown()).isTrue();
  }

  @Test
  void idsAreEscapedInThePathOfTheUrl() {
    assertThat(
            failure(
                () ->
                    nova.execute(
                        new Command.LiveMigrate("a/../b?c", Optional.empty(), true, "req-0"))))
        .isNotNull();
    assertThat(cloud.requests().getLast().path()).isEqualTo(BASE + "/servers/a/../b?c/action");
    assertThat(cloud.requests().getLast().query()).isEmpty();
  }

  // Microversion

  @ParameterizedTest
  @CsvSource({"2.80, 2.80", "2.88, 2.88", "2.96, 2.96", "2.104, 2.104", "2.105, 2.104"})
  void requestNamesTheNegotiatedMicroversion(String newest, String asked) {
    cloud.speaks("2.1", newest).on("GET", SERVICES, 200, "{\"services\": []}");
    nova.computeServices();

    assertThat(sole("GET", SERVICES).header("OpenStack-API-Version")).isEqualTo("compute " + asked);
  }

  /** From 2.88 on Nova asks every host for its uptime, and one that hangs fails the list. */
  @ParameterizedTest
  @CsvSource({"2.80, 2.80", "2.87, 2.87", "2.96, 2.87"})
  void hypervisorListIsRequestedWithAMicroversionWithoutUptime(String newest, String asked) {
    cloud.speaks("2.1", newest).on("GET", HYPERVISORS, 200, "{\"hypervisors\": []}");
    nova.hypervisors();

    assertThat(sole("GET", HYPERVISORS).header("OpenStack-API-Version"))
        .isEqualTo("compute " + asked);
  }

  /** From 2.75 on the list is always there, from 2.88 on each host is asked for its uptime. */
  @ParameterizedTest
  @CsvSource({"2.80, 2.80", "2.87, 2.87", "2.96, 2.87"})
  void hypervisorIsRequestedWithItsInstancesAndWithoutUptime(String newest, String asked) {
    cloud
        .speaks("2.1", newest)
        .on(
            "GET",
            HYPERVISOR,
            200,
            "{\"hypervisor\": {\"id\": \"h1\", \"servers\": [{\"uuid\": \"i1\", \"name\":"
                + " \"instance-1\"}]}}");

    assertThat(nova.instanceIdsAt("h1").orElseThrow().value()).containsExactly("i1");
    assertThat(sole("GET", HYPERVISOR).query()).isEqualTo("with_servers=true");
    assertThat(sole("GET", HYPERVISOR).header("OpenStack-API-Version"))
        .isEqualTo("compute " + asked);
  }

  @Test
  void unknownHypervisorIsEmpty() {
    cloud.on("GET", HYPERVISOR, 404, "{\"itemNotFound\": {\"message\": \"none\"}}");

    assertThat(nova.instanceIdsAt("h1")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"hypervisor\": {\"id\": \"h1\"}}",
        "{\"hypervisor\": {\"id\": \"h1\", \"servers\": null}}",
        "{\"hypervisor\": {\"id\": \"h1\", \"servers\": [null]}}",
        "{\"hypervisor\": {\"id\": \"h1\", \"servers\": [{}]}}",
        "{\"hypervisor\": {\"id\": \"h2\", \"servers\": []}}",
        "{}"
      })
  void hypervisorAnswerWithoutAnInstanceListIsInvalid(String body) {
    cloud.on("GET", HYPERVISOR, 200, body);

    assertThat(failure(() -> nova.instanceIdsAt("h1")).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 404})
  void failedHypervisorRequestIsAnErrorAndNotAnEmptyHypervisor(int status) {
    cloud.on("GET", HYPERVISOR, status, "<html>");

    assertThat(failure(() -> nova.instanceIdsAt("h1")).status()).isEqualTo(status);
  }

  @Test
  void newestMigrationsReadOnePage() {
    var body = migrations("2026-11-22T11:40:45Z", "m1");
    cloud.on("GET", BASE + "/os-migrations", 200, body);

    var page = nova.newestMigrations("h1");

    assertThat(page.migrations()).extracting(Migration::uuid).containsExactly("m1");
    assertThat(page.whole()).isTrue();
    assertThat(sole("GET", BASE + "/os-migrations").query()).isEqualTo("host=h1");
  }

  @Test
  void newestMigrationsAreIncompleteWhenANextPageExists() {
    var link = "{\"migrations_links\": [{\"rel\": \"next\", \"href\": \"http://x/?marker=m1\"}], ";
    cloud.on(
        "GET",
        BASE + "/os-migrations",
        200,
        migrations("2026-11-22T11:40:45Z", "m1").trim().replaceFirst("\\{", link));

    assertThat(nova.newestMigrations("h1").whole()).isFalse();
    assertThat(cloud.requests("GET", BASE + "/os-migrations")).hasSize(1);
  }

  @Test
  void tooOldNovaIsUnsupportedApi() {
    cloud.speaks("2.1", "2.79");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.execute(ENABLE))
        .withMessage(
            "Nova's API speaks microversions 2.1 to 2.79, but one of 2.80 to 2.104 is needed.")
        .matches(e -> e.kind() == Kind.UNSUPPORTED_API && !e.outcomeUnknown());
  }

  @Test
  void versionIsDiscoveredOnlyOnce() {
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    nova.computeServices();
    nova.computeServices();

    assertThat(cloud.requests("GET", BASE + "/")).hasSize(1);
  }

  @Test
  void rejectedMicroversionIsNegotiatedAgain() {
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    nova.computeServices();
    cloud
        .speaks("2.1", "2.90")
        .on(
            "GET",
            SERVICES,
            request ->
                request.header("OpenStack-API-Version").equals("compute 2.90")
                    ? Answer.json(200, "{\"services\": []}")
                    : Answer.json(406, "{\"computeFault\": {\"message\": \"No.\"}}"));

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void rejectedMicroversionThatNovaAdvertisesIsUnsupportedApi() {
    cloud.on("PUT", SERVICES + "/s1", 406, "{\"computeFault\": {\"message\": \"No 2.96.\"}}");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.execute(ENABLE))
        .withMessage("No 2.96.")
        .matches(e -> e.kind() == Kind.UNSUPPORTED_API && !e.outcomeUnknown());
    assertThat(cloud.requests("PUT", SERVICES + "/s1")).hasSize(1);
  }

  @Test
  void failedVersionDiscoveryMeansThatTheWriteWasNotSent() {
    cloud.on("GET", BASE + "/", 500, "");

    assertThat(failure(() -> nova.execute(ENABLE)).outcomeUnknown()).isFalse();
  }

  @Test
  void placementRequestNamesThePlacementMicroversion() {
    cloud.on("GET", ALLOCATIONS, 200, "{\"allocations\": {}}");
    nova.allocations("h1");

    assertThat(sole("GET", ALLOCATIONS).header("OpenStack-API-Version"))
        .isEqualTo("placement 1.29");
  }

  // Refusals

  @ParameterizedTest
  @CsvSource({
    "400, BAD_REQUEST, false",
    "403, FORBIDDEN, false",
    "404, NOT_FOUND, false",
    "405, UNAVAILABLE, false",
    "409, CONFLICT, false",
    "413, TOO_MANY_REQUESTS, false",
    "418, UNAVAILABLE, false",
    "422, UNAVAILABLE, false",
    "429, TOO_MANY_REQUESTS, false",
    "497, TOO_MANY_REQUESTS, false",
    "498, TOO_MANY_REQUESTS, false",
    "499, UNAVAILABLE, false",
    "302, UNAVAILABLE, false",
    "500, UNAVAILABLE, true",
    "501, UNAVAILABLE, false",
    "502, UNAVAILABLE, true",
    "503, UNAVAILABLE, true",
    "504, UNAVAILABLE, true",
    "505, UNAVAILABLE, false",
  })
  void httpStatusOfAFailedWriteDecidesItsKindAndWhetherItsOutcomeIsKnown(
      int status, Kind kind, boolean outcomeUnknown) {
    cloud.on(
        "POST",
        ACTION,
        request ->
            Answer.json(status, "{\"fault\": {\"message\": \"No.\"}}")
                .with("x-compute-request-id", "req-9"));

    assertThat(failure(() -> nova.execute(liveMigrate(null))))
        .hasMessage("No.")
        .returns(kind, NovaException::kind)
        .returns(status, NovaException::status)
        .returns(Optional.of("req-9"), NovaException::requestId)
        .returns(outcomeUnknown, NovaException::outcomeUnknown);
    assertThat(cloud.requests("POST", ACTION)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 406, 409})
  void htmlErrorPageCountsAsUnavailableAndNotAsARefusalByNova(int status) {
    cloud.on("POST", ACTION, request -> Answer.json(status, "<html>Request blocked.</html>"));

    assertThat(failure(() -> nova.execute(liveMigrate(null))))
        .hasMessageStartingWith("HTTP " + status + " to POST /servers/")
        .hasMessageEndingWith(": Request blocked.")
        .returns(Kind.UNAVAILABLE, NovaException::kind)
        .returns(false, NovaException::outcomeUnknown);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 409, 429, 500, 501})
  void readIsNotRetriedOnOtherStatusesThan502To504(int status) {
    cloud.on("GET", SERVICES, status, "");

    assertThat(failure(nova::computeServices))
        .hasMessage("HTTP %d to GET /os-services.", status)
        .returns(false, NovaException::outcomeUnknown);
    assertThat(cloud.requests("GET", SERVICES)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void readIsTriedThreeTimesOnStatus502To504(int status) {
    cloud.on("GET", SERVICES, status, "");

    assertThat(failure(nova::computeServices).status()).isEqualTo(status);
    assertThat(cloud.requests("GET", SERVICES)).hasSize(3);
  }

  @Test
  void readIsNotRetriedJustAfterAnotherReadOfTheServiceFailed() {
    cloud.on("GET", SERVICES, 503, "");
    failure(nova::computeServices);
    failure(nova::computeServices);

    assertThat(cloud.requests("GET", SERVICES)).hasSize(4);
  }

  @Test
  void readIsRetriedAgainOnceTheServiceHasAnswered() {
    cloud.onInTurn(
        "GET",
        SERVICES,
        Answer.json(503, ""),
        Answer.json(200, "{\"services\": []}"),
        Answer.json(503, ""),
        Answer.json(200, "{\"services\": []}"));
    nova.computeServices();

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void reservedWorkRunsAfterLoginAndVersionDiscovery() {
    var before = nova.reserving(() -> cloud.requests().stream().map(Request::path).toList());

    assertThat(before).containsExactly("/v3/auth/tokens", BASE + "/");
  }

  @Test
  void reservedWorkDoesNotRunWhenTheLoginFails() {
    cloud.keystone(request -> Answer.json(401, ""));
    var done = new ArrayList<String>();

    assertThat(failure(() -> nova.reserving(() -> done.add("done"))))
        .returns(Kind.UNAUTHORIZED, NovaException::kind);
    assertThat(done).isEmpty();
  }

  /** What it was decided from grows old, and so does the lease of who asks. */
  @Test
  void writeIsNotSentAfterASlowLogin() {
    var clock = new MovingClock();
    var nova = StubCloud.nova(cloud.cloudsYaml(directory), clock);
    accept("POST", ACTION);
    cloud.keystone(
        request -> {
          clock.advance(Duration.ofSeconds(6));
          return cloud.granting(cloud.token());
        });

    assertThat(failure(() -> nova.execute(liveMigrate(null))))
        .hasMessage("POST /servers/i1/action was not sent: what must come before it took 6 s.")
        .returns(false, NovaException::outcomeUnknown);
    assertThat(cloud.requests("POST", ACTION)).isEmpty();
  }

  @Test
  void readSucceedsAtItsThirdTry() {
    cloud.onInTurn(
        "GET",
        SERVICES,
        Answer.drop(),
        Answer.json(503, ""),
        Answer.json(200, "{\"services\": []}"));

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void readIsTriedThreeTimesWhenTheConnectionIsRefused() throws IOException {
    var told = new ArrayList<String>();
    var raw =
        new RawServer(
            line ->
                RawServer.ok(line.contains("/os-services") ? "{\"services\": []}" : version())
                    .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    var nova =
        listened(
            cloud.cloudsYaml(directory, "    compute_endpoint_override: " + raw.url() + "/v2.1\n"),
            told);
    nova.computeServices();
    raw.close();
    told.clear();

    assertThat(failure(nova::computeServices))
        .hasMessage("GET /os-services is not answered: could not connect.");
    assertThat(told).containsExactly("list-services 0", "list-services 0", "list-services 0");
  }

  @Test
  void readThatTimesOutIsNotRetried() {
    var release = new CountDownLatch(1);
    cloud.on("GET", SERVICES, request -> Answer.json(await(release), ""));

    var failure = failure(hasty()::computeServices);
    release.countDown();

    assertThat(failure).hasMessage("GET /os-services is not answered: no reply within 2 s.");
    assertThat(cloud.requests("GET", SERVICES)).hasSize(1);
  }

  @Test
  void readByAnInterruptedThreadIsNotSent() {
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    var told = new ArrayList<String>();
    var nova = listened(cloud.cloudsYaml(directory), told);
    nova.computeServices();
    told.clear();
    Thread.currentThread().interrupt();

    var failure = failure(nova::computeServices);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure).hasMessage("GET /os-services is not answered: it was interrupted.");
    assertThat(told).isEmpty();
  }

  @Test
  void readEndsWhenItsThreadIsInterruptedDuringTheRequest() {
    var release = new CountDownLatch(1);
    var caller = Thread.currentThread();
    cloud.on(
        "GET",
        SERVICES,
        request -> {
          caller.interrupt();
          return Answer.json(await(release), "");
        });

    var failure = failure(nova::computeServices);
    release.countDown();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure).hasMessage("GET /os-services is not answered: it was interrupted.");
    assertThat(cloud.requests("GET", SERVICES)).hasSize(1);
  }

  @Test
  void readIsNotRetriedWhenItsThreadIsInterruptedBetweenTries() {
    cloud.on("GET", SERVICES, 503, "");
    var told = new ArrayList<Integer>();
    var nova =
        OpenStackCloud.nova(
            Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString()),
            InstantSource.system(),
            System::nanoTime,
            (operation, status, duration) -> {
              if (operation.equals("list-services")) {
                told.add(status);
                Thread.currentThread().interrupt();
              }
            },
            Duration.ofSeconds(60));

    var failure = failure(nova::computeServices);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure).hasMessage("GET /os-services is not answered: it was interrupted.");
    assertThat(told).containsExactly(503);
  }

  @Test
  void readWithARetryAfterAnswerIsNotRetried() {
    cloud.on("GET", SERVICES, request -> Answer.json(503, "").with("Retry-After", "30"));

    assertThat(failure(nova::computeServices).retryAfter()).contains(Duration.ofSeconds(30));
    assertThat(cloud.requests("GET", SERVICES)).hasSize(1);
  }

  @Test
  void writeIsSentAgainOnceWithANewToken() {
    accept("POST", ACTION);
    nova.execute(liveMigrate(null));
    cloud.revokeTokens();
    nova.execute(liveMigrate(null));

    assertThat(cloud.requests("POST", ACTION)).hasSize(3);
  }

  // No answers

  @Test
  void writeOnAClosedConnectionHasAnUnknownOutcome() {
    cloud.on("GET", SERVICES, 200, "{\"services\": []}");
    nova.computeServices();
    cloud.on("POST", ACTION, request -> Answer.drop());

    assertThat(failure(() -> nova.execute(liveMigrate(null))))
        .returns(Kind.UNAVAILABLE, NovaException::kind)
        .returns(0, NovaException::status)
        .returns(true, NovaException::outcomeUnknown);
    assertThat(cloud.requests("POST", ACTION)).hasSize(1);
  }

  @Test
  void writeThatTimesOutHasAnUnknownOutcome() {
    var release = new CountDownLatch(1);
    cloud.on("POST", ACTION, request -> Answer.json(await(release), ""));
    var hasty = hasty();

    var failure = failure(() -> hasty.execute(liveMigrate(null)));
    release.countDown();

    assertThat(failure)
        .hasMessage("POST /servers/i1/action is not answered: no reply within 2 s.")
        .returns(true, NovaException::outcomeUnknown);
  }

  @Test
  void writeThatCouldNotConnectWasNotSent() throws IOException {
    var raw =
        new RawServer(
            line -> RawServer.ok(version()).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    var nova = behind(raw, InstantSource.system());
    cloud.on("GET", ALLOCATIONS, 200, "{\"allocations\": {}}");
    failure(nova::computeServices);
    raw.close();

    assertThat(failure(() -> nova.execute(liveMigrate(null))))
        .hasMessage("POST /servers/i1/action is not answered: could not connect.")
        .returns(false, NovaException::outcomeUnknown);
  }

  @Test
  void serviceUpdateHasALongerTimeout() {
    assertThat(new Timeouts(Duration.ofSeconds(60)).serviceUpdate())
        .isEqualTo(Duration.ofSeconds(90));
  }

  // Answers that are none

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>Welcome</html>",
        "{\"services\": [",
        "{}",
        "[]",
        "{\"services\": null}",
        "{\"services\": {}}",
        "{\"services\": []} tail",
        "{\"services\": [{}]}",
        "{\"services\": [null]}",
        "{\"services\": [{\"binary\": \"nova-compute\", \"host\": \"h\", \"status\": \"enabled\"}]}"
      })
  void serviceListThatViolatesTheApiIsInvalid(String body) {
    cloud.on("GET", SERVICES, 200, body);

    assertThat(failure(nova::computeServices))
        .hasMessageStartingWith("The answer to GET /os-services (HTTP 200) ")
        .returns(Kind.UNAVAILABLE, NovaException::kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          services   | s1 | "id": "s1"
          hypervisors| p1 | "id": "p1"
          servers    | i1 | "id": "i1"
          migrations | m1 | "uuid": "m1"
          migrations | i1 | "instance_uuid": "i1"
          actions    | r1 | "request_id": "r1"
          groups     | g1 | "id": "g1"
          """)
  void listEntryWithAMalformedIdIsInvalid(String list, String id, String field) {
    serveRows(field, field);
    assertThat(rows(list)).as("the row as it is").isNotEmpty();

    serveRows(field, field.replace("\"" + id, "\"../" + id));

    assertThat(failure(() -> rows(list)).getMessage()).contains("is no id");
  }

  @ParameterizedTest
  @CsvSource({"64, true", "0, true", "-1, false"})
  void instanceWithNegativeMemoryIsInvalid(int ram, boolean answer) {
    cloud.on(
        "GET",
        SERVERS,
        200,
        servers(null, server("i1", "h1")).replace("\"ram\": 64", "\"ram\": " + ram));

    if (answer) {
      assertThat(nova.instancesOn("h1").value()).extracting(Instance::ramMiB).containsExactly(ram);
    } else {
      assertThat(failure(() -> nova.instancesOn("h1")).kind()).isEqualTo(Kind.UNAVAILABLE);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "100, 100", "-1, ", "101, "})
  void progressOutsideZeroTo100IsNull(int told, Integer progress) {
    cloud.on(
        "GET",
        SERVERS,
        200,
        servers(null, server("i1", "h1"))
            .replace("\"name\"", "\"progress\": %d, \"name\"".formatted(told)));

    assertThat(nova.instancesOn("h1").value())
        .extracting(Instance::progress)
        .containsExactly(progress);
  }

  @Test
  void unreadableAnswerToAServiceUpdateHasAnUnknownOutcome() {
    cloud.on("PUT", SERVICES + "/s1", 200, "<html>");

    assertThat(failure(() -> nova.execute(ENABLE)).outcomeUnknown()).isTrue();
  }

  @Test
  void serviceOfADownCellIsUnknown() {
    cloud.on(
        "GET",
        SERVICES,
        200,
        "{\"services\": [{\"binary\": \"nova-compute\", \"host\": \"h1\","
            + " \"status\": \"UNKNOWN\"}]}");

    assertThat(nova.computeServices())
        .containsExactly(new ComputeService(null, "h1", "UNKNOWN", false, null, false, null, null));
  }

  @Test
  void forcedDownServiceIsNotUp() {
    cloud.on("PUT", SERVICES + "/s1", 200, service("enabled").replace("false", "true"));

    assertThat(nova.execute(ENABLE).service().orElseThrow().up()).isFalse();
  }

  @Test
  void malformedTimestampIsInvalid() {
    cloud.on("GET", BASE + "/os-migrations", 200, migrations("yesterday", "m1"));

    assertThat(failure(() -> nova.migrations(ALL)).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-22T11:40:45.000000, 2026-11-22T11:40:45Z",
    "2026-11-22T11:40:45.814707, 2026-11-22T11:40:45.814707Z",
    "2026-11-22T11:40:45Z, 2026-11-22T11:40:45Z"
  })
  void timestampsAreReadAsUtc(String written, Instant meant) {
    cloud.on("GET", BASE + "/os-migrations", 200, migrations(written, "m1"));

    assertThat(nova.migrations(ALL).getFirst().createdAt()).isEqualTo(meant);
  }

  // Instances

  @Test
  void instanceOfAnotherHostInTheListMeansMissingAdminRights() {
    cloud.on("GET", SERVERS, 200, servers(null, server("i1", "h1"), server("i2", "h10")));

    assertThat(failure(() -> nova.instancesOn("h1")))
        .hasMessage(
            "Asked for host h1, Nova shows instance i2 of host h10: the user of the cloud lacks"
                + " administrator rights.")
        .returns(Kind.FORBIDDEN, NovaException::kind);
  }

  @Test
  void instanceOfAnotherHostOnALaterPageMeansMissingAdminRights() {
    cloud.onInTurn(
        "GET",
        SERVERS,
        Answer.json(200, servers("i1", server("i1", "h1"))),
        Answer.json(200, servers(null, server("i2", "h2"))));

    assertThat(failure(() -> nova.instancesOn("h1")).kind()).isEqualTo(Kind.FORBIDDEN);
  }

  /** A Nova on MySQL finds hosts without regard to case. */
  @Test
  void hostNameInAnotherCaseIsABadRequestThatNamesTheExactName() {
    cloud.on("GET", SERVERS, 200, servers(null, server("i1", "h1")));

    var failure = failure(() -> nova.instancesOn("H1"));

    assertThat(failure).hasMessage("Nova knows host H1 as h1: write its name exactly so.");
    assertThat(failure.kind()).isEqualTo(Kind.BAD_REQUEST);
  }

  @Test
  void instanceWithoutAHostFieldMeansMissingAdminRights() {
    cloud.on(
        "GET", BASE + "/servers/i1", 200, "{\"server\": {\"id\": \"i1\", \"status\": \"ACTIVE\"}}");

    assertThat(failure(() -> nova.instance("i1")))
        .hasMessage(
            "Nova shows no host of instance i1: the user of the cloud lacks administrator rights.")
        .returns(Kind.FORBIDDEN, NovaException::kind);
  }

  @Test
  void instanceOfADownCellIsUnavailable() {
    cloud.on(
        "GET",
        BASE + "/servers/i1",
        200,
        "{\"server\": {\"id\": \"i1\", \"status\": \"UNKNOWN\"}}");

    assertThat(failure(() -> nova.instance("i1")))
        .hasMessageContaining("its cell does not answer")
        .returns(Kind.UNAVAILABLE, NovaException::kind);
  }

  @Test
  void instanceWithHostNullHasNoHost() {
    cloud.on("GET", BASE + "/servers/i1", 200, "{\"server\": %s}".formatted(server("i1", null)));

    assertThat(nova.instance("i1")).map(Instance::host).isEmpty();
    assertThat(nova.instance("i1")).map(Instance::status).contains("ACTIVE");
  }

  @Test
  void listHasTheDateHeaderOfItsFirstPage() {
    cloud.on("GET", SERVERS, 200, "{\"servers\": []}");

    assertThat(nova.instancesOn("h1").date())
        .isBetween(Instant.now().minusSeconds(60), Instant.now());
  }

  @Test
  void listWithoutADateHeaderHasTheTimeOfTheOperatorsClock() throws IOException {
    var clock = new MovingClock();
    clock.advance(Duration.ofMillis(900));
    try (var raw = dateless()) {
      assertThat(behind(raw, clock).instancesOn("h1").date())
          .isEqualTo(Instant.parse("2026-11-22T12:00:00Z"));
    }
  }

  @Test
  void missingDateHeaderIsLoggedAsAWarningOnce() throws IOException {
    try (var raw = dateless();
        var logs = new Logs()) {
      var nova = behind(raw, InstantSource.system());
      nova.instancesOn("h1");
      nova.instancesOn("h1");

      assertThat(logs.at(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("Nova's replies have no Date header");
    }
  }

  private static RawServer dateless() {
    return new RawServer(
        line -> RawServer.ok(line.contains("/servers/") ? "{\"servers\": []}" : version()));
  }

  // Unknown things

  @Test
  void unknownInstanceIsEmpty() {
    cloud.on("GET", BASE + "/servers/i1", 404, notFound());

    assertThat(nova.instance("i1")).isEmpty();
  }

  @Test
  void actionsOfAnUnknownInstanceAreEmpty() {
    cloud.on("GET", BASE + "/servers/i1/os-instance-actions", 404, notFound());

    assertThat(nova.actions("i1")).isEmpty();
  }

  @Test
  void unknownActionIsEmpty() {
    cloud.on("GET", BASE + "/servers/i1/os-instance-actions/req-1", 404, notFound());

    assertThat(nova.action("i1", "req-1")).isEmpty();
  }

  @Test
  void unknownResourceProviderIsEmpty() {
    cloud.on(
        "GET",
        ALLOCATIONS,
        404,
        "{\"errors\": [{\"status\": 404, \"detail\": \"The resource"
            + " could not be found.\\n\\n Resource provider 'h1' not found: No resource provider"
            + " with uuid h1 found  \"}]}");

    assertThat(nova.allocations("h1")).isEmpty();
  }

  @Test
  void unknownUrlIsNotAnUnknownInstance() {
    assertThat(failure(() -> nova.instance("i1"))).returns(Kind.NOT_FOUND, NovaException::kind);
  }

  /** As API gateways do. */
  @Test
  void status404FromAnApiGatewayIsNotAnUnknownInstance() {
    cloud.on("GET", BASE + "/servers/i1", 404, "{\"message\": \"no Route matched\"}");

    assertThat(failure(() -> nova.instance("i1"))).returns(Kind.NOT_FOUND, NovaException::kind);
  }

  @Test
  void unknownUrlIsNotAnUnknownResourceProvider() {
    assertThat(failure(() -> nova.allocations("h1"))).returns(Kind.NOT_FOUND, NovaException::kind);
  }

  /** Placement's words for a URL that it does not have (recorded from placement 16). */
  @Test
  void unknownPlacementUrlIsNotAnUnknownResourceProvider() {
    cloud.on(
        "GET",
        ALLOCATIONS,
        404,
        "{\"errors\": [{\"status\": 404, \"title\": \"Not Found\","
            + " \"detail\": \"The resource could not be found.\"}]}");

    assertThat(failure(() -> nova.allocations("h1"))).returns(Kind.NOT_FOUND, NovaException::kind);
  }

  @Test
  void allocationsAreWhatEachConsumerHolds() {
    cloud.on(
        "GET",
        ALLOCATIONS,
        200,
        "{\"allocations\": {\"i1\": {\"resources\": {\"VCPU\": 1, \"MEMORY_MB\": 64}},"
            + " \"m1\": {\"resources\": {\"CUSTOM_GOLD\": 3}}},"
            + " \"resource_provider_generation\": 3}");

    assertThat(nova.allocations("h1"))
        .contains(
            Map.of("i1", Map.of("VCPU", 1L, "MEMORY_MB", 64L), "m1", Map.of("CUSTOM_GOLD", 3L)));
  }

  // Pages

  @Test
  void everyPageOfTheInstanceListIsRead() {
    cloud.on(
        "GET",
        SERVERS,
        request ->
            Answer.json(
                200,
                request.query().contains("marker=i2")
                    ? servers(null, server("i3", "h1"))
                    : servers("i2", server("i1", "h1"), server("i2", "h1"))));

    assertThat(nova.instancesOn("h1").value())
        .extracting(Instance::id)
        .containsExactly("i1", "i2", "i3");
    assertThat(cloud.requests("GET", SERVERS).getLast().query())
        .contains("all_tenants=1", "host=h1", "soft_deleted=1");
  }

  @Test
  void onlyTheNextLinkOfAListIsFollowed() {
    cloud.on(
        "GET", SERVERS, 200, servers("i1", server("i1", "h1")).replace("\"next\"", "\"self\""));

    assertThat(nova.instancesOn("h1").value()).extracting(Instance::id).containsExactly("i1");
    assertThat(cloud.requests("GET", SERVERS)).hasSize(1);
  }

  @Test
  void nextLinkWithoutAMarkerIsInvalid() {
    cloud.on(
        "GET", SERVERS, 200, servers("i1", server("i1", "h1")).replace("&marker=i1", "&mark=i1"));

    assertThat(failure(() -> nova.instancesOn("h1")))
        .hasMessageContaining("links to a page without a marker");
  }

  @Test
  void pagesThatLinkInACircleAreInvalid() {
    cloud.on("GET", SERVERS, 200, servers("i1", server("i1", "h1")));

    assertThat(failure(() -> nova.instancesOn("h1")))
        .hasMessageContaining("leads back to an earlier page");
    assertThat(cloud.requests("GET", SERVERS)).hasSize(2);
  }

  @Test
  void listFailsWhenItsSecondPageFails() {
    cloud.onInTurn(
        "GET",
        BASE + "/os-migrations",
        Answer.json(
            200,
            migrations("2026-11-22T11:40:45Z", "m1")
                .replace("}]}", "}], " + next("migrations", "m1") + "}")),
        Answer.json(500, ""));

    assertThat(failure(() -> nova.migrations(ALL)).status()).isEqualTo(500);
  }

  @Test
  void everyPageOfTheInstanceActionsIsRead() {
    var path = BASE + "/servers/i1/os-instance-actions";
    var row =
        "{\"request_id\": \"%s\", \"action\": \"pause\","
            + " \"start_time\": \"2026-11-22T11:40:45.000000\"}";
    cloud.onInTurn(
        "GET",
        path,
        Answer.json(
            200,
            ("{\"instanceActions\": [%s], \"links\": [{\"rel\": \"next\","
                    + " \"href\": \"http://x/y?marker=req-2\"}]}")
                .formatted(row.formatted("req-2"))),
        Answer.json(200, "{\"instanceActions\": [%s]}".formatted(row.formatted("req-1"))));

    assertThat(nova.actions("i1"))
        .extracting(action -> action.requestId())
        .containsExactly("req-2", "req-1");
  }

  @Test
  void everyPageOfTheMigrationListIsRead() {
    cloud.onInTurn(
        "GET",
        BASE + "/os-migrations",
        Answer.json(
            200,
            migrations("2026-11-22T11:40:45Z", "m2")
                .replace("}]}", "}], " + next("migrations", "m2") + "}")),
        Answer.json(200, migrations("2026-11-22T11:40:45Z", "m1")));

    assertThat(nova.migrations(ALL)).extracting(Migration::uuid).containsExactly("m2", "m1");
  }

  @Test
  void serverGroupIsReadByItsId() {
    cloud.on("GET", BASE + "/os-server-groups/g1", 200, group("g1"));

    assertThat(nova.serverGroup("g1"))
        .contains(new ServerGroup("g1", "n", "anti-affinity", 2, Set.of("i1")));
  }

  @Test
  void deletedServerGroupIsEmpty() {
    cloud.on("GET", BASE + "/os-server-groups/g1", 404, notFound());

    assertThat(nova.serverGroup("g1")).isEmpty();
  }

  @Test
  void serverGroupsAreReadFromTheInstance() {
    cloud.on("GET", BASE + "/servers/i1", 200, "{\"server\": {\"server_groups\": [\"g1\"]}}");

    assertThat(nova.groupsOf("i1")).containsExactly("g1");
  }

  @Test
  void instanceWithoutServerGroupsFieldIsInvalid() {
    cloud.on("GET", BASE + "/servers/i1", 200, "{\"server\": {\"id\": \"i1\"}}");

    assertThat(failure(() -> nova.groupsOf("i1"))).hasMessageContaining("server_groups");
  }

  // What the list tells before a change

  private Instance read(String field, String otherwise) {
    cloud.on("GET", SERVERS, 200, servers(null, server("i1", "h1").replace(field, otherwise)));
    return nova.instancesOn("h1").value().getFirst();
  }

  private Instance with(String more) {
    return read("\"name\"", more + ", \"name\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "locked": true                         | true
          "locked": true, "locked_reason": null  | true
          "locked": false                        | false
          "locked": false, "locked_reason": "x"  | false
          "locked": null                         | false
          "progress": 0                          | false
          """)
  void instanceIsLockedWhereNovaSaysSo(String fields, boolean locked) {
    assertThat(with(fields).locked()).isEqualTo(locked);
  }

  @Test
  void lockHasTheReasonThatWasGiven() {
    assertThat(with("\"locked\": true, \"locked_reason\": \"mine\"").lock())
        .isEqualTo(new Instance.Lock("mine"));
  }

  @Test
  void lockWithoutAReasonHasNone() {
    assertThat(with("\"locked\": true, \"locked_reason\": null").lock())
        .isEqualTo(new Instance.Lock(null));
  }

  @Test
  void policyIsTheMetadataHostMaintenance() {
    assertThat(with("\"metadata\": {\"a\": \"b\", \"host_maintenance\": \"skip\"}").policy())
        .isEqualTo("skip");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"progress\": 0",
        "\"metadata\": null",
        "\"metadata\": {}",
        "\"metadata\": {\"host_maintenance\": null}",
        "\"metadata\": {\"Host_Maintenance\": \"skip\"}"
      })
  void instanceWithoutThatMetadataHasNoPolicy(String field) {
    assertThat(with(field).policy()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "lock, '\"locked\": true, \"locked_reason\": \"%s\"'",
    "policy, '\"metadata\": {\"host_maintenance\": \"%s\"}'"
  })
  void textOfAnOwnerHasNoHarmfulCharacters(String field, String written) {
    assertThat(text(field, with(written.formatted("a\\u001b[31mb\\u202ec"))))
        .isEqualTo("a [31mb c");
  }

  @ParameterizedTest
  @CsvSource({
    "lock, '\"locked\": true, \"locked_reason\": \"%s\"'",
    "policy, '\"metadata\": {\"host_maintenance\": \"%s\"}'"
  })
  void textOfAnOwnerIsCutTo1KiB(String field, String written) {
    assertThat(text(field, with(written.formatted("x".repeat(2000))))).isEqualTo("x".repeat(1024));
  }

  private static String text(String field, Instance instance) {
    return field.equals("lock") ? instance.lock().reason() : instance.policy();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "ram": 64                                  | false
          "ram": 64, "ephemeral": null, "swap": null | false
          "ram": 64, "ephemeral": 0, "swap": 0       | false
          "ram": 64, "ephemeral": 0, "swap": ""      | false
          "ram": 64, "ephemeral": 1, "swap": 0       | true
          "ram": 64, "ephemeral": 0, "swap": 512     | true
          "ram": 64, "disk": 20                      | false
          """)
  void ephemeralAndSwapAreExtraDisks(String flavor, boolean extra) {
    assertThat(read("\"ram\": 64", flavor).extraDisks()).isEqualTo(extra);
  }

  /** An instance of this image and of a flavor with these fields. */
  private Instance disks(String image, String flavor) {
    return read("\"ram\": 64}", "\"ram\": 64, %s}, \"image\": %s".formatted(flavor, image));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "disk": 20                                    | 20
          "disk": 20, "ephemeral": 0, "swap": 0         | 20
          "disk": 20, "ephemeral": 5, "swap": 0         | 25
          "disk": 20, "ephemeral": 0, "swap": 1         | 21
          "disk": 20, "ephemeral": 0, "swap": 1024      | 21
          "disk": 20, "ephemeral": 5, "swap": 1025      | 27
          "disk": 2147483647, "ephemeral": 2147483647   |
          "disk": 20, "ephemeral": -21                  |
          """)
  void localDiskIsRootAndEphemeralInGibibytesAndSwapInMebibytes(String flavor, Integer size) {
    assertThat(disks("{\"id\": \"image\"}", flavor).localDiskGiB()).isEqualTo(size);
  }

  /** Then the root disk is as large as the image. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"disk\": 0",
        "\"disk\": 0, \"ephemeral\": 5, \"swap\": 512",
        "\"disk\": null",
        "\"ephemeral\": 5"
      })
  void localDiskIsUnknownWhenTheFlavorDoesNotLimitTheRootDisk(String flavor) {
    assertThat(disks("{\"id\": \"image\"}", flavor).localDiskGiB()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ""   | "disk": 20                                 | 0
          null | "disk": 20                                 | 0
          ""   | "disk": 0                                  | 0
          ""   | "disk": 20, "ephemeral": 5, "swap": 1536   | 7
          """)
  void rootDiskOfAVolumeBackedInstanceIsNotLocal(String image, String flavor, Integer size) {
    assertThat(disks(image, flavor).localDiskGiB()).isEqualTo(size);
  }

  @Test
  void localDiskIsUnknownWhereTheImageIsNotShown() {
    assertThat(read("\"ram\": 64", "\"ram\": 64, \"disk\": 20").localDiskGiB()).isNull();
  }

  @Test
  void instanceIsPinnedToTheZoneThatNovaNames() {
    assertThat(with("\"pinned_availability_zone\": \"z1\"").constraints().pinnedZone())
        .isEqualTo("z1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"pinned_availability_zone\": null",
        "\"pinned_availability_zone\": \"\"",
        "\"pinned_availability_zone\": \" \"",
        "\"OS-EXT-AZ:availability_zone\": \"z1\""
      })
  void instanceWithoutAPinnedZoneIsNotPinned(String field) {
    assertThat(with(field).constraints().pinnedZone()).isNull();
  }

  private Map<String, List<String>> hints(String written) {
    return with("\"scheduler_hints\": " + written).constraints().hints();
  }

  @Test
  void hintHasOneValueOrSeveral() {
    assertThat(hints("{\"same_host\": \"a\", \"different_host\": [\"b\", \"c\"]}"))
        .isEqualTo(Map.of("same_host", List.of("a"), "different_host", List.of("b", "c")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "[]",
        "7",
        "\"same_host\"",
        "{\"a\": null}",
        "{\"a\": 7}",
        "{\"a\": {\"b\": \"c\"}}",
        "{\"a\": []}",
        "{\"a\": [7, null, [\"b\"]]}"
      })
  void hintThatIsNoTextIsIgnored(String written) {
    assertThat(hints(written)).isEmpty();
  }

  @Test
  void valueOfAHintThatIsNoTextIsIgnoredAndTheOthersAreNot() {
    assertThat(hints("{\"a\": [\"b\", 7, \"c\"], \"d\": 7, \"e\": \"f\"}"))
        .isEqualTo(Map.of("a", List.of("b", "c"), "e", List.of("f")));
  }

  @Test
  void hintsAreBounded() {
    var many =
        IntStream.range(0, 100)
            .mapToObj(i -> "\"hint%d\": %s".formatted(i, Collections.nCopies(100, "\"x\"")))
            .collect(Collectors.joining(",", "{", "}"));

    assertThat(hints(many))
        .hasSize(32)
        .allSatisfy((hint, values) -> assertThat(values).hasSize(64));
  }

  @Test
  void textOfAHintHasNoHarmfulCharactersAndIsCutTo1KiB() {
    var long2000 = "x".repeat(2000);

    assertThat(hints("{\"a\\u001bb\": \"c\\nd\", \"%s\": \"%s\"}".formatted(long2000, long2000)))
        .isEqualTo(Map.of("a b", List.of("c d"), "x".repeat(1024), List.of("x".repeat(1024))));
  }

  private Instance.Constraints specs(String extraSpecs) {
    return read("\"ram\": 64", "\"ram\": 64, \"extra_specs\": " + extraSpecs).constraints();
  }

  @Test
  void traitsAreThoseOfTheExtraSpecsOfTheFlavor() {
    assertThat(
            specs(
                """
                {"trait:HW_CPU_X86_VMX": "required", "trait:CUSTOM_SLOW": "forbidden",
                 "hw:cpu_policy": "dedicated"}"""))
        .returns(Set.of("HW_CPU_X86_VMX"), Instance.Constraints::requiredTraits)
        .returns(Set.of("CUSTOM_SLOW"), Instance.Constraints::forbiddenTraits);
  }

  /** What it forbids binds only the provider that the group takes, as one of several cards. */
  @Test
  void traitOfANumberedGroupIsRequiredButNotForbidden() {
    assertThat(
            specs(
                """
                {"trait1:CUSTOM_GPU": "required", "trait_NIC-2:CUSTOM_FAST": "required",
                 "trait1:CUSTOM_OLD": "forbidden"}"""))
        .returns(Set.of("CUSTOM_GPU", "CUSTOM_FAST"), Instance.Constraints::requiredTraits)
        .returns(Set.of(), Instance.Constraints::forbiddenTraits);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "[]",
        "\"trait:A\"",
        "{\"trait:CUSTOM_A\": \"Required\"}",
        "{\"trait:CUSTOM_A\": null}",
        "{\"trait:CUSTOM_A\": true}",
        "{\"trait:CUSTOM_A\": [\"required\"]}",
        "{\"trait:\": \"required\"}",
        "{\"trait:custom_a\": \"required\"}",
        "{\"trait:A&limit=1\": \"required\"}",
        "{\"trait:A,B\": \"required\"}",
        "{\"traits:CUSTOM_A:B\": \"required\"}",
        "{\"CUSTOM_A\": \"required\"}"
      })
  void extraSpecThatNamesNoTraitGivesNone(String extraSpecs) {
    assertThat(specs(extraSpecs)).isEqualTo(Instance.Constraints.NONE);
  }

  @Test
  void traitsAreBounded() {
    var many =
        IntStream.range(0, 1000)
            .mapToObj(i -> "\"trait:CUSTOM_%d\": \"required\"".formatted(i))
            .collect(Collectors.joining(",", "{", "}"));

    assertThat(specs(many).requiredTraits()).hasSize(64);
  }

  @Test
  void serviceHasTheZoneOfItsHost() {
    serveRows("\"id\": \"s1\"", "\"id\": \"s1\", \"zone\": \"z1\"");

    assertThat(nova.computeServices()).extracting(ComputeService::zone).containsExactly("z1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "updated_at": "2026-11-22T11:40:38.000000" | 2026-11-22T11:40:38Z
          "updated_at": null                         |
          "zone": "nova"                             |
          """)
  void serviceHasTheTimeOfItsLastReport(String field, Instant updatedAt) {
    serveRows("\"id\": \"s1\"", "\"id\": \"s1\", " + field);

    assertThat(nova.computeServices())
        .extracting(ComputeService::updatedAt)
        .containsExactly(updatedAt);
  }

  @Test
  void serviceWithAMalformedTimeIsInvalid() {
    serveRows("\"id\": \"s1\"", "\"id\": \"s1\", \"updated_at\": \"yesterday\"");

    assertThat(failure(nova::computeServices).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  // Whether a guest runs

  @ParameterizedTest
  @CsvSource({
    "running, RUNNING",
    "paused, UNKNOWN",
    "shutdown, UNKNOWN",
    "pending, UNKNOWN",
    "RUNNING, UNKNOWN"
  })
  void guestRunsWhereItsDiagnosticsSaySo(String state, GuestPower power) {
    cloud.on("GET", DIAGNOSTICS, 200, "{\"state\": \"%s\", \"driver\": \"x\"}".formatted(state));

    assertThat(nova.guestPower("i1")).isEqualTo(power);
  }

  /** Nova asks the hypervisor, and then names the state that its database has. */
  @ParameterizedTest
  @CsvSource({
    "power state shutdown, OFF",
    "power state crashed, OFF",
    "power state running, UNKNOWN",
    "power state paused, UNKNOWN",
    "power state pending, UNKNOWN",
    "power state suspended, UNKNOWN",
    "task_state deleting, UNKNOWN"
  })
  void guestIsOffWhereHypervisorAndDatabaseSaySo(String state, GuestPower power) {
    cloud.on(
        "GET",
        DIAGNOSTICS,
        409,
        "{\"conflictingRequest\": {\"code\": 409, \"message\": \"Cannot 'get_diagnostics' instance"
            + " i1 while it is in %s\"}}".formatted(state));

    assertThat(nova.guestPower("i1")).isEqualTo(power);
  }

  @Test
  void conflictOfAProxySaysNothingOfAGuest() {
    cloud.on("GET", DIAGNOSTICS, 409, "<html>power state shutdown</html>");

    assertThat(failure(() -> nova.guestPower("i1")).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @ParameterizedTest
  @CsvSource({"403, FORBIDDEN", "404, NOT_FOUND", "500, UNAVAILABLE", "501, UNAVAILABLE"})
  void diagnosticsWithoutAnAnswerAreAFailure(int status, Kind kind) {
    cloud.on("GET", DIAGNOSTICS, status, "{\"fault\": {\"message\": \"power state shutdown\"}}");

    assertThat(failure(() -> nova.guestPower("i1")).kind()).isEqualTo(kind);
  }

  /** A proxy gives up before Nova does: three waits would take minutes. */
  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void diagnosticsAreAskedForOnce(int status) {
    cloud.on("GET", DIAGNOSTICS, status, "");

    assertThat(failure(() -> nova.guestPower("i1")).status()).isEqualTo(status);
    assertThat(cloud.requests("GET", DIAGNOSTICS)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[]", "{\"state\": null}", "{\"state\": {}}", "\"running\""})
  void diagnosticsWithoutAStateAreInvalid(String body) {
    cloud.on("GET", DIAGNOSTICS, 200, body);

    assertThat(failure(() -> nova.guestPower("i1")).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "{\"i1\": null}",
        "{\"i1\": {}}",
        "{\"i1\": {\"resources\": null}}",
        "{\"i1\": {\"resources\": {\"VCPU\": null}}}",
        "{\"i1\": {\"resources\": {\"VCPU\": 1.5}}}",
        "{\"i1\": {\"resources\": {\"VCPU\": \"x\"}}}",
        "{\"i1\": {\"resources\": {\"VCPU\": 0}}}",
        "{\"i1\": {\"resources\": {\"VCPU\": -1}}}",
        "{\"i1\": {\"resources\": {\"VCPU\": 9223372036854775808}}}",
        "{\"i1\": {\"resources\": {\"VCPU:1,VGPU\": 1}}}",
        "{\"i1\": {\"resources\": {\"A:1\": 1}}}",
        "{\"i1\": {\"resources\": {\"\": 1}}}",
        "{\"../i1\": {\"resources\": {\"VCPU\": 1}}}"
      })
  void allocationsThatViolateTheApiAreInvalid(String allocations) {
    cloud.on("GET", ALLOCATIONS, 200, "{\"allocations\": %s}".formatted(allocations));

    assertThat(failure(() -> nova.allocations("h1")).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 500})
  void allocationsWithoutAnAnswerAreAFailureAndNotNone(int status) {
    cloud.on("GET", ALLOCATIONS, status, "{\"errors\": [{\"detail\": \"No.\"}]}");

    assertThat(failure(() -> nova.allocations("h1")).status()).isEqualTo(status);
  }

  // Where there is room

  private static Demand demand(String resource, long amount) {
    return new Demand(Map.of(resource, amount), Set.of(), Set.of());
  }

  private void summaries(String summaries) {
    cloud.on("GET", CANDIDATES, 200, "{\"provider_summaries\": %s}".formatted(summaries));
  }

  @Test
  void candidatesAreAskedForResourcesAndTraitsOnHostsThatAreNotDisabled() {
    summaries("{}");
    nova.candidates(
        new Demand(
            Map.of("VCPU", 2L, "MEMORY_MB", 64L, "CUSTOM_GOLD", 1L),
            Set.of("HW_CPU_X86_VMX", "HW_CPU_X86_AVX2"),
            Set.of("CUSTOM_SLOW")));

    assertThat(sole("GET", CANDIDATES).query().split("&"))
        .containsExactlyInAnyOrder(
            "resources=CUSTOM_GOLD:1,MEMORY_MB:64,VCPU:2",
            "required=!COMPUTE_STATUS_DISABLED,HW_CPU_X86_AVX2,HW_CPU_X86_VMX,!CUSTOM_SLOW",
            "limit=1000");
  }

  /** Below 1.29 placement leaves out hosts that would give something of a nested provider. */
  @Test
  void candidatesWithNestedProvidersCount() {
    summaries("{}");
    nova.candidates(demand("VGPU", 1));

    assertThat(sole("GET", CANDIDATES).header("OpenStack-API-Version")).isEqualTo("placement 1.29");
  }

  @Test
  void candidateHasWhatIsFreeOfEachResourceClass() {
    summaries(
        """
        {"p1": {"resources": {"VCPU": {"capacity": 16, "used": 3},
            "MEMORY_MB": {"capacity": 1024, "used": 2000}}, "parent_provider_uuid": null}}
        """);

    assertThat(nova.candidates(demand("VCPU", 2)))
        .contains(List.of(new ResourceProvider("p1", Map.of("VCPU", 13L, "MEMORY_MB", 0L))));
  }

  @Test
  void providerNestedInACandidateIsNone() {
    summaries(
        """
        {"p1": {"resources": {}, "parent_provider_uuid": null},
         "gpu": {"resources": {"VGPU": {"capacity": 1, "used": 0}}, "parent_provider_uuid": "p1"}}
        """);

    assertThat(nova.candidates(demand("VGPU", 1)).orElseThrow())
        .extracting(ResourceProvider::id)
        .containsExactly("p1");
  }

  @Test
  void noCandidateIsAnAnswer() {
    summaries("{}");

    assertThat(nova.candidates(demand("VCPU", 2))).contains(List.of());
  }

  @Test
  void cloudWithoutPlacementHasNoAnswerOfIt() {
    cloud.catalog(
        "[{\"type\": \"compute\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "RegionOne", BASE)));

    assertThat(nova.candidates(demand("VCPU", 2))).isEmpty();
    assertThat(nova.usedOnDisabledHosts()).isEmpty();
    assertThat(nova.allocations("h1")).isEmpty();
    assertThat(nova.providerTree("h1")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"400, BAD_REQUEST", "403, FORBIDDEN", "404, NOT_FOUND", "500, UNAVAILABLE"})
  void candidatesWithoutAnAnswerAreAFailureAndNotNone(int status, Kind kind) {
    cloud.on("GET", CANDIDATES, status, "{\"errors\": [{\"detail\": \"No.\"}]}");

    assertThat(failure(() -> nova.candidates(demand("VCPU", 2))))
        .hasMessage("No.")
        .returns(kind, NovaException::kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "{\"provider_summaries\": null}",
        "{\"provider_summaries\": []}",
        "{\"provider_summaries\": {\"p1\": null}}",
        "{\"provider_summaries\": {\"p1\": {}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"VCPU\": null}}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"VCPU\": {}}}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"VCPU\":"
            + " {\"capacity\": -1, \"used\": 0}}}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"VCPU\":"
            + " {\"capacity\": 1, \"used\": -1}}}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"a b\":"
            + " {\"capacity\": 1, \"used\": 0}}}}}",
        "{\"provider_summaries\": {\"../p1\": {\"resources\": {}}}}",
        "<html>"
      })
  void candidatesThatViolateTheApiAreInvalid(String body) {
    cloud.on("GET", CANDIDATES, 200, body);

    assertThat(failure(() -> nova.candidates(demand("VCPU", 2))).kind())
        .isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void disabledHostsAreAskedForByTheTraitOfTheirService() {
    summaries("{}");
    nova.usedOnDisabledHosts();

    assertThat(sole("GET", CANDIDATES).query().split("&"))
        .containsExactlyInAnyOrder("resources=MEMORY_MB:1", "required=COMPUTE_STATUS_DISABLED");
  }

  @Test
  void whatIsAllocatedOnADisabledHostCountsItsNestedProviders() {
    summaries(
        """
        {"p1": {"resources": {"VCPU": {"capacity": 16, "used": 3},
            "MEMORY_MB": {"capacity": 1024, "used": 0}}, "root_provider_uuid": "p1"},
         "gpu": {"resources": {"VGPU": {"capacity": 1, "used": 1}}, "parent_provider_uuid": "p1",
            "root_provider_uuid": "p1"},
         "p2": {"resources": {"VCPU": {"capacity": 16, "used": 0}}, "root_provider_uuid": "p2"}}
        """);

    assertThat(nova.usedOnDisabledHosts().orElseThrow())
        .isEqualTo(Map.of("p1", Map.of("VCPU", 3L, "VGPU", 1L), "p2", Map.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"provider_summaries\": []}",
        "{\"provider_summaries\": {\"p1\": {}}}",
        "{\"provider_summaries\": {\"p1\": {\"resources\": {\"VCPU\": {\"used\": 1}}}}}"
      })
  void disabledHostsThatViolateTheApiAreInvalid(String body) {
    cloud.on("GET", CANDIDATES, 200, body);

    assertThat(failure(() -> nova.usedOnDisabledHosts()).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void providerTreeIsTheProviderAndThoseNestedInIt() {
    cloud.on(
        "GET",
        PROVIDERS,
        200,
        "{\"resource_providers\": [{\"uuid\": \"h1\"}, {\"uuid\": \"gpu\"}]}");

    assertThat(nova.providerTree("h1")).containsExactly("h1", "gpu");
    assertThat(sole("GET", PROVIDERS).query()).isEqualTo("in_tree=h1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"resource_providers\": null}",
        "{\"resource_providers\": [null]}",
        "{\"resource_providers\": [{}]}",
        "{\"resource_providers\": [{\"uuid\": \"../h1\"}]}"
      })
  void providerTreeThatViolatesTheApiIsInvalid(String body) {
    cloud.on("GET", PROVIDERS, 200, body);

    assertThat(failure(() -> nova.providerTree("h1")).kind()).isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void newestVersionIsThatOfTheCloudThoughWeSpeakAnOlderOne() {
    cloud.speaks("2.1", "2.999");

    assertThat(nova.newestVersion()).isEqualTo(new Microversion(2, 999));
  }

  // EventRecorder

  @Test
  void listenerReceivesEveryRequestWithItsStatus() {
    var told = new ArrayList<String>();
    cloud.onInTurn("GET", SERVICES, Answer.json(503, ""), Answer.json(200, "{\"services\": []}"));
    listened(cloud.cloudsYaml(directory), told).computeServices();

    assertThat(told)
        .containsExactly(
            "login 201", "discover-version 200", "list-services 503", "list-services 200");
  }

  /** One row in every list, with one field written otherwise. */
  private void serveRows(String field, String otherwise) {
    var rows =
        Map.of(
            SERVICES,
            "{\"services\": [%s]}"
                .formatted(
                    service("enabled").replaceFirst("(?s)^.*?: ", "").replaceFirst("}$", "")),
            HYPERVISORS,
            "{\"hypervisors\": [{\"id\": \"p1\", \"hypervisor_type\": \"QEMU\","
                + " \"service\": {\"host\": \"h1\"}}]}",
            SERVERS,
            servers(null, server("i1", "h1")),
            BASE + "/os-migrations",
            migrations("2026-11-22T11:40:45Z", "m1"),
            BASE + "/servers/i1/os-instance-actions",
            "{\"instanceActions\": [{\"request_id\": \"r1\", \"action\": \"pause\","
                + " \"start_time\": \"2026-11-22T11:40:45.000000\"}]}");
    rows.forEach((path, body) -> cloud.on("GET", path, 200, body.replace(field, otherwise)));
    cloud.on("GET", BASE + "/os-server-groups/g1", 200, group("g1").replace(field, otherwise));
  }

  private Collection<?> rows(String list) {
    return switch (list) {
      case "services" -> nova.computeServices();
      case "hypervisors" -> nova.hypervisors();
      case "servers" -> nova.instancesOn("h1").value();
      case "migrations" -> nova.migrations(ALL);
      case "actions" -> nova.actions("i1");
      case "groups" -> nova.serverGroup("g1").stream().toList();
      default -> throw new IllegalArgumentException(list);
    };
  }

  private Nova hasty() {
    return OpenStackCloud.nova(
        Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString()),
        InstantSource.system(),
        System::nanoTime,
        (operation, status, duration) -> {},
        Duration.ofSeconds(2));
  }

  private static Nova listened(Path cloudsYaml, List<String> told) {
    return OpenStackCloud.nova(
        Map.of("OS_CLIENT_CONFIG_FILE", cloudsYaml.toString()),
        InstantSource.system(),
        System::nanoTime,
        (operation, status, duration) -> told.add(operation + " " + status),
        Duration.ofSeconds(60));
  }

  private Nova behind(RawServer raw, InstantSource clock) {
    return StubCloud.nova(
        cloud.cloudsYaml(directory, "    compute_endpoint_override: " + raw.url() + "/v2.1\n"),
        clock);
  }

  private static String version() {
    return "{\"version\": {\"min_version\": \"2.1\", \"version\": \"2.96\"}}";
  }

  private static int await(CountDownLatch release) {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 202;
  }

  private void accept(String method, String path) {
    cloud.on(method, path, request -> Answer.json(202, "").with("x-compute-request-id", "req-1"));
  }

  private Request sole(String method, String path) {
    assertThat(cloud.requests(method, path)).hasSize(1);
    return cloud.requests(method, path).getFirst();
  }

  private static Map<?, ?> json(Request request) {
    try {
      return NovaJson.MAPPER.readValue(request.body(), Map.class);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static NovaException failure(Runnable deed) {
    var failure = catchThrowableOfType(NovaException.class, deed::run);
    assertThat(failure).isNotNull();
    return failure;
  }

  private static Command liveMigrate(String target) {
    return new Command.LiveMigrate("i1", Optional.ofNullable(target), true, "req-global");
  }

  private static Command coldMigrate(String target) {
    return new Command.ColdMigrate("i1", Optional.ofNullable(target), "req-global");
  }

  private static String service(String status) {
    return """
    {"service": {"id": "s1", "host": "h1", "binary": "nova-compute", "status": "%s",
      "state": "up", "forced_down": false, "disabled_reason": null}}"""
        .formatted(status);
  }

  private static String server(String id, String host) {
    return """
    {"id": "%s", "name": "n", "tenant_id": "p1", "status": "ACTIVE",
     "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:task_state": null,
     "OS-EXT-STS:power_state": 1, "OS-EXT-SRV-ATTR:host": %s, "flavor": {"ram": 64}}"""
        .formatted(id, host == null ? "null" : "\"" + host + "\"");
  }

  private static String servers(String next, String... servers) {
    return "{\"servers\": [%s]%s}"
        .formatted(String.join(",", servers), next == null ? "" : ", " + next("servers", next));
  }

  private static String next(String list, String marker) {
    return ("\"%s_links\": [{\"rel\": \"next\","
            + " \"href\": \"http://elsewhere/v2.1/%s?limit=2&marker=%s\"}]")
        .formatted(list, list, marker);
  }

  private static String migrations(String createdAt, String uuid) {
    return """
    {"migrations": [{"id": 1, "uuid": "%s", "instance_uuid": "i1", "status": "running",
      "migration_type": "live-migration", "created_at": "%s"}]}"""
        .formatted(uuid, createdAt);
  }

  private static String group(String id) {
    return """
    {"server_group": {"id": "%s", "name": "n", "policy": "anti-affinity",
      "rules": {"max_server_per_host": 2}, "members": ["i1"]}}"""
        .formatted(id);
  }

  private static String notFound() {
    return "{\"itemNotFound\": {\"code\": 404, \"message\": \"It could not be found.\"}}";
  }
}
