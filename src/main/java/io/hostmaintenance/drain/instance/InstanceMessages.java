package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Every sentence about one instance. */
public final class InstanceMessages {

  private static final String FOR_LONG =
      "Refused for 15 min or more, and the operator tries again: ";

  static final Cause BUILDING = Reason.TaskInProgress.cause("It is being built.");
  static final String BUILDING_REMEDY = "Delete it or wait for its build to end.";
  static final Cause DELETING = Reason.TaskInProgress.cause("It is being deleted.");
  static final String DELETING_REMEDY = "Delete it once more.";
  static final Cause GUEST_POWERED_OFF =
      Reason.GuestPoweredOff.cause(
          "Its guest is off although Nova shows it ACTIVE. A cold migration now would start it.");
  static final Cause PAUSED_UNKNOWN =
      Reason.ApiUnavailable.cause(
          "Nova does not tell whether it was live-migrated since it was paused.");

  /** Of a row that waits for a member of its server group. */
  public static final Cause GROUP_MEMBER_MOVING =
      Reason.GroupMemberMoving.cause("Another member of its server group moves.");

  /** Of a row whose move can be requested. */
  public static final Cause WAITS_FOR_TURN = Reason.Waiting.cause("Waits for its turn.");

  /** Stands while the request goes out. */
  public static final Cause ASKING =
      Reason.AnswerUnknown.cause("The operator sends the request to Nova.");

  static final Cause ACCEPTED = Reason.Queued.cause("Nova accepted the move.");

  static final Cause ANSWER_SOUGHT =
      Reason.AnswerUnknown.cause(
          "Nova's answer to the request is not known. The operator looks for what became of it.");
  static final String ANSWER_LOST =
      "Nova's answer to the request was lost, and Nova shows no trace of the request.";
  static final Cause NOTHING_TOLD =
      Reason.ApiUnavailable.cause(
          "Nova's answer to the request is not known, and Nova does not tell what was done to the"
              + " instance (openstack server event list): see the operator's log.");
  static final Cause ADOPTED =
      Reason.Queued.cause("Nova carried out the request whose answer was lost.");
  static final Cause SEVERAL_REQUESTS =
      Reason.ApiUnavailable.cause(
          "Nova shows several requests, and the operator cannot tell which one is its own.");

  /** Of a request that left no trace while the host is given back. */
  public static final Cause FORGOTTEN =
      Reason.Waiting.cause(
          "Nova shows no trace of the request, and the operator requests nothing new.");

  /** Of a queued move of a host that runs another one. */
  public static final Cause WAITS_FOR_OTHER_MOVE =
      Reason.Waiting.cause("Waits for its turn while another move of the host runs.");

  static final Cause CONFIRMING =
      Reason.UnconfirmedResize.cause(
          "The cold migration is finished, and the operator confirms it.");
  static final Cause ABORTED_BY_TIMEOUT =
      Reason.Timeout.cause("The operator aborted the move because it exceeded its time.");
  static final Cause ABORTED = Reason.Aborted.cause("Someone aborted the migration.");
  static final Cause REVERTED = Reason.Reverted.cause("Someone reverted the migration.");

  /** Nova no longer knows the instance. */
  public static final Cause DELETED = Reason.Deleted.cause("It was deleted.");

  static final Cause LEFT_WITHOUT_RECORD =
      Reason.Settling.cause("It left the host, and Nova shows no record of a move yet.");
  static final String FORCED = "The operator forces it to complete.";
  static final String ABORTING = "The operator aborts it.";
  static final String AWAITED = "The operator waits for it.";
  static final String COLD_AWAITED =
      "A cold migration cannot be aborted: the operator waits for it.";

  /** What ties an instance to the host by placement. */
  public static final String ALLOCATION = "An allocation in placement";

  static final String BUSY_REMEDY = "See what holds it up (openstack server event list %s).";
  static final String CONFIRMING_REMEDY =
      "See whether that is up (openstack compute service list), and openstack server event list %s.";
  static final String GUEST_POWERED_OFF_REMEDY =
      "Stop it (openstack server stop %1$s) or start it (openstack server reboot --hard %1$s).";
  static final String PAUSED_UNKNOWN_REMEDY =
      "See the operator's log. Or unpause it (openstack server unpause %s).";

  /** What helps an instance that is on its way for too long; takes its id. */
  public static final String EXTERNAL_MIGRATION_REMEDY =
      "See why (openstack server migration list --server %s), and delete it if its build hangs.";

  static final Cause EXCLUDED =
      Reason.SkippedBySpec.cause("It stays: spec.excludedInstances names it.");
  static final Cause SKIPPED = Reason.SkippedBySpec.cause("It stays: its strategy is Skip.");
  static final Cause NOT_RUNNING =
      Reason.NotRunning.cause("It stays: it does not run, and the scope is Running.");
  static final Cause STOPPED =
      Reason.StoppedByOperator.cause(
          "The operator stopped it and starts it again when this resource is deleted.");
  static final Cause STOP_NEEDS_SCOPE =
      Reason.UnsupportedState.cause(
          "Its strategy is Stop, which needs scope: Running. Write that, or name another strategy.");
  static final Cause OFFLOADED =
      Reason.Moved.cause("The operator offloaded it: its disk here is gone, its image remains.");
  static final Cause PAST_UNKNOWN =
      Reason.ApiUnavailable.cause("Nova does not tell what was done to it before.");
  static final String PAST_UNKNOWN_REMEDY =
      "See the operator's log, and openstack server event list %s.";
  static final String EXTRA_DISKS =
      "its flavor has an ephemeral or swap disk, which no image holds";
  static final String SHELVE_FAILED = "Nova does not show that it was shelved without an error";

  static final Cause STARTING =
      Reason.StoppedByOperator.cause("The operator starts it again: it had stopped it.");
  static final Cause STARTED_AGAIN = Reason.Exiting.cause("The operator started it again.");

  /** What helps while nova-compute is not heard of; takes no id. */
  public static final String NOT_HEARD_REMEDY = "See its log, and openstack compute service list.";

  /** What helps where placement has no host; takes no id. */
  public static final String NO_CANDIDATE_REMEDY =
      "See the operator's log, and openstack allocation candidate list.";

  /** Of a row whose first step waits until placement tells whether it has a host for it. */
  public static final Cause CANDIDATE_UNKNOWN =
      Reason.ApiUnavailable.cause(
          "Placement does not tell whether another host has room for it, so its way does not begin.");

  /** Of a way that is taken back because the resource is deleted. */
  public static final Cause DELETED_ON_ITS_WAY =
      Reason.Aborted.cause("The resource was deleted in the middle of its way.");

  private InstanceMessages() {}

  // ---------------------------------------------------------------- what its state allows

  /** Why Nova cannot move an instance in its vm_state, and what makes it movable. */
  static Cause unsupportedState(Instance instance) {
    return Reason.UnsupportedState.cause(
        switch (instance.vmState()) {
          case "suspended" ->
              "Nova cannot move it suspended: resume (openstack server resume %1$s) or delete it.";
          case "rescued" ->
              "Nova cannot move it in rescue: end that (openstack server unrescue %1$s).";
          case "error" ->
              "Nova cannot move it in ERROR%3$s: repair it, or if its guest is known to be well,"
                  + " set its state (openstack server set --state active --auto-approve %1$s).";
          case "shelved" ->
              "A shelved instance still has its disk here: offload it (openstack server shelve"
                  + " --offload %1$s) or unshelve it (openstack server unshelve %1$s).";
          case "soft-delete" ->
              "It is soft-deleted and its disk is still here: restore it (openstack server restore"
                  + " %1$s) or delete it for good (openstack server delete --force %1$s).";
          default ->
              "Nova shows vm_state %2$s, which this operator does not know: bring the instance to"
                  + " ACTIVE, SHUTOFF or PAUSED.";
        },
        instance.id(),
        instance.vmState(),
        fault(instance));
  }

  static Cause unconfirmedHere(Instance instance) {
    return Reason.UnconfirmedResize.cause(
        "A resize or migration to this host waits for its owner: confirm it (openstack server"
            + " resize confirm %1$s) or revert it (openstack server resize revert %1$s).",
        instance.id());
  }

  static Cause locked(Instance instance, Way way) {
    return Reason.Locked.cause(
        "It is locked%s, so the operator does not take the way %s: unlock it (openstack server"
            + " unlock %s).",
        instance.lock().reason() == null ? "" : " (" + instance.lock().reason() + ")",
        way.word(),
        instance.id());
  }

  /** What the row shows as its strategy where the metadata of the instance names it. */
  static String byMetadata(String strategy) {
    return strategy + ", by its metadata";
  }

  /** The same where the metadata names a value that its state does not have. */
  static String unknownMetadata(String strategy, String policy) {
    return "%s, its metadata host_maintenance=%s is unknown"
        .formatted(strategy, UntrustedText.cut(policy, 32));
  }

  static Cause unknownStrategy(String shown) {
    return Reason.UnsupportedState.cause(
        "This operator does not know the strategy %s: write one that it knows.", shown);
  }

  static Cause startedByOwner(InstanceStatus row) {
    return Reason.StartedByOwner.cause(
        "The operator had stopped it, and someone else started it again: ask its owner, and stop it"
            + " (openstack server stop %s).",
        row.id());
  }

  static Cause notOffloaded(String why) {
    return Reason.UnsupportedState.cause(
        "The operator does not offload it: %s. Its owner may unshelve it.", why);
  }

  static Cause mayRunElsewhere(Instance instance, Migration record) {
    return Reason.UnsupportedState.cause(
        "%s ended with an error within the last hour: find out on %s and %s where its guest runs,"
            + " then set its state (openstack server set --state active --auto-approve %s).",
        migration(record), record.sourceHost(), record.destinationHost(), instance.id());
  }

  static Cause powerUnknown(Instance instance) {
    return Reason.UnsupportedState.cause(
        "Nova cannot move it in ERROR%s, and its host does not tell whether its guest runs: see"
            + " openstack server show %s and the log of nova-compute.",
        fault(instance), instance.id());
  }

  static Cause busy(String taskState) {
    return Reason.TaskInProgress.cause(
        switch (taskState) {
          case "migrating", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish" ->
              "Someone else's migration of it is under way (task_state %s).";
          default -> "Nova is busy with it (task_state %s).";
        },
        taskState);
  }

  /** Nova shows no task meanwhile, and confirms at the source. */
  static Cause confirming(Migration record) {
    return Reason.TaskInProgress.cause(
        "%s is being confirmed by nova-compute on %s.", migration(record), record.sourceHost());
  }

  static Cause pausedMovedBefore(Instance instance) {
    return Reason.PausedMovedBefore.cause(
        "It was live-migrated since it was paused, and a second time can end its guest: unpause it"
            + " (openstack server unpause %s) and, if necessary, pause it again.",
        instance.id());
  }

  /** What it waits for, and what an administrator can do about it. */
  public static Cause tooLong(InstanceDecision.WaitFor wait, InstanceStatus row) {
    return wait.cause()
        .reason()
        .cause("%s %s", wait.cause().message(), wait.remedy().formatted(row.id()));
  }

  static Cause affinityGroup(Group group) {
    return Reason.AffinityGroup.cause(
        "Nova moves no member of its hard affinity group %s. Its owner may delete the group for"
            + " good (openstack server group delete %s), or shelve-offload ALL members and unshelve"
            + " them elsewhere.",
        group.name(), group.id());
  }

  /** Its local disk, of null GiB where that is unknown, is too large for a move of it. */
  static Cause localDisk(Integer size, int limit, Operation move) {
    return Reason.LocalDisk.cause(
        "%s, and spec.maxLocalDiskGiB allows %s. Raise it, or leave it out if the hosts share their"
            + " storage.%s",
        size == null
            ? "Nova does not tell how large its local disk is"
            : "Its local disk has up to %s GiB".formatted(size),
        limit,
        move == Operation.LIVE_MIGRATE
            ? " Or write blockMigration: Never, then Nova refuses a move that would copy it."
            : "");
  }

  // ---------------------------------------------------------------- the request

  /** A request for a move goes out. */
  public static Cause requested(InstanceStatus row) {
    return Reason.MoveRequested.cause(
        "%s: %s%s, attempt %s.",
        row.label(),
        row.action(),
        row.step() == null ? "" : " (" + row.step() + ")",
        row.attempts());
  }

  /** An attempt failed that is followed by another. */
  public static Cause moveFailed(InstanceStatus row) {
    return Reason.MoveFailed.cause("%s (%s): %s", row.label(), row.reason(), row.message());
  }

  /** No answer came, for what the failure says. */
  public static Cause answerUnknown(Reason reason, NovaException failure) {
    return reason.cause("Nova's answer to the request is not known (%s).", failure.getMessage());
  }

  /** It is off the host, and Nova does not tell where. */
  public static Cause unseen(InstanceStatus row) {
    return Reason.ApiUnavailable.cause(
        "It is not on the host any more, and Nova does not tell what became of it (openstack server"
            + " show %s): see the operator's log.",
        row.id());
  }

  static Cause clocksHideRequest(InstanceAction action, Duration difference) {
    return Reason.ApiUnavailable.cause(
        "Nova's answer was lost. It was %s if Nova's clocks differ by %s s: check the time service"
            + " of nova-api's and nova-conductor's hosts.",
        action.requestId(), difference.toSeconds());
  }

  static String refusedForLong(String answer) {
    return answer.startsWith(FOR_LONG) ? answer : FOR_LONG + answer;
  }

  // ---------------------------------------------------------------- the move

  /** It queues behind an instance that someone else moves. */
  public static Cause waitsForExternalMove(Instance other) {
    return Reason.Waiting.cause(
        "Waits for its turn behind the live migration of %s, which someone else requested.",
        other.id());
  }

  static Cause queued(Optional<Migration> record) {
    return Reason.Queued.cause(
        record.filter(Migration::queued).isPresent()
            ? "Waits for its turn at the source."
            : "Nova looks for a host.");
  }

  static Cause notBegun(InstanceStatus row) {
    return Reason.Inconsistent.cause(
        "Nova accepted the move but does not begin it, and no other move of the host runs in that"
            + " time: see nova-conductor's and nova-compute's log for %s.",
        request(row));
  }

  static Cause running(InstanceStatus row) {
    return Reason.Running.cause("Moves to %s.", row.destinationHost());
  }

  /** The move exceeded its time, and what the operator does about it. */
  static Cause timeout(Duration limit, String what) {
    return Reason.Timeout.cause("The move exceeded its %s. %s", Durations.format(limit), what);
  }

  /** Nova refused a confirmation; takes its answer. */
  public static String confirmRefused(String answer) {
    return "Nova does not confirm it yet: " + answer;
  }

  static Cause notConfirmed(InstanceStatus row) {
    return Reason.UnconfirmedResize.cause(
        "The cold migration is finished, but Nova does not confirm it: confirm it (openstack server"
            + " resize confirm %s).",
        row.id());
  }

  static Cause notConfirmedWhileDown(HostView host) {
    return Reason.SourceServiceDown.cause(
        "The cold migration is finished. Nova confirms it only while nova-compute on %s is up: %s.",
        host.name(), host.service().map(ComputeService::bringUp).orElse("start it"));
  }

  static Cause othersUnconfirmed(InstanceStatus row) {
    return Reason.UnconfirmedResize.cause(
        "Another resize or migration of it waits to be confirmed too, and Nova takes either: see"
            + " both (openstack server migration list --server %1$s) and confirm them (openstack"
            + " server resize confirm %1$s).",
        row.id());
  }

  // ---------------------------------------------------------------- a way of several operations

  /** Nova answered 202, which says that it will try, not that it is done. */
  public static Cause accepted(InstanceStatus row) {
    return row.step() == null
        ? ACCEPTED
        : Reason.StepInProgress.cause("Nova accepted %s.", row.step());
  }

  static Cause step(Operation operation) {
    return Reason.StepInProgress.cause("On its way: %s.", operation.word());
  }

  /** Its first or next operation waits for the nova-compute that is given. */
  public static Cause notHeard(String host) {
    return Reason.ComputeNotHeard.cause(
        "The next step waits until nova-compute on %s is up and reports.", host);
  }

  static Cause stepFailed(InstanceStatus row, Operation operation, Optional<String> said) {
    return Reason.StepFailed.cause(
        "%s did not succeed%s (%s).",
        operation.word(), said.map(s -> ": " + s).orElse(""), request(row));
  }

  static Cause stepOverdue(InstanceStatus row, Operation operation) {
    return Reason.Timeout.cause(
        "%s takes longer than %s, and its task remains: see the log of nova-compute for %s.",
        operation.word(), Durations.format(operation.deadline()), request(row));
  }

  static Cause stepImpossible(Operation operation, Instance instance) {
    return Reason.StepFailed.cause(
        "%s cannot follow: the instance is in state %s%s.",
        operation.word(), instance.status(), fault(instance));
  }

  static Cause notPutBack(InstanceStatus row, String state) {
    return Reason.NotPutBack.cause(
        "It was %s before, and the operator could not bring it back to that: do it yourself. %s",
        state, row.message());
  }

  static Cause takenOver(InstanceStatus row, InstanceAction action) {
    return Reason.TakenOverByOwner.cause(
        "Someone else requested %s in the middle of its way %s, so the operator leaves it as it is."
            + " For another attempt set the annotation %s.",
        action.action(), row.action(), HostMaintenance.RETRY);
  }

  static Cause confirmed(String host) {
    return Reason.MovedExternally.cause(
        "Someone else moved it to %s, and the operator confirmed that.", host);
  }

  // ---------------------------------------------------------------- how the move ended

  /** It is on the host that is given. */
  public static Cause moved(String host) {
    return Reason.Moved.cause("Moved to %s.", host);
  }

  /** Of a move of an attempt that was given up. */
  public static Cause movedWithError(InstanceStatus row, String host) {
    return Reason.MovedWithError.cause(
        "It is on %s in state %s, but the operator's move ended with an error: check it there.",
        host, row.status());
  }

  static Cause movedWithError(InstanceStatus row, Instance instance, Cause failure) {
    return Reason.MovedWithError.cause(
        "It is on %s in state %s, but the move ended with an error: check it there%s. %s",
        instance.host(),
        row.status(),
        instance.inError() ? " (openstack server reboot --hard %s)".formatted(row.id()) : "",
        failure.message());
  }

  static Cause endedInError(Optional<Instance> instance, Cause failure) {
    return failure
        .reason()
        .cause(
            "The move ended in ERROR%s. %s",
            instance.map(InstanceMessages::fault).orElse(""), failure.message());
  }

  private static String fault(Instance instance) {
    return instance.fault() == null ? "" : " (%s)".formatted(instance.fault());
  }

  static Cause failedWithoutReason(InstanceStatus row, String host) {
    return Reason.FailedDuringTransfer.cause(
        "Nova's API does not tell why the migration failed: see the log of nova-compute on %s for"
            + " %s.",
        host, request(row));
  }

  // ---------------------------------------------------------------- where it could go

  static String zone(String zone, Set<String> hosts) {
    return "it is pinned to zone %s, which has %s"
        .formatted(
            zone,
            hosts.isEmpty()
                ? "no other host that is up and enabled"
                : "only " + some(List.copyOf(hosts)));
  }

  static String antiAffinity(Group group) {
    return "its anti-affinity group %s has members on %s"
        .formatted(group.label(), some(group.full().stream().sorted().toList()));
  }

  static String schedulerHint(Hint hint) {
    return hint.name().equals(Hint.SAME_HOST)
        ? "its hint same_host allows only " + some(hint.hosts().stream().sorted().toList())
        : "its hint different_host excludes " + some(hint.hosts().stream().sorted().toList());
  }

  static String noRoom(Map<String, Long> demand, Instance.Constraints constraints) {
    return "placement has no room for "
        + demand.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(e -> e.getKey() + ":" + e.getValue())
            .collect(Collectors.joining(", "))
        + traits(", with traits ", constraints.requiredTraits())
        + traits(", without traits ", constraints.forbiddenTraits());
  }

  private static String traits(String word, Set<String> traits) {
    return traits.isEmpty() ? "" : word + some(traits.stream().sorted().toList());
  }

  /** The first names; how many more there are. */
  private static String some(List<String> names) {
    return names.isEmpty()
        ? "no host"
        : String.join(", ", names.subList(0, Math.min(3, names.size())))
            + (names.size() > 3 ? " and %s more".formatted(names.size() - 3) : "");
  }

  /** What takes all hosts away, and what helps against the last of it. */
  static Cause noDestination(Reason reason, List<String> limits, Instance instance, HostView host) {
    return reason.cause(
        "No other host can take it: %s. %s",
        String.join("; ", limits), destinationRemedy(reason, instance, host));
  }

  private static String destinationRemedy(Reason reason, Instance instance, HostView host) {
    return switch (reason) {
      case ZonePinned -> unpin(instance.id(), host.newest());
      case AntiAffinityGroup -> "Enable one more host without a member.";
      case SchedulerHint -> "A hint stays for good: move what it names, or enable another host.";
      default -> "Make room, or enable a host.";
    };
  }

  /** By what the cloud speaks: Nova unpins since 2.104, and unshelves without a zone since 2.91. */
  private static String unpin(String id, Microversion newest) {
    if (newest.compareTo(Microversion.UNPINS) >= 0) {
      return "Enable one, or unpin it for good (openstack --os-compute-api-version %s server unset"
              .formatted(Microversion.UNPINS)
          + " --pinned-availability-zone %s): its volumes stay in their zone.".formatted(id);
    }
    return newest.compareTo(Microversion.UNSHELVES_UNPINNED) >= 0
        ? "Enable one, or: openstack server shelve --offload --wait %1$s; openstack".formatted(id)
            + " --os-compute-api-version %s server unshelve --no-availability-zone %s (off meanwhile)."
                .formatted(Microversion.UNSHELVES_UNPINNED, id)
        : "Enable one.";
  }

  /** Placement has room, and yet the scheduler found none. */
  static Cause filtersRefused(List<String> hosts, String said) {
    return Reason.NoValidHost.cause(
        "%s by placement (%s); Nova's filters refused %s. %s",
        hosts.size() == 1 ? "1 host fits" : hosts.size() + " hosts fit",
        some(hosts),
        hosts.size() == 1 ? "it" : "them",
        said);
  }

  /**
   * What a drain would do, in a plan.
   *
   * @param hosts how many have room for it; empty where placement does not tell
   * @param copiedGiB the local disk that is copied at most; null where Nova does not tell
   */
  public static Cause planned(Way way, Optional<Integer> hosts, Integer copiedGiB) {
    return Reason.Planned.cause(
        "%s%s.%s",
        way.word(),
        way.move().isEmpty()
            ? ""
            : hosts
                .map(
                    n ->
                        n == 1
                            ? ": 1 host has room for it"
                            : ": %s hosts have room for it".formatted(n))
                .orElse(": placement does not tell whether a host has room for it"),
        copiedGiB == null ? " How large its local disk is, Nova does not tell." : "");
  }

  /** By what Nova's logs name the last request. */
  static String request(InstanceStatus row) {
    return row.requestId() == null ? "a request without a known id" : row.requestId();
  }

  static Cause settling(Optional<Migration> record) {
    return Reason.Settling.cause(
        "Nova's records of the move do not agree yet (migration %s).", status(record));
  }

  static Cause dropped(InstanceStatus row) {
    return Reason.Inconsistent.cause(
        "Nova accepted the move but shows neither a record nor a task of it (%s).", request(row));
  }

  static Cause taskRemains(InstanceStatus row, Instance instance, Cause failure) {
    return Reason.Inconsistent.cause(
        "Nova's action ended in an error, but its task %s remains. %s %s",
        instance.taskState(),
        instance.powerState() == 1
            ? "Its guest runs here: openstack server set --state active --auto-approve %s."
                .formatted(row.id())
            : "Find out on both hosts where its guest runs before you set its state.",
        failure.message());
  }

  static Cause stuckRecord(InstanceStatus row, Optional<Migration> record) {
    return Reason.StuckRecord.cause(
        "Migration record %s is %s, but nothing is under way.", row.migrationId(), status(record));
  }

  /** The state is that which the guest had before its way; it is not brought back to it. */
  static Cause shownHere(Optional<Migration> record, Optional<String> state) {
    return Reason.Inconsistent.cause(
        "Nova says that the move is %s and shows the instance here. Find out on both hosts where"
            + " its guest runs.%s Then set the annotation %s to have the move requested again.",
        status(record),
        state.map(" It was %s before: bring it back to that."::formatted).orElse(""),
        HostMaintenance.RETRY);
  }

  static Cause leftWithStuckRecord(InstanceStatus row, Optional<Migration> record) {
    return Reason.StuckRecord.cause(
        "It left the host. Migration record %s stayed at %s.", row.migrationId(), status(record));
  }

  static Cause leftWithError(InstanceStatus row, Optional<Migration> record) {
    return Reason.MovedWithError.cause(
        "It left the host for %s, but migration record %s stayed at %s: check it there.",
        row.destinationHost(), row.migrationId(), status(record));
  }

  static Cause contradiction(InstanceStatus row, Optional<Migration> record) {
    return Reason.Inconsistent.cause(
        "Nova's records of the move contradict each other (migration %s, instance %s): see the logs"
            + " of nova-compute for %s. Do not reset its state before.",
        status(record), row.status(), request(row));
  }

  private static String status(Optional<Migration> record) {
    return record.map(Migration::status).orElse("without a record");
  }

  // ---------------------------------------------------------------- what others do

  /** It is on the host that is given, null for none, and not by a move of ours. */
  public static Cause movedExternally(String host) {
    return host == null
        ? Reason.MovedExternally.cause("It is on no host any more.")
        : Reason.MovedExternally.cause("Someone else moved it to %s.", host);
  }

  static Cause movedWithoutRequest(String host) {
    return Reason.MovedExternally.cause(
        "It is on %s now, and Nova shows no request of the operator.", host);
  }

  static Cause movedAmongOthers(String host) {
    return Reason.MovedExternally.cause(
        "Someone else moved it to %s. Which of its migrations was the operator's is not known.",
        host);
  }

  /** Either someone else moved it, or a record of the operator has a time that is far off. */
  static Cause movedByAnotherOrClocks(String host, Migration record, Duration difference) {
    return Reason.MovedExternally.cause(
        "%s Or Nova's clocks differ by %s s (record %s): check the time service of nova-api's and"
            + " nova-conductor's hosts.",
        movedExternally(host).message(), difference.toSeconds(), record.id());
  }

  /** How a migration record is named to people. */
  public static String migration(Migration migration) {
    return "Migration %s (%s, %s)".formatted(migration.id(), migration.type(), migration.status());
  }

  /** What is given ties it to the host. */
  public static Cause externalMigration(String by) {
    return Reason.ExternalMigration.cause(
        "%s from or to this host is under way. Someone else requested it.", by);
  }

  /** It is elsewhere, and its disk is still here. */
  public static Cause unconfirmedElsewhere(Instance instance) {
    return Reason.UnconfirmedResize.cause(
        "A resize or migration to %s is not confirmed, so its disk is still here and a revert"
            + " brings it back: confirm it (openstack server resize confirm %s) or revert it.",
        instance.host(), instance.id());
  }

  /** It came to a host that was empty. */
  public static Cause lateArrival(InstanceStatus row) {
    return Reason.LateArrival.cause("%s arrived on the host after it was empty.", row.label());
  }
}
