package io.hostmaintenance.nova.openstack4j;

import static io.hostmaintenance.nova.Priority.CHANGE;
import static io.hostmaintenance.nova.Priority.DRAINING;
import static io.hostmaintenance.nova.Priority.IDLE;
import static io.hostmaintenance.nova.Priority.IMMEDIATE;
import static io.hostmaintenance.nova.Priority.WATCH;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class RequestQueueTest {

  private static final Duration SOME_TIME = Duration.ofSeconds(30);

  private final RequestQueue<Asked> queue = new RequestQueue<>(new Limits(8, 1000), 0);
  private long now;

  private record Asked(Priority priority, String host, int number) {}

  private void waits(Priority priority, String host, int requests) {
    for (var i = 0; i < requests; i++) {
      queue.add(new Asked(priority, host, i), priority, host);
    }
  }

  /** All that may go out now, in their order. */
  private List<Asked> out() {
    var out = new ArrayList<Asked>();
    for (var next = queue.next(now); next.isPresent(); next = queue.next(now)) {
      out.add(next.get());
    }
    return out;
  }

  /** All that wait, in the order in which they go out where one is under way at a time. */
  private List<Asked> order() {
    var order = new ArrayList<Asked>();
    for (var next = queue.next(now); next.isPresent(); next = queue.next(now)) {
      order.add(next.get());
      queue.end(next.get().priority());
    }
    return order;
  }

  @Nested
  class Priorities {

    @Test
    void goInTheirOrderHoweverLongTheOthersHaveWaited() {
      var backwards = Arrays.asList(Priority.values());
      Collections.reverse(backwards);
      backwards.forEach(priority -> waits(priority, "compute-1", 1));

      assertThat(order())
          .extracting(Asked::priority)
          .containsExactly(IMMEDIATE, CHANGE, WATCH, DRAINING, IDLE);
    }

    @Test
    void leaveAHostsRequestsInTheirOrder() {
      waits(DRAINING, "compute-1", 3);

      assertThat(order()).extracting(Asked::number).containsExactly(0, 1, 2);
    }
  }

  @Nested
  class ADrainOfAThousandInstances {

    @Test
    void letsASmallDrainHaveTheSecondTurn() {
      waits(DRAINING, "large", 1000);
      waits(DRAINING, "small", 1);

      assertThat(order()).extracting(Asked::host).startsWith("large", "small", "large");
    }

    @ParameterizedTest
    @EnumSource(names = {"DRAINING", "IDLE"})
    void takesEveryOtherTurnBesideOneHostAndEveryThirdBesideTwo(Priority priority) {
      waits(priority, "large", 1000);
      waits(priority, "b", 3);
      waits(priority, "c", 2);

      assertThat(order())
          .extracting(Asked::host)
          .startsWith("large", "b", "c", "large", "b", "c", "large", "b", "large", "large");
    }

    @Test
    void doesNotHoldUpAGiveBack() {
      waits(DRAINING, "large", 1000);
      out();
      waits(IMMEDIATE, "given back", 1);

      assertThat(out()).extracting(Asked::host).containsExactly("given back");
    }

    @Test
    void doesNotHoldUpAnAbortByItsMoves() {
      waits(CHANGE, "large", 1000);
      out();
      waits(IMMEDIATE, "large", 1);

      assertThat(out()).extracting(Asked::priority).containsExactly(IMMEDIATE);
    }
  }

  @Nested
  class TheRequestsInFlight {

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IMMEDIATE")
    void areAllButTwoForWhatMayWait(Priority priority) {
      waits(priority, "compute-1", 1000);

      assertThat(out()).hasSize(6);
    }

    @Test
    void areAllForWhatMustNotWait() {
      waits(IMMEDIATE, "compute-1", 1000);

      assertThat(out()).hasSize(8);
    }

    @Test
    void areNoMoreThanTheLimitTogether() {
      waits(CHANGE, "compute-1", 6);
      out();
      waits(IMMEDIATE, "compute-1", 1000);

      assertThat(out()).hasSize(2);
    }

    @Test
    void leaveThatWhichMayWaitItsPartBesideTwoThatMustNot() {
      waits(IMMEDIATE, "compute-1", 2);
      waits(WATCH, "", 1000);

      assertThat(out()).hasSize(2 + 6);
    }

    @Test
    void makeRoomForOneWhenOneEnds() {
      waits(DRAINING, "compute-1", 1000);
      out();
      queue.end(DRAINING);

      assertThat(out()).hasSize(1);
    }

    @Test
    void areNotTakenByARequestThatWaitsNoMore() {
      var gone = new Asked(DRAINING, "gone", 0);
      queue.add(gone, DRAINING, "gone");
      waits(DRAINING, "compute-1", 6);
      queue.remove(gone, DRAINING, "gone");

      assertThat(out()).hasSize(6).extracting(Asked::host).containsOnly("compute-1");
    }

    @Test
    void areTakenByWhatAHostStillWaitsFor() {
      var gone = new Asked(DRAINING, "compute-1", 7);
      queue.add(gone, DRAINING, "compute-1");
      waits(DRAINING, "compute-1", 1);
      queue.remove(gone, DRAINING, "compute-1");

      assertThat(out()).extracting(Asked::number).containsExactly(0);
    }
  }

  @Nested
  class ACloudThatWantsToBeLeftAlone {

    @ParameterizedTest
    @EnumSource(names = {"WATCH", "DRAINING", "IDLE"})
    void isAskedNoQuestionUntilTheTimeIsOver(Priority priority) {
      queue.refused(SOME_TIME, 0, 0);
      waits(priority, "compute-1", 1);

      now = SOME_TIME.toNanos() - 1;
      assertThat(out()).isEmpty();
      now = SOME_TIME.toNanos();
      assertThat(out()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"IMMEDIATE", "CHANGE"})
    void isStillAskedForChanges(Priority priority) {
      queue.refused(SOME_TIME, 0, 0);
      waits(priority, "compute-1", 1);

      assertThat(out()).hasSize(1);
    }
  }

  @Nested
  class TheCeiling {

    private final RequestQueue<Asked> low = new RequestQueue<>(new Limits(100, 20), 0);

    private List<Asked> out(Priority priority) {
      for (var i = 0; i < 50; i++) {
        low.add(new Asked(priority, "compute-1", i), priority, "compute-1");
      }
      var out = new ArrayList<Asked>();
      for (var next = low.next(0); next.isPresent(); next = low.next(0)) {
        out.add(next.get());
      }
      return out;
    }

    @ParameterizedTest
    @EnumSource(names = {"DRAINING", "IDLE"})
    void boundsTheQuestionsForSingleHosts(Priority priority) {
      assertThat(out(priority)).hasSize(20);
    }

    @ParameterizedTest
    @EnumSource(names = {"IMMEDIATE", "CHANGE", "WATCH"})
    void boundsNothingElse(Priority priority) {
      assertThat(out(priority)).hasSize(50);
    }

    @Test
    void namesTheFirstThatWaitsForTimeAlone() {
      out(IDLE);

      assertThat(low.delayed(0)).contains(new Asked(IDLE, "compute-1", 20));
      assertThat(low.delayed(Duration.ofSeconds(1).toNanos())).isEmpty();
    }

    @Test
    void namesNoneWhereNoneIsFree() {
      waits(DRAINING, "compute-1", 7);
      RequestQueueTest.this.out();
      queue.refused(SOME_TIME, 0, 0);

      assertThat(queue.delayed(0)).isEmpty();
    }

    @Test
    void isOneForDrainingAndIdleHosts() {
      out(DRAINING);

      assertThat(out(IDLE)).isEmpty();
    }
  }
}
