package io.hostmaintenance.fakecloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.http.ContractStory.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The simulator and a real Nova answer the same story alike: status, headers, every field with its
 * type, and the texts that clients read.
 *
 * <p>System properties: {@code contract.clouds}, a clouds.yaml; {@code contract.cloud}, its entry
 * of an administrator (novalab; novalab-demo then is a member); {@code contract.hosts}, source and
 * target (compute-3,compute-4); {@code contract.alone}, true where nobody else uses the cloud and
 * all its hosts may be disabled for seconds.
 */
class LiveContractTest {
  /** Fields whose value, not only type, must be the same. */
  private static final Set<String> FIXED =
      Set.of(
          "code",
          "title",
          "detail",
          "message",
          "details",
          "result",
          "event",
          "action",
          "status",
          "state",
          "binary",
          "host",
          "name",
          "policy",
          "request_id",
          "instance_uuid",
          "server_uuid",
          "migration_type",
          "source_compute",
          "dest_compute",
          "forced_down",
          "disabled_reason",
          "locked",
          "host_status",
          "hypervisor_hostname",
          "OS-EXT-SRV-ATTR:host",
          "OS-EXT-STS:vm_state",
          "OS-EXT-STS:task_state",
          "OS-EXT-STS:power_state",
          "members",
          "server_groups",
          "rel",
          "type",
          "interface");

  /** Objects whose keys are data. */
  private static final Set<String> FREE =
      Set.of("metadata", "traceback", "addresses", "extra_specs", "resources", "image", "cpu_info");

  private static final String[] HOSTS =
      System.getProperty("contract.hosts", "compute-3,compute-4").split(",");

  private static List<Step> told(Side side, boolean alone)
      throws IOException, InterruptedException {
    try (side;
        var story = new ContractStory(side, HOSTS[0], HOSTS[1])) {
      return story.tell(alone);
    }
  }

  @Test
  void simulatorAnswersTheWholeStoryWithoutServerErrors() throws IOException, InterruptedException {
    assertThat(told(new SimulatedSide(HOSTS[0], HOSTS[1]), true))
        .extracting(Step::status)
        .allMatch(status -> status < 500);
  }

  @Test
  @EnabledIfSystemProperty(
      named = "contract.clouds",
      matches = ".+",
      disabledReason = "needs a real Nova: -Dcontract.clouds=<clouds.yaml>")
  void simulatorAnswersAsARealNova() throws IOException, InterruptedException {
    var alone = Boolean.getBoolean("contract.alone");
    var simulator = told(new SimulatedSide(HOSTS[0], HOSTS[1]), alone);
    var file = Path.of(System.getProperty("contract.clouds"));
    var real = told(new RealSide(file, System.getProperty("contract.cloud", "novalab")), alone);

    assertThat(real).extracting(Step::name).isEqualTo(simulator.stream().map(Step::name).toList());
    var differences = new ArrayList<String>();
    for (var i = 0; i < real.size(); i++) {
      compare(simulator.get(i), real.get(i), differences);
    }
    if (!differences.isEmpty()) {
      fail("step | path | simulator | real%n%s".formatted(String.join("\n", differences)));
    }
  }

  private static void compare(Step simulator, Step real, List<String> differences) {
    var step = simulator.name();
    if (simulator.status() != real.status()) {
      different(step, "status", simulator.status(), real.status(), differences);
    }
    if (!simulator.headers().equals(real.headers())) {
      different(step, "headers", simulator.headers(), real.headers(), differences);
    }
    compare(step, "", "", simulator.body(), real.body(), differences);
  }

  private static void compare(
      String step,
      String path,
      String field,
      JsonNode simulator,
      JsonNode real,
      List<String> differences) {
    if (simulator.getNodeType() != real.getNodeType()) {
      different(step, path, simulator, real, differences);
    } else if (FREE.contains(field)) {
      return;
    } else if (simulator.isObject()) {
      var names = new TreeSet<String>();
      simulator.fieldNames().forEachRemaining(names::add);
      real.fieldNames().forEachRemaining(names::add);
      for (var name : names) {
        var where = path + "/" + name;
        compare(step, where, name, simulator.path(name), real.path(name), differences);
      }
    } else if (simulator.isArray()) {
      if (simulator.size() != real.size()) {
        different(step, path, simulator, real, differences);
      }
      for (var i = 0; i < Math.min(simulator.size(), real.size()); i++) {
        var where = path + "[" + i + "]";
        compare(step, where, field, simulator.get(i), real.get(i), differences);
      }
    } else if ((FIXED.contains(field) || field.isEmpty()) && !simulator.equals(real)) {
      different(step, path, simulator, real, differences);
    }
  }

  private static void different(
      String step, String path, Object simulator, Object real, List<String> differences) {
    differences.add("%s | %s | %s | %s".formatted(step, path, simulator, real));
  }
}
