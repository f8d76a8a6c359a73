package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthServerTest {

  @ParameterizedTest
  @CsvSource({
    "/healthz, true, false, 200",
    "/healthz, false, true, 503",
    "/readyz, true, false, 503",
    "/readyz, false, true, 200",
    "/metrics, false, false, 200",
    "/metricsfoo, true, true, 404",
    "/healthz/a, true, true, 404",
    "/, true, true, 404"
  })
  void everyPathReturnsItsOwnStatus(String path, boolean alive, boolean ready, int status)
      throws IOException, InterruptedException {
    try (var server = server(alive, ready)) {
      assertThat(get(server, path).statusCode()).isEqualTo(status);
    }
  }

  @Test
  void metricsAreServedInThePrometheusTextFormat() throws IOException, InterruptedException {
    try (var server = server(true, true)) {
      var answer = get(server, "/metrics");

      assertThat(answer.body()).isEqualTo("up 1\n");
      assertThat(answer.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8");
    }
  }

  @Test
  void failedHealthCheckReturnsItsCause() throws IOException, InterruptedException {
    try (var server = server(false, true)) {
      assertThat(get(server, "/healthz").body()).isEqualTo("it hangs\n");
    }
  }

  private static HealthServer server(boolean alive, boolean ready) throws IOException {
    return new HealthServer(
        "127.0.0.1",
        0,
        () -> alive ? Optional.empty() : Optional.of("it hangs"),
        () -> ready,
        () -> "up 1\n");
  }

  private static HttpResponse<String> get(HealthServer server, String path)
      throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
