package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.Instance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Where an instance could go, by what is known of it: of the hosts that are enabled and up, each
 * constraint takes some away. What was not asked for takes none away.
 *
 * <p>The constraints in the order in which they are applied: the availability zone that the
 * instance is pinned to, its hard anti-affinity groups, its scheduler hints, placement. The first
 * that leaves no host is the reason, and the message names all that took a host away. Nova's own
 * filters cannot be asked: a host that remains need not be one that they accept.
 *
 * @param hosts the hosts that remain, sorted
 * @param blocker why none remains; empty while one does
 */
public record Destinations(List<String> hosts, Optional<Cause> blocker) {

  /** A constraint that took hosts away. */
  private record Limit(Reason reason, String said) {}

  /** Where an instance could go. */
  public static Destinations of(InstanceView view) {
    return of(view, view.host().destinations());
  }

  /** Where a row's last attempt could have gone: the first may have been for one host alone. */
  static Destinations of(InstanceView view, InstanceStatus row) {
    return of(
        view,
        view.host()
            .preferred()
            .filter(p -> view.host().triesOnly(p, row))
            .map(List::of)
            .orElse(view.host().destinations()));
  }

  private static Destinations of(InstanceView view, List<String> hosts) {
    return view.instance()
        .map(i -> of(view, i, hosts))
        .orElse(new Destinations(hosts, Optional.empty()));
  }

  private static Destinations of(InstanceView view, Instance instance, List<String> hosts) {
    var remaining = new ArrayList<>(hosts);
    var limits = new ArrayList<Limit>();
    var zone = instance.constraints().pinnedZone();
    if (zone != null) {
      var there = view.host().hostsOf(zone);
      keep(
          remaining,
          limits,
          there::contains,
          Reason.ZonePinned,
          InstanceMessages.zone(zone, there));
    }
    for (var group : view.groups()) {
      if (group.policy().equals("anti-affinity")) {
        keep(
            remaining,
            limits,
            h -> !group.full().contains(h),
            Reason.AntiAffinityGroup,
            InstanceMessages.antiAffinity(group));
      }
    }
    for (var hint : view.hints()) {
      keep(
          remaining,
          limits,
          hint::allows,
          Reason.SchedulerHint,
          InstanceMessages.schedulerHint(hint));
    }
    view.detail()
        .flatMap(Detail::offer)
        .ifPresent(
            offer ->
                offer
                    .rooms()
                    .ifPresent(
                        rooms ->
                            keep(
                                remaining,
                                limits,
                                withRoom(rooms)::contains,
                                Reason.NoCapacity,
                                InstanceMessages.noRoom(offer.demand(), instance.constraints()))));
    return new Destinations(
        List.copyOf(remaining),
        remaining.isEmpty() && !limits.isEmpty()
            ? Optional.of(
                InstanceMessages.noDestination(
                    limits.getLast().reason(),
                    limits.stream().map(Limit::said).toList(),
                    instance,
                    view.host()))
            : Optional.empty());
  }

  private static Set<String> withRoom(List<Offer.Room> rooms) {
    return rooms.stream().map(Offer.Room::host).collect(Collectors.toCollection(HashSet::new));
  }

  /** Applies a constraint; once no host remains none is applied any more. */
  private static void keep(
      List<String> remaining,
      List<Limit> limits,
      Predicate<String> allowed,
      Reason reason,
      String said) {
    if (!remaining.isEmpty() && remaining.removeIf(allowed.negate())) {
      limits.add(new Limit(reason, said));
    }
  }
}
