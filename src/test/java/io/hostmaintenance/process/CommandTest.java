package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the jar: what each says in one line, and how it ends. */
class CommandTest {

  @AutoClose private final Bench bench;

  CommandTest(@TempDir Path directory) throws IOException {
    bench = new Bench(directory, 2);
  }

  private void ends(String command, Map<String, String> variables, int status, String sentence)
      throws IOException {
    assertThat(bench.command(command, variables).endsWith(status).strip())
        .contains(sentence)
        .doesNotContain("\n");
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
