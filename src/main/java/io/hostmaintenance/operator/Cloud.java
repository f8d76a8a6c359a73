package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.Priority;
import java.util.function.LongSupplier;

/**
 * A cloud as this process deals with it: what its hosts share.
 *
 * @param nova its Nova
 * @param observer observes its hosts
 * @param watch sees those of its hosts that are verified empty
 */
record Cloud(Nova nova, HostObserver observer, CloudWatch watch) {

  /**
   * A cloud of which nothing is known yet.
   *
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param parallelReads how several questions of one observation are asked
   * @param strategies what may be done with instances where a resource does not say
   */
  static Cloud of(
      Nova nova, LongSupplier nanoTime, ParallelReads parallelReads, Strategies strategies) {
    var observer = new HostObserver(nova, nanoTime, parallelReads, strategies);
    return new Cloud(
        nova, observer, new CloudWatch(nova.on(Priority.WATCH, ""), observer.hypervisors()));
  }
}
