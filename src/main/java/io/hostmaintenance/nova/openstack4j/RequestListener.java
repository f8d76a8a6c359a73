package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Priority;
import java.time.Duration;

/** Is told of every request to the cloud; must be quick and must not throw. */
@FunctionalInterface
public interface RequestListener {

  /**
   * A request has come to its end.
   *
   * @param operation such as {@code list-servers} or {@code login}; one of a dozen words
   * @param status the HTTP status; 0 when there was no reply
   * @param duration how long it took from its turn on
   */
  void answered(String operation, int status, Duration duration);

  /**
   * A request has had its turn, or has been given up before it was sent.
   *
   * @param priority its own
   * @param duration how long it waited
   */
  default void waited(Priority priority, Duration duration) {}
}
