package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComputeServiceTest {

  @ParameterizedTest
  @CsvSource({
    "enabled, true, false, false",
    "disabled, false, true, false",
    "UNKNOWN, false, false, true",
  })
  void statusIsEnabledDisabledOrUnknown(
      String status, boolean enabled, boolean disabled, boolean unknown) {
    assertThat(new ComputeService("s1", "h1", status, true, null, false, null, null))
        .returns(enabled, ComputeService::enabled)
        .returns(disabled, ComputeService::disabled)
        .returns(unknown, ComputeService::unknown);
  }
}
