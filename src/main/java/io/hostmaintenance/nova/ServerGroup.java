package io.hostmaintenance.nova;

import java.util.Set;

/**
 * A server group ({@code GET /os-server-groups/{id}}).
 *
 * @param id its uuid
 * @param name its name
 * @param policy {@code affinity}, {@code anti-affinity}, {@code soft-affinity} or {@code
 *     soft-anti-affinity}
 * @param maxPerHost how many members a host may have by the policy {@code anti-affinity} (rule
 *     {@code max_server_per_host}, 1 without it)
 * @param members ids of its instances, those of deleted ones left out by Nova
 */
public record ServerGroup(
    String id, String name, String policy, int maxPerHost, Set<String> members) {

  /** Whether all members must be on one host. */
  public boolean affinity() {
    return policy.equals("affinity");
  }

  /** Whether no host may have more members than {@code maxPerHost}. */
  public boolean antiAffinity() {
    return policy.equals("anti-affinity");
  }
}
