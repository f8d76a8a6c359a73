package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the process begins, and how it ends when it cannot. */
class StartTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @AutoClose private final Bench bench;

  StartTest(@TempDir Path directory) throws IOException {
    bench = new Bench(directory, 2);
  }

  private static void endsWith(OperatorJar operator, String sentence) throws IOException {
    assertThat(operator.endsWith(1)).contains("The operator could not start: ").contains(sentence);
  }

  @Test
  void operatorExitsWhenItMayNotListHostMaintenances() throws IOException {
    bench.kubernetes().refuse(KubernetesApi.Kind.LIST, 403, "hostmaintenances is forbidden");

    endsWith(bench.start(Map.of()), "templates/rbac.yaml");
  }

  @Test
  void operatorNamesAnApiServerThatDoesNotAnswerAndTheFileThatNamesIt() throws IOException {
    bench.kubernetes().close();

    endsWith(bench.start(Map.of()), "does not answer: Connection refused; correct");
  }

  @Test
  void operatorExitsWhenTheNamespaceOfItsLeaseIsMissing() throws IOException {
    endsWith(
        bench.start(Map.of("HM_LEADER_ELECTION", "true", "HM_NAMESPACE", "nowhere")),
        "namespaces \"nowhere\" not found");
  }

  /** In a locale whose digits are not ASCII. */
  @Test
  void operatorExitsWhenItsPortIsInUseAndNamesThePortInAsciiDigits() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = String.valueOf(taken.getLocalPort());

      endsWith(
          bench.start(Map.of("HM_PORT", port), "-Duser.language=ar", "-Duser.country=EG"),
          "port " + port);
    }
  }

  @Test
  void operatorExitsWithoutAnErrorWhenItIsTerminatedDuringTheStart() throws IOException {
    bench.kubernetes().refuse(KubernetesApi.Kind.OTHER, 500, "not yet");
    try (var operator = bench.start(Map.of())) {
      Bench.until(
          operator,
          PATIENCE,
          () -> bench.kubernetes().calls().containsKey(KubernetesApi.Kind.OTHER));
      operator.terminate();

      assertThat(operator.ended(PATIENCE)).isTrue();
      assertThat(operator.log()).doesNotContain("could not start");
    }
  }
}
