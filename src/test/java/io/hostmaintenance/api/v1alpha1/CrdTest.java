package io.hostmaintenance.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.crdv2.generator.CRDGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds {@code crds/} against the types; {@code -Dcrds.update} rewrites instead. */
class CrdTest {

  private static final String NAME = "hostmaintenances.hostmaintenance.io-v1.yml";
  private static final Path COMMITTED = Path.of("crds", NAME);

  @TempDir Path directory;

  @Test
  void committedCrdEqualsTheCrdGeneratedFromTheTypes() throws IOException {
    var generated = generate();
    if (System.getProperty("crds.update") != null) {
      Files.writeString(COMMITTED, generated);
    }
    assertThat(Files.readString(COMMITTED))
        .as("run: mvn -q test -Dtest=CrdTest -Dcrds.update")
        .isEqualTo(generated);
  }

  private String generate() throws IOException {
    new CRDGenerator()
        .customResourceClasses(HostMaintenance.class)
        .forCRDVersions("v1")
        .withMinQuotes(true)
        .withParallelGenerationEnabled(false)
        .withPostProcessor(new CrdSchema())
        .inOutputDir(directory.toFile())
        .detailedGenerate();
    return Files.readString(directory.resolve(NAME));
  }
}
