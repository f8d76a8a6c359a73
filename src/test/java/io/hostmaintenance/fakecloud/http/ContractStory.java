package io.hostmaintenance.fakecloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/**
 * One story of a maintenance through the HTTP API, told to a {@link Side}; what was answered is
 * kept step by step, with the ids replaced by names, so that two sides can be compared.
 *
 * <p>Every question is asked at the lowest and at the highest microversion that the adapter speaks.
 * Of lists only the rows of the story's own servers and hosts are kept: others may use the cloud.
 */
final class ContractStory implements AutoCloseable {
  /**
   * An answer.
   *
   * @param name what was asked
   * @param status the HTTP status
   * @param headers those that clients use
   * @param body the body, ids replaced by names, rows of others left out
   */
  record Step(String name, int status, Map<String, String> headers, JsonNode body) {}

  private static final String LOWEST = "2.79";
  private static final String HIGHEST = "2.104";
  private static final String NONESUCH = "00000000-0000-4000-8000-000000000000";

  private static final List<Map<String, String>> STEERING =
      List.of(
          Map.of("lab_lm_seconds", "60"),
          Map.of("lab_lm_seconds", "60", "lab_cold_seconds", "1"),
          Map.of("lab_lm_seconds", "0.5"),
          Map.of("lab_lm_seconds", "1", "lab_lm_fail", "1"),
          Map.of("lab_precheck_fail", "1"),
          Map.of(),
          Map.of(),
          Map.of());

  private final List<Step> steps = new ArrayList<>();
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Side side;
  private final String source;
  private final String target;
  private NovaClient admin;
  private NovaClient member;
  private String region;

  ContractStory(Side side, String source, String target) {
    this.side = side;
    this.source = source;
    this.target = target;
  }

  /**
   * Tells the whole story.
   *
   * @param alone whether nobody else uses the cloud, so that all its hosts may be disabled
   */
  List<Step> tell(boolean alone) throws IOException, InterruptedException {
    logIn();
    versions();
    var service = service();
    var hypervisors = hypervisors();
    var cast = side.cast(source, STEERING);
    name(cast.group(), "GROUP");
    name(cast.hardGroup(), "HARD-GROUP");
    for (var i = 0; i < cast.servers().size(); i++) {
      name(cast.servers().get(i), "SERVER-" + i);
    }
    var slow = cast.servers().get(0);
    var waiting = cast.servers().get(1);
    var quick = cast.servers().get(2);
    groups(cast.group());
    servers(slow);
    zones(slow);
    unknownParameters(slow, hypervisors);
    placement(hypervisors);
    asMember(slow, service);
    refusals(slow);
    var began = created(slow);
    liveMigration(slow, waiting, hypervisors, began);
    completed(quick);
    failed(cast.servers().get(3), target, "failed");
    failed(cast.servers().get(4), target, "precheck");
    failed(cast.servers().getLast(), source, "to itself");
    hardAffinity(cast.servers().getLast(), cast.hardGroup());
    coldMigration(waiting, hypervisors);
    changes(cast.servers().get(5));
    inError(cast.servers().get(6));
    candidates(waiting);
    if (alone) {
      nowhere(quick);
    }
    unknown();
    deleted(slow);
    return steps;
  }

  // --- the chapters ---

  private void logIn() throws IOException, InterruptedException {
    region = side.region();
    try (var keystone = new NovaClient(side.authUrl())) {
      for (var right : List.of(true, false)) {
        var user = side.admin();
        var password = right ? user.password() : "wrong";
        var answer =
            keystone.send("POST", "/auth/tokens", null, NovaClient.passwordLogin(user, password));
        keep(right ? "log in" : "wrong password", answer, right ? this::token : any());
      }
    }
    admin = NovaClient.login(side.authUrl(), region, side.admin());
    member = NovaClient.login(side.authUrl(), region, side.member());
  }

  /** Of a token what the adapter reads; a cloud's catalog has much else. */
  private void token(JsonNode body) {
    var token = (ObjectNode) body.path("token");
    token.retain("user", "project", "catalog", "expires_at");
    keepRows(
        token,
        "catalog",
        service -> List.of("compute", "placement").contains(text(service, "type")),
        service -> text(service, "type"));
    for (var service : token.path("catalog")) {
      keepRows(
          service,
          "endpoints",
          e -> text(e, "interface").equals("public") && text(e, "region").equals(region),
          e -> "");
    }
  }

  private void versions() throws IOException, InterruptedException {
    keep("version", admin.send("GET", "/", null, null), any());
    keep("a version too high", admin.send("GET", "/os-services", "2.999", null), any());
    try (var nobody = new NovaClient(admin.endpoint("compute", region))) {
      keep("no token", nobody.get("/os-services"), any());
    }
  }

  private String service() throws IOException, InterruptedException {
    var path = "/os-services?binary=nova-compute&host=" + source;
    // Others may have disabled them for a while.
    for (var host : List.of(source, target)) {
      until(
          host + " is enabled and up",
          () -> {
            var service = NovaClient.json(admin.get("/os-services?host=" + host)).at("/services/0");
            return text(service, "status").equals("enabled") && text(service, "state").equals("up");
          });
    }
    var id = NovaClient.json(admin.get(path)).at("/services/0/id").asText();
    name(id, "SERVICE");
    var put = "/os-services/" + id;
    both("service", path, any());
    try {
      change("disable", put, "{'status':'disabled','disabled_reason':'hm-contract: why'}");
      both("disabled", path, any());
      both("disabled hypervisor", "/os-hypervisors/detail", hosts("hypervisors", source));
      change("disable again", put, "{'status':'disabled','disabled_reason':'hm-contract: other'}");
      change("enable with a reason", put, "{'status':'enabled','disabled_reason':'x'}");
      change("no update", put, "{}");
      change("unknown status", put, "{'status':'drained'}");
      change("enable", put, "{'status':'enabled'}");
    } finally {
      put(id, "{'status':'enabled'}");
    }
    both("enabled", path, any());
    both("services of an unknown host", "/os-services?host=hm-contract-nonesuch", any());
    change("disable an unknown service", "/os-services/" + NONESUCH, "{'status':'disabled'}");
    return id;
  }

  /** The resource providers of the source and the target. */
  private List<String> hypervisors() throws IOException, InterruptedException {
    var lens = hosts("hypervisors", source, target);
    both("hypervisors", "/os-hypervisors/detail", lens);
    var ids = new ArrayList<String>();
    for (var host : List.of(source, target)) {
      var all = NovaClient.json(admin.get("/os-hypervisors/detail")).path("hypervisors");
      for (var hypervisor : all) {
        if (hypervisor.at("/service/host").asText().equals(host)) {
          ids.add(text(hypervisor, "id"));
          name(text(hypervisor, "id"), "HYPERVISOR of " + host);
          name(hypervisor.at("/service/id").asText(), "SERVICE of " + host);
        }
      }
    }
    return ids;
  }

  private void groups(String group) throws IOException, InterruptedException {
    both("group", "/os-server-groups/" + group, any());
    both("unknown group", "/os-server-groups/" + NONESUCH, any());
  }

  /** Not even the only member goes, until its group is deleted. */
  private void hardAffinity(String server, String group) throws IOException, InterruptedException {
    failed(server, target, "alone in a hard affinity group");
    keep(
        "delete the group",
        admin.send("DELETE", "/os-server-groups/" + group, HIGHEST, null),
        any());
    both("deleted group", "/os-server-groups/" + group, any());
    both("server without its group", "/servers/" + server, any());
    act("live migration, without its group", server, live(target));
    untilMigration(server, "completed");
    untilIdle(server);
    both("server that left its group", "/servers/" + server, any());
  }

  private void servers(String one) throws IOException, InterruptedException {
    var path = "/servers/detail?all_tenants=1&soft_deleted=1&host=";
    both("servers", path + source, rows("servers"));
    both("servers of an unknown host", path + "hm-contract-nonesuch", any());
    var first = both("first page", path + source + "&limit=1", only("servers", "id"));
    assertThat(first.path("servers_links").findPath("href").asText()).contains("marker=");
    var seen = new ArrayList<String>();
    for (var marker = ""; marker != null; ) {
      var page = NovaClient.json(admin.get(path + source + "&limit=2" + marker));
      page.path("servers").forEach(server -> seen.add(text(server, "id")));
      marker = page.has("servers_links") ? "&marker=" + seen.getLast() : null;
    }
    assertThat(seen).doesNotHaveDuplicates();
    assertThat(seen).containsAll(names.keySet().stream().filter(this::isServer).toList());
    both("unknown marker", path + source + "&marker=" + NONESUCH, any());
    both("a page of migrations", "/os-migrations?limit=0", any());
    both("unknown marker of migrations", "/os-migrations?marker=" + NONESUCH, any());
    both("no page size of migrations", "/os-migrations?limit=x", any());
    both("unknown filter of migrations", "/os-migrations?nonesuch=1", any());
    both("unknown filter of servers", "/servers/detail?nonesuch=1", any());
    both("unknown filter of services", "/os-services?nonesuch=1", any());
    both("server", "/servers/" + one, any());
    both("no migrations", "/os-migrations?instance_uuid=" + one, any());
    both("no migrations under way", "/servers/" + one + "/migrations", any());
  }

  /** A server is pinned only to the zone it is in, and unpinned by an update since 2.104. */
  private void zones(String server) throws IOException, InterruptedException {
    var path = "/servers/" + server;
    var other = "'hm-contract-nonesuch'";
    for (var zone : List.of("null", other, "'nova'", other, "'nova'", "null")) {
      var body = "{'server':{'pinned_availability_zone':%s}}".formatted(zone);
      change("pin to " + zone, path, body);
    }
    keep(
        "unpin before 2.104",
        admin.send("PUT", path, "2.103", "{\"server\":{\"pinned_availability_zone\":null}}"),
        any());
    both("server, unpinned", path, any());
  }

  private void unknownParameters(String server, List<String> hypervisors)
      throws IOException, InterruptedException {
    for (var path :
        List.of(
            "/servers/" + server,
            "/servers/" + server + "/migrations",
            "/servers/" + server + "/os-instance-actions",
            "/os-hypervisors/detail",
            "/os-hypervisors/" + hypervisors.getFirst())) {
      for (var version : List.of("2.101", "2.102")) {
        var answer = admin.send("GET", path + "?nonesuch=1", version, null);
        keep("unknown parameter of " + path + " at " + version, answer, this::refusal);
      }
    }
  }

  /** Trees of providers, and candidates: of those the hosts of the story. */
  private void placement(List<String> hypervisors) throws IOException, InterruptedException {
    var root = admin.endpoint("placement", region);
    var tree = root + "/resource_providers?in_tree=";
    for (var id : List.of(hypervisors.getFirst(), NONESUCH)) {
      keep("tree of " + id, admin.send("GET", tree + id, "placement 1.29", null), any());
    }
    for (var query :
        List.of(
            "resources=VCPU:1,MEMORY_MB:1,DISK_GB:1&required=!COMPUTE_STATUS_DISABLED,COMPUTE_NODE",
            "resources=VCPU:1&required=HW_CPU_X86_AVX512F",
            "resources=VCPU:1&required=CUSTOM_HM_CONTRACT_NONESUCH",
            "resources=VCPU:1&required=!CUSTOM_HM_CONTRACT_NONESUCH",
            "resources=CUSTOM_HM_CONTRACT_NONESUCH:1",
            "resources=VCPU:99999999")) {
      keep(
          "candidates " + query,
          admin.send("GET", root + "/allocation_candidates?" + query, "placement 1.29", null),
          this::candidates);
    }
  }

  private void candidates(JsonNode body) {
    if (body.path("provider_summaries") instanceof ObjectNode summaries) {
      summaries.retain(names.keySet());
      summaries.forEach(s -> ((ObjectNode) s).remove("traits"));
      ((ObjectNode) body).remove("allocation_requests");
    }
  }

  private void refusal(JsonNode body) {
    if (!body.has("badRequest")) {
      ((ObjectNode) body).removeAll();
    }
  }

  private void asMember(String server, String service) throws IOException, InterruptedException {
    for (var path :
        List.of(
            "/os-services",
            "/os-hypervisors/detail",
            "/os-migrations",
            "/servers/detail?all_tenants=1",
            "/servers/" + server,
            "/servers/" + server + "/migrations",
            "/servers/" + server + "/diagnostics",
            "/servers/" + server + "/os-instance-actions")) {
      keep("member: GET " + path, member.get(path), any());
    }
    keep(
        "member: servers of a host", member.get("/servers/detail?host=" + source), rows("servers"));
    keep(
        "member: disable",
        member.send("PUT", "/os-services/" + service, HIGHEST, "{\"status\":\"disabled\"}"),
        any());
    for (var body :
        List.of(
            live(null),
            "{'migrate':null}",
            "{'confirmResize':null}",
            "{'os-stop':null}",
            "{'shelveOffload':null}",
            "{'os-resetState':{'state':'active'}}")) {
      var answer = member.post("/servers/" + server + "/action", body.replace('\'', '"'));
      keep("member: " + body, answer, any());
    }
  }

  private void refusals(String server) throws IOException, InterruptedException {
    for (var body :
        List.of(
            "{'os-migrateLive':{'block_migration':'auto'}}",
            "{'os-migrateLive':{'host':null}}",
            "{'os-migrateLive':{'host':null,'block_migration':'auto','force':true}}",
            "{'os-migrateLive':{'host':'hm-contract-nonesuch','block_migration':'auto'}}",
            "{'migrate':{'host':'hm-contract-nonesuch'}}",
            "{'migrate':{'host':'" + source + "'}}",
            "{'migrate':{'force':true}}",
            "{'confirmResize':null}",
            "{'resume':null}",
            "{'unpause':null}",
            "{'unrescue':null}",
            "{'os-start':null}",
            "{'shelveOffload':null}",
            "{'os-resetState':null}",
            "{'os-resetState':{}}",
            "{'os-resetState':{'state':'stopped'}}",
            "{'hm-contract-nonesuch':null}")) {
      act(body, server, body);
    }
  }

  private void liveMigration(String slow, String waiting, List<String> hypervisors, String began)
      throws IOException, InterruptedException {
    var request = act("live migration", slow, live(target));
    until("the transfer runs", () -> running(slow).path("memory_total_bytes").isNumber());
    act("live migration again", slow, live(target));
    act("cold migration meanwhile", slow, "{'migrate':null}");
    act("stop meanwhile", slow, "{'os-stop':null}");
    act("live migration of a second one", waiting, live(target));
    untilMigration(waiting, "queued");
    for (var server : List.of(slow, waiting)) {
      var of = server.equals(slow) ? " that runs" : " that is queued";
      both("server" + of, "/servers/" + server, any());
      both("migration" + of, "/servers/" + server + "/migrations", any());
      both("record" + of, "/os-migrations?instance_uuid=" + server, any());
    }
    both("servers under way", "/servers/detail?all_tenants=1&host=" + source, rows("servers"));
    for (var query :
        List.of(
            "status=running&host=" + source,
            "status=queued&host=" + source,
            "status=running&host=" + target,
            "status=completed&host=" + source,
            "migration_type=live-migration&source_compute=" + source,
            "host=" + source + "&changes-since=" + began)) {
      both("/os-migrations?" + query.replace(began, "BEGAN"), "/os-migrations?" + query, ours());
    }
    allocations("while it runs", hypervisors);

    var path = "/servers/%s/migrations/%d";
    var queued = path.formatted(waiting, running(waiting).path("id").asInt());
    keep(
        "force the queued one", admin.post(queued + "/action", "{\"force_complete\":null}"), any());
    keep("abort the queued one", admin.send("DELETE", queued, HIGHEST, null), any());
    untilMigration(waiting, "cancelled");
    untilIdle(waiting);
    both("record of the queued one, aborted", "/os-migrations?instance_uuid=" + waiting, any());

    var transfer = path.formatted(slow, running(slow).path("id").asInt());
    keep("abort the running one", admin.send("DELETE", transfer, HIGHEST, null), any());
    untilMigration(slow, "cancelled");
    untilIdle(slow);
    keep("abort it again", admin.send("DELETE", transfer, HIGHEST, null), any());
    both("record of the running one, aborted", "/os-migrations?instance_uuid=" + slow, any());
    both("server, aborted", "/servers/" + slow, any());
    actions("aborted", slow, request, false);
  }

  private void completed(String server) throws IOException, InterruptedException {
    var request = act("quick live migration", server, live(target));
    untilMigration(server, "completed");
    untilIdle(server);
    both("server, moved", "/servers/" + server, any());
    both("record, completed", "/os-migrations?instance_uuid=" + server, any());
    both("nothing under way", "/servers/" + server + "/migrations", any());
    actions("completed", server, request, true);
  }

  private void failed(String server, String host, String how)
      throws IOException, InterruptedException {
    var before = newestMigration(server).path("id");
    var request = act("live migration, " + how, server, live(host));
    var transferred = how.equals("failed");
    until(
        "a new migration of " + names.get(server),
        () -> !newestMigration(server).path("id").equals(before));
    untilMigration(server, transferred ? "failed" : "error");
    untilIdle(server);
    both("server, " + how, "/servers/" + server, any());
    both("record, " + how, "/os-migrations?instance_uuid=" + server, any());
    actions(how, server, request, true);
  }

  private void coldMigration(String server, List<String> hypervisors)
      throws IOException, InterruptedException {
    act("stop", server, "{'os-stop':null}");
    untilIdle(server);
    both("server, stopped", "/servers/" + server, any());
    act("live migration of a stopped one", server, live(null));
    var request = act("cold migration", server, "{'migrate':{'host':'" + target + "'}}");
    act("confirm too early", server, "{'confirmResize':null}");
    act("cold migration again", server, "{'migrate':null}");
    until(
        "VERIFY_RESIZE",
        () -> text(server(server), "status").equals("VERIFY_RESIZE") && idle(server(server)));
    both("server, to be confirmed", "/servers/" + server, any());
    both("record, finished", "/os-migrations?instance_uuid=" + server, any());
    both("no live migration", "/servers/" + server + "/migrations", any());
    act("live migration, to be confirmed", server, live(null));
    act("cold migration, to be confirmed", server, "{'migrate':null}");
    allocations("to be confirmed", hypervisors);
    actions("to be confirmed", server, request, true);
    var confirmed = act("confirm", server, "{'confirmResize':null}");
    untilMigration(server, "confirmed");
    until("SHUTOFF again", () -> text(server(server), "status").equals("SHUTOFF"));
    both("server, confirmed", "/servers/" + server, any());
    both("record, confirmed", "/os-migrations?instance_uuid=" + server, any());
    act("confirm again", server, "{'confirmResize':null}");
    allocations("confirmed", hypervisors);
    actions("confirmed", server, confirmed, true);
  }

  /** Through the states and back again, with what cannot be asked in them. */
  private void changes(String server) throws IOException, InterruptedException {
    diagnostics("active", server);
    order("suspend", server);
    diagnostics("suspended", server);
    for (var body : List.of("{'suspend':null}", "{'os-stop':null}", "{'unpause':null}")) {
      act("suspended: " + body, server, body);
    }
    order("resume", server);
    order("pause", server);
    diagnostics("paused", server);
    for (var body : List.of("{'suspend':null}", "{'os-stop':null}", "{'resume':null}")) {
      act("paused: " + body, server, body);
    }
    order("unpause", server);
    order("rescue", server);
    diagnostics("rescued", server);
    act("rescued: stop", server, "{'os-stop':null}");
    order("unrescue", server);
    order("os-stop", server);
    diagnostics("stopped", server);
    act("stopped: stop", server, "{'os-stop':null}");
    order("rescue", server);
    order("unrescue", server);
    order("shelve", server);
    act("shelved: start", server, "{'os-start':null}");
    act("offload", server, "{'shelveOffload':null}");
    until("it has no host", () -> server(server).path("OS-EXT-SRV-ATTR:host").isNull());
    both("server, offloaded", "/servers/" + server, any());
    held("offloaded", server);
    diagnostics("offloaded", server);
    act("offloaded: offload", server, "{'shelveOffload':null}");
  }

  /** Asks for something, waits for its end and shows what it left. */
  private void order(String key, String server) throws IOException, InterruptedException {
    var request = act(key, server, "{'%s':null}".formatted(key));
    untilIdle(server);
    both("server after " + key, "/servers/" + server, any());
    actions("after " + key, server, request, true);
  }

  private void diagnostics(String state, String server) throws IOException, InterruptedException {
    both("diagnostics, " + state, "/servers/" + server + "/diagnostics", any());
  }

  private void inError(String server) throws IOException, InterruptedException {
    var reset = act("reset to error", server, "{'os-resetState':{'state':'error'}}");
    both("server in error", "/servers/" + server, any());
    actions("after reset", server, reset, false);
    diagnostics("in error", server);
    for (var body : List.of(live(null), "{'migrate':null}", "{'os-start':null}")) {
      act("in error: " + body, server, body);
    }
    order("os-stop", server);
    act("reset to error again", server, "{'os-resetState':{'state':'error'}}");
    diagnostics("in error and off", server);
    act("delete by force", server, "{'forceDelete':null}");
    until("it is gone", () -> admin.get("/servers/" + server).statusCode() == 404);
    both("actions of one gone", "/servers/" + server + "/os-instance-actions", any());
    diagnostics("gone", server);
    held("gone", server);
  }

  /** What an instance holds, and whether there is a host for it. */
  private void candidates(String server) throws IOException, InterruptedException {
    held("on a host", server);
    for (var query :
        List.of(
            "resources=VCPU:1,MEMORY_MB:64",
            "resources=VCPU:1,MEMORY_MB:64&required=!COMPUTE_STATUS_DISABLED&limit=1",
            "resources=MEMORY_MB:999999999&required=!COMPUTE_STATUS_DISABLED&limit=1",
            "resources=CUSTOM_HM_CONTRACT_NONESUCH:1&required=!COMPUTE_STATUS_DISABLED&limit=1")) {
      var path = "/allocation_candidates?" + query;
      placement("candidates for " + query, path, ContractStory::oneOrNone);
    }
  }

  private void held(String name, String server) throws IOException, InterruptedException {
    placement("allocations of one " + name, "/allocations/" + server, any());
  }

  /** Which hosts and how many is the cloud's affair. */
  private static void oneOrNone(JsonNode body) {
    if (body instanceof ObjectNode answer && answer.has("allocation_requests")) {
      var found = answer.path("allocation_requests");
      var some = !found.isEmpty() && !answer.path("provider_summaries").isEmpty();
      answer.removeAll().put("status", some ? "some" : "none");
    }
  }

  private void placement(String name, String path, Consumer<JsonNode> lens)
      throws IOException, InterruptedException {
    var url = admin.endpoint("placement", region) + path;
    keep(name, admin.send("GET", url, "placement 1.29", null), lens);
  }

  private void nowhere(String server) throws IOException, InterruptedException {
    var here = text(server(server), "OS-EXT-SRV-ATTR:host");
    var disabled = new ArrayList<String>();
    try {
      for (var service : NovaClient.json(admin.get("/os-services")).path("services")) {
        if (text(service, "binary").equals("nova-compute")
            && !text(service, "host").equals(here)
            && text(service, "status").equals("enabled")) {
          disabled.add(text(service, "id"));
          put(text(service, "id"), "{'status':'disabled','disabled_reason':'hm-contract: alone'}");
        }
      }
      for (var body : List.of(live(null), live(source), "{'migrate':null}")) {
        var request = act("nowhere to go: " + body, server, body);
        until("nowhere to go: " + body, () -> ended(action(server, request)));
        untilMigration(server, "error");
        untilIdle(server);
        actions("nowhere to go: " + body, server, request, true);
        both("record, nowhere to go: " + body, "/os-migrations?instance_uuid=" + server, any());
        both("server, nowhere to go: " + body, "/servers/" + server, any());
      }
    } finally {
      for (var id : disabled) {
        put(id, "{'status':'enabled'}");
      }
    }
  }

  private void unknown() throws IOException, InterruptedException {
    for (var path :
        List.of(
            "/servers/" + NONESUCH,
            "/servers/" + NONESUCH + "/migrations",
            "/servers/" + NONESUCH + "/os-instance-actions",
            "/os-migrations?instance_uuid=" + NONESUCH,
            "/hm-contract-nonesuch")) {
      both(path, path, any());
    }
    for (var body : List.of(live(null), "{'migrate':null}", "{'confirmResize':null}")) {
      act("unknown: " + body, NONESUCH, body);
    }
    allocations("unknown", List.of(NONESUCH));
  }

  private void deleted(String server) throws IOException, InterruptedException {
    var path = "/servers/" + server;
    both("unknown action", path + "/os-instance-actions/req-" + NONESUCH, any());
    keep(
        "abort an unknown migration",
        admin.send("DELETE", path + "/migrations/999999999", HIGHEST, null),
        any());
    keep("delete", admin.send("DELETE", path, HIGHEST, null), any());
    until("it is gone", () -> admin.get(path).statusCode() == 404);
    both("server, deleted", path, any());
    both("actions of a deleted one", path + "/os-instance-actions", any());
    both("record of a deleted one", "/os-migrations?instance_uuid=" + server, any());
    both("migrations of a deleted one", path + "/migrations", any());
    act("live migration of a deleted one", server, live(null));
  }

  // --- what the chapters are made of ---

  private static String live(String host) {
    return "{'os-migrateLive':{'host':%s,'block_migration':'auto'}}"
        .formatted(host == null ? "null" : "'" + host + "'");
  }

  private JsonNode both(String name, String path, Consumer<JsonNode> lens)
      throws IOException, InterruptedException {
    keep(name + " at " + LOWEST, admin.send("GET", path, LOWEST, null), lens);
    return keep(name + " at " + HIGHEST, admin.send("GET", path, HIGHEST, null), lens);
  }

  private void change(String name, String path, String body)
      throws IOException, InterruptedException {
    keep(name, admin.send("PUT", path, HIGHEST, body.replace('\'', '"')), any());
  }

  private void put(String service, String body) throws IOException, InterruptedException {
    var path = "/os-services/" + service;
    assertThat(admin.send("PUT", path, HIGHEST, body.replace('\'', '"')).statusCode())
        .isEqualTo(200);
  }

  /** The request id of the answer. */
  private String act(String name, String server, String body)
      throws IOException, InterruptedException {
    var answer = admin.post("/servers/" + server + "/action", body.replace('\'', '"'));
    var request = answer.headers().firstValue("x-compute-request-id").orElse("none");
    name(request, "REQUEST of " + name);
    keep(name, answer, any());
    return request;
  }

  private void actions(String name, String server, String request, boolean whole)
      throws IOException, InterruptedException {
    var path = "/servers/" + server + "/os-instance-actions";
    if (whole) {
      until("the events of " + name, () -> ended(action(server, request)));
    }
    both("actions, " + name, path, any());
    both("action, " + name, path + "/" + request, any());
  }

  private void allocations(String name, List<String> providers)
      throws IOException, InterruptedException {
    for (var provider : providers) {
      var path =
          admin.endpoint("placement", region) + "/resource_providers/" + provider + "/allocations";
      keep(
          "allocations %s, %s".formatted(name, names.getOrDefault(provider, provider)),
          admin.send("GET", path, "placement 1.29", null),
          body -> {
            if (body.path("allocations") instanceof ObjectNode consumers) {
              consumers.retain(names.keySet());
            }
          });
    }
  }

  private JsonNode server(String id) throws IOException, InterruptedException {
    return NovaClient.json(admin.get("/servers/" + id)).path("server");
  }

  private JsonNode action(String server, String request) throws IOException, InterruptedException {
    var path = "/servers/" + server + "/os-instance-actions/" + request;
    return NovaClient.json(admin.get(path)).path("instanceAction");
  }

  private JsonNode running(String server) throws IOException, InterruptedException {
    var path = "/servers/" + server + "/migrations";
    var migration = NovaClient.json(admin.get(path)).at("/migrations/0");
    if (migration.has("uuid")) {
      name(text(migration, "uuid"), "MIGRATION of " + names.get(server));
    }
    return migration;
  }

  private String created(String server) throws IOException, InterruptedException {
    return text(server(server), "created");
  }

  private static boolean idle(JsonNode server) {
    return server.path("OS-EXT-STS:task_state").isNull();
  }

  private static boolean ended(JsonNode action) {
    var events = action.path("events");
    for (var event : events) {
      if (event.path("finish_time").isNull()) {
        return false;
      }
    }
    return !events.isEmpty();
  }

  private void untilIdle(String server) {
    until(names.get(server) + " is idle", () -> idle(server(server)));
  }

  private void untilMigration(String server, String status) {
    until(
        "the migration of %s is %s".formatted(names.get(server), status),
        () -> {
          var newest = newestMigration(server);
          name(text(newest, "uuid"), "MIGRATION of " + names.get(server));
          return text(newest, "status").equals(status);
        });
  }

  private JsonNode newestMigration(String server) throws IOException, InterruptedException {
    var path = "/os-migrations?instance_uuid=" + server;
    return NovaClient.json(admin.get(path)).at("/migrations/0");
  }

  private void until(String what, Callable<Boolean> condition) {
    side.until(what, condition);
  }

  // --- what is kept of an answer ---

  private JsonNode keep(String name, HttpResponse<String> answer, Consumer<JsonNode> lens)
      throws IOException {
    var type = answer.headers().firstValue("Content-Type").orElse("");
    var body = type.contains("json") ? NovaClient.json(answer) : TextNode.valueOf(answer.body());
    var whole = body.deepCopy();
    lens.accept(body);
    var headers = new LinkedHashMap<String, String>();
    for (var header : List.of("Content-Type", "OpenStack-API-Version")) {
      answer.headers().firstValue(header).ifPresent(value -> headers.put(header, value));
    }
    var nova = answer.headers().firstValue("X-Compute-Request-Id").isPresent();
    for (var header :
        List.of(
            "X-Openstack-Request-Id", "X-Compute-Request-Id", nova ? "Date" : "X-Subject-Token")) {
      answer.headers().firstValue(header).ifPresent(value -> headers.put(header, "present"));
    }
    var masked = Json.MAPPER.readTree(masked(Json.write(body)));
    steps.add(new Step(masked(name), answer.statusCode(), headers, masked));
    return whole;
  }

  private void name(String id, String name) {
    if (!id.isEmpty()) {
      names.putIfAbsent(id, name);
    }
  }

  private String masked(String text) {
    var masked = text;
    for (var name : names.entrySet()) {
      masked = masked.replace(name.getKey(), name.getValue());
    }
    return masked
        .replace(NONESUCH, "NONESUCH")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
        .replaceAll("Migration \\d+", "Migration N")
        .replaceAll("Traceback[^\"]*", "Traceback");
  }

  private boolean isServer(String id) {
    return names.get(id).startsWith("SERVER-");
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText();
  }

  private static Consumer<JsonNode> any() {
    return body -> {};
  }

  /** Rows with an id of the story: Nova's order is by whole seconds, so it is not observed. */
  private Consumer<JsonNode> rows(String list) {
    return body ->
        keepRows(
            body,
            list,
            row -> names.containsKey(text(row, "id")),
            row -> names.get(text(row, "id")));
  }

  private Consumer<JsonNode> ours() {
    return body ->
        keepRows(
            body,
            "migrations",
            row -> names.containsKey(text(row, "instance_uuid")),
            row -> names.get(text(row, "instance_uuid")));
  }

  private static Consumer<JsonNode> hosts(String list, String... hosts) {
    return body ->
        keepRows(
            body,
            list,
            row -> List.of(hosts).contains(row.at("/service/host").asText()),
            row -> row.at("/service/host").asText());
  }

  /** Of each row this field, of which the value does not matter. */
  private static Consumer<JsonNode> only(String list, String field) {
    return body ->
        body.path(list).forEach(row -> ((ObjectNode) row).retain(List.of(field)).put(field, ""));
  }

  private static void keepRows(
      JsonNode body, String list, Predicate<JsonNode> which, Function<JsonNode, String> order) {
    if (body.path(list) instanceof ArrayNode rows) {
      var kept =
          StreamSupport.stream(rows.spliterator(), false)
              .filter(which)
              .sorted(Comparator.comparing(order))
              .toList();
      rows.removeAll().addAll(kept);
    }
  }

  @Override
  public void close() {
    for (var client : new NovaClient[] {admin, member}) {
      if (client != null) {
        client.close();
      }
    }
  }
}
