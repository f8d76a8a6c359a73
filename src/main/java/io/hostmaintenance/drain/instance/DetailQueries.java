package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What must be asked about single instances beyond the lists; in steady state nothing. */
public final class DetailQueries {

  private DetailQueries() {}

  /**
   * The questions by instance id.
   *
   * @param resource its status may be null
   * @param defaults the strategies where the resource does not say; each is set
   * @param migrations the observation's migrations
   * @param instances those on the host
   */
  public static Map<String, Set<Question>> of(
      HostMaintenance resource,
      Strategies defaults,
      List<Migration> migrations,
      List<Instance> instances) {
    var status = resource.getStatus();
    var strategies = StrategyTable.strategies(resource.getSpec(), defaults);
    var questions = new HashMap<String, Set<Question>>();
    var rows = status == null ? List.<InstanceStatus>of() : status.instances();
    var onHost =
        instances.stream()
            .collect(Collectors.toMap(Instance::id, Function.identity(), (first, later) -> later));
    for (var row : rows) {
      var asked = ofRow(row, onHost.get(row.id()), migrations);
      if (!asked.isEmpty()) {
        questions.put(row.id(), asked);
      }
    }
    var plainMoves = rows.stream().anyMatch(DetailQueries::movesPlainly);
    for (var instance : instances) {
      var asked = EnumSet.noneOf(Question.class);
      asked.addAll(StrategyTable.questions(instance, resource.getSpec(), strategies));
      if (resource.plans() && instance.idle()) {
        asked.add(Question.CANDIDATE);
      } else if (plainMoves) {
        asked.remove(Question.CANDIDATE); // what changes a guest begins after the plain moves
      }
      add(questions, instance.id(), asked);
    }
    for (var row : rows) {
      if (row.stopRequestId() != null && resource.isMarkedForDeletion()) {
        add(questions, row.id(), EnumSet.of(Question.ACTIONS));
        if (!onHost.containsKey(row.id())) {
          add(questions, row.id(), EnumSet.of(Question.INSTANCE));
        }
      }
    }
    for (var migration : migrations) {
      if (migration.unfinished() && !onHost.containsKey(migration.instanceId())) {
        add(questions, migration.instanceId(), EnumSet.of(Question.INSTANCE));
        if (migration.finished() && StrategyTable.confirms(strategies)) {
          add(questions, migration.instanceId(), EnumSet.of(Question.MIGRATIONS));
        }
      }
    }
    return questions;
  }

  private static void add(Map<String, Set<Question>> questions, String id, Set<Question> more) {
    if (!more.isEmpty()) {
      questions.computeIfAbsent(id, i -> EnumSet.noneOf(Question.class)).addAll(more);
    }
  }

  /** Whether a row moves its instance, or is to, without a change of its guest. */
  public static boolean movesPlainly(InstanceStatus row) {
    return RowTransitions.remaining(row) && Way.of(row).filter(Way::plain).isPresent();
  }

  private static Set<Question> ofRow(
      InstanceStatus row, Instance onHost, List<Migration> migrations) {
    var questions = EnumSet.noneOf(Question.class);
    if (row.outstanding()) {
      Way.of(row)
          .flatMap(Way::move)
          .ifPresent(m -> questions.addAll(ofMove(row, m, onHost, migrations)));
      if (row.step() != null) {
        questions.addAll(ofStep(row, onHost));
      }
      return questions;
    }
    var state = RowState.of(row);
    if (onHost != null && onHost.resized() && row.because(Reason.TaskInProgress)) {
      questions.add(Question.MIGRATIONS); // its confirmation may have changed long ago
    }
    if (state.isEmpty() || onHost != null) {
      return questions;
    }
    switch (state.get()) {
      case Pending, Requested, InProgress, Confirming, Restoring, Blocked, Skipped -> {
        questions.add(Question.INSTANCE);
        questions.add(Question.MIGRATIONS);
      }
      case Failed -> {
        if (!row.because(Reason.MovedWithError)) {
          questions.add(Question.INSTANCE);
          questions.add(Question.MIGRATIONS);
        }
      }
      case Moved, Gone -> {}
    }
    return questions;
  }

  /** Whose word stands, and where the guest is. */
  private static Set<Question> ofStep(InstanceStatus row, Instance onHost) {
    var questions = EnumSet.of(Question.ACTIONS);
    if (onHost == null) {
      questions.add(Question.INSTANCE);
    }
    if (row.requestId() != null) {
      questions.add(Question.EVENTS);
    }
    if (Way.CONFIRM.word().of(row)) {
      questions.add(Question.MIGRATIONS);
    }
    return questions;
  }

  private static Set<Question> ofMove(
      InstanceStatus row, Operation move, Instance onHost, List<Migration> migrations) {
    var confirms = move == Operation.COLD_MIGRATE;
    var questions = EnumSet.noneOf(Question.class);
    var record = migrations.stream().filter(m -> m.instanceId().equals(row.id())).findFirst();
    if (onHost == null) {
      questions.add(Question.INSTANCE);
    }
    if (record.isEmpty() && row.migrationId() != null) {
      questions.add(Question.MIGRATIONS); // Nova leaves out of changes what was never changed
    }
    if (row.requestId() == null) {
      questions.add(Question.ACTIONS);
      questions.add(Question.MIGRATIONS);
      return questions;
    }
    var timely =
        record
            .filter(m -> RequestRecords.afterIntent(row, m.createdAt()))
            .filter(m -> onHost == null || m.unfinished() && !onHost.idle())
            .isPresent();
    if (row.migrationId() == null) {
      questions.addAll(move.questions());
      if (!timely || row.attemptsMade() > 1) {
        questions.add(Question.ACTIONS);
        questions.add(Question.MIGRATIONS);
      }
    }
    if (row.because(Reason.Settling) || row.because(Reason.Inconsistent)) {
      questions.add(Question.EVENTS); // an error there says that nothing more will come
    }
    if (confirms && anyFinished(row, migrations)) {
      questions.addAll(Operation.CONFIRM.questions()); // Nova confirms whichever stands finished
    }
    if (onHost == null ? !wentWell(record, confirms) : onHost.idle()) {
      questions.add(Question.EVENTS);
      questions.add(Question.MIGRATIONS);
    }
    return questions;
  }

  private static boolean anyFinished(InstanceStatus row, List<Migration> migrations) {
    return migrations.stream().anyMatch(m -> m.instanceId().equals(row.id()) && m.finished());
  }

  /** Whether the record of a row that is off the host needs no explanation. */
  private static boolean wentWell(Optional<Migration> record, boolean confirms) {
    return confirms
        ? record.filter(Migration::failed).isEmpty()
        : record.filter(Migration::completed).isPresent();
  }
}
