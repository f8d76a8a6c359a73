package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a reader may apply. Its hosts are nobody's: the domain {@code example} is reserved (RFC
 * 2606).
 */
class ExamplesTest {

  private static final Pattern HOST =
      Pattern.compile("(?m)^ *(?:host|targetHost): *['\"]?([^\\s'\",}]+)");

  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .registerModule(new JavaTimeModule())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private static Stream<Path> examples() throws IOException {
    return Files.list(Path.of("examples")).filter(file -> file.toString().endsWith(".yaml"));
  }

  private static Stream<Path> pages() throws IOException {
    var guides = Files.list(Path.of("docs", "guides"));
    var chart = Stream.of("README.md", "Chart.yaml", "templates/NOTES.txt");
    return Stream.of(
            Stream.of("README.md", "docs/getting-started.md", "docs/reference.md").map(Path::of),
            guides,
            chart.map(Chart.DIRECTORY::resolve),
            examples())
        .flatMap(files -> files);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void hostsBelongToNobody(Path page) throws IOException {
    var hosts = HOST.matcher(Files.readString(page)).results().map(match -> match.group(1));

    assertThat(hosts).allMatch(host -> host.endsWith(".example"));
  }

  @ParameterizedTest
  @MethodSource("maintenances")
  void exampleHasOnlyFieldsThatTheOperatorKnows(Path example) throws IOException {
    var tree = Serialization.unmarshal(Files.readString(example), Object.class);

    assertThatCode(() -> STRICT.convertValue(tree, HostMaintenance.class))
        .doesNotThrowAnyException();
  }

  private static Stream<Path> maintenances() throws IOException {
    return examples().filter(file -> file.getFileName().toString().startsWith("host-"));
  }
}
