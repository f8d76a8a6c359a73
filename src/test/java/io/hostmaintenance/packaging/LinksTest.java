package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the links of the pages, and of the alerts to the runbook, to what is there. */
class LinksTest {

  private static final Path ALERTS = Path.of("helm/host-maintenance-operator/files/alerts.yaml");
  private static final Path RUNBOOK = Path.of("docs/runbook.md");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```|`[^`\n]*`");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

  static Stream<Path> pages() throws IOException {
    return PlainEnglishTest.pages();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsToAPageAndItsHeading(Path page) throws IOException {
    var text = CODE.matcher(Files.readString(page)).replaceAll("");
    assertThat(LINK.matcher(text).results().map(m -> m.group(1)))
        .filteredOn(link -> !link.contains("://") && !link.startsWith("mailto:"))
        .allSatisfy(link -> leads(page, link));
  }

  private static void leads(Path page, String link) throws IOException {
    var parts = link.split("#", 2);
    var target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    assertThat(target).exists();
    if (parts.length == 2) {
      assertThat(anchors(target)).contains(parts[1]);
    }
  }

  /** The anchors of the headings, as GitHub and GitLab make them. */
  private static List<String> anchors(Path page) throws IOException {
    var text = Files.readString(page).replaceAll("(?ms)^```.*?^```", "");
    return HEADING
        .matcher(text)
        .results()
        .map(m -> m.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  void everyAlertHasASectionOfTheRunbook() throws IOException {
    var alerts = Pattern.compile("(?m)- alert: (\\w+)$").matcher(Files.readString(ALERTS));
    var sections = Pattern.compile("(?m)^## (Host\\w+)$").matcher(Files.readString(RUNBOOK));

    assertThat(alerts.results().map(m -> m.group(1)))
        .isNotEmpty()
        .containsExactlyInAnyOrderElementsOf(sections.results().map(m -> m.group(1)).toList());
  }

  @Test
  void everyAlertLeadsToItsOwnSection() throws IOException {
    var alert = Pattern.compile("(?s)- alert: (\\w+)\n(?:(?!- alert:).)*?runbook_url: (\\S+)");

    assertThat(alert.matcher(Files.readString(ALERTS)).results())
        .isNotEmpty()
        .allSatisfy(LinksTest::leadsToItsSection);
  }

  private static void leadsToItsSection(MatchResult alert) {
    assertThat(alert.group(2))
        .isEqualTo("docs/runbook.md#" + alert.group(1).toLowerCase(Locale.ROOT));
  }
}
