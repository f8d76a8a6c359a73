package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Emptiness.Tie;
import io.hostmaintenance.drain.InstanceTable.Judgement;
import io.hostmaintenance.drain.Sight.Detail;
import io.hostmaintenance.drain.Sight.Group;
import io.hostmaintenance.drain.Sight.Placement;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.ArrayList;
import java.util.Comparator;
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

/** The results table at one look: every row brought up to date, then as many asked as may be. */
final class Table {

  private final Moment at;
  private final Emptiness emptiness;
  private final List<InstanceStatus> rows = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, RowAction> movable = new HashMap<>();
  private final Map<String, Tie> ties = new LinkedHashMap<>();

  private Table(Moment at) {
    this.at = at;
    this.emptiness = new Emptiness(at.host(), at.look());
    emptiness.ties().forEach(t -> ties.putIfAbsent(t.instance().id(), t));
  }

  /** The table after the look, nothing new asked. */
  static Table upToDate(Moment at) {
    var table = new Table(at);
    var previous = at.previous().instances();
    for (var row : previous) {
      table.rows.add(table.update(row, previous));
    }
    table.arrivals();
    table.unconfirmedResizes();
    table.underWay();
    return table;
  }

  /** The rows; what stands as it stood before this look does so since then. */
  List<InstanceStatus> rows() {
    var before =
        at.previous().instances().stream()
            .collect(Collectors.toMap(InstanceStatus::id, Function.identity(), (a, b) -> a));
    return rows.stream().map(r -> since(r, before.get(r.id()))).toList();
  }

  private static InstanceStatus since(InstanceStatus row, InstanceStatus before) {
    return before != null
            && row.since() != null
            && before.since() != null
            && Objects.equals(row.state(), before.state())
            && Objects.equals(row.reason(), before.reason())
        ? row.toBuilder().since(before.since()).build()
        : row;
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  private InstanceStatus update(InstanceStatus row, List<InstanceStatus> all) {
    if (RowState.of(row).isEmpty()) {
      return row;
    }
    if (!row.outstanding()) {
      return rest(row);
    }
    var next = new Follow(at, all).follow(row);
    next.step().ifPresent(steps::add);
    return toBeAskedAgain(next.row()) ? rest(next.row()) : next.row();
  }

  /** Whether the row's request is to be repeated as the same attempt; it keeps its time. */
  private static boolean toBeAskedAgain(InstanceStatus row) {
    return row.is(RowState.Requested) && !row.outstanding();
  }

  /** A row without an outstanding request. */
  private InstanceStatus rest(InstanceStatus row) {
    var onHost = at.look().onHost(row.id());
    return onHost.isPresent() ? here(row, onHost.get()) : away(row);
  }

  private InstanceStatus here(InstanceStatus row, Instance instance) {
    return switch (RowState.of(row).orElseThrow()) {
      case Moved, Gone -> judged(Rows.first(instance, at.now()), instance);
      case Failed ->
          row.because(Reason.MovedWithError)
              ? judged(Rows.first(instance, at.now()), instance)
              : mayRetry(row, instance)
                  ? judged(retried(row, instance), instance)
                  : row.toBuilder().status(Text.cut(instance.status(), 32)).build();
      case Skipped -> row;
      case Pending, Requested, InProgress, Confirming, Blocked ->
          row.refusedSince() != null && retryWanted()
              ? judged(retried(row, instance), instance)
              : judged(Rows.seen(row, instance), instance);
    };
  }

  /** The row to be asked for once more, but never so soon that two attempts look like one. */
  private InstanceStatus retried(InstanceStatus row, Instance instance) {
    var soonest = row.finishedAt() == null ? at.now() : row.finishedAt().plus(Deadlines.backOff(1));
    return Rows.first(instance, at.now()).toBuilder()
        .attempts(retryWanted() ? 0 : row.attempts())
        .notBefore(at.now().isBefore(soonest) ? soonest : null)
        .build();
  }

  private boolean retryWanted() {
    var annotations = at.situation().resource().getMetadata().getAnnotations();
    var wanted = annotations == null ? null : annotations.get(HostMaintenance.RETRY);
    return wanted != null && !wanted.equals(at.previous().retry());
  }

  private boolean mayRetry(InstanceStatus row, Instance instance) {
    return retryWanted()
        || row.attemptsMade() < at.spec().maxAttempts()
            && !instance.inError()
            && !row.because(Reason.Refused)
            && !(row.because(Reason.Inconsistent) && row.destinationHost() != null);
  }

  private InstanceStatus judged(InstanceStatus row, Instance instance) {
    var detail = Optional.ofNullable(at.look().details().get(row.id()));
    var judgement = InstanceTable.judge(instance, detail, at.spec().liveMigrate());
    return switch (judgement) {
      case Judgement.Move(var action) -> toMove(row, action);
      case Judgement.WaitFor wait -> waitFor(row, wait);
      case Judgement.NeedsHuman(var reason, var message) ->
          withAction(Rows.mark(row, RowState.Blocked, reason, message, at.now()), RowAction.None);
    };
  }

  private InstanceStatus toMove(InstanceStatus row, RowAction action) {
    var affinity = Failure.group(row.id(), "affinity", at);
    if (affinity.isPresent()) {
      return withAction(
          Rows.mark(
              row,
              RowState.Blocked,
              Reason.AffinityGroup,
              "Nova moves no member of its hard affinity group "
                  + affinity.get().name()
                  + ". Its owner may delete the group for good (openstack server group delete "
                  + affinity.get().id()
                  + "), or shelve-offload ALL members and unshelve them elsewhere.",
              at.now()),
          RowAction.None);
    }
    movable.put(row.id(), action);
    if (sayingWhyItFailed(row) && Refusals.tooLong(row)) {
      return withAction(
          Refusals.blocked(row, Reason.valueOf(row.reason()), row.message(), at.now()), action);
    }
    return withAction(
        sayingWhyItFailed(row) || toBeAskedAgain(row) || Refusals.forLong(row)
            ? row
            : Rows.mark(row, RowState.Pending, Reason.Waiting, "Waits for its turn.", at.now()),
        action);
  }

  /** Whether a row that waits to be asked for again still says why it was not moved. */
  private static boolean sayingWhyItFailed(InstanceStatus row) {
    return row.is(RowState.Pending)
        && row.notBefore() != null
        && row.reason() != null
        && (!row.because(Reason.TaskInProgress) || row.refusedSince() != null)
        && !row.because(Reason.SourceOff)
        && !row.because(Reason.GroupMemberMoving);
  }

  private InstanceStatus waitFor(InstanceStatus row, Judgement.WaitFor wait) {
    var same = row.because(wait.reason());
    var tooLong =
        same && (row.is(RowState.Blocked) || at.ago(row.since()).compareTo(wait.atMost()) >= 0);
    var marked =
        tooLong
            ? Rows.mark(
                row,
                RowState.Blocked,
                wait.reason(),
                wait.message() + " " + wait.remedy(),
                at.now())
            : Rows.mark(row, RowState.Pending, wait.reason(), wait.message(), at.now());
    return withAction(marked, RowAction.Wait);
  }

  private static InstanceStatus withAction(InstanceStatus row, RowAction action) {
    return row.toBuilder().action(action.name()).build();
  }

  private InstanceStatus away(InstanceStatus row) {
    if (ties.containsKey(row.id())) {
      return tied(row, ties.get(row.id()));
    }
    var state = RowState.of(row).orElseThrow();
    if (state == RowState.Moved
        || state == RowState.Gone
        || state == RowState.Skipped
        || row.because(Reason.MovedWithError)) {
      return row;
    }
    var detail = Optional.ofNullable(at.look().details().get(row.id()));
    if (detail.isEmpty()) {
      return state.remaining() && at.unseenForLong(row) ? Rows.unseen(row, at.now()) : row;
    }
    var instance = detail.get().instance();
    if (instance.isEmpty()) {
      return Rows.end(row, RowState.Gone, Reason.Deleted, "It was deleted.", at.now());
    }
    if (at.host().equals(instance.get().host())) {
      return row;
    }
    if (tieNotLookedFor(row, detail.get())) {
      return row.is(RowState.Blocked)
          ? row
          : waitForTie(Rows.seen(row, instance.get()), row.message());
    }
    if (instance.get().resizing()) {
      return judged(Rows.seen(row, instance.get()), instance.get());
    }
    var left =
        detail.get().migrations().stream()
            .anyMatch(m -> Emptiness.unconfirmed(m, instance.get(), at.host()));
    if (left) {
      return unconfirmed(Rows.seen(row, instance.get()), instance.get());
    }
    return left(Rows.seen(row, instance.get()), instance.get(), detail.get());
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
            .filter(m -> at.host().equals(m.sourceHost()))
            .filter(m -> at.look().identity().userId().equals(m.userId()));
    if (ours.filter(Migration::endedWell).isPresent()) {
      return Rows.end(moved, RowState.Moved, Reason.Moved, "Moved to " + where + ".", at.now());
    }
    return ours.filter(Migration::failed).isPresent()
        ? Rows.end(
            moved,
            RowState.Failed,
            Reason.MovedWithError,
            "It left the host for "
                + where
                + ", but our move ended with an error and its state there is "
                + row.status()
                + ": look after it there.",
            at.now())
        : Rows.end(
            moved,
            RowState.Gone,
            Reason.MovedBySomebodyElse,
            where == null
                ? "It is on no host any more."
                : "It is on " + where + " now, by somebody else's hand.",
            at.now());
  }

  /** What comes back to the host after it has left it is as new. */
  private InstanceStatus tied(InstanceStatus row, Tie tie) {
    var left = row.finishedAt() != null;
    return waitForTie(
        left ? Rows.first(tie.instance(), at.now()) : Rows.seen(row, tie.instance()),
        tie.by() + " from or to this host is under way, by somebody else's hand.");
  }

  private InstanceStatus waitForTie(InstanceStatus row, String message) {
    return waitFor(
        row,
        new Judgement.WaitFor(
            Reason.UnderWay,
            message,
            Deadlines.TASK_WAIT,
            "See what holds it up (openstack server migration list --server "
                + row.id()
                + "), and delete the instance if its build hangs."));
  }

  /** Whether a look that was not complete, or did not ask placement, leaves the tie open. */
  private boolean tieNotLookedFor(InstanceStatus row, Detail detail) {
    return row.because(Reason.UnderWay)
        && (at.look().complete()
            ? at.look().placement() instanceof Placement.NotAsked
                && detail.instance().orElseThrow().building()
            : emptiness.mayBeTied(detail));
  }

  /** It has left, so if a revert brings it back its attempts begin anew. */
  private InstanceStatus unconfirmed(InstanceStatus row, Instance instance) {
    return withAction(
        Rows.mark(
                row,
                RowState.Blocked,
                Reason.UnconfirmedResize,
                "A resize or migration to "
                    + instance.host()
                    + " is not confirmed, so its disk is still here and a revert brings it back:"
                    + " confirm it (openstack server resize confirm "
                    + row.id()
                    + ") or revert it.",
                at.now())
            .toBuilder()
            .destinationHost(instance.host())
            .attempts(0)
            .build(),
        RowAction.None);
  }

  private void arrivals() {
    var known = ids();
    at.look().instances().stream()
        .filter(i -> !known.contains(i.id()))
        .sorted(Comparator.comparing(Instance::ramMiB).reversed().thenComparing(Instance::id))
        .map(i -> judged(Rows.first(i, at.now()), i))
        .forEach(rows::add);
  }

  private void unconfirmedResizes() {
    var known = ids();
    for (var migration : at.look().migrations()) {
      var instance =
          Optional.ofNullable(at.look().details().get(migration.instanceId()))
              .flatMap(Detail::instance)
              .filter(i -> Emptiness.unconfirmed(migration, i, at.host()));
      if (instance.isEmpty()) {
        continue;
      }
      if (known.add(migration.instanceId())) {
        rows.add(unconfirmed(Rows.first(instance.get(), at.now()), instance.get()));
      } else {
        rows.replaceAll(
            r ->
                r.id().equals(migration.instanceId())
                        && !r.outstanding()
                        && RowState.of(r).isPresent()
                    ? unconfirmed(Rows.seen(r, instance.get()), instance.get())
                    : r);
      }
    }
  }

  private void underWay() {
    var known = ids();
    ties.values().stream()
        .filter(t -> !known.contains(t.instance().id()))
        .map(t -> tied(Rows.first(t.instance(), at.now()), t))
        .forEach(rows::add);
  }

  private Set<String> ids() {
    return rows.stream().map(InstanceStatus::id).collect(Collectors.toCollection(HashSet::new));
  }

  /** Asks for as many moves as may be in flight, largest memory first. */
  void ask() {
    var live = at.spec().concurrency().live() - inFlight(RowAction.LiveMigrate);
    var cold = at.spec().concurrency().cold() - inFlight(RowAction.ColdMigrate);
    var flying = rows.stream().filter(Rows::inFlight).toList();
    var free = at.situation().freeMoves() - flying.size();
    var busy = new HashSet<String>();
    flying.forEach(r -> busy.addAll(groups(r.id())));
    var groupsOfFlyingKnown = flying.stream().map(InstanceStatus::id).allMatch(this::known);
    for (var row : candidates()) {
      var action = movable.get(row.id());
      var slots = action == RowAction.LiveMigrate ? live : cold;
      var known = known(row.id()) && (groupsOfFlyingKnown || groups(row.id()).isEmpty());
      if (free <= 0 || slots <= 0 || !known) {
        continue;
      }
      var groups = groups(row.id());
      if (groups.stream().anyMatch(busy::contains)) {
        if (row.refusedSince() == null) {
          replace(
              Rows.mark(
                  row,
                  RowState.Pending,
                  Reason.GroupMemberMoving,
                  "Another member of its server group moves.",
                  at.now()));
        }
        continue;
      }
      ask(row, action);
      busy.addAll(groups);
      free--;
      if (action == RowAction.LiveMigrate) {
        live--;
      } else {
        cold--;
      }
    }
  }

  private void ask(InstanceStatus row, RowAction action) {
    var asking =
        Refusals.forLong(row)
            ? row
            : Rows.mark(row, RowState.Requested, Reason.AnswerUnknown, Rows.ASKING, at.now());
    var intent =
        asking.toBuilder()
            .refusedSince(row.refusedSince())
            .action(action.name())
            .attempts(row.attemptsMade() + 1)
            .lookedAt(at.look().date())
            .requestUserId(at.look().identity().userId())
            .requestProjectId(at.look().identity().projectId())
            .requestedAt(at.now())
            .requestId(null)
            .migrationId(null)
            .notBefore(null)
            .destinationHost(at.spec().targetHost())
            .build();
    replace(intent);
    var ask = GlobalRequestId.ask(at, intent, Optional.ofNullable(at.spec().targetHost()), "move");
    steps.add(
        action == RowAction.LiveMigrate ? new Step.LiveMigrate(ask) : new Step.ColdMigrate(ask));
  }

  private List<InstanceStatus> candidates() {
    var ram =
        at.look().instances().stream()
            .collect(Collectors.toMap(Instance::id, Instance::ramMiB, (a, b) -> a));
    return rows.stream()
        .filter(r -> r.is(RowState.Pending) || toBeAskedAgain(r) || Refusals.forLong(r))
        .filter(r -> movable.containsKey(r.id()))
        .filter(r -> r.notBefore() == null || !at.now().isBefore(r.notBefore()))
        .sorted(
            Comparator.comparing((InstanceStatus r) -> ram.getOrDefault(r.id(), 0))
                .reversed()
                .thenComparing(InstanceStatus::id))
        .toList();
  }

  private Set<String> groups(String instanceId) {
    return at.look().groups().getOrDefault(instanceId, List.of()).stream()
        .map(Group::id)
        .collect(Collectors.toSet());
  }

  /** Whether it is known which server groups an instance is in. */
  private boolean known(String instanceId) {
    return at.look().groups().containsKey(instanceId);
  }

  private int inFlight(RowAction action) {
    return (int) rows.stream().filter(r -> Rows.inFlight(r) && action.of(r)).count();
  }

  private void replace(InstanceStatus row) {
    rows.replaceAll(r -> r.id().equals(row.id()) ? row : r);
  }
}
