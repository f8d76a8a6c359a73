package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code check} says of a cloud. */
class CloudCheckTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path directory;
  private CloudSimulator simulator;
  private Map<String, String> environment;

  @BeforeEach
  void begin() throws IOException {
    var cloud = new Cloud(NOW, new SplittableRandom(1), Timing.DEFAULT);
    List.of("compute-1", "compute-2").forEach(cloud::addHost);
    simulator = new CloudSimulator(cloud, () -> NOW);
    environment = Cluster.environment(directory, simulator);
  }

  @AfterEach
  void end() throws IOException {
    simulator.close();
  }

  private Nova nova() {
    return OpenStackCloud.nova(
        environment,
        () -> NOW,
        System::nanoTime,
        (operation, status, duration) -> {},
        Duration.ofSeconds(60));
  }

  @Test
  void namesTheCloudAndCountsItsServices() {
    assertThat(CloudCheck.answer("openstack", nova()))
        .isEqualTo(
            "Cloud openstack answers: it has 2 nova-compute services, and 2 of them are enabled.");
  }

  @Test
  void failsWithAWrongPassword() throws IOException {
    var file = Path.of(environment.get("OS_CLIENT_CONFIG_FILE"));
    Files.writeString(file, Files.readString(file).replaceAll("password: .*", "password: wrong"));

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> CloudCheck.answer("openstack", nova()))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(NovaException.Kind.UNAUTHORIZED));
  }
}
