package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.User;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keystone v3 as far as clients of Nova need it: tokens by password or application credential, and
 * the catalog.
 */
final class Keystone {
  private record Token(User user, Instant expiresAt) {}

  private final Cloud cloud;
  private final URI root;
  private final Map<String, Token> tokens = new HashMap<>();
  private final Map<String, ApplicationCredential> credentials = new HashMap<>();
  private final Map<String, URI> regions = new LinkedHashMap<>();
  private Duration lifetime = Duration.ofHours(1);
  private boolean placement = true;
  private int number;

  Keystone(Cloud cloud, URI root) {
    this.cloud = cloud;
    this.root = root;
    regions.put("RegionOne", root);
  }

  void region(String name, URI uri) {
    regions.put(name, uri);
  }

  void withoutPlacement() {
    placement = false;
  }

  void lifetime(Duration value) {
    lifetime = value;
  }

  void revokeAll() {
    tokens.clear();
  }

  ApplicationCredential applicationCredential(User user) {
    number++;
    var credential =
        new ApplicationCredential(
            "%032x".formatted(number), "credential-" + number, "secret-" + number, user);
    credentials.put(credential.id(), credential);
    return credential;
  }

  Optional<User> user(String token) {
    return token == null
        ? Optional.empty()
        : Optional.ofNullable(tokens.get(token))
            .filter(t -> cloud.now().isBefore(t.expiresAt()))
            .map(Token::user);
  }

  Reply handle(Request request) {
    return switch (request.method() + " " + request.path()) {
      case "POST /v3/auth/tokens" -> authenticate(request.json().path("auth"));
      case "GET /v3", "GET /v3/" -> Reply.json(200, Json.object("version", version()));
      case "GET /" ->
          Reply.json(300, Json.object("versions", Json.object("values", List.of(version()))));
      default -> error(404, "Not Found", "The resource could not be found.");
    };
  }

  static Reply unauthorized() {
    return error(401, "Unauthorized", "The request you have made requires authentication.");
  }

  private static Reply error(int status, String title, String message) {
    return Reply.json(
        status,
        Json.object("error", Json.object("code", status, "message", message, "title", title)));
  }

  private Map<String, Object> version() {
    return Json.object(
        "id", "v3.14",
        "status", "stable",
        "updated", "2020-04-07T00:00:00Z",
        "links", List.of(Json.object("rel", "self", "href", root + "/v3/")),
        "media-types", List.of());
  }

  private Reply authenticate(JsonNode auth) {
    var identity = auth.path("identity");
    var methods = identity.path("methods");
    if (methods.size() != 1) {
      return error(400, "Bad Request", "'identity' is a required property");
    }
    var method = methods.path(0).asText();
    var user =
        switch (method) {
          case "password" ->
              byPassword(identity.path("password").path("user"))
                  .filter(u -> scopeFits(u, auth.path("scope")));
          case "application_credential" ->
              byCredential(identity.path("application_credential")).filter(u -> !auth.has("scope"));
          default -> Optional.<User>empty();
        };
    return user.map(u -> issue(u, method)).orElseGet(Keystone::unauthorized);
  }

  private Optional<User> byPassword(JsonNode asked) {
    return known(asked).filter(user -> user.password().equals(asked.path("password").asText()));
  }

  private Optional<User> known(JsonNode asked) {
    return cloud.users().values().stream()
        .filter(
            user ->
                asked.has("id")
                    ? user.id().equals(asked.path("id").asText())
                    : user.name().equals(asked.path("name").asText())
                        && isDefault(asked.path("domain")))
        .findFirst();
  }

  private Optional<User> byCredential(JsonNode asked) {
    return credentials.values().stream()
        .filter(
            c ->
                asked.has("id")
                    ? c.id().equals(asked.path("id").asText())
                    : c.name().equals(asked.path("name").asText())
                        && known(asked.path("user")).filter(c.user()::equals).isPresent())
        .filter(c -> c.secret().equals(asked.path("secret").asText()))
        .map(ApplicationCredential::user)
        .findFirst();
  }

  private static boolean scopeFits(User user, JsonNode scope) {
    var project = scope.path("project");
    return project.has("id")
        ? user.projectId().equals(project.path("id").asText())
        : user.projectName().equals(project.path("name").asText())
            && isDefault(project.path("domain"));
  }

  private static boolean isDefault(JsonNode domain) {
    return domain.path("id").asText().equals("default")
        || domain.path("name").asText().equals("Default");
  }

  private Reply issue(User user, String method) {
    number++;
    var token = "gAAAAAB-%s-%d".formatted(user.name(), number);
    var issuedAt = cloud.now().truncatedTo(ChronoUnit.SECONDS);
    var expiresAt = issuedAt.plus(lifetime);
    tokens.put(token, new Token(user, expiresAt));
    var domain = Json.object("id", "default", "name", "Default");
    var body =
        Json.object(
            "methods", List.of(method),
            "user",
                Json.object(
                    "domain",
                    domain,
                    "id",
                    user.id(),
                    "name",
                    user.name(),
                    "password_expires_at",
                    null),
            "audit_ids", List.of("audit-" + number),
            "expires_at", expiresAt.toString().replace("Z", ".000000Z"),
            "issued_at", issuedAt.toString().replace("Z", ".000000Z"),
            "project",
                Json.object("domain", domain, "id", user.projectId(), "name", user.projectName()),
            "is_domain", false,
            "roles", roles(user),
            "catalog", catalog());
    return Reply.json(201, Json.object("token", body)).with("X-Subject-Token", token);
  }

  private static List<Map<String, Object>> roles(User user) {
    var names =
        user.admin()
            ? List.of("admin", "manager", "member", "reader")
            : List.of("member", "reader");
    return names.stream().map(name -> Json.object("id", "role-" + name, "name", name)).toList();
  }

  private List<Map<String, Object>> catalog() {
    var identity = service("identity", "keystone", "/v3");
    var compute = service("compute", "nova", "/v2.1");
    return placement
        ? List.of(identity, compute, service("placement", "placement", "/placement"))
        : List.of(identity, compute);
  }

  private Map<String, Object> service(String type, String name, String path) {
    var endpoints =
        regions.entrySet().stream()
            .flatMap(
                region ->
                    List.of("public", "internal", "admin").stream()
                        .map(
                            facing ->
                                Json.object(
                                    "id",
                                    type + "-" + facing + "-" + region.getKey(),
                                    "interface",
                                    facing,
                                    "region_id",
                                    region.getKey(),
                                    "url",
                                    region.getValue() + path,
                                    "region",
                                    region.getKey())))
            .toList();
    return Json.object("endpoints", endpoints, "id", type, "type", type, "name", name);
  }
}
