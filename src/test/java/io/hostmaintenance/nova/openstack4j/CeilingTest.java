package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CeilingTest {

  /** A stopwatch may begin anywhere, also where it is about to overflow. */
  private static final long START = Long.MAX_VALUE - 5;

  private final Ceiling ceiling = new Ceiling(20, START);

  private static long after(Duration time) {
    return START + time.toNanos();
  }

  private static long seconds(double seconds) {
    return START + (long) (seconds * 1_000_000_000);
  }

  private int goingOutAt(long now) {
    var count = 0;
    while (ceiling.pause(now) <= 0) {
      ceiling.count(now);
      count++;
    }
    return count;
  }

  @Test
  void letsOutSoManyInOneSecond() {
    assertThat(goingOutAt(seconds(0))).isEqualTo(20);
    assertThat(goingOutAt(seconds(0.999))).isZero();
    assertThat(goingOutAt(seconds(1))).isEqualTo(20);
  }

  @Test
  void countsAnySecondAndNotThoseOfAClock() {
    for (var i = 0; i < 10; i++) {
      ceiling.count(seconds(0.9));
    }

    assertThat(goingOutAt(seconds(1.5))).isEqualTo(10);
    assertThat(goingOutAt(seconds(1.9))).isEqualTo(10);
  }

  @Test
  void tellsWhenTheNextMayGoOut() {
    goingOutAt(seconds(0));

    assertThat(ceiling.pause(seconds(0.4))).isEqualTo(Duration.ofMillis(600).toNanos());
  }

  @ParameterizedTest
  @CsvSource({"0, 10", "300, 15", "599, 19", "600, 20", "100000, 20"})
  void isHalvedByARefusalAndComesBackOverTenMinutes(long seconds, int perSecond) {
    ceiling.refused(Duration.ofSeconds(1), START, START);

    assertThat(ceiling.perSecond(seconds(seconds))).isEqualTo(perSecond);
  }

  @Test
  void isHalvedOnceByRefusalsOfRequestsThatWentOutTogether() {
    for (var i = 0; i < 8; i++) {
      ceiling.refused(Duration.ofSeconds(1), START, seconds(i * 0.1));
    }

    assertThat(ceiling.perSecond(seconds(0.8))).isEqualTo(10);
  }

  @Test
  void isNotHalvedAgainByWhatGoesOutWhileItIsClosed() {
    ceiling.refused(Duration.ofSeconds(30), START, START);
    ceiling.refused(Duration.ofSeconds(30), seconds(10), seconds(10));

    assertThat(ceiling.perSecond(seconds(10))).isEqualTo(10);
  }

  @Test
  void isHalvedAgainByARefusalAfterItsPause() {
    ceiling.refused(Duration.ofSeconds(1), START, START);
    ceiling.refused(Duration.ofSeconds(1), seconds(1), seconds(1));

    assertThat(ceiling.perSecond(seconds(1))).isEqualTo(5);
  }

  @Test
  void letsOutOneInASecondHoweverOftenItIsRefused() {
    for (var i = 0; i < 20; i++) {
      ceiling.refused(Duration.ofSeconds(1), seconds(i), seconds(i));
    }

    assertThat(goingOutAt(seconds(20))).isEqualTo(1);
  }

  @Test
  void isClosedForAsLongAsTheCloudSays() {
    ceiling.refused(Duration.ofSeconds(30), START, START);

    assertThat(ceiling.pause(seconds(10))).isEqualTo(Duration.ofSeconds(20).toNanos());
    assertThat(ceiling.pause(seconds(30))).isZero();
  }

  @Test
  void staysClosedWhereALaterRefusalNamesAShorterTime() {
    ceiling.refused(Duration.ofSeconds(30), START, START);
    ceiling.refused(Duration.ofSeconds(1), START, seconds(1));

    assertThat(ceiling.closedFor(seconds(10))).isEqualTo(Duration.ofSeconds(20).toNanos());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT5M1S", "PT10M", "PT1000H"})
  void isClosedForFiveMinutesAtMost(Duration said) {
    ceiling.refused(said, START, START);

    assertThat(ceiling.pause(after(Duration.ofMinutes(5)))).isZero();
    assertThat(ceiling.pause(after(Duration.ofMinutes(5)) - 1)).isPositive();
  }

  @Test
  void isClosedForASecondWhereTheCloudDoesNotSay() {
    ceiling.refused(Duration.ZERO, START, START);

    assertThat(ceiling.closedFor(START)).isEqualTo(Duration.ofSeconds(1).toNanos());
  }
}
