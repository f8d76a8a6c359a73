package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Counts the moves that ended and times the drains, by what one stored status has that the one
 * before it had not: so each is counted once, also after a crash or a change of the leader.
 */
final class MoveMetrics implements StatusListener {

  private static final double[] MOVE_SECONDS = {5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200};
  private static final double[] DRAIN_SECONDS = {
    60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400
  };

  /** The actions that move an instance; after the others it is where it was, or gone. */
  private static final Set<RowAction> TYPES =
      EnumSet.of(
          RowAction.LiveMigrate,
          RowAction.ColdMigrate,
          RowAction.RepauseAndLive,
          RowAction.ResumeLiveSuspend,
          RowAction.UnrescueLive,
          RowAction.UnrescueCold,
          RowAction.ResetAndLive,
          RowAction.StopAndCold);

  private static final Set<String> TYPE_WORDS =
      TYPES.stream().map(Enum::name).collect(Collectors.toUnmodifiableSet());

  private static final Set<RowState> UNDER_WAY =
      EnumSet.of(RowState.Requested, RowState.InProgress, RowState.Confirming, RowState.Restoring);

  /** Why a move usually fails; what is counted from zero. */
  private static final Set<Reason> FAILURES =
      EnumSet.of(
          Reason.NoValidHost,
          Reason.PreCheckFailed,
          Reason.FailedDuringTransfer,
          Reason.Refused,
          Reason.UnsupportedState,
          Reason.Timeout,
          Reason.Aborted,
          Reason.Inconsistent);

  private static final String SUCCEEDED = "succeeded";
  private static final String FAILED = "failed";
  private static final String GONE = "gone";

  private final Counter moves;
  private final Histogram moveDurations;
  private final Histogram drainDurations;
  private final InstantSource clock;
  private final Set<String> drainedBefore = ConcurrentHashMap.newKeySet();

  /** Counts into this registry, from zero. */
  MoveMetrics(PrometheusRegistry registry, InstantSource clock) {
    this.clock = clock;
    this.moves =
        Counter.builder()
            .name("hostmaintenance_moves_total")
            .help("Attempts to move an instance that ended, by action, result and reason.")
            .labelNames("type", "result", "reason")
            .register(registry);
    this.moveDurations =
        Histogram.builder()
            .name("hostmaintenance_move_duration_seconds")
            .help("Time of the moves that succeeded, from when Nova began to run them.")
            .unit(Unit.SECONDS)
            .classicOnly()
            .classicUpperBounds(MOVE_SECONDS)
            .labelNames("type")
            .register(registry);
    this.drainDurations =
        Histogram.builder()
            .name("hostmaintenance_drain_duration_seconds")
            .help("Time from when the operator took a host to when it was first in maintenance.")
            .unit(Unit.SECONDS)
            .classicOnly()
            .classicUpperBounds(DRAIN_SECONDS)
            .register(registry);
    for (var type : TYPE_WORDS) {
      moves.initLabelValues(type, SUCCEEDED, Reason.Moved.name());
      FAILURES.forEach(reason -> moves.initLabelValues(type, FAILED, reason.name()));
      moveDurations.initLabelValues(type);
    }
  }

  @Override
  public void stored(HostMaintenance before, HostMaintenanceStatus status) {
    if (before.getStatus() == null) {
      return;
    }
    var old =
        before.getStatus().instances().stream()
            .filter(MoveMetrics::underWay)
            .collect(Collectors.toMap(InstanceStatus::id, Function.identity(), (a, b) -> a));
    for (var row : status.instances()) {
      var was = old.get(row.id());
      if (was != null && !underWay(row) && row.attemptsMade() >= was.attemptsMade()) {
        ended(was, row);
      }
    }
    drained(before.getMetadata().getUid(), before.getStatus().phase(), status);
  }

  private static boolean underWay(InstanceStatus row) {
    return TYPE_WORDS.contains(row.action())
        && (row.outstanding() || RowState.of(row).filter(UNDER_WAY::contains).isPresent());
  }

  private void ended(InstanceStatus was, InstanceStatus row) {
    var result = result(row);
    moves.labelValues(was.action(), result, row.reason()).inc();
    if (result.equals(SUCCEEDED)) {
      Stream.of(was.startTime(), was.requestTime())
          .filter(Objects::nonNull)
          .findFirst()
          .ifPresent(begun -> moveDurations.labelValues(was.action()).observe(since(begun, row)));
    }
  }

  private static String result(InstanceStatus row) {
    return RowState.of(row)
        .map(
            state ->
                switch (state) {
                  case Moved -> SUCCEEDED;
                  case Gone, Skipped -> GONE;
                  case Pending, Failed, Blocked, Requested, InProgress, Confirming, Restoring ->
                      FAILED;
                })
        .orElse(FAILED);
  }

  private double since(Instant begun, InstanceStatus row) {
    var ended = Objects.requireNonNullElseGet(row.completionTime(), clock::instant);
    return seconds(begun, ended);
  }

  /** A host that was in maintenance before, and is again after a late arrival, counts once. */
  private void drained(String uid, String before, HostMaintenanceStatus status) {
    var inMaintenance = Phase.InMaintenance.name();
    var is = inMaintenance.equals(status.phase());
    var was = inMaintenance.equals(before);
    if (Phase.Exiting.name().equals(status.phase())) {
      drainedBefore.remove(uid);
    } else if (was && !is) {
      drainedBefore.add(uid);
    } else if (is && !was && !drainedBefore.remove(uid) && status.startTime() != null) {
      drainDurations.observe(seconds(status.startTime(), clock.instant()));
    }
  }

  private static double seconds(Instant begin, Instant end) {
    return Math.max(0, Duration.between(begin, end).toMillis() / 1000.0);
  }
}
