package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTest {

  private static final Command ENABLE = new Command.EnableService("s1");
  private static final String SERVICES = "/compute/v2.1/os-services";

  private final StubCloud cloud = new StubCloud().on("GET", SERVICES, 200, "{\"services\": []}");

  private final MovingClock clock = new MovingClock();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  @Test
  void nothingIsReadOrContactedBeforeTheFirstCall() {
    StubCloud.nova(Path.of("/nonesuch/clouds.yaml"), clock);

    assertThat(cloud.requests()).isEmpty();
  }

  @Test
  void passwordLoginNamesUserAndProjectWithTheirDomains() {
    nova().identity();

    assertThatLoginBody()
        .isEqualTo(
            """
            {"auth": {
              "identity": {"methods": ["password"], "password": {"user": {
                "name": "operator", "password": "plantedPassword", "domain": {"name": "Default"}}}},
              "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}}}}""");
  }

  @Test
  void passwordLoginByIdsNeedsNoDomains() throws IOException {
    nova(
            """
            username: ignored
            user_id: u1
            password: plantedPassword
            project_id: p1
            """,
            "")
        .identity();

    assertThatLoginBody()
        .isEqualTo(
            """
            {"auth": {
              "identity": {"methods": ["password"], "password": {"user": {
                "id": "u1", "password": "plantedPassword"}}},
              "scope": {"project": {"id": "p1"}}}}""");
  }

  @Test
  void applicationCredentialLoginHasNoScope() throws IOException {
    nova(
            """
            application_credential_id: ab12
            application_credential_secret: plantedSecret
            """,
            "auth_type: v3applicationcredential")
        .identity();

    assertThatLoginBody()
        .isEqualTo(
            """
            {"auth": {"identity": {"methods": ["application_credential"],
              "application_credential": {"id": "ab12", "secret": "plantedSecret"}}}}""");
  }

  @Test
  void applicationCredentialByNameNamesItsUser() throws IOException {
    nova(
            """
            application_credential_name: drain
            application_credential_secret: plantedSecret
            username: operator
            user_domain_id: default
            """,
            "auth_type: v3applicationcredential")
        .identity();

    assertThatLoginBody()
        .isEqualTo(
            """
            {"auth": {"identity": {"methods": ["application_credential"],
              "application_credential": {"name": "drain", "secret": "plantedSecret",
                "user": {"name": "operator", "domain": {"id": "default"}}}}}}""");
  }

  @Test
  void applicationCredentialLoginIsRepeatedAfterTheTokenIsRevoked() throws IOException {
    var nova =
        nova(
            """
            application_credential_id: ab12
            application_credential_secret: plantedSecret
            """,
            "auth_type: v3applicationcredential");
    nova.computeServices();
    cloud.revokeTokens();

    assertThat(nova.computeServices()).isEmpty();
    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void identityIsUserAndProjectOfTheTokenAndTheUrlOfNova() {
    assertThat(nova().identity())
        .isEqualTo(
            new Identity(StubCloud.USER_ID, StubCloud.PROJECT_ID, cloud.url() + "/compute/v2.1"));
  }

  @Test
  void tokenIsReusedWhileItIsValidForMoreThanAMinute() {
    cloud.tokensExpire(clock.instant().plusSeconds(3600));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofSeconds(3539));
    nova.identity();

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void tokenIsRenewedWithinItsLastMinute() {
    cloud.tokensExpire(clock.instant().plusSeconds(3600));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofSeconds(3540));
    cloud.tokensExpire(clock.instant().plusSeconds(3600));
    nova.identity();

    assertThat(cloud.logins()).isEqualTo(2);
  }

  /** Keystone's clock is years away from ours, either way. */
  @ParameterizedTest
  @ValueSource(strings = {"2016-01-01T00:00:00Z", "2046-01-01T00:00:00Z"})
  void ageOfATokenIsMeasuredByKeystonesClock(Instant there) {
    cloud.tokensExpire(there.plusSeconds(3600));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofSeconds(3539));
    nova.identity();

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void ageOfATokenWithoutIssuedAtIsMeasuredByTheDateHeader() {
    var end = Instant.now().plusSeconds(3600);
    cloud.tokensExpire(end);
    cloud.keystone(
        request -> cloud.granting(cloud.token().replaceFirst("\"issued_at\": \"[^\"]*\",", "")));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofMinutes(50));
    nova.identity();
    var before = cloud.logins();
    clock.advance(Duration.ofMinutes(10));
    nova.identity();

    assertThat(List.of(before, cloud.logins())).containsExactly(1, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-01-01T01:00:00", "2026-01-01T01:00:00.000000+00:00"})
  void timestampsOfATokenAreReadAsUtc(String end) {
    cloud.keystone(
        request ->
            cloud.granting(
                cloud
                    .token(Instant.parse("2026-01-01T00:00:00Z"), Duration.ofHours(1))
                    .replace("2026-01-01T01:00:00Z", end)));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofMinutes(58));
    nova.identity();

    assertThat(cloud.logins()).isEqualTo(1);
  }

  /** With a margin of a minute it would never be fresh. */
  @Test
  void tokenOfOneMinuteIsReusedForHalfItsLifetime() {
    cloud.keystone(request -> cloud.granting(cloud.token(clock.instant(), Duration.ofSeconds(60))));
    var nova = nova();
    nova.identity();
    clock.advance(Duration.ofSeconds(29));
    nova.identity();
    var before = cloud.logins();
    clock.advance(Duration.ofSeconds(1));
    nova.identity();

    assertThat(List.of(before, cloud.logins())).containsExactly(1, 2);
  }

  @Test
  void tokenThatExpiresBeforeItsIssueDoesNotCauseALoginPerRequest() {
    cloud.keystone(
        request -> cloud.granting(cloud.token(clock.instant(), Duration.ofSeconds(-3600))));
    var nova = nova();
    nova.computeServices();
    nova.computeServices();

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void rejectedTokenIsRenewedOnce() {
    var nova = nova();
    nova.computeServices();
    cloud.revokeTokens();
    nova.computeServices();

    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void requestIsUnauthorizedWhenTheServiceRejectsANewToken() {
    cloud.on("GET", SERVICES, 401, "{\"error\": {\"message\": \"Go away.\"}}");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().computeServices())
        .withMessageStartingWith(
            "GET /os-services of the compute service is refused also with a new token of user"
                + " operator of cloud openstack in ")
        .withMessageContaining(" (HTTP 401): Go away. ")
        .matches(e -> e.kind() == Kind.UNAUTHORIZED && e.status() == 401);
    assertThat(cloud.requests("GET", SERVICES)).hasSize(2);
    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void serviceThatRejectsANewTokenCausesNoFurtherLoginForAMinute() {
    cloud.on("GET", SERVICES, 401, "{\"error\": {\"message\": \"Go away.\"}}");
    var nova = nova();
    for (var i = 0; i < 20; i++) {
      catchThrowableOfType(NovaException.class, nova::computeServices);
      clock.advance(Duration.ofSeconds(2));
    }

    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void serviceThatRejectsANewTokenCausesAnotherLoginAfterAMinute() {
    cloud.on("GET", SERVICES, 401, "{\"error\": {\"message\": \"Go away.\"}}");
    var nova = nova();
    catchThrowableOfType(NovaException.class, nova::computeServices);
    clock.advance(Duration.ofMinutes(1));
    catchThrowableOfType(NovaException.class, nova::computeServices);

    assertThat(cloud.logins()).isEqualTo(3);
  }

  /** Such as placement without service_type where there are access rules. */
  @Test
  void serviceThatRejectsANewTokenDoesNotBlockALoginForAnotherService() {
    cloud.on("GET", "/placement/resource_providers/h1/allocations", 401, "");
    var nova = nova();
    nova.computeServices();
    catchThrowableOfType(NovaException.class, () -> nova.allocations("h1"));
    cloud.revokeTokens();

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void manyThreadsWithOneRejectedTokenLogInOnce() throws Exception {
    var nova = nova();
    nova.computeServices();
    cloud.revokeTokens();

    together(64, nova::computeServices);

    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void manyThreadsWithoutATokenLogInOnce() throws Exception {
    together(64, nova()::identity);

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void manyThreadsShareOneFailedLogin() throws Exception {
    refuseLogins();
    var nova = nova();

    together(64, () -> catchThrowableOfType(NovaException.class, nova::identity));

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void failedLoginIsNotRepeatedWithinTenSeconds() {
    refuseLogins();
    var nova = nova();
    var first = catchThrowableOfType(NovaException.class, nova::identity);
    clock.advance(Duration.ofMillis(9_999));
    var second = catchThrowableOfType(NovaException.class, nova::identity);

    assertThat(second).hasMessage(first.getMessage());
    assertThat(second.kind()).isEqualTo(Kind.UNAUTHORIZED);
    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void failedLoginIsRepeatedAfterTenSeconds() {
    refuseLogins();
    var nova = nova();
    catchThrowableOfType(NovaException.class, nova::identity);
    clock.advance(Duration.ofSeconds(10));
    catchThrowableOfType(NovaException.class, nova::identity);

    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void loginThatKeepsFailingIsRepeatedOnceAMinute() {
    refuseLogins();
    var nova = nova();
    for (var i = 0; i < 600; i++) {
      catchThrowableOfType(NovaException.class, nova::identity);
      clock.advance(Duration.ofSeconds(1));
    }

    assertThat(cloud.logins()).isEqualTo(12); // at 0, 10, 30, 70, 130, 190 ... 550 s
  }

  @Test
  void loginIsNotRepeatedForAsLongAsKeystoneAsksToBeLeftAlone() {
    cloud.keystone(request -> new Answer(429, "{}", Map.of("Retry-After", "25")));
    var nova = nova();
    catchThrowableOfType(NovaException.class, nova::identity);
    clock.advance(Duration.ofMillis(24_999));
    var held = catchThrowableOfType(NovaException.class, nova::identity);
    var logins = cloud.logins();
    clock.advance(Duration.ofMillis(1));
    catchThrowableOfType(NovaException.class, nova::identity);

    assertThat(logins).isEqualTo(1);
    assertThat(held.retryAfter()).contains(Duration.ofMillis(1));
    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void loginThatKeystoneRefusesForAMomentIsStillNotRepeatedWithinTenSeconds() {
    cloud.keystone(request -> new Answer(429, "{}", Map.of("Retry-After", "1")));
    var nova = nova();
    catchThrowableOfType(NovaException.class, nova::identity);
    clock.advance(Duration.ofMillis(9_999));
    catchThrowableOfType(NovaException.class, nova::identity);

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void failedLoginIsRepeatedAtOnceWhenCloudsYamlChanges() throws IOException {
    refuseLogins();
    var file = cloud.cloudsYaml(directory);
    var nova = StubCloud.nova(file, clock);
    catchThrowableOfType(NovaException.class, nova::identity);
    Files.writeString(file, Files.readString(file).replace("plantedPassword", "plantedPassword2"));
    catchThrowableOfType(NovaException.class, nova::identity);

    assertThat(cloud.logins()).isEqualTo(2);
  }

  @Test
  void failedLoginNamesUserCloudFileAndKeystonesMessage() {
    refuseLogins();

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().identity())
        .withMessageContaining("Keystone at %s/v3 refuses the login of user operator", cloud.url())
        .withMessageContaining("of cloud openstack in ")
        .withMessageContaining("(HTTP 401): The request you have made requires authentication.")
        .matches(e -> !e.outcomeUnknown());
  }

  @Test
  void loginAnsweredWithStatus404IsAConfigurationError() {
    cloud.keystone(request -> new Answer(404, "<h1>Not Found</h1>", Map.of()));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().identity())
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void failedLoginMeansThatTheWriteWasNotSent() {
    cloud.keystone(request -> Answer.json(503, ""));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().execute(ENABLE))
        .matches(e -> e.kind() == Kind.UNAVAILABLE && !e.outcomeUnknown());
  }

  @Test
  void unansweredLoginMeansThatTheWriteWasNotSent() {
    cloud.keystone(request -> Answer.drop());

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().execute(ENABLE))
        .withMessageStartingWith("Keystone at")
        .matches(e -> e.kind() == Kind.UNAVAILABLE && !e.outcomeUnknown());
  }

  @Test
  void loginAnsweredWithAnHtmlPageIsUnavailable() {
    cloud.keystone(request -> new Answer(200, "<html>Welcome</html>", java.util.Map.of()));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().identity())
        .matches(e -> e.kind() == Kind.UNAVAILABLE);
  }

  @Test
  void tokenWithoutAProjectIsAConfigurationError() {
    cloud.keystone(
        request ->
            Answer.json(
                    201,
                    """
                    {"token": {"expires_at": "2099-01-01T00:00:00.000000Z",
                      "user": {"id": "u", "name": "n"}}}""")
                .with("X-Subject-Token", "t"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova().identity())
        .withMessageStartingWith("Keystone's token for cloud openstack in ")
        .withMessageContaining("is for no project")
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void cloudsYamlIsReadAgainAtEachLogin() throws IOException {
    var file = cloud.cloudsYaml(directory);
    var nova = StubCloud.nova(file, clock);
    nova.computeServices();
    Files.writeString(file, Files.readString(file).replace("plantedPassword", "plantedPassword2"));
    cloud.revokeTokens();
    nova.computeServices();

    assertThat(cloud.requests("POST", "/v3/auth/tokens").getLast().body())
        .contains("plantedPassword2");
  }

  @Test
  void changedCloudsYamlIsUsedWithinFiveSeconds() throws IOException {
    var file = cloud.cloudsYaml(directory);
    var nova = StubCloud.nova(file, clock);
    nova.computeServices();
    Files.writeString(file, Files.readString(file).replace("plantedPassword", "plantedPassword2"));
    clock.advance(Duration.ofSeconds(5));
    nova.computeServices();

    assertThat(cloud.requests("POST", "/v3/auth/tokens").getLast().body())
        .contains("plantedPassword2");
  }

  /** So kubelet brings a changed Secret: another directory behind the same link. */
  @Test
  void changedKubernetesSecretIsUsedWithinFiveSeconds() throws IOException {
    var before = Files.createDirectory(directory.resolve("..1"));
    var after = Files.createDirectory(directory.resolve("..2"));
    var yaml = Files.readString(cloud.cloudsYaml(directory));
    Files.writeString(before.resolve("clouds.yaml"), yaml);
    Files.writeString(after.resolve("clouds.yaml"), yaml.replace("planted", "Planted"));
    var data = Files.createSymbolicLink(directory.resolve("..data"), before);
    var nova = StubCloud.nova(data.resolve("clouds.yaml"), clock);
    nova.computeServices();
    Files.delete(data);
    Files.createSymbolicLink(data, after);
    clock.advance(Duration.ofSeconds(5));
    nova.computeServices();

    assertThat(cloud.requests("POST", "/v3/auth/tokens").getLast().body())
        .contains("PlantedPassword");
  }

  @Test
  void cloudsYamlRewrittenWithTheSameSettingsCausesNoLogin() throws IOException {
    var file = cloud.cloudsYaml(directory);
    var nova = StubCloud.nova(file, clock);
    nova.computeServices();
    Files.writeString(file, "# the same\n" + Files.readString(file));
    clock.advance(Duration.ofSeconds(5));
    nova.computeServices();

    assertThat(cloud.logins()).isEqualTo(1);
  }

  @Test
  void invalidCloudsYamlFailsEveryCallUntilItIsCorrected() throws IOException {
    var file = cloud.cloudsYaml(directory);
    var text = Files.readString(file);
    var nova = StubCloud.nova(file, clock);
    nova.computeServices();
    Files.writeString(file, "clouds: {}");
    clock.advance(Duration.ofSeconds(5));

    for (var i = 0; i < 2; i++) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(nova::computeServices)
          .matches(e -> e.kind() == Kind.CONFIGURATION);
    }
    Files.writeString(file, text);
    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void movedEndpointIsFoundAtTheCallAfterAFailedOne() throws IOException {
    var file = cloud.cloudsYaml(directory);
    var gone = cloud.endpoint("public", "RegionOne", "/compute/v2.1");
    var moved = gone.replaceFirst("http://127.0.0.1:[0-9]+", "http://127.0.0.1:1");
    cloud.catalog("[{\"type\": \"compute\", \"endpoints\": [%s]}]".formatted(moved));
    var nova = StubCloud.nova(file, clock);
    catchThrowableOfType(NovaException.class, nova::computeServices);
    cloud.catalog("[{\"type\": \"compute\", \"endpoints\": [%s]}]".formatted(gone));

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void unreachableNovaEndpointCausesALoginAtMostOnceAMinute() {
    cloud.catalog(
        "[{\"type\": \"compute\", \"endpoints\": [%s]}]"
            .formatted(
                cloud
                    .endpoint("public", "RegionOne", "/compute/v2.1")
                    .replaceFirst("http://127.0.0.1:[0-9]+", "http://127.0.0.1:1")));
    var nova = nova();
    for (var i = 0; i < 12; i++) {
      catchThrowableOfType(NovaException.class, nova::computeServices);
      clock.advance(Duration.ofSeconds(10));
    }

    assertThat(cloud.logins()).isEqualTo(3); // at 0, 10 and 70 s
  }

  @Test
  void unverifiedCertificatesAreLoggedAsAWarningAtEveryLogin() {
    var nova = StubCloud.nova(cloud.cloudsYaml(directory, "    verify: false\n"), clock);
    try (var logs = new Logs()) {
      nova.computeServices();
      cloud.revokeTokens();
      nova.computeServices();

      assertThat(logs.at(Level.WARN))
          .hasSize(2)
          .allMatch(line -> line.contains("Certificates of cloud openstack are not verified"));
    }
  }

  private void refuseLogins() {
    cloud.keystone(
        request ->
            Answer.json(
                401,
                """
                {"error": {"code": 401, "title": "Unauthorized",
                  "message": "The request you have made requires authentication."}}"""));
  }

  private Nova nova() {
    return StubCloud.nova(cloud.cloudsYaml(directory), clock);
  }

  private Nova nova(String auth, String settings) throws IOException {
    var file = directory.resolve("special.yaml");
    Files.writeString(
        file,
        "clouds:\n  openstack:\n    region_name: RegionOne\n%s    auth:\n      auth_url: %s\n%s"
            .formatted(settings.indent(4), cloud.url(), auth.indent(6)));
    return StubCloud.nova(file, clock);
  }

  private JsonAssert assertThatLoginBody() {
    return new JsonAssert(cloud.requests("POST", "/v3/auth/tokens").getLast().body());
  }

  /** Compares without regard to order and blanks. */
  private record JsonAssert(String actual) {

    void isEqualTo(String expected) {
      try {
        assertThat(NovaJson.MAPPER.readTree(actual)).isEqualTo(NovaJson.MAPPER.readTree(expected));
      } catch (JsonProcessingException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static void together(int threads, Callable<?> deed) throws Exception {
    var start = new CountDownLatch(1);
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var deeds =
          IntStream.range(0, threads)
              .mapToObj(
                  i ->
                      executor.submit(
                          () -> {
                            start.await();
                            return deed.call();
                          }))
              .toList();
      start.countDown();
      for (var done : deeds) {
        done.get();
      }
    }
  }
}
