package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.Yaml.Mapping;
import io.hostmaintenance.nova.openstack4j.Yaml.Scalar;
import io.hostmaintenance.nova.openstack4j.Yaml.Sequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * A YAML file as PyYAML's {@code safe_load} reads it, which is what openstacksdk uses: YAML 1.1,
 * with PyYAML's own patterns for numbers, booleans and times (its resolver.py), with merge keys,
 * and with the last of two equal keys. A file whose name ends in json is read as JSON.
 *
 * @param name where it is, for people
 * @param content reads so many of its bytes at most
 */
record YamlFile(String name, Content content) {

  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_ALIASES = 1000;
  private static final Resolver PY_YAML = new PyYaml();
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  /** What is in a file. */
  interface Content {

    /**
     * Reads it from its beginning.
     *
     * @param most so many bytes at most
     */
    byte[] read(int most) throws IOException;
  }

  /** A file on disk, which is read when it is asked for. */
  static YamlFile on(Path path) {
    return new YamlFile(
        path.toString(),
        most -> {
          try (var in = Files.newInputStream(path)) {
            return in.readNBytes(most);
          }
        });
  }

  /** A file that is in memory already, such as one of a Secret. */
  static YamlFile of(String name, byte[] bytes) {
    return new YamlFile(name, most -> bytes);
  }

  /**
   * Reads the file.
   *
   * @return its mapping; an empty one when nothing is in it
   * @throws NovaException CONFIGURATION, with the number of the line at most and never its text,
   *     which may be a password
   */
  Mapping read() {
    return switch (name.endsWith("json") ? json(text()) : yaml(text())) {
      case Mapping mapping -> mapping;
      case Scalar scalar when scalar.type() == Scalar.Type.NULL -> Mapping.EMPTY;
      case Scalar scalar -> throw refusal("holds no mapping; begin it with \"clouds:\"");
      case Sequence sequence -> throw refusal("holds a list; begin it with \"clouds:\"");
    };
  }

  private Yaml yaml(String text) {
    try {
      var options = new LoaderOptions();
      options.setNestingDepthLimit(MAX_DEPTH);
      options.setMaxAliasesForCollections(MAX_ALIASES);
      var parser = new ParserImpl(new StreamReader(text), options);
      var root = new Composer(parser, PY_YAML, options).getSingleNode();
      return root == null ? Mapping.EMPTY : new Reading().value(root, 0);
    } catch (MarkedYAMLException e) {
      // The parser's message quotes the line, which may hold a password: it goes no further.
      throw String.valueOf(e.getContext()).contains("single document")
          ? refusal("holds more than one YAML document; keep one")
          : refusal("is not YAML%s; correct its syntax".formatted(at(e.getProblemMark())));
    } catch (YAMLException e) {
      throw refusal(
          "has a character that YAML forbids, too many aliases or too many levels; correct it");
    }
  }

  private Yaml json(String text) {
    try (var parser = JSON.createParser(text)) {
      if (parser.nextToken() == null) {
        return Mapping.EMPTY;
      }
      var value = json(parser);
      if (parser.nextToken() != null) {
        throw refusal("holds more than one JSON value; keep one");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw refusal("is not JSON in line " + e.getLocation().getLineNr() + "; correct its syntax");
    } catch (IOException e) {
      throw refusal("cannot be read; check its rights");
    }
  }

  private static Yaml json(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        var entries = new LinkedHashMap<String, Yaml>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var key = parser.currentName();
          parser.nextToken();
          entries.put(key, json(parser));
        }
        yield new Mapping(entries);
      }
      case START_ARRAY -> {
        var items = new ArrayList<Yaml>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(json(parser));
        }
        yield new Sequence(items);
      }
      case VALUE_STRING -> new Scalar(Scalar.Type.TEXT, parser.getText());
      case VALUE_TRUE, VALUE_FALSE -> new Scalar(Scalar.Type.BOOLEAN, parser.getText());
      case VALUE_NULL -> new Scalar(Scalar.Type.NULL, "");
      default -> new Scalar(Scalar.Type.NUMBER, parser.getText());
    };
  }

  private String text() {
    byte[] bytes;
    try {
      bytes = content.read(MAX_BYTES + 1);
    } catch (IOException e) {
      throw refusal(
          "cannot be read (%s); check its rights".formatted(e.getClass().getSimpleName()));
    }
    if (bytes.length > MAX_BYTES) {
      throw refusal("is larger than 1 MiB, so it is no list of clouds; name another file");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw refusal("is not written in UTF-8; save it as UTF-8");
    }
  }

  private static String at(Mark mark) {
    return mark == null ? "" : " in line " + (mark.getLine() + 1);
  }

  private NovaException refusal(String what) {
    return Failures.configuration("%s %s.", name, what);
  }

  /** From the parser's nodes to values; each node once, so that aliases of aliases cost nothing. */
  private final class Reading {

    private final Map<Node, Yaml> seen = new HashMap<>();

    Yaml value(Node node, int depth) {
      if (depth > MAX_DEPTH) {
        throw refusal("is nested in itself or too deep" + at(node.getStartMark()) + "; correct it");
      }
      var known = seen.get(node);
      if (known != null) {
        return known;
      }
      var value =
          switch (node) {
            case ScalarNode scalar -> new Scalar(type(scalar), scalar.getValue());
            case SequenceNode sequence -> new Sequence(items(sequence, depth));
            case MappingNode mapping -> new Mapping(entries(mapping, depth));
            default -> throw refusal("is not YAML" + at(node.getStartMark()));
          };
      seen.put(node, value);
      return value;
    }

    private List<Yaml> items(SequenceNode node, int depth) {
      var items = new ArrayList<Yaml>();
      node.getValue().forEach(item -> items.add(value(item, depth + 1)));
      return items;
    }

    private Map<String, Yaml> entries(MappingNode node, int depth) {
      var merged = new LinkedHashMap<String, Yaml>();
      var own = new LinkedHashMap<String, Yaml>();
      for (var tuple : node.getValue()) {
        if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
          merge(value(tuple.getValueNode(), depth + 1), tuple.getKeyNode(), merged);
        } else {
          own.put(key(tuple.getKeyNode()), value(tuple.getValueNode(), depth + 1));
        }
      }
      merged.putAll(own);
      return merged;
    }

    private void merge(Yaml source, Node key, Map<String, Yaml> into) {
      switch (source) {
        case Mapping mapping -> into.putAll(mapping.entries());
        case Sequence sequence ->
            sequence.items().reversed().forEach(item -> merge(item, key, into));
        case Scalar scalar ->
            throw refusal(
                "merges what is no mapping" + at(key.getStartMark()) + "; correct its \"<<\"");
      }
    }

    private String key(Node node) {
      if (node instanceof ScalarNode key && type(key) == Scalar.Type.TEXT) {
        return key.getValue();
      }
      throw refusal(
          "has a key%s that YAML does not take for a text; put it in quotes"
              .formatted(at(node.getStartMark())));
    }

    private static Scalar.Type type(ScalarNode node) {
      var plain = PY_YAML.resolve(NodeId.scalar, node.getValue(), node.isPlain());
      return switch (node.getTag().equals(plain) || node.getTag().equals(Tag.STR)
          ? node.getTag().getValue()
          : "another that is written before it") {
        case "tag:yaml.org,2002:str" -> Scalar.Type.TEXT;
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float" -> Scalar.Type.NUMBER;
        case "tag:yaml.org,2002:bool" -> Scalar.Type.BOOLEAN;
        case "tag:yaml.org,2002:null" -> Scalar.Type.NULL;
        default -> Scalar.Type.OTHER;
      };
    }
  }

  /** What PyYAML takes a plain scalar for. snakeyaml's own patterns take more for numbers. */
  private static final class PyYaml extends Resolver {

    @Override
    protected void addImplicitResolvers() {
      add(Tag.BOOL, "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF");
      add(
          Tag.FLOAT,
          "[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?"
              + "|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
              + "|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*"
              + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
      add(
          Tag.INT,
          "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
              + "|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+");
      add(Tag.MERGE, "<<");
      add(Tag.NULL, "~|null|Null|NULL|");
      add(
          Tag.TIMESTAMP,
          "[0-9]{4}-[0-9]{2}-[0-9]{2}"
              + "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
              + "(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?");
      add(new Tag("tag:yaml.org,2002:value"), "=");
    }

    private void add(Tag tag, String pattern) {
      addImplicitResolver(tag, Pattern.compile(pattern), null, Integer.MAX_VALUE);
    }
  }
}
