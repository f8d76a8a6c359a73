package io.hostmaintenance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BaselineTest {

  private static final Baseline BASELINE = baseline(Map.of("idle-10", counts("cloud: GET /a", 7L)));

  private static SortedMap<String, Long> counts(String name, long count) {
    return new TreeMap<>(Map.of(name, count));
  }

  private static Baseline baseline(Map<String, SortedMap<String, Long>> counts) {
    return new Baseline(new TreeMap<>(counts));
  }

  @Test
  void equalCountsAreNoDifference() {
    assertThat(BASELINE.differences(Map.of("idle-10", counts("cloud: GET /a", 7)))).isEmpty();
  }

  @Test
  void countThatGrewIsADifference() {
    assertThat(BASELINE.differences(Map.of("idle-10", counts("cloud: GET /a", 8))))
        .containsExactly("idle-10: cloud: GET /a: 8, the baseline says 7.");
  }

  @Test
  void countThatShrankIsADifference() {
    assertThat(BASELINE.differences(Map.of("idle-10", counts("cloud: GET /a", 6))))
        .containsExactly("idle-10: cloud: GET /a: 6, the baseline says 7.");
  }

  @Test
  void newAndMissingOperationsAreDifferences() {
    assertThat(BASELINE.differences(Map.of("idle-10", counts("cloud: GET /b", 1))))
        .containsExactly(
            "idle-10: cloud: GET /a: 0, the baseline says 7.",
            "idle-10: cloud: GET /b: 1, the baseline says 0.");
  }

  @Test
  void newAndMissingRunsAreDifferences() {
    assertThat(BASELINE.differences(Map.of("idle-20", counts("cloud: GET /a", 7))))
        .containsExactly(
            "The run 'idle-10' of the baseline is gone.", "The baseline has no run 'idle-20'.");
  }
}
