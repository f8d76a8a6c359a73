package io.hostmaintenance.operator;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a cloud answers as it should. A change is logged once, not once for each of its hosts.
 */
final class CloudHealth {

  private static final Logger LOG = LoggerFactory.getLogger(CloudHealth.class);

  private final String cloud;
  private Optional<Boolean> up = Optional.empty();

  /**
   * Nothing is known of it yet.
   *
   * @param cloud its name; empty for the only one of a clouds.yaml
   */
  CloudHealth(String cloud) {
    this.cloud = cloud;
  }

  /** The name of the cloud; empty for the only one of a clouds.yaml. */
  String cloud() {
    return cloud;
  }

  /** It has answered every question of a round. */
  synchronized void up() {
    if (!answers()) {
      LOG.info("{} answers", subject());
    }
    up = Optional.of(true);
  }

  /**
   * It has not answered every question of a round.
   *
   * @param sentence why, for people and without secrets
   */
  synchronized void down(String sentence) {
    if (isUp().orElse(true)) {
      LOG.warn(RepeatCounter.CHANGE, "{} does not answer as it should: {}", subject(), sentence);
    }
    up = Optional.of(false);
  }

  /**
   * Whether it answered whole when it was last asked. While it does not, a host of it needs no line
   * in the log: its cloud has one for all.
   */
  boolean answers() {
    return isUp().orElse(false);
  }

  /** Whether it answered when it was last asked; empty before the first time. */
  synchronized Optional<Boolean> isUp() {
    return up;
  }

  private String subject() {
    return cloud.isEmpty() ? "The cloud" : "Cloud " + cloud;
  }
}
