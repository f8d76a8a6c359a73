package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds the commands that {@code kubectl hm why} shows against the code and the reference. */
class KubectlHmRemediesTest {

  private record Remedy(String reason, String status, String command) {}

  private static List<Remedy> remedies() throws IOException {
    return Files.readAllLines(Path.of("kubectl-hm/remedies.tsv")).stream()
        .map(line -> line.split("\t"))
        .map(fields -> new Remedy(fields[0], fields[1], fields[2]))
        .toList();
  }

  @Test
  void namesOnlyReasonsOfTheOperator() throws IOException {
    assertThat(remedies())
        .extracting(Remedy::reason)
        .isSubsetOf(Arrays.stream(Reason.values()).map(Enum::name).toList());
  }

  @Test
  void takesEachCommandFromTheReference() throws IOException {
    var reference = Files.readString(Path.of("docs/reference.md"));
    assertThat(remedies())
        .extracting(Remedy::command)
        .allSatisfy(command -> assertThat(reference).contains(command));
  }

  @Test
  void hasACommandForEachReasonOfARowThatTheReferenceHelpsByAnOpenstackCommand()
      throws IOException {
    var reference = Files.readString(Path.of("docs/reference.md"));
    var rows = "### Why an instance was not moved";
    var section = reference.substring(reference.indexOf(rows));
    var helped =
        Arrays.stream(
                section.substring(0, section.indexOf("\n### ", rows.length())).split("\n#### "))
            .filter(reason -> reason.contains("\nTo do: "))
            .filter(reason -> reason.split("\nTo do: ")[1].contains("`openstack "))
            .map(reason -> reason.lines().findFirst().orElseThrow())
            .toList();
    assertThat(remedies()).extracting(Remedy::reason).containsAll(helped);
  }
}
