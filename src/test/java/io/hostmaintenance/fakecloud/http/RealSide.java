package io.hostmaintenance.fakecloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.fakecloud.User;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A real cloud of which clouds.yaml knows an administrator, {@code NAME}, and a member, {@code
 * NAME-demo}, both by password in the domain Default; with the lab's image and flavor.
 */
final class RealSide implements Side {
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final JsonNode clouds;
  private final String name;
  private NovaClient admin;

  /** Reads this file. */
  RealSide(Path file, String name) throws IOException {
    this.clouds = Serialization.unmarshal(Files.readString(file), JsonNode.class).path("clouds");
    this.name = name;
  }

  @Override
  public URI authUrl() {
    return URI.create(clouds.path(name).path("auth").path("auth_url").asText());
  }

  @Override
  public String region() {
    return clouds.path(name).path("region_name").asText();
  }

  @Override
  public User admin() {
    return user(name, true);
  }

  @Override
  public User member() {
    return user(name + "-demo", false);
  }

  private User user(String entry, boolean isAdmin) {
    var auth = clouds.path(entry).path("auth");
    assertThat(auth.isObject()).as("clouds.yaml has " + entry).isTrue();
    return new User(
        "",
        auth.path("username").asText(),
        auth.path("password").asText(),
        "",
        auth.path("project_name").asText(),
        isAdmin);
  }

  @Override
  public Cast cast(String host, List<Map<String, String>> metadata)
      throws IOException, InterruptedException {
    admin = NovaClient.login(authUrl(), region(), admin());
    sweep();
    var images = admin.endpoint("image", region()) + "/v2/images?name=lab";
    var image = NovaClient.json(admin.send("GET", images, null, null)).at("/images/0/id").asText();
    var flavor = "";
    for (var candidate : NovaClient.json(admin.get("/flavors")).path("flavors")) {
      flavor = candidate.path("name").asText().equals("lab.tiny") ? id(candidate) : flavor;
    }
    var group = group("group", "soft-anti-affinity");
    var hard = group("hard", "affinity");
    var servers = new ArrayList<String>();
    for (var steering : metadata) {
      var server =
          Json.object(
              "name", PREFIX + servers.size(),
              "imageRef", image,
              "flavorRef", flavor,
              "networks", "none",
              "host", host,
              "metadata", steering);
      var body = Json.object("server", server);
      if (servers.isEmpty()) {
        body.put("os:scheduler_hints", Map.of("group", group));
      } else if (servers.size() == metadata.size() - 1) {
        body.put("os:scheduler_hints", Map.of("group", hard));
      }
      servers.add(id(created("/servers", "server", body)));
    }
    for (var server : servers) {
      until(
          server + " is ACTIVE",
          () -> {
            var now = NovaClient.json(admin.get("/servers/" + server)).path("server");
            assertThat(now.path("status").asText()).as(now.toString()).isNotEqualTo("ERROR");
            return now.path("status").asText().equals("ACTIVE");
          });
    }
    return new Cast(List.copyOf(servers), group, hard);
  }

  private String group(String name, String policy) throws IOException, InterruptedException {
    var wanted = Json.object("name", PREFIX + name, "policy", policy);
    return id(created("/os-server-groups", "server_group", Json.object("server_group", wanted)));
  }

  private JsonNode created(String path, String key, Map<String, Object> body)
      throws IOException, InterruptedException {
    var answer = admin.post(path, Json.write(body));
    assertThat(answer.statusCode()).as(path + ": " + answer.body()).isIn(200, 202);
    return NovaClient.json(answer).path(key);
  }

  private static String id(JsonNode node) {
    return node.path("id").asText();
  }

  @Override
  public void until(String what, Callable<Boolean> condition) {
    await(what).atMost(DEADLINE).pollInterval(Duration.ofMillis(300)).until(condition);
  }

  @Override
  public void close() throws IOException {
    if (admin != null) {
      try {
        sweep();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted before all was taken away", e);
      } finally {
        admin.close();
      }
    }
  }

  private void sweep() throws IOException, InterruptedException {
    until("the story's servers are gone", this::deleted);
    var groups = NovaClient.json(admin.get("/os-server-groups")).path("server_groups");
    for (var left : groups) {
      if (left.path("name").asText().startsWith(PREFIX)) {
        admin.send("DELETE", "/os-server-groups/" + id(left), "2.96", null);
      }
    }
  }

  private boolean deleted() throws IOException, InterruptedException {
    var found = admin.get("/servers/detail?all_tenants=1&name=" + PREFIX);
    var servers = NovaClient.json(found).path("servers");
    for (var server : servers) {
      if (!server.path("OS-EXT-STS:task_state").asText().equals("deleting")) {
        admin.send("DELETE", "/servers/" + id(server), "2.96", null);
      }
    }
    return found.statusCode() == 200 && servers.isEmpty();
  }
}
