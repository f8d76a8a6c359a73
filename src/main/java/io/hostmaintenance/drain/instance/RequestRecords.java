package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which of Nova's actions and migration records of an instance belong to its row's request.
 *
 * <p>An action has the id of the request, a record has not. A record is told by its user, type and
 * source, and by the order of records and actions; its time counts only where nothing else does,
 * for the clocks of Nova's hosts may be apart.
 */
final class RequestRecords {

  private final InstanceView view;
  private final Way way;
  private final Operation operation;

  /**
   * The records of a request.
   *
   * @param operation what was asked for, an operation of the way
   */
  RequestRecords(InstanceView view, Way way, Operation operation) {
    this.view = view;
    this.way = way;
    this.operation = operation;
  }

  /** Whether a moment of Nova's is not before the intent of the row's request. */
  static boolean afterIntent(InstanceStatus row, Instant moment) {
    return row.observedTime() == null || !moment.isBefore(row.observedTime().minus(Deadlines.SKEW));
  }

  /** Who made the row's request: another user than now where clouds.yaml has changed since. */
  Identity asker(InstanceStatus row) {
    return row.requestUserId() == null
        ? view.host().identity()
        : new Identity(row.requestUserId(), row.requestProjectId());
  }

  /** The actions of the row's kind that our user asked for, newest first. */
  List<InstanceAction> actions(InstanceStatus row) {
    return view.actions().stream()
        .filter(a -> a.action().equals(operation.action()))
        .filter(a -> asker(row).userId().equals(a.userId()))
        .filter(a -> asker(row).projectId().equals(a.projectId()))
        .toList();
  }

  /** The action of the row's request, as the list or its events tell it. */
  Optional<InstanceAction> action(InstanceStatus row) {
    return view.detail()
        .flatMap(Detail::events)
        .or(
            () ->
                view.actions().stream()
                    .filter(a -> a.requestId().equals(row.requestId()))
                    .findFirst());
  }

  /** The action of a request of ours that is seen to move the instance, or to have moved it. */
  Optional<InstanceAction> movingAction(InstanceStatus row) {
    return moving(row).flatMap(m -> actions(row).stream().findFirst());
  }

  /**
   * The migration that moves the instance, or has moved it off the host, where our user asked for
   * it. It is that of the outstanding request, whatever Nova's clocks say: at the intent the
   * instance was here and at rest, and this is the newest of its migrations.
   */
  private Optional<Migration> moving(InstanceStatus row) {
    return view.records().reversed().stream()
        .max(Comparator.comparing(Migration::id))
        .filter(m -> fromHere(m, row))
        .filter(m -> view.instance().filter(i -> explains(m, i)).isPresent());
  }

  private boolean fromHere(Migration migration, InstanceStatus row) {
    return view.host().name().equals(migration.sourceHost())
        && migration.type().equals(operation.recordType())
        && asker(row).userId().equals(migration.userId());
  }

  private boolean explains(Migration migration, Instance instance) {
    return view.host().name().equals(instance.host())
        ? migration.unfinished() && (instance.migrating() || instance.resizing())
        : instance.host() != null
            && instance.host().equals(migration.destinationHost())
            && (migration.unfinished() || migration.endedWell());
  }

  /** An action that would be that of the request if Nova's own clocks were apart. */
  Optional<InstanceAction> doubtful(InstanceStatus row) {
    return actions(row).stream()
        .findFirst()
        .filter(a -> a.startTime().isAfter(row.observedTime().minus(Deadlines.APART)))
        .filter(
            a ->
                recordOf(a)
                    .filter(m -> !view.host().name().equals(m.sourceHost()) || m.endedWell())
                    .isEmpty());
  }

  /** Whether Nova shows no record by which the instance has left; a list may be short for once. */
  boolean unexplained(InstanceStatus row) {
    return view.records().isEmpty()
        && (row.migrationId() != null
            || !view.host().stands(row, Reason.Settling, Deadlines.SETTLING));
  }

  /** Whether Nova shows no record at all, and our action is the last that moved the instance. */
  boolean toldByActionAlone(InstanceStatus row) {
    return !way.confirms()
        && view.records().isEmpty()
        && action(row).filter(a -> !a.failed()).isPresent()
        && isNewest(row);
  }

  /**
   * The record of our request: of our kind and user, from this host, made since the intent. Records
   * carry no request id, so where the move is to be confirmed it must also lie between our action
   * and the next one.
   */
  Optional<Migration> record(InstanceStatus row) {
    if (row.migrationId() == null) {
      return ours(row).flatMap(this::byId);
    }
    var stored = byId(row.migrationId());
    // one that is older than the request was left unfinished by an earlier attempt
    return stored
        .filter(m -> afterIntent(row, m.createdAt()))
        .or(() -> moving(row))
        .or(() -> stored);
  }

  /** The detail was asked for later than the list: its word counts. */
  private Optional<Migration> byId(long id) {
    return view.records().reversed().stream().filter(m -> m.id() == id).findFirst();
  }

  private Optional<Long> ours(InstanceStatus row) {
    return byOrder(row)
        .or(() -> moving(row).filter(m -> isNewest(row)).map(Migration::id))
        .or(
            () ->
                view.records().stream()
                    .filter(m -> view.detail().isPresent())
                    .filter(m -> fromHere(m, row))
                    .filter(m -> afterIntent(row, m.createdAt()))
                    .filter(m -> !way.confirms() || underOurAction(row, m))
                    .map(Migration::id)
                    .min(Comparator.naturalOrder()));
  }

  /** The record of our action by order, not time: the n-th action made the n-th record. */
  private Optional<Long> byOrder(InstanceStatus row) {
    return actions(row).stream()
        .filter(a -> a.requestId().equals(row.requestId()))
        .filter(a -> !way.confirms() || isNewest(row))
        .findFirst()
        .flatMap(this::recordOf)
        .filter(m -> view.host().name().equals(m.sourceHost()))
        .map(Migration::id);
  }

  private Optional<Migration> recordOf(InstanceAction action) {
    var actions =
        view.actions().stream()
            .filter(a -> a.action().equals(action.action()))
            .filter(a -> a.userId().equals(action.userId()))
            .map(InstanceAction::requestId)
            .toList();
    var records =
        view.migrations().stream()
            .filter(m -> m.type().equals(operation.recordType()))
            .filter(m -> action.userId().equals(m.userId()))
            .sorted(Comparator.comparing(Migration::id).reversed())
            .toList();
    var place = actions.indexOf(action.requestId());
    return place >= 0 && actions.size() == records.size()
        ? Optional.of(records.get(place))
        : Optional.empty();
  }

  /** Whether our action is the last by which anybody moved the instance, as far as it was asked. */
  private boolean isNewest(InstanceStatus row) {
    return !way.confirms() && view.actions().isEmpty()
        || view.actions().stream()
            .filter(InstanceAction::moves)
            .findFirst()
            .filter(a -> a.requestId().equals(row.requestId()))
            .isPresent();
  }

  /**
   * Whether our user asked for the row's migration: an earlier attempt, which came to its end late.
   */
  boolean isOurs(InstanceStatus row) {
    return view.migrations().stream()
        .filter(m -> row.migrationId() != null && m.id() == row.migrationId())
        .anyMatch(m -> view.host().identity().userId().equals(m.userId()));
  }

  private boolean underOurAction(InstanceStatus row, Migration record) {
    return view.actions().stream()
        .filter(a -> !a.startTime().isAfter(record.createdAt().plus(Deadlines.SKEW)))
        .filter(InstanceAction::moves)
        .findFirst()
        .map(a -> a.requestId().equals(row.requestId()))
        .orElse(false);
  }
}
