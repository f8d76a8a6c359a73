package io.hostmaintenance.simulation;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.HostClaim;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.InstanceAction;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.MigrationType;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.nova.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the operator promises of a cloud, each as one question to the truth; asked after every step.
 */
final class Promises {
  private static final String MARKER = "host-maintenance ";
  private static final List<String> REMAINING =
      List.of("Pending", "Requested", "InProgress", "Confirming", "Restoring");

  /** By how much the clocks of the operator and of Nova may be off. */
  private static final Duration CLOCKS = Duration.ofSeconds(20);

  /**
   * For how long a host that is drained may not be looked at, while its cloud answers. A process
   * that leads no more may call a verified host Unknown in its last write. Nobody is told of that
   * write, so that the host is looked at when that of a verified one is due.
   */
  private static final Duration LEFT_ALONE = Duration.ofMinutes(20);

  /** What brings no instance to another host. */
  private static final Set<String> STAYS = Set.of("Confirm", "Stop", "Offload", "Delete");

  private final World world;
  private final Site site;
  private final Cloud cloud;
  private final Map<String, List<EmptyLook>> emptyLooks = new HashMap<>();
  private final Map<String, Attempt> attempts = new HashMap<>();
  private final Map<String, String> ownRequests = new HashMap<>();
  private final Map<String, Integer> maxAttempts = new HashMap<>();
  private final Map<String, Instant> lastObserved = new HashMap<>();
  private final Map<String, Instant> lastLooked = new HashMap<>();
  private final Map<String, ArrayDeque<Instant>> asked = new HashMap<>();
  private final Map<String, ArrayDeque<Instant>> written = new HashMap<>();

  private final Map<String, Optional<String>> targets = new HashMap<>();
  private final Map<String, Instant> steppedSince = new HashMap<>();

  private final Map<String, Instant> occupiedSince = new HashMap<>();
  private final Map<String, Instant> lastRounds = new HashMap<>();
  private final Map<String, Instant> freeSince = new HashMap<>();

  /** An observation at which the truth was an empty host. */
  private record EmptyLook(Instant date, Instant began) {}

  /** One attempt to move one instance, however often it is asked for. */
  private static final class Attempt {
    private int intents;
    private int sent;
    private int carriedOut;
  }

  Promises(World world, Site site) {
    this.world = world;
    this.site = site;
    this.cloud = site.cloud();
  }

  private void promise(String promise, boolean kept, Supplier<String> how) {
    world.promise(promise, kept, how);
  }

  /** How often it was so in the last hour, now included. */
  private int inTheLastHour(ArrayDeque<Instant> times) {
    times.addLast(cloud.now());
    while (times.getFirst().isBefore(cloud.now().minus(Duration.ofHours(1)))) {
      times.removeFirst();
    }
    return times.size();
  }

  // ---------------------------------------------------------------- what is asked of Nova

  /** A call reaches the cloud by this name. */
  void asked(OperatorProcess process, String cloudName, String call) {
    promise(
        "a cloud is asked for its own resources only",
        process.cloud().equals(cloudName),
        () -> process.resource() + " of " + process.cloud() + " asks " + cloudName + ": " + call);
  }

  /** Something is about to be asked of an instance. */
  void knows(String instanceId) {
    promise(
        "a cloud is asked for its own instances only",
        cloud.servers().stream().anyMatch(s -> s.id().equals(instanceId)),
        () -> instanceId + " is not of " + site.names());
  }

  /** A move is about to be asked for; the consumer is to be told when Nova has carried it out. */
  Consumer<Caller> asking(OperatorProcess process, String instanceId) {
    var resource = world.kubernetes().get(process.resource());
    var key = resource.map(r -> r.getMetadata().getUid()).orElse("") + "/" + instanceId;
    var attempt = attempts.computeIfAbsent(key, k -> new Attempt());
    attempt.sent++;
    promise(
        "requests about an instance are bounded",
        inTheLastHour(asked.computeIfAbsent(key, k -> new ArrayDeque<>())) <= 50,
        () -> site.label(instanceId) + " was asked for more than 50 times in an hour");
    promise(
        "an intent is stored before its request goes out",
        attempt.sent <= attempt.intents,
        () -> site.label(instanceId) + " was asked for without an intent");
    draining(process);
    promise("only a leader asks", process.leading(), () -> process.name() + " leads no more");
    return caller -> {
      attempt.carriedOut++;
      ownRequests.put(caller.requestId(), key);
      promise(
          "no attempt is carried out twice",
          attempt.carriedOut <= 1,
          () -> "attempt on " + site.label(instanceId) + " moved it twice");
    };
  }

  /** Where a move is asked to go. */
  void targeting(String instanceId, Optional<String> target) {
    targets.put(instanceId, target);
  }

  /** Whatever changes something is asked for by a resource that is to drain its host. */
  private void draining(OperatorProcess process) {
    promise(
        "a plan changes nothing",
        world
            .kubernetes()
            .get(process.resource())
            .map(r -> r.getSpec().mode().equals("Drain"))
            .orElse(true),
        () -> process.resource() + " asks for something");
  }

  /** What began after the observation nobody could know: Nova has no condition on a request. */
  void liveMigrating(ObservedTruth observed, Server server) {
    if (server.vmState() != VmState.PAUSED) {
      return;
    }
    var paused =
        cloud.actions(server.id()).stream()
            .filter(a -> a.action().equals("pause"))
            .map(InstanceAction::startTime)
            .reduce(Instant.MIN, (older, newer) -> newer);
    var moved =
        cloud.migrations(server.id()).stream()
            .filter(m -> m.type() == MigrationType.LIVE_MIGRATION)
            .filter(m -> m.status() == MigrationStatus.COMPLETED)
            .filter(m -> m.createdAt().isBefore(observed.date()))
            .anyMatch(m -> !m.createdAt().isBefore(paused));
    promise(
        "no guest is moved twice while it is paused",
        !moved,
        () -> server.name() + " was moved since it was paused");
  }

  /**
   * Nothing is asked of a host that was dead at the observation: it would do it when it returns.
   */
  void changing(ObservedTruth observed, Server server, StateChange change) {
    promise(
        "nothing is asked of a dead host",
        server.host() == null || cloud.host(server.host()).alive() || !observed.dead(server.host()),
        () -> change + " of " + server.name() + " on " + server.host() + ", which is dead");
    var since = steppedSince.get(server.id());
    if (since == null) {
      steppedSince.put(server.id(), cloud.now());
      return;
    }
    promise(
        "no word of the owner is overridden in the middle of a way",
        cloud.actions(server.id()).stream()
            .filter(a -> a.startTime().isAfter(since) && a.startTime().isBefore(observed.date()))
            .filter(a -> !a.action().startsWith("live_migration_"))
            .filter(a -> !a.action().equals("lock"))
            .allMatch(a -> a.caller().user().equals(site.operatorUser())),
        () -> change + " of " + server.name() + " though somebody acted since " + since);
  }

  /** A row is on no way any more. */
  private void stepEnded(InstanceStatus row) {
    if (row.step() == null) {
      steppedSince.remove(row.id());
    }
  }

  /**
   * A move is about to be asked for.
   *
   * @param copies whether it may copy local disks
   * @param diskGiB how large the disk is; null when nobody knows
   */
  void copying(
      OperatorProcess process, Server server, boolean live, boolean copies, Integer diskGiB) {
    if (world.writtenSince(process.resource(), process.observed().began())) {
      return; // the operator may have read it before or after
    }
    var spec = process.observed().spec();
    promise(
        "disks are copied only as the spec says",
        !live || copies != spec.blockMigration().equals("Never"),
        () -> server.name() + " is moved with copies: " + copies);
    var limit = spec.maxLocalDiskGiB();
    promise(
        "no disk is copied that is larger than the spec allows",
        !copies || limit == null || diskGiB != null && diskGiB <= limit,
        () -> server.name() + " has " + diskGiB + " GiB, allowed are " + limit);
  }

  void coldMigrating(ObservedTruth observed, Server server) {
    promise(
        "no guest that is off is started by a move",
        !observed.off(server.id()),
        () -> server.name() + " was off although ACTIVE");
  }

  void confirming(OperatorProcess process, String serverId) {
    draining(process);
    var migration = Truth.toConfirm(cloud, serverId);
    migration.ifPresent(
        m ->
            promise(
                "only our own cold migration is confirmed",
                m.type() == MigrationType.MIGRATION
                        && ownRequests.containsKey(m.caller().requestId())
                    || mayConfirm(process, m.type())
                    || !process.observed().toConfirm(m.uuid()),
                () ->
                    m.type().text()
                        + " "
                        + m.id()
                        + " of "
                        + m.server().name()
                        + " was asked for by "
                        + m.caller().user().name()));
  }

  /** Whether the resource says that migrations of others may be confirmed. */
  private boolean mayConfirm(OperatorProcess process, MigrationType type) {
    var strategy =
        world
            .kubernetes()
            .get(process.resource())
            .map(r -> r.getSpec().strategies().unconfirmedResize())
            .orElse(null);
    return "ConfirmAll".equals(strategy)
        || "ConfirmMigration".equals(strategy) && type == MigrationType.MIGRATION;
  }

  void aborting(OperatorProcess process, String serverId, long migrationId) {
    draining(process);
    var migration =
        cloud.migrations(serverId).stream().filter(m -> m.id() == migrationId).findFirst();
    promise(
        "only our own migration is aborted or forced",
        migration.isPresent() && ownRequests.containsKey(migration.get().caller().requestId()),
        () -> "migration " + migrationId + " of " + site.label(serverId) + " is not ours");
  }

  void disabling(OperatorProcess process, String host, String reason) {
    draining(process);
    var read = process.observed().disabledReason(host);
    promise(
        "no disable of somebody else is overwritten",
        read.isEmpty()
            || read.get().startsWith(MARKER)
            || read.get().startsWith("AUTO: ")
            || read.get().equals(reason),
        () -> host + " was disabled (" + read.orElse("") + ")");
  }

  void enabling(OperatorProcess process, String host) {
    draining(process);
    var read = process.observed().disabledReason(host);
    promise(
        "no service is enabled that somebody else disabled",
        read.filter(r -> isMarker(r, process.resource())).isPresent(),
        () -> host + " was " + read.map(r -> "disabled (" + r + ")").orElse("enabled"));
    promise(
        "a service is enabled only on the way out",
        world
            .kubernetes()
            .get(process.resource())
            .map(HostMaintenance::isMarkedForDeletion)
            .orElse(true),
        () -> host + " is enabled while " + process.resource() + " stays");
    if (world.writtenSince(process.resource(), process.observed().began())) {
      return; // the operator may have read it before or after
    }
    var word = process.observed().spec().giveBack();
    promise(
        "a service is enabled only if the spec says so",
        !word.equals("Keep"),
        () -> host + " is enabled though giveBack is Keep");
    var deleted =
        world
            .kubernetes()
            .get(process.resource())
            .map(r -> r.getMetadata().getDeletionTimestamp())
            .map(Instant::parse)
            .orElse(Instant.MIN);
    promise(
        "a service that waits for its nova-compute is enabled after it was heard of",
        !word.equals("EnableWhenUp")
            || cloud.host(host).serviceUpdatedAt().plus(CLOCKS).isAfter(deleted),
        () -> host + " was heard of at " + cloud.host(host).serviceUpdatedAt());
  }

  private boolean isMarker(String reason, String name) {
    return world
        .kubernetes()
        .get(name)
        .map(r -> MARKER + name + " [" + r.getMetadata().getUid() + "]")
        .filter(mark -> reason.equals(mark) || reason.startsWith(mark + ": "))
        .isPresent();
  }

  // ---------------------------------------------------------------- what is written

  void writing(
      OperatorProcess process,
      ObservedTruth observed,
      HostMaintenance before,
      HostMaintenance after) {
    var old = before.getStatus();
    var next = after.getStatus();
    var host = after.getSpec().host();
    record(process, before, after);
    promise(
        "no write without news",
        !json(old).equals(json(next)),
        () -> after.getMetadata().getName() + ": " + json(next));
    var name = after.getMetadata().getName();
    promise(
        "writes are bounded",
        inTheLastHour(written.computeIfAbsent(name, k -> new ArrayDeque<>()))
            <= 300 + 80 * next.instances().size(),
        () -> name + " was written too often in an hour");
    rowsAddUp(next);
    rowsAreBounded(after, next);
    if (after.getSpec().mode().equals("Plan")) {
      promise(
          "a plan holds nothing",
          next.service() == null
              && after.getMetadata().getFinalizers().isEmpty()
              && next.instances().stream().noneMatch(InstanceStatus::outstanding),
          () -> name + " holds " + host);
    }
    drained(observed, name, host, old, next);
    promise(
        "Ready only in InMaintenance",
        isTrue(next, Condition.READY) == "InMaintenance".equals(next.phase())
            || !isTrue(next, Condition.READY) && "InMaintenance".equals(next.phase()) == false,
        () -> next.phase() + " " + next.conditions());
    for (var row : next.instances()) {
      var was =
          old == null
              ? null
              : old.instances().stream()
                  .filter(r -> r.id().equals(row.id()))
                  .findFirst()
                  .orElse(null);
      row(observed, host, after.getMetadata().getUid(), was, row);
    }
    slots(old, next);
    nothingNew(observed, before, next);
    takenOnce(before, after);
  }

  private void takenOnce(HostMaintenance before, HostMaintenance after) {
    if (!HostClaim.holdsHost(after.getStatus()) || HostClaim.holdsHost(before.getStatus())) {
      return;
    }
    promise(
        "no host is taken that another resource holds",
        site.resources().stream()
            .filter(r -> !name(r).equals(name(after)))
            .filter(r -> r.getSpec().host().equals(after.getSpec().host()))
            .noneMatch(r -> HostClaim.holdsHost(r.getStatus())),
        () -> name(after) + " takes " + after.getSpec().host() + ", which another one holds");
  }

  private static String name(HostMaintenance resource) {
    return resource.getMetadata().getName();
  }

  /**
   * Once the time of a drain is over by the operator's clock nothing new is asked; what has begun
   * goes on.
   */
  private void nothingNew(
      ObservedTruth observed, HostMaintenance resource, HostMaintenanceStatus next) {
    var old = resource.getStatus();
    var limit = resource.getSpec().drainTimeout();
    if (limit == null
        || old == null
        || old.startTime() == null
        || resource.isMarkedForDeletion()
        || observed
            .began()
            .minus(world.farthestBehind())
            .isBefore(old.startTime().plus(Durations.parse(limit)).plus(CLOCKS))) {
      return;
    }
    var open =
        old.instances().stream()
            .filter(InstanceStatus::outstanding)
            .map(InstanceStatus::id)
            .collect(Collectors.toSet());
    for (var row : next.instances()) {
      promise(
          "nothing new is asked once the time of a drain is over",
          !row.outstanding() || open.contains(row.id()),
          () -> row.name() + " is asked for after " + limit);
    }
  }

  private static String json(HostMaintenanceStatus status) {
    return Serialization.asJson(status);
  }

  private static boolean isTrue(HostMaintenanceStatus status, String condition) {
    return status != null && status.condition(condition).map(Condition::isTrue).orElse(false);
  }

  private void rowsAddUp(HostMaintenanceStatus status) {
    if (status.total() == null) {
      return;
    }
    var counted =
        status.moved()
            + status.failed()
            + status.blocked()
            + status.skipped()
            + status.gone()
            + status.remaining();
    var remaining = status.instances().stream().filter(r -> REMAINING.contains(r.state())).count();
    promise(
        "the counts add up",
        counted == status.total()
            && status.total() == status.instances().size()
            && remaining == status.remaining(),
        () -> status.progress() + " of " + status.instances().size() + " rows");
    promise(
        "one row for an instance",
        status.instances().stream().map(InstanceStatus::id).distinct().count()
            == status.instances().size(),
        () -> "rows twice");
  }

  private void rowsAreBounded(HostMaintenance resource, HostMaintenanceStatus status) {
    var most =
        maxAttempts.merge(
            resource.getMetadata().getUid(),
            resource.getSpec().maxAttempts()
                + (resource.getSpec().targetPolicy().equals("Prefer") ? 1 : 0),
            Math::max);
    for (var row : status.instances()) {
      promise(
          "attempts are bounded",
          row.attempts() == null || row.attempts() >= 0 && row.attempts() <= most,
          () -> row.name() + ": attempt " + row.attempts() + " of " + most);
    }
  }

  private void drained(
      ObservedTruth observed,
      String name,
      String host,
      HostMaintenanceStatus old,
      HostMaintenanceStatus next) {
    var first = old == null ? null : old.firstEmptyTime();
    if (next.firstEmptyTime() != null && !next.firstEmptyTime().equals(first)) {
      promise(
          "firstEmptyTime is the date of a look at an empty host",
          next.firstEmptyTime().equals(observed.date())
              && (observed.leaving().isEmpty() || observed.tookLong()),
          () -> next.firstEmptyTime() + ": " + observed.leaving());
      emptyLooks
          .computeIfAbsent(name, n -> new ArrayList<>())
          .add(new EmptyLook(next.firstEmptyTime(), observed.began()));
    }
    if (observed.date() == null || observed.failed()) {
      return;
    }
    if (isTrue(next, Condition.DRAINED)) {
      emptyNow("Drained only of an empty host", observed, host);
    }
    if (!isTrue(next, Condition.READY)) {
      return;
    }
    promise(
        "Ready only of a host with nothing to move",
        observed.toMove().isEmpty(),
        observed.toMove()::orElseThrow);
    promise(
        "Drained only of a host with one service",
        !observed.ambiguous(),
        () -> host + " had two services at the look");
    if (isTrue(old, Condition.READY)) {
      return;
    }
    var due = observed.date().minus(world.settings().settle());
    promise(
        "Drained only after two empty looks",
        emptyLooks.getOrDefault(name, List.of()).stream().anyMatch(l -> !l.date().isAfter(due)),
        () ->
            host
                + " was not seen empty "
                + world.settings().settle()
                + " before "
                + observed.date()
                + ", but "
                + emptyLooks.get(name));
    promise(
        "Drained only of a disabled host",
        !observed.enabled(host),
        () -> host + " was enabled at the look");
  }

  private void emptyNow(String promise, ObservedTruth observed, String host) {
    promise(promise, observed.occupant().isEmpty(), observed.occupant()::orElseThrow);
  }

  private void row(
      ObservedTruth observed, String host, String uid, InstanceStatus was, InstanceStatus row) {
    stepEnded(row);
    site.written(row);
    var state = row.state();
    var news = was == null || !was.state().equals(state);
    if (news && was != null) {
      promise(
          "a row goes from a state only to one that may follow it",
          RowState.of(was).orElseThrow().next().contains(RowState.of(row).orElseThrow()),
          () -> row.name() + " went from " + was.state() + " to " + state);
    }
    if (news && (state.equals("Moved") || state.equals("Gone"))) {
      promise(
          "a row that says it left has left",
          Truth.away(cloud, row.id(), host) || cameSince(row.id(), host, observed.began()),
          () -> row.name() + " is " + state + " and on " + host);
    }
    var key = uid + "/" + row.id();
    if (news
        && state.equals("Failed")
        && Set.of(
                "NoValidHost",
                "ZonePinned",
                "AntiAffinityGroup",
                "SchedulerHint",
                "NoCapacity",
                "PreCheckFailed")
            .contains(row.reason())) {
      promise(
          "no row fails before the scheduler was asked where the target is only preferred",
          !observed.spec().targetPolicy().equals("Prefer")
              || targets.getOrDefault(row.id(), Optional.empty()).isEmpty(),
          () -> row.name() + " was last asked for to " + targets.get(row.id()));
    }
    if (news
        && was != null
        && was.attempts() != null
        && was.attempts() > 0
        && "MovedExternally".equals(row.reason())) {
      promise(
          "what our move took off the host is not called moved by somebody else",
          !key.equals(whoTookOff(row.id(), host, observed.began())),
          () -> row.name() + " was moved off " + host + " by this resource");
    }
    var attempt = attempts.get(key);
    var again =
        state.equals("Blocked") && row.requestId() == null && row.firstRefusedTime() != null;
    var intent =
        (state.equals("Requested") || state.equals("Restoring") || again)
            && row.requestTime() != null
            && (!state.equals("Restoring") || row.requestId() == null)
            && (was == null
                || !row.requestTime().equals(was.requestTime())
                || !Objects.equals(row.step(), was.step())
                || !was.state().equals(state));
    if (intent) {
      var same =
          was != null
              && (was.state().equals("Requested")
                      && !state.equals("Restoring") // else it has failed
                  || was.state().equals("Restoring") && was.requestId() == null)
              && was.attempts().equals(row.attempts())
              && Objects.equals(was.step(), row.step());
      if (!same) {
        attempt = new Attempt();
        attempts.put(key, attempt);
      }
      attempt.intents++;
      return;
    }
    var takenBack =
        was != null
            && was.requestTime() != null
            && row.requestTime() == null
            && (state.equals("Pending") || again)
            && row.attempts() < was.attempts()
            && Objects.equals(row.strategy(), was.strategy()); // else it falls back, as new
    if (takenBack && attempt != null) {
      var carriedOut = attempt.carriedOut;
      promise(
          "no attempt is taken back that was carried out",
          carriedOut == 0,
          () -> row.name() + " was moved although the row says it was not asked for");
    }
  }

  /**
   * Whose the newest migration is, where it went off the host and ended before a moment; or null.
   */
  private String whoTookOff(String serverId, String host, Instant before) {
    return cloud.migrations(serverId).stream()
        .reduce((older, newer) -> newer)
        .filter(m -> host.equals(m.sourceCompute()) && !host.equals(m.server().host()))
        .filter(
            m ->
                m.status() == MigrationStatus.COMPLETED
                    || m.status() == MigrationStatus.FINISHED
                    || m.status() == MigrationStatus.CONFIRMED)
        .filter(m -> m.updatedAt() != null && m.updatedAt().isBefore(before))
        .map(m -> ownRequests.get(m.caller().requestId()))
        .orElse(null);
  }

  private boolean cameSince(String serverId, String host, Instant since) {
    return cloud.changes().reversed().stream()
        .takeWhile(c -> !c.at().isBefore(since))
        .anyMatch(c -> c.id().equals(serverId) && c.field().equals("host"));
  }

  /** No member of a group is asked for while another moves; one that is overdue holds up none. */
  private void slots(HostMaintenanceStatus old, HostMaintenanceStatus next) {
    var flying =
        next.instances().stream()
            .filter(r -> r.requestTime() != null && REMAINING.contains(r.state()))
            .filter(r -> !STAYS.contains(r.action()))
            .map(InstanceStatus::id)
            .collect(Collectors.toSet());
    var before =
        old == null
            ? Set.<String>of()
            : old.instances().stream()
                .filter(r -> r.requestTime() != null)
                .map(InstanceStatus::id)
                .collect(Collectors.toSet());
    for (var group : cloud.groups()) {
      var together =
          group.members().stream()
              .filter(id -> flying.contains(id) && !cloud.server(id).deleted())
              .toList();
      promise(
          "members of one group move one after another",
          together.size() <= 1 || before.containsAll(together),
          () -> together.size() + " members of " + group.name() + " move");
    }
  }

  // ---------------------------------------------------------------- after a reconciliation

  void ticked(OperatorProcess process, String name, ObservedTruth observed) {
    if (observed.date() != null || observed.failed()) {
      lastLooked.put(name, cloud.now());
    }
    var stored = world.kubernetes().get(name);
    if (stored.isEmpty() || observed.date() == null || observed.failed()) {
      observationTimeout(process, name);
      return;
    }
    var host = stored.get().getSpec().host();
    lastObserved.put(name, cloud.now());
    if (observed.toMove().isPresent() && !observed.isShort()) {
      emptyLooks
          .getOrDefault(name, new ArrayList<>())
          .removeIf(
              l -> !l.date().isAfter(observed.date()) && l.began().isBefore(observed.began()));
    }
    var late =
        Duration.between(observed.began(), cloud.now()).compareTo(Duration.ofSeconds(25)) > 0;
    if (!late && !observed.isShort() && isTrue(stored.get().getStatus(), Condition.DRAINED)) {
      emptyNow("Drained does not outlast a look that finds somebody", observed, host);
    }
  }

  /**
   * Long without an observation, nothing is claimed any more. A simulated process observes one
   * resource after the other, so that each waits for the observations at the others.
   */
  private void observationTimeout(OperatorProcess process, String name) {
    var stored = world.kubernetes().get(name);
    if (stored.isEmpty()) {
      return;
    }
    var own = lastObserved.getOrDefault(name, World.START);
    var round = lastRounds.getOrDefault(World.cloudName(stored.get().getSpec()), World.START);
    var last = own.isAfter(round) ? own : round;
    var since = last.isAfter(process.started()) ? last : process.started();
    var resources = Math.max(lastObserved.size(), world.kubernetes().resources().size());
    var bound =
        world
            .settings()
            .observationTimeout()
            .plus(world.settings().httpTimeout().multipliedBy(2))
            .plusMinutes(2)
            .multipliedBy(resources);
    promise(
        "Drained is not claimed without looks",
        Duration.between(since, cloud.now()).compareTo(bound) < 0
            || !isTrue(stored.get().getStatus(), Condition.DRAINED),
        () -> name + " was not looked at since " + since);
    var begun = own.isAfter(process.started()) ? own : process.started();
    promise(
        "Drained is not claimed for long without a look of its own",
        Duration.between(begun, cloud.now())
                    .compareTo(
                        bound.plus(world.settings().verifiedTimeout().multipliedBy(resources)))
                < 0
            || !isTrue(stored.get().getStatus(), Condition.DRAINED),
        () -> name + " had no look of its own since " + begun);
  }

  /** A round of the watch of the cloud by this name has ended. */
  void watched(OperatorProcess process, String cloudName, ObservedTruth round) {
    if (round.failed()) {
      occupiedSince.clear();
      return;
    }
    lastRounds.put(cloudName, cloud.now());
    for (var resource : resources(cloudName)) {
      observationTimeout(process, resource.getMetadata().getName());
      arrival(resource);
    }
  }

  /**
   * Who is on a host that is called empty is found soon: by the watch, and by a look that it wakes.
   */
  private void arrival(HostMaintenance resource) {
    var name = resource.getMetadata().getName();
    if (!isTrue(resource.getStatus(), Condition.DRAINED)
        || Truth.onHost(cloud, resource.getSpec().host()).isEmpty()
        || !world.peaceful()) {
      occupiedSince.remove(name);
      return;
    }
    var since = occupiedSince.computeIfAbsent(name, n -> cloud.now());
    promise(
        "Drained does not outlast somebody's arrival for long",
        Duration.between(since, cloud.now()).compareTo(Duration.ofMinutes(5)) < 0,
        () -> Truth.onHost(cloud, resource.getSpec().host()) + " since " + since);
  }

  private List<HostMaintenance> resources(String cloudName) {
    return world.kubernetes().resources().stream()
        .filter(r -> World.cloudName(r.getSpec()).equals(cloudName))
        .toList();
  }

  /**
   * A place is not held by who cannot go on, and nobody waits for long while one is free. Places
   * count for each name of a cloud.
   */
  void places() {
    site.names().forEach(this::places);
  }

  /** Whether nothing has gone wrong for long, but with the calls to another cloud. */
  private boolean undisturbed() {
    return world.sites().size() > 1
        && Duration.between(site.disturbed(), cloud.now()).compareTo(LEFT_ALONE) > 0;
  }

  /** Whatever goes wrong with another cloud, who is to go on is looked at. */
  void heldUp() {
    if (!undisturbed()) {
      return;
    }
    for (var resource : site.resources()) {
      var status = resource.getStatus();
      if (status != null && !Set.of("Draining", "Exiting").contains(status.phase())) {
        continue;
      }
      var name = resource.getMetadata().getName();
      var created = Instant.parse(resource.getMetadata().getCreationTimestamp());
      var looked = lastLooked.getOrDefault(name, created);
      promise(
          "a cloud that is down holds up no other",
          Duration.between(looked, cloud.now()).compareTo(LEFT_ALONE) <= 0,
          () -> name + " was not looked at since " + looked);
    }
  }

  private void places(String cloudName) {
    var waiting = new ArrayList<String>();
    var drained = 0;
    for (var resource : resources(cloudName)) {
      var status = resource.getStatus();
      if (status == null
          || resource.isMarkedForDeletion()
          || status.condition(Condition.READY).isEmpty()) {
        continue;
      }
      var ready = status.condition(Condition.READY).orElseThrow();
      if (ready.reason().equals("WaitingForTurn")) {
        waiting.add(resource.getMetadata().getName());
      } else if ("Draining".equals(status.phase())
          && status.remaining() != null
          && status.remaining() > 0
          && !ready.status().equals("Unknown")
          && !ready.reason().equals("Suspended")) {
        drained++;
      }
    }
    if (!world.peaceful() && !undisturbed()
        || waiting.isEmpty()
        || drained >= world.settings().maxHostsDraining()) {
      freeSince.remove(cloudName);
      return;
    }
    var since = freeSince.computeIfAbsent(cloudName, n -> cloud.now());
    promise(
        "nobody waits while a place is free",
        Duration.between(since, cloud.now()).compareTo(world.settings().pollIdle()) <= 0,
        () -> waiting + " wait since " + since);
  }

  // ---------------------------------------------------------------- on the way out

  void releasing(OperatorProcess process, HostMaintenance resource) {
    promise(
        "only what is being deleted is let go",
        resource.isMarkedForDeletion(),
        () -> resource.getMetadata().getName() + " stays");
  }

  void released(OperatorProcess process, HostMaintenance resource) {
    world.story().record(process.name(), () -> "lets " + resource.getMetadata().getName() + " go");
  }

  /** What must hold when all resources are gone and nothing is under way. */
  void givenBack(String name, String host) {
    var h = cloud.host(host);
    promise(
        "what was taken is given back",
        h.enabled()
            || h.serviceDeleted()
            || !("" + h.disabledReason()).startsWith(MARKER)
            || site.mayBeKept(host),
        () ->
            host + " stays disabled (" + h.disabledReason() + ") for " + name + ", which is gone");
    site.lastWord(host)
        .map(Site.Word::disabledReason)
        .ifPresent(
            said ->
                promise(
                    "what was taken is given back",
                    h.serviceDeleted()
                        || site.mayBeKept(host) && ("" + h.disabledReason()).startsWith(MARKER)
                        || h.enabled() == said.isEmpty()
                            && said.map(r -> r.equals(h.disabledReason())).orElse(true),
                    () ->
                        "%s is %s (%s), and was to be %s"
                            .formatted(
                                host,
                                h.enabled() ? "enabled" : "disabled",
                                h.disabledReason(),
                                said.map(r -> "disabled (" + r + ")").orElse("enabled"))));
  }

  // ---------------------------------------------------------------- the story

  private void record(OperatorProcess process, HostMaintenance before, HostMaintenance after) {
    world
        .story()
        .record(
            process.name(),
            () -> {
              var old = before.getStatus();
              var next = after.getStatus();
              var text = new StringBuilder("writes " + after.getMetadata().getName() + ": ");
              text.append(next.phase()).append(" ").append(next.progress());
              next.condition(Condition.READY)
                  .or(() -> next.condition(Condition.PLANNED))
                  .ifPresent(c -> text.append(" (" + c.reason() + ") " + c.message()));
              next.condition(Condition.DRAINED)
                  .ifPresent(c -> text.append(" Drained=" + c.status() + "/" + c.reason()));
              for (var row : next.instances()) {
                var was =
                    old == null
                        ? null
                        : old.instances().stream()
                            .filter(r -> r.id().equals(row.id()))
                            .findFirst()
                            .orElse(null);
                if (!row.equals(was)) {
                  text.append("\n" + " ".repeat(27) + line(row));
                }
              }
              return text.toString();
            });
  }

  private static String line(InstanceStatus row) {
    return "%s %s%s %s attempt %s request %s record %s asked %s since %s: %s %s"
        .formatted(
            row.name(),
            row.action(),
            row.step() == null ? "" : "/" + row.step(),
            row.state(),
            row.attempts(),
            row.requestId() == null ? "-" : row.requestId().substring(0, 12),
            row.migrationId(),
            row.requestTime(),
            row.lastTransitionTime(),
            row.reason(),
            row.message());
  }
}
