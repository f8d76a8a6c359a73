package io.hostmaintenance.fakecloud;

import java.util.HashMap;
import java.util.Map;

/**
 * A server to be put on a host at once, without a build.
 *
 * @param host the service host; null only for a state without one (ERROR of a failed build,
 *     SHELVED_OFFLOADED)
 * @param name its name, null for a numbered one
 * @param owner its owner, null for the cloud's tenant
 * @param ramMiB RAM of its flavor, MiB
 * @param vmState its stable state
 * @param powerState its power state, null for the usual one of its vm_state
 * @param metadata its metadata
 * @param requirements what it asks of its host besides RAM
 */
public record NewServer(
    String host,
    String name,
    User owner,
    int ramMiB,
    VmState vmState,
    PowerState powerState,
    Map<String, String> metadata,
    Requirements requirements) {
  /** An ACTIVE server of 1 GiB of the cloud's tenant on this host. */
  public static NewServer on(String host) {
    return new NewServer(host, null, null, 1024, VmState.ACTIVE, null, Map.of(), Requirements.NONE);
  }

  /** The same with this name. */
  public NewServer named(String name) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same of this owner. */
  public NewServer ownedBy(User owner) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same with this much RAM in MiB. */
  public NewServer ram(int ramMiB) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same in this vm_state. */
  public NewServer in(VmState vmState) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same with this power state. */
  public NewServer power(PowerState powerState) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same with these requirements. */
  public NewServer requiring(Requirements requirements) {
    return new NewServer(host, name, owner, ramMiB, vmState, powerState, metadata, requirements);
  }

  /** The same, steered: a number of seconds, {@code 1}, or names of instance actions. */
  public NewServer with(Steering key, String value) {
    var more = new HashMap<>(metadata);
    more.put(key.key(), value);
    return new NewServer(
        host, name, owner, ramMiB, vmState, powerState, Map.copyOf(more), requirements);
  }
}
