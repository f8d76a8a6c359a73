package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.CloudStatus;
import io.hostmaintenance.api.v1alpha1.Concurrency;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstancePlan;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.PlanStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.operator.Config;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the tables and headings of {@code docs/reference.md} against the code: no word short, none
 * too many.
 */
class ReferenceTest {

  private static final Path PAGE = Path.of("docs", "reference.md");

  @Test
  void namesEveryFieldOfTheSpec() throws IOException {
    var fields =
        Stream.of(
                names(HostMaintenanceSpec.class),
                names(Concurrency.class).map(name -> "concurrency." + name),
                names(Strategies.class).map(name -> "strategies." + name))
            .flatMap(Function.identity());
    assertThat(rows("## Spec")).containsExactlyInAnyOrderElementsOf(fields.toList());
  }

  @Test
  void namesEveryFieldOfTheStatus() throws IOException {
    var fields =
        Stream.of(
                names(HostMaintenanceStatus.class),
                names(PlanStatus.class).map(name -> "plan." + name),
                names(CloudStatus.class).map(name -> "cloud." + name),
                names(ServiceStatus.class),
                names(InstanceStatus.class),
                names(InstancePlan.class).map(name -> "instances[].plan." + name))
            .flatMap(Function.identity());
    assertThat(rows("## Status")).containsExactlyInAnyOrderElementsOf(fields.toList());
  }

  @Test
  void namesEveryPhase() throws IOException {
    assertThat(rows("## Phases")).containsExactlyInAnyOrderElementsOf(names(Phase.values()));
  }

  @Test
  void namesEveryCondition() throws IOException {
    assertThat(rows("## Conditions"))
        .containsExactlyInAnyOrder(
            Condition.READY,
            Condition.DRAINED,
            Condition.SERVICE_DISABLED,
            Condition.PLANNED,
            Condition.RECONCILING,
            Condition.STALLED);
  }

  @Test
  void namesEveryRowAction() throws IOException {
    assertThat(rows("## Row actions"))
        .containsExactlyInAnyOrderElementsOf(names(RowAction.values()));
  }

  @Test
  void namesEveryRowState() throws IOException {
    assertThat(rows("## Row states")).containsExactlyInAnyOrderElementsOf(names(RowState.values()));
  }

  @Test
  void namesEveryReasonOnce() throws IOException {
    assertThat(section("## Reasons").lines())
        .filteredOn(line -> line.startsWith("#### "))
        .extracting(line -> line.substring(5))
        .containsExactlyInAnyOrderElementsOf(names(Reason.values()));
  }

  @Test
  void namesEveryAnnotation() throws IOException {
    assertThat(rows("## Annotations"))
        .containsExactlyInAnyOrder(
            HostMaintenance.RETRY, HostMaintenance.SKIP_GIVE_BACK, HostMaintenance.SCHEMA);
  }

  @Test
  void namesEveryVariable() throws IOException {
    var variables =
        Pattern.compile("(?m)^ +([A-Z_]{3,})")
            .matcher(Config.help())
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(rows("## Environment")).containsExactlyInAnyOrderElementsOf(variables);
  }

  @Test
  void namesEveryCommand() throws IOException {
    var commands =
        Pattern.compile("(?m)^  ([a-z-]+) {2,}\\S")
            .matcher(Config.help())
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(commands).isNotEmpty();
    assertThat(rows("## Commands")).containsExactlyInAnyOrderElementsOf(commands);
  }

  /** The first cells, in backticks, of the tables of a section and of its subsections. */
  private static List<String> rows(String heading) throws IOException {
    return section(heading)
        .lines()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.substring(3, line.indexOf('`', 3)))
        .toList();
  }

  private static String section(String heading) throws IOException {
    var page = "\n" + Files.readString(PAGE);
    var begin = page.indexOf("\n" + heading + "\n");
    assertThat(begin).as("heading " + heading).isNotNegative();
    var end = page.indexOf("\n## ", begin + heading.length());
    return page.substring(begin, end < 0 ? page.length() : end);
  }

  private static Stream<String> names(Class<?> record) {
    return Arrays.stream(record.getRecordComponents()).map(RecordComponent::getName);
  }

  private static List<String> names(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).toList();
  }
}
