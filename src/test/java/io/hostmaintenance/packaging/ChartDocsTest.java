package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Holds what is made from the chart against it; {@code -Dchart.update} rewrites instead. */
class ChartDocsTest {

  private static final Path VALUES = Chart.DIRECTORY.resolve("values.yaml");
  private static final Path INSTALL = Path.of("helm", "install");
  private static final String HEADING = "## All values\n\n";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static void holds(Path file, String made) throws IOException {
    if (System.getProperty("chart.update") != null) {
      Files.writeString(file, made);
    }
    assertThat(Files.readString(file))
        .as("run: mvn -q test -Dtest=ChartDocsTest -Dchart.update")
        .isEqualTo(made);
  }

  @Test
  void readmeOfTheChartListsEveryValueAsItsFileDescribesIt() throws IOException {
    var readme = Chart.DIRECTORY.resolve("README.md");
    var text = Files.readString(readme);
    var begin = text.indexOf(HEADING) + HEADING.length();

    holds(readme, text.substring(0, begin) + ChartValues.table(ChartValues.described(VALUES)));
  }

  @Test
  void everyValueIsDescribed() throws IOException {
    var described = ChartValues.described(VALUES).stream().map(v -> v.path()).toList();
    var leaves = new ArrayList<String>();
    leaves("", ChartValues.tree(VALUES), leaves);

    assertThat(leaves)
        .allSatisfy(
            leaf -> assertThat(described).anyMatch(path -> (leaf + ".").startsWith(path + ".")));
  }

  private static void leaves(String path, JsonNode node, ArrayList<String> leaves) {
    if (!node.isObject() || node.isEmpty()) {
      leaves.add(path);
    }
    node.propertyStream()
        .forEach(
            p ->
                leaves(
                    path.isEmpty() ? p.getKey() : path + "." + p.getKey(), p.getValue(), leaves));
  }

  @Test
  void schemaHasTheDescriptionsOfTheValues() throws IOException {
    var file = Chart.DIRECTORY.resolve("values.schema.json");
    var schema = JSON.readTree(Files.readString(file));
    for (var value : ChartValues.described(VALUES)) {
      var property = schema.at(value.pointer().replace("/", "/properties/"));
      assertThat(property).as(value.path()).isInstanceOf(ObjectNode.class);
      ((ObjectNode) property).put("description", value.description());
    }

    holds(file, pretty(schema));
  }

  private static String pretty(JsonNode node) throws IOException {
    var printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    return JSON.writer(printer).writeValueAsString(node) + "\n";
  }

  @Test
  void installYamlIsTheRenderedChart() throws IOException {
    var rendered =
        new Helm(Chart.DIRECTORY)
            .template()
            .withName("host-maintenance-operator")
            .withNamespace("host-maintenance")
            .withKubeVersion("1.29.0")
            .withValuesFile(INSTALL.resolve("values.yaml"))
            .call();
    holds(
        INSTALL.resolve("install.yaml"),
        """
        # The chart, rendered with the values of helm/install/values.yaml for those who do not use Helm. It reads the Secret
        # "cloud" of the namespace host-maintenance, with the key clouds.yaml.
        apiVersion: v1
        kind: Namespace
        metadata:
          name: host-maintenance
          labels:
            pod-security.kubernetes.io/enforce: restricted
        """
            + rendered.stripLeading());
  }

  @Test
  void kustomizationIsInstallYamlAlone() throws IOException {
    var kustomization = ChartValues.tree(INSTALL.resolve("kustomization.yaml"));

    assertThat(kustomization.path("resources")).hasToString("[\"install.yaml\"]");
    assertThat(kustomization.properties()).hasSize(3);
  }

  @Test
  void firstObjectOfInstallYamlIsTheNamespaceOfTheOthers() throws IOException {
    var first = Files.readString(INSTALL.resolve("install.yaml")).split("(?m)^---\n")[0];

    assertThat(Serialization.unmarshal(first, Namespace.class).getMetadata().getName())
        .isEqualTo("host-maintenance");
  }

  @Test
  void exampleOfTheChartIsAHostMaintenance() throws IOException {
    var annotations = ChartValues.tree(Chart.DIRECTORY.resolve("Chart.yaml")).path("annotations");
    JsonNode examples =
        JSON.valueToTree(
            Serialization.unmarshal(
                annotations.path("artifacthub.io/crdsExamples").asText(), Object.class));

    assertThat(examples).hasSize(1);
    var example = JSON.treeToValue(examples.get(0), HostMaintenance.class);
    assertThat(example.getApiVersion()).isEqualTo("hostmaintenance.io/v1alpha1");
    assertThat(example.getSpec().host()).isEqualTo("compute-1.example");
  }
}
