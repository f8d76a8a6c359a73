package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Resources as operators have stored them, one directory a version: each later operator reads them
 * whole and goes on. {@code -Dstored.update} writes those of the version in work anew, from drains
 * of a simulated cloud; those of a released version never change.
 */
class StoredStatusTest {

  private static final Path STORED = Path.of("src", "test", "resources", "stored");
  private static final Path NEWEST = STORED.resolve("0.1.0");
  private static final Path CRD = Path.of("crds", "hostmaintenances.hostmaintenance.io-v1.yml");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  static List<Path> files() throws IOException {
    return files(STORED);
  }

  private static List<Path> files(Path under) throws IOException {
    try (var files = Files.walk(under)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static HostMaintenance read(Path file) throws IOException {
    return Serialization.unmarshal(Files.readString(file), HostMaintenance.class);
  }

  private static JsonNode tree(Path file) throws IOException {
    return JSON.valueToTree(Serialization.unmarshal(Files.readString(file), Object.class));
  }

  @ParameterizedTest
  @MethodSource("files")
  void noFieldIsLostWhenItIsReadBack(Path file) throws IOException {
    var again = JSON.readTree(Serialization.asJson(read(file)));

    assertThat(leaves(again)).containsAll(leaves(tree(file)));
  }

  @ParameterizedTest
  @MethodSource("files")
  void crdPrunesNoField(Path file) throws IOException {
    var schema = tree(CRD).at("/spec/versions/0/schema/openAPIV3Schema");

    assertThat(paths(tree(file).path("status"), "/status"))
        .allSatisfy(path -> assertThat(declared(schema, path)).as(path).isTrue());
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyWordIsKnown(Path file) throws IOException {
    var status = read(file).getStatus();
    var rows = status.instances();

    assertThat(status.schema()).isLessThanOrEqualTo(HostMaintenance.SCHEMA_VERSION);
    assertThat(words(Phase.values())).contains(status.phase());
    assertThat(words(Reason.values()))
        .containsAll(status.conditions().stream().map(Condition::reason).toList())
        .containsAll(rows.stream().flatMap(r -> Stream.ofNullable(r.reason())).toList());
    assertThat(words(RowState.values()))
        .containsAll(rows.stream().map(InstanceStatus::state).toList());
    assertThat(words(RowAction.values()))
        .containsAll(rows.stream().map(InstanceStatus::action).toList());
  }

  @ParameterizedTest
  @MethodSource("files")
  void operatorGoesOnAndForgetsNoInstanceOfADrain(Path file) throws IOException {
    try (var world = new World(directory)) {
      var before = world.resources().store(read(file));
      var name = before.getMetadata().getName();

      world.reconcile(name);

      if (!world.gone(name) && !before.plans()) {
        assertThat(world.status(name).instances())
            .extracting(InstanceStatus::id)
            .containsAll(before.getStatus().instances().stream().map(InstanceStatus::id).toList());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void olderOperatorLeavesItAloneAndSaysSo(Path file) throws IOException {
    try (var world = new World(directory)) {
      var resource = read(file);
      var newer = HostMaintenance.SCHEMA_VERSION + 1;
      resource.setStatus(resource.getStatus().toBuilder().schema(newer).build());
      world.resources().store(resource);

      world.reconcile(resource.getMetadata().getName());

      assertThat(world.simulator().requests(request -> true)).isEmpty();
      assertThat(world.resources().writes()).isEmpty();
      assertThat(world.notices())
          .singleElement()
          .satisfies(
              notice -> {
                assertThat(notice.reason()).isEqualTo(Reason.NewerSchema);
                assertThat(notice.message())
                    .contains("its schema is " + newer, "Run the newer one again");
              });
    }
  }

  @Test
  void statusHasTheSchemaOfTheOperatorThatWroteIt() throws IOException {
    try (var world = new World(directory)) {
      world.active();
      world.create("hm", "compute-1");

      world.reconcile("hm");

      assertThat(world.status("hm").schema()).isEqualTo(HostMaintenance.SCHEMA_VERSION);
    }
  }

  @Test
  void thisVersionHasStoredEveryPhaseAndEveryStateOfARow() throws IOException {
    if (System.getProperty("stored.update") != null) {
      write();
    }
    var statuses = new ArrayList<HostMaintenanceStatus>();
    for (var file : files(NEWEST)) {
      statuses.add(read(file).getStatus());
    }

    assertThat(statuses)
        .extracting(HostMaintenanceStatus::phase)
        .contains(words(Phase.values()).toArray(String[]::new));
    assertThat(statuses.stream().flatMap(s -> s.instances().stream()))
        .extracting(InstanceStatus::state)
        .contains(words(RowState.values()).toArray(String[]::new));
  }

  // -------------------------------------------------------------- what is stored

  private static List<String> words(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).toList();
  }

  /** Each value with the way to it. */
  private static List<String> leaves(JsonNode node) {
    var leaves = new ArrayList<String>();
    collect(node, "", leaves, index -> "/" + index, true);
    return leaves;
  }

  /** The ways to the values; the elements of a list are all the same. */
  private static Set<String> paths(JsonNode node, String path) {
    var paths = new ArrayList<String>();
    collect(node, path, paths, index -> "/*", false);
    return new TreeSet<>(paths);
  }

  private static void collect(
      JsonNode node,
      String path,
      List<String> into,
      Function<Integer, String> step,
      boolean value) {
    if (node.isObject()) {
      node.properties()
          .forEach(e -> collect(e.getValue(), path + "/" + e.getKey(), into, step, value));
    } else if (node.isArray()) {
      for (var i = 0; i < node.size(); i++) {
        collect(node.get(i), path + step.apply(i), into, step, value);
      }
    } else {
      into.add(value ? path + ": " + node.asText() : path);
    }
  }

  private static boolean declared(JsonNode schema, String path) {
    var at = schema;
    for (var step : path.substring(1).split("/")) {
      at = step.equals("*") ? at.path("items") : at.path("properties").path(step);
    }
    return !at.isMissingNode();
  }

  // -------------------------------------------------------------- how they are made

  /** A status that has a phase, a state of a row or a field which no file has yet. */
  private void write() throws IOException {
    for (var old : files(NEWEST)) {
      Files.delete(old);
    }
    var seen = new HashSet<String>();
    plan(seen);
    drain(seen);
    stop(seen);
    unknownHost(seen);
    turn(seen);
  }

  private void plan(Set<String> seen) throws IOException {
    try (var world = new World(directory)) {
      world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      world.active();
      world.create("planned", "compute-1");
      world.spec("planned", s -> s.mode("Plan").strategies(suspended()));
      world.runUntilPhase("planned", "Planned");
      keep("plan", world, seen);
    }
  }

  private static Strategies suspended() {
    return Strategies.of(Map.of("suspended", "ResumeLiveSuspend"));
  }

  private void drain(Set<String> seen) throws IOException {
    try (var world = new World(directory)) {
      world.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "200"));
      world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      world.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      world.place(NewServer.on("compute-1").with(Steering.LM_FAIL, "1"));
      var error = world.place(NewServer.on("compute-1").in(VmState.ERROR));
      var excluded = world.place(NewServer.on("compute-1"));
      var deleted = world.place(NewServer.on("compute-1").in(VmState.STOPPED));
      world.simulator().change(c -> c.disable(c.admin(), "compute-1", "disk is slow"));
      world.simulator().fault(2, World.moveRequest(), Fault.error(503, "Try later."));
      world.create("drained", "compute-1");
      world.spec(
          "drained",
          s -> s.maxAttempts(2).strategies(suspended()).excludedInstances(List.of(excluded.id())));
      world.run("drained", Duration.ofSeconds(20));
      delete(world, deleted.id());
      world.runUntilPhase("drained", "Blocked");
      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.run("drained", Duration.ofMinutes(5));
      delete(world, error.id());
      world.run("drained", Duration.ofMinutes(1));
      world.annotate("drained", HostMaintenance.RETRY, "1");
      world.run("drained", Duration.ofMinutes(5));
      keep("drain", world, seen);
    }
  }

  private static void delete(World world, String id) {
    world.simulator().change(c -> c.perform(c.tenant(), id, Operation.DELETE));
  }

  private void unknownHost(Set<String> seen) throws IOException {
    try (var world = new World(directory)) {
      world.create("unknown-host", "compute-9");
      world.runUntilPhase("unknown-host", "Failed");
      keep("unknown-host", world, seen);
    }
  }

  /** Two hosts drain, so the third one waits; the cloud refuses a move of the first for a while. */
  private void turn(Set<String> seen) throws IOException {
    try (var world = new World(directory)) {
      world.simulator().fault(2, World.moveRequest(), Fault.error(403, "Not now."));
      for (var host : List.of("compute-1", "compute-2", "compute-3")) {
        world.place(NewServer.on(host).with(Steering.LM_SECONDS, "1200"));
        world.create("turn-" + host, host);
        world.reconcile("turn-" + host);
      }
      world.run("turn-compute-1", Duration.ofMinutes(1));
      keep("turn", world, seen);
    }
  }

  private void stop(Set<String> seen) throws IOException {
    try (var world = new World(directory)) {
      world.active();
      world.create("stopped", "compute-1");
      world.spec(
          "stopped", s -> s.scope("Running").strategies(Strategies.of(Map.of("active", "Stop"))));
      world.runUntilPhase("stopped", "InMaintenance");
      world.simulator().change(c -> c.enable(c.admin(), "compute-1"));
      world.run("stopped", Duration.ofMinutes(2));
      world.delete("stopped");
      world.runUntil("stopped", () -> world.gone("stopped"));
      keep("stop", world, seen);
    }
  }

  private static void keep(String story, World world, Set<String> seen) throws IOException {
    var number = 0;
    for (var resource : world.resources().written()) {
      var status = resource.getStatus();
      if (seen.addAll(news(status))) {
        var name = "%s-%02d-%s.yaml".formatted(story, ++number, status.phase());
        Files.writeString(NEWEST.resolve(name), Serialization.asYaml(resource));
      }
    }
  }

  private static Set<String> news(HostMaintenanceStatus status) throws IOException {
    var news = paths(JSON.readTree(Serialization.asJson(status)), "");
    news.add(status.phase());
    status.instances().forEach(row -> news.add(row.action() + " " + row.state()));
    return news;
  }
}
