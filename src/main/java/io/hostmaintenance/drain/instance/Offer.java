package io.hostmaintenance.drain.instance;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What placement offers for an instance.
 *
 * @param demand what the instance holds on its host, by resource class; empty when placement cannot
 *     tell
 * @param rooms where that much is free, hosts included that are down; empty when the cloud has no
 *     placement or the instance holds nothing there
 */
public record Offer(Map<String, Long> demand, Optional<List<Room>> rooms) {

  /** Placement cannot tell. */
  public static final Offer UNKNOWN = new Offer(Map.of(), Optional.empty());

  /**
   * A resource provider with room.
   *
   * @param host the nova-compute host that runs it
   * @param id its uuid; a host may have several
   * @param free what is free of each resource class
   */
  public record Room(String host, String id, Map<String, Long> free) {}
}
