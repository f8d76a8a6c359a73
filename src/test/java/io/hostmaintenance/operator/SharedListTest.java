package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hostmaintenance.nova.NovaException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SharedListTest {

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger fetches = new AtomicInteger();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  private final SharedList<Integer> list =
      new SharedList<>("GET /lists", fetches::incrementAndGet, now::get);

  /** The first fetch begins at 5, and waits. */
  private SharedList<Integer> slow(boolean fails) {
    now.set(5);
    return new SharedList<>(
        "GET /lists",
        () -> {
          var number = fetches.incrementAndGet();
          begun.countDown();
          await(goOn);
          if (fails && number == 1) {
            throw new NovaException(NovaException.Kind.UNAVAILABLE, "Nova answered 503.");
          }
          return number;
        },
        now::get);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneThatBeganAfterTheMomentServes() {
    now.set(5);
    list.begunAfter(4);

    now.set(9);

    assertThat(list.begunAfter(4).value()).isEqualTo(1);
  }

  @Test
  void oneThatBeganBeforeTheMomentDoesNotServe() {
    now.set(5);
    list.begunAfter(4);

    now.set(9);

    assertThat(list.begunAfter(8).value()).isEqualTo(2);
  }

  @Test
  void oneThatBeganAtTheMomentDoesNotServe() {
    now.set(5);
    list.begunAfter(4);

    assertThat(list.begunAfter(5).value()).isEqualTo(2);
  }

  @Test
  void beginIsTold() {
    now.set(5);

    assertThat(list.begunAfter(4).began()).isEqualTo(5);
  }

  /** One that only ended after the moment may not show what was so at the moment. */
  @Test
  void oneInFlightThatBeganBeforeTheMomentDoesNotServe() throws Exception {
    var slow = slow(false);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> slow.begunAfter(4).value());
      await(begun);
      now.set(7);
      var second = threads.submit(() -> slow.begunAfter(6).value());
      goOn.countDown();

      assertThat(first.get()).isEqualTo(1);
      assertThat(second.get()).isEqualTo(2);
    }
  }

  @Test
  void oneInFlightServesAllWhoNamedAMomentBeforeItsBegin() throws Exception {
    var slow = slow(false);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> slow.begunAfter(4).value());
      await(begun);
      var second = threads.submit(() -> slow.begunAfter(3).value());
      goOn.countDown();

      assertThat(first.get()).isEqualTo(1);
      assertThat(second.get()).isEqualTo(1);
    }
  }

  @Test
  void failureIsToldAndTheNextOneAsksAgain() {
    var failing = slow(true);
    goOn.countDown();

    assertThatThrownBy(() -> failing.begunAfter(4)).hasMessage("Nova answered 503.");
    assertThat(failing.begunAfter(4).value()).isEqualTo(2);
  }

  @Test
  void failureOfAnotherTypeLeavesTheListUsable() throws Exception {
    var broken =
        new SharedList<Integer>(
            "GET /lists",
            () -> {
              if (fetches.incrementAndGet() == 1) {
                throw new IllegalStateException("ours");
              }
              return 2;
            },
            now::get);

    assertThatThrownBy(() -> broken.begunAfter(-1)).isInstanceOf(IllegalStateException.class);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(value(threads.submit(() -> broken.begunAfter(-1).value()))).isEqualTo(2);
    }
  }

  private static int value(Future<Integer> answer) throws InterruptedException, ExecutionException {
    return answer.get();
  }
}
