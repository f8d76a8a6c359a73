package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What must hold before anything is touched: an ordered list of rules, the first finding counts.
 */
final class Policies {

  /** Hypervisors whose one service stands for many machines, or which cannot migrate. */
  private static final Set<String> UNSUPPORTED = Set.of("ironic", "vmware vcenter server", "zvm");

  private static final List<Function<DecisionContext, Optional<Cause>>> ALWAYS =
      List.of(
          Policies::hostKnown,
          Policies::ambiguous,
          Policies::reservedWord,
          Policies::hypervisorMigrates);

  private static final List<Function<DecisionContext, Optional<Cause>>> TO_MOVE =
      List.of(Policies::targetTakesInstances, Policies::otherHost);

  private Policies() {}

  /**
   * The first finding.
   *
   * @param toMove whether instances are still to be moved, so that somewhere to go matters
   */
  static Optional<Cause> check(DecisionContext context, boolean toMove) {
    return Stream.concat(ALWAYS.stream(), toMove ? TO_MOVE.stream() : Stream.empty())
        .flatMap(p -> p.apply(context).stream())
        .findFirst();
  }

  private static Optional<Cause> hostKnown(DecisionContext context) {
    if (context.service().isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        context.previous().service() == null
            ? new Cause(
                Reason.HostNotFound,
                "spec.host: Nova knows no nova-compute service on '"
                    + context.host()
                    + "'. "
                    + suggestion(context, context.host())
                    + "Delete this resource and create one with the exact name (openstack compute"
                    + " service list --service nova-compute).")
            : new Cause(
                Reason.HostGone,
                "The nova-compute service of '"
                    + context.host()
                    + "' was deleted from Nova. Delete this resource, or bring the host back."));
  }

  /** "Did you mean", as a sentence with a blank behind; empty text where no name is near. */
  private static String suggestion(DecisionContext context, String name) {
    var known =
        context.snapshot().services().stream().map(ComputeService::host).distinct().toList();
    if (known.isEmpty()) {
      return "It knows none at all. ";
    }
    var near = NearNames.of(name, known);
    return near.isEmpty()
        ? ""
        : "Did you mean "
            + near.stream().map(n -> "'" + n + "'").collect(Collectors.joining(" or "))
            + "? ";
  }

  /** Nova has several nova-compute services of the host: nobody can tell which one counts. */
  static Optional<Cause> ambiguous(DecisionContext context) {
    var services = context.snapshot().services(context.host());
    if (services.size() < 2) {
      return Optional.empty();
    }
    var down = services.stream().filter(s -> !s.up()).toList();
    return Optional.of(
        new Cause(
            Reason.AmbiguousHost,
            "spec.host: Nova has "
                + services.size()
                + " nova-compute services on '"
                + context.host()
                + "', so it is not clear which one to disable: "
                + services.stream().map(Policies::row).collect(Collectors.joining(", "))
                + ". Delete the one that is left over: openstack compute service delete "
                + (down.size() == 1 && down.getFirst().id() != null ? down.getFirst().id() : "ID")
                + "."));
  }

  private static String row(ComputeService service) {
    return (service.id() == null ? "one in a cell that does not answer" : service.id())
        + " ("
        + service.host()
        + ", "
        + service.status()
        + ", "
        + (service.up() ? "up" : service.downWord())
        + ")";
  }

  /** Whether InstanceHA of Red Hat OpenStack would take a host with this reason for a spare. */
  static boolean reserved(String reason) {
    return reason.toLowerCase(Locale.ROOT).contains("reserved");
  }

  private static Optional<Cause> reservedWord(DecisionContext context) {
    return context.spec().reason() != null && reserved(context.spec().reason())
        ? Optional.of(reserved("spec.reason", "choose another word"))
        : reserved(context.name())
            ? Optional.of(
                reserved("metadata.name", "delete this resource and create one of another name"))
            : Optional.empty();
  }

  private static Cause reserved(String field, String wayOut) {
    return new Cause(
        Reason.ReservedWord,
        field
            + ": the word 'reserved' would stand in Nova's disabled_reason, by which InstanceHA of"
            + " Red Hat OpenStack takes a host for a spare and enables it: "
            + wayOut
            + ".");
  }

  private static Optional<Cause> hypervisorMigrates(DecisionContext context) {
    return context.snapshot().hypervisors().stream()
        .map(Hypervisor::type)
        .filter(t -> UNSUPPORTED.contains(t.toLowerCase(Locale.ROOT)))
        .findFirst()
        .map(
            t ->
                new Cause(
                    Reason.UnsupportedHypervisor,
                    "spec.host: the hypervisor of '"
                        + context.host()
                        + "' is "
                        + t
                        + ", whose instances Nova cannot migrate. Delete this resource."));
  }

  private static Optional<Cause> targetTakesInstances(DecisionContext context) {
    var target = context.spec().targetHost();
    if (target == null) {
      return Optional.empty();
    }
    return targetFault(context, target)
        .map(
            fault ->
                new Cause(
                    Reason.TargetHostInvalid,
                    "spec.targetHost: '"
                        + target
                        + "' "
                        + fault
                        + ". "
                        + (context.snapshot().services(target).isEmpty()
                            ? suggestion(context, target)
                            : "")
                        + "Name another host, or leave targetHost out to let the scheduler"
                        + " pick."));
  }

  private static Optional<String> targetFault(DecisionContext context, String target) {
    if (target.equals(context.host())) {
      return Optional.of("is the host itself");
    }
    var services = context.snapshot().services(target);
    if (services.isEmpty()) {
      return Optional.of("is not a nova-compute service that Nova knows");
    }
    if (services.size() > 1) {
      return Optional.of("has " + services.size() + " nova-compute services");
    }
    var service = services.getFirst();
    if (context.input().others().stream().anyMatch(n -> n.host().equals(target))) {
      return Optional.of("is itself in maintenance");
    }
    if (!service.enabled()) {
      return Optional.of("is " + service.status());
    }
    return service.up() ? Optional.empty() : Optional.of("is " + service.downWord());
  }

  private static Optional<Cause> otherHost(DecisionContext context) {
    var other =
        context.snapshot().services().stream()
            .anyMatch(s -> !s.host().equalsIgnoreCase(context.host()) && s.enabled() && s.up());
    return other
        ? Optional.empty()
        : Optional.of(
            new Cause(
                Reason.NoOtherHost,
                "No other nova-compute service is enabled and up, so no instance of '"
                    + context.host()
                    + "' has anywhere to go. Enable another host (openstack compute service set"
                    + " --enable)."));
  }
}
