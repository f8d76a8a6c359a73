package io.hostmaintenance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatenessTest {

  private static final List<Duration> HUNDRED =
      IntStream.rangeClosed(1, 100).mapToObj(Duration::ofSeconds).toList();

  @Test
  void percentileOfAHundredValues() {
    assertThat(Lateness.percentile(HUNDRED, 50)).isEqualTo(51);
    assertThat(Lateness.percentile(HUNDRED, 99)).isEqualTo(100);
  }

  @Test
  void percentileOfNothingIsNoNumber() {
    assertThat(Lateness.percentile(List.of(), 50)).isNaN();
  }
}
