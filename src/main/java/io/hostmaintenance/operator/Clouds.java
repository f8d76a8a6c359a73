package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The clouds that this process deals with, by name: the default, those of labelled Secrets, and
 * whatever else a resource names. Each has its own connection, and is made when it is first needed;
 * nothing is read or asked for that.
 */
final class Clouds {

  private final String fallback;
  private final Supplier<Set<String>> labelled;
  private final Function<String, Cloud> make;
  private final Map<String, Cloud> known = new ConcurrentHashMap<>();

  /**
   * Knows the default alone.
   *
   * @param fallback the name of the default, {@code OS_CLOUD}; empty: the only one of a clouds.yaml
   * @param labelled the names that Secrets carry now
   * @param make makes the cloud of a name, without asking anyone
   */
  Clouds(String fallback, Supplier<Set<String>> labelled, Function<String, Cloud> make) {
    this.fallback = fallback;
    this.labelled = labelled;
    this.make = make;
    named(fallback);
  }

  /** One cloud, whatever the name. */
  static Clouds only(Cloud cloud) {
    return new Clouds("", Set::of, name -> cloud);
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

  /** Those that were needed since the start or the last {@link #retain}. */
  List<Cloud> known() {
    return List.copyOf(known.values());
  }

  /** The names of those that are to be watched, whether a resource names them or not. */
  Set<String> names() {
    var names = new HashSet<>(known.keySet());
    names.addAll(labelled.get());
    return names;
  }

  /**
   * Gives up the connections to all others.
   *
   * @param names those that resources name
   */
  void retain(Set<String> names) {
    var needed = new HashSet<>(names);
    needed.add(fallback);
    needed.addAll(labelled.get());
    known.keySet().retainAll(needed);
  }
}
