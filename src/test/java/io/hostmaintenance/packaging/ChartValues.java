package io.hostmaintenance.packaging;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The values of the chart as values.yaml describes them: by a comment that begins with two hyphens.
 */
final class ChartValues {

  private static final Pattern BEGIN = Pattern.compile(" *# -- (.*)");
  private static final Pattern MORE = Pattern.compile(" *# (.*)");
  private static final Pattern KEY = Pattern.compile("( *)([A-Za-z]\\w*):.*");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A value.
   *
   * @param path the keys that lead to it, with dots
   * @param fallback what it is unless it is set
   * @param description what it is for
   */
  record Value(String path, JsonNode fallback, String description) {

    /** Where it is in the tree of values. */
    String pointer() {
      return "/" + path.replace('.', '/');
    }

    private String row() {
      return "| `%s` | `%s` | %s |".formatted(path, json(fallback), description);
    }
  }

  private record Key(int indent, String name) {}

  private ChartValues() {}

  /** The tree of the file. */
  static JsonNode tree(Path file) throws IOException {
    return JSON.valueToTree(Serialization.unmarshal(Files.readString(file), Object.class));
  }

  /** Each value that has a description, in the order of the file. */
  static List<Value> described(Path file) throws IOException {
    var tree = tree(file);
    var values = new ArrayList<Value>();
    var keys = new ArrayDeque<Key>();
    var description = "";
    for (var line : Files.readAllLines(file)) {
      var begin = BEGIN.matcher(line);
      var more = MORE.matcher(line);
      var key = KEY.matcher(line);
      if (begin.matches()) {
        description = begin.group(1);
      } else if (more.matches() && !description.isEmpty()) {
        description += " " + more.group(1);
      } else if (key.matches()) {
        var indent = key.group(1).length();
        while (!keys.isEmpty() && keys.getLast().indent() >= indent) {
          keys.removeLast();
        }
        keys.add(new Key(indent, key.group(2)));
        if (!description.isEmpty()) {
          var path = keys.stream().map(Key::name).collect(Collectors.joining("."));
          values.add(new Value(path, tree.at("/" + path.replace('.', '/')), description));
          description = "";
        }
      }
    }
    return values;
  }

  /** A table in Markdown. */
  static String table(List<Value> values) {
    return "| Value | Default | Meaning |\n| --- | --- | --- |\n"
        + values.stream().map(value -> value.row() + "\n").collect(Collectors.joining());
  }

  private static String json(JsonNode node) {
    try {
      return JSON.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
