package io.hostmaintenance.operator;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * A Kubernetes API server in this process: fabric8's mock in CRUD mode, which stores, watches, and
 * refuses stale writes, but validates and defaults nothing. On top of it: server-side apply as far
 * as one applier needs it, the review of one's own rights, discovery for kubectl, a record of all
 * requests, and faults.
 */
public final class ApiServer implements AutoCloseable {

  /** The committed CRD. */
  static final Path CRD = Path.of("crds/hostmaintenances.hostmaintenance.io-v1.yml");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Dispatcher dispatcher = new Dispatcher();
  private final MockWebServer http = new MockWebServer();
  private final KubernetesMockServer server =
      new KubernetesMockServer(new Context(JSON), http, new HashMap<>(), dispatcher, false);

  /**
   * Serves HTTP/1.1 at once on a free port of 127.0.0.1; holds no CRD yet. With an upgrade to
   * HTTP/2 in clear text the JDK's client sometimes never gets the end of an answer that is longer
   * than a frame, such as the CRD. A real API server agrees on HTTP/2 in the TLS handshake.
   */
  public ApiServer() {
    http.setHttp2ClearTextEnabled(false);
    server.init();
  }

  /** Where it listens. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getPort());
  }

  /** A new client; the caller closes it. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                .withMasterUrl(uri().toString())
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  /** Installs the committed CRD, from which on the status is a subresource. */
  public void installCrd() {
    try (var client = client();
        var crd = Files.newInputStream(CRD)) {
      client.apiextensions().v1().customResourceDefinitions().load(crd).create();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All requests so far, in order of arrival. */
  List<Call> calls() {
    return List.copyOf(dispatcher.calls);
  }

  /** Another controller adds its finalizer right before the next merge patch is applied. */
  void addFinalizerBeforeTheNextPatch(String finalizer) {
    dispatcher.finalizer = finalizer;
  }

  /** The next requests that match are refused with this status, so many times. */
  void refuse(int times, Predicate<Call> which, int status) {
    dispatcher.refusals.add(new Refusal(which, status, times));
  }

  @Override
  public void close() {
    server.destroy();
  }

  /**
   * A request.
   *
   * @param method the HTTP method
   * @param path the path without the query
   */
  record Call(String method, String path, String query) {
    /** Whether it would change something. */
    boolean writes() {
      return !method.equals("GET");
    }

    /** Whether it writes the status of a HostMaintenance. */
    boolean writesStatus() {
      return method.equals("PUT") && path.matches(".*/hostmaintenances/[^/]+/status");
    }
  }

  private static final class Refusal {
    private final Predicate<Call> which;
    private final int status;
    private int left;

    Refusal(Predicate<Call> which, int status, int times) {
      this.which = which;
      this.status = status;
      this.left = times;
    }

    synchronized boolean applies(Call call) {
      if (left > 0 && which.test(call)) {
        left--;
        return true;
      }
      return false;
    }
  }

  private static final class Dispatcher extends KubernetesCrudDispatcher {
    private static final String REVIEW =
        """
        {"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","metadata":{},
         "spec":{},"status":{"incomplete":false,"nonResourceRules":[],
         "resourceRules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}}
        """;

    private static final Map<String, String> DISCOVERY =
        Map.of(
            "/version",
            """
            {"major":"1","minor":"34","gitVersion":"v1.34.0"}
            """,
            "/api",
            """
            {"kind":"APIVersions","versions":["v1"]}
            """,
            "/api/v1",
            """
            {"kind":"APIResourceList","groupVersion":"v1","resources":[
             {"name":"events","singularName":"event","namespaced":true,"kind":"Event",
              "shortNames":["ev"],"verbs":["get","list","watch"]}]}
            """,
            "/apis",
            """
            {"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"hostmaintenance.io",
             "versions":[{"groupVersion":"hostmaintenance.io/v1alpha1","version":"v1alpha1"}],
             "preferredVersion":{"groupVersion":"hostmaintenance.io/v1alpha1",
              "version":"v1alpha1"}}]}
            """,
            "/apis/hostmaintenance.io/v1alpha1",
            """
            {"kind":"APIResourceList","apiVersion":"v1",
             "groupVersion":"hostmaintenance.io/v1alpha1","resources":[
             {"name":"hostmaintenances","singularName":"hostmaintenance","namespaced":false,
              "kind":"HostMaintenance","shortNames":["hm"],"categories":["openstack"],
              "verbs":["create","delete","get","list","patch","update","watch"]}]}
            """,
            "/openapi/v3",
            """
            {"paths":{"apis/hostmaintenance.io/v1alpha1":
             {"serverRelativeURL":"/openapi/v3/apis/hostmaintenance.io/v1alpha1"}}}
            """,
            "/openapi/v3/apis/hostmaintenance.io/v1alpha1",
            """
            {"openapi":"3.0.0","info":{"title":"Kubernetes","version":"v1.34.0"},"paths":
             {"/apis/hostmaintenance.io/v1alpha1/hostmaintenances/{name}":{"patch":{
              "responses":{},
              "parameters":[{"name":"fieldValidation","in":"query"}],
              "x-kubernetes-group-version-kind":{"group":"hostmaintenance.io",
               "version":"v1alpha1","kind":"HostMaintenance"}}}}}
            """);

    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final List<Refusal> refusals = new CopyOnWriteArrayList<>();
    private volatile String finalizer;

    Dispatcher() {
      super(List.of());
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
      var target = request.getPath().split("\\?", 2);
      var call = new Call(request.getMethod(), target[0], target.length == 1 ? "" : target[1]);
      calls.add(call);
      for (var refusal : refusals) {
        if (refusal.applies(call)) {
          return status(refusal.status, "refused by the test");
        }
      }
      if (call.method().equals("GET") && DISCOVERY.containsKey(call.path())) {
        return json(200, DISCOVERY.get(call.path()));
      }
      return super.dispatch(request);
    }

    @Override
    public MockResponse handleCreate(RecordedRequest request) {
      if (request.getPath().contains("dryRun=All")) {
        return json(201, request.getUtf8Body());
      }
      return request.getPath().endsWith("/selfsubjectrulesreviews")
          ? json(201, REVIEW)
          : super.handleCreate(request);
    }

    /** The mock compares versions for a whole resource, but not for its status. */
    @Override
    public MockResponse handleUpdate(RecordedRequest request) {
      var path = request.getPath().split("\\?")[0];
      if (!path.endsWith("/status")) {
        return super.handleUpdate(request);
      }
      var stored = super.handleGet(path.substring(0, path.lastIndexOf('/')));
      var body = request.getUtf8Body(); // can be read only once
      return stored.code() == 200 && !version(body).equals(version(text(stored)))
          ? status(409, "the object has been modified")
          : super.handleUpdate(request(request, HttpMethod.PUT, path, body));
    }

    private static String text(MockResponse response) {
      return new String(response.getBody().getBytes(), StandardCharsets.UTF_8);
    }

    private static String version(String resource) {
      return Serialization.unmarshal(resource, GenericKubernetesResource.class)
          .getMetadata()
          .getResourceVersion();
    }

    /** The mock would compare no version, and add to lists. */
    private MockResponse merge(RecordedRequest request) {
      var path = request.getPath().split("\\?")[0];
      if (finalizer != null) {
        super.handleUpdate(request(request, HttpMethod.PUT, path, with(finalizer, path)));
        finalizer = null;
      }
      var stored = super.handleGet(path);
      if (stored.code() != 200) {
        return stored;
      }
      var next = Serialization.unmarshal(text(stored), ObjectNode.class);
      var patch = Serialization.unmarshal(request.getUtf8Body(), ObjectNode.class);
      var metadata = next.withObject("/metadata");
      var named = patch.at("/metadata/resourceVersion");
      if (named.isTextual() && !named.equals(metadata.get("resourceVersion"))) {
        return status(409, "the object has been modified");
      }
      merge(next, patch);
      var updated = super.handleUpdate(request(request, HttpMethod.PUT, path, next.toString()));
      if (metadata.has("deletionTimestamp") && metadata.path("finalizers").isEmpty()) {
        super.handleDelete(path);
      }
      return updated;
    }

    private static void merge(ObjectNode into, ObjectNode patch) {
      for (var field : patch.properties()) {
        switch (field.getValue()) {
          case ObjectNode more -> merge(into.withObject("/" + field.getKey()), more);
          case NullNode _ -> into.remove(field.getKey());
          default -> into.set(field.getKey(), field.getValue());
        }
      }
    }

    private String with(String finalizer, String path) {
      var stored = Serialization.unmarshal(text(super.handleGet(path)), ObjectNode.class);
      stored.withObject("/metadata").withArray("finalizers").add(finalizer);
      return stored.toString();
    }

    @Override
    public MockResponse handlePatch(RecordedRequest request) {
      var type = request.getHeader("Content-Type");
      if (type != null && type.contains("merge-patch")) {
        return merge(request);
      }
      if (type == null || !type.contains("apply-patch")) {
        return super.handlePatch(request);
      }
      try {
        return apply(request);
      } catch (IOException e) {
        return status(400, e.getMessage());
      }
    }

    /** Creates what is missing; otherwise every field that is applied replaces the stored one. */
    private MockResponse apply(RecordedRequest request) throws IOException {
      var path = request.getPath().split("\\?")[0];
      var applied = Serialization.unmarshal(request.getUtf8Body(), ObjectNode.class);
      var stored = super.handleGet(path);
      if (stored.code() == 404) {
        return super.handleCreate(
            request(
                request,
                HttpMethod.POST,
                path.substring(0, path.lastIndexOf('/')),
                applied.toString()));
      }
      var next = (ObjectNode) JSON.readTree(text(stored));
      for (var field : applied.properties()) {
        if (field.getKey().equals("metadata")) {
          ((ObjectNode) next.get("metadata")).setAll((ObjectNode) field.getValue());
        } else {
          next.set(field.getKey(), field.getValue());
        }
      }
      return super.handleUpdate(request(request, HttpMethod.PUT, path, next.toString()));
    }

    private static RecordedRequest request(
        RecordedRequest original, HttpMethod method, String path, String body) {
      return new RecordedRequest(
          original.getHttpVersion(),
          method,
          path,
          Headers.builder().add("Content-Type", "application/json").build(),
          new Buffer(body.getBytes(StandardCharsets.UTF_8)));
    }

    private static MockResponse status(int code, String message) {
      var status = JSON.createObjectNode();
      status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
      status.put("message", message).put("code", code);
      return json(code, status.toString());
    }

    private static MockResponse json(int code, String body) {
      return new MockResponse()
          .setResponseCode(code)
          .setHeader("Content-Type", "application/json")
          .setBody(body.getBytes(StandardCharsets.UTF_8));
    }
  }
}
