package io.hostmaintenance.fakecloud;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a host has of each resource class, or a server holds of it.
 *
 * @param vcpus VCPU
 * @param ramMiB MEMORY_MB
 * @param diskGiB DISK_GB
 */
public record Resources(int vcpus, int ramMiB, int diskGiB) {
  static final Resources NONE = new Resources(0, 0, 0);

  /** The same with so much RAM in MiB. */
  public Resources ram(int ramMiB) {
    return new Resources(vcpus, ramMiB, diskGiB);
  }

  /** By resource class; what is none is left out, as Nova leaves it out of an allocation. */
  public Map<String, Long> byClass() {
    var all = new LinkedHashMap<String, Long>();
    all.put("VCPU", (long) vcpus);
    all.put("MEMORY_MB", (long) ramMiB);
    all.put("DISK_GB", (long) diskGiB);
    all.values().removeIf(amount -> amount == 0);
    return all;
  }

  Resources plus(Resources more) {
    return new Resources(vcpus + more.vcpus, ramMiB + more.ramMiB, diskGiB + more.diskGiB);
  }

  Resources minus(Resources less) {
    return new Resources(vcpus - less.vcpus, ramMiB - less.ramMiB, diskGiB - less.diskGiB);
  }
}
