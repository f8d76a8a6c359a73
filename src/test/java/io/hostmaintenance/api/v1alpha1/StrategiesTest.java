package io.hostmaintenance.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StrategiesTest {

  private static final Path CRD = Path.of("crds", "hostmaintenances.hostmaintenance.io-v1.yml");

  @Test
  void valuesAreThoseThatTheRulesOfTheCrdAllow() throws IOException {
    var rules = new HashMap<String, String>();
    schema()
        .forEach(
            (field, schema) ->
                rules.put(
                    field,
                    schema.getXKubernetesValidations().stream()
                        .map(ValidationRule::getRule)
                        .collect(Collectors.joining(" && "))));

    var expected = new HashMap<String, String>();
    Strategies.values()
        .forEach(
            (field, values) ->
                expected.put(field, "self in ['" + String.join("', '", values) + "']"));
    assertThat(rules).isEqualTo(expected);
  }

  @Test
  void valuesNameEveryField() {
    assertThat(Strategies.values().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Strategies.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList());
  }

  @Test
  void readsEveryFieldOfAMap() throws ReflectiveOperationException {
    var said = new HashMap<String, String>();
    Strategies.values().keySet().forEach(field -> said.put(field, "value of " + field));
    var strategies = Strategies.of(said);
    for (var component : Strategies.class.getRecordComponents()) {
      assertThat(component.getAccessor().invoke(strategies))
          .isEqualTo("value of " + component.getName());
    }
  }

  @Test
  void fieldsThatAreNotInTheMapAreNotSaid() {
    assertThat(Strategies.of(Map.of())).isEqualTo(Strategies.NONE);
  }

  @Test
  void eachDefaultIsAValueOfItsField() throws ReflectiveOperationException {
    for (var component : Strategies.class.getRecordComponents()) {
      assertThat(Strategies.values().get(component.getName()))
          .contains((String) component.getAccessor().invoke(Strategies.DEFAULT));
    }
  }

  private static Map<String, JSONSchemaProps> schema() throws IOException {
    var crd =
        Serialization.unmarshal(Files.readString(CRD), CustomResourceDefinition.class)
            .getSpec()
            .getVersions()
            .getFirst();
    return crd.getSchema()
        .getOpenAPIV3Schema()
        .getProperties()
        .get("spec")
        .getProperties()
        .get("strategies")
        .getProperties();
  }
}
