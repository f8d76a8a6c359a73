package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.http.Fault;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.nova.openstack4j.Mutation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What strangers write into Nova, from its answer to the status that is stored. */
class HostileCloudTest {

  private static final String HARMFUL =
      "[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}[\\p{Cf}&&[^\\u200c\\u200d]]]";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Predicate<Request> SERVERS = on("GET", "/v2\\.1/.*servers/detail");
  private static final Predicate<Request> ANY_LIST =
      on("GET", "/(v2\\.1/.*(servers|os-|migrations).*|placement/.+)");

  @SuppressWarnings("unused")
  private static final java.util.List<String> HOSTILE = Mutation.HOSTILE;

  @TempDir Path directory;
  private World world;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory);
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  /** Changes each server that Nova lists from now on. */
  private void servers(Consumer<ObjectNode> change) {
    world
        .simulator()
        .fault(
            SERVERS,
            new Fault.Rewrite(
                body -> {
                  var json = parse(body);
                  json.path("servers").forEach(s -> change.accept((ObjectNode) s));
                  return json.toString();
                }));
  }

  /** Every status that was stored is JSON of harmless and short texts. */
  private void harmless() {
    assertThat(world.resources().writes()).isNotEmpty();
    for (var status : world.resources().writes()) {
      harmless(parse(Serialization.asJson(status)));
    }
  }

  private static void harmless(JsonNode node) {
    if (node.isTextual()) {
      assertThat(node.asText()).doesNotContainPattern(HARMFUL);
      assertThat(node.asText().getBytes(UTF_8).length).isLessThanOrEqualTo(1024);
    }
    node.forEach(HostileCloudTest::harmless);
  }

  @ParameterizedTest
  @FieldSource("HOSTILE")
  void instanceWithAHostileNameIsMoved(String name) {
    world.active();
    servers(s -> s.put("name", name));
    world.create("hm", "compute-1");

    world.runUntilPhase("hm", "InMaintenance");

    assertThat(world.status("hm").moved()).isEqualTo(1);
    harmless();
  }

  @ParameterizedTest
  @FieldSource("HOSTILE")
  void unknownVmStateBlocksTheMaintenanceAndTheHostIsNotDrained(String vmState) {
    world.active();
    servers(s -> s.put("OS-EXT-STS:vm_state", vmState).put("status", vmState));
    world.create("hm", "compute-1");

    world.run("hm", Duration.ofMinutes(30));

    assertThat(world.moveRequests()).isEmpty();
    assertThat(world.status("hm").phase()).isEqualTo("Blocked");
    assertThat(world.condition("hm", "Drained")).isEqualTo("False");
    assertThat(world.status("hm").instances())
        .singleElement()
        .extracting(InstanceStatus::state, InstanceStatus::reason)
        .containsExactly("Blocked", "UnsupportedState");
    harmless();
  }

  @ParameterizedTest
  @ValueSource(strings = {"transmogrifying", "a\u001b[31m\u202e\n"})
  void unknownTaskBlocksTheMaintenanceAfterItsTimeout(String task) {
    world.active();
    servers(s -> s.put("OS-EXT-STS:task_state", task));
    world.create("hm", "compute-1");

    world.run("hm", Duration.ofMinutes(90));

    assertThat(world.moveRequests()).isEmpty();
    assertThat(world.status("hm").phase()).isEqualTo("Blocked");
    assertThat(world.condition("hm", "Drained")).isEqualTo("False");
    harmless();
  }

  @ParameterizedTest
  @FieldSource("HOSTILE")
  void hostileFaultTextIsHarmlessInTheStatus(String fault) {
    world.active();
    servers(
        s -> {
          s.put("OS-EXT-STS:vm_state", "error").put("status", "ERROR");
          s.putObject("fault").put("code", 500).put("message", fault);
        });
    world.create("hm", "compute-1");

    world.runUntilPhase("hm", "Blocked");

    assertThat(world.status("hm").instances().getFirst().message()).contains("in ERROR");
    harmless();
  }

  @ParameterizedTest
  @FieldSource("HOSTILE")
  void hostileRefusalTextIsHarmlessInTheStatus(String words) {
    world.active();
    world.simulator().fault(World.moveRequest(), Fault.error(400, words));
    world.create("hm", "compute-1");

    world.run("hm", Duration.ofMinutes(30));

    assertThat(world.status("hm").instances().getFirst().state()).isEqualTo("Failed");
    assertThat(world.condition("hm", "Drained")).isEqualTo("False");
    harmless();
  }

  @Test
  void htmlErrorPageOfAProxyIsHarmlessInTheStatus() {
    var page = "<html><h1>502 Bad\u001b[2J Gateway</h1>" + "<p>\u202ex</p>".repeat(2000);
    world.active();
    world.simulator().fault(SERVERS, new Fault.Answer(502, "text/html", page, Map.of()));
    world.create("hm", "compute-1");

    for (var snapshots = 0; snapshots < 5; snapshots++) {
      world.reconcile("hm");
      world.pass(Duration.ofMinutes(5));
    }

    assertThat(world.status("hm").phase()).isEqualTo("Pending");
    assertThat(world.condition("hm", "Drained")).isNotEqualTo("True");
    harmless();
  }

  @Test
  void hostileDisabledReasonIsHarmlessInTheStatus() {
    world.simulator().change(c -> c.disable(c.admin(), "compute-1", "AUTO: a\u001b[31m\u202eb\n"));
    world.create("hm", "compute-1");

    world.runUntilPhase("hm", "InMaintenance");

    harmless();
  }

  /**
   * Whatever lists Nova gives for a while: every reconciliation ends, and afterwards the work is
   * done.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void mutatedListsDoNotStopReconciliationsOrTheDelete(long seed) {
    var random = new SplittableRandom(seed);
    world.active();
    world.place(NewServer.on("compute-1").with(Steering.LM_FAIL, "1"));
    world
        .simulator()
        .fault(
            ANY_LIST.and(request -> random.nextInt(5) == 0),
            new Fault.Rewrite(
                body -> body.isEmpty() ? body : new Mutation(random.nextLong()).of(parse(body))));
    world.create("hm", "compute-1");

    for (var ticks = 0; ticks < 60; ticks++) {
      world.reconcile("hm");
      world.pass(Duration.ofSeconds(7));
    }
    harmless();
    world.simulator().clearFaults();
    world.annotate("hm", HostMaintenance.RETRY, "again");
    world.run("hm", Duration.ofMinutes(20));
    assertThat(world.status("hm").phase()).as("seed " + seed).isIn("InMaintenance", "Blocked");
    world.delete("hm");
    world.runUntil("hm", () -> world.gone("hm"));
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }
}
