package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatusBuilder;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MoveMetricsTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");
  private static final String LIVE = "LiveMigrate";

  private final Metrics metrics = new Metrics(() -> NOW);

  private static InstanceStatusBuilder row(RowState state, Reason reason) {
    return InstanceStatus.builder()
        .id("i")
        .action(LIVE)
        .attempts(1)
        .state(state.name())
        .reason(reason.name());
  }

  private static InstanceStatus running() {
    return row(RowState.InProgress, Reason.Running)
        .requestTime(NOW.minusSeconds(100))
        .startTime(NOW.minusSeconds(40))
        .build();
  }

  private static HostMaintenanceStatus status(InstanceStatus... rows) {
    return HostMaintenanceStatus.builder().phase("Draining").instances(List.of(rows)).build();
  }

  private void stored(HostMaintenanceStatus before, HostMaintenanceStatus after) {
    var resource = new HostMaintenance();
    resource.setMetadata(new ObjectMetaBuilder().withName("hm").withUid("uid").build());
    resource.setStatus(before);
    metrics.moves().stored(resource, after);
  }

  private void becomes(InstanceStatus before, InstanceStatus after) {
    stored(status(before), status(after));
  }

  private void becomes(Phase before, Phase after) {
    stored(
        HostMaintenanceStatus.builder().phase(before.name()).build(),
        HostMaintenanceStatus.builder()
            .phase(after.name())
            .startTime(NOW.minusSeconds(600))
            .build());
  }

  private double value(String series) {
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private double moves(String type, String result, Reason reason) {
    return value(
        "hostmaintenance_moves_total{reason=\"%s\",result=\"%s\",type=\"%s\"}"
            .formatted(reason, result, type));
  }

  private double allMoves() {
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith("hostmaintenance_moves_total{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private double drains(String suffix) {
    return value("hostmaintenance_drain_duration_seconds_" + suffix);
  }

  @Test
  void movesOfEachTypeCountFromZero() {
    assertThat(moves(LIVE, "succeeded", Reason.Moved)).isZero();
    assertThat(moves("ColdMigrate", "failed", Reason.NoValidHost)).isZero();
    assertThat(value("hostmaintenance_move_duration_seconds_count{type=\"LiveMigrate\"}")).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "Moved, Moved, succeeded",
    "Moved, MovedWithError, succeeded",
    "Pending, NoValidHost, failed",
    "Failed, FailedDuringTransfer, failed",
    "Blocked, Inconsistent, failed",
    "Gone, Deleted, gone"
  })
  void endedMoveCountsByWhatBecameOfItsRow(RowState state, Reason reason, String result) {
    becomes(running(), row(state, reason).build());

    assertThat(moves(LIVE, result, reason)).isEqualTo(1);
    assertThat(allMoves()).isEqualTo(1);
  }

  @Test
  void timeOfASuccessfulMoveCountsFromWhenNovaRanIt() {
    becomes(running(), row(RowState.Moved, Reason.Moved).completionTime(NOW).build());

    assertThat(value("hostmaintenance_move_duration_seconds_sum{type=\"LiveMigrate\"}"))
        .isEqualTo(40);
  }

  @Test
  void timeOfAMoveThatWasNeverSeenRunningCountsFromItsRequest() {
    var requested = row(RowState.Requested, Reason.AnswerUnknown);
    becomes(
        requested.requestTime(NOW.minusSeconds(100)).build(),
        row(RowState.Moved, Reason.Moved).completionTime(NOW).build());

    assertThat(value("hostmaintenance_move_duration_seconds_sum{type=\"LiveMigrate\"}"))
        .isEqualTo(100);
  }

  @Test
  void failedMoveHasNoTime() {
    becomes(running(), row(RowState.Failed, Reason.Timeout).build());

    assertThat(value("hostmaintenance_move_duration_seconds_count{type=\"LiveMigrate\"}")).isZero();
  }

  @Test
  void moveThatGoesOnDoesNotCount() {
    becomes(running(), running().toBuilder().progressPercent(50).build());

    assertThat(allMoves()).isZero();
  }

  @Test
  void overdueMoveThatIsStillFollowedDoesNotCount() {
    becomes(running(), running().toBuilder().state("Blocked").reason("Timeout").build());

    assertThat(allMoves()).isZero();
  }

  @Test
  void requestThatCountsAsNotMadeDoesNotCount() {
    becomes(running(), row(RowState.Pending, Reason.Forbidden).attempts(0).build());

    assertThat(allMoves()).isZero();
  }

  @Test
  void rowThatEndedBeforeDoesNotCountAgain() {
    var moved = row(RowState.Moved, Reason.Moved).build();
    becomes(moved, moved);

    assertThat(allMoves()).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = RowAction.class,
      names = {"Stop", "Offload", "Delete", "Confirm"})
  void actionThatMovesNothingDoesNotCount(RowAction action) {
    becomes(
        running().toBuilder().action(action.name()).build(),
        row(RowState.Moved, Reason.Moved).action(action.name()).build());

    assertThat(allMoves()).isZero();
  }

  @Test
  void timeOfADrainCountsFromWhenTheHostWasTaken() {
    becomes(Phase.Draining, Phase.InMaintenance);

    assertThat(drains("count")).isEqualTo(1);
    assertThat(drains("sum")).isEqualTo(600);
  }

  @Test
  void drainAfterALateArrivalDoesNotCountAgain() {
    becomes(Phase.Draining, Phase.InMaintenance);
    becomes(Phase.InMaintenance, Phase.Draining);
    becomes(Phase.Draining, Phase.InMaintenance);

    assertThat(drains("count")).isEqualTo(1);
  }

  @Test
  void firstStatusOfAResourceCountsNothing() {
    stored(null, status(row(RowState.Moved, Reason.Moved).build()));

    assertThat(allMoves()).isZero();
    assertThat(drains("count")).isZero();
  }
}
