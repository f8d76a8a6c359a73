package io.hostmaintenance.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where a row may go from its state; the simulation holds that no row goes elsewhere. */
class RowStateTest {

  @ParameterizedTest
  @EnumSource(RowState.class)
  void noStateFollowsItself(RowState state) {
    assertThat(state.next()).doesNotContain(state);
  }

  @ParameterizedTest
  @EnumSource(
      value = RowState.class,
      names = {"Pending", "Failed", "Moved", "Gone"})
  void moveIsUnderWayOnlyAfterItsRequestWasStored(RowState state) {
    assertThat(state.next()).doesNotContain(RowState.InProgress, RowState.Confirming);
  }

  @Test
  void onlyARequestALostAnswerOrAnAdministratorLeadsToARunningMove() {
    assertThat(RowState.values())
        .filteredOn(state -> state.next().contains(RowState.InProgress))
        .containsExactly(RowState.Requested, RowState.Blocked);
  }

  @Test
  void everyStateCanBeReached() {
    assertThat(Arrays.stream(RowState.values()).flatMap(state -> state.next().stream()))
        .contains(RowState.values());
  }
}
