package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples are what the CRD allows, and the waves among them wait for each other. */
class GitOpsExamplesTest {

  private static final Path EXAMPLES = Path.of("examples");
  private static final Path ARGO = EXAMPLES.resolve("gitops/argocd/maintenance");
  private static final Path CRD = Path.of("crds", "hostmaintenances.hostmaintenance.io-v1.yml");
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<Path> files() throws IOException {
    try (var files = Files.walk(EXAMPLES)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static List<JsonNode> documents(Path file) throws IOException {
    return Stream.of(Files.readString(file).split("(?m)^---$"))
        .<JsonNode>map(d -> JSON.valueToTree(Serialization.unmarshal(d, Object.class)))
        .toList();
  }

  private static JsonNode document(Path file) throws IOException {
    return documents(file).getFirst();
  }

  private static String annotation(JsonNode resource, String name) {
    return resource
        .path("metadata")
        .path("annotations")
        .path("argocd.argoproj.io/" + name)
        .asText();
  }

  @ParameterizedTest
  @MethodSource("files")
  void hostMaintenanceHasOnlyWhatTheCrdAllows(Path file) throws IOException {
    var schema = document(CRD).at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    var objections = new ArrayList<String>();
    for (var document : documents(file)) {
      if (document.path("kind").asText().equals("HostMaintenance")) {
        object(document.path("spec"), schema, "spec", objections);
      }
    }

    assertThat(objections).isEmpty();
  }

  @Test
  void schemaRefusesAnUnknownFieldAMissingOneAndAWrongType() throws IOException {
    var schema = document(CRD).at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    var objections = new ArrayList<String>();

    object(JSON.readTree("{\"hosts\": 1, \"suspend\": \"no\"}"), schema, "spec", objections);

    assertThat(objections)
        .containsExactlyInAnyOrder(
            "spec.hosts is no field", "spec.host is missing", "spec.suspend is no boolean");
  }

  private static void object(JsonNode node, JsonNode schema, String path, List<String> objections) {
    schema
        .path("required")
        .forEach(
            name -> {
              if (!node.has(name.asText())) {
                objections.add(path + "." + name.asText() + " is missing");
              }
            });
    node.properties()
        .forEach(
            field -> {
              var at = path + "." + field.getKey();
              var of = schema.path("properties").path(field.getKey());
              if (of.isMissingNode()) {
                objections.add(at + " is no field");
              } else {
                value(field.getValue(), of, at, objections);
              }
            });
  }

  private static void value(JsonNode node, JsonNode schema, String path, List<String> objections) {
    var type = schema.path("type").asText();
    var fits =
        switch (type) {
          case "object" -> node.isObject();
          case "array" -> node.isArray();
          case "integer" -> node.isIntegralNumber();
          case "boolean" -> node.isBoolean();
          case "string" -> node.isTextual();
          default -> schema.path("x-kubernetes-int-or-string").asBoolean();
        };
    if (!fits) {
      objections.add(path + " is no " + type);
    } else if (node.isObject()) {
      object(node, schema, path, objections);
    }
  }

  @Test
  void jobOfArgoCdRunsInAWaveAfterTheDrain() throws IOException {
    var drain = document(ARGO.resolve("host-maintenance.yaml"));
    var job = document(ARGO.resolve("job.yaml"));

    assertThat(List.of(annotation(drain, "hook"), annotation(job, "hook")))
        .containsExactly("Sync", "Sync");
    assertThat(Integer.parseInt(annotation(drain, "sync-wave")))
        .isLessThan(Integer.parseInt(annotation(job, "sync-wave")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"argocd/maintenance", "flux/drain"})
  void drainBeforeAJobIsHealthyOnlyWithAnEmptyHost(String directory) throws IOException {
    var spec =
        document(EXAMPLES.resolve("gitops").resolve(directory).resolve("host-maintenance.yaml"))
            .path("spec");

    assertThat(spec.properties())
        .extracting(Map.Entry::getKey)
        .doesNotContain("mode", "scope", "excludedInstances", "strategies", "suspend");
  }

  @Test
  void argoCdGivesTheHostBackOnlyAfterAllWavesHaveSucceeded() throws IOException {
    assertThat(annotation(document(ARGO.resolve("host-maintenance.yaml")), "hook-delete-policy"))
        .isEqualTo("HookSucceeded");
  }

  @Test
  void applicationOfArgoCdSyncsTheWavesAndNotByItself() throws IOException {
    var spec = document(EXAMPLES.resolve("gitops/argocd/application.yaml")).path("spec");

    assertThat(Path.of(spec.at("/source/path").asText())).isEqualTo(ARGO);
    assertThat(spec.has("syncPolicy")).isFalse();
  }

  @Test
  void jobOfFluxDependsOnTheDrainWhichWaitsAndPrunes() throws IOException {
    var steps = documents(EXAMPLES.resolve("gitops/flux/kustomizations.yaml"));
    var drain = steps.get(0);
    var work = steps.get(1);

    assertThat(work.at("/spec/dependsOn/0/name")).isEqualTo(drain.at("/metadata/name"));
    assertThat(drain.at("/spec/wait").asBoolean()).isTrue();
    assertThat(drain.at("/spec/prune").asBoolean()).isTrue();
    assertThat(kinds(drain)).containsExactly("HostMaintenance");
    assertThat(kinds(work)).containsExactly("Job");
  }

  private static List<String> kinds(JsonNode kustomization) throws IOException {
    var kinds = new ArrayList<String>();
    try (var files = Files.list(Path.of(kustomization.at("/spec/path").asText()).normalize())) {
      for (var file : files.toList()) {
        kinds.add(document(file).path("kind").asText());
      }
    }
    return kinds;
  }

  @ParameterizedTest
  @MethodSource("files")
  void jobAndDrainAreForTheSameHost(Path file) throws IOException {
    for (var document : documents(file)) {
      if (document.path("kind").asText().equals("Job")) {
        var arguments = document.at("/spec/template/spec/containers/0/args");
        assertThat(StreamSupport.stream(arguments.spliterator(), false).map(JsonNode::asText))
            .containsExactly(
                document(ARGO.resolve("host-maintenance.yaml")).at("/spec/host").asText());
      }
    }
  }
}
