package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.instance.InstanceDecision.Move;
import io.hostmaintenance.drain.instance.InstanceDecision.NeedsAdmin;
import io.hostmaintenance.drain.instance.InstanceDecision.Skip;
import io.hostmaintenance.drain.instance.InstanceDecision.WaitFor;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is done with an instance of the host, by its state and the strategies of the spec: the one
 * table of it.
 *
 * <p>In this order: what Nova is busy with; what the spec excludes; the scope; a strategy that its
 * metadata names; that of locked instances; that of its state; what a lock forbids; what a hard
 * affinity group forbids; what leaves no host for it ({@link Destinations}); what a large local
 * disk forbids.
 *
 * <p>Which operation Nova allows in which state stands in nova/compute/api.py.
 */
public final class StrategyTable {

  private static final int RUNNING = 1;
  private static final int PAUSED = 3;
  private static final int SHUT_DOWN = 4;

  private static final String FALLBACK = "fallback=";

  private final InstanceView view;
  private final InstanceStatus row;
  private final Instance instance;
  private final HostMaintenanceSpec spec;
  private final Strategies strategies;

  private StrategyTable(InstanceView view, InstanceStatus row) {
    this.view = view;
    this.row = row;
    this.instance = view.instance().orElseThrow();
    this.spec = view.host().spec();
    this.strategies = view.host().strategies();
  }

  /** The strategies of a resource, where it says nothing those of the operator. */
  public static Strategies strategies(HostMaintenanceSpec spec, Strategies defaults) {
    return spec.strategies().over(defaults);
  }

  /**
   * What is done with an instance.
   *
   * @param view it shows the instance
   * @param row its row, which knows whether it is to fall back and whether it was stopped before
   */
  public static InstanceDecision choose(InstanceView view, InstanceStatus row) {
    return new StrategyTable(view, row).choose();
  }

  /**
   * What must be asked about an instance of the host before {@link #choose} can tell, or before its
   * way may begin; empty for one that Nova is busy with.
   */
  static Set<Question> questions(
      Instance instance, HostMaintenanceSpec spec, Strategies strategies) {
    return chosen(instance, spec, strategies)
        .filter(c -> instance.idle())
        .map(c -> c.word())
        .map(
            word ->
                switch (word) {
                  case "Live" -> Set.of(Question.ACTIONS, Question.MIGRATIONS);
                  case "RepauseAndLive" ->
                      Set.of(Question.ACTIONS, Question.MIGRATIONS, Question.CANDIDATE);
                  case "ResumeLiveSuspend" -> Set.of(Question.CANDIDATE);
                  case "UnrescueLive" -> Set.of(Question.ACTIONS, Question.CANDIDATE);
                  case "Offload" -> Set.of(Question.ACTIONS);
                  case "Recover" ->
                      Set.of(Question.MIGRATIONS, Question.DIAGNOSTICS, Question.CANDIDATE);
                  case "ConfirmMigration", "ConfirmAll" -> Set.of(Question.MIGRATIONS);
                  default -> Set.<Question>of();
                })
        .orElse(Set.of());
  }

  /**
   * What a row that has failed falls back to; empty where it may not.
   *
   * @param row its live migrations have failed
   */
  public static Optional<String> fallback(InstanceStatus row, HostView host) {
    var word = host.strategies().fallback();
    var failed =
        RowAction.LiveMigrate.of(row)
            && row.strategy() != null
            && row.strategy().startsWith(StateStrategy.ACTIVE.shown(""))
            && Stream.of(
                    Reason.Refused,
                    Reason.PreCheckFailed,
                    Reason.FailedDuringTransfer,
                    Reason.Timeout)
                .anyMatch(row::because);
    return failed && !word.equals("Report") ? Optional.of(FALLBACK + word) : Optional.empty();
  }

  /** Whether a move copies the local disks of its instance where storage is not shared. */
  public static boolean copiesDisks(Operation move, HostMaintenanceSpec spec) {
    return move == Operation.COLD_MIGRATE || mayCopyDisks(spec);
  }

  /** Whether a live migration may copy local disks. */
  public static boolean mayCopyDisks(HostMaintenanceSpec spec) {
    return !spec.blockMigration().equals("Never");
  }

  /** Whether resizes or migrations of others may be confirmed. */
  static boolean confirms(Strategies strategies) {
    return StateStrategy.UNCONFIRMED_RESIZE.value(strategies).startsWith("Confirm");
  }

  private InstanceDecision choose() {
    if (!instance.idle()) {
      return task(instance);
    }
    var confirming = view.records().stream().filter(Migration::confirming).findFirst();
    if (instance.resized() && confirming.isPresent()) {
      return new WaitFor(
          InstanceMessages.confirming(confirming.get()),
          Deadlines.TASK_WAIT,
          InstanceMessages.CONFIRMING_REMEDY);
    }
    if (excluded(instance, spec)) {
      return new Skip(InstanceMessages.EXCLUDED, null);
    }
    return switch (instance.vmState()) {
      case "building" ->
          new WaitFor(
              InstanceMessages.BUILDING, Deadlines.TASK_WAIT, InstanceMessages.BUILDING_REMEDY);
      case "deleted" ->
          new WaitFor(
              InstanceMessages.DELETING, Deadlines.TASK_WAIT, InstanceMessages.DELETING_REMEDY);
      default ->
          chosen(instance, spec, strategies)
              .map(this::allowed)
              .orElseGet(() -> new NeedsAdmin(InstanceMessages.unsupportedState(instance), null));
    };
  }

  private static boolean excluded(Instance instance, HostMaintenanceSpec spec) {
    return spec.excludedInstances().stream().anyMatch(instance.id()::equalsIgnoreCase);
  }

  /**
   * The strategy that applies.
   *
   * @param shown as the row shows it
   */
  private record Chosen(StateStrategy state, String word, String shown) {}

  private static Optional<Chosen> chosen(
      Instance instance, HostMaintenanceSpec spec, Strategies strategies) {
    return StateStrategy.of(instance)
        .map(
            state -> {
              var word = state.value(strategies);
              var policy = instance.policy();
              var asked = policy != null && spec.instanceMetadata().equals("Respect");
              if (asked && state.has(policy)) {
                return new Chosen(state, policy, InstanceMessages.byMetadata(state.shown(policy)));
              }
              var skip = instance.locked() && strategies.locked().equals(StateStrategy.SKIP);
              var shown = skip ? "locked=" + StateStrategy.SKIP : state.shown(word);
              return new Chosen(
                  state,
                  skip ? StateStrategy.SKIP : word,
                  asked ? InstanceMessages.unknownMetadata(shown, policy) : shown);
            });
  }

  /** The decision, where scope, lock and groups let it. */
  private InstanceDecision allowed(Chosen chosen) {
    if (stays(chosen)) {
      return row.because(Reason.StoppedByOperator)
          ? new Skip(InstanceMessages.STOPPED, row.strategy())
          : new Skip(InstanceMessages.NOT_RUNNING, "scope=Running");
    }
    var decision = by(chosen);
    if (!(decision instanceof Move(var way, var shown))) {
      return decision;
    }
    if (way.changesState() && instance.locked()) {
      return new NeedsAdmin(InstanceMessages.locked(instance, way), shown);
    }
    var affinity = view.group("affinity").filter(g -> way.move().isPresent());
    if (affinity.isPresent()) {
      return new NeedsAdmin(InstanceMessages.affinityGroup(affinity.get()), shown);
    }
    return way.move()
        .flatMap(m -> Destinations.of(view).blocker())
        .or(() -> tooLarge(way))
        .<InstanceDecision>map(blocker -> new NeedsAdmin(blocker, shown))
        .orElse(decision);
  }

  /** Why a way would copy more of the local disk than the spec allows; empty when it would not. */
  private Optional<Cause> tooLarge(Way way) {
    var limit = spec.maxLocalDiskGiB();
    var size = instance.localDiskGiB();
    return way.move()
        .filter(move -> copiesDisks(move, spec))
        .filter(move -> limit != null && (size == null || size > limit))
        .map(move -> InstanceMessages.localDisk(size, limit, move));
  }

  /** Whether it is off and the scope is what runs; an instance in ERROR by the database's word. */
  private boolean stays(Chosen chosen) {
    var off =
        chosen.state().off()
            || chosen.state() == StateStrategy.ERROR && instance.powerState() == SHUT_DOWN;
    return off && running();
  }

  private boolean running() {
    return spec.scope().equals("Running");
  }

  private InstanceDecision by(Chosen chosen) {
    var shown = chosen.shown();
    if (chosen.state() == StateStrategy.ACTIVE
        && !chosen.word().equals(StateStrategy.SKIP)
        && instance.powerState() != RUNNING
        && instance.powerState() != PAUSED) {
      return new WaitFor(
          InstanceMessages.GUEST_POWERED_OFF,
          Deadlines.POWER_SYNC_WAIT,
          InstanceMessages.GUEST_POWERED_OFF_REMEDY);
    }
    return switch (chosen.word()) {
      case StateStrategy.SKIP -> new Skip(InstanceMessages.SKIPPED, shown);
      case "Report" ->
          new NeedsAdmin(
              chosen.state() == StateStrategy.UNCONFIRMED_RESIZE
                  ? InstanceMessages.unconfirmedHere(instance)
                  : InstanceMessages.unsupportedState(instance),
              shown);
      case "Move" -> active(shown);
      case "Stop" -> stop(shown);
      case "Cold" -> new Move(Way.COLD, shown);
      case "Live", "RepauseAndLive" -> paused(chosen);
      case "ResumeLiveSuspend" -> new Move(Way.RESUME_LIVE_SUSPEND, shown);
      case "UnrescueLive" -> rescued(shown);
      case "Offload" -> shelved(shown);
      case "Delete" -> new Move(Way.DELETE, shown);
      case "Recover" -> inError(shown);
      case "ConfirmMigration", "ConfirmAll" -> unconfirmed(chosen);
      default -> new NeedsAdmin(InstanceMessages.unknownStrategy(shown), shown);
    };
  }

  private static InstanceDecision task(Instance instance) {
    return new WaitFor(
        InstanceMessages.busy(instance.taskState()),
        Deadlines.TASK_WAIT,
        InstanceMessages.BUSY_REMEDY);
  }

  private InstanceDecision active(String shown) {
    var fallen = row.strategy() != null && row.strategy().startsWith(FALLBACK);
    if (fallen && row.strategy().equals(FALLBACK + "Stop")) {
      return stop(row.strategy());
    }
    return fallen
        ? new Move(Way.COLD, row.strategy())
        : new Move(spec.liveMigrate() ? Way.LIVE : Way.COLD, shown);
  }

  /** Once: whoever started it again wants it to run. */
  private InstanceDecision stop(String shown) {
    if (!running()) {
      return new NeedsAdmin(InstanceMessages.STOP_NEEDS_SCOPE, shown);
    }
    return row.stopRequestId() == null
        ? new Move(Way.STOP, shown)
        : new NeedsAdmin(InstanceMessages.startedByOwner(row), shown);
  }

  /** A second live migration of a guest that stayed paused can end QEMU (Nova bug 1947725). */
  private InstanceDecision paused(Chosen chosen) {
    if (view.detail().isEmpty()) {
      return new WaitFor(
          InstanceMessages.PAUSED_UNKNOWN,
          Deadlines.UNTOLD_WAIT,
          InstanceMessages.PAUSED_UNKNOWN_REMEDY);
    }
    if (!movedSincePaused()) {
      return new Move(Way.LIVE, chosen.shown());
    }
    return chosen.word().equals("Live")
        ? new NeedsAdmin(InstanceMessages.pausedMovedBefore(instance), chosen.shown())
        : new Move(Way.REPAUSE_AND_LIVE, chosen.shown());
  }

  /** Nova brings it out running; where it was stopped before its rescue it is stopped again. */
  private InstanceDecision rescued(String shown) {
    if (view.detail().isEmpty()) {
      return untold();
    }
    var before =
        view.actions().stream()
            .filter(a -> !a.failed())
            .dropWhile(a -> !a.action().equals("rescue"))
            .filter(a -> a.startsOrStops())
            .findFirst();
    return new Move(
        before.filter(InstanceAction::stops).isPresent() ? Way.UNRESCUE_COLD : Way.UNRESCUE_LIVE,
        shown);
  }

  /** What the image does not hold would be lost with the disk here. */
  private InstanceDecision shelved(String shown) {
    if (view.detail().isEmpty()) {
      return untold();
    }
    if (instance.extraDisks()) {
      return new NeedsAdmin(InstanceMessages.notOffloaded(InstanceMessages.EXTRA_DISKS), shown);
    }
    var shelved = view.actions().stream().filter(a -> a.action().equals("shelve")).findFirst();
    return shelved.filter(a -> !a.failed()).isPresent()
        ? new Move(Way.OFFLOAD, shown)
        : new NeedsAdmin(InstanceMessages.notOffloaded(InstanceMessages.SHELVE_FAILED), shown);
  }

  /** Its guest may run on two hosts where a move has failed just now: then nobody but people. */
  private InstanceDecision inError(String shown) {
    if (view.detail().isEmpty()) {
      return untold();
    }
    var failed =
        view.records().stream()
            .filter(m -> m.failed() && m.destinationHost() != null)
            .filter(m -> !m.destinationHost().equals(m.sourceHost()))
            .filter(m -> view.host().recently(m, Deadlines.ERROR_DOUBTFUL))
            .findFirst();
    if (failed.isPresent()) {
      return new NeedsAdmin(InstanceMessages.mayRunElsewhere(instance, failed.get()), shown);
    }
    return switch (view.detail().get().guest().orElse(GuestPower.UNKNOWN)) {
      case RUNNING -> new Move(Way.RESET_AND_LIVE, shown);
      case OFF -> new Move(Way.STOP_AND_COLD, shown);
      case UNKNOWN ->
          new NeedsAdmin(
              view.detail()
                  .filter(d -> d.guest().isEmpty())
                  .flatMap(Detail::untold)
                  .orElse(InstanceMessages.powerUnknown(instance)),
              shown);
    };
  }

  /** Nova confirms whichever record stands finished, so there must be one. */
  private InstanceDecision unconfirmed(Chosen chosen) {
    if (view.detail().isEmpty()) {
      return untold();
    }
    var finished = view.migrations().stream().filter(Migration::finished).toList();
    var confirmed =
        finished.size() == 1
            && (chosen.word().equals("ConfirmAll")
                || finished.getFirst().type().equals(Migration.COLD));
    return confirmed
        ? new Move(Way.CONFIRM, chosen.shown())
        : new NeedsAdmin(InstanceMessages.unconfirmedHere(instance), chosen.shown());
  }

  private static InstanceDecision untold() {
    return new WaitFor(
        InstanceMessages.PAST_UNKNOWN, Deadlines.UNTOLD_WAIT, InstanceMessages.PAST_UNKNOWN_REMEDY);
  }

  /**
   * Told by the records: an action does not tell whether its transfer succeeded, nor, when one of
   * its tries failed, whether the next did. Nova shows the instance idle at its destination before
   * the record says completed. Where records and actions are stamped by clocks that are apart, a
   * record is one since the pause also if there are enough actions since then for it to be.
   */
  private boolean movedSincePaused() {
    var pause = view.actions().stream().filter(a -> a.pauses() && !a.failed()).findFirst();
    var asked =
        view.actions().stream()
            .takeWhile(a -> !pause.equals(Optional.of(a)))
            .filter(InstanceAction::liveMigration)
            .count();
    var live =
        view.migrations().stream()
            .filter(m -> m.type().equals(Migration.LIVE))
            .sorted(Comparator.comparing(Migration::id).reversed())
            .toList();
    var paused = pause.map(InstanceAction::startTime).orElse(Instant.MIN);
    return Stream.concat(
            live.stream().limit(asked), live.stream().filter(m -> !m.createdAt().isBefore(paused)))
        .anyMatch(
            m -> m.completed() || m.unfinished() && instance.host().equals(m.destinationHost()));
  }
}
