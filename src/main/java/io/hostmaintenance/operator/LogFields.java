package io.hostmaintenance.operator;

import org.slf4j.MDC;

/**
 * The fields of a log line beside its message, as keys of the MDC. A line has those that are known
 * where it is written.
 */
final class LogFields {

  /** The name of the HostMaintenance. */
  static final String HOST_MAINTENANCE = "hostmaintenance";

  /** Its nova-compute host; not {@code host}, which the Elastic Common Schema has as an object. */
  static final String COMPUTE_HOST = "computeHost";

  /** The uuid of an instance. */
  static final String INSTANCE = "instance";

  /** The reason of an Event. */
  static final String REASON = "reason";

  /** The id of Nova's reply. */
  static final String REQUEST_ID = "requestId";

  private LogFields() {}

  /** The lines of this thread have the field until it is closed; no field for null. */
  static MDC.MDCCloseable put(String field, String value) {
    return value == null ? null : MDC.putCloseable(field, value);
  }
}
