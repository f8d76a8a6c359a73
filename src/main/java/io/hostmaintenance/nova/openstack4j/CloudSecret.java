package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudEntry.Paths;
import io.hostmaintenance.nova.openstack4j.Yaml.Mapping;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * A cloud that is kept in memory, such as in a Secret: {@code clouds.yaml}, perhaps a {@code
 * secure.yaml} to be laid over it, and perhaps the certificates to trust in {@code cacert}.
 *
 * @param origin where it is kept, for people
 * @param files their contents by their names
 */
public record CloudSecret(String origin, Map<String, byte[]> files) {

  private static final String CLOUDS = "clouds.yaml";

  /** Keeps a copy of the map. */
  public CloudSecret {
    files = Map.copyOf(files);
  }

  /**
   * The cloud of this name in its clouds.yaml, else the only one there.
   *
   * @throws NovaException CONFIGURATION, naming the origin, the field and the way out
   */
  CloudConfig read(String name) {
    var secure = file("secure.yaml").map(YamlFile::read).orElse(Mapping.EMPTY);
    var clouds =
        file(CLOUDS)
            .orElseThrow(() -> Failures.configuration("%s has no key %s; add it.", origin, CLOUDS))
            .read()
            .under(secure)
            .mapping("clouds");
    var entry = entry(name, clouds);
    if (!(clouds.get(entry).orElse(null) instanceof Mapping fields)) {
      throw Failures.configuration(
          "%s has no fields below cloud %s in its %s; add them.", origin, entry, CLOUDS);
    }
    var cacert =
        Optional.ofNullable(files.get("cacert"))
            .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
    return new CloudEntry(
            name, origin, new CloudFields(origin, entry, fields), new Paths.InSecret(cacert))
        .config();
  }

  private String entry(String name, Mapping clouds) {
    var names = clouds.entries().keySet();
    if (names.contains(name)) {
      return name;
    }
    if (names.size() != 1) {
      throw Failures.configuration(
          "%s has %s clouds in its %s, and none is named %s; name one so.",
          origin, names.size(), CLOUDS, name);
    }
    return names.iterator().next();
  }

  private Optional<YamlFile> file(String key) {
    return Optional.ofNullable(files.get(key))
        .map(bytes -> YamlFile.of(origin + ", key " + key + ",", bytes));
  }

  /** Without its contents. */
  @Override
  public String toString() {
    return origin;
  }
}
