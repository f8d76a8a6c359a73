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
  void eachServiceMayHaveItsOwnInterfaceAndRegion() throws IOException {
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
    assertThat(nova.consumers("h1")).hasValueSatisfying(c -> assertThat(c).isEmpty());
  }

  /** As catalogs of old Keystones have it. */
  @Test
  void endpointMayNameItsRegionByTheOldFieldAlone() throws IOException {
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
  void regionIsExact(String region) throws IOException {
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
  void withoutComputeInTheCatalogNobodyIsAsked() throws IOException {
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
  void severalRegionsWithoutAChoiceAreRefused() throws IOException {
    var file = cloud("", "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> StubCloud.nova(file, InstantSource.system()).computeServices())
        .withMessageContaining("more than one public endpoint of type compute")
        .withMessageContaining("set region_name in %s", file)
        .matches(e -> e.kind() == Kind.CONFIGURATION);
  }

  @Test
  void oneRegionNeedsNoChoice() throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "Only", "/compute/v2.1")));
    serve("/compute/v2.1");

    assertThat(StubCloud.nova(cloud("", ""), InstantSource.system()).computeServices()).isEmpty();
  }

  @Test
  void overrideGoesBeforeTheCatalog() throws IOException {
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
  void versionIsAskedForWithoutTheProject(String path) throws IOException {
    cloud.catalog(
        "[{\"type\": \"compute\", \"name\": \"nova\", \"endpoints\": [%s]}]"
            .formatted(cloud.endpoint("public", "RegionOne", path)));
    cloud.on("GET", "/nova/v2.1/", 200, VERSION);
    cloud.on("GET", path.replaceFirst("/$", "") + "/os-services", 200, "{\"services\": []}");
    cloud.on("GET", path + "/os-services", 200, "{\"services\": []}");

    assertThat(cloud.nova(directory).computeServices()).isEmpty();
  }

  @Test
  void endpointWithoutAVersionIsRefused() throws IOException {
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

    assertThat(cloud.nova(directory).consumers("h1")).isEmpty();
  }

  @Test
  void placementMayBeOverridden() throws IOException {
    var nova =
        StubCloud.nova(
            cloud("region_name: RegionOne", "placement_endpoint_override: " + cloud.url() + "/p"),
            InstantSource.system());
    cloud.on("GET", "/p/resource_providers/h1/allocations", 200, "{\"allocations\": {}}");

    assertThat(nova.consumers("h1")).hasValueSatisfying(c -> assertThat(c).isEmpty());
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
