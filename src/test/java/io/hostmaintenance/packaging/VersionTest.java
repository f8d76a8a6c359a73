package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The version stands in pom.xml. Whatever else names it follows, and {@code -Dversion.update}
 * rewrites it; what is made from the chart follows by {@link ChartDocsTest}.
 */
class VersionTest {

  private static final Pattern POM =
      Pattern.compile(
          "<artifactId>host-maintenance-operator</artifactId>\\s*<version>([^<]+)</version>");
  private static final String SNAPSHOT = "-SNAPSHOT";

  private static String version() throws IOException {
    var matcher = POM.matcher(Files.readString(Path.of("pom.xml")));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private static void holds(String file, String before, String version) throws IOException {
    var named = Pattern.compile("(" + before + ")([\\w.-]+)", Pattern.MULTILINE);
    var path = Path.of(file);
    if (System.getProperty("version.update") != null) {
      var rewritten = named.matcher(Files.readString(path)).replaceAll("$1" + version);
      Files.writeString(path, rewritten);
    }

    assertThat(named.matcher(Files.readString(path)).results().map(match -> match.group(2)))
        .as("run: mvn -q test -Dtest=VersionTest -Dversion.update")
        .isNotEmpty()
        .allMatch(version::equals);
  }

  @ParameterizedTest
  @CsvSource({
    "helm/host-maintenance-operator/Chart.yaml, '^appVersion: '",
    "helm/host-maintenance-operator/README.md, 'host-maintenance-operator:'",
    "helm/host-maintenance-operator/README.md, 'newTag: '",
    "docs/getting-started.md, 'host-maintenance-operator:'",
    "Dockerfile, 'image\\.version=\"'"
  })
  void imageHasTheVersionOfThePom(String file, String before) throws IOException {
    holds(file, before, version());
  }

  @ParameterizedTest
  @CsvSource({"helm/host-maintenance-operator/Chart.yaml, '^version: '"})
  void chartHasTheVersionThatIsBeingMade(String file, String before) throws IOException {
    holds(file, before, version().replace(SNAPSHOT, ""));
  }
}
