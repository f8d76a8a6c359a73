package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Makes of a good JSON document a bad one, knowing its structure; the same seed, the same one. */
public final class Mutation {

  /** Stands for half a character, which JSON can say and UTF-8 cannot. */
  private static final String HALF = "HALF-A-CHARACTER";

  /** Texts that nobody expects. */
  public static final List<String> HOSTILE =
      List.of(
          "",
          " ",
          "null",
          "\0",
          "a\u0007\u001b[31mred\u001b[0m\u009b2J",
          "one\r\ntwo 12:00:00.000 ERROR Main: forged\n",
          "left\u202eright\u2066\u200f\ufeff\u2028\u2029",
          "🐢".repeat(400),
          HALF + "x" + HALF,
          "x".repeat(10_240),
          "<html><style>b{}</style><h1>502 Bad Gateway</h1></html>",
          "${jndi:ldap://127.0.0.1/x} {} %s %n",
          "../../os-services",
          "+1000000000-12-31T23:59:59Z",
          "-999999999-01-01T00:00:00Z",
          "http://127.0.0.1/?marker=%zz",
          "transmogrifying");

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final SplittableRandom random;

  /** Begins a sequence of mutations. */
  public Mutation(long seed) {
    random = new SplittableRandom(seed);
  }

  /** The document, worse by one to three changes, as text. */
  public String of(JsonNode good) {
    var bad = good.deepCopy();
    for (var i = random.nextInt(3); i >= 0; i--) {
      change(bad);
    }
    var text = bad.toString().replace(HALF, "\\ud83d");
    return switch (random.nextInt(24)) {
      case 0 -> text.substring(0, random.nextInt(text.length() + 1));
      case 1 -> text + hostile();
      case 2 -> hostile().replace(HALF, "");
      case 3 -> List.of("null", "[]", "{}", "7", "\"\"", "[".repeat(9000)).get(random.nextInt(6));
      default -> text;
    };
  }

  /** A text that nobody expects. */
  public String hostile() {
    return HOSTILE.get(random.nextInt(HOSTILE.size()));
  }

  private void change(JsonNode document) {
    var containers = new ArrayList<JsonNode>();
    collect(document, containers);
    if (containers.isEmpty()) {
      return;
    }
    var container = containers.get(random.nextInt(containers.size()));
    switch (container) {
      case ObjectNode object -> {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        var name = names.get(random.nextInt(names.size()));
        if (random.nextInt(4) == 0) {
          object.remove(name);
        } else {
          object.set(name, worse(object.get(name)));
        }
      }
      case ArrayNode array -> {
        var index = random.nextInt(array.size());
        switch (random.nextInt(4)) {
          case 0 -> array.remove(index);
          case 1 -> array.add(array.get(index).deepCopy());
          default -> array.set(index, worse(array.get(index)));
        }
      }
      default -> throw new IllegalStateException("no container: " + container);
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode() && !node.isEmpty()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private JsonNode worse(JsonNode value) {
    return switch (random.nextInt(12)) {
      case 0, 1 -> JSON.nullNode();
      case 2 -> JSON.numberNode(-1 - random.nextInt(1000));
      case 3 -> JSON.numberNode(BigInteger.TWO.pow(63 + random.nextInt(200)));
      case 4 -> JSON.numberNode(new BigDecimal("1e400"));
      case 5 -> JSON.booleanNode(random.nextBoolean());
      case 6 -> JSON.objectNode();
      case 7 -> JSON.arrayNode().addNull();
      case 8 -> JSON.numberNode(Long.MAX_VALUE);
      case 9 -> value.isTextual() ? TextNode.valueOf(value.asText() + hostile()) : JSON.arrayNode();
      default -> TextNode.valueOf(hostile());
    };
  }
}
