package io.hostmaintenance.drain.instance;

import java.util.List;
import java.util.Set;

/**
 * A scheduler hint of an instance that names other instances (nova/scheduler/filters/
 * affinity_filter.py).
 *
 * @param name {@link #DIFFERENT_HOST} or {@link #SAME_HOST}
 * @param instances the uuids that it names
 * @param hosts where those are
 */
public record Hint(String name, List<String> instances, Set<String> hosts) {

  /** No host of the named instances may take it. */
  public static final String DIFFERENT_HOST = "different_host";

  /** Only hosts of the named instances may take it. */
  public static final String SAME_HOST = "same_host";

  /** Whether the hint lets a host take the instance. */
  boolean allows(String host) {
    return name.equals(SAME_HOST) == hosts.contains(host);
  }
}
