package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.cold;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many live migrations Auto wants, and when the next look comes. Given polls every 5 s. */
class PaceTest {

  /** Rows whose live migrations were seen to end so many seconds after noon. */
  private static List<InstanceStatus> ended(long... seconds) {
    return Arrays.stream(seconds).mapToObj(s -> moved("vm", NOON.plusSeconds(s))).toList();
  }

  private static InstanceStatus moved(String id, Instant when) {
    return row(id, RowState.Moved, Reason.Moved).toBuilder().completionTime(when).build();
  }

  private static Pace pace(long... ends) {
    return Pace.of(NOON, ended(ends), Given.SETTINGS);
  }

  /** One end each so many seconds. */
  private static Pace steady(long seconds) {
    return pace(seconds, 2 * seconds, 3 * seconds, 4 * seconds, 5 * seconds, 6 * seconds);
  }

  private static int wanted(Pace pace) {
    return pace.wanted(Duration.ZERO, 1);
  }

  private static long pause(Pace pace, long elapsed) {
    return pace.pause(Duration.ofSeconds(elapsed)).toSeconds();
  }

  @Test
  void fourAreWantedBeforeThePaceIsKnown() {
    assertThat(wanted(pace())).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"1, 11", "2, 6", "4, 4", "8, 3", "14, 3", "26, 2", "180, 2", "86400, 2"})
  void soManyAreQueuedAsMayBeginBeforeThoseOfTheNextObservationAreInTheQueue(
      long seconds, int wanted) {
    assertThat(wanted(steady(seconds))).isEqualTo(wanted);
  }

  @Test
  void neverMoreThan16AreWanted() {
    assertThat(steady(1).wanted(Duration.ofMinutes(1), 1)).isEqualTo(16);
  }

  @Test
  void slowObservationQueuesMore() {
    assertThat(steady(30).wanted(Duration.ofSeconds(31), 1)).isEqualTo(3);
  }

  @Test
  void sourceThatRunsSeveralAtOnceIsGivenThemAll() {
    assertThat(steady(30).wanted(Duration.ZERO, 4)).isEqualTo(5);
  }

  @Test
  void endsThatWereSeenAtOnceShareTheTimeBeforeThem() {
    assertThat(pace(100, 110, 110).intervals())
        .containsExactly(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(100));
  }

  @Test
  void onlyTheLastFiveEndsCount() {
    assertThat(pace(100, 200, 300, 310, 320, 330, 340, 350).intervals())
        .containsOnly(Duration.ofSeconds(10))
        .hasSize(5);
  }

  @Test
  void firstEndSoonAfterTheBeginOfTheDrainSaysNothingOfThePace() {
    assertThat(pace(29).intervals()).isEmpty();
  }

  @Test
  void firstEndOfASlowMoveCountsFromTheBeginOfTheDrain() {
    assertThat(wanted(pace(180))).isEqualTo(2);
  }

  @Test
  void withoutABeginTheFirstEndSaysNothing() {
    assertThat(Pace.of(null, ended(100, 108), Given.SETTINGS).intervals())
        .containsExactly(Duration.ofSeconds(8));
  }

  @Test
  void onlyLiveMigrationsThatEndedWellCount() {
    var rows =
        Stream.of(
                cold(moved("cold", NOON.plusSeconds(60))),
                moved("failed", NOON.plusSeconds(70)).toBuilder().state("Failed").build(),
                row("waiting", RowState.Pending, Reason.Waiting))
            .toList();

    assertThat(Pace.of(NOON, rows, Given.SETTINGS).intervals()).isEmpty();
  }

  // ---------------------------------------------------------------- the next look

  @ParameterizedTest
  @CsvSource({"0, 5", "20, 5", "32, 8", "40, 10", "4000, 10"})
  void beforeThePaceIsKnownThePauseGrowsWithTheTimeOfTheFirstMoveToTwoPolls(
      long elapsed, long pause) {
    assertThat(pause(pace(), elapsed)).isEqualTo(pause);
  }

  @Test
  void nextObservationComesTwoSecondsAfterTheExpectedEnd() {
    assertThat(pause(steady(18), 7)).isEqualTo(13);
  }

  @ParameterizedTest
  @ValueSource(longs = {12, 16, 17, 18, 37})
  void pauseIsThePollWhenTheExpectedEndIsNearOrJustPast(long elapsed) {
    assertThat(pause(steady(15), elapsed)).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"49, 8", "57, 10", "4000, 10"})
  void pauseGrowsToTwoPollsWhileTheExpectedEndIsOverdue(long elapsed, long pause) {
    assertThat(pause(steady(15), elapsed)).isEqualTo(pause);
  }

  @Test
  void longWayToTheExpectedEndIsDividedIntoEvenPausesOfFourPollsAtMost() {
    assertThat(pause(steady(50), 2)).isEqualTo(16);
    assertThat(pause(steady(50), 18)).isEqualTo(17);
    assertThat(pause(steady(3600), 0)).isEqualTo(19);
  }

  @Test
  void whereTheEndsCameUnevenlyThePauseIsTwoPollsAtMost() {
    var uneven = pace(30, 60, 90, 126, 150, 180);

    assertThat(uneven.pause(Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void pauseIsNeverLongerThanTheIdlePoll() {
    var patient =
        new Settings(
            Duration.ofSeconds(40),
            Duration.ofSeconds(60),
            Duration.ofMinutes(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ZERO,
            10,
            20,
            Given.SETTINGS.strategies());
    var pace = Pace.of(NOON, ended(3600, 7200, 10800, 14400, 18000), patient);

    assertThat(pause(pace, 0)).isBetween(58L, 60L);
  }
}
