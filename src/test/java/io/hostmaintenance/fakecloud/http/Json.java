package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** JSON as the simulator writes it. */
final class Json {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An object with these keys and values in turn; values may be null. */
  static Map<String, Object> object(Object... keysAndValues) {
    var object = new LinkedHashMap<String, Object>();
    for (var i = 0; i < keysAndValues.length; i += 2) {
      object.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return object;
  }

  /** The value as Python prints it, which is how Nova's validation messages quote a body. */
  static String python(JsonNode node) {
    if (node.isNull()) {
      return "None";
    } else if (node.isBoolean()) {
      return node.booleanValue() ? "True" : "False";
    } else if (node.isTextual()) {
      return "'" + node.textValue() + "'";
    } else if (node.isArray()) {
      return StreamSupport.stream(node.spliterator(), false)
          .map(Json::python)
          .collect(Collectors.joining(", ", "[", "]"));
    } else if (node.isObject()) {
      return node.propertyStream()
          .map(entry -> "'" + entry.getKey() + "': " + python(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return node.asText();
  }
}
