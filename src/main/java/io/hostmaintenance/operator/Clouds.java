package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The clouds that this process deals with, by name. Each has its own connection, and is made when
 * it is first needed; nothing is read or asked for that.
 */
final class Clouds {

  private final String fallback;
  private final Function<String, Cloud> make;
  private final Map<String, Cloud> known = new ConcurrentHashMap<>();

  /**
   * Knows the default alone.
   *
   * @param fallback the name of the default, {@code OS_CLOUD}; empty: the only one of a clouds.yaml
   * @param make makes the cloud of a name, without asking anyone
   */
  Clouds(String fallback, Function<String, Cloud> make) {
    this.fallback = fallback;
    this.make = make;
    named(fallback);
  }

  /** One cloud, whatever the name. */
  static Clouds only(Cloud cloud) {
    return new Clouds("", name -> cloud);
  }

  /** The name of a resource's cloud; empty for the only one of a clouds.yaml. */
  String name(HostMaintenance resource) {
    return resource.cloud().orElse(fallback);
  }

  /** The cloud of a resource. */
  Cloud of(HostMaintenance resource) {
    return named(name(resource));
  }

  /** The cloud of a name. */
  Cloud named(String name) {
    return known.computeIfAbsent(name, make);
  }

  /** The default, and every other one that was needed since. */
  List<Cloud> known() {
    return List.copyOf(known.values());
  }

  /** The names of the same clouds. */
  Set<String> names() {
    return Set.copyOf(known.keySet());
  }

  /** Gives up the connections to all other clouds but the default. */
  void retain(Set<String> names) {
    known.keySet().removeIf(name -> !name.equals(fallback) && !names.contains(name));
  }
}
