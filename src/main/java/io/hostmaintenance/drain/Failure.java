package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Observation.Group;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.InstanceAction;
import java.util.List;
import java.util.Optional;

/**
 * Why a move failed, from the events of its action.
 *
 * <p>Once the transfer has begun Nova's API never tells why; the events of other attempts may stay
 * unfinished for ever (nova/conductor/tasks/live_migrate.py), so all of them are searched.
 */
public record Failure(Reason reason, String message) {

  static Failure of(InstanceStatus row, DecisionContext context) {
    var detail = Optional.ofNullable(context.snapshot().details().get(row.id()));
    var action = detail.flatMap(Observation.Detail::events);
    var details = action.map(Failure::details).orElse(List.of());
    return details.stream()
        .filter(d -> d.startsWith("Migration pre-check error"))
        .findFirst()
        .map(d -> new Failure(Reason.PreCheckFailed, said(d, row)))
        .or(() -> named(details, row))
        .or(() -> noHost(details, row, context))
        .orElseGet(
            () ->
                new Failure(
                    Reason.FailedDuringTransfer,
                    "The migration failed and Nova's API does not tell why: see the log of"
                        + " nova-compute on "
                        + context.host()
                        + " for "
                        + request(row)
                        + "."));
  }

  private static Optional<Failure> named(List<String> details, InstanceStatus row) {
    return details.stream()
        .filter(d -> !d.contains("No valid host"))
        .findFirst()
        .map(
            d ->
                new Failure(
                    d.startsWith("Compute service of")
                        ? Reason.SourceServiceDown
                        : Reason.FailedDuringTransfer,
                    said(d, row)));
  }

  private static Optional<Failure> noHost(
      List<String> details, InstanceStatus row, DecisionContext context) {
    return details.stream()
        .findFirst()
        .map(
            d ->
                group(row.id(), "anti-affinity", context)
                    .filter(g -> everywhere(g, context))
                    .map(
                        g ->
                            new Failure(
                                Reason.AntiAffinityGroup, noHostLeft(g, context) + said(d, row)))
                    .orElseGet(() -> new Failure(Reason.NoValidHost, said(d, row))));
  }

  /** Whether each host that could take the instance has as many members as the group allows. */
  private static boolean everywhere(Group group, DecisionContext context) {
    return !candidates(context).isEmpty() && group.full().containsAll(candidates(context));
  }

  private static List<String> candidates(DecisionContext context) {
    return context.snapshot().services().stream()
        .filter(s -> s.enabled() && s.up() && !s.host().equals(context.host()))
        .map(ComputeService::host)
        .filter(h -> context.spec().targetHost() == null || h.equals(context.spec().targetHost()))
        .sorted()
        .toList();
  }

  private static String noHostLeft(Group group, DecisionContext context) {
    var hosts = candidates(context);
    return "Each host that could take it has a member of its anti-affinity group "
        + group.label()
        + ": "
        + String.join(", ", hosts.subList(0, Math.min(3, hosts.size())))
        + (hosts.size() > 3 ? ", ..." : "")
        + ". Enable one more host without a member. ";
  }

  static Optional<Group> group(String instanceId, String policy, DecisionContext context) {
    return context.snapshot().groups().getOrDefault(instanceId, List.of()).stream()
        .filter(g -> g.policy().equals(policy))
        .findFirst();
  }

  /** Whether the scheduler found no host, by the events of a move. */
  public static boolean noValidHost(InstanceAction action) {
    return details(action).stream().anyMatch(d -> d.contains("No valid host"));
  }

  private static List<String> details(InstanceAction action) {
    return action.events().stream()
        .map(InstanceAction.Event::details)
        .filter(d -> d != null && !d.isBlank())
        .map(String::strip)
        .toList();
  }

  private static String said(String details, InstanceStatus row) {
    return details + " (" + request(row) + ")";
  }

  static String request(InstanceStatus row) {
    return row.requestId() == null ? "a request without a known id" : row.requestId();
  }
}
