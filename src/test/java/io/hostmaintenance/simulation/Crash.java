package io.hostmaintenance.simulation;

/** The end of an operator process, wherever it was; nothing of the operator may catch it. */
final class Crash extends Error {
  private static final long serialVersionUID = 1L;

  final transient OperatorProcess process;

  Crash(OperatorProcess process) {
    super(process.name() + " ended", null, false, false);
    this.process = process;
  }
}
