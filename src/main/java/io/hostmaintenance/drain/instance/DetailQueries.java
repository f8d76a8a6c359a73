package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
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
   * @param status the stored status; may be null
   * @param migrations the observation's migrations
   * @param instances those on the host
   */
  public static Map<String, Set<Question>> of(
      HostMaintenanceStatus status, List<Migration> migrations, List<Instance> instances) {
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
    for (var instance : instances) {
      if (instance.paused() && instance.idle()) {
        questions
            .computeIfAbsent(instance.id(), i -> EnumSet.noneOf(Question.class))
            .addAll(EnumSet.of(Question.ACTIONS, Question.MIGRATIONS));
      }
    }
    for (var migration : migrations) {
      if (migration.unfinished() && !onHost.containsKey(migration.instanceId())) {
        questions
            .computeIfAbsent(migration.instanceId(), i -> EnumSet.noneOf(Question.class))
            .add(Question.INSTANCE);
      }
    }
    return questions;
  }

  private static Set<Question> ofRow(
      InstanceStatus row, Instance onHost, List<Migration> migrations) {
    var questions = EnumSet.noneOf(Question.class);
    if (row.outstanding()) {
      return Way.of(row).map(w -> ofOutstanding(row, w, onHost, migrations)).orElse(questions);
    }
    var state = RowState.of(row);
    if (state.isEmpty() || onHost != null) {
      return questions;
    }
    switch (state.get()) {
      case Pending, Requested, InProgress, Confirming, Blocked -> {
        questions.add(Question.INSTANCE);
        questions.add(Question.MIGRATIONS);
      }
      case Failed -> {
        if (!row.because(Reason.MovedWithError)) {
          questions.add(Question.INSTANCE);
          questions.add(Question.MIGRATIONS);
        }
      }
      case Moved, Gone, Skipped -> {}
    }
    return questions;
  }

  private static Set<Question> ofOutstanding(
      InstanceStatus row, Way way, Instance onHost, List<Migration> migrations) {
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
      questions.addAll(way.move().questions());
      if (!timely || row.attemptsMade() > 1) {
        questions.add(Question.ACTIONS);
        questions.add(Question.MIGRATIONS);
      }
    }
    if (row.because(Reason.Settling) || row.because(Reason.Inconsistent)) {
      questions.add(Question.EVENTS); // an error there says that nothing more will come
    }
    if (way.confirms() && anyFinished(row, migrations)) {
      questions.addAll(Operation.CONFIRM.questions()); // Nova confirms whichever stands finished
    }
    if (onHost == null ? !wentWell(record, way) : onHost.idle()) {
      questions.add(Question.EVENTS);
      questions.add(Question.MIGRATIONS);
    }
    return questions;
  }

  private static boolean anyFinished(InstanceStatus row, List<Migration> migrations) {
    return migrations.stream().anyMatch(m -> m.instanceId().equals(row.id()) && m.finished());
  }

  /** Whether the record of a row that is off the host needs no explanation. */
  private static boolean wentWell(Optional<Migration> record, Way way) {
    return way.confirms()
        ? record.filter(Migration::failed).isEmpty()
        : record.filter(Migration::completed).isPresent();
  }
}
