package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.drain.Fixtures;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstanceTest {

  private static Instance doing(String task) {
    return Fixtures.busy(task, Fixtures.active("vm"));
  }

  @Test
  void isIdleWithoutATask() {
    assertThat(doing(null).idle()).isTrue();
    assertThat(doing("migrating").idle()).isFalse();
  }

  @Test
  void isLockedByALockWithoutAReason() {
    var lock = new Instance.Lock(null);

    assertThat(doing(null).withLock(lock).locked()).isTrue();
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
