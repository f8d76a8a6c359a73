package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.Yaml.Mapping;
import io.hostmaintenance.nova.openstack4j.Yaml.Scalar;
import io.hostmaintenance.nova.openstack4j.Yaml.Sequence;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The fields of one cloud, found where openstacksdk finds them ({@code get_one} in its
 * config/loader.py): with the values of the region, with - for _ in their keys, below {@code auth}
 * or beside it.
 */
final class CloudFields {

  private static final Pattern BRACES =
      Pattern.compile("\\{\\{|}}|\\{(?<key>[a-z][a-z0-9_]*)}|[{}]");
  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]*");
  private static final Pattern DECIMAL = Pattern.compile("-?(?:0|[1-9][0-9]{0,14})\\.[0-9]+");

  private final String file;
  private final String name;
  private final Map<String, Yaml> fields;
  private final Map<String, Yaml> auth;
  private final Optional<String> region;

  /**
   * The fields of a cloud.
   *
   * @param file where it was read
   * @param name its name there
   * @param cloud what stands below its name
   * @throws NovaException CONFIGURATION when they are ambiguous
   */
  CloudFields(String file, String name, Mapping cloud) {
    this.file = file;
    this.name = name;
    this.fields = spelled("", cloud);
    this.auth = new LinkedHashMap<>(below("auth", fields));
    var chosen = chosenRegion();
    this.region = chosen.name();
    var values = spelled("", chosen.values());
    auth.putAll(below("auth", values));
    values.entrySet().stream()
        .filter(entry -> !entry.getKey().equals("auth") && !isNull(entry.getValue()))
        .forEach(entry -> fields.put(entry.getKey(), entry.getValue()));
  }

  /** A text beside {@code auth}, with what stands in braces; empty when it is not said. */
  Optional<String> field(String key) {
    return raw(key).map(text -> expanded(key, text));
  }

  /** A value beside {@code auth}; empty when it is not said. */
  Optional<Yaml> value(String key) {
    return Optional.ofNullable(fields.get(key)).filter(value -> !isNull(value));
  }

  /** Whether a key stands beside {@code auth}, even with nothing in it. */
  boolean has(String key) {
    return fields.containsKey(key);
  }

  /** An option of the login: below {@code auth}, or else beside it, the first of its spellings. */
  Optional<String> option(String... spellings) {
    return first("auth.", auth, spellings).or(() -> first("", fields, spellings));
  }

  /** A project or a domain: what stands beside {@code auth} wins, as in openstacksdk. */
  Optional<String> scope(String... spellings) {
    return Stream.of(spellings)
        .filter(key -> fields.containsKey(key) || auth.containsKey(key))
        .findFirst()
        .flatMap(key -> fields.containsKey(key) ? raw(key) : text("auth." + key, auth.get(key)));
  }

  /** The URL of Keystone as it is written, with what stands in braces. */
  Optional<String> authUrl() {
    return first("auth.", auth, "auth_url")
        .map(text -> expanded("auth.auth_url", text))
        .or(() -> raw("auth_url"));
  }

  /** The region of a service, or else of all; empty when none is named. */
  Optional<String> region(String service) {
    return field(service + "_region_name").or(() -> region);
  }

  /**
   * Refuses a key that openstacksdk does not know, or that the way to log in does not take.
   *
   * @throws NovaException CONFIGURATION with the key that may be meant
   */
  void refuseUnknown(String authType) {
    var login = CloudKeys.login(authType);
    for (var key : auth.keySet()) {
      if (!login.contains(key) && !CloudKeys.ofSomeLogin(key) && CloudKeys.besideAuth(key)) {
        throw refuse("has auth.%s, which belongs beside auth, not below it; move it", key);
      }
      refuseUnknown("auth." + key, key, authType, false);
    }
    fields.keySet().forEach(key -> refuseUnknown(key, key, authType, CloudKeys.besideAuth(key)));
  }

  private void refuseUnknown(String where, String key, String authType, boolean known) {
    if (known || CloudKeys.login(authType).contains(key)) {
      return;
    }
    if (key.startsWith("application_credential_")) {
      throw refuse("has %s without auth_type: v3applicationcredential; add it", where);
    }
    throw CloudKeys.ofSomeLogin(key)
        ? refuse("has %s, which auth_type %s does not take; remove it", where, authType)
        : CloudKeys.meant(key)
            .map(near -> refuse("has %s, which is no known field; did you mean %s?", where, near))
            .orElseGet(() -> refuse("has %s, which is no known field; remove it", where));
  }

  /** What is wrong with this cloud and how to mend it, for people. */
  NovaException refuse(String what, Object... arguments) {
    var said = what.formatted(arguments);
    var end = said.endsWith("?") ? "" : ".";
    return Failures.configuration("Cloud %s in %s %s%s", name, file, said, end);
  }

  // ---------------------------------------------------------------- keys

  private Map<String, Yaml> spelled(String where, Mapping mapping) {
    var spelled = new LinkedHashMap<String, Yaml>();
    mapping
        .entries()
        .forEach(
            (key, value) -> {
              var plain = key.replace('-', '_');
              if (!plain.equals(key) && overlooked(plain)) {
                throw refuse("has %s, which openstacksdk overlooks; write it %s", key, plain);
              }
              if (spelled.put(plain, value) != null) {
                throw refuse("has %s%s both with - and with _; keep one", where, plain);
              }
            });
    return spelled;
  }

  /** Read by openstacksdk before it takes - for _. */
  private static boolean overlooked(String key) {
    return key.endsWith("endpoint_type") || key.equals("auth_type") || key.equals("auth_plugin");
  }

  private Map<String, Yaml> below(String key, Map<String, Yaml> fields) {
    return switch (fields.get(key)) {
      case null -> Map.of();
      case Mapping mapping -> spelled(key + ".", mapping);
      case Scalar scalar -> throw refuse("has %s without fields below it; add them", key);
      case Sequence list -> throw refuse("has a list at %s; make it a mapping", key);
    };
  }

  // ---------------------------------------------------------------- regions

  private Region chosenRegion() {
    var named =
        switch (fields.get("region_name")) {
          case null -> Optional.<String>empty();
          case Sequence(List<Yaml> names) when !names.isEmpty() -> region(names.getFirst()).name();
          case Yaml one -> text("region_name", one).map(names -> names.split(",", -1)[0]);
        };
    if (!fields.containsKey("regions")) {
      return new Region(named, Mapping.EMPTY);
    }
    if (!(fields.get("regions") instanceof Sequence(List<Yaml> regions)) || regions.isEmpty()) {
      throw refuse("has regions that are no list of names; write a list or region_name instead");
    }
    var first = region(regions.getFirst());
    if (named.isPresent() && !named.equals(first.name())) {
      throw refuse(
          "has a region_name that is not the first of its regions, which openstacksdk takes; keep"
              + " one of the two fields");
    }
    return first;
  }

  private Region region(Yaml item) {
    if (!(item instanceof Mapping entry)) {
      return new Region(text("regions", item), Mapping.EMPTY);
    }
    if (!List.of("name", "values").containsAll(entry.entries().keySet())
        || entry.get("name").isEmpty()) {
      throw refuse("has a region with other fields than name and values; correct it");
    }
    return new Region(text("regions.name", entry.entries().get("name")), entry.mapping("values"));
  }

  /** A region and what it changes in the cloud. */
  private record Region(Optional<String> name, Mapping values) {}

  // ---------------------------------------------------------------- texts

  private Optional<String> raw(String key) {
    return key.equals("region_name") ? region : value(key).flatMap(value -> text(key, value));
  }

  private Optional<String> first(String where, Map<String, Yaml> from, String... spellings) {
    return Stream.of(spellings)
        .filter(from::containsKey)
        .findFirst()
        .flatMap(key -> text(where + key, from.get(key)));
  }

  /**
   * A text exactly as it is written; empty when there is none.
   *
   * @throws NovaException CONFIGURATION when openstacksdk would send another than is written
   */
  Optional<String> text(String where, Yaml value) {
    if (!(value instanceof Scalar(Scalar.Type type, String written))) {
      throw refuse("has %s with a list or fields below it; write one value", where);
    }
    var asWritten =
        switch (type) {
          case TEXT, NULL -> true;
          case NUMBER -> pythonWrites(written);
          case BOOLEAN, OTHER -> false;
        };
    if (!asWritten) {
      throw refuse("has %s, which YAML does not read as it is written; put it in quotes", where);
    }
    return Optional.of(written).filter(text -> type != Scalar.Type.NULL && !text.isEmpty());
  }

  /** Whether Python's str() of the number is what is written: 123 and 1.5, but not 007 or 1.50. */
  private static boolean pythonWrites(String number) {
    if (INTEGER.matcher(number).matches()) {
      return true;
    }
    if (!DECIMAL.matcher(number).matches()) {
      return false;
    }
    var value = Double.parseDouble(number);
    var shortest = BigDecimal.valueOf(value).stripTrailingZeros();
    var digits = shortest.setScale(Math.max(1, shortest.scale())).toPlainString();
    return (value == 0 || Math.abs(value) >= 1e-4)
        && (Double.doubleToRawLongBits(value) < 0 && value == 0 ? "-" + digits : digits)
            .equals(number);
  }

  /** As Python's format() fills in the fields that are named in braces. */
  private String expanded(String where, String text) {
    return BRACES
        .matcher(text)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(
                    switch (match.group()) {
                      case "{{" -> "{";
                      case "}}" -> "}";
                      default ->
                          Optional.ofNullable(match.group("key"))
                              .flatMap(key -> filledIn(key, where))
                              .orElseThrow(
                                  () ->
                                      refuse(
                                          "has %s with braces that name no field of the cloud;"
                                              + " correct it",
                                          where));
                    }));
  }

  private Optional<String> filledIn(String key, String where) {
    return key.equals(where) || CloudKeys.ofSomeLogin(key) ? Optional.empty() : raw(key);
  }

  private static boolean isNull(Yaml value) {
    return value instanceof Scalar(Scalar.Type type, String written) && type == Scalar.Type.NULL;
  }
}
