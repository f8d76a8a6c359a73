package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.cold;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.paused;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static io.hostmaintenance.drain.instance.Question.ACTIONS;
import static io.hostmaintenance.drain.instance.Question.EVENTS;
import static io.hostmaintenance.drain.instance.Question.INSTANCE;
import static io.hostmaintenance.drain.instance.Question.MIGRATIONS;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.drain.ObservationNeeds;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is asked about single instances: as much as is needed, and in steady state nothing. */
class DetailQueriesTest {

  private static Map<String, Set<Question>> of(
      InstanceStatus row, List<Migration> migrations, Instance... here) {
    var status =
        HostMaintenanceStatus.builder().instances(row == null ? null : List.of(row)).build();
    return of(status, migrations, List.of(here));
  }

  private static Map<String, Set<Question>> of(
      HostMaintenanceStatus status, List<Migration> migrations, List<Instance> here) {
    var resource = Given.taken().resource();
    resource.setStatus(status);
    return DetailQueries.of(resource, Strategies.DEFAULT, migrations, here);
  }

  @Test
  void queriesNothingBeforeAStatusExists() {
    assertThat(of((HostMaintenanceStatus) null, List.of(), List.of(active("vm")))).isEmpty();
  }

  @Test
  void queriesNothingDuringARunningLiveMigration() {
    assertThat(
            of(
                running("vm", 9),
                List.of(live(9, "vm", "running", NOON)),
                busy("migrating", active("vm"))))
        .isEmpty();
  }

  @Test
  void queriesOnlyTheInstanceAtTheEndOfALiveMigration() {
    assertThat(of(running("vm", 9), List.of(live(9, "vm", "completed", NOON))))
        .containsExactly(Map.entry("vm", Set.of(INSTANCE)));
  }

  @Test
  void queriesTheEventsOfAFailedLiveMigration() {
    assertThat(of(running("vm", 9), List.of(live(9, "vm", "error", NOON)), active("vm")))
        .containsExactly(Map.entry("vm", Set.of(EVENTS, MIGRATIONS)));
  }

  /** Nova leaves out of what has changed a record that never changed since it was made. */
  @Test
  void queriesTheMigrationsOfAMoveThatTheListOfChangesLacks() {
    var busy = busy("migrating", active("vm"));

    assertThat(of(running("vm", 9), List.of(), busy))
        .containsExactly(Map.entry("vm", Set.of(MIGRATIONS)));
    assertThat(of(moving("vm"), List.of(), busy))
        .containsExactly(Map.entry("vm", Set.of(ACTIONS, MIGRATIONS)));
  }

  @Test
  void queriesActionsAndMigrationsOfARequestWithoutAnAnswer() {
    assertThat(of(requested("vm"), List.of(), active("vm")))
        .containsExactly(Map.entry("vm", Set.of(ACTIONS, MIGRATIONS)));
  }

  @Test
  void queriesTheActionsOfAColdMigrationUntilItsMigrationIsKnown() {
    var busy = busy("resize_prep", active("vm"));

    assertThat(of(cold(moving("vm")), List.of(), busy).get("vm")).contains(ACTIONS, MIGRATIONS);
    assertThat(of(cold(running("vm", 9)), List.of(), busy))
        .containsExactly(Map.entry("vm", Set.of(MIGRATIONS)));
  }

  @ParameterizedTest
  @EnumSource(names = {"Pending", "Blocked", "Skipped"})
  void queriesTheInstanceAndMigrationsOfAnInstanceThatLeftTheHost(RowState state) {
    assertThat(of(row("vm", state, Reason.Waiting), List.of()))
        .containsExactly(Map.entry("vm", Set.of(INSTANCE, MIGRATIONS)));
  }

  @ParameterizedTest
  @EnumSource(names = {"Moved", "Gone"})
  void queriesNothingForARowThatHasEnded(RowState state) {
    assertThat(of(row("vm", state, Reason.Moved), List.of())).isEmpty();
  }

  @Test
  void queriesNothingForAnInstanceThatLeftInError() {
    assertThat(of(row("vm", RowState.Failed, Reason.MovedWithError), List.of())).isEmpty();
  }

  @Test
  void queriesTheActionsAndMigrationsOfAPausedInstance() {
    assertThat(of(null, List.of(), paused("vm")))
        .containsExactly(Map.entry("vm", Set.of(ACTIONS, MIGRATIONS)));
  }

  @Test
  void queriesTheInstanceOfAnUnfinishedMigration() {
    assertThat(of(null, List.of(record(9, "vm", "resize", "finished", NOON, SOMEBODY))))
        .containsExactly(Map.entry("vm", Set.of(INSTANCE)));
  }

  @Test
  void acceptsAnInstanceThatTwoPagesOfTheListShow() {
    assertThat(of(moving("vm"), List.of(), busy("migrating", active("vm")), active("vm")))
        .containsKey("vm");
  }

  // ---------------------------------------------------------------- how wide an observation is

  @Test
  void observationIsCompleteUnlessARequestIsPending() {
    var none = HostMaintenanceStatus.builder().instances(List.of()).build();
    var one = none.toBuilder().instances(List.of(moving("vm"))).build();

    assertThat(ObservationNeeds.completeObservation(null)).isTrue();
    assertThat(ObservationNeeds.completeObservation(none)).isTrue();
    assertThat(ObservationNeeds.completeObservation(one)).isFalse();
  }

  @Test
  void changesAreReadFromFiveMinutesBeforeTheOldestRequestByNovasClock() {
    var older = moving("a").toBuilder().observedTime(NOON.minusSeconds(100)).build();
    var status = HostMaintenanceStatus.builder().instances(List.of(moving("vm"), older)).build();

    assertThat(ObservationNeeds.changesSince(status)).contains(NOON.minusSeconds(400));
    assertThat(ObservationNeeds.changesSince(null)).isEmpty();
  }

  @Test
  void doesNotCountTheMigrationOfAnotherInstance() {
    assertThat(of(running("vm", 9), List.of(live(8, "other", "completed", NOON))).get("vm"))
        .contains(INSTANCE, MIGRATIONS, EVENTS);
  }

  @Test
  void queriesTheMigrationsWhenAColdMigrationIsFinished() {
    assertThat(
            of(cold(running("vm", 9)), List.of(Fixtures.cold(9, "vm", "finished", NOON))).get("vm"))
        .contains(MIGRATIONS);
  }

  @Test
  void queriesTheEventsOfAFailedColdMigration() {
    assertThat(of(cold(running("vm", 9)), List.of(Fixtures.cold(9, "vm", "error", NOON))).get("vm"))
        .contains(EVENTS);
  }

  @Test
  void doesNotQueryTheEventsOfASuccessfulColdMigration() {
    assertThat(
            of(cold(running("vm", 9)), List.of(Fixtures.cold(9, "vm", "post-migrating", NOON)))
                .get("vm"))
        .containsExactly(INSTANCE);
  }

  @Test
  void countsAnInstanceThatTwoPagesOfTheListShowAsOnTheHost() {
    var busy = busy("migrating", active("vm"));

    assertThat(of(running("vm", 9), List.of(live(9, "vm", "running", NOON)), busy, busy)).isEmpty();
  }

  /** Nova's clocks may differ by 5 s. */
  @ParameterizedTest
  @CsvSource({"-5, false", "-6, true"})
  void queriesTheActionsOfALiveMigrationWhoseRecordIsOlderThanTheRequest(
      long created, boolean asked) {
    assertThat(
            of(
                    moving("vm"),
                    List.of(live(9, "vm", "running", NOON.plusSeconds(created))),
                    busy("migrating", active("vm")))
                .getOrDefault("vm", Set.of())
                .contains(ACTIONS))
        .isEqualTo(asked);
  }

  @ParameterizedTest
  @CsvSource({
    "migrating, running, false",
    "migrating, error,   true",
    ",          running, true",
  })
  void queriesTheActionsOfALiveMigrationUnlessItsRecordAndItsTaskGoOn(
      String task, String status, boolean asked) {
    assertThat(
            of(
                    moving("vm"),
                    List.of(live(9, "vm", status, NOON.plusSeconds(1))),
                    busy(task, active("vm")))
                .getOrDefault("vm", Set.of())
                .contains(ACTIONS))
        .isEqualTo(asked);
  }

  @Test
  void queriesOnlyTheInstanceWhenALiveMigrationEndsBeforeItsRecordIsStored() {
    assertThat(of(moving("vm"), List.of(live(9, "vm", "completed", NOON.plusSeconds(1)))))
        .containsExactly(Map.entry("vm", Set.of(INSTANCE)));
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, true"})
  void queriesTheActionsOfALiveMigrationAfterItsFirstAttempt(int attempts, boolean asked) {
    assertThat(
            of(
                    moving("vm").toBuilder().attempts(attempts).build(),
                    List.of(live(9, "vm", "running", NOON.plusSeconds(1))),
                    busy("migrating", active("vm")))
                .getOrDefault("vm", Set.of())
                .contains(ACTIONS))
        .isEqualTo(asked);
  }
}
