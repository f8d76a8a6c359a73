package io.hostmaintenance.operator;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.VmState;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code /metrics} serves after a drain, against the reference and what is made of it. {@code
 * monitoring/test} reads the same page.
 */
class MetricsEndpointTest {

  private static final Path PAGE = Path.of("target", "metrics.txt");
  private static final Path CHART_FILES = Path.of("helm/host-maintenance-operator/files");
  private static final Path REFERENCE = Path.of("docs", "reference.md");
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
  private static final Pattern HELP = Pattern.compile("(?m)^# HELP (\\S+) (.+)$");

  private static String page;

  @BeforeAll
  static void scrapeAfterADrain(@TempDir Path directory) throws IOException {
    try (var cluster = Cluster.quick(directory)) {
      cluster.simulator().change(c -> c.place(NewServer.on("compute-1")));
      cluster.simulator().change(c -> c.place(NewServer.on("compute-1").in(VmState.STOPPED)));
      cluster.create("compute-1", HostMaintenanceSpecBuilder.builder().host("compute-1"));
      var operator = cluster.startOperator(Cluster.QUICK);
      // an Event comes after what it tells of is counted; the phase is served before that
      await()
          .atMost(PATIENCE)
          .until(
              () -> cluster.client().v1().events().inAnyNamespace().list().getItems(),
              events -> events.stream().anyMatch(e -> e.getReason().equals("InMaintenance")));
      page =
          await()
              .atMost(PATIENCE)
              .until(
                  () -> scrape(operator.port()),
                  text ->
                      text.contains(
                              "hostmaintenance_phase{host=\"compute-1\",name=\"compute-1\",phase=\"InMaintenance\"} 1.0")
                          && text.contains("hostmaintenance_cloud_up{cloud=\"\"} 1.0"));
    }
    Files.writeString(PAGE, page);
  }

  private static String scrape(int port) throws IOException {
    var url = URI.create("http://127.0.0.1:" + port + "/metrics").toURL();
    try (var body = url.openStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, String> types() {
    return TYPE.matcher(page).results().collect(toMap(m -> m.group(1), m -> m.group(2)));
  }

  private static Set<String> ours() {
    return types().keySet().stream()
        .filter(name -> name.startsWith("hostmaintenance_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static double value(String series) {
    return page.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .sum();
  }

  @Test
  void referenceListsEveryMetricWithItsLabels() throws IOException {
    var served = new TreeMap<String, Set<String>>();
    ours().forEach(name -> served.put(name, labels(name)));

    assertThat(referenced()).isEqualTo(served);
  }

  private static Set<String> labels(String family) {
    var series = Pattern.compile("(?m)^" + family + "(?:_count|_sum|_bucket)?\\{(.*)} \\S+$");
    return series
        .matcher(page)
        .results()
        .map(m -> m.group(1))
        .flatMap(labels -> Pattern.compile("(\\w+)=\"").matcher(labels).results())
        .map(m -> m.group(1))
        .filter(label -> !label.equals("le"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Set<String>> referenced() throws IOException {
    var rows = Pattern.compile("(?m)^\\| `(hostmaintenance_\\w+)` \\|([^|]*)\\|");
    return new TreeMap<>(
        rows.matcher(Files.readString(REFERENCE))
            .results()
            .collect(toMap(m -> m.group(1), MetricsEndpointTest::words)));
  }

  private static Set<String> words(MatchResult row) {
    return Arrays.stream(row.group(2).split("[,\\s]+"))
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyMetricHasAHelpText() {
    assertThat(HELP.matcher(page).results().map(m -> m.group(1)))
        .containsExactlyInAnyOrderElementsOf(types().keySet());
  }

  @Test
  void helpOfOurOwnMetricsIsASentence() {
    assertThat(HELP.matcher(page).results())
        .filteredOn(m -> m.group(1).startsWith("hostmaintenance_"))
        .extracting(m -> m.group(2))
        .isNotEmpty()
        .allMatch(help -> help.matches("[A-Z1].*\\."));
  }

  @Test
  void nameOfAMetricSaysItsTypeAndUnit() {
    assertThat(types().entrySet())
        .filteredOn(e -> e.getKey().startsWith("hostmaintenance_"))
        .allSatisfy(
            e -> {
              var name = e.getKey();
              switch (e.getValue()) {
                case "counter" -> assertThat(name).endsWith("_total");
                case "histogram" -> assertThat(name).endsWith("_seconds");
                case "gauge" -> assertThat(name).doesNotEndWith("_total");
                default -> throw new AssertionError(e);
              }
            });
  }

  @Test
  void movesOfTheDrainAreCounted() {
    var moved = "hostmaintenance_moves_total{reason=\"Moved\",result=\"succeeded\",type=\"%s\"}";

    assertThat(value(moved.formatted("LiveMigrate"))).isEqualTo(1);
    assertThat(value(moved.formatted("ColdMigrate"))).isEqualTo(1);
  }

  @Test
  void drainIsTimedOnce() {
    assertThat(value("hostmaintenance_drain_duration_seconds_count")).isEqualTo(1);
  }

  @Test
  void requestsOfTheDrainAreCounted() {
    assertThat(
            value(
                "hostmaintenance_cloud_request_duration_seconds_count"
                    + "{cloud=\"\",code=\"202\",operation=\"live-migrate\"}"))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"alerts.yaml", "dashboard.json"})
  void alertsAndDashboardNameOnlyMetricsThatAreServed(String file) throws IOException {
    var served = types();
    var names = Pattern.compile("\\b(hostmaintenance|process|jvm)_\\w+");

    assertThat(names.matcher(Files.readString(CHART_FILES.resolve(file))).results())
        .extracting(MatchResult::group)
        .isNotEmpty()
        .allMatch(name -> served.containsKey(name) || isPartOfAHistogram(name, served));
  }

  private static boolean isPartOfAHistogram(String name, Map<String, String> served) {
    return "histogram".equals(served.get(name.replaceFirst("_(bucket|count|sum)$", "")));
  }

  @Test
  void noLabelIsAnInstance() {
    assertThat(page).doesNotContainPattern("\"[0-9a-f]{8}-[0-9a-f]{4}-");
  }
}
