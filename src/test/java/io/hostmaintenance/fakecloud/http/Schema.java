package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Refused;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A JSON schema of Nova's: an object without other properties than these; violations are 400 with
 * Nova's text.
 */
final class Schema {
  private record Property(boolean required, Predicate<JsonNode> valid, String complaint) {}

  private final Map<String, Property> properties = new LinkedHashMap<>();

  static Schema object() {
    return new Schema();
  }

  Schema required(String name, Predicate<JsonNode> valid, String complaint) {
    properties.put(name, new Property(true, valid, complaint));
    return this;
  }

  Schema optional(String name, Predicate<JsonNode> valid, String complaint) {
    properties.put(name, new Property(false, valid, complaint));
    return this;
  }

  void check(String attribute, JsonNode node) {
    if (!node.isObject()) {
      throw invalid(attribute, node, "%s is not of type 'object'".formatted(Json.python(node)));
    }
    properties.forEach(
        (name, property) -> {
          if (property.required && !node.has(name)) {
            throw invalid(attribute, node, "'%s' is a required property".formatted(name));
          }
        });
    var unknown = new TreeSet<String>();
    node.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(properties.keySet());
    if (!unknown.isEmpty()) {
      throw invalid(
          attribute,
          node,
          "Additional properties are not allowed (%s %s unexpected)"
              .formatted(
                  String.join(", ", unknown.stream().map(name -> "'" + name + "'").toList()),
                  unknown.size() == 1 ? "was" : "were"));
    }
    properties.forEach(
        (name, property) -> {
          if (node.has(name) && !property.valid.test(node.get(name))) {
            var value = node.get(name);
            throw invalid(name, value, Json.python(value) + " " + property.complaint);
          }
        });
  }

  private static Refused invalid(String attribute, JsonNode value, String complaint) {
    var quoted = value.isTextual() ? value.textValue() : Json.python(value);
    return new Refused(
        400,
        "Invalid input for field/attribute %s. Value: %s. %s"
            .formatted(attribute, quoted, complaint));
  }
}
