package io.hostmaintenance.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** What stands between the operator and a cloud, and lets pass, holds up, silences or refuses. */
final class Proxy implements AutoCloseable {

  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "content-length", "host", "http2-settings", "upgrade", "date");

  private final URI cloud;
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Trouble> troubles = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> calls = new TreeMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** What becomes of a request. */
  sealed interface Deed {
    /** It is answered, so much later. */
    record Delay(Duration by) implements Deed {}

    /** It is never answered, and the connection stays. */
    record SilentBeforeHeaders() implements Deed {}

    /** Its answer stops half-way, and the connection stays. */
    record SilentInBody() implements Deed {}

    /** It is refused by Nova's words. */
    record Refuse(int status) implements Deed {}
  }

  /**
   * A request as far as troubles choose by it.
   *
   * @param method the HTTP method
   * @param target path and query as sent
   * @param body the body as text
   */
  record Asked(String method, String target, String body) {}

  private record Trouble(Predicate<Asked> when, Deed deed, AtomicInteger left) {}

  /** Serves at once on a free port of 127.0.0.1 what the cloud at this root answers. */
  Proxy(URI cloud) throws IOException {
    this.cloud = cloud;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    client.shutdownNow();
  }

  /** Its root. */
  String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** From now on, until {@link #calm}, this becomes of every request that matches. */
  void trouble(Predicate<Asked> when, Deed deed) {
    trouble(Integer.MAX_VALUE, when, deed);
  }

  /** This becomes of the next so many requests that match. */
  void trouble(int times, Predicate<Asked> when, Deed deed) {
    troubles.add(new Trouble(when, deed, new AtomicInteger(times)));
  }

  /** Requests pass from now on; those that are held stay so. */
  void calm() {
    troubles.clear();
  }

  /** How often each call was asked so far, ids left out. */
  synchronized Map<String, Integer> calls() {
    return new TreeMap<>(calls);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = exchange.getRequestBody().readAllBytes();
      var asked =
          new Asked(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              new String(body, StandardCharsets.UTF_8));
      count(asked);
      var trouble =
          troubles.stream()
              .filter(t -> t.when().test(asked) && t.left().getAndDecrement() > 0)
              .findFirst();
      switch (trouble.map(Trouble::deed).orElse(null)) {
        case null -> write(exchange, forward(exchange, body));
        case Deed.Delay(var by) -> {
          closed.await(by.toMillis(), TimeUnit.MILLISECONDS);
          write(exchange, forward(exchange, body));
        }
        case Deed.SilentBeforeHeaders() -> closed.await();
        case Deed.SilentInBody() -> half(exchange, forward(exchange, body));
        case Deed.Refuse(var status) -> refuse(exchange, status);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void count(Asked asked) {
    var path = asked.target().split("\\?")[0].replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "ID");
    calls.merge(asked.method() + " " + path, 1, Integer::sum);
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(cloud.resolve(exchange.getRequestURI().toString()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static void head(HttpExchange exchange, HttpResponse<byte[]> answer) throws IOException {
    answer
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (!OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> exchange.getResponseHeaders().add(name, value));
              }
            });
    var length = answer.body().length;
    exchange.sendResponseHeaders(answer.statusCode(), length == 0 ? -1 : length);
  }

  private static void write(HttpExchange exchange, HttpResponse<byte[]> answer) throws IOException {
    head(exchange, answer);
    exchange.getResponseBody().write(answer.body());
  }

  private void half(HttpExchange exchange, HttpResponse<byte[]> answer)
      throws IOException, InterruptedException {
    head(exchange, answer);
    exchange.getResponseBody().write(answer.body(), 0, answer.body().length / 2);
    exchange.getResponseBody().flush();
    closed.await();
  }

  private static void refuse(HttpExchange exchange, int status) throws IOException {
    var body =
        "{\"fault\":{\"code\":%d,\"message\":\"refused by the test\"}}"
            .formatted(status)
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
