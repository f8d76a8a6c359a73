package io.hostmaintenance.bench;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Decision;
import io.hostmaintenance.drain.DecisionInput;
import io.hostmaintenance.drain.Drain;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.drain.Observation;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a host with 1,000 instances costs in the middle of its drain: the decision and its status.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ThousandRows {

  private static final int ROWS = 1000;

  private DecisionInput input;
  private Observation observation;
  private HostMaintenanceStatus status;
  private HostMaintenanceStatus equal;
  private String json;

  /** Half of the instances are moved, two are moving, the others wait. */
  @Setup
  public void drainHalf() {
    var ids = IntStream.range(0, ROWS).mapToObj(i -> new UUID(7, i).toString()).toList();
    var given = Given.taken();
    ids.forEach(id -> given.instances(Fixtures.active(id)));
    given.accepted(given.decide());
    for (var id : ids.subList(0, ROWS / 2)) {
      given.instances(Fixtures.away(Fixtures.active(id)));
    }
    given.rows(
        given.status().instances().stream()
            .map(row -> ids.indexOf(row.id()) < ROWS / 2 ? moved(row) : row)
            .toArray(InstanceStatus[]::new));
    input = given.input();
    observation = given.snapshot();
    status = Drain.decide(input, observation).status();
    json = Serialization.asJson(status);
    equal = parse();
  }

  private static InstanceStatus moved(InstanceStatus row) {
    return Fixtures.row(row.id(), RowState.Moved, Reason.Moved);
  }

  /** The whole decision for the host. */
  @Benchmark
  public Decision decide() {
    return Drain.decide(input, observation);
  }

  /** The status as text, which every write and every comparison needs. */
  @Benchmark
  public String serialize() {
    return Serialization.asJson(status);
  }

  /** The status from text, as each reconciliation reads it. */
  @Benchmark
  public HostMaintenanceStatus parse() {
    return Serialization.unmarshal(json, HostMaintenanceStatus.class);
  }

  /** Whether a status that was decided is the one that is stored. */
  @Benchmark
  public boolean compare() {
    return status.equals(equal);
  }
}
