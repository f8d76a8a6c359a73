package io.hostmaintenance.api.v1alpha1;

/**
 * Why something stands where it stands, as conditions, rows and events say it. The names are API:
 * an open set, never renamed once released, each with cause and remedy in docs/reference.md.
 */
public enum Reason {
  // Of rows that are under way.
  /** Nova's scheduler is at work, or the move waits for its turn at the source. */
  Queued,
  /** The move runs. */
  Running,
  /** The move has ended by one account and not yet by the other. */
  Settling,
  /** Waits for its turn. */
  Waiting,
  /** Another member of its server group moves. */
  GroupMemberMoving,
  /** A step of its way is under way. */
  StepInProgress,
  /** Its next step waits until nova-compute is heard of. */
  ComputeNotHeard,
  /** Something else is being done to the instance, or it is being built. */
  TaskInProgress,
  /** Somebody else's migration or build from or to the host, of an instance that is not on it. */
  ExternalMigration,
  /** The guest is off although Nova holds it active. */
  GuestPoweredOff,
  /** The request went out and its answer is not known. */
  AnswerUnknown,

  // Of rows at their end.
  /** Left the host by our move. */
  Moved,
  /** Left the host, in ERROR. */
  MovedWithError,
  /** Somebody deleted it, or its strategy said so. */
  Deleted,
  /** Left the host by someone else. */
  MovedExternally,
  /** The scheduler found no host. */
  NoValidHost,
  /** No host passed the checks before the move. */
  PreCheckFailed,
  /** The transfer failed after it had begun. */
  FailedDuringTransfer,
  /** Nova refused the request for good. */
  Refused,
  /** Nova refuses the operation in the state of the instance. */
  UnsupportedState,
  /** Exceeded its time. */
  Timeout,
  /** Somebody aborted the move, or deleted the resource in the middle of a way. */
  Aborted,
  /** Somebody reverted the cold migration. */
  Reverted,
  /** A record of Nova says that something is under way which is not. */
  StuckRecord,
  /** Nova's accounts of the move contradict each other. */
  Inconsistent,
  /** A second live migration of a guest that stayed paused can end it. */
  PausedMovedBefore,
  /** A resize that nobody has confirmed or reverted. */
  UnconfirmedResize,
  /** What a drain would do with it is known. */
  Planned,
  /** It is pinned to an availability zone that has no host left for it. */
  ZonePinned,
  /** A scheduler hint leaves no host for it. */
  SchedulerHint,
  /** Placement has no room for it, or not for all instances together. */
  NoCapacity,
  /** A hard anti-affinity group has no host left for it. */
  AntiAffinityGroup,
  /** Its move would copy a larger local disk than the spec allows. */
  LocalDisk,
  /** A step of its way failed. */
  StepFailed,
  /** Somebody else acted on it in the middle of its way. */
  TakenOverByOwner,
  /** It could not be brought back to the state that it had. */
  NotPutBack,
  /** The operator had stopped it, and somebody started it again. */
  StartedByOwner,
  /** Stopped by the operator until the resource is deleted. */
  StoppedByOperator,
  /** It is locked, and its way would change more than its host. */
  Locked,
  /** The spec leaves it where it is. */
  SkippedBySpec,
  /** It does not run, and the scope is what runs. */
  NotRunning,
  /** Members of a hard affinity group cannot be moved one by one. */
  AffinityGroup,

  // Of the resource.
  /** By all that can be known a drain would empty the host. */
  Feasible,
  /** Instances need manual action before a drain can empty the host. */
  NeedsAction,
  /** Whether the instances fit elsewhere is not known. */
  CapacityUnknown,
  /** Not observed yet. */
  NotObservedYet,
  /** Other hosts are drained first. */
  WaitingForTurn,
  /** Instances are being moved. */
  Draining,
  /** Seen empty once; observed again after the settle time. */
  SettlingEmpty,
  /** Seen empty twice. */
  Empty,
  /** Seen empty twice, without placement's word. */
  EmptyWithoutPlacement,
  /** Instances are on the host. */
  NotEmpty,
  /** Nothing that the spec asks to move is on the host; what stays does not run. */
  NothingRuns,
  /** Instances stay that do not run; their disks are on the host. */
  StoppedInstancesStay,
  /** Instances stay because the spec says so. */
  InstancesSkipped,
  /** Disabled, verified empty. */
  InMaintenance,
  /** At least one row needs manual action. */
  InstancesBlocked,
  /** Being given back. */
  Exiting,
  /** The service is enabled once nova-compute is up and reports. */
  WaitingForCompute,
  /** Nothing new is asked for. */
  Suspended,
  /** The time of the drain is over, so nothing new is asked for. */
  DrainTimeout,
  /** Another resource holds the host. */
  Conflict,
  /** nova-compute of the host is down. */
  SourceServiceDown,
  /** Nova knows no such host. */
  HostNotFound,
  /** Nova has several nova-compute services of the host. */
  AmbiguousHost,
  /** The name or the reason has a word by which another tool takes a host for a spare. */
  ReservedWord,
  /** Nova knew the host and knows it no more. */
  HostGone,
  /** The cloud has a host of this name that is not the one which was taken. */
  OtherCloud,
  /** Somebody keeps enabling the service. */
  ServiceReenabled,
  /** The named target cannot take instances. */
  TargetHostInvalid,
  /** No other host could take instances. */
  NoOtherHost,
  /** The hypervisor cannot migrate. */
  UnsupportedHypervisor,
  /** Nova has no hypervisor of the host, so nobody can prove that the host is empty. */
  NoHypervisor,
  /** Nova's answers take too long for anything to be moved by them. */
  CloudTooSlow,
  /** The operator's user lacks rights. */
  Forbidden,
  /** The cloud refuses the operator's credentials. */
  Unauthorized,
  /** The operator's clouds.yaml cannot be used. */
  CloudConfiguration,
  /** Nova's API is too old. */
  UnsupportedApi,
  /** The cloud's APIs do not answer as they should. */
  ApiUnavailable,
  /** The cell of the host does not answer. */
  CellDown,
  /** The operator itself failed. */
  InternalError,

  // Of the service.
  /** The operator disabled the service. */
  Disabled,
  /** Disabled before us, by somebody else. */
  DisabledBefore,
  /** Disabled by us, and somebody has written another reason since. */
  ReasonChanged,
  /** The operator has not disabled the service yet. */
  NotDisabled,

  // Of events alone.
  /** The service was disabled. */
  ServiceDisabled,
  /** The service was enabled. */
  ServiceEnabled,
  /** The service was left disabled. */
  ServiceLeftDisabled,
  /** Our marker was found without a record of ours. */
  MarkerFound,
  /** A move was asked for. */
  MoveRequested,
  /** An attempt to move failed and another one follows. */
  MoveFailed,
  /** An instance arrived after the host was empty. */
  LateArrival,
  /** Moves are still under way although the resource goes. */
  MovesStillRunning,
  /** Let go by the annotation. */
  GiveBackSkipped,
  /** A newer operator wrote the status. */
  NewerSchema;

  /** A cause for this reason, whose message is the format with the values filled in. */
  public Cause cause(String format, Object... values) {
    return new Cause(this, format.formatted(values));
  }
}
