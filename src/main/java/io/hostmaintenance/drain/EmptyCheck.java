package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.drain.Observation.Consumer;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.Observation.Residents;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether an observation finds the host empty: the most careful question there is. */
final class EmptyCheck {

  private final String host;
  private final Snapshot snapshot;
  private final Set<String> staying;

  /**
   * The question for an observation.
   *
   * @param staying the ids of instances that the spec leaves on the host, as the observation shows
   *     them: they do not count
   */
  EmptyCheck(String host, Snapshot snapshot, Set<String> staying) {
    this.host = host;
    this.snapshot = snapshot;
    this.staying = staying;
  }

  /** Why the host is not empty; empty when it is. */
  Optional<String> occupied() {
    return occupiedByNova().or(this::allocated);
  }

  /** Why the host is not empty by all that Nova told; empty when it is. */
  Optional<String> occupiedByNova() {
    return occupiedByLists().or(this::resident);
  }

  /**
   * Why the host is not empty by Nova's lists; empty when they show nothing. That does not make it
   * empty: with 200 a list leaves out the rows of a cell whose database it could not reach
   * (nova/compute/multi_cell_list.py).
   */
  Optional<String> occupiedByLists() {
    if (!snapshot.complete()) {
      return Optional.of(HostMessages.NOT_CHECKED);
    }
    var service = snapshot.service(host);
    if (service.isEmpty() || !service.get().disabled()) {
      return Optional.of(HostMessages.notDisabled(host));
    }
    var count =
        snapshot.instances().stream().filter(i -> !staying.contains(i.id())).toList().size();
    if (count > 0) {
      return Optional.of(HostMessages.instancesOnHost(count));
    }
    return snapshot.migrations().stream()
        .filter(this::live)
        .findFirst()
        .map(HostMessages::migrationUnderWay);
  }

  /** Why the host is not empty by its hypervisors, which fail where a list would be short. */
  private Optional<String> resident() {
    return switch (snapshot.residents()) {
      case Residents.NotAsked() -> Optional.of(HostMessages.HYPERVISORS_NOT_ASKED);
      case Residents.NoHypervisor() -> Optional.of(HostMessages.noHypervisor(host).message());
      case Residents.Shown(var ids) ->
          ids.stream()
              .filter(id -> !staying.contains(id))
              .sorted()
              .findFirst()
              .map(id -> HostMessages.shownByHypervisor(ids.size(), id));
    };
  }

  /** Why nobody can tell whether the host is empty; empty when it can be told. */
  Optional<Cause> undecidable() {
    return snapshot.residents() instanceof Residents.NoHypervisor
        ? Optional.of(HostMessages.noHypervisor(host))
        : Optional.empty();
  }

  /**
   * What keeps the host from being empty though no list of its instances shows it.
   *
   * @param instance on another host, or on none yet
   * @param by what ties it to this one
   */
  record PendingArrival(Instance instance, String by) {}

  /**
   * Instances elsewhere that a migration or a build ties to the host; an owner's decision apart.
   */
  List<PendingArrival> pendingArrivals() {
    var pendingArrivals = new ArrayList<PendingArrival>();
    if (!snapshot.complete()) {
      return pendingArrivals;
    }
    for (var migration : snapshot.migrations()) {
      elsewhere(migration.instanceId())
          .filter(i -> live(migration) && !unconfirmed(migration, i, host))
          .ifPresent(
              i ->
                  pendingArrivals.add(
                      new PendingArrival(i, InstanceMessages.migration(migration))));
    }
    if (snapshot.placement() instanceof Placement.Consumers(var consumers)) {
      consumers.stream()
          .filter(c -> live(c) && !arrived(c.instance().get()))
          .forEach(
              c ->
                  pendingArrivals.add(
                      new PendingArrival(c.instance().get(), InstanceMessages.ALLOCATION)));
    }
    return pendingArrivals;
  }

  /**
   * Whether an instance elsewhere may still be tied to the host, by what was asked of it alone.
   *
   * @param detail the instance and all its records
   */
  boolean mayArrive(Detail detail) {
    var instance = detail.instance().orElseThrow();
    return !instance.idle()
        || instance.building()
        || detail.migrations().stream()
            .filter(m -> host.equals(m.sourceHost()) || host.equals(m.destinationHost()))
            .anyMatch(m -> live(m) && !unconfirmed(m, instance, host));
  }

  private Optional<Instance> elsewhere(String instanceId) {
    return snapshot
        .detail(instanceId)
        .flatMap(Detail::instance)
        .filter(i -> snapshot.onHost(instanceId).isEmpty() && !arrived(i));
  }

  /** Why the host is not empty by placement; empty when it is, or when there is no placement. */
  private Optional<String> allocated() {
    return switch (snapshot.placement()) {
      case Placement.NotAsked() -> Optional.of(HostMessages.PLACEMENT_NOT_ASKED);
      case Placement.Absent() -> Optional.empty();
      case Placement.Consumers(var consumers) ->
          consumers.stream()
              .filter(this::live)
              .findFirst()
              .map(c -> HostMessages.allocated(c.instance().map(Instance::id).orElse(c.id())));
    };
  }

  /** Records that say something is under way which is not; told, and not counted. */
  List<Notice> stuck() {
    return snapshot.migrations().stream()
        .filter(m -> snapshot.complete() && m.unfinished() && !live(m) && !stays(m))
        .map(m -> Notice.warning(HostMessages.stuckRecord(m)).about(m.instanceId()))
        .toList();
  }

  /** Whether the migration of a record is really under way; what is not known counts as such. */
  private boolean live(Migration migration) {
    if (!migration.unfinished() && !migration.reverted()) {
      return false;
    }
    if (stays(migration)) {
      return false;
    }
    var onHost = snapshot.onHost(migration.instanceId());
    if (onHost.isPresent()) {
      return underWay(migration, onHost.get());
    }
    var detail = snapshot.detail(migration.instanceId());
    return detail.isEmpty()
        || detail.get().instance().map(i -> underWay(migration, i) || arrived(i)).orElse(false);
  }

  /** Whether it is a resize that waits for its owner, and that the spec leaves so. */
  private boolean stays(Migration migration) {
    return migration.finished()
        && staying.contains(migration.instanceId())
        && snapshot.instance(migration.instanceId()).filter(Instance::resized).isPresent();
  }

  /** Whether an instance came after the host's instances were listed. */
  private boolean arrived(Instance instance) {
    return host.equals(instance.host());
  }

  private boolean underWay(Migration migration, Instance instance) {
    return switch (migration.status()) {
      case "finished", "confirming" -> instance.resized() || instance.resizing();
      case "reverting", "reverted" -> instance.resizing();
      default -> !instance.idle() || recent(migration);
    };
  }

  private boolean live(Consumer consumer) {
    if (consumer.instance().isEmpty()) {
      return false; // neither an instance nor a migration that Nova knows: leaked
    }
    var instance = consumer.instance().get();
    if (staying.contains(instance.id()) && instance.idle() && !resizedSince(instance)) {
      return false;
    }
    return consumer
        .migration()
        .map(m -> underWay(m, instance) || instance.resizing())
        .orElseGet(() -> arrived(instance) || !instance.idle() || instance.building());
  }

  /** Whether an instance was resized after the host's instances were listed: it waits elsewhere. */
  private boolean resizedSince(Instance instance) {
    return instance.resized()
        && snapshot.onHost(instance.id()).filter(listed -> !listed.resized()).isPresent();
  }

  /** Whether an unfinished record is so new that the instance may have overtaken it. */
  private boolean recent(Migration migration) {
    var changed = migration.updatedAt() == null ? migration.createdAt() : migration.updatedAt();
    return migration.unfinished()
        && Duration.between(changed, snapshot.began()).abs().compareTo(Deadlines.LAG) < 0;
  }

  /** Whether a record is a cold migration or resize that left the host and nobody confirmed. */
  static boolean unconfirmed(Migration migration, Instance instance, String host) {
    return migration.finished()
        && host.equals(migration.sourceHost())
        && !host.equals(instance.host())
        && instance.resized();
  }
}
