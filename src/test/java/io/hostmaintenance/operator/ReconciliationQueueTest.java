package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReconciliationQueueTest {

  private final List<Priority> waits = Collections.synchronizedList(new ArrayList<>());
  private final List<String> begun = Collections.synchronizedList(new ArrayList<>());
  private final List<FutureTask<String>> all = new ArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicLong nanos = new AtomicLong();
  private final ReconciliationQueue queue =
      new ReconciliationQueue(
          new Limits(3, 1000), nanos::get, (priority, duration) -> waits.add(priority));

  @AfterEach
  void endAll() {
    end.countDown();
  }

  private String run(Priority priority) {
    return queue.run(() -> priority, waited -> "done");
  }

  /** One that is under way, or waits, when this returns, and ends with all the others. */
  private Thread begin(String name, Supplier<Priority> priority) {
    var task =
        new FutureTask<>(
            () ->
                queue.run(
                    priority,
                    waited -> {
                      begun.add(name);
                      return awaited(end);
                    }));
    all.add(task);
    var thread = Thread.ofVirtual().start(task);
    await()
        .until(
            () ->
                begun.contains(name)
                    || thread.getState() == Thread.State.TIMED_WAITING
                    || task.isDone());
    return thread;
  }

  private Thread begin(String name, Priority priority) {
    return begin(name, () -> priority);
  }

  @Test
  void runsWhatIsGivenAndTellsOfItsWait() {
    assertThat(run(Priority.IDLE)).isEqualTo("done");
    assertThat(waits).containsExactly(Priority.IDLE);
  }

  @Test
  void whatIsRunIsToldHowLongItHasWaited() {
    var five =
        queue.run(
            () -> {
              nanos.set(5);
              return Priority.IDLE;
            },
            Duration::toNanos);

    assertThat(five).isEqualTo(5);
  }

  @Test
  void twoPlacesAreKeptForWhatMustNotWait() {
    begin("a", Priority.IDLE);
    begin("b", Priority.DRAINING);

    assertThat(begun).containsExactly("a");
    assertThat(run(Priority.IMMEDIATE)).isEqualTo("done");
  }

  @Test
  void noMoreRunThanThereArePlaces() {
    for (var name : List.of("a", "b", "c", "d")) {
      begin(name, Priority.IMMEDIATE);
    }

    assertThat(begun).containsExactly("a", "b", "c");
  }

  @Test
  void mostUrgentGoesFirstAndThenTheOneThatHasWaitedLongest() throws Exception {
    begin("first", Priority.IDLE);
    begin("idle", Priority.IDLE);
    begin("draining", Priority.DRAINING);
    begin("later", Priority.DRAINING);

    end.countDown();
    for (var task : all) {
      task.get();
    }

    assertThat(begun).containsExactly("first", "draining", "later", "idle");
  }

  @Test
  void hostAtRestThatHasWaitedForAMinuteGoesBeforeThoseThatDrain() throws Exception {
    var asked = new AtomicInteger();
    begin("first", Priority.DRAINING);
    begin(
        "idle",
        () -> {
          asked.incrementAndGet();
          return Priority.IDLE;
        });
    begin("draining", Priority.DRAINING);
    nanos.addAndGet(ReconciliationQueue.PATIENCE.toNanos());
    var before = asked.get();
    await().until(() -> asked.get() > before + 1);

    end.countDown();
    for (var task : all) {
      task.get();
    }

    assertThat(begun).containsExactly("first", "idle", "draining");
  }

  @Test
  void oneThatBecomesUrgentWhileItWaitsHasItsTurn() {
    var priority = new AtomicReference<>(Priority.IDLE);
    begin("first", Priority.IDLE);
    begin("second", Priority.IDLE);
    begin("deleted", priority::get);

    priority.set(Priority.IMMEDIATE);

    await().until(() -> begun.contains("deleted"));
    assertThat(begun).containsExactly("first", "deleted");
  }

  @Test
  void exceptionFreesItsPlace() {
    for (var i = 0; i < 4; i++) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  queue.run(
                      () -> Priority.IDLE,
                      waited -> {
                        throw new IllegalStateException();
                      }));
    }
  }

  @Test
  void javaErrorFreesItsPlace() {
    for (var i = 0; i < 4; i++) {
      assertThatExceptionOfType(StackOverflowError.class)
          .isThrownBy(
              () ->
                  queue.run(
                      () -> Priority.IDLE,
                      waited -> {
                        throw new StackOverflowError();
                      }));
    }
  }

  @Test
  void interruptedOneTakesNoPlace() throws Exception {
    begin("first", Priority.IDLE);
    var interrupted = begin("interrupted", Priority.IDLE);
    interrupted.interrupt();
    interrupted.join();
    end.countDown();

    assertThat(run(Priority.IDLE)).isEqualTo("done");
    assertThatThrownBy(all.get(1)::get).hasCauseInstanceOf(CancellationException.class);
  }

  @Test
  void nothingThatWaitsBeginsOnceItIsClosed() throws Exception {
    begin("first", Priority.IDLE);
    var waiting = begin("waiting", Priority.IDLE);

    queue.close();

    waiting.join();
    assertThatThrownBy(all.get(1)::get).hasCauseInstanceOf(CancellationException.class);
    assertThat(begun).containsExactly("first");
  }

  private static String awaited(CountDownLatch latch) {
    try {
      latch.await();
      return "done";
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
