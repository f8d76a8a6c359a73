package io.hostmaintenance.nova.openstack4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A value of a YAML file, with every scalar exactly as it is written there. */
sealed interface Yaml {

  /**
   * A single word, number or text.
   *
   * @param type what YAML 1.1 takes it for
   * @param written its characters, without the quotes
   */
  record Scalar(Type type, String written) implements Yaml {

    /** What YAML 1.1 takes a scalar for; whatever is in quotes is a text. */
    enum Type {
      TEXT,
      NUMBER,
      BOOLEAN,
      NULL,
      OTHER
    }

    /** Without the text, which may be a password. */
    @Override
    public String toString() {
      return "***";
    }
  }

  /** Values in their order. */
  record Sequence(List<Yaml> items) implements Yaml {}

  /** Values by their keys, in the order of the file. */
  record Mapping(Map<String, Yaml> entries) implements Yaml {

    static final Mapping EMPTY = new Mapping(Map.of());

    /** The value of a key; empty when there is no such key. */
    Optional<Yaml> get(String key) {
      return Optional.ofNullable(entries.get(key));
    }

    /** The mapping of a key; an empty one when the key has none. */
    Mapping mapping(String key) {
      return entries.get(key) instanceof Mapping mapping ? mapping : EMPTY;
    }

    /** This mapping with another laid over it, mapping by mapping, as secure.yaml is. */
    Mapping under(Mapping over) {
      var merged = new LinkedHashMap<>(entries);
      over.entries.forEach(
          (key, value) ->
              merged.merge(
                  key,
                  value,
                  (old, young) ->
                      old instanceof Mapping below && young instanceof Mapping above
                          ? below.under(above)
                          : young));
      return new Mapping(merged);
    }
  }
}
