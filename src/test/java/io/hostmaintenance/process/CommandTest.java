package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the jar: what each says in one line, and how it ends. */
class CommandTest {

  private static final Duration LONGEST = Duration.ofSeconds(90);

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void begin() throws IOException {
    bench = new Bench(directory, 2);
  }

  @AfterEach
  void end() throws IOException {
    bench.close();
  }

  private void ends(String command, Map<String, String> variables, int status, String sentence)
      throws IOException {
    try (var process = bench.command(command, variables)) {
      assertThat(process.ended(LONGEST)).as("it ended").isTrue();
      assertThat(process.log().strip()).contains(sentence).doesNotContain("\n");
      assertThat(process.exitStatus()).isEqualTo(status);
    }
  }

  @Test
  void checkCountsTheServicesOfTheCloud() throws IOException {
    ends("check", Map.of(), 0, "it has 4 nova-compute services");
  }

  @Test
  void checkFailsForACloudThatDoesNotExist() throws IOException {
    ends("check", Map.of("OS_CLOUD", "nowhere"), 1, "nowhere");
  }

  @Test
  void checkFailsWithABadSetting() throws IOException {
    ends("check", Map.of("HM_PORT", "http"), 2, "HM_PORT: 'http' is not a whole number");
  }

  @Test
  void checkUninstallSucceedsWithoutResources() throws IOException {
    ends("check-uninstall", Map.of(), 0, "");
  }

  @Test
  void checkUninstallFailsWhileThereIsAResource() throws IOException {
    bench.createAll();

    ends("check-uninstall", Map.of(), 1, "kubectl delete hm --all");
  }

  @Test
  void unknownCommandIsRefused() throws IOException {
    ends("chek", Map.of(), 2, "Unknown argument chek; see --help");
  }
}
