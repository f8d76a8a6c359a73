package io.hostmaintenance.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;

/** What goes wrong with the calls it waits for. */
final class Fault {

  /** How a call goes wrong. */
  enum Kind {
    /** The request does not arrive; the caller waits for its time-out. */
    LOST_REQUEST,
    /** The connection is refused: surely not done. */
    REFUSED,
    /** The request is carried out, the answer does not arrive. */
    LOST_REPLY,
    /** The same, and it is carried out only shortly before the time-out. */
    LOST_REPLY_SLOW,
    /** The connection is cut at once; the request is carried out within the time-out. */
    CUT,
    /** Carried out long after the time-out, which no protocol survives; has a switch of its own. */
    LATE,
    /** 400, for good. */
    BAD_REQUEST,
    /** 401. */
    UNAUTHORIZED,
    /** 403. */
    FORBIDDEN,
    /** 404, of a page of a proxy. */
    NOT_FOUND,
    /** 409, as while something is done to the instance, though nothing is. */
    BUSY,
    /** 501. */
    NOT_IMPLEMENTED,
    /** 429 with Retry-After. */
    TOO_MANY,
    /** 500 before anything was done. */
    ERROR_BEFORE,
    /** 500 or 504 after it was done. */
    ERROR_AFTER,
    /** 503. */
    UNAVAILABLE,
    /** Slow, but well. */
    SLOW,
    /**
     * The connection to the cell's database is lost: a list is answered without the cell's rows,
     * with 200; what asks the cell itself fails.
     */
    SHORT,
    /** The operator is stopped right before the call, another takes over, and it goes on. */
    STOPPED,
    /** The resource is edited by somebody right before a write of its status. */
    CONFLICT,
    /** The operator ends before the call. */
    CRASH_BEFORE,
    /** The operator ends after the call took effect. */
    CRASH_AFTER,
    /** The operator ends while its request is under way; it is carried out within the time-out. */
    CRASH_IN_FLIGHT
  }

  private final Kind kind;
  private final Predicate<String> calls;
  private final Instant until;
  private final Duration time;
  private int skip;
  private int times;

  /**
   * Waits for calls.
   *
   * @param calls which, by name
   * @param skip how many of them go well first
   * @param times how many go wrong then
   * @param until when it is over
   * @param time how long a slow one takes, what Retry-After says
   */
  Fault(Kind kind, Predicate<String> calls, int skip, int times, Instant until, Duration time) {
    this.kind = kind;
    this.calls = calls;
    this.skip = skip;
    this.times = times;
    this.until = until;
    this.time = time;
  }

  Kind kind() {
    return kind;
  }

  Duration time() {
    return time;
  }

  boolean over(Instant now) {
    return times == 0 || now.isAfter(until);
  }

  /** Whether this call goes wrong; counts it. */
  boolean takes(String call) {
    if (!calls.test(call)) {
      return false;
    }
    if (skip > 0) {
      skip--;
      return false;
    }
    times--;
    return true;
  }
}
