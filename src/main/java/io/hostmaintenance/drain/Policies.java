package io.hostmaintenance.drain;

import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What must hold before anything is touched: an ordered list of rules, the first finding counts.
 */
final class Policies {

  /** Hypervisors whose one service stands for many machines, or which cannot migrate. */
  private static final Set<String> UNSUPPORTED = Set.of("ironic", "vmware vcenter server", "zvm");

  private static final List<Function<Moment, Optional<Finding>>> ALWAYS =
      List.of(Policies::hostKnown, Policies::hypervisorMigrates);

  private static final List<Function<Moment, Optional<Finding>>> TO_MOVE =
      List.of(Policies::targetTakesInstances, Policies::otherHost);

  private Policies() {}

  /**
   * The first finding.
   *
   * @param toMove whether instances are still to be moved, so that somewhere to go matters
   */
  static Optional<Finding> check(Moment at, boolean toMove) {
    return Stream.concat(ALWAYS.stream(), toMove ? TO_MOVE.stream() : Stream.empty())
        .flatMap(p -> p.apply(at).stream())
        .findFirst();
  }

  private static Optional<Finding> hostKnown(Moment at) {
    if (at.service().isPresent()) {
      return Optional.empty();
    }
    var known = at.look().services().stream().map(ComputeService::host).sorted().limit(5).toList();
    return Optional.of(
        at.previous().service() == null
            ? new Finding(
                Reason.HostNotFound,
                "spec.host: Nova knows no nova-compute service on '"
                    + at.host()
                    + "'. It knows "
                    + (known.isEmpty() ? "none at all" : String.join(", ", known))
                    + (at.look().services().size() > known.size() ? ", ..." : "")
                    + ". Delete this resource and create one with the exact name.")
            : new Finding(
                Reason.HostGone,
                "The nova-compute service of '"
                    + at.host()
                    + "' was deleted from Nova. Delete this resource, or bring the host back."));
  }

  private static Optional<Finding> hypervisorMigrates(Moment at) {
    return at.look()
        .hypervisor()
        .map(Hypervisor::type)
        .filter(t -> UNSUPPORTED.contains(t.toLowerCase(Locale.ROOT)))
        .map(
            t ->
                new Finding(
                    Reason.UnsupportedHypervisor,
                    "spec.host: the hypervisor of '"
                        + at.host()
                        + "' is "
                        + t
                        + ", whose instances Nova cannot migrate. Delete this resource."));
  }

  private static Optional<Finding> targetTakesInstances(Moment at) {
    var target = at.spec().targetHost();
    if (target == null) {
      return Optional.empty();
    }
    return targetFault(at, target)
        .map(
            fault ->
                new Finding(
                    Reason.TargetHostInvalid,
                    "spec.targetHost: '"
                        + target
                        + "' "
                        + fault
                        + ". Name another host, or leave targetHost out to let the scheduler"
                        + " pick."));
  }

  private static Optional<String> targetFault(Moment at, String target) {
    if (target.equals(at.host())) {
      return Optional.of("is the host itself");
    }
    var service = at.look().service(target);
    if (service.isEmpty()) {
      return Optional.of("is not a nova-compute service that Nova knows");
    }
    if (at.situation().neighbours().stream().anyMatch(n -> n.host().equals(target))) {
      return Optional.of("is itself in maintenance");
    }
    if (!service.get().enabled()) {
      return Optional.of("is " + service.get().status());
    }
    return service.get().up() ? Optional.empty() : Optional.of("is down");
  }

  private static Optional<Finding> otherHost(Moment at) {
    var other =
        at.look().services().stream()
            .anyMatch(s -> !s.host().equals(at.host()) && s.enabled() && s.up());
    return other
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Reason.NoOtherHost,
                "No other nova-compute service is enabled and up, so no instance of '"
                    + at.host()
                    + "' has anywhere to go. Enable another host (openstack compute service set"
                    + " --enable)."));
  }
}
