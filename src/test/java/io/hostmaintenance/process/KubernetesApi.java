package io.hostmaintenance.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.zjsonpatch.JsonPatch;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Fixtures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * As much of a Kubernetes API server as the operator uses, over HTTP and fast enough for thousands
 * of resources: lists in pages, a watch, versions that are compared, finalizers, Events that are
 * counted and forgotten. It has no namespace for a lease.
 */
public final class KubernetesApi implements AutoCloseable {

  private static final String RESOURCES = "/apis/hostmaintenance.io/v1alpha1/hostmaintenances";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final TreeMap<String, ObjectNode> stored = new TreeMap<>();
  private final List<BlockingQueue<String>> watches = new CopyOnWriteArrayList<>();
  private final Map<Kind, Integer> calls = new HashMap<>();
  private final List<Refusal> refusals = new CopyOnWriteArrayList<>();
  private BiConsumer<Kind, JsonNode> observer = (kind, resource) -> {};
  private long version = 1;

  /** What is asked, as far as it is counted. */
  public enum Kind {
    LIST,
    WATCH,
    GET,
    WRITE_STATUS,
    PATCH,
    EVENT,
    OTHER
  }

  private record Refusal(Kind kind, int status, String message) {}

  /** Serves at once on a free port of 127.0.0.1. */
  public KubernetesApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** Writes a kubeconfig that leads here. */
  public Path kubeconfig(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: here
        contexts: [{name: here, context: {cluster: here, user: here}}]
        clusters: [{name: here, cluster: {server: "http://127.0.0.1:%s"}}]
        users: [{name: here, user: {}}]
        """
            .formatted(server.getAddress().getPort()));
  }

  // --- people ---

  /** Creates a resource as a person does. */
  public synchronized void create(HostMaintenance resource) {
    var json = json(resource);
    var name = resource.getMetadata().getName();
    json.withObject("/metadata")
        .put("uid", UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString())
        .put("generation", 1)
        .put("creationTimestamp", now());
    store(json, "ADDED");
  }

  /** Creates a resource for each of these hosts, with its name. */
  public void createAll(List<String> hosts) {
    for (var host : hosts) {
      var spec = HostMaintenanceSpecBuilder.builder().host(host).reason("kernel");
      create(Fixtures.maintenance(host, spec));
    }
  }

  /** Gives each of these resources so many rows of instances that were moved long ago. */
  public void addRows(List<String> names, int rows) {
    for (var name : names) {
      var instances = JSON.createArrayNode();
      IntStream.range(0, rows).forEach(i -> instances.add(json(moved(name, i))));
      edit(
          name, status -> status.put("total", rows).put("moved", rows).set("instances", instances));
    }
  }

  private static InstanceStatus moved(String host, int number) {
    return InstanceStatus.builder()
        .id(new UUID(host.hashCode(), number).toString())
        .name("web-" + number + "-of-" + host)
        .projectId("0123456789abcdef0123456789abcdef")
        .status("ACTIVE")
        .action("LiveMigrate")
        .state("Moved")
        .destinationHost("spare-1")
        .attempts(1)
        .completionTime(Instant.parse("2026-01-01T00:00:00Z"))
        .reason("Moved")
        .message("Moved to spare-1.")
        .build();
  }

  /** Deletes a resource as a person does; it stays while it has finalizers. */
  public synchronized void delete(String name) {
    var json = stored.get(name).deepCopy();
    json.withObject("/metadata").put("deletionTimestamp", now());
    store(json, "MODIFIED");
  }

  /** Changes a status behind the operator's back. */
  public synchronized void edit(String name, Consumer<ObjectNode> edit) {
    var resource = stored.get(name).deepCopy();
    edit.accept(resource.withObject("/status"));
    store(resource, "MODIFIED");
  }

  /** How many there are. */
  public synchronized int size() {
    return stored.size();
  }

  /** The status of a condition of a resource; empty text when there is none. */
  public synchronized String condition(String name, String type) {
    var resource = stored.get(name);
    if (resource != null) {
      for (var condition : resource.at("/status/conditions")) {
        if (condition.path("type").asText().equals(type)) {
          return condition.path("status").asText();
        }
      }
    }
    return "";
  }

  /** From now on requests of this kind are refused. */
  void refuse(Kind kind, int status, String message) {
    refusals.add(new Refusal(kind, status, message));
  }

  /** How often each kind was asked so far. */
  public synchronized Map<Kind, Integer> calls() {
    return Map.copyOf(calls);
  }

  /**
   * From now on this is told, in turn, of each request for one resource that was carried out, with
   * the resource as it is stored then.
   */
  public synchronized void observe(BiConsumer<Kind, JsonNode> kindAndResource) {
    observer = kindAndResource;
  }

  // --- the operator ---

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath();
      var query = query(exchange);
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var kind = kind(exchange.getRequestMethod(), path, query);
      count(kind);
      var refusal = refusals.stream().filter(r -> r.kind() == kind).findFirst();
      if (refusal.isPresent()) {
        reply(exchange, status(refusal.get().status(), refusal.get().message()));
      } else if (kind == Kind.WATCH) {
        watch(exchange, query);
      } else {
        reply(exchange, answer(exchange.getRequestMethod(), path, query, body));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Kind kind(String method, String path, Map<String, String> query) {
    if (path.endsWith("/events")) {
      return Kind.EVENT;
    }
    if (!path.startsWith(RESOURCES)) {
      return Kind.OTHER;
    }
    if (path.equals(RESOURCES)) {
      return query.containsKey("watch") ? Kind.WATCH : Kind.LIST;
    }
    return switch (method) {
      case "GET" -> Kind.GET;
      case "PATCH" -> Kind.PATCH;
      default -> Kind.WRITE_STATUS;
    };
  }

  private synchronized void count(Kind kind) {
    calls.merge(kind, 1, Integer::sum);
  }

  private record Answer(int status, String body) {}

  private synchronized Answer answer(
      String method, String path, Map<String, String> query, String body) throws IOException {
    if (path.equals(RESOURCES)) {
      return new Answer(200, page(query));
    }
    if (path.startsWith(RESOURCES + "/")) {
      var words = path.substring(RESOURCES.length() + 1).split("/");
      var resource = stored.get(words[0]);
      if (resource == null) {
        return status(404, "hostmaintenances \"" + words[0] + "\" not found");
      }
      return switch (method) {
        case "GET" -> {
          observer.accept(Kind.GET, resource);
          yield new Answer(200, resource.toString());
        }
        case "PUT" -> put(resource, JSON.readTree(body));
        case "PATCH" -> patch(resource, JSON.readTree(body));
        default -> status(405, method);
      };
    }
    if (path.contains("/customresourcedefinitions/")) {
      return new Answer(
          200,
          """
          {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":
           {"name":"hostmaintenances.hostmaintenance.io","annotations":{"%s":"%s"}},"spec":{}}
          """
              .formatted(HostMaintenance.SCHEMA, HostMaintenance.SCHEMA_VERSION));
    }
    if (path.endsWith("/selfsubjectrulesreviews")) {
      return new Answer(
          201,
          """
          {"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","metadata":{},
           "spec":{},"status":{"incomplete":false,"nonResourceRules":[],
           "resourceRules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}}
          """);
    }
    if (path.endsWith("/events") && method.equals("POST")) {
      return new Answer(201, body);
    }
    if (path.endsWith("/leases")) {
      return status(404, "namespaces \"" + path.split("/")[5] + "\" not found");
    }
    return status(404, path + " not found");
  }

  private String page(Map<String, String> query) {
    var limit = Integer.parseInt(query.getOrDefault("limit", "1000000"));
    var rest = stored.tailMap(query.getOrDefault("continue", ""), false);
    var list = JSON.createObjectNode();
    list.put("apiVersion", "hostmaintenance.io/v1alpha1").put("kind", "HostMaintenanceList");
    var metadata = list.putObject("metadata").put("resourceVersion", String.valueOf(version));
    var items = list.putArray("items");
    for (var entry : rest.entrySet()) {
      if (items.size() == limit) {
        metadata.put("continue", items.get(limit - 1).at("/metadata/name").asText());
        break;
      }
      items.add(entry.getValue());
    }
    return list.toString();
  }

  private Answer put(ObjectNode resource, JsonNode sent) {
    if (!version(resource).equals(version(sent))) {
      return status(409, "the object has been modified");
    }
    var next = resource.deepCopy();
    next.set("status", sent.path("status"));
    observer.accept(Kind.WRITE_STATUS, next);
    return new Answer(200, store(next, "MODIFIED").toString());
  }

  private Answer patch(ObjectNode resource, JsonNode patch) {
    if (patch.isArray()) {
      return new Answer(
          200,
          store((ObjectNode) JsonPatch.apply(patch, resource.deepCopy()), "MODIFIED").toString());
    }
    if (patch.at("/metadata/resourceVersion").isTextual()
        && !version(resource).equals(version(patch))) {
      return status(409, "the object has been modified");
    }
    var next = resource.deepCopy();
    merge(next, patch);
    return new Answer(200, store(next, "MODIFIED").toString());
  }

  private static void merge(ObjectNode into, JsonNode patch) {
    for (var field : patch.properties()) {
      if (field.getValue().isObject()) {
        merge(into.withObject("/" + field.getKey()), field.getValue());
      } else {
        into.set(field.getKey(), field.getValue());
      }
    }
  }

  private ObjectNode store(ObjectNode json, String change) {
    var metadata = json.withObject("/metadata").put("resourceVersion", String.valueOf(++version));
    var name = metadata.path("name").asText();
    var gone = metadata.has("deletionTimestamp") && metadata.path("finalizers").isEmpty();
    if (gone) {
      stored.remove(name);
    } else {
      stored.put(name, json);
    }
    var event = event(gone ? "DELETED" : change, json);
    watches.forEach(watch -> watch.add(event));
    return json;
  }

  private static String event(String type, ObjectNode object) {
    return "{\"type\":\"" + type + "\",\"object\":" + object + "}\n";
  }

  /** A web socket is refused, after which the client reads a stream. */
  private void watch(HttpExchange exchange, Map<String, String> query)
      throws IOException, InterruptedException {
    if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
      reply(exchange, status(503, "no web sockets here"));
      return;
    }
    var events = new LinkedBlockingQueue<String>();
    begin(events, Long.parseLong(query.getOrDefault("resourceVersion", "0")));
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    try (var out = exchange.getResponseBody()) {
      out.flush();
      while (true) {
        out.write(events.take().getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } finally {
      watches.remove(events);
    }
  }

  private synchronized void begin(BlockingQueue<String> events, long since) {
    var missed = new ArrayList<ObjectNode>(stored.values());
    missed.removeIf(json -> Long.parseLong(version(json)) <= since);
    missed.forEach(json -> events.add(event("MODIFIED", json)));
    watches.add(events);
  }

  private static String version(JsonNode json) {
    return json.at("/metadata/resourceVersion").asText();
  }

  private static Answer status(int code, String message) {
    var status = JSON.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
    return new Answer(code, status.put("message", message).put("code", code).toString());
  }

  private static void reply(HttpExchange exchange, Answer answer) throws IOException {
    var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(answer.status(), bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Map<String, String> query(HttpExchange exchange) {
    var parameters = new HashMap<String, String>();
    var raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (var pair : raw.split("&")) {
        var parts = pair.split("=", 2);
        parameters.put(
            parts[0], parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }

  private static ObjectNode json(Object resource) {
    return Serialization.unmarshal(Serialization.asJson(resource), ObjectNode.class);
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
