package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A cloud by its name, in the clouds.yaml or in a Secret. */
class NamedCloudTest {

  private static final String ORIGIN = "Secret ops/north-cloud";

  @TempDir Path directory;

  private final Map<String, CloudSecret> secrets = new HashMap<>();
  private String file = "clouds: {}";

  private static String entry(String name, String user, String... more) {
    return """
        %s:
          auth:
            auth_url: https://%s.example.org:5000
            username: %s
            password: plantedPassword
            project_id: p
            user_domain_id: default
        %s"""
        .formatted(name, name, user, String.join("\n", more).indent(2))
        .indent(2);
  }

  private static String clouds(String... entries) {
    return "clouds:\n" + String.join("", entries);
  }

  private void secret(String name, Map<String, String> files) {
    secrets.put(
        name,
        new CloudSecret(
            ORIGIN,
            files.entrySet().stream()
                .collect(
                    Collectors.toMap(
                        Map.Entry::getKey, e -> e.getValue().getBytes(StandardCharsets.UTF_8)))));
  }

  private CloudConfig read(String name) throws IOException {
    return read(name, Map.of());
  }

  private CloudConfig read(String name, Map<String, String> more) throws IOException {
    var path = Files.writeString(directory.resolve("clouds.yaml"), file);
    var known =
        new CloudSecrets() {
          @Override
          public Optional<CloudSecret> named(String wanted) {
            return Optional.ofNullable(secrets.get(wanted));
          }

          @Override
          public NovaException missing(String wanted) {
            return Failures.configuration("There is no cloud %s.", wanted);
          }
        };
    var environment = new HashMap<>(more);
    environment.put("OS_CLIENT_CONFIG_FILE", path.toString());
    return new NamedCloud(name, new CloudsFile(environment), known).read();
  }

  private void refused(String name, String... words) {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(name))
        .matches(e -> e.kind() == Kind.CONFIGURATION)
        .matches(e -> !e.getMessage().contains("planted"))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @Test
  void isReadFromTheFileWhereverOsCloudPoints() throws IOException {
    file = clouds(entry("south", "carl"), entry("north", "ann"));

    assertThat(read("north").authUrl()).isEqualTo("https://north.example.org:5000/v3");
  }

  @Test
  void isReadFromTheSecretThatCarriesItsName() throws IOException {
    secret("north", Map.of("clouds.yaml", clouds(entry("south", "carl"), entry("north", "ann"))));

    var cloud = read("north");

    assertThat(cloud.authUrl()).isEqualTo("https://north.example.org:5000/v3");
    assertThat(cloud.file()).isEqualTo(ORIGIN);
  }

  @Test
  void onlyCloudOfASecretIsMeantWhateverItsName() throws IOException {
    secret("north", Map.of("clouds.yaml", clouds(entry("openstack", "ann"))));

    var cloud = read("north");

    assertThat(cloud.authUrl()).isEqualTo("https://openstack.example.org:5000/v3");
    assertThat(cloud.name()).isEqualTo("north");
  }

  @Test
  void noneOfSeveralCloudsOfASecretIsMeantByAnotherName() {
    secret("north", Map.of("clouds.yaml", clouds(entry("east", "a"), entry("west", "b"))));

    refused("north", ORIGIN, "2 clouds", "none is named north");
  }

  @Test
  void inFileAndSecretAtOnceIsRefused() {
    file = clouds(entry("north", "ann"));
    secret("north", Map.of("clouds.yaml", clouds(entry("north", "ann"))));

    refused("north", "north", ORIGIN, "clouds.yaml", "remove it from one of them");
  }

  @Test
  void fileThatIsNoYamlDoesNotHoldUpASecret() throws IOException {
    file = "clouds: [";
    secret("north", Map.of("clouds.yaml", clouds(entry("north", "ann"))));

    assertThat(read("north").file()).isEqualTo(ORIGIN);
  }

  @Test
  void nameThatNobodyCarriesIsRefused() {
    refused("north", "There is no cloud north");
  }

  @Test
  void defaultThatNobodyCarriesIsSoughtInTheFile() {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read("north", Map.of("OS_CLOUD", "north")))
        .withMessageContainingAll("clouds.yaml has no cloud named north", "OS_CLOUD");
  }

  @Test
  void cloudNamedLikeThatOfTheVariablesIsRefused() {
    file = clouds(entry("envvars", "carl"), entry("north", "ann"));

    refused("north", "names a cloud envvars");
  }

  @Test
  void secureYamlOfASecretIsLaidOverItsCloudsYaml() throws IOException {
    secret(
        "north",
        Map.of(
            "clouds.yaml",
            clouds(entry("north", "ann")),
            "secure.yaml",
            "clouds: {north: {auth: {username: eve}}}"));

    assertThat(read("north").credentials().who()).contains("eve");
  }

  @Test
  void certificatesOfASecretAreTrusted() throws IOException {
    secret("north", Map.of("clouds.yaml", clouds(entry("north", "ann")), "cacert", "PEM"));

    assertThat(Trust.of(read("north")).certificates()).contains("PEM");
  }

  @ParameterizedTest
  @CsvSource({"cacert, key cacert", "cert, clouds.yaml"})
  void secretNamesNoFileOfTheOperatorsMachine(String field, String remedy) {
    secret(
        "north",
        Map.of("clouds.yaml", clouds(entry("north", "ann", field + ": /etc/openstack/it.pem"))));

    refused("north", ORIGIN, "has " + field + ", which names a file", remedy);
  }

  @Test
  void secretWithoutACloudsYamlIsRefused() {
    secret("north", Map.of("secure.yaml", "clouds: {}"));

    refused("north", ORIGIN + " has no key clouds.yaml");
  }

  @ParameterizedTest
  @CsvSource({"clouds.yaml, password: [plantedPassword", "secure.yaml, plantedPassword"})
  void brokenKeyOfASecretIsNamedWithoutItsText(String key, String text) {
    var files = new HashMap<>(Map.of("clouds.yaml", clouds(entry("north", "ann"))));
    files.put(key, text);
    secret("north", files);

    refused("north", ORIGIN + ", key " + key);
  }

  @Test
  void secretDoesNotShowItsContents() {
    secret("north", Map.of("clouds.yaml", clouds(entry("north", "ann"))));

    assertThat(secrets.toString()).contains(ORIGIN).doesNotContain("planted");
  }
}
