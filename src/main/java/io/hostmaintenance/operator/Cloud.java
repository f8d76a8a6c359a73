package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Nova;
import java.util.function.LongSupplier;

/**
 * A cloud as this process deals with it: what its hosts share.
 *
 * @param nova its Nova
 * @param observer observes its hosts
 */
record Cloud(Nova nova, HostObserver observer) {

  /**
   * A cloud of which nothing is known yet.
   *
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param parallelReads how several questions of one observation are asked
   * @param strategies what may be done with instances where a resource does not say
   */
  static Cloud of(
      Nova nova, LongSupplier nanoTime, ParallelReads parallelReads, Strategies strategies) {
    return new Cloud(nova, new HostObserver(nova, nanoTime, parallelReads, strategies));
  }
}
