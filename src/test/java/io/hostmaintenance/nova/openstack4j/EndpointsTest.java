package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointsTest {

  private static final String VERSION =
      "{\"version\": {\"id\": \"v2.1\", \"min_version\": \"2.1\", \"version\": \"2.96\"}}";

  private final StubCloud cloud = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/compute/v2.1", "/internal/v2.1", "/two/v2.1"})
  void regionAndInterfaceChooseTheEndpoint(String base) throws IOException {
    var nova =
        StubCloud.nova(
            cloud(
                "region_name: " + (base.equals("/two/v2.1") ? "RegionTwo" : "RegionOne"),
                "interface: " + (base.equals("/internal/v2.1") ? "internal" : "public")),
            InstantSource.system());
    serve(base);

    assertThat(nova.computeServices()).isEmpty();
  }

  @Test
  void computeAndPlacementMayHaveTheirOwnInterfaceAndRegion() throws IOException {
    var nova =
        StubCloud.nova(
            cloud(
                "region_name: RegionTwo",
                "interface: admin",
                "compute_interface: internal",
                "compute_region_name: RegionOne",
                "placement_endpoint_type: public",
                "placement_region_name: RegionOne"),
            InstantSource.system());
    serve("/internal/v2.1");
    cloud.on("GET", "/placement/resource_providers/h1/allocations", 200, "{\"allocations\": {}}");

    assertThat(nova.computeServices()).isEmpty();
    assertThat(nova.allocations("h1")).hasValueSatisfying(c -> assertThat(c).isEmpty());
  }

  /** As catalogs of old Keystones have it. */
  @Test
  void endpointWithOnlyTheOldRegionFieldIsFound() throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(
                cloud
                    .endpoint("public", "RegionOne", "/compute/v2.1")
                    .replace("\"region_id\": \"RegionOne\", ", "")));
    serve("/compute/v2.1");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"regionone", "Region", "Nowhere"})
  void unknownRegionIsRejectedAndTheKnownRegionsAreNamed(String region) throws IOException {
    var file = cloud("region_name: " + region, "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> StubCloud.nova(file, InstantSource.system()).computeServices())
        .withMessage(
            "The catalog of cloud openstack has no public endpoint of type compute in region %s"
                + " (regions: RegionOne, RegionTwo); correct region_name or interface in %s, or"
                + " set compute_endpoint_override.",
            region, file)
        .matches(e -> e.kind() == Kind.CONFIGURATION && !e.outcomeUnknown());
  }

  @Test
  void catalogWithoutComputeIsAConfigurationErrorAndNovaIsNotCalled() throws IOException {
    cloud.catalog(
        "[{\"type\": \"identity\", \"name\": \"keystone\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "RegionOne", "/v3")));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageContaining("has no public endpoint of type compute")
        .matches(e -> e.kind() == Kind.CONFIGURATION);
    assertThat(cloud.requests()).hasSize(1);
  }

  @Test
  void severalRegionsWithoutRegionNameAreRejected() throws IOException {
    var file = cloud("", "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> StubCloud.nova(file, InstantSource.system()).computeServices())
        .withMessageContaining("more than one public endpoint of type compute")
        .withMessageContaining("set region_name in %s", file)
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void onlyRegionIsUsedWithoutRegionName() throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "Only", "/compute/v2.1")));
    serve("/compute/v2.1");

    assertThat(StubCloud.nova(cloud("", ""), InstantSource.system()).computeServices()).isEmpty();
  }

  @Test
  void computeEndpointOverrideTakesPrecedenceOverTheCatalog() throws IOException {
    var nova =
        StubCloud.nova(
            cloud(
                "region_name: Nowhere", "compute_endpoint_override: " + cloud.url() + "/else/v2.1"),
            InstantSource.system());
    serve("/else/v2.1");

    assertThat(nova.computeServices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nova/v2.1/22222222bbbb",
        "/nova/v2.1/AUTH_22222222bbbb",
        "/nova/v2.1/22222222-bbbb/"
      })
  void versionDiscoveryLeavesOutTheProjectIdOfTheEndpoint(String path) throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "RegionOne", path)));
    cloud.on("GET", "/nova/v2.1/", 200, VERSION);
    cloud.on("GET", path.replaceFirst("/$", "") + "/os-services", 200, "{\"services\": []}");
    cloud.on("GET", path + "/os-services", 200, "{\"services\": []}");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @Test
  void computeEndpointWithoutAVersionIsRejected() throws IOException {
    var file = cloud("compute_endpoint_override: " + cloud.url() + "/nova", "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> StubCloud.nova(file, InstantSource.system()).computeServices())
        .withMessage(
            "The compute endpoint %s/nova names no version; it should end in /v2.1.", cloud.url())
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void cloudWithoutPlacementHasNoConsumers() {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "RegionOne", "/compute/v2.1")));

    assertThat(cloud.nova(directory).allocations("h1")).isEmpty();
  }

  @Test
  void placementEndpointOverrideIsUsed() throws IOException {
    var nova =
        StubCloud.nova(
            cloud("region_name: RegionOne", "placement_endpoint_override: " + cloud.url() + "/p"),
            InstantSource.system());
    cloud.on("GET", "/p/resource_providers/h1/allocations", 200, "{\"allocations\": {}}");

    assertThat(nova.allocations("h1")).hasValueSatisfying(c -> assertThat(c).isEmpty());
  }

  /** What is said of services that nobody asks; the login does not depend on it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\": \"messaging-websocket\", \"endpoints\": [{\"interface\": \"public\","
            + " \"region\": \"RegionOne\", \"url\": \"ws://127.0.0.1:9000\"}]}",
        "{\"type\": \"image\", \"endpoints\": [{\"interface\": \"public\", \"url\": \"\"}]}",
        "{\"type\": \"image\", \"endpoints\": [{\"interface\": \"public\", \"url\": null}]}",
        "{\"type\": \"image\", \"endpoints\": [{\"interface\": \"public\", \"url\": 7}]}",
        "{\"type\": \"image\", \"endpoints\": [{\"interface\": \"nobody\", \"url\": \"::::\"}]}",
        "{\"type\": \"image\", \"endpoints\": [{\"interface\": 1, \"region\": {}, \"url\": [1]}]}",
        "{\"type\": \"image\", \"endpoints\": [{}]}",
        "{\"type\": \"image\", \"endpoints\": [null, 7, \"text\", []]}",
        "{\"type\": \"image\", \"endpoints\": null}",
        "{\"type\": \"image\", \"endpoints\": {\"a\": \"b\"}}",
        "{\"type\": \"image\"}",
        "{\"type\": null, \"endpoints\": []}",
        "{\"type\": 7, \"name\": [], \"id\": {}, \"enabled\": \"perhaps\", \"more\": {}}",
        "{}",
        "null",
        "7",
        "\"text\""
      })
  void invalidCatalogEntriesOfOtherServicesAreIgnored(String other) throws IOException {
    cloud.catalog("[%s, %s, %s]".formatted(other, compute("/compute/v2.1"), other));
    serve("/compute/v2.1");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]", "{}", "7", "\"text\"", "[null]"})
  void catalogWithoutAnyServiceIsAConfigurationError(String catalog) {
    cloud.catalog(catalog);

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageContaining("has no public endpoint of type compute")
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void missingCatalogIsAcceptedWithComputeEndpointOverride() throws IOException {
    cloud.keystone(
        request -> cloud.granting(cloud.token().replaceFirst("(?s),\\s*\"catalog\".*", "}}")));
    serve("/else/v2.1");
    var file = cloud("compute_endpoint_override: " + cloud.url() + "/else/v2.1");

    assertThat(StubCloud.nova(file, InstantSource.system()).computeServices()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ws://127.0.0.1:9000/v2.1      | it is no plain http or https URL
          ''                            | it is no plain http or https URL
          nova                          | it is no plain http or https URL
          http://127.0.0.1/v2.1?x=y     | it is no plain http or https URL
          http://127.0.0.1:99999/v2.1   | its port is none
          http:///v2.1                  | its host name or port is none
          http://böse/v2.1              | its host name or port is none
          https://nova_api:8774/v2.1    | its host name has an underscore
          http://127.0.0.1/v2.1/%zz     | its path has characters that no URL has
          """)
  void invalidComputeEndpointIsNamedWithItsCause(String url, String cause) throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"endpoints\": [{\"interface\": \"public\","
            + " \"region\": \"RegionOne\", \"url\": \"%s\"}]}]".formatted(url));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageStartingWith(
            "The public endpoint of type compute in the catalog of cloud openstack is \"%s\"",
            url.replaceFirst("\\?.*", ""))
        .withMessageContaining(cause)
        .withMessageContaining("compute_endpoint_override")
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void endpointWithAPasswordIsRejectedAndNotQuoted() throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"endpoints\": [{\"interface\": \"public\","
            + " \"region\": \"RegionOne\", \"url\": \"http://u:planted@127.0.0.1/v2.1\"}]}]");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessageContaining("it holds a user name or a password")
        .matches(e -> !e.getMessage().contains("planted"));
  }

  @Test
  void invalidEndpointIsIgnoredWhenAValidOneExists() throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"endpoints\": [%s, %s]}]"
            .formatted(
                cloud.endpoint("public", "RegionOne", "/compute/v2.1").replaceFirst("http:", "ws:"),
                cloud.endpoint("public", "RegionOne", "/compute/v2.1")));
    serve("/compute/v2.1");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/compute/v2.1/", "/compute/v2.1///", "//compute//v2.1", "///compute/v2.1//"})
  void extraSlashesInTheComputeUrlAreIgnored(String path) throws IOException {
    cloud.catalog("[%s]".formatted(compute(path)));
    serve("/compute/v2.1");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/placement/", "/placement//", "//placement"})
  void extraSlashesInThePlacementUrlAreIgnored(String path) throws IOException {
    cloud.catalog(
        "[%s, %s]"
            .formatted(
                compute("/compute/v2.1"), compute(path).replace("\"compute\"", "\"placement\"")));
    cloud.on("GET", "/placement/resource_providers/h1/allocations", 200, "{\"allocations\": {}}");

    assertThat(cloud.nova(directory).allocations("h1")).isPresent();
  }

  @Test
  void capitalsAndBlanksInTheComputeUrlAreIgnored() throws IOException {
    cloud.catalog(
        "[%s]"
            .formatted(
                compute("/compute/v2.1  ").replaceFirst("http://127.0.0.1", "  HTTP://LocalHost")));
    serve("/compute/v2.1");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  /** As in the containers of a Docker network. */
  @Test
  void unknownHostNameOfAnEndpointIsNamed() throws IOException {
    cloud.catalog(
        "[%s]"
            .formatted(
                compute("/compute/v2.1")
                    .replaceFirst("http://127.0.0.1", "http://mitaka_control.invalid")));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).computeServices())
        .withMessage(
            "GET / is not answered: could not connect: the host name mitaka_control.invalid is"
                + " unknown.");
  }

  private String compute(String path) {
    return "{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}"
        .formatted(cloud.endpoint("public", "RegionOne", path));
  }

  private void serve(String base) {
    cloud.on("GET", base + "/", 200, VERSION);
    cloud.on("GET", base + "/os-services", 200, "{\"services\": []}");
  }

  private Path cloud(String... settings) throws IOException {
    var file = cloud.cloudsYaml(directory);
    var text = Files.readString(file);
    return Files.writeString(
        file, text.replace("    region_name: RegionOne\n", String.join("\n", settings).indent(4)));
  }
}
