package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openstack4j.api.types.Facing;

class CloudsFileTest {

  private static final String COMPLETE =
      """
      auth_url: https://cloud.example.org:5000
      username: operator
      password: plantedPassword
      user_domain_name: Default
      project_name: admin
      project_domain_id: default
      """;

  private static final String FLOW =
      "clouds: {\"prod\": {\"auth\": {\"auth_url\": \"https://c.example.org\", \"username\": \"u\","
          + " \"password\": \"p\", \"project_id\": \"1\", \"user_domain_id\": \"d\"}}}";

  @TempDir Path directory;

  @Test
  void readsTheCloudThatTheEnvironmentVariablesName() throws IOException {
    var file = Files.writeString(directory.resolve("mine.yaml"), cloud("prod", COMPLETE, ""));

    var cloud = read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString(), "OS_CLOUD", "prod"));

    assertThat(cloud.name()).isEqualTo("prod");
    assertThat(cloud.file()).isEqualTo(file.toString());
  }

  @Test
  void readsTheCloudNamedOpenstackFromTheHomeDirectoryByDefault() throws IOException {
    var file = directory.resolve(".config/openstack/clouds.yaml");
    Files.createDirectories(file.getParent());
    Files.writeString(file, cloud("openstack", COMPLETE, ""));

    assertThat(read(Map.of("HOME", directory.toString())).file()).isEqualTo(file.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "https://c.example.org:5000, https://c.example.org:5000/v3",
    "https://c.example.org:5000/, https://c.example.org:5000/v3",
    "https://c.example.org/identity/v3, https://c.example.org/identity/v3",
    "https://c.example.org/identity/v3/, https://c.example.org/identity/v3",
    "https://c.example.org/identity/v2.0, https://c.example.org/identity/v3",
    "'\"  https://c.example.org/v3 \"', https://c.example.org/v3",
    "HTTPS://C.Example.ORG/Identity, https://c.example.org/Identity/v3",
    "http://mitaka_control:5000, http://mitaka_control:5000/v3",
    "'http://[2001:DB8::1]:5000', 'http://[2001:db8::1]:5000/v3'",
  })
  void authUrlIsCompletedWithVersion3(String written, String meant) throws IOException {
    var auth = COMPLETE.replace("https://cloud.example.org:5000", written);

    assertThat(write(auth, "").authUrl()).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({"public, PUBLIC", "internalURL, INTERNAL", "admin, ADMIN", "adminURL, ADMIN"})
  void interfaceHasTwoSpellings(String written, Facing meant) throws IOException {
    assertThat(write(COMPLETE, "interface: " + written).facing()).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({"false, false", "'\"false\"', false", "true, true", "'', true"})
  void certificatesAreVerifiedUnlessVerifyIsFalse(String written, boolean meant)
      throws IOException {
    var setting = written.isEmpty() ? "" : "verify: " + written;

    assertThat(write(COMPLETE, setting).verify()).isEqualTo(meant);
  }

  @Test
  void passwordOfDigitsIsReadAsText() throws IOException {
    var cloud = write(COMPLETE.replace("plantedPassword", "12345"), "");

    assertThat(cloud.credentials().secret().value()).isEqualTo("12345");
  }

  @Test
  void endpointOverridesOfComputeAndPlacementAreRead() throws IOException {
    var cloud =
        write(
            COMPLETE,
            "compute_endpoint_override: http://nova:8774/v2.1/",
            "placement_endpoint_override: http://placement:8778");

    assertThat(cloud.computeEndpoint()).contains("http://nova:8774/v2.1");
    assertThat(cloud.placementEndpoint()).contains("http://placement:8778");
  }

  @ParameterizedTest
  @CsvSource({
    "auth_url, auth.auth_url",
    "username, auth.username (or auth.user_id)",
    "password, auth.password",
    "user_domain_name, auth.user_domain_name (or auth.user_domain_id)",
    "project_name, auth.project_name (or auth.project_id)",
    "project_domain_id, auth.project_domain_name (or auth.project_domain_id)",
  })
  void missingFieldIsNamed(String field, String told) {
    var auth = COMPLETE.replaceFirst("(?m)^" + field + ": .*\n", "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(auth, ""))
        .withMessage(
            "Cloud openstack in %s lacks %s; add it.", directory.resolve("clouds.yaml"), told)
        .matches(e -> e.kind() == Kind.CONFIGURATION && !e.outcomeUnknown());
  }

  @ParameterizedTest
  @CsvSource({
    "auth_type: v3oidcpassword, 'auth_type v3oidcpassword, which is not supported'",
    "auth_type: v3token, 'auth_type v3token, which is not supported'",
    "'cacert: \"a\\0b\"', cacert with a character that no path has",
    "interface: outer, 'interface outer, which does not exist'",
    "verify: maybe, 'verify maybe, which is neither true nor false'",
    "cacert: /nonesuch/ca.pem, 'cacert /nonesuch/ca.pem, which is no file'",
    "compute_endpoint_override: nova:8774, compute_endpoint_override without http:// or https://",
    "placement_endpoint_override: ftp://p, placement_endpoint_override without http:// or https://",
  })
  void invalidFieldIsNamedWithItsValue(String setting, String told) {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(COMPLETE, setting))
        .withMessageStartingWith("Cloud openstack in %s has", directory.resolve("clouds.yaml"))
        .withMessageContaining(told)
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void applicationCredentialNeedsItsSecret() {
    var auth = "auth_url: https://c.example.org\napplication_credential_id: ab12\n";

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(auth, "auth_type: v3applicationcredential"))
        .withMessageContaining("lacks auth.application_credential_secret; add it");
  }

  @Test
  void applicationCredentialByNameNeedsItsUser() {
    var auth =
        """
        auth_url: https://c.example.org
        application_credential_name: drain
        application_credential_secret: plantedSecret
        """;

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(auth, "auth_type: v3applicationcredential"))
        .withMessageContaining("lacks auth.username (or auth.user_id); add it");
  }

  @Test
  void unknownCloudIsNamed() throws IOException {
    var file = Files.writeString(directory.resolve("clouds.yaml"), cloud("prod", COMPLETE, ""));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(
            () -> read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString(), "OS_CLOUD", "test")))
        .withMessage(
            "%s has no cloud named test under \"clouds\"; add it or name another in OS_CLOUD.",
            file)
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void emptyFileHasNoCloud() throws IOException {
    var file = Files.writeString(directory.resolve("clouds.yaml"), "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())))
        .withMessageContaining("has no cloud named openstack");
  }

  @Test
  void missingFileOfOsClientConfigFileIsNamed() {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("OS_CLIENT_CONFIG_FILE", "/nonesuch/clouds.yaml")))
        .withMessage(
            "OS_CLIENT_CONFIG_FILE names /nonesuch/clouds.yaml, which is no file; correct the"
                + " path.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".config/openstack/clouds.yaml",
        ".config/openstack/clouds.yml",
        ".config/openstack/clouds.json",
        "xdg/openstack/clouds.yaml",
        "site/openstack/clouds.yaml"
      })
  void fileIsSearchedInTheDirectoriesOfOpenstacksdk(String place) throws IOException {
    var file = directory.resolve(place);
    Files.createDirectories(file.getParent());
    Files.writeString(
        file, place.endsWith("json") ? "{\"clouds\"" + FLOW.substring(6) + "}" : FLOW);

    assertThat(
            read(Map.of(
                    "HOME",
                    directory.toString(),
                    "XDG_CONFIG_HOME",
                    directory.resolve("xdg").toString(),
                    "XDG_CONFIG_DIRS",
                    directory.resolve("site").toString()))
                .file())
        .isEqualTo(file.toString());
  }

  @Test
  void onlyCloudOfAFileIsUsedWithoutOsCloud() throws IOException {
    var file = Files.writeString(directory.resolve("one.yaml"), cloud("prod", COMPLETE, ""));

    assertThat(read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())).name()).isEqualTo("prod");
  }

  @ParameterizedTest
  @ValueSource(strings = {"secure.yaml", ".config/openstack/secure.yaml", "named"})
  void passwordIsReadFromSecureYaml(String place) throws IOException {
    var file =
        Files.writeString(
            directory.resolve("clouds.yaml"),
            cloud("openstack", COMPLETE.replaceFirst("password: .*\n", ""), ""));
    var secure = directory.resolve(place);
    Files.createDirectories(secure.getParent());
    Files.writeString(secure, "clouds: {openstack: {auth: {password: ofSecure}}}");
    var environment = new HashMap<String, String>();
    environment.put("HOME", directory.toString());
    environment.put("OS_CLIENT_CONFIG_FILE", file.toString());
    if (place.equals("named")) {
      environment.put("OS_CLIENT_SECURE_FILE", secure.toString());
    }

    assertThat(read(environment).credentials().secret().value()).isEqualTo("ofSecure");
  }

  @Test
  void missingFileOfOsClientSecureFileIsNamed() throws IOException {
    var file = Files.writeString(directory.resolve("clouds.yaml"), FLOW);

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(
            () ->
                read(
                    Map.of(
                        "OS_CLIENT_CONFIG_FILE",
                        file.toString(),
                        "OS_CLIENT_SECURE_FILE",
                        "/nonesuch/secure.yaml")))
        .withMessageStartingWith("OS_CLIENT_SECURE_FILE names /nonesuch/secure.yaml");
  }

  @Test
  void fileLargerThanOneMebibyteIsRejected() {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(COMPLETE, "# " + "a".repeat(1 << 20)))
        .withMessageContaining("is larger than 1 MiB");
  }

  @Test
  void nestedYamlAliasesAreExpandedOnlyOnce() throws IOException {
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (var i = 1; i < 40; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    var file = Files.writeString(directory.resolve("clouds.yaml"), bomb + FLOW);

    assertThat(read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())).name()).isEqualTo("prod");
  }

  @Test
  void fileWithThousandsOfYamlAliasesIsRejected() throws IOException {
    var file =
        Files.writeString(
            directory.resolve("clouds.yaml"), "a: &a [x]\nb: [" + "*a, ".repeat(5000) + "*a]\n");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())))
        .withMessageContaining("too many aliases");
  }

  @Test
  void deeplyNestedYamlIsRejected() throws IOException {
    var file =
        Files.writeString(
            directory.resolve("clouds.yaml"), "a: " + "[".repeat(5000) + "]".repeat(5000));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())))
        .withMessageContaining("too many levels");
  }

  @Test
  void missingCloudsYamlMessageNamesTheSearchedPaths() {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("HOME", directory.toString())))
        .withMessageContaining("./clouds.yaml, %s/.config/openstack/clouds.yaml", directory)
        .withMessageContaining("OS_CLIENT_CONFIG_FILE");
  }

  @Test
  void invalidYamlIsReportedByLineAndNotQuoted() throws IOException {
    var file =
        Files.writeString(
            directory.resolve("clouds.yaml"), "clouds:\n  a: {password: plantedPassword\n b: [");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString())))
        .withMessage("%s is not YAML in line 3; correct its syntax.", file)
        .withNoCause();
  }

  @Test
  void authUrlWithAPasswordIsRejectedAndNotQuoted() {
    var auth = COMPLETE.replace("https://", "https://me:plantedPassword@");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> write(auth, ""))
        .withMessageContaining("auth.auth_url with a user or a password in it")
        .matches(e -> !e.getMessage().contains("planted"));
  }

  @Test
  void configurationDoesNotShowItsSecrets() throws IOException {
    assertThat(write(COMPLETE, "").toString()).contains("operator").doesNotContain("planted");
  }

  private CloudConfig write(String auth, String... settings) throws IOException {
    var file = directory.resolve("clouds.yaml");
    Files.writeString(file, cloud("openstack", auth, String.join("\n", settings)));
    return read(Map.of("OS_CLIENT_CONFIG_FILE", file.toString()));
  }

  private static CloudConfig read(Map<String, String> environment) {
    return new CloudsFile(environment).read();
  }

  private static String cloud(String name, String auth, String settings) {
    return "clouds:\n  %s:\n%s    auth:\n%s".formatted(name, settings.indent(4), auth.indent(6));
  }
}
