package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a resource whose reconciliation ends with an exception. */
class FailedReconciliationTest {

  private static final RuntimeException FAILURE = new IllegalStateException("secret words");

  @TempDir Path directory;
  private World world;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory);
    world.create("hm", "compute-1");
    world.runUntilPhase("hm", "InMaintenance");
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  private String reason(String type) {
    return world.status("hm").condition(type).map(Condition::reason).orElse("");
  }

  private void failFor(Duration duration) {
    var step = Duration.ofMinutes(1);
    for (var left = duration; left.isPositive(); left = left.minus(step)) {
      world.process().failed("hm", FAILURE);
      world.pass(step);
    }
  }

  @Test
  void drainedAndReadyAreUnknownAfterFiveMinutesOfFailures() {
    failFor(Duration.ofMinutes(5));

    assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("Unknown");
    assertThat(world.condition("hm", Condition.READY)).isEqualTo("Unknown");
    assertThat(reason(Condition.READY)).isEqualTo("InternalError");
  }

  @Test
  void oneFailureLeavesDrainedTrue() {
    world.process().failed("hm", FAILURE);

    assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
  }

  @Test
  void messageNamesTheSourceLineAndNotTheExceptionText() {
    failFor(Duration.ofMinutes(5));

    assertThat(world.status("hm").condition(Condition.READY).map(Condition::message))
        .hasValueSatisfying(
            m ->
                assertThat(m)
                    .contains("IllegalStateException at FailedReconciliationTest.java:")
                    .doesNotContain("secret words"));
  }

  @Test
  void sameFailureIsWrittenToTheStatusOnce() {
    failFor(Duration.ofMinutes(5));
    var writes = world.resources().writes().size();

    failFor(Duration.ofMinutes(10));

    assertThat(world.resources().writes()).hasSize(writes);
  }

  @Test
  void drainedIsTrueAgainAfterASuccessfulReconciliation() {
    failFor(Duration.ofMinutes(5));

    world.runUntilPhase("hm", "InMaintenance");

    assertThat(world.condition("hm", Condition.DRAINED)).isEqualTo("True");
  }

  @Test
  void kubernetesClientErrorIsNotReportedAsInternalError() {
    world.pass(Duration.ofMinutes(5));
    var writes = world.resources().writes().size();

    world.process().failed("hm", new KubernetesClientException("away"));

    assertThat(world.resources().writes()).hasSize(writes);
  }

  @Test
  void failureOfADeletedResourceWritesNothing() {
    world.process().failed("another", FAILURE);

    assertThat(world.resources().read("another")).isEmpty();
  }

  /** JOSDK ends the thread of an Error, and never reconciliations for the resource again. */
  @Test
  void javaErrorIsCountedReportedAndRetried() {
    world.create("other", "compute-2");
    var first = new AtomicBoolean(true);
    world.leading(
        () -> {
          if (first.getAndSet(false)) {
            throw new StackOverflowError();
          }
          return true;
        });
    var ends = new ArrayList<Boolean>();
    var reconciler =
        new HostMaintenanceReconciler(
            r ->
                new ReconciliationQueue(
                    Limits.DEFAULT, System::nanoTime, (priority, duration) -> {}),
            world.process(),
            new RunningReconciliations(InstantSource.system(), System::nanoTime),
            (succeeded, duration) -> ends.add(succeeded));
    var resource = world.resources().read("other").orElseThrow();

    assertThatIllegalStateException().isThrownBy(() -> reconciler.reconcile(resource, null));

    assertThat(ends).containsExactly(false);
    assertThat(world.status("other").condition(Condition.READY).map(Condition::reason))
        .hasValue("InternalError");
  }
}
