package io.hostmaintenance.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({"6s, 6", "5m, 300", "1h30m, 5400", "1h0m1s, 3601", "90s, 90", "0h0m7s, 7"})
  void parsesTheDurationsThatGoWrites(String text, long seconds) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "5",
        "s",
        "-5s",
        "5 m",
        "1m1h",
        "1.5h",
        "5ms",
        "1d",
        "PT5M",
        "0s",
        "0h0m0s",
        "99999999999999999999h",
        "9223372036854775807h",
        "87601h",
        "5s\n"
      })
  void rejectsInvalidDurationsAndQuotesThem(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"0, 0s", "6, 6s", "60, 1m", "3600, 1h", "5400, 1h30m", "3661, 1h1m1s", "90000, 25h"})
  void formatsDurationsInTheShortestForm(long seconds, String text) {
    assertThat(Durations.format(Duration.ofSeconds(seconds))).isEqualTo(text);
  }

  @Test
  void parsesEveryDurationThatItFormats() {
    for (var seconds = 1; seconds < 100_000; seconds += 37) {
      var duration = Duration.ofSeconds(seconds);

      assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
    }
  }
}
