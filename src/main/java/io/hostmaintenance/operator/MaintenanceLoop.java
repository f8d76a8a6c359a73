package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.drain.Cleanup;
import io.hostmaintenance.drain.Decision;
import io.hostmaintenance.drain.DecisionInput;
import io.hostmaintenance.drain.Drain;
import io.hostmaintenance.drain.HostClaim;
import io.hostmaintenance.drain.MigrationCheck;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Observation;
import io.hostmaintenance.drain.Outcome;
import io.hostmaintenance.drain.OutcomeRecorder;
import io.hostmaintenance.drain.RequestPriority;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.drain.WatchedHost;
import io.hostmaintenance.drain.instance.Refusals;
import io.hostmaintenance.nova.Accepted;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One reconciliation of one resource. Knows no JOSDK; time, Nova, the store and leadership are
 * arguments, so that it runs in a simulation as it runs in production.
 *
 * <ol>
 *   <li>Read the resource from the API server, not from a cache.
 *   <li>Observe its host, unless another resource holds it or it waits for its turn.
 *   <li>Decide ({@link Drain#decide}), one decision at a time in {@link MoveBudget}.
 *   <li>Store the status if it has news and the lease is ours, on the version that was read; after
 *       a conflict stop. What takes its host gets the finalizer before.
 *   <li>Execute the commands, while the intent is fresh and the lease is ours.
 *   <li>Enter the answers into the rows and store them.
 *   <li>Tell the notices; take the finalizer off when the host is given back.
 * </ol>
 *
 * <p>Invariants: nothing is asked of Nova that is not stored; what this process remembers may be
 * lost without harm; a reconciliation that throws holds no place.
 */
final class MaintenanceLoop {

  private static final Logger LOG = LoggerFactory.getLogger(MaintenanceLoop.class);

  /** What has not gone out so long after its intent began to be stored stays unsent. */
  private static final Duration STALE_INTENT = Duration.ofSeconds(5);

  /** Progress alone is written at most so often. */
  private static final Duration PROGRESS_PAUSE = Duration.ofSeconds(30);

  private static final int REPORT_TRIES = 3;

  /** A pause of at most so many polls is cut to the common time of the hosts of a cloud. */
  private static final int GRIDS = 4;

  /** A cloud that gives no observation is asked again ever later, but not later than this. */
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private static final Observation NOT_OBSERVED =
      new Observation.Unavailable(
          new Cause(Reason.NotObservedYet, "No observation was needed."), Duration.ZERO);

  private final Clouds clouds;
  private final ResourceStore resources;
  private final Preconditions preconditions;
  private final EventRecorder events;
  private final StatusListener statuses;
  private final Settings settings;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final BooleanSupplier leading;
  private final Instant began;
  private final long beganNanos;
  private final Consumer<String> wake;
  private final MoveBudget budget;
  private Instant swept;
  private final Map<String, Memory> memories = new ConcurrentHashMap<>();

  /** What this process remembers of a resource; lost in a restart without harm. */
  private static final class Memory {
    private final Map<String, Instant> firstSeen = new HashMap<>();
    private final Map<String, Instant> unseenSince = new HashMap<>();
    private final String uid;
    private volatile Instant lastObserved;
    private volatile Instant lastSeen;
    private Instant asked;
    private volatile boolean needsNoObservation;
    private Instant nextObservation;
    private String observedVersion;
    private final PendingServiceChange disabling = new PendingServiceChange();
    private final PendingServiceChange givingBack = new PendingServiceChange();
    private Optional<Observation.Unavailable> refusal = Optional.empty();
    private Instant refusedSince;
    private Instant refusedUntil = Instant.MIN;
    private Instant lastWrite = Instant.EPOCH;
    private final ObservationMemory remembered = new ObservationMemory();
    private int failedObservations;
    private boolean late;

    Memory(String uid, Instant now) {
      this.uid = uid;
      this.lastObserved = now;
      this.lastSeen = now;
      this.asked = now;
    }
  }

  /**
   * Takes everything it depends on.
   *
   * @param statuses is told of every status that was stored
   * @param leading whether this process may act; asked right before each status that is stored and
   *     each request that changes something, and the time of its answer counts
   * @param wake is told the name of a resource whose host or place became free, to reconcile it
   *     soon
   */
  MaintenanceLoop(
      Clouds clouds,
      ResourceStore resources,
      EventRecorder events,
      StatusListener statuses,
      Settings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      BooleanSupplier leading,
      Consumer<String> wake) {
    this.clouds = clouds;
    this.resources = resources;
    this.preconditions = new Preconditions(clouds, resources);
    this.events = events;
    this.statuses = statuses;
    this.settings = settings;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.leading = leading;
    this.began = clock.instant();
    this.beganNanos = nanoTime.getAsLong();
    this.wake = wake;
    this.budget = new MoveBudget(settings.maxHostsDraining(), clouds::name);
  }

  /**
   * What comes after a reconciliation.
   *
   * @param requeueAfter when to reconcile again
   * @param released whether the resource was let go
   */
  record Result(Duration requeueAfter, boolean released) {}

  /**
   * One reconciliation of one resource.
   *
   * @param waited how long it has waited for its turn
   */
  Result reconcile(String name, Duration waited) {
    listOnce();
    sweep();
    try {
      var stored = resources.read(name);
      if (stored.isEmpty()) {
        forget(name);
        return new Result(settings.pollIdle(), false);
      }
      var resource = stored.get();
      var memory = memory(resource);
      synchronized (memory) {
        return reconcile(resource, memory, waited);
      }
    } catch (RuntimeException e) {
      budget.stuck(name);
      throw e;
    } finally {
      budget.awaited().forEach(wake);
    }
  }

  /** Enters every resource, once, before the first decision: a watch may fall behind, and back. */
  private synchronized void listOnce() {
    if (swept == null) {
      resources.list(budget::enter);
      swept = steady();
    }
  }

  /** Forgets resources whose finalizer someone removed; once each idle poll. */
  private void sweep() {
    synchronized (this) {
      if (Duration.between(swept, steady()).compareTo(settings.pollIdle()) < 0) {
        return;
      }
      swept = steady();
    }
    for (var name : budget.names()) {
      if (!resources.watched(name) && resources.read(name).isEmpty()) {
        forget(name);
      }
    }
  }

  /**
   * Says on a resource that its reconciliation has ended with an exception. What the API server
   * refuses cannot be said there.
   *
   * @param failure what the reconciliation ended with; its words stay in the log, as they may be
   *     anybody's
   */
  void failed(String name, Throwable failure) {
    if (failure instanceof KubernetesClientException) {
      return;
    }
    var stored = resources.read(name);
    if (stored.isEmpty() || Drain.writtenByNewer(stored.get()).isPresent()) {
      return;
    }
    var resource = stored.get();
    var memory = memory(resource);
    synchronized (memory) {
      var observation = internalError(failure);
      var decision =
          budget.decide(
              resource,
              () -> Drain.decide(input(resource, memory, now(), observation), observation));
      carryOut(resource, memory, observation, decision);
    }
  }

  /**
   * When the resource's host was last observed, or seen by the watch, by our clock.
   *
   * @return the begin of the first reconciliation, or of the process, where neither has been since;
   *     empty when the resource waits for another one and needs no observation
   */
  Optional<Instant> lastObserved(HostMaintenance resource) {
    var memory = memories.get(name(resource));
    if (memory == null) {
      return Optional.of(byClock(began));
    }
    return memory.needsNoObservation
        ? Optional.empty()
        : Optional.of(byClock(lastSeen(resource, memory)));
  }

  private Instant lastSeen(HostMaintenance resource, Memory memory) {
    return cloud(resource)
        .watch()
        .of(name(resource))
        .map(CloudWatch.Entry::seen)
        .filter(seen -> seen.isAfter(memory.lastSeen))
        .orElse(memory.lastSeen);
  }

  private static Observation.Unavailable internalError(Throwable failure) {
    var place =
        Stream.of(failure.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("io.hostmaintenance."))
            .findFirst()
            .map(frame -> " at " + frame.getFileName() + ":" + frame.getLineNumber())
            .orElse("");
    return new Observation.Unavailable(
        Reason.InternalError.cause(
            "The operator itself failed (%s%s), and tries again every minute: report it with the"
                + " operator's log.",
            failure.getClass().getSimpleName(), place),
        Duration.ZERO);
  }

  private void forget(String name) {
    budget.forget(name);
    clouds.known().forEach(cloud -> cloud.watch().forget(name));
    memories.remove(name);
  }

  private Memory memory(HostMaintenance resource) {
    var uid = resource.getMetadata().getUid();
    return memories.compute(
        name(resource),
        (name, known) ->
            known != null && known.uid.equals(uid) ? known : new Memory(uid, steady()));
  }

  private Result reconcile(HostMaintenance resource, Memory memory, Duration waited) {
    budget.enter(resource);
    var newer = Drain.writtenByNewer(resource);
    if (newer.isPresent()) {
      events.record(resource, newer.get());
      return new Result(settings.pollIdle(), false);
    }
    var watched = watched(resource, memory);
    if (watched.isPresent()) {
      return watched.get();
    }
    var asked = now();
    memory.asked = steady();
    var input = input(resource, memory, asked, NOT_OBSERVED);
    var unseen =
        resource.isMarkedForDeletion()
            ? Cleanup.withoutObservation(input)
            : Drain.withoutObservation(input);
    memory.needsNoObservation = unseen.isPresent();
    if (unseen.isPresent()) {
      budget.decide(resource, unseen::get);
      return carryOut(resource, memory, NOT_OBSERVED, unseen.get());
    }
    var check = checkMigrations(resource, memory, input);
    if (check.isPresent()) {
      return check.get();
    }
    var observation = observation(resource, memory);
    tellWhetherLate(resource, memory, waited);
    if (Drain.sees(resource, observation)) {
      memory.lastObserved = steady();
      memory.lastSeen = memory.lastObserved;
    }
    switch (observation) {
      case Observation.Snapshot snapshot -> {
        memory.unseenSince.keySet().retainAll(snapshot.unanswered());
        snapshot.unanswered().forEach(id -> memory.unseenSince.putIfAbsent(id, steady()));
        memory.failedObservations = 0;
      }
      case Observation.Unavailable unavailable ->
          memory.failedObservations =
              unavailable.cause().reason() == Reason.ApiUnavailable
                  ? memory.failedObservations + 1
                  : 0;
    }
    var decision =
        budget.decide(
            resource, () -> Drain.decide(input(resource, memory, asked, observation), observation));
    return carryOut(resource, memory, observation, decision);
  }

  /**
   * What comes next where the watch of the cloud stands for an observation of the host: nothing has
   * changed, and no observation of its own is due. Empty: it is to be observed.
   */
  private Optional<Result> watched(HostMaintenance resource, Memory memory) {
    var watch = cloud(resource).watch();
    memory.lastSeen = lastSeen(resource, memory);
    if (!WatchedHost.mayStandFor(resource)) {
      watch.forget(name(resource));
      return Optional.empty();
    }
    var version = resource.getMetadata().getResourceVersion();
    if (memory.nextObservation == null) {
      watch.watch(name(resource), WatchedHost.stored(resource), steady());
      memory.observedVersion = version;
      memory.nextObservation = steady().plus(part(settings.pollVerified(), chance(resource)));
    }
    var stands =
        version.equals(memory.observedVersion)
            && steady().isBefore(memory.nextObservation)
            && watch.of(name(resource)).filter(e -> stands(resource, e, memory)).isPresent();
    return stands
        ? Optional.of(new Result(Duration.between(steady(), memory.nextObservation), false))
        : Optional.empty();
  }

  private boolean stands(HostMaintenance resource, CloudWatch.Entry entry, Memory memory) {
    return switch (entry.finding()) {
      case UNCHANGED -> !unseenForLong(entry);
      case NOT_SHOWN -> standsAlone(resource, entry, memory);
      case CHANGED -> false;
    };
  }

  private boolean unseenForLong(CloudWatch.Entry entry) {
    return Duration.between(entry.seen(), steady()).compareTo(settings.observationTimeout()) >= 0;
  }

  /** A host that is not shown with all others is asked for alone; at the next round again. */
  private boolean standsAlone(HostMaintenance resource, CloudWatch.Entry entry, Memory memory) {
    var cloud = cloud(resource);
    var asked = steady();
    try {
      var stands = cloud.observer().stands(entry.host(), memory.remembered);
      if (stands) {
        cloud.watch().seen(name(resource), asked);
      }
      return stands;
    } catch (NovaException e) {
      LOG.warn("host {}: not seen: {}", resource.host(), e.getMessage());
      return !unseenForLong(entry);
    }
  }

  /** What comes next where the moves of a host merely go on; empty when it is to be observed. */
  private Optional<Result> checkMigrations(
      HostMaintenance resource, Memory memory, DecisionInput input) {
    return cloud(resource)
        .observer()
        .checkMigrations(resource, memory.remembered)
        .flatMap(
            seen -> {
              var decision = Drain.decide(input, seen);
              return MigrationCheck.goesOn(resource.getStatus(), decision)
                  ? Optional.of(
                      carryOut(resource, memory, seen, budget.decide(resource, () -> decision)))
                  : Optional.empty();
            });
  }

  /** Where the whole cloud is out of finding, nobody is asked once more. */
  private Observation observation(HostMaintenance resource, Memory memory) {
    var cloud = cloud(resource);
    var failure =
        cloud.watch().of(name(resource)).filter(this::unseenForLong).isPresent()
            ? cloud.watch().failure()
            : Optional.<NovaException>empty();
    return failure
        .<Observation>map(Observation.Unavailable::of)
        .orElseGet(
            () ->
                cloud.observer().snapshot(resource, memory.remembered, mayTake(resource, memory)));
  }

  /**
   * From now on the watch stands for a host that was just verified; its next observation comes
   * about when a verified one is due. Where the watch cannot tell, it comes at the next idle poll.
   *
   * @return when its next observation is due; empty when the host is not verified
   */
  private Optional<Duration> watch(
      HostMaintenance stored, Memory memory, Observation observation, Instant asked) {
    var watch = cloud(stored).watch();
    if (!WatchedHost.mayStandFor(stored)) {
      watch.forget(name(stored));
      return Optional.empty();
    }
    if (!(observation instanceof Observation.Snapshot snapshot)) {
      return Optional.empty();
    }
    var host = WatchedHost.observed(stored, snapshot, memory.remembered.held());
    if (host.isEmpty()) {
      watch.forget(name(stored));
      memory.nextObservation = asked;
      return Optional.of(settings.pollIdle());
    }
    watch.watch(name(stored), host.get(), asked);
    var pause = part(settings.pollVerified(), 900 + chance(stored) / 5);
    memory.observedVersion = stored.getMetadata().getResourceVersion();
    memory.nextObservation = steady().plus(pause);
    return Optional.of(pause);
  }

  /** 0 to 999, another one for each resource and second, so that hosts spread. */
  private int chance(HostMaintenance resource) {
    return Math.floorMod(Objects.hash(resource.getMetadata().getUid(), now()), 1000);
  }

  private static Duration part(Duration whole, int thousandths) {
    return whole.multipliedBy(thousandths).dividedBy(1000);
  }

  /**
   * One round of the watch of a cloud; who is not seen is reconciled soon. Clouds that neither a
   * resource nor a Secret names any more are forgotten.
   *
   * @param name the name of the cloud
   * @return when its next one is due
   */
  Duration watch(String name) {
    var watch = clouds.named(name).watch();
    watch.unseen(steady(), settings.observationTimeout()).forEach(wake);
    watch.round(steady(), settings.observationTimeout()).forEach(wake);
    clouds.retain(budget.clouds());
    return watch.pause(settings.pollMoving(), settings.pollIdle());
  }

  /**
   * Says once that the questions for a host wait longer than its poll, for their reconciliation or
   * one by one, and once that they do not any more; of a cloud that does not answer, its watch has
   * said so. The log has it and not the status: it is of the operator and its cloud and not of the
   * host, comes to many hosts at once, and would be one more write for each of them when there is
   * much to do already.
   */
  private void tellWhetherLate(HostMaintenance resource, Memory memory, Duration turn) {
    if (!cloud(resource).health().answers()) {
      return;
    }
    var waited = turn.plus(memory.remembered.waited());
    var atRest = RequestPriority.ofObservation(resource) == Priority.IDLE;
    var poll = atRest ? settings.pollIdle() : settings.pollMoving();
    var late = waited.compareTo(poll) > 0;
    if (late && !memory.late) {
      LOG.warn(
          "host {}: its questions to the cloud have waited {} s for their turn: HM_MAX_REQUESTS and"
              + " HM_MAX_READS_PER_SECOND bound them, or the cloud has asked for a pause",
          resource.host(),
          waited.toSeconds());
    } else if (!late && memory.late) {
      LOG.info(
          "host {}: its questions to the cloud have their turn in time again", resource.host());
    }
    memory.late = late;
  }

  /**
   * While a host is called empty, an observation may take as long as that may be said without one.
   */
  private Optional<Duration> mayTake(HostMaintenance resource, Memory memory) {
    return Optional.ofNullable(resource.getStatus())
        .flatMap(s -> s.condition(Condition.DRAINED))
        .filter(Condition::isTrue)
        .map(
            c ->
                settings
                    .observationTimeout()
                    .minus(Duration.between(lastSeen(resource, memory), steady())));
  }

  private DecisionInput input(
      HostMaintenance resource, Memory memory, Instant asked, Observation observation) {
    var cloud = clouds.name(resource);
    return new DecisionInput(
        resource,
        cloud,
        budget.others(resource, serviceIds(resource, observation)),
        budget.hostsInMaintenance(cloud),
        now(),
        asked,
        settings,
        settings.maxMoves() - budget.othersInFlight(resource),
        budget.turn(resource),
        byClock(memory.lastObserved),
        byClock(lastSeen(resource, memory)),
        waited(resource, memory),
        unseen(memory),
        memory.refusal,
        memory.refusedSince == null
            ? Duration.ZERO
            : Duration.between(memory.refusedSince, steady()),
        memory.disabling.known(takesService(resource.getStatus()), steady()),
        memory.givingBack.known(Cleanup.begun(resource.getStatus()), steady()));
  }

  /** The uuids of the services of its host: what was taken, and what the cloud shows. */
  private static Set<String> serviceIds(HostMaintenance resource, Observation observation) {
    var shown =
        observation instanceof Observation.Snapshot snapshot
            ? snapshot.services(resource.host()).stream().map(ComputeService::id)
            : Stream.<String>empty();
    var taken =
        Stream.ofNullable(resource.getStatus())
            .flatMap(s -> Stream.ofNullable(s.service()))
            .map(ServiceStatus::id);
    return Stream.concat(shown, taken).filter(Objects::nonNull).collect(Collectors.toSet());
  }

  private static boolean takesService(HostMaintenanceStatus status) {
    return status != null && status.service() != null;
  }

  /** How long before the observation this process has known of each outstanding request. */
  private Map<String, Duration> waited(HostMaintenance resource, Memory memory) {
    var waited = new HashMap<String, Duration>();
    var keys = new ArrayList<String>();
    if (resource.getStatus() != null) {
      for (var row : resource.getStatus().instances()) {
        if (row.requestTime() != null) {
          var key = row.id() + "/" + row.requestTime() + "/" + row.step();
          keys.add(key);
          var first = memory.firstSeen.computeIfAbsent(key, k -> memory.asked);
          waited.put(row.id(), Duration.between(first, memory.asked));
        }
      }
    }
    memory.firstSeen.keySet().retainAll(keys);
    return waited;
  }

  private Map<String, Duration> unseen(Memory memory) {
    return memory.unseenSince.entrySet().stream()
        .collect(
            Collectors.toMap(Map.Entry::getKey, e -> Duration.between(e.getValue(), steady())));
  }

  private Result carryOut(
      HostMaintenance resource, Memory memory, Observation observation, Decision decision) {
    if (decision.release()) {
      if (!mayStore(resource)) {
        return new Result(settings.pollMoving(), false);
      }
      resources.release(resource);
      decision.notices().forEach(n -> events.record(resource, n));
      forget(name(resource));
      return new Result(settings.pollIdle(), true);
    }
    if (decision.commands().isEmpty()) {
      return announceAndSend(resource, memory, observation, decision);
    }
    var priority = RequestPriority.ofCommands(resource, decision.commands());
    try {
      var nova = nova(resource).on(priority, resource.host());
      return nova.reserving(() -> announceAndSend(resource, memory, observation, decision));
    } catch (NovaException e) {
      LOG.warn("{}: nothing announced and nothing sent: {}", name(resource), e.getMessage());
      return new Result(settings.pollMoving(), false);
    }
  }

  private Result announceAndSend(
      HostMaintenance resource, Memory memory, Observation observation, Decision decision) {
    var before = nanoTime.getAsLong();
    var stored = resource;
    if (worthWriting(resource.getStatus(), decision, memory)) {
      if (!mayStore(resource)) {
        return new Result(settings.pollMoving(), false);
      }
      try {
        stored = write(held(resource, decision), decision.status(), memory);
        announced(resource.getStatus(), stored.getStatus(), memory);
      } catch (ResourceStore.Conflict e) {
        LOG.info("{}: {}: observed again", name(resource), e.getMessage());
        return new Result(Duration.ZERO, false);
      }
    }
    for (var notice : decision.notices()) {
      events.record(stored, notice);
    }
    var outcomes = new ArrayList<Outcome>();
    var held = steady().isBefore(memory.refusedUntil);
    for (var command : decision.commands()) {
      if (!held || !(command instanceof Command.OnService)) {
        outcomes.add(carryOut(stored, command, observation, before));
      }
    }
    var request = resource.isMarkedForDeletion() ? memory.givingBack : memory.disabling;
    if (!held && !request.mayBeUnderWay(settings.answerWait(), steady())) {
      memory.refusal = Optional.empty();
    }
    for (var outcome : outcomes) {
      if (outcome.command() instanceof Command.OnService) {
        memory.remembered.askedService(nanoTime.getAsLong());
        memory.refusal = refusal(outcome, request, memory);
      }
    }
    if (memory.refusal.isEmpty()) {
      memory.refusedSince = null;
    }
    report(stored, outcomes, memory);
    memory.remembered.acted(nanoTime.getAsLong());
    var watched = watch(stored, memory, observation, memory.asked);
    var pause = together(resource, pause(decision, outcomes, memory));
    return new Result(watched.orElse(pause), false);
  }

  /**
   * Whether this process still leads. One that was stopped for longer than its lease may read a
   * resource anew, and yet decide by what it last knew of the others.
   */
  private boolean mayStore(HostMaintenance resource) {
    var may = leading.getAsBoolean();
    if (!may) {
      LOG.warn("{}: nothing is stored: the lease is not ours", name(resource));
    }
    return may;
  }

  /** What holds its host, or is about to, cannot go without giving it back. */
  private HostMaintenance held(HostMaintenance resource, Decision decision)
      throws ResourceStore.Conflict {
    return HostClaim.holdsHost(decision.status())
            && !resource.isMarkedForDeletion()
            && !resource.hasFinalizer(HostMaintenance.FINALIZER)
        ? resources.hold(resource)
        : resource;
  }

  private static void announced(
      HostMaintenanceStatus before, HostMaintenanceStatus after, Memory memory) {
    if (takesService(after) && !takesService(before)) {
      memory.disabling.closed();
    }
    if (Cleanup.begun(after) && !Cleanup.begun(before)) {
      memory.givingBack.closed();
      memory.refusedUntil = Instant.MIN;
    }
  }

  /** Why the service was not changed; empty when it was. */
  private Optional<Observation.Unavailable> refusal(
      Outcome outcome, PendingServiceChange request, Memory memory) {
    return switch (outcome) {
      case Outcome.Accepted _ -> {
        request.closed();
        yield Optional.empty();
      }
      case Outcome.Failed(var _, var failure) -> {
        if (failure.outcomeUnknown()) {
          request.unanswered(steady());
        }
        memory.refusedSince = memory.refusedSince == null ? steady() : memory.refusedSince;
        var pause = Refusals.pause(Duration.between(memory.refusedSince, steady()));
        memory.refusedUntil =
            steady().plus(failure.retryAfter().filter(r -> r.compareTo(pause) > 0).orElse(pause));
        yield Optional.of(Observation.Unavailable.of(failure));
      }
      case Outcome.NotSent _ -> Optional.empty();
    };
  }

  /** After a failed PUT the usual pause; after each failed observation twice the last one. */
  private Duration pause(Decision decision, List<Outcome> outcomes, Memory memory) {
    var refused = outcomes.stream().anyMatch(o -> !(o instanceof Outcome.Accepted));
    var least = refused ? settings.pollMoving() : Duration.ZERO;
    if (memory.failedObservations > 0) {
      var longer =
          settings.pollMoving().multipliedBy(1L << Math.min(memory.failedObservations - 1, 16));
      least = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
    return decision.requeueAfter().compareTo(least) < 0 ? least : decision.requeueAfter();
  }

  /** Hosts of a cloud that share lists are reconciled in the same second, so that one list does. */
  private Duration together(HostMaintenance resource, Duration pause) {
    var grid = settings.pollMoving();
    if (!cloud(resource).observer().shared()
        || pause.compareTo(grid) < 0
        || pause.compareTo(grid.multipliedBy(GRIDS)) > 0) {
      return pause;
    }
    var due = nanoTime.getAsLong() + pause.toNanos();
    return pause.minusNanos(Math.floorMod(due, grid.toNanos()));
  }

  private boolean worthWriting(HostMaintenanceStatus before, Decision decision, Memory memory) {
    if (same(before, decision.status())) {
      return false;
    }
    var onlyProgress =
        before != null && same(withoutProgress(before), withoutProgress(decision.status()));
    return !onlyProgress
        || Duration.between(memory.lastWrite, steady()).compareTo(PROGRESS_PAUSE) >= 0;
  }

  private static HostMaintenanceStatus withoutProgress(HostMaintenanceStatus status) {
    return status.toBuilder()
        .instances(
            status.instances().stream()
                .map(r -> r.toBuilder().progressPercent(null).build())
                .toList())
        .build();
  }

  /** As they are stored, which makes absent of what is empty. */
  private static boolean same(HostMaintenanceStatus a, HostMaintenanceStatus b) {
    return Objects.equals(a, b) || Serialization.asJson(a).equals(Serialization.asJson(b));
  }

  private HostMaintenance write(
      HostMaintenance resource, HostMaintenanceStatus status, Memory memory)
      throws ResourceStore.Conflict {
    var next = new HostMaintenance();
    next.setMetadata(resource.getMetadata());
    next.setSpec(resource.getSpec());
    next.setStatus(status.toBuilder().schema(HostMaintenance.SCHEMA_VERSION).build());
    var stored = resources.writeStatus(next);
    memory.lastWrite = steady();
    statuses.stored(resource, status);
    return stored;
  }

  private Outcome carryOut(
      HostMaintenance resource, Command command, Observation observation, long before) {
    var instance = command instanceof Command.OnInstance of ? of.instanceId() : null;
    try (var _ = LogFields.put(LogFields.INSTANCE, instance)) {
      return request(resource, command, observation, before);
    }
  }

  private Outcome request(
      HostMaintenance resource, Command command, Observation observation, long before) {
    var name = name(resource);
    try {
      var reading = nanoTime.getAsLong();
      if (!preconditions.hold(resource, command, observation)) {
        LOG.warn("{}: Nova is not asked to {}: it has changed since", name, command.words());
        return new Outcome.NotSent(command);
      }
      var read = since(reading);
      if (!leading.getAsBoolean() || since(before).minus(read).compareTo(STALE_INTENT) > 0) {
        LOG.warn("{}: Nova is not asked to {}: it is too late", name, command.words());
        return new Outcome.NotSent(command);
      }
      var accepted = nova(resource).execute(command);
      var requestId = accepted.requestId().orElse(null);
      try (var _ = LogFields.put(LogFields.REQUEST_ID, requestId)) {
        recordServiceChange(resource, command, accepted);
        if (command instanceof Command.OnInstance) {
          LOG.info("{}: Nova accepts to {}", name, command.words());
        }
      }
      return new Outcome.Accepted(command, requestId);
    } catch (NovaException e) {
      try (var _ = LogFields.put(LogFields.REQUEST_ID, e.requestId().orElse(null))) {
        LOG.warn("{}: Nova does not {}: {}", name, command.words(), e.getMessage());
      }
      return new Outcome.Failed(command, e);
    }
  }

  private void recordServiceChange(HostMaintenance resource, Command command, Accepted accepted) {
    switch (command) {
      case Command.DisableService(var _, var reason) ->
          record(resource, Reason.ServiceDisabled, "was disabled (" + reason + ").", false);
      case Command.EnableService _ -> {
        var service = accepted.service().orElseThrow();
        record(
            resource,
            Reason.ServiceEnabled,
            service.up()
                ? "was enabled."
                : "was enabled, but it is " + service.downWord() + ": " + service.bringUp() + ".",
            !service.up());
      }
      case Command.OnInstance _ -> {}
    }
  }

  private void record(HostMaintenance resource, Reason reason, String what, boolean warning) {
    events.record(
        resource,
        new Notice(
            warning ? Notice.Type.Warning : Notice.Type.Normal,
            reason,
            "nova-compute on " + resource.getSpec().host() + " " + what));
  }

  /**
   * Stores what Nova answered. Where somebody changed the resource meanwhile, the answers are
   * entered into what is stored now where it still speaks of them; if that fails too, the rows stay
   * as announced and are resolved from Nova's own account.
   */
  private void report(HostMaintenance stored, List<Outcome> outcomes, Memory memory) {
    var current = Optional.of(stored);
    for (var attempt = 1; attempt <= REPORT_TRIES && current.isPresent(); attempt++) {
      var resource = current.get();
      var status = resource.getStatus();
      if (status == null) {
        return;
      }
      var news = OutcomeRecorder.stillNews(outcomes, stored.getStatus(), status);
      var next = OutcomeRecorder.enter(status, news, now());
      if (same(status, next)) {
        return;
      }
      try {
        write(resource, next, memory);
        return;
      } catch (ResourceStore.Conflict e) {
        current =
            resources
                .read(name(stored))
                .filter(r -> r.getMetadata().getUid().equals(stored.getMetadata().getUid()));
      }
    }
    LOG.warn("{}: Nova's answers could not be stored; they are looked up", name(stored));
  }

  private Cloud cloud(HostMaintenance resource) {
    return clouds.of(resource);
  }

  private Nova nova(HostMaintenance resource) {
    return cloud(resource).nova();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  /**
   * The time since the begin of this process by the stopwatch. What it remembers has this time:
   * somebody may set the machine's clock back, and a host would stand as seen until then.
   */
  private Instant steady() {
    return began.plusNanos(nanoTime.getAsLong() - beganNanos);
  }

  /**
   * A moment of {@link #steady} by our clock as it is set now, in whole seconds: the same for the
   * same moment however often it is asked for.
   */
  private Instant byClock(Instant steady) {
    var ahead = Math.round(Duration.between(steady(), clock.instant()).toMillis() / 1000.0);
    return steady.plusSeconds(ahead).truncatedTo(ChronoUnit.SECONDS);
  }

  private Duration since(long nanos) {
    return Duration.ofNanos(nanoTime.getAsLong() - nanos);
  }

  private static String name(HostMaintenance resource) {
    return resource.getMetadata().getName();
  }
}
