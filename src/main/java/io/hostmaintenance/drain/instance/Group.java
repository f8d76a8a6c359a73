package io.hostmaintenance.drain.instance;

import java.util.Set;

/**
 * A server group of an instance.
 *
 * @param policy {@code affinity}, {@code anti-affinity}, {@code soft-affinity}, {@code
 *     soft-anti-affinity}, or empty when Nova did not tell
 * @param full hosts that can take no more members by the policy {@code anti-affinity}; empty unless
 *     the scheduler found no host for the instance, or a plan asked
 */
public record Group(String id, String name, String policy, Set<String> full) {

  /** How it is named to people. */
  String label() {
    return name + " (" + id + ")";
  }
}
