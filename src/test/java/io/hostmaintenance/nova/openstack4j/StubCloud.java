package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.hostmaintenance.nova.Nova;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;

/** A cloud that answers what it was told to; Keystone, and Nova and placement behind tokens. */
final class StubCloud implements AutoCloseable {

  static final String USER_ID = "11111111aaaa";
  static final String PROJECT_ID = "22222222bbbb";

  /** What came in. */
  record Request(String method, String path, String query, Headers headers, String body) {

    String header(String name) {
      return headers.getFirst(name);
    }
  }

  /** What goes out; a null body drops the connection instead. */
  record Answer(int status, String body, Map<String, String> headers) {

    static Answer json(int status, String body) {
      return new Answer(status, body, Map.of("Content-Type", "application/json"));
    }

    static Answer drop() {
      return new Answer(0, null, Map.of());
    }

    Answer with(String header, String value) {
      var more = new HashMap<>(headers);
      more.put(header, value);
      return new Answer(status, body, more);
    }
  }

  private final HttpServer server;
  private final String scheme;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Function<Request, Answer>> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Set<String> tokens = ConcurrentHashMap.newKeySet();
  private final AtomicInteger logins = new AtomicInteger();

  private volatile Function<Request, Answer> keystone = this::grant;
  private volatile Instant issue = Instant.parse("2026-01-01T00:00:00Z");
  private volatile Instant expiry = Instant.parse("2099-01-01T00:00:00Z");
  private volatile String catalog;

  StubCloud() {
    this((HttpsConfigurator) null);
  }

  StubCloud(SSLContext tls) {
    this(new HttpsConfigurator(tls));
  }

  /** With TLS when there is a configurator. */
  StubCloud(HttpsConfigurator tls) {
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      if (tls == null) {
        server = HttpServer.create(address, 0);
      } else {
        var https = HttpsServer.create(address, 0);
        https.setHttpsConfigurator(tls);
        server = https;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    scheme = tls == null ? "http" : "https";
    catalog =
        """
        [{"type": "compute", "name": "nova", "endpoints": [
           %s, %s, %s]},
         {"type": "compute_legacy", "name": "nova_legacy", "endpoints": [%s]},
         {"type": "placement", "name": "placement", "endpoints": [%s]}]"""
            .formatted(
                endpoint("public", "RegionOne", "/compute/v2.1"),
                endpoint("internal", "RegionOne", "/internal/v2.1"),
                endpoint("public", "RegionTwo", "/two/v2.1"),
                endpoint("public", "RegionOne", "/legacy/v2"),
                endpoint("public", "RegionOne", "/placement"));
    speaks("2.1", "2.96");
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return scheme + "://127.0.0.1:" + server.getAddress().getPort();
  }

  String endpoint(String facing, String region, String path) {
    return """
    {"interface": "%s", "region": "%s", "region_id": "%s", "url": "%s", "id": "e"}"""
        .formatted(facing, region, region, url() + path);
  }

  StubCloud catalog(String json) {
    catalog = json;
    return this;
  }

  StubCloud keystone(Function<Request, Answer> answer) {
    keystone = answer;
    return this;
  }

  /** Each token lives for an hour until then. */
  StubCloud tokensExpire(Instant instant) {
    issue = instant.minusSeconds(3600);
    expiry = instant;
    return this;
  }

  /** Which microversions Nova says it speaks. */
  StubCloud speaks(String oldest, String newest) {
    var version = "{\"version\": {\"id\": \"v2.1\", \"min_version\": \"%s\", \"version\": \"%s\"}}";
    return on("GET", "/compute/v2.1/", 200, version.formatted(oldest, newest));
  }

  StubCloud on(String method, String path, Function<Request, Answer> answer) {
    answers.put(method + " " + path, answer);
    return this;
  }

  StubCloud on(String method, String path, int status, String body) {
    return on(method, path, request -> Answer.json(status, body));
  }

  /** One answer after the other, the last one for ever. */
  StubCloud onInTurn(String method, String path, Answer... inTurn) {
    var left = new ArrayDeque<>(List.of(inTurn));
    return on(
        method,
        path,
        request -> {
          synchronized (left) {
            return left.size() > 1 ? left.poll() : left.peek();
          }
        });
  }

  /** Answers as a real Nova did. */
  StubCloud replay(String recording) {
    var json = recording(recording);
    var path = json.path("request").path("path").asText().replaceFirst("\\?.*", "");
    var body = json.path("body").isNull() ? "" : json.path("body").toString();
    var answer = Answer.json(json.path("status").asInt(), body);
    for (var header : json.path("headers").properties()) {
      answer = answer.with(header.getKey(), header.getValue().asText());
    }
    var whole = answer;
    var version = json.path("request").path("microversion").asText();
    var service = version.startsWith("placement") ? "/placement" : "/compute/v2.1";
    return on(json.path("request").path("method").asText(), service + path, request -> whole);
  }

  static JsonNode recording(String name) {
    try (var in = StubCloud.class.getResourceAsStream("/nova-recordings/" + name + ".json")) {
      return NovaJson.MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes every token given out so far worthless. */
  void revokeTokens() {
    tokens.clear();
  }

  int logins() {
    return logins.get();
  }

  List<Request> requests() {
    return requests;
  }

  /** The requests of one kind. */
  List<Request> requests(String method, String path) {
    return requests.stream()
        .filter(request -> request.method().equals(method) && request.path().equals(path))
        .toList();
  }

  /** A clouds.yaml with this cloud, named {@code openstack}. */
  Path cloudsYaml(Path directory, String... more) {
    var text =
        """
        clouds:
          openstack:
            region_name: RegionOne
            auth:
              auth_url: %s
              username: operator
              password: plantedPassword
              user_domain_name: Default
              project_name: admin
              project_domain_name: Default
        """
            .formatted(url());
    try {
      var file = Files.createTempFile(directory, "clouds", ".yaml");
      return Files.writeString(file, text + String.join("", more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Nova nova(Path directory) {
    return nova(cloudsYaml(directory), InstantSource.system());
  }

  static Nova nova(Path cloudsYaml, InstantSource clock) {
    return nova(cloudsYaml, clock, Map.of());
  }

  /** The same with more variables. */
  static Nova nova(Path cloudsYaml, InstantSource clock, Map<String, String> environment) {
    var whole = new HashMap<>(environment);
    whole.put("OS_CLIENT_CONFIG_FILE", cloudsYaml.toString());
    return OpenStackCloud.nova(
        whole,
        clock,
        stopwatch(clock),
        (operation, status, duration) -> {},
        Duration.ofSeconds(20));
  }

  /** All time passes on one clock that is never set back. */
  static LongSupplier stopwatch(InstantSource clock) {
    return () -> Duration.between(Instant.EPOCH, clock.instant()).toNanos();
  }

  private void handle(HttpExchange exchange) throws IOException {
    var uri = exchange.getRequestURI();
    var request =
        new Request(
            exchange.getRequestMethod(),
            uri.getPath(),
            uri.getRawQuery() == null
                ? ""
                : URLDecoder.decode(uri.getRawQuery(), StandardCharsets.UTF_8),
            exchange.getRequestHeaders(),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    requests.add(request);
    reply(exchange, answer(request));
  }

  private Answer answer(Request request) {
    if (request.path().equals("/v3/auth/tokens")) {
      logins.incrementAndGet();
      return keystone.apply(request);
    }
    if (!request.path().endsWith("/auth/tokens")
        && !tokens.contains(String.valueOf(request.header("X-Auth-Token")))) {
      return Answer.json(401, "{\"error\": {\"code\": 401, \"message\": \"No valid token.\"}}");
    }
    return answers
        .getOrDefault(
            request.method() + " " + request.path(),
            unknown -> new Answer(404, "<html><h1>404 Not Found</h1></html>", Map.of()))
        .apply(request);
  }

  private Answer grant(Request request) {
    return granting(token());
  }

  /** Keystone's answer to a login with this body: the token in its header is good. */
  Answer granting(String body) {
    var token = "plantedToken-" + logins.get() + "-" + server.getAddress().getPort();
    tokens.add(token);
    return Answer.json(201, body).with("X-Subject-Token", token);
  }

  /** The body with which Keystone grants a login. */
  String token() {
    return token(issue, Duration.between(issue, expiry));
  }

  /** The same for a token that is issued then and lives so long. */
  String token(Instant issued, Duration life) {
    return """
        {"token": {"methods": ["password"], "issued_at": "%s", "expires_at": "%s",
          "user": {"id": "%s", "name": "operator", "domain": {"id": "default"}},
          "project": {"id": "%s", "name": "admin", "domain": {"id": "default"}},
          "catalog": %s}}"""
        .formatted(issued, issued.plus(life), USER_ID, PROJECT_ID, catalog);
  }

  private static void reply(HttpExchange exchange, Answer answer) throws IOException {
    try (exchange) {
      if (answer.body() == null) {
        return;
      }
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
