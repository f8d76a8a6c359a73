package io.hostmaintenance.fakecloud;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a server asks of its host besides RAM.
 *
 * @param vcpus of its flavor
 * @param rootGiB root disk of its flavor
 * @param ephemeralGiB ephemeral disk of its flavor
 * @param swapMiB swap disk of its flavor
 * @param volumeBacked whether its root disk is a volume
 * @param pinnedZone the availability zone that it may not leave; null for none
 * @param hints the scheduler hints that it was built with
 * @param requiredTraits what its flavor requires of a resource provider
 * @param forbiddenTraits what its flavor forbids
 */
public record Requirements(
    int vcpus,
    int rootGiB,
    int ephemeralGiB,
    int swapMiB,
    boolean volumeBacked,
    String pinnedZone,
    Map<String, List<String>> hints,
    Set<String> requiredTraits,
    Set<String> forbiddenTraits) {

  /** One VCPU and a root disk of 1 GiB anywhere. */
  public static final Requirements NONE =
      new Requirements(1, 1, 0, 0, false, null, Map.of(), Set.of(), Set.of());

  /** The same with so many VCPUs. */
  public Requirements vcpus(int number) {
    return new Requirements(
        number,
        rootGiB,
        ephemeralGiB,
        swapMiB,
        volumeBacked,
        pinnedZone,
        hints,
        requiredTraits,
        forbiddenTraits);
  }

  /** The same with these disks. */
  public Requirements disks(int root, int ephemeral, int swap) {
    return new Requirements(
        vcpus,
        root,
        ephemeral,
        swap,
        volumeBacked,
        pinnedZone,
        hints,
        requiredTraits,
        forbiddenTraits);
  }

  /** The same with its root disk on a volume. */
  public Requirements onVolume() {
    return new Requirements(
        vcpus,
        rootGiB,
        ephemeralGiB,
        swapMiB,
        true,
        pinnedZone,
        hints,
        requiredTraits,
        forbiddenTraits);
  }

  /** The same pinned to a zone, or to none (null). */
  public Requirements pinned(String zone) {
    return new Requirements(
        vcpus,
        rootGiB,
        ephemeralGiB,
        swapMiB,
        volumeBacked,
        zone,
        hints,
        requiredTraits,
        forbiddenTraits);
  }

  /** The same with one more hint, such as {@code different_host} with ids of servers. */
  public Requirements hint(String name, List<String> values) {
    var more = new HashMap<>(hints);
    more.put(name, List.copyOf(values));
    return new Requirements(
        vcpus,
        rootGiB,
        ephemeralGiB,
        swapMiB,
        volumeBacked,
        pinnedZone,
        Map.copyOf(more),
        requiredTraits,
        forbiddenTraits);
  }

  /** The same with these traits. */
  public Requirements traits(Set<String> required, Set<String> forbidden) {
    return new Requirements(
        vcpus,
        rootGiB,
        ephemeralGiB,
        swapMiB,
        volumeBacked,
        pinnedZone,
        hints,
        Set.copyOf(required),
        Set.copyOf(forbidden));
  }

  /** What it holds of its host, as Nova counts it (nova/scheduler/utils.py). */
  Resources resources(int ramMiB) {
    var disk = (volumeBacked ? 0 : rootGiB) + ephemeralGiB + Math.ceilDiv(swapMiB, 1024);
    return new Resources(vcpus, ramMiB, disk);
  }
}
