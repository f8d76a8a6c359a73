package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.EmptyCheck.PendingArrival;
import io.hostmaintenance.drain.Observation.Placement;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.DetailQueries;
import io.hostmaintenance.drain.instance.GlobalRequestId;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.HostView;
import io.hostmaintenance.drain.instance.InstanceDecision;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.InstanceView;
import io.hostmaintenance.drain.instance.MigrationTracker;
import io.hostmaintenance.drain.instance.Operation;
import io.hostmaintenance.drain.instance.Refusals;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.StrategyTable;
import io.hostmaintenance.drain.instance.Way;
import io.hostmaintenance.drain.instance.WayTracker;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.UntrustedText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The rows of the status at one observation.
 *
 * <ol>
 *   <li>A row with an outstanding request: {@link WayTracker}.
 *   <li>A row at rest whose instance is here: {@link StrategyTable}. One whose instance is
 *       elsewhere ends, or waits for what ties the instance to this host.
 *   <li>New rows: instances that came, resizes that left a disk here, migrations and builds on
 *       their way.
 *   <li>{@link #ask}: request moves in the order of the spec, by memory, within the slots of the
 *       host, the moves of all hosts, and one member of a server group at a time.
 * </ol>
 *
 * <p>Invariants: each instance has one row and no row is dropped; a row that requests a move has
 * its intent; what keeps the host from being empty has a row with a deadline.
 */
final class InstanceRows {

  /** With concurrency.live: Auto so few guests are changed at once, which is no matter of speed. */
  private static final int CHANGED_AT_ONCE = 2;

  private final DecisionContext context;
  private final HostView host;
  private final EmptyCheck emptyCheck;
  private final List<InstanceStatus> rows = new ArrayList<>();
  private final List<Command> commands = new ArrayList<>();
  private final Map<String, Way> movable = new HashMap<>();
  private final Map<String, Operation> next = new HashMap<>();
  private final Map<String, PendingArrival> pendingArrivals = new LinkedHashMap<>();

  private InstanceRows(DecisionContext context) {
    this.context = context;
    this.host = context.hostView();
    this.emptyCheck = new EmptyCheck(context.host(), context.snapshot(), Set.of());
    emptyCheck.pendingArrivals().forEach(t -> pendingArrivals.putIfAbsent(t.instance().id(), t));
  }

  /** The table after the observation, nothing new asked. */
  static InstanceRows upToDate(DecisionContext context) {
    var table = new InstanceRows(context);
    var previous = context.previous().instances();
    for (var row : previous) {
      table.rows.add(table.update(row, previous));
    }
    var known =
        table.rows.stream().map(InstanceStatus::id).collect(Collectors.toCollection(HashSet::new));
    table.arrivals(known);
    table.unconfirmedResizes(known);
    table.underWay(known);
    return table;
  }

  /** The rows; what stands as it stood before this observation does so since then. */
  List<InstanceStatus> rows() {
    var before =
        context.previous().instances().stream()
            .collect(Collectors.toMap(InstanceStatus::id, Function.identity(), (a, b) -> a));
    return rows.stream().map(r -> since(r, before.get(r.id()))).toList();
  }

  /** The row, since when it has stood so; before may be null. */
  static InstanceStatus since(InstanceStatus row, InstanceStatus before) {
    return before != null
            && row.lastTransitionTime() != null
            && before.lastTransitionTime() != null
            && !row.lastTransitionTime().equals(before.lastTransitionTime())
            && Objects.equals(row.state(), before.state())
            && Objects.equals(row.reason(), before.reason())
        ? row.toBuilder().lastTransitionTime(before.lastTransitionTime()).build()
        : row;
  }

  List<Command> commands() {
    return List.copyOf(commands);
  }

  private InstanceStatus update(InstanceStatus row, List<InstanceStatus> all) {
    if (RowState.of(row).isEmpty()) {
      return row;
    }
    if (!row.outstanding()) {
      return rest(row);
    }
    var followed =
        WayTracker.follow(
            row, context.view(row.id(), host), () -> new MoveQueue(context, all).ahead(row));
    followed.command().ifPresent(commands::add);
    followed.operation().ifPresent(o -> next.put(row.id(), o));
    return afterRequest(followed.row());
  }

  /** A row whose request may have come to its end: what may follow does so at once. */
  private InstanceStatus afterRequest(InstanceStatus row) {
    if (toBeAskedAgain(row) || row.reason() == null) {
      return rest(row);
    }
    var here = context.onHost(row.id()).filter(i -> row.is(RowState.Failed));
    return here.isPresent() && fallsBack(row) ? decided(fallenBack(row, here.get())) : row;
  }

  /** Whether the row's request is to be repeated as the same attempt; it keeps its time. */
  private static boolean toBeAskedAgain(InstanceStatus row) {
    return row.is(RowState.Requested) && !row.outstanding() && row.step() == null;
  }

  /** A row without an outstanding request. */
  private InstanceStatus rest(InstanceStatus row) {
    var onHost = context.onHost(row.id());
    return onHost.isPresent() ? here(row, onHost.get()) : away(row);
  }

  private InstanceStatus here(InstanceStatus row, Instance instance) {
    if (row.is(RowState.Skipped) && row.completionTime() != null) {
      return row; // started again on the way out
    }
    return switch (RowState.of(row).orElseThrow()) {
      case Moved, Gone -> decided(RowTransitions.first(instance, context.now()));
      case Failed ->
          row.because(Reason.MovedWithError)
              ? decided(RowTransitions.first(instance, context.now()))
              : mayRetry(row, instance)
                  ? decided(retried(row, instance))
                  : fallsBack(row)
                      ? decided(fallenBack(row, instance))
                      : row.toBuilder().status(UntrustedText.cut(instance.status(), 32)).build();
      case Pending, Requested, InProgress, Confirming, Restoring, Blocked, Skipped ->
          row.firstRefusedTime() != null && retryWanted()
              ? decided(retried(row, instance))
              : decided(RowTransitions.seen(row, instance));
    };
  }

  /** The row to be asked for once more, but never so soon that two attempts look like one. */
  private InstanceStatus retried(InstanceStatus row, Instance instance) {
    var soonest =
        row.completionTime() == null
            ? context.now()
            : row.completionTime().plus(Deadlines.backOff(1));
    return RowTransitions.first(instance, context.now()).toBuilder()
        .attempts(retryWanted() ? 0 : row.attempts())
        .stopRequestId(row.stopRequestId())
        .nextAttemptTime(context.now().isBefore(soonest) ? soonest : null)
        .build();
  }

  private boolean fallsBack(InstanceStatus row) {
    return StrategyTable.fallback(row, host).isPresent();
  }

  /** As new, but for the strategy, by which the table knows that it falls back. */
  private InstanceStatus fallenBack(InstanceStatus row, Instance instance) {
    var cause = new Cause(Reason.valueOf(row.reason()), row.message());
    return mark(retried(row, instance), RowState.Pending, cause).toBuilder()
        .attempts(0)
        .strategy(StrategyTable.fallback(row, host).orElseThrow())
        .build();
  }

  private boolean retryWanted() {
    var annotations = context.input().resource().getMetadata().getAnnotations();
    var wanted = annotations == null ? null : annotations.get(HostMaintenance.RETRY);
    return wanted != null && !wanted.equals(context.previous().retry());
  }

  private boolean mayRetry(InstanceStatus row, Instance instance) {
    return retryWanted()
        || host.allowsAttemptAfter(row)
            && !instance.inError()
            && !row.because(Reason.Refused)
            && !(row.because(Reason.Inconsistent) && row.destinationHost() != null)
            && (Way.of(row).filter(w -> !w.plain()).isEmpty() || plainNow(row));
  }

  /** A way that changes the guest is taken once; where it left it, it may be movable as it is. */
  private boolean plainNow(InstanceStatus row) {
    return !row.because(Reason.NotPutBack)
        && StrategyTable.choose(context.view(row.id(), host), row)
            instanceof InstanceDecision.Move(var way, var _)
        && way.plain();
  }

  private InstanceStatus decided(InstanceStatus row) {
    return switch (StrategyTable.choose(context.view(row.id(), host), row)) {
      case InstanceDecision.Move(var way, var strategy) -> {
        var shown = withStrategy(row, strategy);
        yield hindrance(row.id(), way)
            .map(w -> waitFor(shown, w))
            .orElseGet(() -> toMove(shown, way));
      }
      case InstanceDecision.WaitFor wait -> waitFor(row, wait);
      case InstanceDecision.Skip(var cause, var strategy) ->
          withAction(mark(withStrategy(row, strategy), RowState.Skipped, cause), RowAction.None);
      case InstanceDecision.NeedsAdmin(var cause, var strategy) ->
          withAction(mark(withStrategy(row, strategy), RowState.Blocked, cause), RowAction.None);
    };
  }

  /** Why a way that changes the guest may not begin now; empty for one that moves it as it is. */
  private Optional<InstanceDecision.WaitFor> hindrance(String id, Way way) {
    if (way.plain()) {
      return Optional.empty();
    }
    var view = context.view(id, host);
    var where = askedAt(way, view);
    if (!host.hears(where)) {
      return Optional.of(
          new InstanceDecision.WaitFor(
              InstanceMessages.notHeard(where),
              Deadlines.UNTOLD_WAIT,
              InstanceMessages.NOT_HEARD_REMEDY));
    }
    var first = context.previous().instances().stream().noneMatch(DetailQueries::movesPlainly);
    if (!way.needsDestination() || !first || view.detail().flatMap(Detail::offer).isPresent()) {
      return Optional.empty();
    }
    var untold = view.detail().flatMap(Detail::untold);
    return Optional.of(
        new InstanceDecision.WaitFor(
            untold.orElse(InstanceMessages.CANDIDATE_UNKNOWN),
            Deadlines.UNTOLD_WAIT,
            InstanceMessages.NO_CANDIDATE_REMEDY));
  }

  /** Whose nova-compute carries out the first operation: a confirmation is its source's. */
  private static String askedAt(Way way, InstanceView view) {
    return way == Way.CONFIRM
        ? view.finished().map(Migration::sourceHost).orElse(view.host().name())
        : view.host().name();
  }

  private static InstanceStatus withStrategy(InstanceStatus row, String strategy) {
    return Objects.equals(row.strategy(), strategy)
        ? row
        : row.toBuilder().strategy(strategy).build();
  }

  private InstanceStatus toMove(InstanceStatus row, Way way) {
    movable.put(row.id(), way);
    if (sayingWhyItFailed(row) && Refusals.tooLong(row)) {
      return withAction(
          Refusals.blocked(
              row, new Cause(Reason.valueOf(row.reason()), row.message()), context.now()),
          way.word());
    }
    return withAction(
        sayingWhyItFailed(row) || toBeAskedAgain(row) || Refusals.forLong(row)
            ? row
            : mark(row, RowState.Pending, InstanceMessages.WAITS_FOR_TURN),
        way.word());
  }

  /** Whether a row that waits to be asked for again still says why it was not moved. */
  private static boolean sayingWhyItFailed(InstanceStatus row) {
    return row.is(RowState.Pending)
        && row.nextAttemptTime() != null
        && row.reason() != null
        && (!row.because(Reason.TaskInProgress) || row.firstRefusedTime() != null)
        && !row.because(Reason.GuestPoweredOff)
        && !row.because(Reason.GroupMemberMoving);
  }

  private InstanceStatus waitFor(InstanceStatus row, InstanceDecision.WaitFor wait) {
    var same = row.because(wait.cause().reason());
    var tooLong =
        same
            && (row.is(RowState.Blocked)
                || context.ago(row.lastTransitionTime()).compareTo(wait.atMost()) >= 0);
    var marked =
        tooLong
            ? mark(row, RowState.Blocked, InstanceMessages.tooLong(wait, row))
            : mark(row, RowState.Pending, wait.cause());
    return withAction(marked, RowAction.Wait);
  }

  private InstanceStatus mark(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.mark(row, state, cause, context.now());
  }

  private InstanceStatus end(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.end(row, state, cause, context.now());
  }

  private static InstanceStatus withAction(InstanceStatus row, RowAction action) {
    return action.of(row) ? row : row.toBuilder().action(action.name()).build();
  }

  /**
   * On the way out: a way that has begun is taken back where that is right, and what the operator
   * stopped is started.
   */
  void takeBack() {
    for (var row : List.copyOf(rows)) {
      var view = context.view(row.id(), host);
      if (next.containsKey(row.id()) && !row.is(RowState.Restoring)) {
        next.remove(row.id());
        follow(WayTracker.takenBack(row, view));
      } else if (row.stopRequestId() != null
          && !row.outstanding()
          && slotFree(Way.STOP, CHANGED_AT_ONCE)) {
        follow(WayTracker.toStart(row, view));
      }
    }
  }

  private void follow(MigrationTracker.Next followed) {
    followed.operation().ifPresent(o -> next.put(followed.row().id(), o));
    replace(followed.row());
  }

  private InstanceStatus away(InstanceStatus row) {
    if (pendingArrivals.containsKey(row.id())) {
      return arriving(row, pendingArrivals.get(row.id()));
    }
    var state = RowState.of(row).orElseThrow();
    if (state == RowState.Moved || state == RowState.Gone || row.because(Reason.MovedWithError)) {
      return row;
    }
    var view = context.view(row.id(), host);
    var detail = view.detail();
    if (detail.isEmpty()) {
      return state.remaining() && view.unseenForLong()
          ? mark(row, RowState.Blocked, InstanceMessages.unseen(row))
          : row;
    }
    var instance = detail.get().instance();
    if (instance.isEmpty()) {
      return end(row, RowState.Gone, InstanceMessages.DELETED);
    }
    if (context.host().equals(instance.get().host())) {
      return row;
    }
    if (arrivalNotQueried(row, detail.get())) {
      return row.is(RowState.Blocked)
          ? row
          : waitForArrival(
              RowTransitions.seen(row, instance.get()),
              new Cause(Reason.ExternalMigration, row.message()));
    }
    if (instance.get().resizing()) {
      return decided(RowTransitions.seen(row, instance.get()));
    }
    var left =
        detail.get().migrations().stream()
            .anyMatch(m -> EmptyCheck.unconfirmed(m, instance.get(), context.host()));
    if (left) {
      return unconfirmed(RowTransitions.seen(row, instance.get()), instance.get());
    }
    return left(RowTransitions.seen(row, instance.get()), instance.get(), detail.get());
  }

  /**
   * It is elsewhere, and no request of ours is outstanding: somebody else's deed, unless the last
   * record is of an attempt of ours, which Nova called failed before it changed the host, or
   * carried out after it was given up.
   */
  private InstanceStatus left(InstanceStatus row, Instance instance, Detail detail) {
    var where = instance.host();
    var moved = row.toBuilder().destinationHost(where).build();
    var ours =
        detail.migrations().stream()
            .max(Comparator.comparing(Migration::id))
            .filter(
                m -> row.attemptsMade() > 0 && where != null && where.equals(m.destinationHost()))
            .filter(m -> context.host().equals(m.sourceHost()))
            .filter(m -> context.snapshot().identity().userId().equals(m.userId()));
    if (ours.filter(Migration::endedWell).isPresent()) {
      return end(moved, RowState.Moved, InstanceMessages.moved(where));
    }
    return ours.filter(Migration::failed).isPresent()
        ? end(moved, RowState.Failed, InstanceMessages.movedWithError(row, where))
        : end(moved, RowState.Gone, InstanceMessages.movedExternally(where));
  }

  /** What comes back to the host after it has left it is as new. */
  private InstanceStatus arriving(InstanceStatus row, PendingArrival arrival) {
    var left = row.completionTime() != null;
    return waitForArrival(
        left
            ? RowTransitions.first(arrival.instance(), context.now())
            : RowTransitions.seen(row, arrival.instance()),
        InstanceMessages.externalMigration(arrival.by()));
  }

  private InstanceStatus waitForArrival(InstanceStatus row, Cause cause) {
    return waitFor(
        row,
        new InstanceDecision.WaitFor(
            cause, Deadlines.TASK_WAIT, InstanceMessages.EXTERNAL_MIGRATION_REMEDY));
  }

  /**
   * Whether an observation that was not complete, or did not ask placement, leaves the tie open.
   */
  private boolean arrivalNotQueried(InstanceStatus row, Detail detail) {
    return row.because(Reason.ExternalMigration)
        && (context.snapshot().complete()
            ? context.snapshot().placement() instanceof Placement.NotAsked
                && detail.instance().orElseThrow().building()
            : emptyCheck.mayArrive(detail));
  }

  /** It has left, so if a revert brings it back its attempts begin anew. */
  private InstanceStatus unconfirmed(InstanceStatus row, Instance instance) {
    var byStrategy =
        switch (StrategyTable.choose(context.view(row.id(), host), row)) {
          case InstanceDecision.Move(var way, var _) -> way == Way.CONFIRM;
          case InstanceDecision.Skip _ -> true;
          case InstanceDecision.WaitFor _, InstanceDecision.NeedsAdmin _ -> false;
        };
    var tried = Way.CONFIRM.word().of(row) && (row.is(RowState.Failed) || row.is(RowState.Blocked));
    if (tried && !retryWanted()) {
      return mark(row, RowState.Blocked, InstanceMessages.unconfirmedElsewhere(instance));
    }
    if (byStrategy) {
      var left = Way.CONFIRM.word().of(row) && !tried ? row : row.toBuilder().attempts(0).build();
      return decided(left.toBuilder().destinationHost(instance.host()).build());
    }
    return withAction(
        mark(row, RowState.Blocked, InstanceMessages.unconfirmedElsewhere(instance)).toBuilder()
            .destinationHost(instance.host())
            .attempts(0)
            .build(),
        RowAction.None);
  }

  private void arrivals(Set<String> known) {
    context.snapshot().instances().stream()
        .filter(i -> known.add(i.id()))
        .sorted(Comparator.comparing(Instance::ramMiB).reversed().thenComparing(Instance::id))
        .map(i -> decided(RowTransitions.first(i, context.now())))
        .forEach(rows::add);
  }

  private void unconfirmedResizes(Set<String> known) {
    for (var migration : context.snapshot().migrations()) {
      var instance =
          context
              .snapshot()
              .detail(migration.instanceId())
              .filter(detail -> !isOverIn(detail, migration))
              .flatMap(Detail::instance)
              .filter(i -> EmptyCheck.unconfirmed(migration, i, context.host()));
      if (instance.isEmpty()) {
        continue;
      }
      if (known.add(migration.instanceId())) {
        rows.add(unconfirmed(RowTransitions.first(instance.get(), context.now()), instance.get()));
      } else {
        rows.replaceAll(
            r ->
                r.id().equals(migration.instanceId())
                        && !r.outstanding()
                        && RowState.of(r).isPresent()
                    ? unconfirmed(RowTransitions.seen(r, instance.get()), instance.get())
                    : r);
      }
    }
  }

  /** Whether a migration that was listed as finished was over when its instance was asked for. */
  private static boolean isOverIn(Detail detail, Migration listed) {
    return detail.migrations().stream().anyMatch(m -> m.id() == listed.id() && !m.unfinished());
  }

  private void underWay(Set<String> known) {
    pendingArrivals.values().stream()
        .filter(t -> !known.contains(t.instance().id()))
        .map(t -> arriving(RowTransitions.first(t.instance(), context.now()), t))
        .forEach(rows::add);
  }

  /** Asks for as many moves as may be in flight, in the order of the spec. */
  void ask() {
    var plain = rows.stream().anyMatch(DetailQueries::movesPlainly);
    var inFlight = rows.stream().filter(RowTransitions::inFlight).toList();
    var free = context.input().freeMoves() - inFlight.size();
    var wanted = new MoveQueue(context, rows).wanted();
    var flying = inFlight.stream().filter(InstanceRows::moves).toList();
    var busy = new HashSet<String>();
    flying.forEach(r -> busy.addAll(groups(r.id())));
    var full = EnumSet.noneOf(Way.class);
    var groupsOfFlyingKnown = flying.stream().map(InstanceStatus::id).allMatch(this::known);
    for (var row : candidates()) {
      var way = movable.get(row.id());
      var known =
          way.move().isEmpty()
              || known(row.id()) && (groupsOfFlyingKnown || groups(row.id()).isEmpty());
      if (free <= 0
          || full.contains(way)
          || !known
          || !way.plain() && (plain || !goesSomewhere(row))) {
        continue;
      }
      if (!slotFree(way, way.plain() ? wanted : CHANGED_AT_ONCE)) {
        full.add(way);
        continue;
      }
      var groups = way.move().isPresent() ? groups(row.id()) : Set.<String>of();
      if (groups.stream().anyMatch(busy::contains)) {
        if (row.firstRefusedTime() == null) {
          replace(mark(row, RowState.Pending, InstanceMessages.GROUP_MEMBER_MOVING));
        }
        continue;
      }
      ask(row, way, way.first());
      busy.addAll(groups);
      free--;
    }
  }

  private static boolean moves(InstanceStatus row) {
    return Way.of(row).flatMap(Way::move).isPresent();
  }

  /** Whether placement has told that a way that needs somewhere to go has it. */
  private boolean goesSomewhere(InstanceStatus row) {
    return !movable.get(row.id()).needsDestination()
        || context.view(row.id(), host).detail().flatMap(Detail::offer).isPresent();
  }

  /** Asks for the next operation of each row whose last one is proven. */
  void proceed() {
    for (var row : List.copyOf(rows)) {
      var operation = Optional.ofNullable(next.get(row.id()));
      operation.ifPresent(o -> ask(row, Way.of(row).orElseThrow(), o));
    }
  }

  /**
   * Whether the host may take one more instance this way; {@link Way#slots}. As many again may wait
   * for their confirmation, which copies nothing.
   */
  private boolean slotFree(Way way, int auto) {
    var open =
        rows.stream()
            .filter(RowTransitions::inFlight)
            .filter(r -> Way.of(r).filter(way::sharesSlotsWith).isPresent())
            .toList();
    var slots = way.slots(context.spec().concurrency(), auto);
    var confirming = open.stream().filter(r -> r.is(RowState.Confirming)).count();
    return open.size() - Math.min(confirming, slots) < slots;
  }

  private void ask(InstanceStatus row, Way way, Operation operation) {
    var restoring = row.is(RowState.Restoring);
    var asking =
        Refusals.forLong(row) || restoring
            ? row
            : mark(row, RowState.Requested, InstanceMessages.ASKING);
    var target = operation.moves() ? target(row, operation) : Optional.<String>empty();
    var record =
        way == Way.CONFIRM
            ? context.view(row.id(), host).finished().map(Migration::id).orElse(null)
            : restoring ? row.migrationId() : null;
    var intent =
        asking.toBuilder()
            .firstRefusedTime(row.firstRefusedTime())
            .action(way.word().name())
            .step(way.plain() ? null : operation.word())
            .attempts(row.attemptsMade() + (row.step() == null ? 1 : 0))
            .observedTime(context.snapshot().date())
            .requestUserId(context.snapshot().identity().userId())
            .requestProjectId(context.snapshot().identity().projectId())
            .requestTime(context.now())
            .requestId(null)
            .migrationId(record)
            .nextAttemptTime(null)
            .destinationHost(operation.moves() ? target.orElse(null) : row.destinationHost())
            .build();
    replace(intent);
    var requestId = GlobalRequestId.of(host, intent, operation.moves() ? "move" : operation.word());
    var mayCopyDisks = StrategyTable.mayCopyDisks(context.spec());
    commands.add(operation.command(row.id(), target, mayCopyDisks, requestId));
  }

  /**
   * Where a move goes; empty: the scheduler picks. A preferred host gets the first attempt, and
   * that is made again there if Nova did not take the request.
   */
  private Optional<String> target(InstanceStatus row, Operation operation) {
    return host.preferred().isEmpty()
        ? context.target()
        : host.preferred()
            .filter(t -> Policies.takesInstances(context, t))
            .filter(
                t ->
                    operation.word().equals(row.step())
                        ? t.equals(row.destinationHost())
                        : row.attemptsMade() == (row.step() == null ? 0 : 1));
  }

  private List<InstanceStatus> candidates() {
    var ram =
        context.snapshot().instances().stream()
            .collect(Collectors.toMap(Instance::id, Instance::ramMiB, (a, b) -> a));
    var sign = context.spec().order().equals("SmallestFirst") ? 1 : -1;
    return rows.stream()
        .filter(r -> r.is(RowState.Pending) || toBeAskedAgain(r) || Refusals.forLong(r))
        .filter(r -> movable.containsKey(r.id()))
        .filter(r -> r.nextAttemptTime() == null || !context.now().isBefore(r.nextAttemptTime()))
        .sorted(
            Comparator.comparing((InstanceStatus r) -> !movable.get(r.id()).plain())
                .thenComparing(r -> sign * ram.getOrDefault(r.id(), 0))
                .thenComparing(InstanceStatus::id))
        .toList();
  }

  private Set<String> groups(String instanceId) {
    return context.snapshot().groups().getOrDefault(instanceId, List.of()).stream()
        .map(Group::id)
        .collect(Collectors.toSet());
  }

  /** Whether it is known which server groups an instance is in. */
  private boolean known(String instanceId) {
    return context.snapshot().groups().containsKey(instanceId);
  }

  private void replace(InstanceStatus row) {
    rows.replaceAll(r -> r.id().equals(row.id()) ? row : r);
  }
}
