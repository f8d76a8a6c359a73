package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
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
            ? HostMessages.hostNotFound(context.host(), suggestion(context, context.host()))
            : HostMessages.hostGone(context.host()));
  }

  private static String suggestion(DecisionContext context, String name) {
    var known =
        context.snapshot().services().stream().map(ComputeService::host).distinct().toList();
    return HostMessages.suggestion(known, NearNames.of(name, known));
  }

  /** Nova has several nova-compute services of the host: nobody can tell which one counts. */
  static Optional<Cause> ambiguous(DecisionContext context) {
    var services = context.snapshot().services(context.host());
    if (services.size() < 2) {
      return Optional.empty();
    }
    var down = services.stream().filter(s -> !s.up()).toList();
    return Optional.of(
        HostMessages.ambiguous(
            context.host(), services, down.size() == 1 ? down.getFirst().id() : null));
  }

  /** Whether InstanceHA of Red Hat OpenStack would take a host with this reason for a spare. */
  static boolean reserved(String reason) {
    return reason.toLowerCase(Locale.ROOT).contains("reserved");
  }

  private static Optional<Cause> reservedWord(DecisionContext context) {
    return ServiceDecision.reason(context.input().resource()).filter(Policies::reserved).isPresent()
        ? Optional.of(HostMessages.RESERVED_REASON)
        : reserved(context.name()) ? Optional.of(HostMessages.RESERVED_NAME) : Optional.empty();
  }

  private static Optional<Cause> hypervisorMigrates(DecisionContext context) {
    return context.snapshot().hypervisors().stream()
        .map(Hypervisor::type)
        .filter(t -> UNSUPPORTED.contains(t.toLowerCase(Locale.ROOT)))
        .findFirst()
        .map(t -> HostMessages.unsupportedHypervisor(context.host(), t));
  }

  private static Optional<Cause> targetTakesInstances(DecisionContext context) {
    return context
        .target()
        .flatMap(
            t ->
                targetFault(context, t)
                    .or(() -> takesNone(context, t).filter(f -> required(context)))
                    .map(f -> targetInvalid(context, t, f)));
  }

  private static boolean required(DecisionContext context) {
    return context.preferredTarget().isEmpty();
  }

  /** Whether a host that the spec prefers may be asked to take instances now. */
  static boolean takesInstances(DecisionContext context, String target) {
    return targetFault(context, target).or(() -> takesNone(context, target)).isEmpty();
  }

  private static Cause targetInvalid(DecisionContext context, String target, String fault) {
    var unknown = context.snapshot().services(target).isEmpty();
    return HostMessages.targetInvalid(target, fault, unknown ? suggestion(context, target) : "");
  }

  private static Optional<String> targetFault(DecisionContext context, String target) {
    if (target.equals(context.host())) {
      return Optional.of(HostMessages.TARGET_IS_SOURCE);
    }
    var services = context.snapshot().services(target);
    if (services.isEmpty()) {
      return Optional.of(HostMessages.TARGET_UNKNOWN);
    }
    if (services.size() > 1) {
      return Optional.of(HostMessages.targetAmbiguous(services.size()));
    }
    return Optional.empty();
  }

  /** Why a host that Nova knows takes no instances for now. */
  private static Optional<String> takesNone(DecisionContext context, String target) {
    var service = context.snapshot().services(target).getFirst();
    if (context.input().others().stream().anyMatch(n -> n.host().equals(target))) {
      return Optional.of(HostMessages.TARGET_IN_MAINTENANCE);
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
    return other ? Optional.empty() : Optional.of(HostMessages.noOtherHost(context.host()));
  }
}
