package io.hostmaintenance.fakecloud;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A compute host: its nova-compute service, its hypervisors and its executor of live migrations.
 */
public final class Host {
  private final Cloud cloud;
  private final String name;
  private final int number;
  private final String serviceId;
  private final List<Hypervisor> orphans = new ArrayList<>();
  private String hypervisorId;
  private final Set<String> traits = new TreeSet<>(Set.of("COMPUTE_NODE"));
  private Resources capacity;
  private String zone = "nova";
  private boolean enabled = true;
  private String disabledReason;
  private boolean forcedDown;
  private Instant diedAt;
  private int incarnation;
  private boolean cellDown;
  private boolean serviceDeleted;
  private Instant serviceUpdatedAt;

  /**
   * Live migrations waiting for the executor, which runs one at a time
   * (max_concurrent_live_migrations).
   */
  final Deque<Migration> queue = new ArrayDeque<>();

  /** The live migration the executor runs, or null. */
  Migration executing;

  /** Messages to the service that wait until its process runs again. */
  final Deque<Runnable> inbox = new ArrayDeque<>();

  Host(Cloud cloud, int number, String name, String serviceId, String hypervisorId, int ramMiB) {
    this.cloud = cloud;
    this.number = number;
    this.name = name;
    this.serviceId = serviceId;
    this.hypervisorId = hypervisorId;
    this.capacity = new Resources(2048, ramMiB, 10_000);
    this.serviceUpdatedAt = cloud.now();
  }

  /**
   * A compute node of the host.
   *
   * @param id its uuid, which is also its resource provider in placement
   * @param name its own name, which need not be the host's
   */
  public record Hypervisor(String id, String name) {}

  /** Name of the service host; the hypervisor has the same. */
  public String name() {
    return name;
  }

  /** Integer id of the service, shown below microversion 2.53. */
  public int number() {
    return number;
  }

  /** Uuid of the compute service. */
  public String serviceId() {
    return serviceId;
  }

  /** Uuid of the hypervisor, which is also its resource provider in placement. */
  public String hypervisorId() {
    return hypervisorId;
  }

  /** All its hypervisors: those that a change of its name left behind, then the one that runs. */
  public List<Hypervisor> hypervisors() {
    var all = new ArrayList<>(orphans);
    if (hypervisorId != null) {
      all.add(new Hypervisor(hypervisorId, name));
    }
    return all;
  }

  /** The hypervisor's type. */
  public String hypervisorType() {
    return "QEMU";
  }

  /** RAM that can be allocated, MiB. */
  public int ramMiB() {
    return capacity.ramMiB();
  }

  /** What can be allocated, allocation ratio and reserved part counted. */
  public Resources capacity() {
    return capacity;
  }

  /** Its availability zone. */
  public String zone() {
    return zone;
  }

  /** The traits of its resource provider, but for that of a disabled one. */
  public Set<String> traits() {
    return Collections.unmodifiableSet(traits);
  }

  void capacity(Resources value) {
    capacity = value;
  }

  void zone(String value) {
    zone = value;
  }

  void trait(String name) {
    traits.add(name);
  }

  /** Whether the service is enabled. */
  public boolean enabled() {
    return enabled;
  }

  /** Why the service is disabled, or null. */
  public String disabledReason() {
    return disabledReason;
  }

  /** Whether somebody forced it down. */
  public boolean forcedDown() {
    return forcedDown;
  }

  /**
   * Whether Nova holds the service for up: not forced down and not dead for longer than
   * service_down_time.
   */
  public boolean up() {
    return !forcedDown
        && (diedAt == null || cloud.now().isBefore(diedAt.plus(cloud.timing().serviceDownTime())));
  }

  /** Whether its process runs, which Nova notices only later. */
  public boolean alive() {
    return diedAt == null;
  }

  /** Whether the cell's database cannot be reached. */
  public boolean cellDown() {
    return cellDown;
  }

  /** Whether the service record was deleted. */
  public boolean serviceDeleted() {
    return serviceDeleted;
  }

  /** When the service record last changed or the service last reported. */
  public Instant serviceUpdatedAt() {
    var heartbeat =
        alive()
            ? cloud.now().minusMillis(Math.floorMod(cloud.now().toEpochMilli(), 10_000))
            : diedAt;
    return heartbeat.isAfter(serviceUpdatedAt) ? heartbeat : serviceUpdatedAt;
  }

  void enable() {
    enabled = true;
    disabledReason = null;
    serviceUpdatedAt = cloud.now();
  }

  void disable(String reason) {
    enabled = false;
    disabledReason = reason;
    serviceUpdatedAt = cloud.now();
  }

  void forcedDown(boolean value) {
    forcedDown = value;
    serviceUpdatedAt = cloud.now();
  }

  int incarnation() {
    return incarnation;
  }

  void die() {
    incarnation++;
    diedAt = cloud.now();
  }

  void revive() {
    diedAt = null;
  }

  void cellDown(boolean value) {
    cellDown = value;
  }

  void orphan(Hypervisor left) {
    orphans.add(left);
  }

  void hypervisorId(String id) {
    hypervisorId = id;
  }

  void deleteService() {
    serviceDeleted = true;
  }
}
