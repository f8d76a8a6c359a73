package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a request without an answer while Nova shows no trace of it. */
class RequestTrackerTest {

  private static InstanceStatus resolved(InstanceStatus row, InstanceView view) {
    return new RequestTracker(view, new RequestRecords(view, Way.LIVE, Operation.LIVE_MIGRATE))
        .resolve(row);
  }

  private static InstanceStatus withoutATrace(InstanceStatus row, long afterNoon) {
    return resolved(
        row,
        Views.asked(
            Duration.ofSeconds(afterNoon), active("vm"), List.of(), List.of(), Optional.empty()));
  }

  private static InstanceStatus untold(InstanceStatus row, long afterNoon) {
    return resolved(row, Views.notAsked(Duration.ofSeconds(afterNoon), active("vm")));
  }

  private static InstanceStatus refusedForLong() {
    return requested("vm").toBuilder()
        .state(RowState.Blocked.name())
        .reason(Reason.Forbidden.name())
        .firstRefusedTime(NOON.minusSeconds(3600))
        .build();
  }

  @Test
  void blockedRowStaysAsItIsWhileItsRequestMayTakeEffect() {
    assertThat(withoutATrace(refusedForLong(), 69)).isEqualTo(refusedForLong());
  }

  @Test
  void blockedRowPausesOnceItsRequestCanTakeEffectNoMore() {
    var row = withoutATrace(refusedForLong(), 70);

    assertThat(row.outstanding()).isFalse();
    assertThat(row.nextAttemptTime()).isAfter(NOON.plusSeconds(900));
  }

  @Test
  void rowWithoutAnAnswerCountsAsRefusedSinceItsRequest() {
    assertThat(withoutATrace(requested("vm"), 900).firstRefusedTime()).isEqualTo(NOON);
  }

  @Test
  void rowRefusedBeforeItsLostAnswerCountsAsRefusedSinceThen() {
    var before = requested("vm").toBuilder().firstRefusedTime(NOON.minusSeconds(100)).build();

    assertThat(withoutATrace(before, 900).firstRefusedTime()).isEqualTo(NOON.minusSeconds(100));
  }

  @Test
  void rowKeepsNovasWordsWhileTheAnswerIsSought() {
    var row = requested("vm").toBuilder().message("Nova said 504.").build();

    assertThat(withoutATrace(row, 5)).isEqualTo(row);
  }

  @Test
  void rowSaysThatTheAnswerIsSoughtWhenNoProcessSawOne() {
    var row = requested("vm").toBuilder().message(InstanceMessages.ASKING.message()).build();

    assertThat(withoutATrace(row, 5).message()).isEqualTo(InstanceMessages.ANSWER_SOUGHT.message());
  }

  @Test
  void rowSaysThatTheAnswerIsSoughtWhenAnInstanceThatHadLeftIsBack() {
    var row = requested("vm").toBuilder().reason(Reason.Settling.name()).build();

    assertThat(withoutATrace(row, 5).reason()).isEqualTo(Reason.AnswerUnknown.name());
  }

  // ---------------------------------------------------------------- Nova tells nothing

  @Test
  void rowBlockedBecauseNovaDoesNotAnswerSaysAtOnceThatNovaTellsNothing() {
    var row = refusedForLong().toBuilder().reason(Reason.ApiUnavailable.name()).build();

    assertThat(untold(row, 5).message()).isEqualTo(InstanceMessages.NOTHING_TOLD.message());
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 899})
  void rowBlockedByARefusalKeepsNovasWordsWhileNovaTellsNothingForLessThan15Minutes(long after) {
    assertThat(untold(refusedForLong(), after)).isEqualTo(refusedForLong());
  }

  @ParameterizedTest
  @CsvSource({"899, Requested", "900, Blocked"})
  void rowIsBlockedWhenNovaTellsNothingFor15Minutes(long after, String state) {
    assertThat(untold(requested("vm"), after).state()).isEqualTo(state);
  }
}
