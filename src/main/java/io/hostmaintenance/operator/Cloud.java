package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.Priority;
import java.util.function.LongSupplier;

/**
 * A cloud as this process deals with it: what its hosts share.
 *
 * @param name its name; empty for the only one of a clouds.yaml
 * @param nova its Nova
 * @param observer observes its hosts
 * @param watch sees those of its hosts that are verified empty
 * @param health whether it answers
 * @param queue the reconciliations of its resources
 */
record Cloud(
    String name,
    Nova nova,
    HostObserver observer,
    CloudWatch watch,
    CloudHealth health,
    ReconciliationQueue queue) {

  /**
   * A cloud of which nothing is known yet.
   *
   * @param name its name; empty for the only one of a clouds.yaml
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param parallelReads how several questions of one observation are asked
   * @param strategies what may be done with instances where a resource does not say
   * @param queue where the reconciliations of its resources wait for each other
   */
  static Cloud of(
      String name,
      Nova nova,
      LongSupplier nanoTime,
      ParallelReads parallelReads,
      Strategies strategies,
      ReconciliationQueue queue) {
    var health = new CloudHealth(name);
    var observer = new HostObserver(nova, nanoTime, parallelReads, strategies, health);
    return new Cloud(
        name,
        nova,
        observer,
        new CloudWatch(
            nova.on(Priority.WATCH, ""),
            () -> observer.services().begunAfter(nanoTime.getAsLong()).value(),
            observer.hypervisors(),
            health),
        health,
        queue);
  }
}
