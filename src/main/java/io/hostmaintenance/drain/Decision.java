package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import java.time.Duration;
import java.util.List;

/**
 * What follows from an observation.
 *
 * @param status to be stored before any step is carried out
 * @param steps to be carried out then, in this order
 * @param notices to be told once the status is stored
 * @param requeueAfter when to observe again; zero: at once
 * @param release whether the host is given back and the resource may go
 */
public record Decision(
    HostMaintenanceStatus status,
    List<Step> steps,
    List<Notice> notices,
    Duration requeueAfter,
    boolean release) {}
