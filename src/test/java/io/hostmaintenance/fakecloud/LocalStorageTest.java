package io.hostmaintenance.fakecloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a live migration that may copy nothing finds (nova/virt/libvirt/driver.py). */
class LocalStorageTest {

  private final Cloud cloud = new Cloud(Instant.parse("2026-01-01T00:00:00Z"), 1);

  @BeforeEach
  void hosts() {
    List.of("compute-1", "compute-2", "compute-3").forEach(cloud::addHost);
  }

  private Server moved(boolean mayCopyDisks) {
    var server = cloud.place(NewServer.on("compute-1"));
    var request = new LiveMigrationRequest(null, false, mayCopyDisks, false);
    cloud.liveMigrate(cloud.as(cloud.users().get("admin")), server.id(), request);
    cloud.settle();
    return server;
  }

  @ParameterizedTest
  @CsvSource({"true, true", "false, false"})
  void withoutSharedStorageOnlyAMoveThatMayCopyDisksSucceeds(boolean mayCopy, boolean leaves) {
    cloud.localStorage();

    assertThat(moved(mayCopy).host().equals("compute-1")).isEqualTo(!leaves);
  }

  @Test
  void withSharedStorageAMoveThatMayCopyNothingSucceeds() {
    assertThat(moved(false).host()).isNotEqualTo("compute-1");
  }

  /** Nova does not try the next host: its conductor takes this failure for the end. */
  @Test
  void refusalIsToldByTheChecksOfOneHostAndByTheConductor() {
    cloud.localStorage();

    var server = moved(false);

    assertThat(server.status()).isEqualTo("ACTIVE");
    assertThat(cloud.actions(server.id()).getLast().events())
        .filteredOn(e -> "Error".equals(e.result()))
        .hasSize(3)
        .allSatisfy(e -> assertThat(e.details()).startsWith("compute-1 is not on shared storage:"));
  }
}
