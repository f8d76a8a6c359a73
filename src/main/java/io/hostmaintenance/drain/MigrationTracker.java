package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Detail;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Follows a row whose request is outstanding to what Nova has made of it.
 *
 * <ol>
 *   <li>Without a request id the answer was lost: an instance action or migration of ours since the
 *       intent is adopted. If none appears in the time that a request may take, the request is sent
 *       again as the same attempt.
 *   <li>Otherwise find the migration record of the request, and give instance and record their
 *       {@link Verdict}.
 *   <li>Moved, left, deleted: the row ends. A cold migration is confirmed first.
 *   <li>Failed or aborted: the next attempt after a back-off, or the row ends Failed.
 *   <li>Queued, running, contradicting accounts: wait, each for its time in {@link Deadlines}, then
 *       abort, force, or report.
 * </ol>
 *
 * <p>Invariants: no second request while an earlier one may take effect; a row is Moved only when
 * host and record agree; only a migration of our user and our action is confirmed or aborted.
 */
final class MigrationTracker {

  private final DecisionContext context;
  private final List<InstanceStatus> rows;

  MigrationTracker(DecisionContext context, List<InstanceStatus> rows) {
    this.context = context;
    this.rows = rows;
  }

  /** The row after this observation, and the command that follows from it. */
  record Next(InstanceStatus row, Optional<Command> command) {
    static Next of(InstanceStatus row) {
      return new Next(row, Optional.empty());
    }
  }

  Next follow(InstanceStatus row) {
    var detail = Optional.ofNullable(context.snapshot().details().get(row.id()));
    var onHost = context.snapshot().onHost(row.id());
    if (onHost.isEmpty() && detail.isEmpty()) {
      return Next.of(
          context.unseenForLong(row)
              ? mark(row, RowState.Blocked, InstanceMessages.unseen(row))
              : row);
    }
    var instance = onHost.or(() -> detail.flatMap(Detail::instance));
    var seen = instance.map(i -> RowTransitions.seen(row, i)).orElse(row);
    if (seen.requestId() == null) {
      return unanswered(seen, instance, detail);
    }
    return accepted(seen, instance, detail);
  }

  /**
   * The request went out, or did not, and nobody answered, or Nova said that something stands in
   * its way, which may be an earlier request of ours: Nova's own account decides.
   */
  private Next unanswered(
      InstanceStatus row, Optional<Instance> instance, Optional<Detail> detail) {
    if (row.because(Reason.Refused)) {
      return Next.of(
          ended(
              RowTransitions.settle(row),
              RowState.Failed,
              new Cause(Reason.Refused, row.message())));
    }
    if (instance.isEmpty()) {
      return Next.of(ended(row, RowState.Gone, InstanceMessages.DELETED));
    }
    if (detail.isEmpty()) {
      return Next.of(nothingTold(row));
    }
    var sinceIntent =
        ownActions(row, detail.get()).stream()
            .filter(a -> afterIntent(row, a.startTime()))
            .toList();
    var over = context.waited(row).compareTo(context.settings().answerWait()) >= 0;
    var here = context.host().equals(instance.get().host());
    var refused = row.because(Reason.TaskInProgress) || row.because(Reason.UnsupportedState);
    // what has failed may be an older one, as long as the request may still be on its way
    var ours =
        here && instance.get().idle() && !over && !refused
            ? List.<InstanceAction>of()
            : seen(row, instance, detail).map(List::of).orElse(sinceIntent);
    if (ours.size() == 1) {
      var adopted = row.toBuilder().requestId(ours.getFirst().requestId()).build();
      return accepted(
          mark(adopted, RowState.InProgress, InstanceMessages.ADOPTED), instance, detail);
    }
    if (!here) {
      if (unexplained(row, detail)) {
        return Next.of(mark(row, RowState.Requested, InstanceMessages.LEFT_WITHOUT_RECORD));
      }
      return Next.of(
          ended(row, RowState.Gone, InstanceMessages.movedWithoutRequest(instance.get().host())));
    }
    if (row.because(Reason.TaskInProgress)) {
      return Next.of(refused(row, Reason.TaskInProgress));
    }
    if (row.because(Reason.UnsupportedState)) {
      return Next.of(attemptFailed(row, new Cause(Reason.UnsupportedState, row.message())));
    }
    if (ours.size() > 1 && instance.get().idle()) {
      return Next.of(attemptFailed(row, InstanceMessages.SEVERAL_REQUESTS));
    }
    if (over && Refusals.forLong(row)) {
      return Next.of(refused(row, Reason.ApiUnavailable));
    }
    if (over && context.ago(row.lastTransitionTime()).compareTo(Deadlines.UNANSWERED) >= 0) {
      var since =
          row.firstRefusedTime() == null ? row.lastTransitionTime() : row.firstRefusedTime();
      var told = saysWhatNovaSaid(row) ? row.message() : InstanceMessages.ANSWER_LOST;
      return Next.of(
          refused(
              row.toBuilder().firstRefusedTime(since).message(told).build(),
              Reason.ApiUnavailable));
    }
    if (over && instance.get().idle()) {
      return Next.of(
          doubtful(row, detail.get())
              .map(a -> attemptFailed(row, apart(row, a)))
              .orElseGet(() -> askAgain(row)));
    }
    return Next.of(
        Refusals.forLong(row) || row.because(Reason.AnswerUnknown) && saysWhatNovaSaid(row)
            ? row
            : lookedFor(row));
  }

  private InstanceStatus refused(InstanceStatus row, Reason reason) {
    return Refusals.refused(row, new Cause(reason, row.message()), Optional.empty(), context.now());
  }

  private static boolean saysWhatNovaSaid(InstanceStatus row) {
    return !InstanceMessages.ASKING.message().equals(row.message())
        && !InstanceMessages.ANSWER_SOUGHT.message().equals(row.message());
  }

  private InstanceStatus lookedFor(InstanceStatus row) {
    return mark(row, RowState.Requested, InstanceMessages.ANSWER_SOUGHT);
  }

  /** Nova does not tell what became of a request: for long that is reported for manual action. */
  private InstanceStatus nothingTold(InstanceStatus row) {
    return silent(row) || context.ago(row.lastTransitionTime()).compareTo(Deadlines.UNANSWERED) >= 0
        ? mark(row, RowState.Blocked, InstanceMessages.NOTHING_TOLD)
        : row;
  }

  private static boolean silent(InstanceStatus row) {
    return row.is(RowState.Blocked) && row.because(Reason.ApiUnavailable);
  }

  /** The row ready to be asked for again as the same attempt. */
  private InstanceStatus askAgain(InstanceStatus row) {
    return row.toBuilder().attempts(row.attemptsMade() - 1).requestTime(null).build();
  }

  /** The actions of the row's kind that our user asked for, newest first. */
  private List<InstanceAction> ownActions(InstanceStatus row, Detail detail) {
    var name =
        RowAction.LiveMigrate.of(row) ? InstanceAction.LIVE_MIGRATION : InstanceAction.MIGRATE;
    return detail.actions().stream()
        .filter(a -> a.action().equals(name))
        .filter(a -> asker(row).userId().equals(a.userId()))
        .filter(a -> asker(row).projectId().equals(a.projectId()))
        .toList();
  }

  /** The action of a request of ours that is seen to move the instance, or to have moved it. */
  private Optional<InstanceAction> seen(
      InstanceStatus row, Optional<Instance> instance, Optional<Detail> detail) {
    return moving(row, instance, records(row, detail))
        .flatMap(m -> ownActions(row, detail.orElseThrow()).stream().findFirst());
  }

  /**
   * The migration that moves the instance, or has moved it off the host, where our user asked for
   * it. It is that of the outstanding request, whatever Nova's clocks say: at the intent the
   * instance was here and at rest, and this is the newest of its migrations.
   */
  private Optional<Migration> moving(
      InstanceStatus row, Optional<Instance> instance, List<Migration> records) {
    var type = RowAction.ColdMigrate.of(row) ? Migration.COLD : Migration.LIVE;
    return records.reversed().stream()
        .max(Comparator.comparing(Migration::id))
        .filter(m -> context.host().equals(m.sourceHost()) && m.type().equals(type))
        .filter(m -> asker(row).userId().equals(m.userId()))
        .filter(m -> instance.filter(i -> explains(m, i)).isPresent());
  }

  private boolean explains(Migration migration, Instance instance) {
    return context.host().equals(instance.host())
        ? migration.unfinished() && underMigration(instance)
        : instance.host() != null
            && instance.host().equals(migration.destinationHost())
            && (migration.unfinished() || migration.endedWell());
  }

  private static boolean underMigration(Instance instance) {
    return instance.migrating() || instance.resizing();
  }

  /** An action that would be that of the request if Nova's own clocks were apart. */
  private Optional<InstanceAction> doubtful(InstanceStatus row, Detail detail) {
    return ownActions(row, detail).stream()
        .findFirst()
        .filter(a -> row.observedTime() != null)
        .filter(a -> a.startTime().isAfter(row.observedTime().minus(Deadlines.APART)))
        .filter(
            a ->
                recordOf(a, detail)
                    .filter(m -> !context.host().equals(m.sourceHost()) || m.endedWell())
                    .isEmpty());
  }

  private static Cause apart(InstanceStatus row, InstanceAction action) {
    return InstanceMessages.clocksHideRequest(
        action, Duration.between(action.startTime(), row.observedTime()));
  }

  /** Whether Nova shows no record by which the instance has left; a list may be short for once. */
  private boolean unexplained(InstanceStatus row, Optional<Detail> detail) {
    return records(row, detail).isEmpty()
        && (row.migrationId() != null
            || !row.because(Reason.Settling)
            || context.ago(row.lastTransitionTime()).compareTo(Deadlines.SETTLING) < 0);
  }

  /** Who made the row's request: another user than now where clouds.yaml has changed since. */
  private Identity asker(InstanceStatus row) {
    return row.requestUserId() == null
        ? context.snapshot().identity()
        : new Identity(row.requestUserId(), row.requestProjectId());
  }

  static boolean afterIntent(InstanceStatus row, Instant moment) {
    return row.observedTime() == null || !moment.isBefore(row.observedTime().minus(Deadlines.SKEW));
  }

  private Next accepted(InstanceStatus row, Optional<Instance> instance, Optional<Detail> detail) {
    var record = record(row, instance, detail);
    var told = record.map(r -> withRecord(row, r)).orElse(row);
    var cold = RowAction.ColdMigrate.of(row);
    var verdict =
        cold
            ? Verdict.cold(instance, record, context.host())
            : Verdict.live(instance, record, context.host());
    var here = instance.map(Instance::host).orElse(null);
    return switch (verdict) {
      case QUEUED ->
          ownAction(told, detail).filter(InstanceAction::failed).isPresent()
              ? Next.of(settling(told, instance.orElseThrow(), record, detail))
              : queued(told, record);
      case RUNNING -> running(told, instance.orElseThrow(), record.orElseThrow());
      case SETTLING ->
          record.filter(Migration::confirming).isPresent() && !context.sourceUp()
              ? confirm(told, detail)
              : Next.of(settling(told, instance.orElseThrow(), record, detail));
      case DROPPED -> Next.of(dropped(told, detail));
      case TO_CONFIRM -> confirm(told, detail);
      case MOVED ->
          Next.of(
              ended(
                  here == null ? told : told.toBuilder().destinationHost(here).build(),
                  RowState.Moved,
                  InstanceMessages.moved(here == null ? told.destinationHost() : here)));
      case MOVED_WITH_ERROR ->
          Next.of(
              ended(
                  told.toBuilder().destinationHost(here).build(),
                  RowState.Failed,
                  InstanceMessages.movedWithError(
                      told, instance.orElseThrow(), MoveFailure.of(told, context))));
      case LEFT ->
          Next.of(
              unexplained(row, detail)
                  ? settling(told, instance.orElseThrow(), record, detail)
                  : ended(
                      told.toBuilder().destinationHost(here).build(),
                      RowState.Gone,
                      movedByAnother(told, here, detail)));
      case FAILED -> Next.of(attemptFailed(told, MoveFailure.of(told, context)));
      case BROKEN ->
          Next.of(
              ended(
                  told.toBuilder().destinationHost(null).build(),
                  RowState.Failed,
                  InstanceMessages.endedInError(instance, MoveFailure.of(told, context))));
      case ABORTED ->
          Next.of(
              attemptFailed(
                  told,
                  row.because(Reason.Timeout)
                      ? InstanceMessages.ABORTED_BY_TIMEOUT
                      : InstanceMessages.ABORTED));
      case REVERTED -> Next.of(attemptFailed(told, InstanceMessages.REVERTED));
      case DELETED -> Next.of(ended(told, RowState.Gone, InstanceMessages.DELETED));
    };
  }

  private InstanceStatus mark(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.mark(row, state, cause, context.now());
  }

  private InstanceStatus ended(InstanceStatus row, RowState state, Cause cause) {
    return RowTransitions.end(row, state, cause, context.now());
  }

  private InstanceStatus withRecord(InstanceStatus row, Migration record) {
    return row.toBuilder()
        .migrationId(record.id())
        .destinationHost(
            record.destinationHost() == null ? row.destinationHost() : record.destinationHost())
        .build();
  }

  /**
   * The record of our request: of our kind and user, from this host, made since the intent. Records
   * carry no request id, so for a cold migration, whose confirmation cannot be taken back, it must
   * also lie between our action and the next one.
   */
  private Optional<Migration> record(
      InstanceStatus row, Optional<Instance> instance, Optional<Detail> detail) {
    var records = records(row, detail);
    var id =
        row.migrationId() != null
            ? Optional.of(row.migrationId())
            : ours(row, instance, records, detail);
    // the detail was asked for later than the list: its word counts
    return id.flatMap(n -> records.reversed().stream().filter(m -> m.id() == n).findFirst());
  }

  /** What was told of the instance's records: the list of the host, then the instance's own. */
  private List<Migration> records(InstanceStatus row, Optional<Detail> detail) {
    return Stream.concat(
            context.snapshot().migrations().stream(),
            detail.stream().flatMap(d -> d.migrations().stream()))
        .filter(m -> m.instanceId().equals(row.id()))
        .toList();
  }

  private Optional<Long> ours(
      InstanceStatus row,
      Optional<Instance> instance,
      List<Migration> records,
      Optional<Detail> detail) {
    var type = RowAction.ColdMigrate.of(row) ? Migration.COLD : Migration.LIVE;
    return detail
        .flatMap(d -> byOrder(row, d))
        .or(
            () ->
                moving(row, instance, records)
                    .filter(m -> isNewest(row, detail))
                    .map(Migration::id))
        .or(
            () ->
                records.stream()
                    .filter(m -> detail.isPresent())
                    .filter(m -> m.type().equals(type) && context.host().equals(m.sourceHost()))
                    .filter(m -> asker(row).userId().equals(m.userId()))
                    .filter(m -> afterIntent(row, m.createdAt()))
                    .filter(m -> RowAction.LiveMigrate.of(row) || underOurAction(row, m, detail))
                    .map(Migration::id)
                    .min(Comparator.naturalOrder()));
  }

  /**
   * The record of our action whatever the clocks of Nova's own hosts say: the n-th record that our
   * user made is that of its n-th action, as long as there are as many of the one as of the other.
   */
  private Optional<Long> byOrder(InstanceStatus row, Detail detail) {
    return ownActions(row, detail).stream()
        .filter(a -> a.requestId().equals(row.requestId()) && mayArrive(row, detail))
        .findFirst()
        .flatMap(a -> recordOf(a, detail))
        .filter(m -> context.host().equals(m.sourceHost()))
        .map(Migration::id);
  }

  private static Optional<Migration> recordOf(InstanceAction action, Detail detail) {
    var type = action.liveMigration() ? Migration.LIVE : Migration.COLD;
    var actions =
        detail.actions().stream()
            .filter(a -> a.action().equals(action.action()))
            .filter(a -> a.userId().equals(action.userId()))
            .map(InstanceAction::requestId)
            .toList();
    var records =
        detail.migrations().stream()
            .filter(m -> m.type().equals(type) && action.userId().equals(m.userId()))
            .sorted(Comparator.comparing(Migration::id).reversed())
            .toList();
    var place = actions.indexOf(action.requestId());
    return place >= 0 && actions.size() == records.size()
        ? Optional.of(records.get(place))
        : Optional.empty();
  }

  /** Whether our action is the last by which anybody moved the instance, as far as it was asked. */
  private static boolean isNewest(InstanceStatus row, Optional<Detail> detail) {
    var actions = detail.map(Detail::actions).orElse(List.of());
    return RowAction.LiveMigrate.of(row) && actions.isEmpty()
        || actions.stream()
            .filter(InstanceAction::moves)
            .findFirst()
            .filter(a -> a.requestId().equals(row.requestId()))
            .isPresent();
  }

  /** A cold migration is confirmed by its record, so nothing may have moved the instance since. */
  private static boolean mayArrive(InstanceStatus row, Detail detail) {
    return RowAction.LiveMigrate.of(row) || isNewest(row, Optional.of(detail));
  }

  private boolean underOurAction(InstanceStatus row, Migration record, Optional<Detail> detail) {
    var actions = detail.map(Detail::actions).orElse(List.of());
    return actions.stream()
        .filter(a -> !a.startTime().isAfter(record.createdAt().plus(Deadlines.SKEW)))
        .filter(InstanceAction::moves)
        .findFirst()
        .map(a -> a.requestId().equals(row.requestId()))
        .orElse(false);
  }

  private Next queued(InstanceStatus row, Optional<Migration> record) {
    var othersRun =
        rows.stream()
            .anyMatch(
                r ->
                    !r.id().equals(row.id())
                        && RowTransitions.inFlight(r)
                        && r.startTime() != null);
    if (othersRun) {
      return Next.of(mark(row, RowState.InProgress, InstanceMessages.WAITS_FOR_OTHER_MOVE));
    }
    var stranger = RowAction.LiveMigrate.of(row) ? strangersMove(row) : Optional.<Instance>empty();
    if (stranger.isPresent()) {
      return Next.of(
          mark(row, RowState.InProgress, InstanceMessages.waitsForExternalMove(stranger.get())));
    }
    if (row.because(Reason.Inconsistent)
        || row.because(Reason.Queued)
            && context.ago(row.lastTransitionTime()).compareTo(Deadlines.QUEUEING) >= 0) {
      return Next.of(mark(row, RowState.Blocked, InstanceMessages.notBegun(row)));
    }
    return Next.of(mark(row, RowState.InProgress, InstanceMessages.queued(record)));
  }

  /**
   * An instance that somebody else live-migrates from the host: Nova's queue at the source is one
   * for all. One that stands so for long counts only while its record moves.
   */
  private Optional<Instance> strangersMove(InstanceStatus row) {
    return context.snapshot().instances().stream()
        .filter(i -> !i.id().equals(row.id()) && i.migrating())
        .filter(
            i ->
                rows.stream()
                        .filter(r -> r.id().equals(i.id()))
                        .noneMatch(r -> r.outstanding() || r.is(RowState.Blocked))
                    || strangersRecordMoves(i))
        .findFirst();
  }

  private boolean strangersRecordMoves(Instance instance) {
    return rows.stream().noneMatch(r -> r.id().equals(instance.id()) && r.outstanding())
        && context.snapshot().migrations().stream()
            .filter(m -> m.instanceId().equals(instance.id()) && m.unfinished())
            .filter(m -> context.host().equals(m.sourceHost()) && m.updatedAt() != null)
            .anyMatch(
                m -> m.updatedAt().isAfter(context.snapshot().date().minus(Deadlines.SETTLING)));
  }

  private Next running(InstanceStatus row, Instance instance, Migration record) {
    var started = row.startTime() == null ? row.toBuilder().startTime(context.now()).build() : row;
    var shown =
        started.toBuilder()
            .progressPercent(instance.progress() == null ? null : instance.progress() / 10 * 10)
            .build();
    var limit = Deadlines.attempt(context.spec(), instance.ramMiB());
    if (context.ago(shown.startTime()).compareTo(limit) < 0) {
      return Next.of(mark(shown, RowState.InProgress, InstanceMessages.running(shown)));
    }
    return overdue(shown, instance, record, limit);
  }

  private Next overdue(InstanceStatus row, Instance instance, Migration record, Duration limit) {
    var asked = row.because(Reason.Timeout);

    if (asked
        && row.is(RowState.InProgress)
        && context.ago(row.lastTransitionTime()).compareTo(Deadlines.SETTLING) < 0) {
      var refused = row.nextAttemptTime() != null && !context.now().isBefore(row.nextAttemptTime());
      return refused ? stop(row, instance, record, limit).orElse(Next.of(row)) : Next.of(row);
    }
    if (!asked) {
      var stop = stop(row, instance, record, limit);
      if (stop.isPresent()) {
        return stop.get();
      }
    }
    return Next.of(
        mark(
            row,
            RowState.Blocked,
            InstanceMessages.timeout(
                limit,
                RowAction.ColdMigrate.of(row)
                    ? InstanceMessages.COLD_AWAITED
                    : InstanceMessages.AWAITED)));
  }

  /** What ends an overdue live migration by the spec; empty when nothing may or can. */
  private Optional<Next> stop(
      InstanceStatus row, Instance instance, Migration record, Duration limit) {
    if (RowAction.ColdMigrate.of(row) || context.spec().onTimeout().equals("Wait")) {
      return Optional.empty();
    }
    var asking = row.toBuilder().nextAttemptTime(null).build();
    if (context.spec().onTimeout().equals("ForceComplete")
        && record.running()
        && instance.active()) {
      return Optional.of(
          new Next(
              mark(
                  asking,
                  RowState.InProgress,
                  InstanceMessages.timeout(limit, InstanceMessages.FORCED)),
              Optional.of(new Command.ForceCompleteMigration(row.id(), record.id()))));
    }
    if (record.inPostCopy()) {
      return Optional.empty();
    }
    return Optional.of(
        new Next(
            mark(
                asking,
                RowState.InProgress,
                InstanceMessages.timeout(limit, InstanceMessages.ABORTING)),
            Optional.of(new Command.AbortMigration(row.id(), record.id()))));
  }

  /** The action of the row's request, as the list or its events tell it. */
  private static Optional<InstanceAction> ownAction(InstanceStatus row, Optional<Detail> detail) {
    return detail.flatMap(
        d ->
            d.events()
                .or(
                    () ->
                        d.actions().stream()
                            .filter(a -> a.requestId().equals(row.requestId()))
                            .findFirst()));
  }

  /** Someone else's move; or ours, where one of our records may not be known by its time. */
  private Cause movedByAnother(InstanceStatus row, String here, Optional<Detail> detail) {
    return detail.stream()
        .flatMap(d -> d.migrations().stream())
        .filter(m -> asker(row).userId().equals(m.userId()) && row.observedTime() != null)
        .findFirst()
        .filter(m -> m.completed() && here.equals(m.destinationHost()))
        .filter(m -> m.createdAt().isBefore(row.observedTime().minus(Deadlines.SKEW)))
        .map(
            m ->
                InstanceMessages.movedByAnotherOrClocks(
                    here, m, Duration.between(m.createdAt(), row.observedTime())))
        .orElseGet(() -> InstanceMessages.movedExternally(here));
  }

  private InstanceStatus settling(
      InstanceStatus row, Instance instance, Optional<Migration> record, Optional<Detail> detail) {
    var failed = ownAction(row, detail).filter(InstanceAction::failed);
    if (failed.isPresent()
        && !instance.idle()
        && context.host().equals(instance.host())
        && (row.because(Reason.Inconsistent)
            || row.because(Reason.Settling)
                && context.ago(row.lastTransitionTime()).compareTo(Deadlines.DROPPED) >= 0)) {
      return taskForEver(row, instance);
    }
    if (row.because(Reason.Inconsistent)
        || row.because(Reason.Settling)
            && context.ago(row.lastTransitionTime()).compareTo(Deadlines.SETTLING) >= 0) {
      return contradiction(row, instance, record);
    }
    if (row.because(Reason.Timeout)
        && context.ago(row.lastTransitionTime()).compareTo(Deadlines.SETTLING) < 0) {
      return row; // aborted because of its time: the word that it was stays until the end is seen
    }
    return mark(
        row,
        row.is(RowState.Confirming) ? RowState.Confirming : RowState.InProgress,
        InstanceMessages.settling(record));
  }

  /** Nova has ended the action with an error and left the task: nothing ends it by itself. */
  private InstanceStatus taskForEver(InstanceStatus row, Instance instance) {
    return mark(
        row,
        RowState.Blocked,
        InstanceMessages.taskRemains(row, instance, MoveFailure.of(row, context)));
  }

  /**
   * Nova's accounts stay apart. What is here and idle with a record that never ended is asked for
   * again; what Nova says has left but shows here may run elsewhere, so an administrator looks
   * first; what is elsewhere and idle has left.
   */
  private InstanceStatus contradiction(
      InstanceStatus row, Instance instance, Optional<Migration> record) {

    var here = context.host().equals(instance.host());
    var atRest = instance.idle() && !instance.resized();
    if (here && atRest && record.filter(Migration::unfinished).isPresent()) {
      return attemptFailed(row, InstanceMessages.stuckRecord(row, record));
    }
    if (here && atRest) {
      return ended(row, RowState.Failed, InstanceMessages.shownHere(record));
    }
    if (!here && atRest) {
      var where = row.toBuilder().destinationHost(instance.host()).build();
      return RowAction.LiveMigrate.of(row) && !instance.inError()
          ? ended(where, RowState.Moved, InstanceMessages.leftWithStuckRecord(row, record))
          : ended(where, RowState.Failed, InstanceMessages.leftWithError(where, record));
    }
    if (!here && !bound(row)) {
      return ended(
          row.toBuilder().destinationHost(instance.host()).build(),
          RowState.Gone,
          InstanceMessages.movedAmongOthers(instance.host()));
    }
    return mark(row, RowState.Blocked, InstanceMessages.contradiction(row, record));
  }

  /** Whether any record ties the instance to the host, or nothing was told of them. */
  private boolean bound(InstanceStatus row) {
    var detail = context.snapshot().details().get(row.id());
    return detail == null
        || detail.migrations().isEmpty()
        || detail.migrations().stream()
            .filter(
                m ->
                    context.host().equals(m.sourceHost())
                        || context.host().equals(m.destinationHost()))
            .anyMatch(m -> m.unfinished() || m.reverted());
  }

  private InstanceStatus dropped(InstanceStatus row, Optional<Detail> detail) {
    if (detail.isEmpty()) {
      return row;
    }
    if (detail.get().events().map(InstanceAction::failed).orElse(false)) {
      return attemptFailed(row, MoveFailure.of(row, context));
    }
    if (context.ago(row.requestTime()).compareTo(Deadlines.DROPPED) < 0) {
      return mark(row, RowState.InProgress, InstanceMessages.ACCEPTED);
    }
    return attemptFailed(row, InstanceMessages.dropped(row));
  }

  private Next confirm(InstanceStatus row, Optional<Detail> detail) {
    var finished =
        detail.stream().flatMap(d -> d.migrations().stream()).filter(Migration::finished).toList();
    if (finished.size() > 1) {
      return Next.of(mark(row, RowState.Blocked, InstanceMessages.othersUnconfirmed(row)));
    }
    var reason = context.sourceUp() ? Reason.UnconfirmedResize : Reason.SourceServiceDown;
    var same = row.because(reason);
    var begun = same || row.is(RowState.Confirming);
    var late =
        same
            && (row.is(RowState.Blocked)
                || context.ago(row.lastTransitionTime()).compareTo(Deadlines.CONFIRMING) >= 0);
    var state = late ? RowState.Blocked : RowState.Confirming;
    var cause =
        !context.sourceUp()
            ? InstanceMessages.notConfirmedWhileDown(context)
            : same && row.is(state)
                ? new Cause(reason, row.message())
                : late ? InstanceMessages.notConfirmed(row) : InstanceMessages.CONFIRMING;
    var marked =
        mark(row, state, cause).toBuilder().firstRefusedTime(row.firstRefusedTime()).build();
    var due =
        row.nextAttemptTime() == null
            ? !begun || context.waited(row).compareTo(context.settings().answerWait()) >= 0
            : !context.now().isBefore(row.nextAttemptTime());
    var found = !finished.isEmpty() && row.migrationId().equals(finished.getFirst().id());
    if (!context.sourceUp() || !due || !found) {
      return Next.of(marked);
    }
    var intent =
        marked.toBuilder()
            .requestTime(context.now())
            .observedTime(context.snapshot().date())
            .nextAttemptTime(null)
            .build();
    return new Next(
        intent,
        Optional.of(
            new Command.ConfirmResize(row.id(), GlobalRequestId.of(context, row, "confirm"))));
  }

  /** The row after a failed attempt: to be asked for again after a while, or at its end. */
  private InstanceStatus attemptFailed(InstanceStatus row, Cause cause) {
    var settled = RowTransitions.settle(row);
    if (row.attemptsMade() >= context.spec().maxAttempts()) {
      return ended(settled, RowState.Failed, cause);
    }
    return mark(
        settled.toBuilder()
            .migrationId(null)
            .requestId(null)
            .nextAttemptTime(context.now().plus(Deadlines.backOff(row.attemptsMade())))
            .build(),
        RowState.Pending,
        cause);
  }
}
