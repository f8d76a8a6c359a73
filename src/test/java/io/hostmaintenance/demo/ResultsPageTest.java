package io.hostmaintenance.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo draws the page that kubectl hm draws: both of the same recorded statuses. */
class ResultsPageTest {

  private static final Path RECORDED = Path.of("kubectl-hm", "testdata");

  @ParameterizedTest
  @CsvSource({
    "status, status-40, 40, 0, false",
    "status, status-80, 80, 0, false",
    "status, status-120, 120, 0, false",
    "status, status-0, 0, 0, false",
    "status, status-low, 80, 16, false",
    "status, status-colour, 80, 0, true",
    "blocked, blocked-40, 40, 0, false",
    "blocked, blocked-80, 80, 0, false",
    "blocked, blocked-120, 120, 0, false",
    "blocked, blocked-0, 0, 0, false"
  })
  void pageIsThatOfThePlugin(String status, String page, int columns, int rows, boolean colour)
      throws IOException {
    var text = Files.readString(RECORDED.resolve(status + ".json"));
    var resource = Serialization.unmarshal(text, HostMaintenance.class);
    var created = Instant.parse(resource.getMetadata().getCreationTimestamp());

    var lines =
        new ResultsPage(columns, rows, colour).of(resource, created.plus(Duration.ofSeconds(20)));

    assertThat(String.join("\n", lines) + "\n")
        .isEqualTo(Files.readString(RECORDED.resolve(page + ".golden")));
  }
}
