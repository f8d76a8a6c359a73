package io.hostmaintenance.simulation;

/** A promise was broken: which one, and how. */
final class Broken extends Error {
  private static final long serialVersionUID = 1L;

  private final String promise;

  Broken(String promise, String how) {
    super(promise + ": " + how);
    this.promise = promise;
  }

  Broken(String promise, Throwable cause) {
    super(promise + ": " + cause, cause);
    this.promise = promise;
  }

  /** The name of the promise, by which two failures are told to be the same. */
  String promise() {
    return promise;
  }
}
