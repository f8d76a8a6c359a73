package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BudgetTest {

  private static final Duration NO_TIME = Duration.ZERO;
  private static final Duration LONG = Duration.ofMinutes(1);

  private final List<Priority> waits = Collections.synchronizedList(new ArrayList<>());
  private volatile long now;

  private final Budget budget =
      new Budget(
          new Limits(8, 1000),
          () -> now,
          new RequestListener() {
            @Override
            public void answered(String operation, int status, Duration duration) {}

            @Override
            public void waited(Priority priority, Duration duration) {
              waits.add(priority);
            }
          });

  private static Asker asker(Priority priority) {
    return new Asker(priority, "compute-1");
  }

  private String request(Priority priority, Duration timeout) {
    return budget.during(asker(priority), timeout, () -> "done");
  }

  @Test
  void requestRunsWhileOneIsFree() {
    assertThat(whileUnderWay(5, Priority.CHANGE, () -> request(Priority.CHANGE, NO_TIME)))
        .isEqualTo("done");
  }

  @Test
  void requestFailsUnsentWhenItsTimeIsOver() {
    assertThatExceptionOfType(TransportException.class)
        .isThrownBy(
            () -> whileUnderWay(6, Priority.CHANGE, () -> request(Priority.CHANGE, NO_TIME)))
        .withMessage("too many requests are under way")
        .matches(e -> !e.maybeSent());
  }

  @Test
  void requestThatMustNotWaitRunsBesideAllOthers() {
    assertThat(whileUnderWay(6, Priority.CHANGE, () -> request(Priority.IMMEDIATE, NO_TIME)))
        .isEqualTo("done");
  }

  @Test
  void requestRunsWhenAnotherOneEnds() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var end = new CountDownLatch(1);
      underWay(threads, 6, Priority.IDLE, end);
      var waiting = new FutureTask<>(() -> request(Priority.IDLE, LONG));
      var thread = Thread.ofVirtual().start(waiting);
      await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
      end.countDown();

      assertThat(waiting.get()).isEqualTo("done");
    }
  }

  /**
   * Both wait for the one that is under way; when it is their turn, the second is over the ceiling.
   */
  @Test
  void requestThatTimeHoldsUpAtItsTurnGoesOutWhenTimeHasPassed() throws Exception {
    var narrow = new Budget(new Limits(3, 2), () -> now, (operation, status, duration) -> {});
    var asker = asker(Priority.IDLE);
    var ends = List.of(new CountDownLatch(1), new CountDownLatch(1));
    var begun = List.of(new CountDownLatch(1), new CountDownLatch(1));
    var requests = new ArrayList<Future<Boolean>>();
    for (var i = 0; i < 2; i++) {
      var number = i;
      var request =
          new FutureTask<>(
              () ->
                  narrow.during(
                      asker,
                      LONG,
                      () -> {
                        begun.get(number).countDown();
                        return awaited(ends.get(number));
                      }));
      requests.add(request);
      var thread = Thread.ofVirtual().start(request);
      if (i == 0) {
        awaited(begun.get(0));
      } else {
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
      }
    }
    var last = new FutureTask<>(() -> narrow.during(asker, LONG, () -> "done"));
    var thread = Thread.ofVirtual().start(last);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    ends.get(0).countDown();
    awaited(begun.get(1));
    now += Duration.ofMillis(990).toNanos();
    ends.get(1).countDown();
    requests.get(1).get();
    now += Duration.ofMillis(10).toNanos();

    assertThat(last.get(LONG.dividedBy(2).toSeconds(), TimeUnit.SECONDS)).isEqualTo("done");
  }

  @Test
  void requestGoesOutWhereTimePassesWhileItIsTurnedAway() {
    var ticking = new AtomicLong();
    var slow =
        new Budget(
            new Limits(3, 1),
            () -> ticking.addAndGet(Duration.ofMillis(300).toNanos()),
            (operation, status, duration) -> {});
    slow.during(asker(Priority.IDLE), LONG, () -> "first");

    assertThat(slow.during(asker(Priority.IDLE), LONG, () -> "second")).isEqualTo("second");
  }

  @Test
  void eachRequestTellsOfItsWait() {
    request(Priority.WATCH, NO_TIME);

    assertThat(waits).containsExactly(Priority.WATCH);
  }

  @Test
  void requestWithinAReservationNeedsNoOther() {
    assertThat(
            whileUnderWay(
                5,
                Priority.CHANGE,
                () ->
                    budget.reserving(
                        asker(Priority.CHANGE), NO_TIME, () -> request(Priority.CHANGE, NO_TIME))))
        .isEqualTo("done");
  }

  @Test
  void reservedWorkDoesNotRunWhenNoneIsFree() {
    var done = new ArrayList<String>();

    assertThatExceptionOfType(TransportException.class)
        .isThrownBy(
            () ->
                whileUnderWay(
                    6,
                    Priority.CHANGE,
                    () ->
                        budget.reserving(asker(Priority.CHANGE), NO_TIME, () -> done.add("done"))));
    assertThat(done).isEmpty();
  }

  @Test
  void reservationCountsOnlyForItsOwnThread() {
    assertThatThrownBy(
            () ->
                whileUnderWay(
                    5,
                    Priority.CHANGE,
                    () ->
                        budget.reserving(
                            asker(Priority.CHANGE),
                            NO_TIME,
                            () -> elsewhere(() -> request(Priority.CHANGE, NO_TIME)))))
        .hasMessage("too many requests are under way");
  }

  @ParameterizedTest
  @EnumSource
  void exceptionLeaksNothing(Priority priority) {
    for (var i = 0; i < 20; i++) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  budget.during(
                      asker(priority),
                      NO_TIME,
                      () -> {
                        throw new IllegalStateException();
                      }));
    }
  }

  @ParameterizedTest
  @EnumSource
  void javaErrorLeaksNothing(Priority priority) {
    for (var i = 0; i < 20; i++) {
      assertThatExceptionOfType(StackOverflowError.class)
          .isThrownBy(
              () ->
                  budget.reserving(
                      asker(priority),
                      NO_TIME,
                      () -> {
                        throw new StackOverflowError();
                      }));
    }
  }

  @Test
  void interruptOfAWaitingRequestLeaksNothing() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var end = new CountDownLatch(1);
      var running = underWay(threads, 6, Priority.DRAINING, end);
      for (var i = 0; i < 7; i++) {
        var failure = new AtomicReference<Throwable>();
        var waiting =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        request(Priority.DRAINING, LONG);
                      } catch (TransportException e) {
                        failure.set(e);
                      }
                    });
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        waiting.interrupt();
        waiting.join();
        assertThat(failure.get()).hasMessage("it was interrupted");
      }
      end.countDown();
      for (var request : running) {
        request.get();
      }
    }

    assertThat(request(Priority.DRAINING, NO_TIME)).isEqualTo("done");
  }

  @Test
  void requestThatWasGivenUpTakesNoTurn() {
    assertThatThrownBy(() -> whileUnderWay(6, Priority.IDLE, () -> request(Priority.IDLE, NO_TIME)))
        .isInstanceOf(TransportException.class);

    assertThat(whileUnderWay(5, Priority.IDLE, () -> request(Priority.IDLE, NO_TIME)))
        .isEqualTo("done");
  }

  @ParameterizedTest
  @EnumSource(names = {"WATCH", "DRAINING", "IDLE"})
  void longPauseOfTheCloudIsToldAtOnceWithItsRest(Priority priority) {
    budget.refused(Duration.ofSeconds(40), now);
    now += Duration.ofSeconds(10).toNanos();

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> request(priority, LONG))
        .returns(Kind.TOO_MANY_REQUESTS, NovaException::kind)
        .returns(Optional.of(Duration.ofSeconds(30)), NovaException::retryAfter);
  }

  @ParameterizedTest
  @EnumSource(names = {"IMMEDIATE", "CHANGE"})
  void pauseOfTheCloudDoesNotHoldUpAChange(Priority priority) {
    budget.refused(Duration.ofSeconds(40), now);

    assertThat(request(priority, NO_TIME)).isEqualTo("done");
  }

  @Test
  void questionsGoOutAfterThePauseOfTheCloud() {
    budget.refused(Duration.ofSeconds(40), now);
    now += Duration.ofSeconds(40).toNanos();

    assertThat(request(Priority.WATCH, NO_TIME)).isEqualTo("done");
  }

  @Test
  void longPauseOfTheCloudEndsTheWaitOfWhatWaitsAlready() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var end = new CountDownLatch(1);
      underWay(threads, 6, Priority.CHANGE, end);
      var waiting = new FutureTask<>(() -> request(Priority.IDLE, LONG));
      var thread = Thread.ofVirtual().start(waiting);
      await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
      budget.refused(Duration.ofSeconds(40), now);

      assertThatThrownBy(waiting::get).hasCauseInstanceOf(NovaException.class);
      end.countDown();
    }
  }

  @Test
  void timeInWhichSeveralRequestsOfOneAskerWaitCountsOnce() {
    var asker = asker(Priority.DRAINING);
    asker.begin(0);
    asker.begin(10);
    asker.end(30);
    asker.end(40);
    asker.begin(100);
    asker.end(105);

    assertThat(asker.waited()).isEqualTo(Duration.ofNanos(45));
  }

  /** While so many other threads have a request under way. */
  private <T> T whileUnderWay(int others, Priority priority, Supplier<T> deed) {
    var end = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      underWay(threads, others, priority, end);
      try {
        return deed.get();
      } finally {
        end.countDown();
      }
    }
  }

  private List<Future<Boolean>> underWay(
      ExecutorService threads, int others, Priority priority, CountDownLatch end) {
    var begun = new CountDownLatch(others);
    var running = new ArrayList<Future<Boolean>>();
    for (var i = 0; i < others; i++) {
      running.add(
          threads.submit(
              () ->
                  budget.during(
                      asker(priority),
                      LONG,
                      () -> {
                        begun.countDown();
                        return awaited(end);
                      })));
    }
    awaited(begun);
    return running;
  }

  private static <T> T elsewhere(Supplier<T> deed) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return threads.submit(deed::get).get();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
