package io.hostmaintenance.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** {@code /healthz}, {@code /readyz} and {@code /metrics} over HTTP. */
final class HealthServer implements AutoCloseable {

  private final HttpServer server;

  /**
   * Serves at once.
   *
   * @param address where to listen
   * @param port 0: any free one
   * @param objection why the process should not go on, in one sentence; empty when it should
   * @param ready whether it can do its work, as leader or standing by
   * @param metrics in Prometheus' text format
   */
  HealthServer(
      String address,
      int port,
      Supplier<Optional<String>> objection,
      BooleanSupplier ready,
      Supplier<String> metrics)
      throws IOException {
    server = HttpServer.create(new InetSocketAddress(address, port), 0);
    server.createContext("/healthz", x -> answer(x, objection.get()));
    server.createContext(
        "/readyz", x -> answer(x, ready.getAsBoolean() ? Optional.empty() : Optional.of("not ok")));
    server.createContext(
        "/metrics", x -> answer(x, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, Optional<String> objection) throws IOException {
    answer(exchange, objection.isEmpty() ? 200 : 503, "text/plain", objection.orElse("ok") + "\n");
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    try (exchange) {
      // A context of this server is a prefix: /metricsfoo would be /metrics.
      if (!exchange.getRequestURI().getPath().equals(exchange.getHttpContext().getPath())) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      var body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
