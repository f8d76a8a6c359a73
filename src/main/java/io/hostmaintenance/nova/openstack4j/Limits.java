package io.hostmaintenance.nova.openstack4j;

/**
 * How much is asked of one cloud.
 *
 * @param requestsInFlight how many requests are under way at once, at least {@link #LEAST}; two of
 *     them are kept for what must not wait
 * @param readsPerSecond how many questions for single hosts go out in any second, at least 1
 */
public record Limits(int requestsInFlight, int readsPerSecond) {

  /** What holds where nobody says otherwise. */
  public static final Limits DEFAULT = new Limits(8, 20);

  /** So many requests in flight are kept for what must not wait. */
  static final int KEPT = 2;

  /** With fewer requests in flight nothing but what must not wait would go out. */
  public static final int LEAST = KEPT + 1;

  /**
   * Takes both.
   *
   * @throws IllegalArgumentException when one is too small
   */
  public Limits {
    if (requestsInFlight < LEAST || readsPerSecond < 1) {
      throw new IllegalArgumentException("too small: " + requestsInFlight + ", " + readsPerSecond);
    }
  }

  /** How many requests of what may wait are under way at once. */
  public int forOthers() {
    return requestsInFlight - KEPT;
  }
}
