package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.ServerGroup;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Nova's API below {@code /v2.1}: routes, microversions, policies and validation; what happens is
 * the {@link Cloud}'s.
 */
final class NovaApi {
  static final Microversion LOWEST = new Microversion(1);

  /** What the router answers where no controller is found: plain text without a microversion. */
  static final Reply NO_ROUTE =
      new Reply(
          404,
          Map.of("Content-Type", "text/plain; charset=UTF-8"),
          "404 Not Found\n\nThe resource could not be found.\n\n   ");

  private static final Set<String> ACTION_FILTERS =
      Set.of("limit", "marker", "changes-since", "changes-before");

  private static final String PINNED = "pinned_availability_zone";

  private static final Set<String> SERVER_FILTERS =
      Set.of("all_tenants", "host", "soft_deleted", "limit", "marker", "status", "changes-since");

  /** Accepted by Nova, not played here: refused with 501 rather than ignored. */
  private static final Set<String> FOREIGN_SERVER_FILTERS =
      Set.of(
          "name",
          "deleted",
          "project_id",
          "user_id",
          "sort_key",
          "sort_dir",
          "vm_state",
          "task_state",
          "power_state",
          "locked",
          "node",
          "uuid",
          "ip",
          "image",
          "flavor",
          "tags");

  private static final Set<String> ADMIN_SERVER_FILTERS = Set.of("host", "soft_deleted");

  private final Cloud cloud;
  private final URI root;
  private final Views views;
  private final int maxLimit;
  private final Microversion highest;

  NovaApi(Cloud cloud, URI root, int maxLimit, Microversion highest) {
    this.cloud = cloud;
    this.root = root;
    this.views = new Views(cloud, root);
    this.maxLimit = maxLimit;
    this.highest = highest;
  }

  Reply version() {
    var version =
        Json.object(
            "id", "v2.1",
            "status", "CURRENT",
            "version", "2." + highest.minor(),
            "min_version", "2.1",
            "updated", "2013-07-23T11:33:21Z",
            "links",
                List.of(
                    Json.object("rel", "self", "href", root + "/v2.1/"),
                    Json.object(
                        "rel",
                        "describedby",
                        "type",
                        "text/html",
                        "href",
                        "http://docs.openstack.org/")),
            "media-types",
                List.of(
                    Json.object(
                        "base", "application/json",
                        "type", "application/vnd.openstack.compute+json;version=2.1")));
    return Reply.json(200, Json.object("version", version));
  }

  Reply handle(Request request, Caller caller, Microversion version) {
    return new Call(request, caller, version).route();
  }

  /** One request on its way through the API. */
  private final class Call {
    private final Request request;
    private final Caller caller;
    private final Microversion version;
    private final List<String> path;

    Call(Request request, Caller caller, Microversion version) {
      this.request = request;
      this.caller = caller;
      this.version = version;
      this.path = List.of(request.path().split("/")).stream().skip(2).toList();
    }

    Reply route() {
      var rest = path.subList(1, path.size());
      return switch (path.getFirst()) {
        case "os-services" -> services(rest);
        case "os-hypervisors" -> hypervisors(rest);
        case "servers" -> servers(rest);
        case "os-migrations" -> rest.isEmpty() && is("GET") ? migrations() : NO_ROUTE;
        case "os-server-groups" ->
            rest.size() > 1
                ? NO_ROUTE
                : is("GET")
                    ? rest.isEmpty() ? groups() : group(rest.getFirst())
                    : is("DELETE") && rest.size() == 1 ? deleteGroup(rest.getFirst()) : NO_ROUTE;
        default -> NO_ROUTE;
      };
    }

    private boolean is(String method) {
      return request.method().equals(method);
    }

    private void require(String rule) {
      if (!caller.user().admin()) {
        throw Refused.forbidden("os_compute_api:" + rule);
      }
    }

    // --- os-services ---

    private Reply services(List<String> rest) {
      if (rest.isEmpty() && is("GET")) {
        return listServices();
      }
      if (rest.size() == 1 && is("PUT")) {
        return version.atLeast(53) ? updateService(rest.getFirst()) : oldUpdate(rest.getFirst());
      }
      if (rest.size() == 1 && is("DELETE")) {
        require("os-services:delete");
        cloud.deleteService(caller, service(rest.getFirst()).name());
        return Reply.json(204, null);
      }
      return NO_ROUTE;
    }

    private Reply listServices() {
      require("os-services:list");
      allow(Set.of("binary", "host"), 75);
      var query = request.query();
      var rows = new ArrayList<Map<String, Object>>();
      rows.add(views.internalService("nova-scheduler", 2, version));
      rows.add(views.internalService("nova-conductor", 3, version));
      for (var host : cloud.hosts()) {
        if (host.serviceDeleted()) {
          continue;
        }
        if (!host.cellDown()) {
          rows.add(views.service(host, version));
        } else if (version.atLeast(69)) {
          rows.add(views.unknownService(host));
        }
      }
      for (var key : List.of("binary", "host")) {
        if (query.containsKey(key)) {
          rows.removeIf(row -> !row.get(key).equals(query.get(key)));
        }
      }
      return Reply.json(200, Json.object("services", rows));
    }

    private Reply updateService(String id) {
      require("os-services:update");
      var body = request.json();
      Schema.object()
          .optional(
              "status",
              node -> Set.of("enabled", "disabled").contains(node.asText()),
              "is not one of ['enabled', 'disabled']")
          .optional(
              "disabled_reason",
              node ->
                  node.isTextual()
                      && !node.textValue().isEmpty()
                      && node.textValue().length() <= 255,
              "is too short or too long")
          .optional("forced_down", JsonNode::isBoolean, "is not a boolean")
          .check("os-services", body);
      if (!id.matches("[0-9a-f]{8}-[0-9a-f-]{27}")) {
        throw Refused.badRequest("Invalid uuid %s", id);
      }
      var host = service(id);
      var status = body.path("status").asText(null);
      if (host.cellDown()) {
        throw new Refused(500, unexpected("oslo_db.exception.DBConnectionError"));
      }
      if ("enabled".equals(status) && body.has("disabled_reason")) {
        throw Refused.badRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.");
      }
      if (status == null && !body.has("forced_down")) {
        throw Refused.badRequest(
            "No updates were requested. Fields 'status' or 'forced_down' should be specified.");
      }
      if ("disabled".equals(status)) {
        cloud.disable(caller, host.name(), body.path("disabled_reason").asText(null));
      } else if (status != null) {
        cloud.enable(caller, host.name());
      }
      if (body.has("forced_down")) {
        cloud.forceDown(caller, host.name(), body.get("forced_down").booleanValue());
      }
      return Reply.json(200, Json.object("service", views.service(host, version)));
    }

    private Reply oldUpdate(String what) {
      require("os-services:update");
      var body = request.json();
      var name = body.path("host").asText();
      if (!Set.of("enable", "disable", "disable-log-reason").contains(what)) {
        return NO_ROUTE;
      }
      var host =
          cloud.hosts().stream()
              .filter(h -> h.name().equals(name))
              .findFirst()
              .orElseThrow(() -> Refused.notFound("Host '%s' is not mapped to any cell", name));
      var answer = Json.object("host", name, "binary", body.path("binary").asText());
      if (what.equals("enable")) {
        cloud.enable(caller, name);
        answer.put("status", "enabled");
      } else {
        cloud.disable(caller, name, body.path("disabled_reason").asText(null));
        answer.put("status", "disabled");
        if (what.equals("disable-log-reason")) {
          answer.put("disabled_reason", host.disabledReason());
        }
      }
      return Reply.json(200, Json.object("service", answer));
    }

    private Host service(String id) {
      return cloud.hosts().stream()
          .filter(h -> h.serviceId().equals(id) && !h.serviceDeleted())
          .findFirst()
          .orElseThrow(() -> Refused.notFound("Service %s could not be found.", id));
    }

    // --- os-hypervisors ---

    private Reply hypervisors(List<String> rest) {
      if (!is("GET") || rest.size() > 1) {
        return NO_ROUTE;
      }
      if (cloud.hosts().stream().anyMatch(Host::cellDown)) {
        throw new Refused(500, unexpected("oslo_db.exception.DBConnectionError"));
      }
      var known = cloud.hosts().stream().filter(h -> !h.serviceDeleted()).toList();
      if (rest.isEmpty() || rest.getFirst().equals("detail")) {
        require(rest.isEmpty() ? "os-hypervisors:list" : "os-hypervisors:list-detail");
        allow(Set.of("limit", "marker", "hypervisor_hostname_pattern", "with_servers"), 75);
        var pattern = request.query().get("hypervisor_hostname_pattern");
        var found =
            known.stream()
                .flatMap(
                    host ->
                        host.hypervisors().stream()
                            .filter(h -> pattern == null || h.name().contains(pattern))
                            .map(h -> hypervisor(host, h, !rest.isEmpty())))
                .toList();
        if (pattern != null && found.isEmpty()) {
          throw Refused.notFound("No hypervisor matching '%s' could be found.", pattern);
        }
        return Reply.json(200, Json.object("hypervisors", found));
      }
      require("os-hypervisors:show");
      allow(Set.of("with_servers"), 75);
      var id = rest.getFirst();
      return known.stream()
          .flatMap(
              host ->
                  host.hypervisors().stream()
                      .filter(h -> h.id().equals(id))
                      .map(h -> hypervisor(host, h, true)))
          .findFirst()
          .map(view -> Reply.json(200, Json.object("hypervisor", view)))
          .orElseThrow(() -> Refused.notFound("Hypervisor with ID '%s' could not be found.", id));
    }

    private Map<String, Object> hypervisor(Host host, Host.Hypervisor of, boolean detail) {
      var view = views.hypervisor(host, of, version, detail);
      if (version.atLeast(53) && flag(request.query().get("with_servers"))) {
        var servers = views.hypervisorServers(host);
        if (!servers.isEmpty() || version.atLeast(75)) {
          view.put("servers", servers);
        }
      }
      return view;
    }

    // --- servers ---

    private Reply servers(List<String> rest) {
      if (rest.isEmpty() || rest.getFirst().equals("detail")) {
        return is("GET") ? listServers(!rest.isEmpty()) : NO_ROUTE;
      }
      var id = rest.getFirst();
      if (is("GET")) {
        var actions = rest.size() == 2 && rest.get(1).equals("os-instance-actions");
        allow(actions ? ACTION_FILTERS : Set.of(), actions ? 75 : 102);
      }
      if (rest.size() == 1) {
        return switch (request.method()) {
          case "GET" -> showServer(id);
          case "PUT" -> updateServer(id);
          case "DELETE" -> {
            cloud.perform(caller, id, Operation.DELETE);
            yield Reply.json(204, null);
          }
          default -> NO_ROUTE;
        };
      }
      return switch (rest.get(1)) {
        case "action" -> is("POST") && rest.size() == 2 ? act(id) : NO_ROUTE;
        case "migrations" -> serverMigrations(id, rest.subList(2, rest.size()));
        case "diagnostics" -> is("GET") && rest.size() == 2 ? diagnostics(id) : NO_ROUTE;
        case "os-instance-actions" -> instanceActions(id, rest.subList(2, rest.size()));
        default -> NO_ROUTE;
      };
    }

    private Reply listServers(boolean detail) {
      var query = new LinkedHashMap<>(request.query());
      query.keySet().stream()
          .filter(FOREIGN_SERVER_FILTERS::contains)
          .findFirst()
          .ifPresent(key -> notPlayed("the filter " + key));
      allow(SERVER_FILTERS, 75);
      var allTenants = flag(query.get("all_tenants"));
      if (allTenants) {
        require("servers:" + (detail ? "detail" : "index") + ":get_all_tenants");
      }
      if (!caller.user().admin()) {
        query.keySet().removeAll(ADMIN_SERVER_FILTERS);
      }
      Predicate<Server> matches = s -> allTenants || visible(s);
      if (query.containsKey("changes-since")) {
        var since = instant(query.get("changes-since"));
        matches = matches.and(s -> !s.updated().isBefore(since));
      } else {
        matches = matches.and(s -> !s.deleted());
      }
      if (!flag(query.get("soft_deleted"))) {
        matches = matches.and(s -> !s.status().equals("SOFT_DELETED"));
      }
      if (query.containsKey("host")) {
        matches = matches.and(s -> query.get("host").equals(s.host()));
      }
      if (query.containsKey("status")) {
        matches = matches.and(s -> query.get("status").equalsIgnoreCase(s.status()));
      }
      var found =
          cloud.servers().stream()
              .filter(matches)
              .sorted(
                  Comparator.comparing(Server::created).thenComparing(Server::number).reversed())
              .toList();
      var plain = Set.of("all_tenants").containsAll(query.keySet());
      var reachable = found.stream().filter(s -> !unreachable(s)).toList();
      return page(
          "servers",
          plain && version.atLeast(69) ? found : reachable,
          Server::id,
          s ->
              unreachable(s)
                  ? views.unknownServer(s)
                  : detail ? views.server(s, caller, version, false) : views.brief(s));
    }

    private boolean unreachable(Server s) {
      return s.host() != null && cloud.host(s.host()).cellDown();
    }

    private boolean visible(Server s) {
      return s.owner().projectId().equals(caller.user().projectId());
    }

    private Reply showServer(String id) {
      var server = find(id);
      if (unreachable(server)) {
        if (!version.atLeast(69)) {
          throw new Refused(500, unexpected("oslo_db.exception.DBConnectionError"));
        }
        return Reply.json(200, Json.object("server", views.unknownServer(server)));
      }
      return Reply.json(200, Json.object("server", views.server(server, caller, version, true)));
    }

    /** Of its fields only the one that unpins it is played. */
    private Reply updateServer(String id) {
      var wanted = request.json().path("server");
      if (!wanted.isObject() || wanted.size() != 1 || !wanted.has(PINNED)) {
        notPlayed("this update of a server");
      }
      var zone = wanted.path(PINNED);
      if (!version.atLeast(104)) {
        var value = zone.isNull() ? "None" : "'" + zone.asText() + "'";
        throw Refused.badRequest(
            "Invalid input for field/attribute server. Value: {'%s': %s}. Additional properties are"
                + " not allowed ('%s' was unexpected)",
            PINNED, value, PINNED);
      }
      cloud.pin(caller, id, zone.textValue());
      return showServer(id);
    }

    private Server find(String id) {
      return find(id, false);
    }

    private Server find(String id, boolean deletedToo) {
      return cloud.servers().stream()
          .filter(s -> s.id().equals(id) && (deletedToo || !s.deleted()))
          .filter(s -> caller.user().admin() || visible(s))
          .findFirst()
          .orElseThrow(() -> Refused.notFound("Instance %s could not be found.", id));
    }

    /** Where nova-compute is dead Nova answers only after rpc_response_timeout; here at once. */
    private Reply diagnostics(String id) {
      if (!version.atLeast(48)) {
        notPlayed("the diagnostics of a libvirt guest below 2.48");
      }
      cloud.diagnose(caller, id);
      return Reply.json(200, views.diagnostics(find(id)));
    }

    // --- actions ---

    private Reply act(String id) {
      var body = request.json();
      if (!body.isObject() || body.size() != 1) {
        throw Refused.badRequest("Malformed request body");
      }
      var name = body.fieldNames().next();
      return new ServerActions(cloud, caller, version).act(id, name, body.get(name));
    }

    // --- migrations ---

    private Reply serverMigrations(String id, List<String> rest) {
      if (!version.atLeast(rest.size() == 2 ? 22 : is("DELETE") ? 24 : 23)) {
        throw Refused.notFound("The resource could not be found.");
      }
      if (rest.size() == 2 && is("POST") && rest.get(1).equals("action")) {
        Schema.object()
            .required("force_complete", JsonNode::isNull, "is not of type 'null'")
            .check("force_complete", request.json());
        cloud.forceComplete(caller, id, number(rest.getFirst()));
        return Reply.json(202, null);
      }
      if (rest.size() == 1 && is("DELETE")) {
        cloud.abortLiveMigration(caller, id, number(rest.getFirst()), version.atLeast(65));
        return Reply.json(202, null);
      }
      if (rest.size() > 1 || !is("GET")) {
        return NO_ROUTE;
      }
      var server = find(id);
      require("servers:migrations:" + (rest.isEmpty() ? "index" : "show"));
      var running = cloud.migrations(server.id()).stream().filter(Migration::inProgress);
      if (rest.isEmpty()) {
        var rows = running.map(m -> views.serverMigration(m, version)).toList();
        return Reply.json(200, Json.object("migrations", rows));
      }
      var migrationId = number(rest.getFirst());
      return running
          .filter(m -> m.id() == migrationId)
          .findFirst()
          .map(m -> Reply.json(200, Json.object("migration", views.serverMigration(m, version))))
          .orElseThrow(
              () ->
                  Refused.notFound(
                      "In-progress live migration %d is not found for server %s.",
                      migrationId, id));
    }

    private Reply migrations() {
      require("os-migrations:index");
      var allowed = new ArrayList<>(List.of("host", "status", "instance_uuid", "source_compute"));
      allowed.addAll(List.of("migration_type", "hidden", "changes-since", "limit", "marker"));
      if (version.atLeast(66)) {
        allowed.add("changes-before");
      }
      if (version.atLeast(80)) {
        allowed.addAll(List.of("user_id", "project_id"));
      }
      allow(Set.copyOf(allowed), 59);
      var query = request.query();
      List.of("hidden", "changes-before", "user_id", "project_id").stream()
          .filter(query::containsKey)
          .findFirst()
          .ifPresent(key -> notPlayed("the filter " + key));
      // instance_destroy soft-deletes the records of a server with it (nova/db/main/api.py).
      Predicate<Migration> matches =
          m -> !cloud.host(m.sourceCompute()).cellDown() && !m.server().deleted();
      if (query.containsKey("host")) {
        var host = query.get("host");
        matches = matches.and(m -> host.equals(m.sourceCompute()) || host.equals(m.destCompute()));
      }
      matches = matches.and(equal(query, "status", m -> m.status().text()));
      matches = matches.and(equal(query, "instance_uuid", m -> m.server().id()));
      matches = matches.and(equal(query, "source_compute", Migration::sourceCompute));
      matches = matches.and(equal(query, "migration_type", m -> m.type().text()));
      if (version.atLeast(59) && query.containsKey("changes-since")) {
        // NULL compares false: a record never updated is not seen.
        var since = instant(query.get("changes-since"));
        matches = matches.and(m -> m.updatedAt() != null && !m.updatedAt().isBefore(since));
      }
      var found = cloud.migrations().stream().filter(matches).toList();
      if (!version.atLeast(59)) {
        var rows = found.stream().map(m -> views.migration(m, version)).toList();
        return Reply.json(200, Json.object("migrations", rows));
      }
      return page(
          "migrations", found.reversed(), Migration::uuid, m -> views.migration(m, version));
    }

    private Predicate<Migration> equal(
        Map<String, String> query, String key, Function<Migration, String> value) {
      return m -> !query.containsKey(key) || query.get(key).equals(value.apply(m));
    }

    // --- instance actions ---

    private Reply instanceActions(String id, List<String> rest) {
      if (!is("GET") || rest.size() > 1) {
        return NO_ROUTE;
      }
      var actions = cloud.actions(find(id, version.atLeast(21)).id()).reversed();
      if (rest.isEmpty()) {
        var rows = actions.stream().map(a -> views.action(a, caller, version, false)).toList();
        return Reply.json(200, Json.object("instanceActions", rows));
      }
      return actions.stream()
          .filter(a -> a.caller().requestId().equals(rest.getFirst()))
          .findFirst()
          .map(a -> views.action(a, caller, version, true))
          .map(view -> Reply.json(200, Json.object("instanceAction", view)))
          .orElseThrow(() -> Refused.notFound("Action %s not found", rest.getFirst()));
    }

    // --- server groups ---

    private Reply groups() {
      allow(Set.of("all_projects", "limit", "offset"), 75);
      var all = caller.user().admin() && request.query().containsKey("all_projects");
      var rows =
          cloud.groups().stream()
              .filter(g -> all || g.owner().projectId().equals(caller.user().projectId()))
              .map(g -> views.group(g, version))
              .skip(number(request.query().getOrDefault("offset", "0")))
              .limit(number(request.query().getOrDefault("limit", "" + maxLimit)))
              .toList();
      return Reply.json(200, Json.object("server_groups", rows));
    }

    private Reply group(String id) {
      allow(Set.of(), 102);
      return Reply.json(200, Json.object("server_group", views.group(known(id), version)));
    }

    private Reply deleteGroup(String id) {
      cloud.deleteGroup(known(id).id());
      return Reply.json(204, null);
    }

    private ServerGroup known(String id) {
      return cloud.groups().stream()
          .filter(g -> g.id().equals(id))
          .filter(
              g -> caller.user().admin() || g.owner().projectId().equals(caller.user().projectId()))
          .findFirst()
          .orElseThrow(() -> Refused.notFound("Instance group %s could not be found.", id));
    }

    // --- lists ---

    /** From the microversion on, parameters other than these are refused. */
    private void allow(Set<String> parameters, int since) {
      if (version.atLeast(since)) {
        request.query().keySet().stream()
            .filter(key -> !parameters.contains(key))
            .findFirst()
            .ifPresent(
                key -> {
                  throw Refused.badRequest(
                      parameters == SERVER_FILTERS
                          ? "'%s' does not match any of the regexes: '^_'"
                          : "Additional properties are not allowed ('%s' was unexpected)",
                      key);
                });
      }
    }

    private <T> Reply page(
        String name, List<T> all, Function<T, String> id, Function<T, Map<String, Object>> view) {
      var query = request.query();
      var asked = query.getOrDefault("limit", "" + maxLimit);
      if (!asked.matches("[0-9]*")) {
        throw Refused.badRequest(
            "Invalid input for query parameters limit. Value: %s. '%s' does not match '^[0-9]*$'",
            asked, asked);
      }
      var wanted = number(asked);
      var limit = Math.min(wanted, maxLimit);
      var from = 0;
      var marker = query.get("marker");
      if (marker != null) {
        var ids = all.stream().map(id).toList();
        from = ids.indexOf(marker) + 1;
        if (from == 0) {
          throw Refused.badRequest(
              name.equals("servers") ? "marker [%s] not found" : "Marker %s could not be found.",
              marker);
        }
      }
      var part = all.subList(from, Math.min(all.size(), from + limit));
      var body = Json.object(name, part.stream().map(view).toList());
      // A full page always has a next one, even if that is empty.
      if (limit > 0 && part.size() == limit) {
        query.put("marker", id.apply(part.getLast()));
        var href = root + request.path() + "?" + encode(query);
        body.put(name + "_links", List.of(Json.object("rel", "next", "href", href)));
      }
      return Reply.json(200, body);
    }

    private void notPlayed(String what) {
      throw new Refused(501, "The simulator does not play " + what + ".");
    }
  }

  private static String encode(Map<String, String> query) {
    return query.entrySet().stream()
        .flatMap(entry -> Stream.of(entry.getKey() + "=" + encode(entry.getValue())))
        .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static int number(String text) {
    try {
      var number = Integer.parseInt(text);
      if (number < 0) {
        throw new NumberFormatException(text);
      }
      return number;
    } catch (NumberFormatException e) {
      throw Refused.badRequest("Invalid input. Value: %s. It is not a number.", text);
    }
  }

  private static boolean flag(String text) {
    if (text == null || Set.of("0", "false", "f", "no", "n", "off").contains(text.toLowerCase())) {
      return false;
    }
    if (text.isEmpty() || Set.of("1", "true", "t", "yes", "y", "on").contains(text.toLowerCase())) {
      return true;
    }
    throw Refused.badRequest("Invalid value '%s'", text);
  }

  private static Instant instant(String text) {
    try {
      return text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw Refused.badRequest("Invalid input. Value: %s. It is not a 'date-time'", text);
    }
  }

  static String unexpected(String pythonClass) {
    return "Unexpected API Error. Please contact the administrator\n<class '%s'>"
        .formatted(Objects.requireNonNull(pythonClass));
  }
}
