package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Adds to the generated CRD what fabric8's generator has no annotation for: formats, list types,
 * the default of the status, the order of the columns, descriptions of whole objects.
 */
final class CrdSchema implements CRDPostProcessor {

  /**
   * The longest string that a CEL rule of the spec may be handed. The API server estimates the cost
   * of a rule by it; it is far above what the rules allow, so that the rule's own sentence refuses.
   */
  private static final long CEL_MAX_LENGTH = 1024;

  private static final List<CustomResourceColumnDefinition> COLUMNS =
      List.of(
          column("Host", "string", ".spec.host", 0),
          column("Phase", "string", ".status.phase", 0),
          column("Progress", "string", ".status.progress", 0),
          column("Moved", "integer", ".status.moved", 0),
          column("Blocked", "integer", ".status.blocked", 0),
          column("Failed", "integer", ".status.failed", 0),
          column("Remaining", "integer", ".status.remaining", 0),
          column("Age", "date", ".metadata.creationTimestamp", 0),
          column("Reason", "string", ".status.conditions[0].reason", 1),
          column("Cloud", "string", ".spec.cloud", 1),
          column("Purpose", "string", ".spec.reason", 1),
          column("Target", "string", ".spec.targetHost", 1),
          column("Message", "string", ".status.conditions[0].message", 1));

  @Override
  public HasMetadata process(HasMetadata resource, String crdVersion) {
    var crd = (CustomResourceDefinition) resource;
    crd.getMetadata()
        .setAnnotations(
            Map.of(HostMaintenance.SCHEMA, Integer.toString(HostMaintenance.SCHEMA_VERSION)));
    for (var version : crd.getSpec().getVersions()) {
      version.setAdditionalPrinterColumns(COLUMNS);
      root(version.getSchema().getOpenAPIV3Schema());
    }
    return crd;
  }

  private static void root(JSONSchemaProps root) {
    root.setDescription(
        "Puts an OpenStack compute host into maintenance mode: while it exists, the"
            + " operator keeps the host disabled and empties it. A delete gives the host back.");
    root.setRequired(List.of("spec"));
    var spec = root.getProperties().get("spec");
    spec.setDescription("Which host needs maintenance, and how the operator empties it.");
    formats(spec, HostMaintenanceSpec.class);
    spec.getProperties().values().forEach(CrdSchema::rules);

    var status = root.getProperties().get("status");
    status.setDescription(
        "Progress of the drain, and what happened to each instance. Only the operator"
            + " writes it.");
    status.setDefault(JsonNodeFactory.instance.objectNode().put("observedGeneration", -1));
    formats(status, HostMaintenanceStatus.class);
    var conditions = status.getProperties().get("conditions");
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    status.getProperties().get("instances").setXKubernetesListType("atomic");
  }

  /** The generator finds each rule twice: at the field of a record and at its accessor. */
  private static void rules(JSONSchemaProps property) {
    property.setXKubernetesValidations(
        property.getXKubernetesValidations().stream().distinct().toList());
    property.getProperties().values().forEach(CrdSchema::rules);
    if (property.getItems() != null) {
      rules(property.getItems().getSchema());
    }
    if ("string".equals(property.getType())) {
      property.setMaxLength(CEL_MAX_LENGTH);
    }
  }

  /** Walks schema and Java type side by side and sets the formats that the type stands for. */
  private static void formats(JSONSchemaProps schema, Type type) {
    if (type == Integer.class) {
      schema.setFormat("int32");
    } else if (type == Long.class) {
      schema.setFormat("int64");
    } else if (type == Instant.class) {
      schema.setFormat("date-time");
    } else if (type instanceof ParameterizedType list) {
      formats(schema.getItems().getSchema(), list.getActualTypeArguments()[0]);
    } else if (type instanceof Class<?> record && record.isRecord()) {
      for (var component : record.getRecordComponents()) {
        formats(schema.getProperties().get(component.getName()), component.getGenericType());
      }
    }
  }

  private static CustomResourceColumnDefinition column(
      String name, String type, String path, int priority) {
    return new CustomResourceColumnDefinitionBuilder()
        .withName(name)
        .withType(type)
        .withJsonPath(path)
        .withPriority(priority)
        .build();
  }
}
