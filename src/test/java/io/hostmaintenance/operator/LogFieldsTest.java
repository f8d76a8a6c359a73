package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.nova.openstack4j.Logs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.MDC;

/** What a log store can filter by, and that people can read the rest. */
class LogFieldsTest {

  private static final String RECORD = "\\w\\[\\w+=";

  @TempDir Path directory;

  @Test
  void linesOfAReconciliationNameTheResourceAndItsHost() throws IOException {
    try (var cluster = Cluster.quick(directory);
        var logs = new Logs()) {
      cluster.startOperator(Cluster.QUICK);
      cluster.create("hm", HostMaintenanceSpecBuilder.builder().host("compute-1"));

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(logs.fields("hm: ServiceDisabled: "))
                      .isNotEmpty()
                      .allSatisfy(
                          fields ->
                              assertThat(fields)
                                  .containsEntry("hostmaintenance", "hm")
                                  .containsEntry("computeHost", "compute-1")
                                  .containsEntry("reason", "ServiceDisabled")));
    }
  }

  @Test
  void lineOfAnAcceptedMoveHasItsInstanceAndNovasRequestId() throws IOException {
    try (var world = new World(directory);
        var logs = new Logs()) {
      var server = world.active();
      world.create("hm", "compute-1");
      world.runUntil("hm", () -> !world.moveRequests().isEmpty());

      assertThat(logs.fields("Nova accepts to live-migrate instance " + server.id()))
          .singleElement()
          .satisfies(
              fields ->
                  assertThat(fields)
                      .containsEntry("instance", server.id())
                      .containsEntry("requestId", world.row("hm", server).requestId()));
    }
  }

  @Test
  void lineOfARefusedMoveHasItsInstanceAndNovasRequestId() throws IOException {
    try (var world = new World(directory);
        var logs = new Logs()) {
      var server = world.active();
      world.create("hm", "compute-1");
      world
          .simulator()
          .fault(
              1,
              World.moveRequest(),
              Fault.error(500, "No.", Map.of("x-openstack-request-id", "req-1")));
      world.runUntil("hm", () -> !world.moveRequests().isEmpty());

      assertThat(logs.fields("Nova does not live-migrate instance " + server.id()))
          .singleElement()
          .satisfies(
              fields ->
                  assertThat(fields)
                      .containsEntry("instance", server.id())
                      .containsEntry("requestId", "req-1"));
    }
  }

  @Test
  void questionsSideBySideAreLoggedWithTheFieldsOfWhoAsks() {
    List<String> fields;
    try (var _ = MDC.putCloseable("computeHost", "compute-1")) {
      Supplier<String> field = () -> MDC.get("computeHost");
      fields = ParallelReads.threads().all(List.of(field, field));
    }

    assertThat(fields).containsExactly("compute-1", "compute-1");
  }

  @Test
  void noLineOfAWholeMaintenanceHasAJavaRecordInIt() throws IOException {
    try (var world = new World(directory);
        var logs = new Logs()) {
      world.active();
      world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      world.create("hm", "compute-1");
      world.simulator().fault(1, World.moveRequest(), Fault.error(409, "No."));
      world.runUntilPhase("hm", "InMaintenance");
      world.delete("hm");
      world.runUntil("hm", () -> world.gone("hm"));

      assertThat(logs.ofTheOperator())
          .hasSizeGreaterThan(3)
          .allSatisfy(line -> assertThat(line).doesNotContainPattern(RECORD));
    }
  }
}
