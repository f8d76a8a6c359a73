package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When a reconciliation that does not end makes the process ill. */
class RunningReconciliationsTest {

  private static final Instant NOW = Instant.parse("2026-01-01T10:00:00Z");

  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 5);
  private final RunningReconciliations ticks = new RunningReconciliations(() -> NOW, nanoTime::get);

  private Optional<String> objectionDuringATickOf(Duration age) {
    return ticks.run(
        "compute-7",
        () -> {
          nanoTime.addAndGet(age.toNanos());
          return ticks.objection();
        });
  }

  @Test
  void reconciliationWithinTheTimeLimitIsHealthy() {
    assertThat(objectionDuringATickOf(RunningReconciliations.BOUND)).isEmpty();
  }

  @Test
  void reconciliationBeyondTheTimeLimitIsNamedWithItsStartTime() {
    assertThat(objectionDuringATickOf(Duration.ofMinutes(11)))
        .hasValue(
            "HostMaintenance 'compute-7' has been reconciled since 2026-01-01T09:49:00Z without an"
                + " end, longer than 10 min: the operator must be restarted.");
  }

  @Test
  void oldestRunningReconciliationIsNamed() {
    var objection =
        ticks.run(
            "older",
            () -> {
              nanoTime.addAndGet(Duration.ofMinutes(1).toNanos());
              return ticks.run(
                  "younger",
                  () -> {
                    nanoTime.addAndGet(Duration.ofMinutes(20).toNanos());
                    return ticks.objection();
                  });
            });

    assertThat(objection).hasValueSatisfying(o -> assertThat(o).contains("'older'"));
  }

  @Test
  void completedReconciliationIsHealthyHoweverLongItTook() {
    objectionDuringATickOf(Duration.ofHours(1));

    assertThat(ticks.objection()).isEmpty();
  }

  @Test
  void failedReconciliationNoLongerCountsAsRunning() {
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                ticks.run(
                    "compute-7",
                    () -> {
                      throw new IllegalStateException();
                    }));
    nanoTime.addAndGet(Duration.ofHours(1).toNanos());

    assertThat(ticks.objection()).isEmpty();
  }
}
