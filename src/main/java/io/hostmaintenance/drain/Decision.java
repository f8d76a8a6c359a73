package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.nova.Command;
import java.time.Duration;
import java.util.List;

/**
 * What follows from an observation.
 *
 * @param status to be stored before any command is sent
 * @param commands to be sent to Nova then, in this order
 * @param notices to be told once the status is stored
 * @param requeueAfter when to observe again; zero: at once
 * @param release whether the host is given back and the resource may go
 */
public record Decision(
    HostMaintenanceStatus status,
    List<Command> commands,
    List<Notice> notices,
    Duration requeueAfter,
    boolean release) {

  /** Nothing is sent to Nova, and the resource stays. */
  static Decision waiting(
      HostMaintenanceStatus status, List<Notice> notices, Duration requeueAfter) {
    return new Decision(status, List.of(), notices, requeueAfter, false);
  }
}
