package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.VmState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What was true when an operator asked, whatever it was told: the truth beside a reconciliation's
 * look.
 */
final class ObservedTruth {
  private final Instant began;
  private final String host;
  private final HostMaintenanceSpec spec;
  private Services services =
      new Services(Map.of(), Set.of(), Set.of(), Set.of(), Optional.empty());
  private boolean ownServices;
  private Instant instancesAt;
  private Instant date;
  private Optional<String> occupant = Optional.of("the host was not looked at");
  private Optional<String> present = occupant;
  private List<Migration> moves = List.of();
  private boolean placementAsked;
  private Set<String> off = Set.of();
  private Set<String> toConfirm = Set.of();
  private Optional<String> toMove = occupant;
  private Optional<String> movable = occupant;
  private Set<String> staying = Set.of();
  private String failure;
  private boolean shortened;

  /** What was true of the services when a list of them was asked for. */
  record Services(
      Map<String, String> reasons,
      Set<String> enabled,
      Set<String> dead,
      Set<String> cellsDown,
      Optional<String> twin) {

    static Services of(Cloud cloud, Optional<String> twin) {
      var reasons = new HashMap<String, String>();
      var enabled = new HashSet<String>();
      var dead = new HashSet<String>();
      var cellsDown = new HashSet<String>();
      for (var host : cloud.hosts()) {
        if (!host.alive()
            && Duration.between(host.serviceUpdatedAt(), cloud.now()).compareTo(SILENT) > 0) {
          dead.add(host.name());
        }
        if (host.cellDown()) {
          cellsDown.add(host.name());
        }
        if (host.enabled()) {
          enabled.add(host.name());
        } else {
          reasons.put(host.name(), String.valueOf(host.disabledReason()));
        }
      }
      return new Services(reasons, enabled, dead, cellsDown, twin);
    }
  }

  private static final Duration SILENT = Duration.ofSeconds(62);

  ObservedTruth(Instant began, HostMaintenanceSpec spec) {
    this.began = began;
    this.spec = spec;
    this.host = spec.host();
  }

  /** What is true beside a round of the watch, which looks at no single host. */
  ObservedTruth(Instant began) {
    this(began, HostMaintenanceSpecBuilder.builder().host("").build());
  }

  Instant began() {
    return began;
  }

  /** What the resource said when it was read. */
  HostMaintenanceSpec spec() {
    return spec;
  }

  /** By Nova's clock, as the operator is told it; null before the instances were asked for. */
  Instant date() {
    return date;
  }

  /** Whether a whole move had time to begin and end between its first questions. */
  boolean tookLong() {
    return Duration.between(began, instancesAt).compareTo(Duration.ofMillis(1500)) > 0;
  }

  /**
   * What occupied the host: at the observation's last question, or by the lists where that was all.
   */
  Optional<String> occupant() {
    return placementAsked ? occupant : present.or(() -> moving(moves));
  }

  /** What kept the resource from being done: as occupant, but for what it leaves there. */
  Optional<String> toMove() {
    return placementAsked
        ? toMove
        : movable.or(() -> moving(moves.stream().filter(m -> !isLeft(m)).toList()));
  }

  /** What was on the host or about to leave it; what arrives shows in placement first. */
  Optional<String> leaving() {
    return movable.or(
        () ->
            moving(
                moves.stream().filter(m -> host.equals(m.sourceCompute()) && !isLeft(m)).toList()));
  }

  /** A resize whose end came after the lists was seen to end: each instance is asked for. */
  private Optional<String> moving(List<Migration> moves) {
    return moves.stream()
        .filter(m -> !Truth.isOver(m, host) && !remains(m))
        .map(Truth::told)
        .findFirst();
  }

  /**
   * Whether a resize of an instance that the list showed to stay has failed; its task ends soon.
   */
  private boolean remains(Migration m) {
    return !Truth.underWay(m, host) && staying.contains(m.server().id());
  }

  boolean placementAsked() {
    return placementAsked;
  }

  /** Whether a question of it failed. */
  boolean failed() {
    return failure != null;
  }

  void failed(String how) {
    failure = how;
  }

  void instances(Cloud cloud, String host) {
    instancesAt = cloud.now();
    date = cloud.instant().truncatedTo(ChronoUnit.SECONDS);
    present = Truth.onHost(cloud, host);
    staying =
        cloud.servers().stream()
            .filter(s -> Truth.stays(spec, s))
            .map(Server::id)
            .collect(Collectors.toSet());
    movable = toMoveHere(cloud);
    moves = Truth.migrations(cloud, host);
    off =
        cloud.servers().stream()
            .filter(s -> s.vmState() == VmState.ACTIVE && s.taskState() == null)
            .filter(s -> s.powerState() == PowerState.SHUTDOWN)
            .map(s -> s.id())
            .collect(Collectors.toSet());
    toConfirm = Truth.finished(cloud).stream().map(m -> m.uuid()).collect(Collectors.toSet());
  }

  /** What a hypervisor shows, which proves what the list of servers may leave out. */
  void residents(Cloud cloud, String host) {
    var listed = staying;
    instances(cloud, host);
    staying = listed;
    movable = toMoveHere(cloud);
  }

  /** Whether a resize waits to be confirmed, and the resource leaves it so. */
  private boolean isLeft(Migration m) {
    return Truth.isLeft(m, spec) || m.confirmable() && staying.contains(m.server().id());
  }

  /** What the list shows to stay is not asked for again. */
  private Optional<String> toMoveHere(Cloud cloud) {
    return Truth.onHost(cloud, host, s -> staying.contains(s.id()));
  }

  /** A list of it lacked rows: not everybody that is under way could be seen. */
  void shortened() {
    shortened = true;
  }

  boolean isShort() {
    return shortened;
  }

  /** The services were asked for. */
  void services(Services truth) {
    services = truth;
    ownServices = true;
    if (truth.cellsDown().contains(host)) {
      failed("the cell of " + host + " is down");
    }
  }

  /** As long as it has not asked for the services itself, it shares what others were told last. */
  void sharedServices(Services truth) {
    if (!ownServices) {
      services = truth;
    }
  }

  void placement(Cloud cloud, String host) {
    placementAsked = true;
    occupant = Truth.occupant(cloud, host);
    toMove = toMoveHere(cloud).or(() -> Truth.toMove(cloud, spec, staying));
  }

  /** An instance was asked for: who had left by then need not have been seen. */
  void resolved(Cloud cloud) {
    if (placementAsked && occupant.isPresent()) {
      occupant = Truth.occupant(cloud, host);
    }
    if (placementAsked && toMove.isPresent()) {
      toMove = toMoveHere(cloud).or(() -> Truth.toMove(cloud, spec, staying));
    }
  }

  /** Whether the host had a second service when the services were read. */
  boolean ambiguous() {
    return services.twin().filter(h -> h.equalsIgnoreCase(host)).isPresent();
  }

  /** Whether the service was enabled when it was read. */
  boolean enabled(String host) {
    return services.enabled().contains(host);
  }

  /** The disabled_reason when it was read; empty when it was enabled or not read. */
  Optional<String> disabledReason(String host) {
    return Optional.ofNullable(services.reasons().get(host));
  }

  /** Whether the nova-compute of a host was dead, and not heard of for a minute. */
  boolean dead(String host) {
    return services.dead().contains(host);
  }

  /** Whether the guest was off although Nova held it active. */
  boolean off(String serverId) {
    return off.contains(serverId);
  }

  /** Whether this migration waited to be confirmed. */
  boolean toConfirm(String migrationUuid) {
    return toConfirm.contains(migrationUuid);
  }
}
