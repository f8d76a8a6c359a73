package io.hostmaintenance.nova.openstack4j;

import static java.util.function.Predicate.not;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudEntry.Paths;
import io.hostmaintenance.nova.openstack4j.Yaml.Mapping;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where OpenStack's own tools keep their clouds, found as openstacksdk finds them (its
 * config/loader.py): {@code clouds.yaml}, {@code clouds.yml} or {@code clouds.json} in the working
 * directory, {@code $XDG_CONFIG_HOME/openstack}, {@code ~/.config/openstack}, {@code
 * $XDG_CONFIG_DIRS/openstack} or {@code /etc/openstack}, or the file that {@code
 * OS_CLIENT_CONFIG_FILE} names. A {@code secure.yaml} of the same places, or that {@code
 * OS_CLIENT_SECURE_FILE} names, or beside clouds.yaml, is laid over it.
 *
 * @param environment the variables of the process
 */
record CloudsFile(Map<String, String> environment) implements CloudSource {

  private static final List<String> SUFFIXES = List.of(".yaml", ".yml", ".json");

  /**
   * Reads the cloud that {@code OS_CLOUD} names, each time anew; without it the only cloud there
   * is, or else the one named {@code openstack}.
   *
   * @throws NovaException CONFIGURATION, naming the file, the field and the way out
   */
  @Override
  public CloudConfig read() {
    var file =
        file()
            .orElseThrow(
                () ->
                    Failures.configuration(
                        "There is no clouds.yaml at ./clouds.yaml, %s or"
                            + " /etc/openstack/clouds.yaml; write one or name it in"
                            + " OS_CLIENT_CONFIG_FILE.",
                        home().resolve(".config/openstack/clouds.yaml")));
    var clouds = clouds(file);
    var name = name(file, clouds);
    return cloud(file, clouds, name)
        .orElseThrow(
            () ->
                Failures.configuration(
                    "%s has no cloud named %s under \"clouds\"; add it or name another in"
                        + " OS_CLOUD.",
                    file, name));
  }

  /**
   * Reads the cloud of this name, each time anew.
   *
   * @return empty when there is no file, or no such cloud in it
   * @throws NovaException CONFIGURATION, naming the file, the field and the way out
   */
  Optional<CloudConfig> named(String name) {
    return file().flatMap(file -> cloud(file, clouds(file), name));
  }

  private Mapping clouds(Path file) {
    var secrets = secrets(file).map(YamlFile::on).map(YamlFile::read).orElse(Mapping.EMPTY);
    var clouds = YamlFile.on(file).read().under(secrets).mapping("clouds");
    var ofVariables = variable("OS_CLOUD_NAME").orElse("envvars");
    if (clouds.get(ofVariables).isPresent()) {
      throw Failures.configuration(
          "%s names a cloud %s, as openstacksdk calls the cloud of the OS_ variables; rename it.",
          file, ofVariables);
    }
    return clouds;
  }

  /**
   * Says which cloud of which file is the default, for people; reads no file.
   *
   * @return such as {@code cloud north of /etc/openstack/clouds.yaml}
   */
  String told() {
    try {
      var cloud = variable("OS_CLOUD").map(name -> "cloud " + name).orElse("the only cloud");
      return file().map(f -> cloud + " of " + f.toAbsolutePath()).orElse("no clouds.yaml");
    } catch (NovaException e) {
      return e.getMessage();
    }
  }

  /** Whether {@code OS_CLOUD} names this cloud. */
  boolean isDefault(String name) {
    return variable("OS_CLOUD").filter(name::equals).isPresent();
  }

  /** Why the default cannot be read; empty when it can. */
  Optional<NovaException> refusal() {
    try {
      read();
      return Optional.empty();
    } catch (NovaException e) {
      return Optional.of(e);
    }
  }

  private Optional<CloudConfig> cloud(Path file, Mapping clouds, String name) {
    var from = file.toString();
    return clouds.get(name).orElse(null) instanceof Mapping fields
        ? Optional.of(
            new CloudEntry(
                    name, from, new CloudFields(from, name, fields), new Paths.OnDisk(home()))
                .config())
        : Optional.empty();
  }

  private String name(Path file, Mapping clouds) {
    return variable("OS_CLOUD")
        .orElseGet(
            () -> {
              if (variable("OS_AUTH_URL").isPresent()) {
                throw Failures.configuration(
                    "OS_AUTH_URL is set without OS_CLOUD, but only clouds of %s are read; name one"
                        + " of them in OS_CLOUD.",
                    file);
              }
              var names = clouds.entries().keySet();
              return names.size() == 1 ? names.iterator().next() : "openstack";
            });
  }

  private Optional<Path> file() {
    return fileOf("OS_CLIENT_CONFIG_FILE").or(() -> found("clouds").findFirst());
  }

  private Optional<Path> secrets(Path clouds) {
    return fileOf("OS_CLIENT_SECURE_FILE")
        .or(
            () ->
                Stream.concat(found("secure"), files(clouds.toAbsolutePath().getParent(), "secure"))
                    .findFirst());
  }

  private Optional<Path> fileOf(String variable) {
    return variable(variable)
        .map(Path::of)
        .map(
            file -> {
              if (!Files.isRegularFile(file)) {
                throw Failures.configuration(
                    "%s names %s, which is no file; correct the path.", variable, file);
              }
              return file;
            });
  }

  private Stream<Path> found(String stem) {
    var home = home().resolve(".config");
    return Stream.of(
            Path.of(""),
            variable("XDG_CONFIG_HOME").map(Path::of).orElse(home).resolve("openstack"),
            home.resolve("openstack"),
            Path.of(variable("XDG_CONFIG_DIRS").orElse("/etc/xdg"), "openstack"),
            Path.of("/etc/openstack"))
        .flatMap(directory -> files(directory, stem));
  }

  private static Stream<Path> files(Path directory, String stem) {
    return SUFFIXES.stream()
        .map(suffix -> directory.resolve(stem + suffix))
        .filter(Files::isRegularFile);
  }

  private Path home() {
    return Path.of(variable("HOME").orElseGet(() -> System.getProperty("user.home")));
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(not(String::isBlank));
  }
}
