package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.nova.Ask;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever starts with "planted" is a password or a token. */
class SecretsTest {

  private final StubCloud cloud = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  @Test
  void logTellsMethodPathStatusAndRequestIdOfEachRequest() {
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
  void logOfARequestThatIsNotAnsweredTellsWhy() {
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

      assertThat(logs.lines()).hasSizeGreaterThan(4).noneMatch(SecretsTest::telling);
    }
  }

  @Test
  void refusedLoginTellsNoSecrets() {
    cloud.keystone(
        request -> Answer.json(400, "{\"error\": {\"message\": \"plantedPassword is bad\"}}"));
    try (var logs = new Logs()) {
      assertThat(stackTrace(catchThrowable(cloud.nova(directory)::identity)))
          .contains("*** is bad")
          .doesNotContain("planted");
      assertThat(logs.lines()).isNotEmpty().noneMatch(SecretsTest::telling);
    }
  }

  @Test
  void loginAnsweredWithABrokenTokenTellsNoSecrets() {
    cloud.keystone(
        request ->
            new Answer(
                201, "{\"token\": {\"plantedBody", Map.of("X-Subject-Token", "plantedToken")));

    assertThat(stackTrace(catchThrowable(cloud.nova(directory)::identity)))
        .contains("Keystone at")
        .doesNotContain("planted");
  }

  @Test
  void refusedRequestTellsNoSecrets() {
    cloud.on("POST", "/compute/v2.1/servers/i1/action", 500, "{\"x\": {\"message\": \"No.\"}}");

    assertThat(stackTrace(liveMigrate())).contains("No.").doesNotContain("planted");
  }

  @Test
  void requestThatIsNotAnsweredTellsNoSecrets() {
    cloud.on("POST", "/compute/v2.1/servers/i1/action", request -> Answer.drop());

    assertThat(stackTrace(liveMigrate())).contains("is not answered").doesNotContain("planted");
  }

  @Test
  void brokenCloudsYamlTellsNoSecrets() throws IOException {
    var file = cloud.cloudsYaml(directory);
    Files.writeString(file, Files.readString(file) + "      bad: {plantedYaml\n  - [");

    assertThat(stackTrace(catchThrowable(StubCloud.nova(file, InstantSource.system())::identity)))
        .contains("is not YAML")
        .doesNotContain("planted");
  }

  @Test
  void loginDoesNotShowItsToken() {
    var session =
        new Session(
            new CloudsFile(Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString())),
            InstantSource.system(),
            new Patience(java.time.Duration.ofSeconds(5)),
            (operation, status, duration) -> {});

    assertThat(session.current().toString()).contains(StubCloud.USER_ID).doesNotContain("planted");
  }

  private Throwable liveMigrate() {
    var ask = new Ask("i1", Optional.empty(), "req-0");
    return catchThrowable(() -> cloud.nova(directory).liveMigrate(ask));
  }

  private static boolean telling(String line) {
    return line.contains("planted");
  }

  private static String stackTrace(Throwable throwable) {
    var text = new StringWriter();
    throwable.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
