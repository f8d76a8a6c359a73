package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.HostClaim;
import io.hostmaintenance.drain.MigrationCheck;
import io.hostmaintenance.drain.Observation;
import io.hostmaintenance.drain.Observation.Consumer;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.Observation.Residents;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.ObservationNeeds;
import io.hostmaintenance.drain.RequestPriority;
import io.hostmaintenance.drain.WatchedHost;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.DetailQueries;
import io.hostmaintenance.drain.instance.MoveFailure;
import io.hostmaintenance.drain.instance.Offer;
import io.hostmaintenance.drain.instance.Question;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.MigrationPage;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.Timestamped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Looks at a host: asks Nova in the order in which nothing can slip through. Nothing that was asked
 * is thrown away because a cloud is slow: the order makes an observation true, and no move is asked
 * for by instances that were listed too long ago ({@link Snapshot#fresh}).
 */
final class HostObserver {

  private static final Logger LOG = LoggerFactory.getLogger(HostObserver.class);

  /** Reverted records older than this are history (nova/compute/resource_tracker.py). */
  private static final Duration REVERTED = Duration.ofDays(1);

  /**
   * For so long one observation asks about single instances; what is left waits for the next one.
   */
  private static final Duration QUESTIONS = Duration.ofSeconds(30);

  /** The past of a guest that stays paused is not asked for again before. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  /** Where the time for questions is over, what was told serves for so long. */
  private static final Duration KEPT_LONGEST = Duration.ofMinutes(10);

  /** By services that were asked for before, no move is asked for: it must come in time. */
  private static final Duration SERVICES = Duration.ofSeconds(20);

  /** A host that is called empty already needs no newer services: the watch sees them next. */
  private static final Duration SERVICES_OF_THE_WATCH = Duration.ofMinutes(1);

  /** A list of records for several hosts serves those that are reconciled in the same second. */
  private static final Duration SAME_TICK = Duration.ofSeconds(1);

  private static final Residents NOBODY = new Residents.Shown(Set.of());

  private static final Timestamped<Residents> NOT_ASKED =
      new Timestamped<>(new Residents.NotAsked(), Instant.MIN);

  private final Nova nova;
  private final LongSupplier nanoTime;
  private final ParallelReads parallelReads;
  private final Hypervisors hypervisors;
  private final Groups groups;
  private final SharedList<List<ComputeService>> services;
  private final ChangedMigrations changed;
  private final Strategies strategies;
  private final CloudHealth health;
  private final AtomicReference<Acting> acting = new AtomicReference<>();

  /**
   * Whom we act as, and where.
   *
   * @param since from when on, by the stopwatch: an older list may be of another cloud
   */
  private record Acting(Identity identity, long since) {}

  HostObserver(
      Nova nova,
      LongSupplier nanoTime,
      ParallelReads parallelReads,
      Strategies strategies,
      CloudHealth health) {
    this.nova = nova;
    this.strategies = strategies;
    this.health = health;
    this.nanoTime = nanoTime;
    this.parallelReads = parallelReads;
    var shared = nova.on(Priority.WATCH, "");
    this.hypervisors = new Hypervisors(shared, nanoTime);
    this.groups = new Groups(nanoTime);
    this.services = new SharedList<>("GET /os-services", shared::computeServices, nanoTime);
    this.changed = new ChangedMigrations(nova, nanoTime);
  }

  /**
   * One observation; {@link Unavailable} when any list of it could not be had whole.
   *
   * @param remembered what earlier observations of the same resource left
   * @param mayTake for how long it is of use; empty: however long
   */
  Observation snapshot(
      HostMaintenance resource, ObservationMemory remembered, Optional<Duration> mayTake) {
    var observation = new HostObservation(resource, remembered, mayTake);
    try {
      return observation.snapshot();
    } catch (NovaException e) {
      try (var _ = LogFields.put(LogFields.REQUEST_ID, e.requestId().orElse(null))) {
        LOG.atLevel(health.answers() ? Level.WARN : Level.DEBUG)
            .log("host {}: not observed: {}", resource.getSpec().host(), e.getMessage());
      }
      return Unavailable.of(e);
    } finally {
      remembered.waited(observation.nova.waited());
    }
  }

  /**
   * A look by the migration records alone at a host whose moves are under way.
   *
   * @param remembered what its last observation left
   * @return empty when the host is to be observed
   */
  Optional<Snapshot> checkMigrations(HostMaintenance resource, ObservationMemory remembered) {
    var since = ObservationNeeds.changesSince(resource.getStatus());
    return remembered
        .followed()
        .filter(
            last -> since.isPresent() && MigrationCheck.mayDo(resource, last.snapshot(), age(last)))
        .flatMap(
            last -> {
              try {
                var records = changed.of(resource.host(), since.get(), begunAfter(remembered));
                return MigrationCheck.of(last.snapshot(), records, age(last));
              } catch (NovaException e) {
                LOG.debug("host {}: migrations not checked: {}", resource.host(), e.getMessage());
                return Optional.empty();
              }
            });
  }

  private Acting acting(Nova nova) {
    var identity = nova.identity();
    var now = nanoTime.getAsLong();
    return acting.updateAndGet(
        known ->
            known != null && known.identity().equals(identity) ? known : new Acting(identity, now));
  }

  private Duration age(ObservationMemory.Followed last) {
    return Duration.ofNanos(nanoTime.getAsLong() - last.at());
  }

  private long begunAfter(ObservationMemory remembered) {
    return Math.max(remembered.acted(), nanoTime.getAsLong() - SAME_TICK.toNanos());
  }

  /** Whether several hosts of the cloud are being drained, and share lists. */
  boolean shared() {
    return changed.sharedByHosts();
  }

  /** The services of the cloud, which its watch and all its hosts share. */
  SharedList<List<ComputeService>> services() {
    return services;
  }

  /** The hypervisors of the cloud. */
  Hypervisors hypervisors() {
    return hypervisors;
  }

  /**
   * Whether a host that no answer for all hosts shows stands as its last observation found it: by
   * placement, or without it by its migrations and its hypervisors.
   *
   * @param remembered what that observation left
   * @throws NovaException when it cannot be told
   */
  boolean stands(WatchedHost watched, ObservationMemory remembered) {
    var nova = this.nova.on(Priority.IDLE, watched.host());
    var placed = true;
    for (var hypervisor : watched.held().entrySet()) {
      var allocations = nova.allocations(hypervisor.getKey());
      if (allocations.isPresent() && !sum(allocations.get()).equals(hypervisor.getValue())) {
        return false;
      }
      placed &= allocations.isPresent();
    }
    return !watched.held().isEmpty() && (placed || deserted(nova, watched, remembered));
  }

  private static boolean deserted(Nova nova, WatchedHost watched, ObservationMemory remembered) {
    var unfinished =
        nova.newestMigrations(watched.host()).migrations().stream()
            .filter(Migration::unfinished)
            .map(Migration::id)
            .toList();
    return remembered.knewUnfinished(unfinished)
        && watched.held().keySet().stream()
            .map(nova::instanceIdsAt)
            .allMatch(shown -> shown.isPresent() && shown.get().value().isEmpty());
  }

  /** What all consumers hold together, by resource class. */
  private static Map<String, Long> sum(Map<String, Map<String, Long>> allocations) {
    var sum = new HashMap<String, Long>();
    allocations
        .values()
        .forEach(held -> held.forEach((name, amount) -> sum.merge(name, amount, Long::sum)));
    return sum;
  }

  private static NovaException unavailable(String sentence, Object... arguments) {
    return new NovaException(NovaException.Kind.UNAVAILABLE, sentence.formatted(arguments));
  }

  /** One observation while it is made. */
  private final class HostObservation {

    /** The cloud, as this host asks it. */
    private final Nova nova;

    private final HostMaintenance resource;
    private final ObservationMemory remembered;
    private final Optional<Duration> mayTake;
    private final long start = nanoTime.getAsLong();
    private final String host;
    private final HostMaintenanceStatus status;
    private final Map<String, Detail> details = new HashMap<>();
    private final Set<String> unanswered = new HashSet<>();
    private final Offers offers;

    /** As whom the observation was begun. */
    private Acting begun;

    /** Whether the host can be asked about its guests; one that is down lets Nova wait. */
    private boolean up;

    HostObservation(
        HostMaintenance resource, ObservationMemory remembered, Optional<Duration> mayTake) {
      this.resource = resource;
      this.remembered = remembered;
      this.mayTake = mayTake;
      this.host = resource.getSpec().host();
      this.status = resource.getStatus();
      this.nova = HostObserver.this.nova.on(RequestPriority.ofObservation(resource), host);
      this.offers = new Offers(nova, hypervisors, host);
    }

    /** All of it is of one cloud, also where somebody changes its clouds.yaml meanwhile. */
    private Snapshot snapshot() {
      var changesSince = ObservationNeeds.changesSince(status);
      begun = acting(nova);
      var snapshot = changesSince.isPresent() ? following(changesSince.get()) : complete();
      if (!acting(nova).identity().equals(begun.identity())) {
        throw unavailable(
            "The clouds.yaml has changed during the observation of %s: the host is observed again.",
            host);
      }
      return snapshot;
    }

    /** On the way out no question waits for what others ask. */
    private SharedList.Fetched<List<ComputeService>> servicesBegunAfter(long moment) {
      var now = nanoTime.getAsLong();
      return resource.isMarkedForDeletion()
          ? new SharedList.Fetched<>(nova.computeServices(), now)
          : services.begunAfter(Math.max(moment, begun.since()));
    }

    /**
     * Those of the last round of the watch only where Drained is kept, and not where it is given.
     */
    private SharedList.Fetched<List<ComputeService>> servicesNow() {
      var now = nanoTime.getAsLong();
      var moment =
          verifiedBefore()
              ? Math.max(remembered.askedService(), now - SERVICES_OF_THE_WATCH.toNanos())
              : now;
      return servicesBegunAfter(moment);
    }

    private List<Migration> changedSince(Instant changesSince) {
      return resource.isMarkedForDeletion()
          ? nova.migrations(MigrationFilter.ofHostSince(host, changesSince))
          : changed.of(host, changesSince, begunAfter(remembered));
    }

    /** While requests of ours are outstanding, when the host cannot be found empty anyway. */
    private Snapshot following(Instant changesSince) {
      var migrations = changedSince(changesSince);
      var began = nanoTime.getAsLong();
      var instances = nova.instancesOn(host);
      var listed =
          servicesBegunAfter(
              Math.max(remembered.askedService(), nanoTime.getAsLong() - SERVICES.toNanos()));
      ask(migrations, instances.value(), listed.value());
      var rules = groups.of(nova, resource, instances.value(), details);
      var snapshot =
          fresh(
              new Snapshot(
                  instances.date(),
                  instances.date(),
                  since(began),
                  false,
                  begun.identity(),
                  migrations,
                  instances.value(),
                  listed.value(),
                  List.of(),
                  rules.groups(),
                  rules.hints(),
                  details,
                  unanswered,
                  new Residents.NotAsked(),
                  new Placement.NotAsked(),
                  nova.newestVersion()),
              began,
              listed.began());
      remembered.followed(snapshot, began);
      return snapshot;
    }

    private Snapshot complete() {
      remembered.notFollowed();
      var before = servicesNow();
      var page = nova.newestMigrations(host);
      var unfinished = unfinished(page);
      remembered.unfinished(unfinished.stream().map(Migration::id).toList());
      inTime();
      var began = nanoTime.getAsLong();
      var shown = shownAlone(before.value()) ? residents() : NOT_ASKED;
      var instances =
          shown.value().equals(NOBODY)
              ? new Timestamped<>(List.<Instance>of(), shown.date())
              : nova.instancesOn(host);
      var migrations = new ArrayList<>(unfinished);
      var noneToMove = ObservationNeeds.noneToMove(resource, instances.value());
      if (noneToMove) {
        migrations.addAll(reverted(page, instances.date()));
      }
      inTime();
      var after = hidden(before.value()) ? before : servicesNow();
      ask(migrations, instances.value(), after.value());
      inTime();
      var rules = groups.of(nova, resource, instances.value(), details);
      var lists =
          new Snapshot(
              page.began(),
              instances.date(),
              since(began),
              true,
              begun.identity(),
              List.copyOf(migrations),
              instances.value(),
              after.value(),
              HostClaim.holdsHost(status) ? List.of() : hypervisors.newest(host),
              rules.groups(),
              rules.hints(),
              details,
              unanswered,
              shown.value(),
              new Placement.NotAsked(),
              nova.newestVersion());
      return noneToMove ? verified(lists, page) : fresh(lists, began, after.began());
    }

    /** The unfinished records, however old: of the one page, or by a list for each status. */
    private List<Migration> unfinished(MigrationPage page) {
      return page.whole()
          ? page.migrations().stream().filter(Migration::unfinished).toList()
          : Migration.UNFINISHED.stream()
              .peek(s -> inTime())
              .flatMap(s -> nova.migrations(MigrationFilter.ofHost(host, s)).stream())
              .toList();
    }

    private List<Migration> reverted(MigrationPage page, Instant date) {
      var all =
          page.whole()
              ? page.migrations()
              : nova.migrations(MigrationFilter.ofHost(host, "reverted"));
      var horizon = date.minus(REVERTED);
      return all.stream()
          .filter(m -> m.reverted())
          .filter(m -> m.updatedAt() != null && m.updatedAt().isAfter(horizon))
          .toList();
    }

    /** Whether the hypervisors stand for the list: the host was empty, and is in one cell. */
    private boolean shownAlone(List<ComputeService> services) {
      return ObservationNeeds.emptyBefore(resource)
          && services.stream().filter(s -> s.host().equals(host)).count() == 1;
    }

    /**
     * Whether the cell of the host did not answer. A cell that is away while migrations or
     * instances are listed, and back before the services are read, would else pass for an empty
     * host.
     */
    private boolean hidden(List<ComputeService> services) {
      return services.stream().anyMatch(s -> s.host().equals(host) && s.unknown());
    }

    // -------------------------------------------------------------- how old it is

    private Duration since(long nanos) {
      return Duration.ofNanos(nanoTime.getAsLong() - nanos);
    }

    /** Gives up an observation that takes longer than its host may be called empty without one. */
    private void inTime() {
      if (mayTake.filter(most -> since(start).compareTo(most) > 0).isPresent()) {
        throw unavailable(
            "Nova has needed %s s for a part of one observation. Nobody can say for so long that the"
                + " host is empty.",
            since(start).toSeconds());
      }
    }

    /**
     * The observation as it is acted upon: instances and services once more where they are too old.
     */
    private Snapshot fresh(Snapshot snapshot, long began, long servicesBegan) {
      var old = snapshot.withAge(since(began));
      var newEnough = since(Math.min(began, servicesBegan)).compareTo(Deadlines.FRESH) <= 0;
      if (newEnough || old.instances().isEmpty() || resource.isMarkedForDeletion()) {
        return old;
      }
      var again = nanoTime.getAsLong();
      var answers =
          parallelReads.<Object>all(
              List.of(() -> nova.instancesOn(host), () -> services.begunAfter(again).value()));
      @SuppressWarnings("unchecked") // as they were asked, one line above
      var instances = (Timestamped<List<Instance>>) answers.get(0);
      @SuppressWarnings("unchecked")
      var newest = (List<ComputeService>) answers.get(1);
      return old.with(instances, hidden(old.services()) ? old.services() : newest, since(again));
    }

    // -------------------------------------------------------------- single instances

    private void ask(
        List<Migration> migrations, List<Instance> instances, List<ComputeService> services) {
      up = services.stream().anyMatch(s -> s.host().equals(host) && s.up());
      var questions = new HashMap<>(DetailQueries.of(resource, strategies, migrations, instances));
      migrations.stream()
          .filter(m -> m.reverted())
          .forEach(m -> questions.putIfAbsent(m.instanceId(), Set.of(Question.INSTANCE)));
      remembered.retain(questions.keySet());
      var began = nanoTime.getAsLong();
      var open = new ArrayList<String>();
      for (var id : remembered.longestAgoFirst(questions.keySet())) {
        told(id, questions.get(id), instances, began, KEPT)
            .ifPresentOrElse(told -> details.put(id, told), () -> open.add(id));
      }
      for (var from = 0; from < open.size(); from += ParallelReads.WIDTH) {
        var some = open.subList(from, Math.min(from + ParallelReads.WIDTH, open.size()));
        if (since(began).compareTo(QUESTIONS) < 0) {
          some.forEach(id -> remembered.asking(id, began));
          ask(some, questions, instances, began);
        } else {
          some.forEach(
              id ->
                  told(id, questions.get(id), instances, began, KEPT_LONGEST)
                      .ifPresent(told -> details.put(id, told)));
        }
      }
      listed(instances);
      details.replaceAll((id, detail) -> explained(id, detail, instances));
    }

    /** Where the scheduler found no host placement is asked whether it knows one. */
    private Detail explained(String id, Detail detail, List<Instance> instances) {
      var instance = here(id, instances);
      if (instance.isEmpty()
          || detail.offer().isPresent()
          || detail.events().filter(MoveFailure::noValidHost).isEmpty()) {
        return detail;
      }
      var untold = new ArrayList<Cause>();
      var offer = told(id, untold, () -> offers.of(instance.get()));
      return detail.withOffer(offer);
    }

    /** A list that lacks the rows of the host's cell lacks all instances of the host. */
    private void listed(List<Instance> instances) {
      var there =
          details.values().stream()
              .flatMap(d -> d.instance().stream())
              .filter(i -> host.equals(i.host()))
              .findFirst();
      if (instances.isEmpty() && there.isPresent()) {
        throw unavailable(
            "GET /servers/detail shows no instance of the host, but Nova shows instance %s there:"
                + " the host is observed again.",
            there.get().id());
      }
    }

    /** What became of a request of ours is asked anew at each observation. */
    private Optional<Detail> told(
        String id, Set<Question> questions, List<Instance> instances, long now, Duration atMost) {
      return row(id).filter(r -> r.requestTime() != null).isPresent()
          ? Optional.empty()
          : remembered.told(id, questions, here(id, instances), now - atMost.toNanos());
    }

    private void ask(
        List<String> ids,
        Map<String, Set<Question>> questions,
        List<Instance> instances,
        long nanos) {
      var answers =
          parallelReads.all(
              ids.stream()
                  .<Supplier<Optional<Detail>>>map(
                      id -> () -> detail(id, questions.get(id), instances))
                  .toList());
      for (var i = 0; i < ids.size(); i++) {
        var id = ids.get(i);
        answers
            .get(i)
            .ifPresentOrElse(
                told -> {
                  details.put(id, told);
                  remembered.keep(id, questions.get(id), here(id, instances), told, nanos);
                },
                () -> unanswered.add(id));
      }
    }

    private Optional<Detail> detail(String id, Set<Question> questions, List<Instance> instances) {
      try {
        return Optional.of(asked(id, questions, instances));
      } catch (NovaException e) {
        warn(id, "not seen whole: ", e);
        return Optional.empty();
      }
    }

    private Detail asked(String id, Set<Question> questions, List<Instance> instances) {
      var instance =
          questions.contains(Question.INSTANCE) ? nova.instance(id) : here(id, instances);
      var migrations =
          questions.contains(Question.MIGRATIONS)
              ? nova.migrations(MigrationFilter.ofInstance(id))
              : List.<Migration>of();
      var actions =
          questions.contains(Question.ACTIONS) ? nova.actions(id) : List.<InstanceAction>of();
      if (questions.contains(Question.MIGRATIONS) && migrations.isEmpty()) {
        if (instance.filter(ObservationMemory::restsPaused).isPresent()) {
          recorded(questions.contains(Question.ACTIONS) ? actions : nova.actions(id));
        }
        if (instance.filter(i -> i.resized()).isPresent()) {
          throw unavailable(
              "GET /os-migrations shows no record of it, though it waits to be confirmed.");
        }
      }
      var events =
          questions.contains(Question.EVENTS)
              ? row(id).map(InstanceStatus::requestId).flatMap(r -> nova.action(id, r))
              : Optional.<InstanceAction>empty();
      var untold = new ArrayList<Cause>();
      var guest =
          questions.contains(Question.DIAGNOSTICS) && up
              ? told(id, untold, () -> nova.guestPower(id))
              : Optional.<GuestPower>empty();
      var offer =
          questions.contains(Question.CANDIDATE) && instance.isPresent()
              ? told(id, untold, () -> offers.of(instance.get()))
              : Optional.<Offer>empty();
      return new Detail(
          instance, migrations, actions, events, guest, offer, untold.stream().findFirst());
    }

    private static void warn(String id, String what, NovaException e) {
      try (var _ = LogFields.put(LogFields.INSTANCE, id);
          var _ = LogFields.put(LogFields.REQUEST_ID, e.requestId().orElse(null))) {
        LOG.warn("instance {}: {}{}", id, what, e.getMessage());
      }
    }

    /** An answer without which the rest is of use. */
    private static <T> Optional<T> told(String id, List<Cause> untold, Supplier<T> question) {
      try {
        return Optional.of(question.get());
      } catch (NovaException e) {
        untold.add(Unavailable.of(e).cause());
        warn(id, "", e);
        return Optional.empty();
      }
    }

    /** A paused guest must not move twice because a short list hides its first move. */
    private static void recorded(List<InstanceAction> actions) {
      if (actions.stream().anyMatch(InstanceAction::liveMigration)) {
        throw unavailable(
            "GET /os-migrations shows no record of it, though it was asked to live-migrate.");
      }
    }

    private static Optional<Instance> here(String id, List<Instance> instances) {
      return instances.stream().filter(i -> i.id().equals(id)).findFirst();
    }

    private Optional<InstanceStatus> row(String id) {
      return Optional.ofNullable(status).stream()
          .flatMap(s -> s.instances().stream())
          .filter(r -> r.id().equals(id))
          .findFirst();
    }

    // -------------------------------------------------------------- whether it is empty

    /** The observation with what is asked only where no list speaks against an empty host. */
    private Snapshot verified(Snapshot lists, MigrationPage page) {
      if (!ObservationNeeds.residents(resource, lists)) {
        return lists;
      }
      var snapshot =
          lists.residents() instanceof Residents.NotAsked ? lists.with(residents()) : lists;
      if (snapshot.residents() instanceof Residents.Shown(var ids)
          && !ids.stream().allMatch(id -> snapshot.onHost(id).isPresent())) {
        var began = nanoTime.getAsLong();
        return snapshot.with(nova.instancesOn(host), snapshot.services(), since(began));
      }
      if (!ObservationNeeds.placement(resource, snapshot)) {
        return snapshot;
      }
      inTime();
      var told = snapshot.with(placement(page, snapshot.instances()));
      if (told.placement() instanceof Placement.Absent
          && page.migrations().isEmpty()
          && !verifiedBefore()) {
        askedOnceMore();
      }
      return told;
    }

    private boolean verifiedBefore() {
      return status != null && status.isTrue(Condition.DRAINED);
    }

    /** A list with a record of the host's cell is not short; one without any may be. */
    private void askedOnceMore() {
      var unfinished = unfinished(nova.newestMigrations(host));
      if (!unfinished.isEmpty()) {
        var migration = unfinished.getFirst();
        throw unavailable(
            "GET /os-migrations shows migration %s of instance %s only when it is asked twice: the"
                + " host is observed again.",
            migration.id(), migration.instanceId());
      }
    }

    private Timestamped<Residents> residents() {
      var shown = residents(hypervisors.of(host));
      if (shown.isEmpty()) {
        hypervisors.forget();
        shown = residents(hypervisors.of(host));
      }
      return shown.orElseThrow(
          () ->
              unavailable(
                  "Nova lists a hypervisor of %s and does not know it by its id: the host is"
                      + " observed again.",
                  host));
    }

    /** Empty when Nova does not know one of them any more. */
    private Optional<Timestamped<Residents>> residents(List<Hypervisor> all) {
      if (all.isEmpty()) {
        return Optional.of(new Timestamped<>(new Residents.NoHypervisor(), Instant.MIN));
      }
      var ids = new HashSet<String>();
      var date = Instant.MIN;
      for (var hypervisor : all) {
        var shown = nova.instanceIdsAt(hypervisor.id());
        if (shown.isEmpty()) {
          return Optional.empty();
        }
        ids.addAll(shown.get().value());
        date = shown.get().date();
      }
      return Optional.of(new Timestamped<>(new Residents.Shown(Set.copyOf(ids)), date));
    }

    private Placement placement(MigrationPage page, List<Instance> instances) {
      var held = new HashMap<String, Map<String, Long>>();
      var ids = new TreeSet<String>();
      var absent = true;
      for (var hypervisor : hypervisors.of(host)) {
        var allocations = nova.allocations(hypervisor.id());
        allocations.ifPresent(a -> ids.addAll(a.keySet()));
        held.put(hypervisor.id(), sum(allocations.orElse(Map.of())));
        absent &= allocations.isEmpty();
      }
      remembered.held(held);
      if (absent) {
        return new Placement.Absent();
      }
      remembered.retainConsumers(ids);
      ids.removeIf(remembered::isNobody);
      return new Placement.Consumers(consumers(ids, page, instances));
    }

    private List<Consumer> consumers(
        Set<String> ids, MigrationPage page, List<Instance> instances) {
      var consumers = new ArrayList<Consumer>();
      var unresolved = new ArrayList<String>();
      for (var id : ids) {
        inTime();
        var instance = here(id, instances).or(() -> nova.instance(id));
        if (instance.isPresent()) {
          consumers.add(new Consumer(id, Optional.empty(), instance));
        } else {
          unresolved.add(id);
        }
      }
      if (!unresolved.isEmpty()) {
        var byUuid = new HashMap<String, Migration>();
        page.migrations().forEach(m -> byUuid.put(m.uuid(), m));
        if (!byUuid.keySet().containsAll(unresolved)) {
          nova.migrations(MigrationFilter.ofHost(host)).forEach(m -> byUuid.put(m.uuid(), m));
        }
        for (var id : unresolved) {
          var migration = Optional.ofNullable(byUuid.get(id));
          if (migration.isEmpty() && !byUuid.isEmpty()) { // else the list may have been short
            remembered.nobody(id);
          }
          consumers.add(
              new Consumer(id, migration, migration.flatMap(m -> nova.instance(m.instanceId()))));
        }
      }
      return consumers;
    }
  }
}
