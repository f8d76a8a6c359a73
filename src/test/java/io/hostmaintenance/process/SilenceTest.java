package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers that never come, or never end, on connections that stay. Mere waiting, all at once. */
@Execution(ExecutionMode.CONCURRENT)
class SilenceTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** Blindness is 3 min, the time of a request one. */
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  private static final String LAST_OBSERVATION =
      "hostmaintenance_last_observation_timestamp_seconds";

  @TempDir Path directory;
  private Bench bench;
  private OperatorJar operator;

  @BeforeEach
  void begin() throws IOException {
    bench = new Bench(directory, 3);
    operator = bench.start(Map.of("HM_POLL_IDLE", "5s", "HM_POLL_VERIFIED", "1m"));
    bench.createAll();
    Bench.until(operator, Duration.ofMinutes(2), bench::allInMaintenance);
    assertThat(bench.allInMaintenance()).as(operator.log()).isTrue();
  }

  @AfterEach
  void end() throws IOException {
    operator.close();
    bench.close();
  }

  private static Predicate<Proxy.Asked> looksAt(String host) {
    return asked -> asked.method().equals("GET") && asked.target().contains("host=" + host);
  }

  private double lastObserved(String host) {
    try {
      return operator.metric(LAST_OBSERVATION, "host=\"" + host + "\"").orElse(0);
    } catch (IOException | InterruptedException e) {
      return 0;
    }
  }

  private void looksAgainAt(String host, Duration timeout) {
    var before = lastObserved(host);
    Bench.until(operator, timeout, () -> lastObserved(host) > before);
    assertThat(lastObserved(host)).as("last look at " + host).isGreaterThan(before);
  }

  private void healthy() throws IOException, InterruptedException {
    assertThat(operator.get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void stalledAnswerForOneHostDoesNotDelayOtherHosts() throws IOException, InterruptedException {
    bench.proxy().trouble(1, looksAt("compute-0"), new Proxy.Deed.SilentInBody());

    looksAgainAt("compute-1", SOON);
    healthy();
    looksAgainAt("compute-0", SOON.multipliedBy(2));
  }

  static List<Proxy.Deed> silences() {
    return List.of(new Proxy.Deed.SilentBeforeHeaders(), new Proxy.Deed.SilentInBody());
  }

  @ParameterizedTest
  @MethodSource("silences")
  @Tag("long")
  void onlyTheHostWhoseAnswersStallBecomesUnknown(Proxy.Deed silence)
      throws IOException, InterruptedException {
    bench.proxy().trouble(looksAt("compute-0"), silence);

    Bench.until(operator, PATIENCE, () -> bench.has("compute-0", Condition.READY, "Unknown"));

    assertThat(bench.has("compute-0", Condition.DRAINED, "Unknown")).isTrue();
    assertThat(bench.has("compute-1", Condition.READY, "True")).isTrue();
    healthy();
    bench.proxy().calm();
    Bench.until(operator, PATIENCE, bench::allInMaintenance);
    assertThat(bench.allInMaintenance()).isTrue();
    System.out.println("silence of a host, " + silence + ": " + bench.measured(operator));
  }

  @ParameterizedTest
  @MethodSource("silences")
  @Tag("long")
  void stalledLoginMakesEveryHostUnknownUntilKeystoneAnswers(Proxy.Deed silence)
      throws IOException, InterruptedException {
    bench.proxy().trouble(asked -> asked.target().contains("/auth/tokens"), silence);
    bench.simulator().revokeAllTokens();

    Bench.until(
        operator,
        PATIENCE,
        () -> bench.names().stream().allMatch(n -> bench.has(n, Condition.READY, "Unknown")));

    assertThat(bench.names()).allMatch(n -> bench.has(n, Condition.DRAINED, "Unknown"));
    healthy();
    bench.proxy().calm();
    Bench.until(operator, PATIENCE, bench::allInMaintenance);
    assertThat(bench.allInMaintenance()).isTrue();
    System.out.println("silence of logins, " + silence + ": " + bench.measured(operator));
  }
}
