package io.hostmaintenance.fakecloud;

import java.time.Duration;

/**
 * Metadata of a server that steers what is done to it. The first five are those of the lab's driver
 * on a real Nova; the others exist only in the model.
 */
public enum Steering {
  /** Seconds the transfer of a live migration takes. */
  LM_SECONDS("lab_lm_seconds"),
  /** The transfer fails half-way: back on the source, record failed, nobody says why. */
  LM_FAIL("lab_lm_fail"),
  /** The check on every destination fails. */
  PRECHECK_FAIL("lab_precheck_fail"),
  /** Seconds the copy of a cold migration takes. */
  COLD_SECONDS("lab_cold_seconds"),
  /** The copy fails: ERROR on the source. */
  COLD_FAIL("lab_cold_fail"),
  /**
   * Model only: the preparation on the destination (pre_live_migration) fails; its event says why.
   */
  LM_PREPARE_FAIL("lab_lm_prepare_fail"),
  /** Model only: the work after the switch fails: ERROR on the destination, record error. */
  LM_POST_FAIL("lab_lm_post_fail"),
  /** Model only: preparing the cold migration fails: the state is restored, record error. */
  COLD_PREP_FAIL("lab_cold_prep_fail"),
  /** Model only: finishing on the destination fails: ERROR on the destination, record error. */
  COLD_FINISH_FAIL("lab_cold_finish_fail"),
  /** Model only: seconds that an order takes at the host, as a stop of a slow guest does. */
  ORDER_SECONDS("lab_order_seconds"),
  /** Model only: the orders of these instance actions, parted by commas, fail at the host. */
  ORDER_FAIL("lab_order_fail");

  private final String key;

  Steering(String key) {
    this.key = key;
  }

  /** The metadata key. */
  public String key() {
    return key;
  }

  boolean on(Server server) {
    return server.metadata().containsKey(key);
  }

  Duration of(Server server, Duration otherwise) {
    var seconds = server.metadata().get(key);
    return seconds == null
        ? otherwise
        : Duration.ofMillis(Math.round(Double.parseDouble(seconds) * 1000));
  }
}
