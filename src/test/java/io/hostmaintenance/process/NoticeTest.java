package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Holds NOTICE against the SBOM that {@code mvn package} writes, and the SBOM against the libraries
 * of the jar; {@code -Dnotice.update} rewrites NOTICE instead.
 */
class NoticeTest {

  private static final Path NOTICE = Path.of("NOTICE");
  private static final Path SBOM = Path.of("target", "host-maintenance-operator-sbom.json");
  private static final Path LIBRARIES = Path.of("target", "lib");

  private JsonNode sbom;

  /** An offline build writes no SBOM (pom.xml). */
  @BeforeEach
  void read() throws IOException {
    assumeTrue(Files.exists(SBOM), "there is no SBOM");
    sbom = new ObjectMapper().readTree(SBOM.toFile());
  }

  private static String coordinates(JsonNode component) {
    return component.path("group").asText()
        + ":"
        + component.path("name").asText()
        + " "
        + component.path("version").asText();
  }

  /** SPDX ids, or names where there is no id. More than one: whoever uses it may choose. */
  private static String licences(JsonNode component) {
    return component
        .path("licenses")
        .valueStream()
        .map(l -> l.path("license"))
        .map(l -> l.has("id") ? l.path("id").asText() : l.path("name").asText())
        .collect(Collectors.joining(" or "));
  }

  @Test
  void noticeNamesEachLibraryOfTheSbomWithItsLicence() throws IOException {
    var made =
        sbom.path("components")
            .valueStream()
            .map(component -> coordinates(component) + " (" + licences(component) + ")\n")
            .sorted()
            .collect(
                Collectors.joining(
                    "",
                    """
                    host-maintenance-operator
                    Licensed under the Apache License, Version 2.0, see LICENSE.

                    The image contains these libraries, unchanged. Each jar carries its own notices.

                    """,
                    """

                    The image also contains a Java runtime, made of Eclipse Temurin by jlink (GPL-2.0-only with
                    Classpath-exception-2.0; its notices are in /opt/java/operator/legal), and Debian's glibc and time zones
                    from its base image (their notices are in /usr/share/doc).
                    """));
    if (System.getProperty("notice.update") != null) {
      Files.writeString(NOTICE, made);
    }

    assertThat(Files.readString(NOTICE))
        .as("run: mvn -q -Pprocess -Dtest=NoticeTest -Dnotice.update")
        .isEqualTo(made);
  }

  @Test
  void everyLibraryHasALicence() {
    assertThat(sbom.path("components").valueStream())
        .allSatisfy(component -> assertThat(licences(component)).isNotBlank());
  }

  @Test
  void sbomNamesEachLibraryThatShips() throws IOException {
    try (var jars = Files.list(LIBRARIES)) {
      var shipped = jars.map(jar -> jar.getFileName().toString()).toList();
      List<String> named =
          sbom.path("components")
              .valueStream()
              .map(c -> c.path("name").asText() + "-" + c.path("version").asText() + ".jar")
              .toList();

      assertThat(named).containsExactlyInAnyOrderElementsOf(shipped);
    }
  }
}
