package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstanceTest {

  private static Instance doing(String task) {
    return new Instance(
        "vm", "n", "p", "ACTIVE", "active", task, 1, "h1", 64, null, null, null, null, false);
  }

  @Test
  void isIdleWithoutATask() {
    assertThat(doing(null).idle()).isTrue();
    assertThat(doing("migrating").idle()).isFalse();
  }

  @Test
  void isLockedByALockWithoutAReason() {
    var lock = new Instance.Lock(null);

    assertThat(
            new Instance(
                    "vm", "n", "p", "ACTIVE", "active", null, 1, "h1", 64, null, null, lock, null,
                    false)
                .locked())
        .isTrue();
    assertThat(doing(null).locked()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"Error, true", "error, false", ", false"})
  void actionHasFailedWhenNovaSaysSo(String message, boolean failed) {
    assertThat(
            new InstanceAction(
                    "req-1", "migrate", "user", "project", Instant.EPOCH, message, List.of())
                .failed())
        .isEqualTo(failed);
  }
}
