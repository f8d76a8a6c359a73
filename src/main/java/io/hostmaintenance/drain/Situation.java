package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a decision depends on besides what was seen.
 *
 * @param resource the resource as it is stored; its status may be null
 * @param neighbours the other resources
 * @param now our clock
 * @param settings how fast and how much at once
 * @param freeMoves how many more moves may be in flight, other hosts' counted off
 * @param mayStart whether another host may begin to be drained
 * @param lastCompleteLook when a complete look last succeeded, by our clock; this process's start
 *     if none did
 * @param waited for how long this process has known of each outstanding request, by instance id
 * @param unseen for how long Nova has not answered what is asked about an instance, by its id
 * @param refusal why Nova did not change the service when it was last asked to; empty when it did
 * @param disabling for how long this process has known of a request to disable the service that may
 *     still be under way; empty when there is none
 * @param givingBack the same of a request to give the service back
 */
public record Situation(
    HostMaintenance resource,
    List<Neighbour> neighbours,
    Instant now,
    Settings settings,
    int freeMoves,
    boolean mayStart,
    Instant lastCompleteLook,
    Map<String, Duration> waited,
    Map<String, Duration> unseen,
    Optional<Sight.Blind> refusal,
    Optional<Duration> disabling,
    Optional<Duration> givingBack) {

  /**
   * Another resource.
   *
   * @param name its name
   * @param reason its spec's reason; may be null
   * @param host its host
   * @param createdAt its creation
   * @param deleting whether it is on its way out
   * @param taken whether it holds the service or has moves in flight
   * @param finalized whether it carries our finalizer, so that it does not go without us
   */
  public record Neighbour(
      String name,
      String reason,
      String host,
      Instant createdAt,
      boolean deleting,
      boolean taken,
      boolean finalized) {}
}
