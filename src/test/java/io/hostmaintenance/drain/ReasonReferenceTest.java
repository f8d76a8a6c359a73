package io.hostmaintenance.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The reasons are API: docs/reference.md lists each, and none that does not exist. */
class ReasonReferenceTest {

  private static final Pattern ROW = Pattern.compile("^\\| `(\\w+)` \\| *\\S.*", Pattern.MULTILINE);

  private static List<String> listed;

  @BeforeAll
  static void readReference() throws IOException {
    var page = Files.readString(Path.of("docs/reference.md"));
    var section = page.substring(page.indexOf("\n## Reasons"));
    section = section.substring(0, section.indexOf("\n## ", 1));
    listed = ROW.matcher(section).results().map(m -> m.group(1)).toList();
  }

  @Test
  void everyReasonIsListed() {
    assertThat(listed).containsAll(Arrays.stream(Reason.values()).map(Enum::name).toList());
  }

  @Test
  void noUnknownReasonIsListed() {
    assertThat(Arrays.stream(Reason.values()).map(Enum::name)).containsAll(listed);
  }

  @Test
  void noReasonIsListedTwice() {
    assertThat(listed).doesNotHaveDuplicates();
  }
}
