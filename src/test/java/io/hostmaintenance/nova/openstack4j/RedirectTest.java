package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cloud that sends a request on to another URL. */
class RedirectTest {

  private static final String SERVICES = "/compute/v2.1/os-services";
  private static final String ACTION = "/compute/v2.1/servers/i1/action";

  private final StubCloud cloud = new StubCloud();
  private final StubCloud elsewhere = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
    elsewhere.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void readFollowsARedirectToTheSameHost(int status) {
    cloud.on("GET", SERVICES, request -> to(status, cloud.url() + "/moved"));
    cloud.on("GET", "/moved", 200, "{\"services\": []}");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @Test
  void readFollowsARedirectWithOnlyAPath() {
    cloud.on("GET", SERVICES, request -> to(302, "/moved"));
    cloud.on("GET", "/moved", 200, "{\"services\": []}");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @Test
  void tokenIsNotSentToAnotherHost() {
    var other = elsewhere.url().replace("127.0.0.1", "localhost");
    cloud.on("GET", SERVICES, request -> to(302, other + "/moved?secret=planted"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageStartingWith(
            "GET /os-services redirects to %s/moved (HTTP 302), which is not followed;", other)
        .withMessageContaining("compute_endpoint_override");
    assertThat(elsewhere.requests()).isEmpty();
  }

  @Test
  void redirectLoopEndsAfterThreeRedirects() {
    cloud.on("GET", SERVICES, request -> to(302, cloud.url() + SERVICES));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageContaining("redirects to");
    assertThat(cloud.requests("GET", SERVICES)).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void moveRequestDoesNotFollowARedirect(int status) {
    cloud.on("POST", ACTION, request -> to(status, cloud.url() + "/moved"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(
            () ->
                cloud
                    .nova(directory)
                    .execute(new Command.LiveMigrate("i1", Optional.empty(), true, "req-0")))
        .withMessageStartingWith(
            "POST /servers/i1/action redirects to %s/moved (HTTP %s)", cloud.url(), status)
        .matches(e -> !e.outcomeUnknown());
    assertThat(cloud.requests("POST", "/moved")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void loginFollowsARedirectToTheSameHost(int status) {
    cloud.on("POST", "/new/auth/tokens", request -> cloud.granting(cloud.token()));
    cloud.keystone(request -> to(status, cloud.url() + "/new/auth/tokens"));

    assertThat(cloud.nova(directory).identity()).isNotNull();
    assertThat(cloud.requests("POST", "/new/auth/tokens").getFirst().body())
        .contains("plantedPassword");
  }

  /** As Keystone answers below a URL without a version. */
  @Test
  void loginFollowsKeystonesLinkToVersion3() {
    cloud.on("POST", "/identity/v3/auth/tokens", request -> cloud.granting(cloud.token()));
    cloud.keystone(
        request ->
            Answer.json(
                300,
                """
                {"versions": {"values": [
                  {"id": "v2.0", "links": [{"rel": "self", "href": "%1$s/v2.0/"}]},
                  {"id": "v3.14", "links": [{"rel": "self", "href": "%1$s/identity/v3/"}]}]}}"""
                    .formatted(cloud.url())));

    assertThat(cloud.nova(directory).identity()).isNotNull();
  }

  @Test
  void passwordIsNotSentToAnotherHost() {
    var other = elsewhere.url().replace("127.0.0.1", "localhost");
    cloud.keystone(request -> to(308, other + "/v3/auth/tokens"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).identity())
        .withMessage(
            "Keystone at %s/v3 does not answer the login of cloud openstack: it redirects to"
                + " %s/v3/auth/tokens, which is not followed; correct auth_url.",
            cloud.url(), other)
        .matches(e -> e.kind() == Kind.UNAVAILABLE);
    assertThat(elsewhere.requests()).isEmpty();
  }

  @Test
  void redirectWithoutALocationIsAnError() {
    cloud.on("GET", SERVICES, request -> new Answer(302, "<h1>Found</h1>", Map.of()));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessage("HTTP 302 to GET /os-services: Found")
        .matches(e -> e.status() == 302);
  }

  private static Answer to(int status, String url) {
    return new Answer(status, "<h1>Moved</h1>", Map.of("Location", url));
  }
}
