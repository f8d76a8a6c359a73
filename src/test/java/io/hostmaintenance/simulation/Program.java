package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Timing;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Duration;
import java.util.List;

/**
 * Everything a run depends on: the same program goes the same way, always.
 *
 * @param seed of whatever chance is left: latencies, the cloud's jitter, ids
 * @param hosts names of the compute hosts, all enabled
 * @param guests the servers at the beginning
 * @param groups server groups by policy and member names
 * @param resources the resources that are applied
 * @param incidents in any order
 * @param timing of the cloud
 * @param placement whether the cloud has placement
 * @param sharedUser whether another administrator uses the operator's own user
 * @param json whether statuses are stored as JSON, as in reality; otherwise as objects, which is
 *     faster
 * @param migrationPage how many migration records Nova gives in one page
 * @param skew by how much the operator's clock is ahead of Nova's; negative: behind
 * @param stamps by what clocks Nova dates what it keeps
 * @param otherGuests the servers at the beginning of a second cloud, whose hosts have the same
 *     names
 */
@RecordBuilder
record Program(
    long seed,
    List<String> hosts,
    List<Guest> guests,
    List<Group> groups,
    List<Applied> resources,
    List<Incident> incidents,
    Timing timing,
    boolean placement,
    boolean sharedUser,
    boolean json,
    int migrationPage,
    Duration skew,
    Stamps stamps,
    List<Guest> otherGuests)
    implements ProgramBuilder.With {

  /** The name of the second cloud. */
  static final String OTHER = "other";

  /** Another name of the first cloud, which has the empty one. */
  static final String ALIAS = "alias";

  /** One resource, hm-a, on one cloud of which all is usual; its clocks agree. */
  Program(
      List<String> hosts, List<Guest> guests, HostMaintenanceSpec spec, List<Incident> incidents) {
    this(
        7,
        hosts,
        guests,
        List.of(),
        List.of(new Applied(Duration.ofSeconds(1), "hm-a", spec)),
        incidents,
        Timing.DEFAULT,
        true,
        false,
        true,
        1000,
        Duration.ZERO,
        Stamps.EXACT,
        List.of());
  }

  /**
   * By how much the clocks of Nova's other hosts are ahead of that which dates its replies;
   * negative: behind.
   *
   * @param records created_at and updated_at of migration records
   * @param actions start_time of instance actions
   */
  record Stamps(Duration records, Duration actions) {
    static final Stamps EXACT = new Stamps(Duration.ZERO, Duration.ZERO);
  }

  /** How a guest came to where it is. */
  enum Past {
    /** It was built there. */
    NONE,
    /** A resize to another host waits for its owner. */
    RESIZED_AWAY,
    /** Another administrator's cold migration to the drained host waits to be confirmed. */
    MIGRATED_HERE,
    /** It was live-migrated while it was paused. */
    MOVED_PAUSED,
    /** Its guest shut itself down a moment ago. */
    OFF_INSIDE
  }

  /** A server at the beginning. */
  record Guest(String name, NewServer server, Past past) {}

  /** A server group; members that do not exist are left out. */
  record Group(String name, String policy, List<String> members) {}

  /** A resource that is applied at a moment. */
  record Applied(Duration at, String name, HostMaintenanceSpec spec) {}

  /** Whether a resource is for the cloud of this name. */
  boolean names(String cloud) {
    return resources.stream().anyMatch(r -> cloud.equals(r.spec().cloud()));
  }
}
