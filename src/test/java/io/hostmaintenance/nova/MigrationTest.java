package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigrationTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private static Migration in(String status) {
    return new Migration(
        1, "uuid", "vm", Migration.COLD, status, "h1", "h2", NOON, NOON, "user", "project");
  }

  @ParameterizedTest
  @CsvSource({
    "queued, false, false, true",
    "running (post-copy), false, false, true",
    "finished, true, false, true",
    "confirming, false, false, true",
    "reverting, false, false, true",
    "reverted, false, false, false",
    "completed, false, false, false",
    "confirmed, false, false, false",
    "cancelled, false, false, false",
    "error, false, true, false",
    "failed, false, true, false",
    "novel, false, false, false",
  })
  void statusDecidesWhetherAMigrationIsFinishedFailedOrUnfinished(
      String status, boolean finished, boolean failed, boolean unfinished) {
    assertThat(in(status))
        .returns(finished, Migration::finished)
        .returns(failed, Migration::failed)
        .returns(unfinished, Migration::unfinished);
  }

  @ParameterizedTest
  @CsvSource({
    "accepted, false, false, false",
    "queued, true, true, false",
    "preparing, false, true, false",
    "running, false, true, false",
    "running (post-copy), false, false, true",
    "confirming, false, false, false",
    "error, false, false, false",
  })
  void statusDecidesWhetherALiveMigrationIsQueuedAbortableOrInPostCopy(
      String status, boolean queued, boolean abortable, boolean inPostCopy) {
    assertThat(in(status))
        .returns(queued, Migration::queued)
        .returns(abortable, Migration::abortable)
        .returns(inPostCopy, Migration::inPostCopy)
        .returns(status.equals("confirming"), Migration::confirming);
  }

  @Test
  void filterContainsExactlyTheGivenCriteria() {
    assertThat(MigrationFilter.ofHost("h1"))
        .isEqualTo(filter(Optional.of("h1"), Optional.empty(), Optional.empty()));
    assertThat(MigrationFilter.ofHost("h1", "queued"))
        .isEqualTo(filter(Optional.of("h1"), Optional.of("queued"), Optional.empty()));
    assertThat(MigrationFilter.ofHostSince("h1", NOON))
        .isEqualTo(filter(Optional.of("h1"), Optional.empty(), Optional.of(NOON)));
    assertThat(MigrationFilter.ofInstance("vm").instanceId()).contains("vm");
  }

  private static MigrationFilter filter(
      Optional<String> host, Optional<String> status, Optional<Instant> changesSince) {
    return new MigrationFilter(host, Optional.empty(), status, changesSince);
  }
}
