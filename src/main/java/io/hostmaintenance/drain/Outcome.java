package io.hostmaintenance.drain;

import io.hostmaintenance.nova.NovaException;

/** What became of a step. */
public sealed interface Outcome {

  /** The step. */
  Step step();

  /** Nova accepted it; {@code requestId} is the reply's, null for steps that have none. */
  record Accepted(Step step, String requestId) implements Outcome {}

  /** Nova was asked and failed or refused; the exception says whether it may have been done. */
  record Failed(Step step, NovaException failure) implements Outcome {}

  /**
   * It was not sent: too much time had gone by since its intent was decided, or we lead no more.
   */
  record NotSent(Step step) implements Outcome {}
}
