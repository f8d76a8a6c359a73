package io.hostmaintenance.fakecloud;

import java.util.List;

/**
 * A server group.
 *
 * @param id its uuid
 * @param name its name
 * @param policy affinity, anti-affinity, soft-affinity or soft-anti-affinity
 * @param owner whose project it belongs to
 * @param members ids of its servers
 */
public record ServerGroup(String id, String name, String policy, User owner, List<String> members) {
  /** Copies the members. */
  public ServerGroup {
    members = List.copyOf(members);
  }
}
