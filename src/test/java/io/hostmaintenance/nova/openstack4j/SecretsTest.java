package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever starts with "planted" is a password or a token. */
class SecretsTest {

  private final StubCloud cloud = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  @Test
  void logShowsMethodPathStatusAndRequestIdOfEachRequest() {
    cloud.on(
        "GET",
        "/compute/v2.1/os-services",
        request -> Answer.json(200, "{\"services\": []}").with("x-openstack-request-id", "req-7"));
    try (var logs = new Logs()) {
      cloud.nova(directory).computeServices();

      assertThat(logs.at(Level.DEBUG))
          .anyMatch(line -> line.matches("GET /compute/v2.1/os-services 200 \\d+ ms req-7"));
    }
  }

  @Test
  void logOfAnUnansweredRequestShowsTheException() {
    cloud.on("POST", "/compute/v2.1/servers/i1/action", request -> Answer.drop());
    try (var logs = new Logs()) {
      liveMigrate();

      assertThat(logs.at(Level.DEBUG))
          .anyMatch(
              line -> line.matches("POST /compute/v2.1/servers/i1/action \\w*Exception \\d+ ms -"));
    }
  }

  @Test
  void loginAndRequestsLogNoSecrets() {
    cloud.on("GET", "/compute/v2.1/os-services", 200, "{\"services\": []}");
    try (var logs = new Logs()) {
      var nova = cloud.nova(directory);
      nova.computeServices();
      cloud.revokeTokens();
      nova.computeServices();

      assertThat(logs.lines()).hasSizeGreaterThan(4);
      assertThat(logs.text()).doesNotContain("planted");
    }
  }

  @Test
  void failedLoginShowsNoSecrets() {
    cloud.keystone(
        request -> Answer.json(400, "{\"error\": {\"message\": \"plantedPassword is bad\"}}"));
    try (var logs = new Logs()) {
      assertThat(stackTrace(catchThrowable(cloud.nova(directory)::identity)))
          .contains("*** is bad")
          .doesNotContain("planted");
      assertThat(logs.text()).contains("/v3/auth/tokens").doesNotContain("planted");
    }
  }

  /**
   * Whatever a cloud echoes, as it came or as JSON writes it, long or at the end of a long text.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Token %s is bad.",
        "{\"x\": {\"message\": \"Token %s is bad.\"}}",
        "{\"errors\": [{\"detail\": \"Token %s is bad.\"}]}",
        "<html><h1>%s</h1></html>",
        "{\"services\": [{\"id\": \"%s\", \"host\": 7, \"state\": []}]}",
        "{\"services\": %s"
      })
  void tokenThatTheCloudEchoesIsHidden(String body) {
    for (var status : List.of(200, 401, 403, 409, 500)) {
      for (var pad : List.of("", "x".repeat(1010))) {
        cloud.on(
            "GET",
            "/compute/v2.1/os-services",
            request ->
                Answer.json(status, body.formatted(pad + request.header("X-Auth-Token")))
                    .with("x-compute-request-id", request.header("X-Auth-Token")));
        try (var logs = new Logs()) {
          var failure =
              (NovaException) catchThrowable(() -> cloud.nova(directory).computeServices());

          assertThat(stackTrace(failure)).doesNotContain("planted");
          assertThat(failure.requestId().orElse("")).doesNotContain("planted");
          assertThat(logs.text()).doesNotContain("planted");
        }
      }
    }
  }

  @Test
  void passwordThatTheCloudEchoesAsJsonIsHidden() throws IOException {
    var file = cloud.cloudsYaml(directory);
    Files.writeString(
        file, Files.readString(file).replace("plantedPassword", "'planted \"Pass\\\\word\u00e9'"));
    for (var pad : List.of("", "x".repeat(1010))) {
      cloud.keystone(
          request ->
              Answer.json(
                  401,
                  "{\"error\": {\"message\": \"%s%s\"}}".formatted(pad, quoted(request.body()))));
      try (var logs = new Logs()) {
        assertThat(
                stackTrace(catchThrowable(StubCloud.nova(file, InstantSource.system())::identity)))
            .contains("HTTP 401")
            .doesNotContain("planted");
        assertThat(logs.text()).contains("/v3/auth/tokens").doesNotContain("planted");
      }
    }
  }

  /** The password as it stands in the JSON of a login. */
  private static String quoted(String login) {
    return login.replaceAll("(?s).*\"password\" *: *\"((?:[^\"\\\\]|\\\\.)*)\".*", "$1");
  }

  @Test
  void applicationCredentialLoginShowsNoSecrets() throws IOException {
    var file = directory.resolve("credential.yaml");
    Files.writeString(
        file,
        """
        clouds:
          openstack:
            auth_type: v3applicationcredential
            region_name: RegionOne
            auth:
              auth_url: %s
              application_credential_id: abc
              application_credential_secret: plantedSecret
        """
            .formatted(cloud.url()));
    cloud.on("GET", "/compute/v2.1/os-services", 200, "{\"services\": []}");
    try (var logs = new Logs()) {
      StubCloud.nova(file, InstantSource.system()).computeServices();
      cloud.keystone(request -> Answer.json(401, "{\"error\": {\"message\": \"plantedSecret\"}}"));

      assertThat(stackTrace(catchThrowable(StubCloud.nova(file, InstantSource.system())::identity)))
          .contains("application credential abc")
          .doesNotContain("planted");
      assertThat(cloud.requests()).anyMatch(request -> request.body().contains("plantedSecret"));
      assertThat(logs.text()).contains("/v3/auth/tokens").doesNotContain("planted");
    }
  }

  @Test
  void errorOfAnUnreachableCloudShowsNoSecrets() throws IOException {
    var file = cloud.cloudsYaml(directory);
    Files.writeString(file, Files.readString(file).replace("http:", "https:"));
    try (var logs = new Logs()) {
      assertThat(stackTrace(catchThrowable(StubCloud.nova(file, InstantSource.system())::identity)))
          .contains("does not answer")
          .doesNotContain("planted");
      assertThat(logs.text()).doesNotContain("planted");
    }
  }

  @Test
  void malformedTokenAnswerShowsNoSecrets() {
    cloud.keystone(
        request ->
            new Answer(
                201, "{\"token\": {\"plantedBody", Map.of("X-Subject-Token", "plantedToken")));

    assertThat(stackTrace(catchThrowable(cloud.nova(directory)::identity)))
        .contains("Keystone at")
        .doesNotContain("planted");
  }

  @Test
  void failedRequestShowsNoSecrets() {
    cloud.on("POST", "/compute/v2.1/servers/i1/action", 500, "{\"x\": {\"message\": \"No.\"}}");

    assertThat(stackTrace(liveMigrate())).contains("No.").doesNotContain("planted");
  }

  @Test
  void unansweredRequestShowsNoSecrets() {
    cloud.on("POST", "/compute/v2.1/servers/i1/action", request -> Answer.drop());

    assertThat(stackTrace(liveMigrate())).contains("is not answered").doesNotContain("planted");
  }

  @Test
  void invalidCloudsYamlShowsNoSecrets() throws IOException {
    var file = cloud.cloudsYaml(directory);
    Files.writeString(file, Files.readString(file) + "      bad: {plantedYaml\n  - [");

    assertThat(stackTrace(catchThrowable(StubCloud.nova(file, InstantSource.system())::identity)))
        .contains("is not YAML")
        .doesNotContain("planted");
  }

  @Test
  void emptySecretHidesNothing() {
    assertThat(new Secret("").hiddenIn("words")).isEqualTo("words");
  }

  @Test
  void textFormOfALoginDoesNotShowItsToken() {
    var session =
        new Session(
            new CloudsFile(Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString())),
            new Proxies(Map.of()),
            InstantSource.system(),
            System::nanoTime,
            new Timeouts(java.time.Duration.ofSeconds(5)),
            new Budget(Limits.DEFAULT, System::nanoTime, (operation, status, duration) -> {}),
            (operation, status, duration) -> {});

    assertThat(session.current().toString()).contains(StubCloud.USER_ID).doesNotContain("planted");
  }

  private Throwable liveMigrate() {
    var command = new Command.LiveMigrate("i1", Optional.empty(), true, "req-0");
    return catchThrowable(() -> cloud.nova(directory).execute(command));
  }

  private static String stackTrace(Throwable throwable) {
    var text = new StringWriter();
    throwable.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
