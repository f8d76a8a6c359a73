package io.hostmaintenance.fakecloud.http;

import static io.hostmaintenance.fakecloud.http.NovaClient.json;
import static io.hostmaintenance.fakecloud.http.NovaClient.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudSimulatorTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final String LIVE =
      "{\"os-migrateLive\":{\"host\":null,\"block_migration\":\"auto\"}}";

  private volatile Instant now = START;
  private final Cloud cloud = new Cloud(START, 1);
  private CloudSimulator simulator;
  private NovaClient admin;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    List.of("compute-1", "compute-2", "compute-3").forEach(cloud::addHost);
    simulator = new CloudSimulator(cloud, () -> now);
    admin = NovaClient.of(simulator, "admin");
  }

  @AfterEach
  void stop() throws IOException {
    admin.close();
    simulator.close();
  }

  private Server place(NewServer wanted) {
    return simulator.cloud(c -> c.place(wanted));
  }

  private Server active() {
    return place(NewServer.on("compute-1"));
  }

  private String action(Server server) {
    return "/servers/" + server.id() + "/action";
  }

  private void later(Duration duration) {
    now = now.plus(duration);
  }

  private List<String> values(HttpResponse<String> answer, String list, String field)
      throws IOException {
    return StreamSupport.stream(json(answer).get(list).spliterator(), false)
        .map(row -> row.path(field).asText(null))
        .toList();
  }

  @Nested
  class Clock {
    @Test
    void setsTheDateHeader() throws Exception {
      later(Duration.ofDays(3));
      assertThat(admin.get("/servers/detail").headers().firstValue("Date"))
          .contains("Sun, 04 Jan 2026 00:00:00 GMT");
    }

    @Test
    void setsTheDateHeaderOfInjectedFaults() throws Exception {
      simulator.fault(request -> true, Fault.proxy503());
      assertThat(admin.get("/servers/detail").headers().allValues("Date"))
          .containsExactly("Thu, 01 Jan 2026 00:00:00 GMT");
    }

    @Test
    void advancesTheCloudBeforeEachRequest() throws Exception {
      var server = active();
      admin.post(action(server), LIVE);
      later(Duration.ofMinutes(1));
      assertThat(json(admin.get("/servers/" + server.id())).findPath("status").asText())
          .isEqualTo("ACTIVE");
      assertThat(server.host()).isNotEqualTo("compute-1");
    }
  }

  @Nested
  class Microversions {
    @Test
    void defaultToTheLowestWithoutAHeader() throws Exception {
      var answer = admin.send("GET", "/os-services", null, null);
      assertThat(answer.headers().firstValue("OpenStack-API-Version")).contains("compute 2.1");
      assertThat(json(answer).get("services").get(0).has("forced_down")).isFalse();
    }

    @Test
    void resolveLatestToTheHighest() throws Exception {
      assertThat(
              admin
                  .send("GET", "/os-services", "latest", null)
                  .headers()
                  .firstValue("OpenStack-API-Version"))
          .contains("compute 2.104");
    }

    @Test
    void aboveTheHighestAreNotAcceptable() throws Exception {
      var answer = admin.send("GET", "/os-services", "2.105", null);
      assertThat(answer.statusCode()).isEqualTo(406);
      assertThat(message(answer))
          .isEqualTo(
              "Version 2.105 is not supported by the API. Minimum is 2.1 and maximum is 2.104.");
      assertThat(answer.headers().firstValue("OpenStack-API-Version")).contains("compute 2.105");
    }

    @Test
    void areAbsentFromTheAnswerToAnUnknownPath() throws Exception {
      var answer = admin.get("/nonesuch");
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).startsWith("404 Not Found");
      assertThat(answer.headers().firstValue("OpenStack-API-Version")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"2.87, true", "2.88, false"})
    void below288ShowTheResourcesOfAHypervisor(String version, boolean shown) throws Exception {
      var answer = admin.send("GET", "/os-hypervisors/detail", version, null);
      assertThat(json(answer).at("/hypervisors/0").has("memory_mb")).isEqualTo(shown);
    }

    @Test
    void canBeLimitedToAnOlderNova() throws Exception {
      simulator.maxMicroversion(60);
      assertThat(json(admin.get("/")).findPath("version").path("version").asText())
          .isEqualTo("2.60");
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(406);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "2.x", "two", "2.01"})
    void thatAreMalformedAreABadRequest(String version) throws Exception {
      assertThat(admin.send("GET", "/os-services", version, null).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"2.83, false", "2.84, true"})
    void from284ShowTheDetailsOfEvents(String version, boolean shown) throws Exception {
      var server = place(NewServer.on("compute-1").with(Steering.PRECHECK_FAIL, "1"));
      var request = admin.post(action(server), LIVE);
      later(Duration.ofMinutes(1));
      var id = request.headers().firstValue("x-compute-request-id").orElseThrow();
      var answer =
          admin.send(
              "GET", "/servers/" + server.id() + "/os-instance-actions/" + id, version, null);
      assertThat(json(answer).findPath("events").get(0).has("details")).isEqualTo(shown);
    }
  }

  @Nested
  class Bodies {
    private HttpResponse<String> live(String version, String content) throws Exception {
      return admin.send("POST", action(active()), version, "{\"os-migrateLive\":" + content + "}");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "2.96 | {'host':null}",
          "2.96 | {'block_migration':'auto'}",
          "2.96 | {}",
          "2.96 | null",
          "2.96 | {'host':null,'block_migration':'sometimes'}",
          "2.96 | {'host':'a b','block_migration':'auto'}",
          "2.96 | {'host':'','block_migration':'auto'}",
          "2.96 | {'host':null,'block_migration':'auto','disk_over_commit':false}",
          "2.68 | {'host':null,'block_migration':'auto','force':false}",
          "2.67 | {'host':null,'block_migration':'auto','force':true}",
          "2.24 | {'host':null,'block_migration':false}",
          "2.24 | {'host':null,'block_migration':'auto','disk_over_commit':false}"
        })
    void thatViolateTheSchemaAreBadRequests(String version, String content) throws Exception {
      assertThat(live(version, content.replace('\'', '"')).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "2.96 | {'host':null,'block_migration':'auto'}",
          "2.96 | {'host':'compute-2','block_migration':false}",
          "2.67 | {'host':'compute-2','block_migration':'auto','force':true}",
          "2.1 | {'host':null,'block_migration':false,'disk_over_commit':false}"
        })
    void thatMatchTheSchemaAreAccepted(String version, String content) throws Exception {
      assertThat(live(version, content.replace('\'', '"')).statusCode()).isEqualTo(202);
    }

    @Test
    void ofAColdMigrationAllowOnlyAHost() throws Exception {
      assertThat(
              admin.post(action(active()), "{\"migrate\":{\"hosts\":\"compute-2\"}}").statusCode())
          .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"status\":\"enabled\",\"disabled_reason\":\"x\"}",
          "{\"status\":\"disabled\",\"disabled_reason\":\"\"}",
          "{\"status\":\"off\"}",
          "{\"disabled_reason\":\"x\"}",
          "{\"status\":\"disabled\",\"reason\":\"x\"}",
          "{\"forced_down\":\"true\"}",
          "{}",
          "no json"
        })
    void ofAServiceUpdateThatViolateTheSchemaAreBadRequests(String body) throws Exception {
      assertThat(put(body).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"255, 200", "256, 400"})
    void limitTheDisabledReasonTo255Characters(int length, int status) throws Exception {
      var body =
          "{\"status\":\"disabled\",\"disabled_reason\":\"%s\"}".formatted("x".repeat(length));
      assertThat(put(body).statusCode()).isEqualTo(status);
    }

    private HttpResponse<String> put(String body) throws Exception {
      return admin.send("PUT", "/os-services/" + cloud.host("compute-1").serviceId(), "2.96", body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "no json", "{\"pause\":null,\"unpause\":null}"})
    void ofAnActionHaveExactlyOneKey(String body) throws Exception {
      assertThat(admin.post(action(active()), body).statusCode()).isEqualTo(400);
    }

    @Test
    void ofAnUnknownActionAreBadRequests() throws Exception {
      assertThat(message(admin.post(action(active()), "{\"explode\":null}")))
          .isEqualTo("There is no such action: explode");
    }
  }

  @Nested
  class Actions {
    @ParameterizedTest
    @CsvSource({
      "ACTIVE, pause, PAUSED",
      "PAUSED, unpause, ACTIVE",
      "ACTIVE, suspend, SUSPENDED",
      "SUSPENDED, resume, ACTIVE",
      "ACTIVE, os-stop, SHUTOFF",
      "STOPPED, os-start, ACTIVE",
      "RESCUED, unrescue, ACTIVE",
      "ACTIVE, shelve, SHELVED",
      "SHELVED, shelveOffload, SHELVED_OFFLOADED"
    })
    void setTheStatusOfTheServer(VmState before, String name, String status) throws Exception {
      var server = place(NewServer.on("compute-1").in(before));
      assertThat(admin.post(action(server), "{\"" + name + "\":null}").statusCode()).isEqualTo(202);
      later(Duration.ofSeconds(5));
      assertThat(json(admin.get("/servers/" + server.id())).findPath("status").asText())
          .isEqualTo(status);
    }

    @Test
    void deletedServerIsNotFound() throws Exception {
      var server = active();
      assertThat(admin.send("DELETE", "/servers/" + server.id(), "2.96", null).statusCode())
          .isEqualTo(204);
      later(Duration.ofSeconds(5));
      assertThat(admin.get("/servers/" + server.id()).statusCode()).isEqualTo(404);
    }

    @Test
    void deletionByForceIsAcceptedAgainWhileItRuns() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.SOFT_DELETED));
      admin.post(action(server), "{\"forceDelete\":null}");
      assertThat(admin.post(action(server), "{\"forceDelete\":null}").statusCode()).isEqualTo(202);
      var path = "/servers/" + server.id() + "/os-instance-actions";
      assertThat(values(admin.get(path), "instanceActions", "action"))
          .containsExactly("delete", "create");
    }

    @Test
    void deletionByForceLeavesItsActionReadable() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.SOFT_DELETED));
      admin.post(action(server), "{\"forceDelete\":null}");
      later(Duration.ofSeconds(5));
      assertThat(admin.get("/servers/" + server.id()).statusCode()).isEqualTo(404);
      var path = "/servers/" + server.id() + "/os-instance-actions";
      assertThat(values(admin.get(path), "instanceActions", "action"))
          .containsExactly("delete", "create");
    }

    @Test
    void resettingTheStateLeavesAnActionWithoutEvents() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.ERROR));
      var answer = admin.post(action(server), "{\"os-resetState\":{\"state\":\"active\"}}");
      var id = answer.headers().firstValue("x-compute-request-id").orElseThrow();
      later(Duration.ofSeconds(5));
      var shown = json(admin.get("/servers/" + server.id() + "/os-instance-actions/" + id));
      assertThat(shown.at("/instanceAction/action").asText()).isEqualTo("resetState");
      assertThat(shown.at("/instanceAction/events")).isEmpty();
    }

    @Test
    void offloadShowsTheServerOffloadedBeforeItsHostIsGone() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.SHELVED));
      admin.post(action(server), "{\"shelveOffload\":null}");
      var seen = new ArrayList<String>();
      for (var i = 0; i < 20; i++) {
        var now = json(admin.get("/servers/" + server.id())).get("server");
        seen.add(now.get("status").asText() + " " + now.get("OS-EXT-SRV-ATTR:host").asText());
        later(Duration.ofMillis(100));
      }
      assertThat(seen.stream().distinct())
          .containsExactly(
              "SHELVED compute-1", "SHELVED_OFFLOADED compute-1", "SHELVED_OFFLOADED null");
    }

    @Test
    void powerSyncHasAnActionWithoutAUser() throws Exception {
      var server = active();
      simulator.change(c -> c.powerOffInside(server.id()));
      later(Duration.ofMinutes(11));
      var path = "/servers/" + server.id() + "/os-instance-actions";
      var newest = json(admin.get(path)).at("/instanceActions/0");
      assertThat(newest.get("action").asText()).isEqualTo("stop");
      assertThat(newest.get("user_id").isNull()).isTrue();
      assertThat(newest.get("project_id").isNull()).isTrue();
    }

    @Test
    void requestIdLeadsToTheInstanceAction() throws Exception {
      var server = active();
      var answer = admin.post(action(server), LIVE);
      var id = answer.headers().firstValue("x-openstack-request-id").orElseThrow();
      assertThat(
              json(admin.get("/servers/" + server.id() + "/os-instance-actions/" + id))
                  .findPath("action")
                  .asText())
          .isEqualTo("live-migration");
    }

    @ParameterizedTest
    @CsvSource({"2.20, 404", "2.21, 200"})
    void ofADeletedServerAreShownFrom221(String version, int status) throws Exception {
      var server = active();
      simulator.change(c -> c.perform(c.admin(), server.id(), Operation.DELETE));
      later(Duration.ofMinutes(1));
      var path = "/servers/" + server.id() + "/os-instance-actions";
      assertThat(admin.send("GET", path, version, null).statusCode()).isEqualTo(status);
    }
  }

  @Nested
  class Diagnostics {
    private HttpResponse<String> of(Server server) throws Exception {
      return admin.get("/servers/" + server.id() + "/diagnostics");
    }

    @Test
    void showARunningGuest() throws Exception {
      var answer = of(place(NewServer.on("compute-1").in(VmState.ERROR)));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(json(answer).get("state").asText()).isEqualTo("running");
    }

    @Test
    void areAConflictWhereTheGuestDoesNotRun() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.PAUSED));
      var answer = of(server);
      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(message(answer))
          .isEqualTo(
              "Cannot 'get_diagnostics' instance %s while it is in power state paused",
              server.id());
    }

    @Test
    void ofADeadHostAreAServerError() throws Exception {
      var server = active();
      simulator.change(c -> c.killCompute("compute-1"));
      assertThat(of(server).statusCode()).isEqualTo(500);
      assertThat(message(of(server))).contains("MessagingTimeout");
    }

    @Test
    void areForAdministratorsOnly() throws Exception {
      var server = active();
      try (var member = NovaClient.of(simulator, "demo")) {
        assertThat(member.get("/servers/" + server.id() + "/diagnostics").statusCode())
            .isEqualTo(403);
      }
    }

    @Test
    void ofAnUnknownServerAreNotFound() throws Exception {
      assertThat(admin.get("/servers/nonesuch/diagnostics").statusCode()).isEqualTo(404);
    }
  }

  @Nested
  class Permissions {
    private NovaClient member;

    @BeforeEach
    void login() throws Exception {
      member = NovaClient.of(simulator, "demo");
    }

    @AfterEach
    void logout() {
      member.close();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/os-services",
          "/os-hypervisors",
          "/os-hypervisors/detail",
          "/os-migrations",
          "/servers/detail?all_tenants=1"
        })
    void forbidAMemberTheListsOfAdministrators(String path) throws Exception {
      assertThat(member.get(path).statusCode()).isEqualTo(403);
    }

    @Test
    void ignoreTheHostFilterOfAMember() throws Exception {
      var server = active();
      assertThat(values(member.get("/servers/detail?host=nonesuch"), "servers", "id"))
          .containsExactly(server.id());
    }

    @Test
    void hideTheHostFromAMember() throws Exception {
      active();
      assertThat(json(member.get("/servers/detail")).findValue("OS-EXT-SRV-ATTR:host")).isNull();
    }

    @Test
    void showAnAdministratorWithoutAllTenantsOnlyTheOwnProject() throws Exception {
      active();
      assertThat(json(admin.get("/servers/detail?host=compute-1")).get("servers")).isEmpty();
    }

    @Test
    void forbidAMemberPlacement() throws Exception {
      assertThat(
              member
                  .send("GET", simulator.placementUrl() + "/resource_providers", null, null)
                  .statusCode())
          .isEqualTo(403);
    }
  }

  @Nested
  class Identity {
    private HttpResponse<String> login(String body) throws Exception {
      return admin.send("POST", simulator.authUrl() + "/auth/tokens", null, body);
    }

    @Test
    void tokenContainsUserProjectAndExpiry() throws Exception {
      var user = cloud.users().get("admin");
      var token = json(login(NovaClient.passwordLogin(user))).get("token");
      assertThat(token.at("/user/id").asText()).isEqualTo(user.id());
      assertThat(token.at("/project/id").asText()).isEqualTo(user.projectId());
      assertThat(token.get("expires_at").asText()).isEqualTo("2026-01-01T01:00:00.000000Z");
    }

    @Test
    void catalogContainsNovaAndPlacementOfEveryRegion() throws Exception {
      simulator.addRegion("RegionTwo", URI.create("http://127.0.0.1:1"));
      var catalog =
          json(login(NovaClient.passwordLogin(cloud.users().get("admin")))).at("/token/catalog");
      assertThat(catalog.findValuesAsText("type"))
          .containsExactly("identity", "compute", "placement");
      assertThat(catalog.findValuesAsText("url"))
          .contains(
              simulator.computeUrl().toString(),
              simulator.placementUrl().toString(),
              "http://127.0.0.1:1/v2.1");
    }

    @Test
    void catalogCanLackPlacement() throws Exception {
      simulator.withoutPlacement();
      var catalog =
          json(login(NovaClient.passwordLogin(cloud.users().get("admin")))).at("/token/catalog");
      assertThat(catalog.findValuesAsText("type")).containsExactly("identity", "compute");
    }

    @Test
    void wrongPasswordIsUnauthorized() throws Exception {
      var user = cloud.users().get("admin");
      assertThat(login(NovaClient.passwordLogin(user, "guess")).statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({"right, 201", "wrong, 401"})
    void applicationCredentialNeedsItsSecret(String which, int status) throws Exception {
      var credential = simulator.addApplicationCredential(cloud.users().get("admin"));
      var secret = which.equals("right") ? credential.secret() : "guess";
      assertThat(login(credentialLogin(credential.id(), secret, Map.of())).statusCode())
          .isEqualTo(status);
    }

    @Test
    void applicationCredentialWithAScopeIsUnauthorized() throws Exception {
      var user = cloud.users().get("admin");
      var credential = simulator.addApplicationCredential(user);
      var scope = Map.of("scope", Map.of("project", Map.of("id", user.projectId())));
      assertThat(login(credentialLogin(credential.id(), credential.secret(), scope)).statusCode())
          .isEqualTo(401);
    }

    private String credentialLogin(String id, String secret, Map<String, ?> more) {
      var auth =
          Json.object(
              "identity",
              Map.of(
                  "methods", List.of("application_credential"),
                  "application_credential", Map.of("id", id, "secret", secret)));
      auth.putAll(more);
      return Json.write(Map.of("auth", auth));
    }

    @Test
    void revokedTokenIsUnauthorized() throws Exception {
      simulator.revokeAllTokens();
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(401);
    }

    @Test
    void expiredTokenIsUnauthorized() throws Exception {
      later(Duration.ofHours(1));
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(401);
    }

    @Test
    void recordedRequestsContainNoToken() throws Exception {
      admin.get("/os-services");
      assertThat(simulator.requests())
          .extracting(request -> request.header("X-Auth-Token"))
          .containsOnly(null, "***");
    }

    @Test
    void recordedRequestsContainNoPassword() {
      assertThat(simulator.requests(CloudSimulator.on("POST", "/v3/auth/tokens")))
          .isNotEmpty()
          .extracting(Request::body)
          .containsOnly("***");
    }
  }

  @Nested
  class ServerLists {
    private List<String> ids(String path) throws Exception {
      return values(admin.get(path), "servers", "id");
    }

    @Test
    void filterByTheExactHostName() throws Exception {
      active();
      simulator.change(c -> c.addHost("compute-10"));
      var other = place(NewServer.on("compute-10"));
      assertThat(ids("/servers/detail?all_tenants=1&host=compute-10")).containsExactly(other.id());
    }

    @Test
    void showSoftDeletedServersOnlyWithTheFilter() throws Exception {
      var server = place(NewServer.on("compute-1").in(VmState.SOFT_DELETED));
      assertThat(ids("/servers/detail?all_tenants=1&host=compute-1")).isEmpty();
      assertThat(ids("/servers/detail?all_tenants=1&host=compute-1&soft_deleted=1"))
          .containsExactly(server.id());
    }

    @Test
    void filterByStatus() throws Exception {
      active();
      var paused = place(NewServer.on("compute-1").in(VmState.PAUSED));
      assertThat(ids("/servers/detail?all_tenants=1&status=PAUSED")).containsExactly(paused.id());
    }

    @Test
    void havePagesLinkedUntilTheLast() throws Exception {
      simulator.maxLimit(2);
      var placed = IntStream.range(0, 5).mapToObj(i -> active().id()).toList();
      var seen = new ArrayList<String>();
      var path = "/servers/detail?all_tenants=1&limit=1000";
      while (path != null) {
        var answer = admin.get(path);
        seen.addAll(values(answer, "servers", "id"));
        path = json(answer).at("/servers_links/0/href").asText(null);
        path = path == null || path.isEmpty() ? null : path;
      }
      assertThat(seen).containsExactlyElementsOf(placed.reversed());
    }

    @Test
    void linkAFullLastPageToAnEmptyPage() throws Exception {
      simulator.maxLimit(2);
      active();
      active();
      var answer = admin.get("/servers/detail?all_tenants=1");
      var next = json(answer).at("/servers_links/0/href").asText();
      assertThat(json(admin.get(next)).get("servers")).isEmpty();
    }

    @Test
    void unknownMarkerIsABadRequest() throws Exception {
      assertThat(admin.get("/servers/detail?marker=nonesuch").statusCode()).isEqualTo(400);
    }

    @Test
    void unknownParameterIsABadRequest() throws Exception {
      assertThat(admin.get("/servers/detail?all_tenant=1").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"2.70, false", "2.71, true"})
    void oneServerShowsItsGroupsFrom271(String version, boolean shown) throws Exception {
      var server = active();
      var group = simulator.cloud(c -> c.addGroup("apart", "anti-affinity", server));
      var one = json(admin.send("GET", "/servers/" + server.id(), version, null));
      assertThat(one.findPath("server_groups").toString().contains(group.id())).isEqualTo(shown);
    }

    @Test
    void doNotShowServerGroups() throws Exception {
      var server = active();
      simulator.change(c -> c.addGroup("apart", "anti-affinity", server));
      assertThat(json(admin.get("/servers/detail?all_tenants=1")).findValue("server_groups"))
          .isNull();
    }

    @Test
    void groupsOfAllProjectsNeedTheirParameter() throws Exception {
      simulator.change(
          c -> c.addGroup("apart", "anti-affinity", c.place(NewServer.on(null).in(VmState.ERROR))));
      assertThat(json(admin.get("/os-server-groups")).get("server_groups")).isEmpty();
      assertThat(
              values(admin.get("/os-server-groups?all_projects=True"), "server_groups", "policy"))
          .containsExactly("anti-affinity");
    }
  }

  @Nested
  class MigrationLists {
    @Test
    void omitTheMigrationsOfADeletedServer() throws Exception {
      var server = active();
      admin.post(action(server), LIVE);
      later(Duration.ofMinutes(1));
      var path = "/os-migrations?instance_uuid=" + server.id();
      assertThat(json(admin.get(path)).path("migrations")).hasSize(1);
      simulator.change(c -> c.perform(c.admin(), server.id(), Operation.DELETE));
      later(Duration.ofMinutes(1));
      assertThat(json(admin.get(path)).path("migrations")).isEmpty();
    }

    private Server migrating() throws Exception {
      var server = active();
      admin.post(action(server), LIVE);
      later(Duration.ofMillis(200));
      return server;
    }

    private List<String> statuses(String query) throws Exception {
      return values(admin.get("/os-migrations" + query), "migrations", "status");
    }

    @Test
    void omitNeverUpdatedMigrationsWithChangesSince() throws Exception {
      migrating();
      assertThat(statuses("?changes-since=2025-01-01T00:00:00Z")).isEmpty();
      assertThat(statuses("")).containsExactly("accepted");
    }

    @Test
    void showChangedMigrationsWithChangesSince() throws Exception {
      migrating();
      later(Duration.ofMinutes(1));
      assertThat(statuses("?changes-since=2026-01-01T00:00:00Z")).containsExactly("completed");
      assertThat(statuses("?changes-since=2026-01-01T00:05:00Z")).isEmpty();
    }

    @Test
    void filterByHostAsSourceOrDestination() throws Exception {
      var server = active();
      simulator.change(
          c -> c.liveMigrate(c.admin(), server.id(), LiveMigrationRequest.to("compute-2")));
      later(Duration.ofMinutes(1));
      assertThat(statuses("?host=compute-1")).hasSize(1);
      assertThat(statuses("?host=compute-2")).hasSize(1);
      assertThat(statuses("?host=compute-3")).isEmpty();
      assertThat(statuses("?source_compute=compute-2")).isEmpty();
    }

    @Test
    void showTheNewestFirstFrom259() throws Exception {
      var first = migrating();
      var second = migrating();
      assertThat(values(admin.get("/os-migrations"), "migrations", "instance_uuid"))
          .containsExactly(second.id(), first.id());
      assertThat(
              values(
                  admin.send("GET", "/os-migrations", "2.58", null), "migrations", "instance_uuid"))
          .containsExactly(first.id(), second.id());
    }

    @Test
    void havePagesLinkedByMigrationsLinks() throws Exception {
      var first = migrating();
      migrating();
      var next = json(admin.get("/os-migrations?limit=1")).at("/migrations_links/0/href").asText();
      assertThat(values(admin.get(next), "migrations", "instance_uuid"))
          .containsExactly(first.id());
    }

    @Test
    void unknownParameterIsABadRequest() throws Exception {
      assertThat(admin.get("/os-migrations?cell_name=x").statusCode()).isEqualTo(400);
    }

    @Test
    void ofAServerShowOnlyRunningLiveMigrations() throws Exception {
      var server = migrating();
      var path = "/servers/" + server.id() + "/migrations";
      assertThat(json(admin.get(path)).get("migrations")).isEmpty();
      later(Duration.ofSeconds(2));
      assertThat(values(admin.get(path), "migrations", "status")).containsExactly("running");
      later(Duration.ofMinutes(1));
      assertThat(json(admin.get(path)).get("migrations")).isEmpty();
    }
  }

  @Nested
  class PlacementAnswers {
    @ParameterizedTest
    @CsvSource({"1.27, false", "1.28, true"})
    void showConsumerGenerationsFrom128(String version, boolean shown) throws Exception {
      var server = active();
      var provider = simulator.cloud(c -> c.host("compute-1").hypervisorId());
      var path = simulator.placementUrl() + "/resource_providers/" + provider + "/allocations";
      var consumer =
          json(admin.send("GET", path, "placement " + version, null))
              .path("allocations")
              .path(server.id());
      assertThat(consumer.isObject()).isTrue();
      assertThat(consumer.has("consumer_generation")).isEqualTo(shown);
    }

    private static final String ROOM = "/allocation_candidates?resources=VCPU:1,MEMORY_MB:1024";
    private static final String ENABLED = "&required=!COMPUTE_STATUS_DISABLED";

    private List<String> candidates(String query) throws Exception {
      var requests = placement(query).get("allocation_requests");
      return StreamSupport.stream(requests.spliterator(), false)
          .map(request -> request.get("allocations").fieldNames().next())
          .toList();
    }

    private String[] providers(String... hosts) {
      return Stream.of(hosts).map(h -> cloud.host(h).hypervisorId()).toArray(String[]::new);
    }

    @Test
    void candidatesAreTheHostsWithRoom() throws Exception {
      simulator.change(c -> c.addHost("small", 512));
      assertThat(candidates(ROOM))
          .containsExactlyInAnyOrder(providers("compute-1", "compute-2", "compute-3"));
    }

    @Test
    void candidatesCountWhatOthersHold() throws Exception {
      simulator.change(c -> c.addHost("small", 1536));
      place(NewServer.on("small"));
      assertThat(candidates(ROOM)).doesNotContain(providers("small"));
    }

    @Test
    void candidatesLeaveOutDisabledHostsWhereAsked() throws Exception {
      simulator.change(c -> c.disable(c.admin(), "compute-1", null));
      assertThat(candidates(ROOM)).contains(providers("compute-1"));
      assertThat(candidates(ROOM + ENABLED))
          .containsExactlyInAnyOrder(providers("compute-2", "compute-3"));
    }

    /** Placement knows nothing of heartbeats. */
    @Test
    void candidatesMayBeDown() throws Exception {
      simulator.change(c -> c.killCompute("compute-1"));
      later(Duration.ofMinutes(5));
      assertThat(candidates(ROOM + ENABLED)).contains(providers("compute-1"));
    }

    @Test
    void candidatesAreAsManyAsTheLimitAllows() throws Exception {
      assertThat(candidates(ROOM + ENABLED + "&limit=1")).hasSize(1);
    }

    @Test
    void noHostWithRoomIsAnEmptyList() throws Exception {
      assertThat(candidates("/allocation_candidates?resources=MEMORY_MB:999999999")).isEmpty();
    }

    @Test
    void candidatesFitWhatAnInstanceHolds() throws Exception {
      var server = active();
      var held = placement("/allocations/" + server.id()).get("allocations");
      var resources = new ArrayList<String>();
      held.elements()
          .next()
          .get("resources")
          .properties()
          .forEach(r -> resources.add(r.getKey() + ":" + r.getValue()));
      assertThat(
              candidates(
                  "/allocation_candidates?resources=" + String.join(",", resources) + ENABLED))
          .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "1.9  | ?resources=VCPU:1 | 404",
          "1.10 | ?resources=VCPU:1 | 200",
          "1.15 | ?resources=VCPU:1&limit=1 | 400",
          "1.16 | ?resources=VCPU:1&limit=1 | 200",
          "1.21 | ?resources=VCPU:1&required=!COMPUTE_STATUS_DISABLED | 400",
          "1.22 | ?resources=VCPU:1&required=!COMPUTE_STATUS_DISABLED | 200",
          "1.36 | '' | 400",
          "1.36 | ?resources= | 400",
          "1.36 | ?resources=VCPU | 400",
          "1.36 | ?resources=VCPU:0 | 400",
          "1.36 | ?resources=NONESUCH:1 | 400",
          "1.36 | ?resources=VCPU:1&required=!NONESUCH | 400",
          "1.36 | ?resources=VCPU:1&limit=0 | 400",
          "1.36 | ?resources=VCPU:1&nonesuch=1 | 400"
        })
    void candidatesAreAskedForAsPlacementWants(String version, String query, int status)
        throws Exception {
      var path = simulator.placementUrl() + "/allocation_candidates" + query;
      assertThat(admin.send("GET", path, "placement " + version, null).statusCode())
          .isEqualTo(status);
    }

    private JsonNode placement(String path) throws Exception {
      return json(admin.send("GET", simulator.placementUrl() + path, "placement 1.36", null));
    }

    private String provider(String host) {
      return "/resource_providers/" + cloud.host(host).hypervisorId() + "/allocations";
    }

    @Test
    void findAResourceProviderByName() throws Exception {
      assertThat(
              placement("/resource_providers?name=compute-1")
                  .at("/resource_providers/0/uuid")
                  .asText())
          .isEqualTo(cloud.host("compute-1").hypervisorId());
    }

    @Test
    void showNoAllocationsOfAnEmptyHost() throws Exception {
      assertThat(placement(provider("compute-1")).get("allocations")).isEmpty();
    }

    @Test
    void showTheMigrationAsConsumerOfTheSourceDuringAMove() throws Exception {
      var server = active();
      admin.post(action(server), LIVE);
      later(Duration.ofSeconds(2));
      var migration = simulator.cloud(c -> c.migrations(server.id()).getLast().uuid());
      assertThat(placement(provider("compute-1")).get("allocations").has(migration)).isTrue();
      assertThat(placement("/allocations/" + migration).get("project_id").asText())
          .isEqualTo(server.owner().projectId());
    }

    @Test
    void showNoAllocationsOfAnUnknownConsumer() throws Exception {
      assertThat(placement("/allocations/00000000-0000-0000-0000-000000000000").get("allocations"))
          .isEmpty();
    }
  }

  @Nested
  class Faults {
    private final Predicate<Request> actions = CloudSimulator.on("POST", "/v2.1/servers/.*/action");

    @Test
    void thatAnswerSendTheirHeadersAndHaveNoEffect() throws Exception {
      var server = active();
      simulator.fault(actions, Fault.error(429, "Slow down", Map.of("Retry-After", "7")));
      var answer = admin.post(action(server), LIVE);
      assertThat(answer.statusCode()).isEqualTo(429);
      assertThat(answer.headers().firstValue("Retry-After")).contains("7");
      assertThat(server.taskState()).isNull();
    }

    @Test
    void endAfterTheirCount() throws Exception {
      simulator.fault(2, request -> true, Fault.proxy503());
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(503);
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(503);
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(200);
    }

    @Test
    void thatDropTheRequestHaveNoEffectOnTheCloud() {
      var server = active();
      simulator.fault(actions, new Fault.DropRequest());
      assertThatThrownBy(() -> admin.post(action(server), LIVE)).isInstanceOf(IOException.class);
      assertThat(server.taskState()).isNull();
    }

    @Test
    void thatLoseTheReplyKeepTheEffectOfTheRequest() {
      var server = active();
      simulator.fault(actions, new Fault.LoseReply());
      assertThatThrownBy(() -> admin.post(action(server), LIVE)).isInstanceOf(IOException.class);
      assertThat(server.status()).isEqualTo("MIGRATING");
    }

    @Test
    void thatTruncateBreakTheAnswer() {
      simulator.fault(request -> true, new Fault.Truncate());
      assertThatThrownBy(() -> admin.get("/os-services")).isInstanceOf(IOException.class);
    }

    @Test
    void thatGarbleReplaceJsonByHtml() throws Exception {
      simulator.fault(request -> true, new Fault.Garble());
      var answer = admin.get("/os-services");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).startsWith("<html>");
    }

    @Test
    void thatDelaySendTheAnswerAfterTheEffect() throws Exception {
      var server = active();
      simulator.fault(actions, new Fault.Delay(Duration.ofMillis(50)));
      var before = System.nanoTime();
      assertThat(admin.post(action(server), LIVE).statusCode()).isEqualTo(202);
      assertThat(System.nanoTime() - before).isGreaterThan(Duration.ofMillis(50).toNanos());
      assertThat(server.status()).isEqualTo("MIGRATING");
    }

    @Test
    void doNotAffectOtherRequests() throws Exception {
      simulator.fault(actions, Fault.proxy503());
      assertThat(admin.get("/os-services").statusCode()).isEqualTo(200);
    }

    @Test
    void requestsAreRecordedInOrder() throws Exception {
      var server = active();
      admin.post(action(server), LIVE);
      assertThat(simulator.requests().getLast())
          .satisfies(
              request -> {
                assertThat(request.method()).isEqualTo("POST");
                assertThat(request.path()).isEqualTo("/v2.1" + action(server));
                assertThat(request.body()).isEqualTo(LIVE);
                assertThat(request.header("openstack-api-version")).isEqualTo("compute 2.96");
              });
    }
  }

  @Nested
  class AParameterThatNovaDoesNotKnow {
    @ParameterizedTest
    @CsvSource({
      "/servers/%s, 2.101, 200",
      "/servers/%s, 2.102, 400",
      "/servers/%s/diagnostics, 2.101, 200",
      "/servers/%s/diagnostics, 2.102, 400",
      "/servers/%s/migrations, 2.102, 400",
      "/servers/%s/os-instance-actions, 2.74, 200",
      "/servers/%s/os-instance-actions, 2.75, 400",
      "/os-hypervisors/detail, 2.74, 200",
      "/os-hypervisors/detail, 2.75, 400",
      "/os-server-groups, 2.75, 400"
    })
    void isRefusedFromAVersionOn(String path, String version, int status) throws Exception {
      var asked = path.formatted(active().id()) + "?nonesuch=1";

      assertThat(admin.send("GET", asked, version, null).statusCode()).isEqualTo(status);
    }
  }

  @Nested
  class AServerPinnedToAZone {
    private Server server;

    @BeforeEach
    void pin() {
      server =
          simulator.cloud(
              c -> c.place(NewServer.on("compute-1").requiring(Requirements.NONE.pinned("nova"))));
    }

    private int unpin(NovaClient user, String version) throws Exception {
      var body = "{\"server\": {\"pinned_availability_zone\": null}}";
      return user.send("PUT", "/servers/" + server.id(), version, body).statusCode();
    }

    @Test
    void isUnpinnedByItsUpdateSince2104() throws Exception {
      assertThat(unpin(admin, "2.103")).isEqualTo(400);
      assertThat(server.requirements().pinnedZone()).isEqualTo("nova");

      assertThat(unpin(admin, "2.104")).isEqualTo(200);
      assertThat(server.requirements().pinnedZone()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
      "2.95, false, false",
      "2.96, true, false",
      "2.99, true, false",
      "2.100, true, true"
    })
    void showsItsZoneSince296AndItsHintsSince2100(String version, boolean zone, boolean hints)
        throws Exception {
      var answer = admin.send("GET", "/servers/" + server.id(), version, null);
      var shown = NovaClient.json(answer).path("server");

      assertThat(shown.has("pinned_availability_zone")).isEqualTo(zone);
      assertThat(shown.has("scheduler_hints")).isEqualTo(hints);
    }
  }

  @Nested
  class ADownCell {
    @BeforeEach
    void cutOff() {
      active();
      simulator.change(c -> c.cellDown("compute-1", true));
    }

    @Test
    void showsItsServiceUnknown() throws Exception {
      assertThat(admin.get("/os-services?host=compute-1").body())
          .contains("{\"binary\":\"nova-compute\",\"host\":\"compute-1\",\"status\":\"UNKNOWN\"}");
    }

    @Test
    void omitsItsServiceBelow269() throws Exception {
      assertThat(
              json(admin.send("GET", "/os-services?host=compute-1", "2.68", null)).get("services"))
          .isEmpty();
    }

    @Test
    void omitsItsServersInTheListOfTheHost() throws Exception {
      assertThat(json(admin.get("/servers/detail?all_tenants=1&host=compute-1")).get("servers"))
          .isEmpty();
    }

    @Test
    void showsItsServersUnknownInTheUnfilteredList() throws Exception {
      assertThat(values(admin.get("/servers/detail?all_tenants=1"), "servers", "status"))
          .containsExactly("UNKNOWN");
    }
  }

  @Test
  void onlyOneOfManyConcurrentMoveRequestsIsAccepted() throws Exception {
    var server = active();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked =
          IntStream.range(0, 20)
              .mapToObj(i -> threads.submit(() -> admin.post(action(server), LIVE).statusCode()))
              .toList();
      var accepted = 0;
      for (var answer : asked) {
        accepted += answer.get() == 202 ? 1 : 0;
      }
      assertThat(accepted).isEqualTo(1);
    }
  }

  @Test
  void actionOnADeletedServerIsNotFound() throws Exception {
    var server = active();
    simulator.change(c -> c.perform(c.tenant(), server.id(), Operation.DELETE));
    later(Duration.ofSeconds(5));
    assertThat(admin.post(action(server), LIVE).statusCode()).isEqualTo(404);
  }
}
