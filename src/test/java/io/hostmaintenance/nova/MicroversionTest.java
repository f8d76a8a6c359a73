package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MicroversionTest {

  @ParameterizedTest
  @CsvSource({
    "2.80, 2.80",
    "2.90, 2.90",
    "2.96, 2.96",
    "2.104, 2.104",
    "2.105, 2.104",
    "2.200, 2.104"
  })
  void newestCommonMicroversionUpToTheMaximumIsChosen(String newest, String negotiated) {
    assertThat(Microversion.negotiate("2.1", newest)).hasToString(negotiated);
  }

  @ParameterizedTest
  @CsvSource({"2.1, 2.79", "2.1, 2.9", "'', ''", "2.1, nonsense", "2.105, 2.110"})
  void noCommonMicroversionIsUnsupportedApi(String oldest, String newest) {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> Microversion.negotiate(oldest, newest))
        .withMessageContaining("but one of 2.80 to 2.104 is needed")
        .withMessageContaining(newest)
        .matches(e -> e.kind() == NovaException.Kind.UNSUPPORTED_API);
  }
}
