package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.util.Optional;

/**
 * A cloud by its name, in a clouds.yaml or in a Secret. In both at once it is refused, since nobody
 * can tell which is meant. A file that cannot be read does not hold up the clouds of Secrets, and
 * Secrets that cannot be read do not hold up those of the file.
 *
 * @param name its name
 * @param file where clouds.yaml is looked for
 * @param secrets those that carry names
 */
record NamedCloud(String name, CloudsFile file, CloudSecrets secrets) implements CloudSource {

  @Override
  public CloudConfig read() {
    var secret = secrets.named(name);
    var inFile = inFile(secret.isPresent());
    if (secret.isPresent() && inFile.isPresent()) {
      throw Failures.configuration(
          "Cloud %s is both in %s and in %s: remove it from one of them.",
          name, inFile.get().file(), secret.get().origin());
    }
    return secret.map(s -> s.read(name)).or(() -> inFile).orElseThrow(this::missing);
  }

  /** Of the default the file itself says best where it was looked for. */
  private NovaException missing() {
    var missing = secrets.missing(name);
    return missing.kind() == Kind.CONFIGURATION && file.isDefault(name)
        ? file.refusal().orElse(missing)
        : missing;
  }

  private Optional<CloudConfig> inFile(boolean inSecret) {
    try {
      return file.named(name);
    } catch (NovaException e) {
      if (inSecret) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
