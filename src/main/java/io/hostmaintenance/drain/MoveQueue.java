package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.drain.instance.Operation;
import io.hostmaintenance.drain.instance.RowTransitions;
import io.hostmaintenance.drain.instance.Way;
import io.hostmaintenance.nova.Instance;
import java.util.List;
import java.util.Optional;

/**
 * What a queued move of a host has to wait for: Nova's queue at the source is one for all.
 *
 * @param rows the stored rows of the host
 */
record MoveQueue(DecisionContext context, List<InstanceStatus> rows) {

  /** Why a queued move waits for others; empty when nothing goes before it. */
  Optional<Cause> ahead(InstanceStatus row) {
    if (rows.stream().anyMatch(r -> !r.id().equals(row.id()) && runs(r))) {
      return Optional.of(InstanceMessages.WAITS_FOR_OTHER_MOVE);
    }
    return Way.of(row).flatMap(Way::move).filter(Operation::queuesAtSource).isEmpty()
        ? Optional.empty()
        : context.snapshot().instances().stream()
            .filter(i -> !i.id().equals(row.id()) && i.migrating() && isExternal(i))
            .findFirst()
            .map(InstanceMessages::waitsForExternalMove);
  }

  private static boolean runs(InstanceStatus row) {
    return RowTransitions.inFlight(row) && row.startTime() != null;
  }

  /** Whether someone else live-migrates it; for long only while its record moves. */
  private boolean isExternal(Instance instance) {
    return rows.stream()
            .filter(r -> r.id().equals(instance.id()))
            .noneMatch(r -> r.outstanding() || r.is(RowState.Blocked))
        || externalRecordMoves(instance);
  }

  private boolean externalRecordMoves(Instance instance) {
    return rows.stream().noneMatch(r -> r.id().equals(instance.id()) && r.outstanding())
        && context.snapshot().migrations().stream()
            .filter(m -> m.instanceId().equals(instance.id()) && m.unfinished())
            .filter(m -> context.host().equals(m.sourceHost()) && m.updatedAt() != null)
            .anyMatch(
                m -> m.updatedAt().isAfter(context.snapshot().date().minus(Deadlines.SETTLING)));
  }
}
