package io.hostmaintenance.nova;

import java.util.Set;

/**
 * A server group ({@code GET /os-server-groups}).
 *
 * @param id its uuid
 * @param name its name
 * @param policy {@code affinity}, {@code anti-affinity}, {@code soft-affinity} or {@code
 *     soft-anti-affinity}
 * @param members ids of its instances, those of deleted ones left out by Nova
 */
public record ServerGroup(String id, String name, String policy, Set<String> members) {}
