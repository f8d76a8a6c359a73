package io.hostmaintenance.operator;

import java.time.Duration;

/** Is told of every reconciliation that ended; must be quick and must not throw. */
@FunctionalInterface
interface ReconciliationListener {

  /**
   * A reconciliation has ended.
   *
   * @param succeeded false when it ended with an exception
   * @param duration how long it took from its turn on
   */
  void ended(boolean succeeded, Duration duration);
}
