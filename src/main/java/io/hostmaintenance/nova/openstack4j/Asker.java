package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Priority;
import java.time.Duration;

/** Who asks a cloud, how urgently, and for how long it has waited. {@link Budget} guards it. */
final class Asker {

  private final Priority priority;
  private final String host;
  private int waiting;
  private long since;
  private volatile long waited;

  /**
   * One that has not waited yet.
   *
   * @param host whose turn it is among requests of the same priority; empty for none
   */
  Asker(Priority priority, String host) {
    this.priority = priority;
    this.host = host;
  }

  Priority priority() {
    return priority;
  }

  String host() {
    return host;
  }

  /**
   * How long requests of it have waited for their turn; while several waited, that time counts
   * once.
   */
  Duration waited() {
    return Duration.ofNanos(waited);
  }

  /** One of its requests begins to wait. */
  void begin(long now) {
    if (waiting++ == 0) {
      since = now;
    }
  }

  /** One of its requests waits no more. */
  void end(long now) {
    if (--waiting == 0) {
      waited += now - since;
    }
  }
}
