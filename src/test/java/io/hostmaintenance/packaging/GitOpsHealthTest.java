package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.lua51.Lua51;

/**
 * What Argo CD and Flux make of resources as stored: the health check of examples/ run by Lua, and
 * what kstatus says. {@code -Dkstatus=PROGRAM} asks kstatus again; the lab of e2e/ builds one.
 */
class GitOpsHealthTest {

  private static final Path STORED = Path.of("src", "test", "resources", "stored");
  private static final Path KSTATUS = STORED.resolve("kstatus.tsv");
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<Path> files() throws IOException {
    try (var files = Files.walk(STORED)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static ObjectNode tree(Path file) throws IOException {
    return JSON.valueToTree(Serialization.unmarshal(Files.readString(file), Object.class));
  }

  private static ObjectNode stored(String phase) throws IOException {
    for (var file : files()) {
      var resource = tree(file);
      if (resource.at("/status/phase").asText().equals(phase)) {
        return resource;
      }
    }
    throw new AssertionError("no stored resource is " + phase);
  }

  /** What the script returns; it gets the resource as Argo CD hands it over, and base alone. */
  private static Map<?, ?> health(JsonNode resource) throws IOException {
    var script =
        tree(Path.of("examples", "argocd-health.yaml"))
            .at("/data")
            .path("resource.customizations.health.hostmaintenance.io_HostMaintenance")
            .asText();
    try (var lua = new Lua51()) {
      lua.openLibrary("_G");
      lua.push(
          JSON.convertValue(resource, new TypeReference<Map<String, Object>>() {}),
          Lua.Conversion.FULL);
      lua.setGlobal("obj");
      lua.load(script);
      lua.pCall(0, 1);
      return lua.toMap(-1);
    }
  }

  private static String expected(JsonNode resource) {
    return switch (resource.at("/status/phase").asText()) {
      case "InMaintenance" -> "Healthy";
      case "Planned" -> condition(resource, "Planned").equals("True") ? "Healthy" : "Degraded";
      case "Blocked", "Failed" -> "Degraded";
      default -> "Progressing";
    };
  }

  private static String condition(JsonNode resource, String type) {
    for (var condition : resource.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  @ParameterizedTest
  @MethodSource("files")
  void healthFollowsThePhase(Path file) throws IOException {
    var resource = tree(file);

    assertThat(health(resource).get("status")).isEqualTo(expected(resource));
  }

  @Test
  void kstatusFollowsThePhase() throws IOException {
    if (System.getProperty("kstatus") != null) {
      Files.write(KSTATUS, kstatus(System.getProperty("kstatus")));
    }
    var expected = new ArrayList<String>();
    for (var file : files()) {
      var verdict =
          switch (expected(tree(file))) {
            case "Healthy" -> "Current";
            case "Degraded" -> "Failed";
            case String _ when tree(file).at("/metadata").has("deletionTimestamp") -> "Terminating";
            default -> "InProgress";
          };
      expected.add(STORED.relativize(file) + "\t" + verdict);
    }

    assertThat(Files.readAllLines(KSTATUS)).isEqualTo(expected);
  }

  private static List<String> kstatus(String program) throws IOException {
    var lines = new ArrayList<String>();
    for (var file : files()) {
      var process = new ProcessBuilder(program).start();
      try (var in = process.outputWriter()) {
        in.write(JSON.writeValueAsString(tree(file)));
      }
      try (var out = process.inputReader()) {
        lines.add(STORED.relativize(file) + "\t" + out.readLine().split("\t")[1]);
      }
    }
    return lines;
  }

  @ParameterizedTest
  @CsvSource({"InMaintenance, Ready", "Blocked, Ready", "Planned, Planned"})
  void messageIsThatOfTheCondition(String phase, String type) throws IOException {
    var resource = stored(phase);

    assertThat(resource.at("/status/conditions").findValuesAsText("message"))
        .contains((String) health(resource).get("message"));
  }

  @Test
  void resourceThatTheOperatorHasNotSeenIsProgressing() throws IOException {
    var resource = stored("InMaintenance");
    resource.remove("status");

    assertThat(health(resource).get("status")).isEqualTo("Progressing");
  }

  @Test
  void changedSpecThatTheOperatorHasNotSeenIsProgressing() throws IOException {
    var resource = stored("InMaintenance");
    ((ObjectNode) resource.path("metadata")).put("generation", 99);

    assertThat(health(resource).get("status")).isEqualTo("Progressing");
  }
}
