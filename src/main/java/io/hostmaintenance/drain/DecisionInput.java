package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything a decision depends on besides what was seen.
 *
 * @param resource the resource as it is stored; its status may be null
 * @param cloud the name of its cloud; empty for the only one of a clouds.yaml
 * @param others the other resources for the same host, by its name or its service, and those for
 *     the target host
 * @param hostsInMaintenance the hosts of its cloud that other resources hold or wait for
 * @param now our clock
 * @param asked when the observation began, by our clock: what it did not show may have come since
 * @param settings how fast and how much at once
 * @param freeMoves how many more moves may be in flight, other hosts' counted off
 * @param turn whether it is its turn to be drained, and who is drained now
 * @param lastCompleteObservation when a complete observation last succeeded, by our clock; this
 *     process's start if none did
 * @param lastSeen when the host was last seen to stand as a complete observation found it, by the
 *     watch of its cloud or by that observation, by our clock
 * @param waited for how long this process has known of each outstanding request, by instance id
 * @param unseen for how long Nova has not answered what is asked about an instance, by its id
 * @param refusal why Nova did not change the service when it was last asked to; empty when it did
 * @param refusedFor for how long Nova has not changed the service; zero when it did
 * @param disabling for how long this process has known of a request to disable the service that may
 *     still be under way; empty when there is none
 * @param givingBack the same of a request to give the service back
 */
public record DecisionInput(
    HostMaintenance resource,
    String cloud,
    List<OtherMaintenance> others,
    Set<String> hostsInMaintenance,
    Instant now,
    Instant asked,
    Settings settings,
    int freeMoves,
    Turn turn,
    Instant lastCompleteObservation,
    Instant lastSeen,
    Map<String, Duration> waited,
    Map<String, Duration> unseen,
    Optional<Observation.Unavailable> refusal,
    Duration refusedFor,
    Optional<Duration> disabling,
    Optional<Duration> givingBack) {

  /**
   * Another resource.
   *
   * @param name its name
   * @param host its host
   * @param createdAt its creation
   * @param deleting whether it is on its way out
   * @param holdsHost whether it holds the service or has moves in flight
   * @param wantsHost whether it holds nothing and waits for its host or its turn, or was not
   *     decided on yet
   */
  public record OtherMaintenance(
      String name,
      String host,
      Instant createdAt,
      boolean deleting,
      boolean holdsHost,
      boolean wantsHost) {}

  /**
   * Whether it is the turn of the resource to be drained.
   *
   * @param come whether it is
   * @param drained the oldest of the other resources whose hosts are being drained
   * @param others how many other hosts are being drained
   */
  public record Turn(boolean come, List<String> drained, int others) {}
}
