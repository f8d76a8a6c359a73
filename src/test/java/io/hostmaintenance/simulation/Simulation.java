package io.hostmaintenance.simulation;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.fakecloud.Cloud;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** One program run to its end: incidents first, then peace, then the resources are deleted. */
final class Simulation {
  private static final Duration BOUND = Duration.ofHours(24);
  private static final Duration STILL_UNDER_WAY = Duration.ofMinutes(4);
  private static final int ROUNDS = 12;

  /** What the cloud is refused for no more: it goes on by itself. */
  private static final Set<String> OF_THE_CLOUD =
      Set.of("ApiUnavailable", "Forbidden", "Unauthorized", "CloudConfiguration", "UnsupportedApi");

  /** Reasons for which the rows stay as they were seen last. */
  private static final Set<String> NOT_LOOKED_AT = Set.of("Conflict", "HostGone");

  private final World world;
  private Broken broken;

  private Simulation(Program program, boolean story) {
    world = new World(program, story);
  }

  /**
   * What became of a run.
   *
   * @param broken the promise that was broken; empty when all were kept
   * @param story line by line, empty when none was wanted
   */
  record Result(
      Optional<Broken> broken,
      List<String> story,
      long ticks,
      long calls,
      long faults,
      long checked,
      boolean feasible) {}

  /** Runs a program. */
  static Result run(Program program, boolean story) {
    var simulation = new Simulation(program, story);
    try {
      simulation.play();
    } catch (Broken e) {
      simulation.broken = e;
    }
    var world = simulation.world;
    return new Result(
        Optional.ofNullable(simulation.broken),
        world.story().lines(),
        world.ticks(),
        world.calls(),
        world.injected(),
        world.checked(),
        world.feasible());
  }

  private void play() {
    var last =
        Stream.concat(
                world.program().incidents().stream().map(Incident::at),
                world.program().resources().stream().map(Program.Applied::at))
            .max(Duration::compareTo)
            .orElse(Duration.ZERO);
    world.runFor(last.plus(STILL_UNDER_WAY), w -> false);
    peace();
    var ended = world.runFor(BOUND, w -> w.kubernetes().resources().stream().allMatch(this::rests));
    world.promise("every drain comes to an end", ended, () -> "after 24 h of peace: " + phases());
    world.promise(
        "a feasible plan that nobody disturbs ends in maintenance",
        !world.feasible()
            || world.kubernetes().resources().stream()
                .allMatch(r -> r.getStatus().phase().equals("InMaintenance") || outOfRoom(r)),
        this::phases);
    for (var resource : world.kubernetes().resources()) {
      if (!resource.isMarkedForDeletion()) {
        endIsTrue(resource);
      }
    }
    humansResolve();
    world.story().record("admin", () -> "deletes what is left");
    for (var resource : world.kubernetes().resources()) {
      world.kubernetes().delete(resource.getMetadata().getName());
    }
    world.runFor(BOUND, w -> w.kubernetes().resources().stream().allMatch(this::waitsForItsHost));
    if (world.kubernetes().resources().stream().anyMatch(this::waitsForItsHost)) {
      for (var site : world.sites()) {
        world.program().hosts().forEach(site::revive);
      }
    }
    var gone = world.runFor(BOUND, w -> w.kubernetes().resources().isEmpty());
    world.promise("every delete comes to an end", gone, this::phases);
    world.runFor(STILL_UNDER_WAY, w -> false);
    for (var site : world.sites()) {
      site.hostsOf().forEach(site.promises()::givenBack);
      site.guestsAreAsTheyWere();
    }
  }

  /** Whatever asked for a human goes on by itself once he has acted. */
  private void humansResolve() {
    var admin = new Administrator(world);
    for (var round = 0; round < ROUNDS && admin.act(); round++) {
      world.forgetQuiet();
      var rested =
          world.runFor(BOUND, w -> w.kubernetes().resources().stream().allMatch(this::rests));
      world.promise("every drain comes to an end", rested, this::phases);
    }
    for (var resource : world.kubernetes().resources()) {
      world.promise(
          "it goes on when the human has acted",
          resource.plans()
              || switch (Administrator.reason(resource)) {
                case "InMaintenance",
                    "NothingRuns",
                    "InstancesSkipped",
                    "HostGone",
                    "HostNotFound",
                    "Conflict" ->
                    true;
                case "NoOtherHost" -> needed(resource);
                default -> false;
              },
          this::phases);
    }
  }

  private void peace() {
    world.story().record("world", () -> "peace");
    world.heal();
    world.startIfNeeded();
    world.forgetQuiet();
  }

  /** Nova places instances one by one, and may leave no room for the last in a tight cloud. */
  private static boolean outOfRoom(HostMaintenance resource) {
    return resource.getStatus().instances().stream()
        .filter(r -> r.state().equals("Blocked") || r.state().equals("Failed"))
        .allMatch(r -> Set.of("NoCapacity", "NoValidHost").contains(r.reason()));
  }

  private boolean rests(HostMaintenance resource) {
    if (resource.isMarkedForDeletion()) {
      return waitsForItsHost(resource);
    }
    if (OF_THE_CLOUD.contains(Administrator.reason(resource))) {
      return false;
    }
    var status = resource.getStatus();
    return status != null
        && world.quietTicks(resource.getMetadata().getName()) >= 4
        && switch (status.phase()) {
          case "InMaintenance", "Failed" -> true;
          case "Planned" ->
              !status.isTrue(Condition.RECONCILING)
                  || status.instances().stream().anyMatch(RowAction.Wait::of);
          case "Blocked" ->
              (Set.of("SourceServiceDown", "DrainTimeout").contains(Administrator.reason(resource))
                      || status.instances().stream().noneMatch(Simulation::goesOnByItself))
                  && (!Administrator.reason(resource).equals("Conflict") || needed(resource));
          case "Draining" -> Administrator.reason(resource).equals("Suspended");
          default -> false;
        };
  }

  /** What the operator stopped, or is to enable, waits until nova-compute is up. */
  private boolean waitsForItsHost(HostMaintenance resource) {
    return !cloud(resource.getSpec()).host(resource.getSpec().host()).up()
        && resource.getStatus() != null
        && (resource.getSpec().giveBack().equals("EnableWhenUp")
            || resource.getStatus().instances().stream().anyMatch(r -> r.stopRequestId() != null));
  }

  /** A move that was refused for long is asked for again, and is refused no more. */
  private static boolean goesOnByItself(InstanceStatus row) {
    return row.state().equals("Blocked")
        && row.firstRefusedTime() != null
        && row.requestId() == null;
  }

  private String phases() {
    var phases = new ArrayList<String>();
    for (var r : world.kubernetes().resources()) {
      phases.add(
          r.getMetadata().getName()
              + " "
              + (r.getStatus() == null
                  ? "without status"
                  : r.getStatus().phase()
                      + " "
                      + Administrator.reason(r)
                      + " "
                      + r.getStatus().condition(Condition.READY).map(Condition::message)));
    }
    return String.join("; ", phases);
  }

  /** Where the resource has come to rest, the truth gives it reason to. */
  private void endIsTrue(HostMaintenance resource) {
    var cloud = cloud(resource.getSpec());
    var host = resource.getSpec().host();
    switch (resource.getStatus().phase()) {
      case "InMaintenance" ->
          world.promise(
              "InMaintenance is an empty, disabled host",
              done(resource.getSpec()) && !cloud.host(host).enabled(),
              () -> host + ": " + Truth.toMove(cloud, resource.getSpec()));
      case "Blocked", "Failed" ->
          world.promise("who asks for a human has reason to", needed(resource), this::phases);
      default -> {}
    }
    if (NOT_LOOKED_AT.contains(Administrator.reason(resource))) {
      return;
    }
    for (var row : resource.getStatus().instances()) {
      if (row.state().equals("Blocked")) {
        world.promise(
            "a blocked instance binds the host",
            Truth.bindsHost(cloud, row.id(), host),
            () -> row.name() + " " + row.reason() + ": " + row.message());
      }
    }
  }

  /** Without placement nobody knows what is on its way. */
  private boolean done(HostMaintenanceSpec spec) {
    var cloud = cloud(spec);
    var host = spec.host();
    return Truth.onHost(cloud, host, s -> Truth.stays(spec, s)).isEmpty()
        && Truth.moving(cloud, spec).isEmpty()
        && (!world.program().placement() || Truth.arriving(cloud, host).isEmpty());
  }

  private Cloud cloud(HostMaintenanceSpec spec) {
    return world.site(spec).cloud();
  }

  private boolean needed(HostMaintenance resource) {
    var spec = resource.getSpec();
    var cloud = cloud(spec);
    var host = cloud.host(spec.host());
    return switch (Administrator.reason(resource)) {
      case "InstancesBlocked" -> true;
      case "DrainTimeout" ->
          spec.drainTimeout() != null
              && (!done(spec)
                  || resource.getStatus().instances().stream().anyMatch(RowAction.Wait::of));
      case "SourceServiceDown" -> !host.up();
      case "ServiceReenabled" -> true;
      case "HostGone", "HostNotFound" -> host.serviceDeleted();
      case "Conflict" ->
          world.site(spec).resources().stream()
              .anyMatch(r -> r != resource && r.getSpec().host().equals(spec.host()));
      case "NoOtherHost" ->
          cloud.hosts().stream()
              .noneMatch(h -> h != host && h.enabled() && h.up() && !h.serviceDeleted());
      case "TargetHostInvalid" -> {
        var target = cloud.hosts().stream().filter(h -> h.name().equals(spec.targetHost()));
        if (spec.targetPolicy().equals("Prefer")) {
          yield target.allMatch(h -> h.serviceDeleted());
        }
        yield target.noneMatch(h -> h.enabled() && h.up() && !h.serviceDeleted())
            || world.site(spec).resources().stream()
                .anyMatch(r -> r.getSpec().host().equals(spec.targetHost()));
      }
      default -> false;
    };
  }
}
