package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The JVM reads an AOT cache only under the flags with which it was written. */
class ImageTest {

  private static final Pattern FLAG = Pattern.compile("-XX:[\\w+:.=-]+");

  private String image;
  private List<String> entrypoint;
  private List<String> training;

  @BeforeEach
  void read() throws IOException {
    image = Files.readString(Path.of("Dockerfile"));
    entrypoint = flags(image.substring(image.indexOf("ENTRYPOINT")));
    training = flags(image.substring(image.indexOf("RUN java"), image.indexOf("ENTRYPOINT")));
  }

  private static List<String> flags(String text) {
    return FLAG.matcher(text).results().map(flag -> flag.group()).toList();
  }

  @Test
  void entrypointReadsTheCacheThatTheBuildWrites() {
    assertThat(training).contains("-XX:AOTCacheOutput=operator.aot");
    assertThat(entrypoint).contains("-XX:AOTCache=operator.aot");
    assertThat(image)
        .contains("COPY --from=training /opt/host-maintenance-operator/operator.aot .");
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
}
