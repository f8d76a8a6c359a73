package io.hostmaintenance.drain;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.NovaException;

/** What became of a command. */
public sealed interface Outcome {

  /** What was asked, or was to be asked. */
  Command command();

  /** Nova accepted it; {@code requestId} is the reply's, null where Nova gives none. */
  record Accepted(Command command, String requestId) implements Outcome {}

  /** Nova was asked and failed or refused; the exception says whether it may have been done. */
  record Failed(Command command, NovaException failure) implements Outcome {}

  /**
   * It was not sent: too much time had gone by since its intent was decided, or we lead no more.
   */
  record NotSent(Command command) implements Outcome {}
}
