package io.hostmaintenance.fakecloud;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/** A server (instance) as Nova's database knows it. */
public final class Server {
  /**
   * The fault shown for a server in ERROR.
   *
   * @param message Nova's text
   * @param created when it happened
   */
  public record Fault(String message, Instant created) {}

  private final Cloud cloud;
  private final int number;
  private final String id;
  private final String name;
  private final User owner;
  private final Instant created;
  private Map<String, String> metadata;
  private int ramMiB;
  private VmState vmState;
  private VmState oldVmState;
  private TaskState taskState;
  private PowerState powerState;
  private PowerState guest;
  private Instant guestSince;
  private Duration ran = Duration.ZERO;
  private Host host;
  private boolean locked;
  private String lockedReason;
  private Requirements requirements = Requirements.NONE;
  private int progress;
  private Fault fault;
  private Instant launchedAt;
  private Instant updated;

  Server(
      Cloud cloud,
      int number,
      String id,
      String name,
      User owner,
      int ramMiB,
      Map<String, String> metadata) {
    this.cloud = cloud;
    this.number = number;
    this.id = id;
    this.name = name;
    this.owner = owner;
    this.ramMiB = ramMiB;
    this.metadata = Map.copyOf(metadata);
    this.created = cloud.now();
    this.updated = created;
    this.vmState = VmState.BUILDING;
    this.powerState = PowerState.NOSTATE;
    this.guest = PowerState.NOSTATE;
    this.guestSince = created;
  }

  /** Running number, as in OS-EXT-SRV-ATTR:instance_name. */
  public int number() {
    return number;
  }

  /** The uuid. */
  public String id() {
    return id;
  }

  /** The name. */
  public String name() {
    return name;
  }

  /** The user whose project owns it. */
  public User owner() {
    return owner;
  }

  /** When it was asked for. */
  public Instant created() {
    return created;
  }

  /** The metadata, see {@link Steering}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  void dropMetadata() {
    metadata = Map.of();
  }

  /** RAM of its flavor in MiB. */
  public int ramMiB() {
    return ramMiB;
  }

  /** What it asks of its host besides RAM. */
  public Requirements requirements() {
    return requirements;
  }

  /** What its disks hold of its host, in GiB. */
  public int holdsDiskGiB() {
    return holds(ramMiB).diskGiB();
  }

  /** What it holds of its host with a flavor of this much RAM in MiB. */
  Resources holds(int ramMiB) {
    return requirements.resources(ramMiB);
  }

  void requirements(Requirements value) {
    requirements = value;
    updated = cloud.now();
  }

  /** The stable state. */
  public VmState vmState() {
    return vmState;
  }

  /** What is under way, or null. */
  public TaskState taskState() {
    return taskState;
  }

  /** What the hypervisor last said, as Nova's database has it. */
  public PowerState powerState() {
    return powerState;
  }

  /** What the hypervisor would say now. */
  public PowerState guest() {
    return guest;
  }

  /** How long its guest has run so far, and with it changed its memory; moves are counted too. */
  public Duration ran() {
    return guest == PowerState.RUNNING ? ran.plus(Duration.between(guestSince, cloud.now())) : ran;
  }

  /** The API's status string. */
  public String status() {
    return vmState.status(taskState);
  }

  /** The compute service host, or null. */
  public String host() {
    return host == null ? null : host.name();
  }

  /** Whether it is locked. */
  public boolean locked() {
    return locked;
  }

  /** Why it is locked, or null. */
  public String lockedReason() {
    return lockedReason;
  }

  /** Percent of RAM transferred, 0 without a live migration. */
  public int progress() {
    return progress;
  }

  /** The last fault, or null; the API shows it only in ERROR. */
  public Fault fault() {
    return fault;
  }

  /** When it last started on a host, or null. */
  public Instant launchedAt() {
    return launchedAt;
  }

  /** When its row last changed. */
  public Instant updated() {
    return updated;
  }

  /** Whether it is gone for the API (404). */
  public boolean deleted() {
    return vmState == VmState.DELETED;
  }

  Host hostObject() {
    return host;
  }

  VmState oldVmState() {
    return oldVmState;
  }

  void vmState(VmState value) {
    if (vmState != value) {
      vmState = value;
      write("vm_state", value.text());
    }
  }

  void oldVmState(VmState value) {
    oldVmState = value;
  }

  void taskState(TaskState value) {
    if (taskState != value) {
      taskState = value;
      write("task_state", value == null ? null : value.text());
    }
  }

  /** The guest changes and Nova's database with it. */
  void powerState(PowerState value) {
    guest(value);
    reportPower();
  }

  /** The guest changes, of which only its hypervisor knows. */
  void guest(PowerState value) {
    ran = ran();
    guestSince = cloud.now();
    guest = value;
  }

  /** The hypervisor tells Nova how the guest is. */
  void reportPower() {
    var value = guest;
    if (powerState != value) {
      powerState = value;
      write("power_state", value.text());
    }
  }

  void host(Host value) {
    if (!Objects.equals(host, value)) {
      host = value;
      write("host", host());
    }
  }

  void lock(boolean value, String reason) {
    locked = value;
    lockedReason = reason;
    updated = cloud.now();
  }

  void progress(int value) {
    progress = value;
    updated = cloud.now();
  }

  void fault(String message) {
    fault = new Fault(message, cloud.now());
  }

  void ramMiB(int value) {
    ramMiB = value;
  }

  void launched() {
    launchedAt = cloud.now();
  }

  private void write(String field, String value) {
    updated = cloud.now();
    cloud.wrote(id, field, value);
  }
}
