package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Renovate shall keep new by a pattern is there. */
class RenovateTest {

  private static final Path LAB = Path.of("e2e", "kube-lab");

  private static JsonNode renovate() throws IOException {
    return new ObjectMapper().readTree(Path.of("renovate.json").toFile());
  }

  static List<String> patterns() throws IOException {
    return StreamSupport.stream(renovate().path("customManagers").spliterator(), false)
        .map(manager -> manager.at("/matchStrings/0").asText())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void patternFindsAVersionInTheLab(String pattern) throws IOException {
    var found = Pattern.compile(pattern).matcher(Files.readString(LAB));

    assertThat(found.find()).isTrue();
    assertThat(found.group("currentValue")).matches("\\d+(\\.\\d+)+");
  }

  @Test
  void everyVersionOfTheLabHasAPattern() throws IOException {
    var versions =
        Pattern.compile("(?m)^[A-Z0-9]+=\\d+(\\.\\d+)+\\b").matcher(Files.readString(LAB));

    assertThat(versions.results().map(found -> found.group()))
        .isNotEmpty()
        .allSatisfy(
            version ->
                assertThat(patterns()).anyMatch(p -> Pattern.compile(p).matcher(version).find()));
  }

  @Test
  void pinnedPackagesOfTheNovaLabAreRead() throws IOException {
    var pattern = renovate().at("/pip_requirements/managerFilePatterns/0").asText();
    var file = "e2e/nova-lab-constraints.txt";

    assertThat(file).matches(pattern.substring(1, pattern.length() - 1));
    assertThat(Path.of(file)).exists();
  }
}
