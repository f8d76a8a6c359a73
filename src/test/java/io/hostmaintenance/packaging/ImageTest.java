package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the Dockerfile promises; {@code e2e/image} builds and runs it. The JVM reads an AOT cache
 * only under the flags with which it was written.
 */
class ImageTest {

  private static final Pattern FLAG = Pattern.compile("-XX:[\\w+:.=/-]+");

  private String image;
  private List<String> entrypoint;
  private List<String> training;

  @BeforeEach
  void read() throws IOException {
    image = Files.readString(Path.of("Dockerfile"));
    entrypoint = flags(image.substring(image.indexOf("ENTRYPOINT")));
    training = flags(image.substring(image.indexOf("AS training"), image.indexOf("ENTRYPOINT")));
  }

  private static List<String> flags(String text) {
    return FLAG.matcher(text).results().map(flag -> flag.group()).toList();
  }

  @Test
  void entrypointReadsTheCacheThatTheBuildWrites() {
    assertThat(training).contains("-XX:AOTCacheOutput=/tmp/operator.aot");
    assertThat(entrypoint).contains("-XX:AOTCache=operator.aot");
    assertThat(image).contains("COPY --from=training /tmp/operator.aot .");
  }

  @Test
  void cacheIsWrittenUnderTheCollectorAndTheCompilerOfTheEntrypoint() {
    assertThat(training)
        .containsAll(
            entrypoint.stream()
                .filter(flag -> flag.contains("GC") || flag.contains("Tiered"))
                .toList());
  }

  @Test
  void cacheIsWrittenByAProgramOfTheTests() throws IOException {
    var program = Pattern.compile("(io\\.hostmaintenance\\.[\\w.]+)").matcher(image);

    assertThat(program.find()).isTrue();
    assertThat(Path.of("src/test/java", program.group(1).replace('.', '/') + ".java")).exists();
  }

  @Test
  void everyBaseIsPinnedByItsDigest() {
    var bases = found("(?m)^FROM (\\S+[/:]\\S+)");

    assertThat(bases).hasSize(2).allMatch(base -> base.matches(".+:.+@sha256:[0-9a-f]{64}"));
  }

  @Test
  void labelsNameTheBaseOfTheImage() {
    var base = found("(?m)^FROM (\\S+) AS operator").getFirst().split("@");

    assertThat(label("base.name")).isEqualTo(base[0]);
    assertThat(label("base.digest")).isEqualTo(base[1]);
  }

  @Test
  void runtimeHasTheModulesThatJdepsFindsForTheOperatorsOwnClasses() {
    var modules = found("--add-modules\", \"([\\w.,]+)").getFirst().split(",");
    var output = new StringWriter();
    var status =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(output),
                new PrintWriter(output),
                "--ignore-missing-deps",
                "--print-module-deps",
                "target/classes");

    assertThat(status).as(output.toString()).isZero();
    assertThat(List.of(modules))
        .containsAll(
            Stream.of(output.toString().strip().split(","))
                .filter(module -> !module.equals("java.base"))
                .toList());
  }

  @Test
  void whatTheDockerfileCopiesIsNotIgnored() throws IOException {
    var ignored = Files.readAllLines(Path.of(".dockerignore"));
    var copied = found("(?m)^COPY (?!--from)(.+) \\S+$");

    assertThat(ignored).contains("*");
    assertThat(copied.stream().flatMap(names -> Stream.of(names.split(" "))))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(ignored).contains("!" + name));
  }

  private List<String> found(String pattern) {
    return Pattern.compile(pattern).matcher(image).results().map(match -> match.group(1)).toList();
  }

  private String label(String name) {
    return found("org\\.opencontainers\\.image\\." + name.replace(".", "\\.") + "=\"([^\"]+)\"")
        .getFirst();
  }
}
