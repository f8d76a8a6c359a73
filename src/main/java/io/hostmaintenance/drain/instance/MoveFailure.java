package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.InstanceAction;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Why a move failed, from the events of its action.
 *
 * <p>Once the transfer has begun Nova's API never tells why; the events of other attempts may stay
 * unfinished for ever (nova/conductor/tasks/live_migrate.py), so all of them are searched.
 */
public final class MoveFailure {

  private MoveFailure() {}

  /** What the events say of the row's last action; of several, the one that says most. */
  static Cause of(InstanceStatus row, InstanceView view) {
    var details = view.detail().flatMap(Detail::events).map(MoveFailure::details).orElse(List.of());
    if (details.isEmpty()) {
      return InstanceMessages.failedWithoutReason(row, view.host().name());
    }
    var check = view.detail().flatMap(Detail::events).flatMap(MoveFailure::failedCheck);
    var detail =
        check
            .or(() -> first(details, d -> d.startsWith("Migration pre-check error")))
            .or(() -> first(details, d -> !d.contains("No valid host")))
            .orElse(details.getFirst());
    var said = detail + " (" + InstanceMessages.request(row) + ")";
    if (check.isPresent() || detail.startsWith("Migration pre-check error")) {
      return new Cause(Reason.PreCheckFailed, said);
    }
    if (detail.startsWith("Compute service of")) {
      return new Cause(Reason.SourceServiceDown, said);
    }
    if (!detail.contains("No valid host")) {
      return new Cause(Reason.FailedDuringTransfer, said);
    }
    var destinations = Destinations.of(view, row);
    return destinations
        .blocker()
        .map(b -> new Cause(b.reason(), b.message() + " " + said))
        .orElseGet(
            () ->
                view.detail().flatMap(Detail::offer).flatMap(Offer::rooms).isPresent()
                    ? InstanceMessages.filtersRefused(destinations.hosts(), said)
                    : new Cause(Reason.NoValidHost, said));
  }

  /** What the events of the row's last action say of a failure; empty when they say nothing. */
  static Optional<String> said(InstanceView view) {
    return view.detail().flatMap(Detail::events).flatMap(e -> details(e).stream().findFirst());
  }

  private static Optional<String> first(List<String> details, Predicate<String> which) {
    return details.stream().filter(which).findFirst();
  }

  /** Whether the scheduler found no host, by the events of a move. */
  public static boolean noValidHost(InstanceAction action) {
    return details(action).stream().anyMatch(d -> d.contains("No valid host"));
  }

  /** What a check of a destination or of the source says before a live migration begins. */
  private static Optional<String> failedCheck(InstanceAction action) {
    var begun = action.events().stream().anyMatch(e -> e.event().equals("compute_live_migration"));
    return action.events().stream()
        .filter(e -> !begun)
        .filter(e -> e.event().startsWith("compute_check_can_live_migrate"))
        .map(InstanceAction.Event::details)
        .filter(d -> d != null && !d.isBlank())
        .map(String::strip)
        .findFirst();
  }

  private static List<String> details(InstanceAction action) {
    return action.events().stream()
        .map(InstanceAction.Event::details)
        .filter(d -> d != null && !d.isBlank())
        .map(String::strip)
        .toList();
  }
}
