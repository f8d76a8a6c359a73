package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudConfig.Certificates;
import io.hostmaintenance.nova.openstack4j.CloudConfig.ClientCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.core.transport.ObjectMapperSingleton;

/**
 * Each file of {@code clouds/}: we would send what openstacksdk sends, or we refuse the file with a
 * sentence. What openstacksdk sends stands in {@code openstacksdk.txt}; with {@code
 * -Dopenstacksdk.python=...}, an interpreter that has openstacksdk, it is asked anew, and {@code
 * -Dopenstacksdk.update} writes the file.
 */
class OpenstacksdkParityTest {

  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path CLOUDS = RESOURCES.resolve("clouds");
  private static final Path TOLD = RESOURCES.resolve("openstacksdk.txt");

  /** What openstacksdk refuses or misreads, and we take as it is plainly meant. */
  private static final Set<String> FORGIVEN =
      Set.of(
          "auth-url-blanks.yaml",
          "auth-url-v2.yaml",
          "secure-beside-auth-null.yaml",
          "verify-quoted-false.yaml",
          "verify-quoted-true.yaml");

  @TestFactory
  Stream<DynamicTest> sendsTheLoginOfOpenstacksdkOrRejectsTheFile() throws IOException {
    var refusals = refusals();
    return told(Files.readString(TOLD)).entrySet().stream()
        .filter(entry -> !FORGIVEN.contains(entry.getKey()))
        .map(
            entry ->
                dynamicTest(
                    entry.getKey(),
                    () ->
                        assertThat(ours(entry.getKey()))
                            .isEqualTo(
                                refusals.containsKey(entry.getKey())
                                    ? "refused: " + refusals.get(entry.getKey())
                                    : entry.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> acceptsFilesThatOpenstacksdkMisreads() {
    return FORGIVEN.stream()
        .map(
            file ->
                dynamicTest(
                    file, () -> assertThat(ours(file)).startsWith("login: https://keystone.")));
  }

  @Test
  void comparesEveryFile() throws IOException {
    try (var files = Files.list(CLOUDS)) {
      assertThat(told(Files.readString(TOLD)).keySet())
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> file.matches("[^.]+\\.(yaml|yml|json)"))
                  .toList());
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "openstacksdk.python", matches = ".+")
  void openstacksdkStillGivesTheRecordedResults() throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(
                System.getProperty("openstacksdk.python"),
                RESOURCES.resolve("openstacksdk.py").toString(),
                CLOUDS.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    if (System.getProperty("openstacksdk.update") != null) {
      Files.writeString(TOLD, told);
    }
    assertThat(told).isEqualTo(Files.readString(TOLD));
  }

  /** By file, what is said of it. */
  private static Map<String, String> told(String text) {
    var told = new LinkedHashMap<String, String>();
    for (var block : text.strip().split("\n\n")) {
      var lines = block.split("\n", 2);
      told.put(lines[0].substring(1, lines[0].length() - 1), lines[1]);
    }
    return told;
  }

  /** By file, the sentence with which we refuse it. */
  private static Map<String, String> refusals() throws IOException {
    return Files.readAllLines(RESOURCES.resolve("clouds-refusals.txt")).stream()
        .map(line -> line.split(": ", 2))
        .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
  }

  private static String ours(String file) throws IOException {
    var stem = file.replaceFirst("\\..*", "");
    var environment = new HashMap<String, String>();
    environment.put("HOME", CLOUDS.resolve("home").toString());
    environment.put("OS_CLIENT_CONFIG_FILE", CLOUDS.resolve(file).toString());
    if (Files.exists(CLOUDS.resolve(stem + ".secure.yaml"))) {
      environment.put("OS_CLIENT_SECURE_FILE", CLOUDS.resolve(stem + ".secure.yaml").toString());
    }
    if (Files.exists(CLOUDS.resolve(stem + ".env"))) {
      var variables = new Properties();
      variables.load(Files.newBufferedReader(CLOUDS.resolve(stem + ".env")));
      variables.forEach((name, value) -> environment.put((String) name, (String) value));
    }
    try {
      return effective(new CloudsFile(Map.copyOf(environment)).read());
    } catch (NovaException e) {
      return "refused: " + e.getMessage().replace(CLOUDS + "/", "");
    }
  }

  private static String effective(CloudConfig cloud) throws IOException {
    var auth = cloud.credentials().toAuth();
    var body =
        NovaJson.MAPPER.readTree(
            ObjectMapperSingleton.getContext(auth.getClass()).writer().writeValueAsString(auth));
    var client = cloud.clientCertificate();
    return Stream.of(
            "login: " + cloud.authUrl() + "/auth/tokens",
            "identity: " + sorted(body.path("auth").path("identity")),
            "scope: " + sorted(body.path("auth").path("scope")),
            "tls: verify %s, cert %s, key %s"
                .formatted(
                    cloud.verify() ? cloud.cacert().map(c -> path(c)).orElse("True") : "False",
                    client.map(ClientCertificate::certificates).map(Path::toString).orElse("None"),
                    client.map(ClientCertificate::key).map(Path::toString).orElse("None")),
            "compute: "
                + service(cloud, ServiceType.COMPUTE, cloud.computeEndpoint().orElse("None")),
            "placement: "
                + service(cloud, ServiceType.PLACEMENT, cloud.placementEndpoint().orElse("None")))
        .collect(Collectors.joining("\n"));
  }

  private static String path(Certificates certificates) {
    return ((Certificates.InFile) certificates).path().toString();
  }

  private static String service(CloudConfig cloud, ServiceType service, String override) {
    return "%s, region %s, override %s"
        .formatted(cloud.facing(service).value(), cloud.region(service).orElse("None"), override);
  }

  /** As Python's json.dumps(sort_keys=True) writes it. */
  private static String sorted(JsonNode json) {
    if (json.isObject()) {
      return json.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .map(entry -> "\"%s\": %s".formatted(entry.getKey(), sorted(entry.getValue())))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (json.isArray()) {
      return json.valueStream()
          .map(OpenstacksdkParityTest::sorted)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    return json.isMissingNode() ? "null" : json.toString();
  }
}
