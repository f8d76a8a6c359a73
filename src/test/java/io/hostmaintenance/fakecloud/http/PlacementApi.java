package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.Resources;
import io.hostmaintenance.fakecloud.User;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Placement's resource providers (one per hypervisor), allocations and candidates for them. */
final class PlacementApi {
  static final Microversion LOWEST = new Microversion(0);
  static final Microversion HIGHEST = new Microversion(39);

  private static final List<String> CLASSES = List.of("VCPU", "MEMORY_MB", "DISK_GB");

  /** What a resource provider links to, and since when. */
  private record Link(String rel, int since) {}

  private static final List<Link> LINKS =
      List.of(
          new Link("inventories", 0),
          new Link("usages", 0),
          new Link("aggregates", 1),
          new Link("traits", 6),
          new Link("allocations", 11));

  private static final String DISABLED = "COMPUTE_STATUS_DISABLED";

  private final Cloud cloud;

  PlacementApi(Cloud cloud) {
    this.cloud = cloud;
  }

  Reply handle(Request request, Caller caller, Microversion version) {
    var path = List.of(request.path().split("/")).stream().skip(2).toList();
    if (path.isEmpty()) {
      return Reply.json(200, Json.object("versions", List.of(version())));
    }
    if (!caller.user().admin()) {
      return error(403, "Forbidden", "Access was denied to this resource.", caller, version);
    }
    if (!request.method().equals("GET")) {
      return error(
          405, "Method Not Allowed", "The simulator only reads placement.", caller, version);
    }
    return switch (path.getFirst()) {
      case "resource_providers" -> providers(request, path, caller, version);
      case "allocations" ->
          path.size() == 2
              ? Reply.json(200, allocations(path.get(1), version))
              : error(404, "Not Found", "The resource could not be found.", caller, version);
      case "allocation_candidates" ->
          path.size() == 1 && version.atLeast(10)
              ? candidates(request.query(), caller, version)
              : error(404, "Not Found", "The resource could not be found.", caller, version);
      default -> error(404, "Not Found", "The resource could not be found.", caller, version);
    };
  }

  /** A disabled host is left out only where it is asked for, and a dead one never is. */
  private Reply candidates(Map<String, String> query, Caller caller, Microversion version) {
    var known = new TreeSet<>(Set.of("resources"));
    if (version.atLeast(16)) {
      known.add("limit");
    }
    if (version.atLeast(17)) {
      known.add("required");
    }
    if (version.atLeast(31)) {
      known.add("in_tree");
    }
    for (var key : query.keySet()) {
      if (!known.contains(key)) {
        return malformed("Invalid query string parameters: " + key, caller, version);
      }
    }
    var wanted = new LinkedHashMap<String, Integer>();
    for (var pair : query.getOrDefault("resources", "").split(",")) {
      if (!pair.matches("[A-Z0-9_]+:[1-9][0-9]{0,8}")) {
        return malformed("Badly formed resources parameter: " + pair, caller, version);
      }
      wanted.put(pair.split(":")[0], Integer.parseInt(pair.split(":")[1]));
    }
    for (var name : wanted.keySet()) {
      if (!CLASSES.contains(name)) {
        var why = "Invalid resource class in resources parameter: No such resource class %s.";
        return malformed(why.formatted(name), caller, version);
      }
    }
    var traits =
        query.containsKey("required")
            ? List.of(query.get("required").split(","))
            : List.<String>of();
    for (var trait : traits) {
      if (trait.startsWith("!") && !version.atLeast(22) || !known(trait.replace("!", ""))) {
        return malformed(
            "No such trait(s): %s.".formatted(trait.replace("!", "")), caller, version);
      }
    }
    if (!query.getOrDefault("limit", "1").matches("[1-9][0-9]{0,8}")) {
      return malformed("Invalid query string parameters: limit", caller, version);
    }
    var found =
        cloud.hosts().stream()
            .filter(h -> h.hypervisorId() != null && !h.serviceDeleted())
            .filter(h -> traits.stream().allMatch(t -> allows(h, t)))
            .filter(h -> fits(h, wanted))
            .filter(
                h -> !query.containsKey("in_tree") || query.get("in_tree").equals(h.hypervisorId()))
            .limit(Integer.parseInt(query.getOrDefault("limit", "1000")))
            .toList();
    var requests = found.stream().map(h -> allocationRequest(h, wanted, version)).toList();
    var summaries = new LinkedHashMap<String, Object>();
    found.forEach(h -> summaries.put(h.hypervisorId(), summary(h, version)));
    return Reply.json(
        200, Json.object("allocation_requests", requests, "provider_summaries", summaries));
  }

  private static Reply malformed(String why, Caller caller, Microversion version) {
    var detail =
        "The server could not comply with the request since it is either malformed or otherwise"
            + " incorrect.\n\n %s  ".formatted(why);
    return error(400, "Bad Request", detail, caller, version);
  }

  private boolean known(String trait) {
    return trait.startsWith("COMPUTE_")
        || trait.startsWith("HW_")
        || cloud.hosts().stream().anyMatch(h -> h.traits().contains(trait));
  }

  private static boolean allows(Host host, String trait) {
    return trait.startsWith("!")
        ? !traits(host).contains(trait.substring(1))
        : traits(host).contains(trait);
  }

  private static Set<String> traits(Host host) {
    var all = new TreeSet<>(host.traits());
    if (!host.enabled()) {
      all.add(DISABLED);
    }
    return all;
  }

  private boolean fits(Host host, Map<String, Integer> wanted) {
    var free = cloud.free(host);
    return wanted.entrySet().stream().allMatch(w -> w.getValue() <= free.get(w.getKey()));
  }

  private static Map<String, Object> allocationRequest(
      Host host, Map<String, Integer> wanted, Microversion version) {
    var view =
        Json.object("allocations", Map.of(host.hypervisorId(), Json.object("resources", wanted)));
    if (version.atLeast(34)) {
      view.put("mappings", Map.of("", List.of(host.hypervisorId())));
    }
    return view;
  }

  private Map<String, Object> summary(Host host, Microversion version) {
    var resources = new LinkedHashMap<String, Object>();
    for (var name : CLASSES) {
      long capacity = host.capacity().byClass().getOrDefault(name, 0L);
      var used = capacity - cloud.free(host).get(name);
      resources.put(name, Json.object("capacity", capacity, "used", used));
    }
    var view = Json.object("resources", resources);
    if (version.atLeast(17)) {
      view.put("traits", List.copyOf(traits(host)));
    }
    if (version.atLeast(29)) {
      view.put("parent_provider_uuid", null);
      view.put("root_provider_uuid", host.hypervisorId());
    }
    return view;
  }

  static Reply error(int status, String title, String detail, Caller caller, Microversion version) {
    var error =
        Json.object(
            "status", status,
            "title", title,
            "detail", detail,
            "request_id", caller.requestId());
    if (version.atLeast(23)) {
      error.put("code", "placement.undefined_code");
    }
    return Reply.json(status, Json.object("errors", List.of(error)));
  }

  private static Map<String, Object> version() {
    return Json.object(
        "id",
        "v1.0",
        "max_version",
        "1." + HIGHEST.minor(),
        "min_version",
        "1.0",
        "status",
        "CURRENT");
  }

  private Reply providers(Request request, List<String> path, Caller caller, Microversion version) {
    if (path.size() == 1) {
      var query = request.query();
      var unknown =
          query.keySet().stream()
              .filter(key -> !List.of("name", "uuid").contains(key))
              .filter(key -> !(key.equals("in_tree") && version.atLeast(14)))
              .findFirst();
      if (unknown.isPresent()) {
        return error(
            400,
            "Bad Request",
            "Invalid query string parameters: " + unknown.get(),
            caller,
            version);
      }
      var found =
          cloud.hosts().stream()
              .filter(h -> !query.containsKey("name") || query.get("name").equals(h.name()))
              .filter(h -> !query.containsKey("uuid") || query.get("uuid").equals(h.hypervisorId()))
              .filter(
                  h ->
                      !query.containsKey("in_tree")
                          || query.get("in_tree").equals(h.hypervisorId()))
              .map(h -> provider(h, version))
              .toList();
      return Reply.json(200, Json.object("resource_providers", found));
    }
    if (isOrphan(path.get(1)) && path.size() > 2 && path.get(2).equals("allocations")) {
      return Reply.json(
          200, Json.object("allocations", Map.of(), "resource_provider_generation", 1));
    }
    return host(path.get(1))
        .map(
            host ->
                path.size() == 2
                    ? Reply.json(200, provider(host, version))
                    : path.get(2).equals("allocations")
                        ? Reply.json(200, consumers(host, version))
                        : error(
                            404, "Not Found", "The resource could not be found.", caller, version))
        .orElseGet(() -> noProvider(path, caller, version));
  }

  private static Reply noProvider(List<String> path, Caller caller, Microversion version) {
    var why = "No resource provider with uuid %s found".formatted(path.get(1));
    if (path.size() > 2) {
      why = "Resource provider '%s' not found: %s".formatted(path.get(1), why);
    }
    var detail = "The resource could not be found.\n\n %s  ".formatted(why);
    return error(404, "Not Found", detail, caller, version);
  }

  private Optional<Host> host(String uuid) {
    return cloud.hosts().stream().filter(h -> uuid.equals(h.hypervisorId())).findFirst();
  }

  private boolean isOrphan(String uuid) {
    return host(uuid).isEmpty()
        && cloud.hosts().stream()
            .flatMap(h -> h.hypervisors().stream())
            .anyMatch(h -> h.id().equals(uuid));
  }

  private static Map<String, Object> provider(Host host, Microversion version) {
    var base = "/placement/resource_providers/" + host.hypervisorId();
    var view =
        Json.object(
            "uuid", host.hypervisorId(),
            "name", host.name(),
            "generation", 1,
            "links", links(base, version));
    if (version.atLeast(14)) {
      view.put("parent_provider_uuid", null);
      view.put("root_provider_uuid", host.hypervisorId());
    }
    return view;
  }

  private static List<Map<String, Object>> links(String base, Microversion version) {
    var links = new ArrayList<Map<String, Object>>();
    links.add(Json.object("rel", "self", "href", base));
    for (var link : LINKS) {
      if (version.atLeast(link.since())) {
        links.add(Json.object("rel", link.rel(), "href", base + "/" + link.rel()));
      }
    }
    return links;
  }

  private Map<String, Object> consumers(Host host, Microversion version) {
    var consumers = new LinkedHashMap<String, Object>();
    cloud
        .allocationsOn(host.name())
        .forEach(
            (consumer, amount) -> {
              var held = resources(amount);
              if (version.atLeast(28)) {
                held.put("consumer_generation", 1);
              }
              consumers.put(consumer, held);
            });
    return Json.object("allocations", consumers, "resource_provider_generation", 1);
  }

  private Map<String, Object> allocations(String consumer, Microversion version) {
    var byProvider = new LinkedHashMap<String, Object>();
    cloud
        .allocationsByConsumer()
        .getOrDefault(consumer, Map.of())
        .forEach(
            (host, amount) -> {
              var resources = resources(amount);
              resources.put("generation", 1);
              byProvider.put(host.hypervisorId(), resources);
            });
    var view = Json.object("allocations", byProvider);
    if (!byProvider.isEmpty() && version.atLeast(12)) {
      var owner = owner(consumer);
      view.put("project_id", owner.projectId());
      view.put("user_id", owner.id());
    }
    if (!byProvider.isEmpty() && version.atLeast(28)) {
      view.put("consumer_generation", 1);
    }
    if (!byProvider.isEmpty() && version.atLeast(38)) {
      view.put("consumer_type", isMigration(consumer) ? "MIGRATION" : "INSTANCE");
    }
    return view;
  }

  private boolean isMigration(String consumer) {
    return cloud.migrations().stream().anyMatch(m -> m.uuid().equals(consumer));
  }

  private User owner(String consumer) {
    return cloud.migrations().stream()
        .filter(m -> m.uuid().equals(consumer))
        .map(m -> m.server().owner())
        .findFirst()
        .orElseGet(() -> cloud.server(consumer).owner());
  }

  private static Map<String, Object> resources(Resources amount) {
    return Json.object("resources", amount.byClass());
  }
}
