package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The hosts of the examples are nobody's: the domain {@code example} is reserved (RFC 2606). */
class ExampleHostsTest {

  private static final Pattern HOST =
      Pattern.compile("(?m)^ *(?:host|targetHost): *['\"]?([^\\s'\",}]+)");

  private static Stream<Path> pages() throws IOException {
    var guides = Files.list(Path.of("docs", "guides"));
    var chart = Stream.of("README.md", "Chart.yaml", "templates/NOTES.txt");
    var examples = Files.walk(Path.of("examples")).filter(f -> f.toString().endsWith(".yaml"));
    return Stream.of(
            Stream.of("README.md", "docs/getting-started.md", "docs/reference.md").map(Path::of),
            guides,
            chart.map(Chart.DIRECTORY::resolve),
            examples)
        .flatMap(files -> files);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void hostsBelongToNobody(Path page) throws IOException {
    var hosts = HOST.matcher(Files.readString(page)).results().map(match -> match.group(1));

    assertThat(hosts).allMatch(host -> host.endsWith(".example"));
  }
}
