package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class PermitsTest {

  private static final Duration NO_TIME = Duration.ZERO;

  private final Permits permits = new Permits();

  @Test
  void requestRunsWhileAPermitIsFree() {
    assertThat(during(15, () -> permits.during(NO_TIME, () -> "done"))).isEqualTo("done");
  }

  @Test
  void requestFailsWhenNoPermitIsFree() {
    var done = new ArrayList<String>();

    assertThatExceptionOfType(TransportException.class)
        .isThrownBy(() -> during(16, () -> permits.during(NO_TIME, () -> done.add("done"))))
        .withMessage("too many requests are under way")
        .matches(e -> !e.maybeSent());
    assertThat(done).isEmpty();
  }

  @Test
  void requestWithinAReservationNeedsNoFurtherPermit() {
    assertThat(
            during(
                15, () -> permits.reserving(NO_TIME, () -> permits.during(NO_TIME, () -> "done"))))
        .isEqualTo("done");
  }

  @Test
  void reservedWorkDoesNotRunWhenNoPermitIsFree() {
    var done = new ArrayList<String>();

    assertThatExceptionOfType(TransportException.class)
        .isThrownBy(() -> during(16, () -> permits.reserving(NO_TIME, () -> done.add("done"))));
    assertThat(done).isEmpty();
  }

  @Test
  void reservationCountsOnlyForItsOwnThread() {
    assertThatExceptionOfType(TransportException.class)
        .isThrownBy(
            () ->
                during(
                    15,
                    () ->
                        permits.reserving(
                            NO_TIME, () -> elsewhere(() -> permits.during(NO_TIME, () -> "done")))))
        .withMessage("too many requests are under way");
  }

  @Test
  void reservationEndsWhenTheWorkFails() {
    for (var i = 0; i < 17; i++) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  permits.reserving(
                      NO_TIME,
                      () -> {
                        throw new IllegalStateException();
                      }));
    }
  }

  /** While so many other threads have a request under way. */
  private <T> T during(int others, Supplier<T> deed) {
    var begun = new CountDownLatch(others);
    var end = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < others; i++) {
        threads.submit(
            () ->
                permits.during(
                    Duration.ofMinutes(1),
                    () -> {
                      begun.countDown();
                      return awaited(end);
                    }));
      }
      awaited(begun);
      try {
        return deed.get();
      } finally {
        end.countDown();
      }
    }
  }

  private static <T> T elsewhere(Supplier<T> deed) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return threads.submit(deed::get).get();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } catch (java.util.concurrent.ExecutionException e) {
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
