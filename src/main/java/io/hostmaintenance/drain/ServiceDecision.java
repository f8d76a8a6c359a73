package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the service is taken, kept disabled and given back.
 *
 * @param record what is stored of it
 * @param command what is asked of Nova
 * @param notices what is told
 * @param finding why it cannot be kept
 */
record ServiceDecision(
    ServiceStatus record,
    Optional<Command> command,
    List<Notice> notices,
    Optional<Cause> finding) {

  private static final String MARKER = "host-maintenance ";

  private static final int UID_CHARACTERS = 8;

  /** What libvirt's driver writes, and undoes by itself (nova/virt/libvirt/driver.py). */
  private static final String AUTO = "AUTO: ";

  private static final int REENABLED_LIMIT = 3;

  private static final String KEEP = "Keep";

  /**
   * The disabled_reason of a resource: {@code host-maintenance NAME [UID]: REASON}. At most 250 of
   * Nova's 255 characters: 17 + 100 (name) + 11 + 2 + 120 (reason). A reason that would have
   * another tool enable the host is left out.
   */
  static String marker(HostMaintenance resource) {
    return mark(resource)
        + reason(resource).filter(r -> !Policies.reserved(r)).map(r -> ": " + r).orElse("");
  }

  /** Why the administrator puts the host into maintenance; empty when the spec does not say. */
  static Optional<String> reason(HostMaintenance resource) {
    return Optional.ofNullable(resource.getSpec().reason());
  }

  /** Whether a disabled_reason is that of this very resource; a new one has another uid. */
  static boolean isMarker(String disabledReason, HostMaintenance resource) {
    var mark = mark(resource);
    return disabledReason != null
        && (disabledReason.equals(mark) || disabledReason.startsWith(mark + ": "));
  }

  /** Which no person writes by chance: the uid is the API server's. */
  private static String mark(HostMaintenance resource) {
    var uid = resource.getMetadata().getUid();
    return MARKER
        + resource.getMetadata().getName()
        + " ["
        + uid.substring(0, Math.min(UID_CHARACTERS, uid.length()))
        + "]";
  }

  private static boolean isOurs(String disabledReason, DecisionContext context) {
    return isMarker(disabledReason, context.input().resource());
  }

  private static String wanted(DecisionContext context) {
    return marker(context.input().resource());
  }

  static ServiceDecision keep(DecisionContext context) {
    var service = context.service().orElseThrow();
    var record = context.previous().service();
    return record == null
        ? take(context, service)
        : record.disabledByUs() ? hold(context, service, record) : watch(context, service, record);
  }

  private static boolean libvirts(ComputeService service) {
    return service.disabledReason() != null && service.disabledReason().startsWith(AUTO);
  }

  private static ServiceDecision take(DecisionContext context, ComputeService service) {
    var reason = service.disabledReason();
    if (service.enabled()) {
      return disabling(context, service, ours(service, "enabled", null));
    }
    if (isOurs(reason, context)) {
      return markerFound(context, service);
    }
    if (libvirts(service)) {
      return disabling(context, service, ours(service, "disabled", reason));
    }
    return unchanged(
        new ServiceStatus(service.id(), false, "disabled", reason, List.of()),
        Notice.normal(HostMessages.foundDisabled(context.host(), reason, isAnothers(reason))));
  }

  /** Whether a reason that is not ours is that of another resource, also of one that is gone. */
  private static boolean isAnothers(String reason) {
    return reason != null && reason.startsWith(MARKER);
  }

  /** Our marker stands: the record of our deed was lost. */
  private static ServiceDecision markerFound(DecisionContext context, ComputeService service) {
    return unchanged(
        ours(service, "enabled", null), Notice.warning(HostMessages.markerFound(context.host())));
  }

  private static ServiceDecision hold(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    if (service.disabled()) {
      var renamed =
          isOurs(service.disabledReason(), context)
              && !wanted(context).equals(service.disabledReason());
      var undone = libvirts(service) && !mayBeUnderWay(context.input().disabling(), context);
      var before = overtaken(context, service, record);
      return renamed || undone
          ? disabling(context, service, before)
          : new ServiceDecision(
              before, Optional.empty(), changed(context, service, before), Optional.empty());
    }
    var wasDisabled = context.previous().isTrue(Condition.SERVICE_DISABLED);
    var lately = new ArrayList<Instant>();
    record.reenabledTime().stream()
        .filter(t -> context.ago(t).compareTo(Deadlines.REENABLED_WINDOW) < 0)
        .forEach(lately::add);
    var notices = new ArrayList<Notice>();
    if (wasDisabled) {
      lately.add(context.now());
      notices.add(Notice.warning(HostMessages.reenabled(context.host())));
    }
    var next = new ServiceStatus(service.id(), true, "enabled", null, lately);
    if (lately.size() > REENABLED_LIMIT) {
      var finding = HostMessages.reenabledTooOften(context.host(), lately.size());
      return new ServiceDecision(next, Optional.empty(), notices, Optional.of(finding));
    }
    var command =
        wasDisabled || !mayBeUnderWay(context.input().disabling(), context)
            ? disabling(context, service, next).command()
            : Optional.<Command>empty();
    return new ServiceDecision(next, command, notices, Optional.empty());
  }

  /** Whether an earlier request may still take effect, perhaps after the host was given back. */
  private static boolean mayBeUnderWay(Optional<Duration> request, DecisionContext context) {
    var wait = context.settings().answerWait();
    return request.filter(known -> known.compareTo(wait) < 0).isPresent();
  }

  private static ServiceDecision watch(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    if (isOurs(service.disabledReason(), context)) {
      return markerFound(context, service);
    }
    if (service.disabled()) {
      return unchanged(record);
    }
    var taken = disabling(context, service, ours(service, "enabled", null));
    var told = List.of(Notice.warning(HostMessages.enabledByOwner(context.host())));
    return new ServiceDecision(taken.record(), taken.command(), told, Optional.empty());
  }

  /** Nothing is asked of Nova. */
  private static ServiceDecision unchanged(ServiceStatus record, Notice... notices) {
    return new ServiceDecision(record, Optional.empty(), List.of(notices), Optional.empty());
  }

  private static ServiceStatus ours(ComputeService service, String status, String reason) {
    return new ServiceStatus(service.id(), true, status, reason, List.of());
  }

  private static ServiceDecision disabling(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    return asking(record, new Command.DisableService(service.id(), wanted(context)));
  }

  private static ServiceDecision asking(ServiceStatus record, Command command) {
    return new ServiceDecision(record, Optional.of(command), List.of(), Optional.empty());
  }

  /** Gives the service back, once, while our marker stands: it is as it was before us. */
  static ServiceDecision giveBack(DecisionContext context) {
    var service = context.service().orElseThrow();
    var record = context.previous().service();
    if (record == null || !record.disabledByUs()) {
      return unchanged(record);
    }
    var done =
        new ServiceStatus(
            record.id(), false, record.previousStatus(), record.previousReason(), List.of());
    if (service.enabled()) {
      return unchanged(
          mayStillBeDisabled(context)
              ? new ServiceStatus(record.id(), true, "enabled", null, record.reenabledTime())
              : done);
    }
    if (!isOurs(service.disabledReason(), context)) {
      var before = overtaken(context, service, record);
      if (asBefore(before, service) && mayStillBeDisabled(context)) {
        return unchanged(before);
      }
      if (libvirts(service) && asBefore(before, service)) {
        return unchanged(done);
      }
      return unchanged(done, Notice.warning(HostMessages.leftDisabled(context.host(), service)));
    }
    var next = byWord(context, service, record);
    var waits = next.command().isEmpty() && next.kept().isEmpty();
    return waits || !mayBeUnderWay(context.input().givingBack(), context)
        ? next
        : unchanged(record);
  }

  /**
   * What the spec says of a service that carries our marker. The finding is why nothing is asked:
   * the service waits to be heard of, or stays as it is ({@link Reason#ServiceLeftDisabled}).
   */
  private static ServiceDecision byWord(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    var restoring = restoring(service, record);
    return switch (word(context)) {
      case KEEP -> finding(record, HostMessages.keptDisabled(context.host()));
      case "EnableWhenUp" ->
          restoring instanceof Command.EnableService && !heardSinceDeleted(context, service)
              ? finding(record, HostMessages.waitsForCompute(service))
              : asking(record, restoring);
      default -> asking(record, restoring);
    };
  }

  private static String word(DecisionContext context) {
    return context.spec().giveBack();
  }

  private static ServiceDecision finding(ServiceStatus record, Cause cause) {
    return new ServiceDecision(record, Optional.empty(), List.of(), Optional.of(cause));
  }

  /** Whether nova-compute is up and its last report came after the deletion, each by its clock. */
  private static boolean heardSinceDeleted(DecisionContext context, ComputeService service) {
    return service.up()
        && service.updatedAt() != null
        && Duration.between(service.updatedAt(), context.snapshot().date())
                .compareTo(context.ago(deleted(context)))
            < 0;
  }

  private static Instant deleted(DecisionContext context) {
    return Instant.parse(context.input().resource().getMetadata().getDeletionTimestamp());
  }

  /** Whether the service is given back as far as the spec wants it. */
  boolean givenBack() {
    return command.isEmpty() && (record == null || !record.disabledByUs() || kept().isPresent());
  }

  /** That the service stays disabled because the spec says so; empty where it does not. */
  Optional<Cause> kept() {
    return finding.filter(f -> f.reason() == Reason.ServiceLeftDisabled);
  }

  /** What is stored once someone else disabled the service before our disabling was seen. */
  private static ServiceStatus overtaken(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    var reason = service.disabledReason();
    return seen(context) || reason == null || isOurs(reason, context) || isAnothers(reason)
        ? record
        : new ServiceStatus(record.id(), true, "disabled", reason, record.reenabledTime());
  }

  /** Whether our disabling was seen. */
  private static boolean seen(DecisionContext context) {
    return stood(context, Reason.Disabled) || stood(context, Reason.ReasonChanged);
  }

  private static boolean stood(DecisionContext context, Reason reason) {
    return context
        .previous()
        .condition(Condition.SERVICE_DISABLED)
        .filter(c -> c.because(reason))
        .isPresent();
  }

  /** Whether it is disabled for the reason that stood before us. */
  private static boolean asBefore(ServiceStatus record, ComputeService service) {
    return record.previousReason() != null
        && record.previousReason().equals(service.disabledReason());
  }

  /** How a disabled service stands, and what a delete will do with it. */
  Cause standing(DecisionContext context, ComputeService service) {
    var oursOnce = record.disabledByUs() || "enabled".equals(record.previousStatus());
    if (oursOnce && changedByOthers(context, service, record)) {
      return HostMessages.reasonChanged(context.host(), service);
    }
    if (record.disabledByUs() && !asBefore(record, service)) {
      return word(context).equals(KEEP)
          ? HostMessages.DISABLED_AND_KEPT
          : HostMessages.disabled(record.previousReason());
    }
    return isAnothers(service.disabledReason())
        ? HostMessages.disabledByAnother(context.host(), service.disabledReason())
        : HostMessages.DISABLED_BEFORE;
  }

  /** Whether somebody has written another reason over ours, or over what stood before us. */
  private static boolean changedByOthers(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    return !isOurs(service.disabledReason(), context) && !asBefore(record, service);
  }

  /** What is told, once, when somebody has written another reason. */
  private static List<Notice> changed(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    return stood(context, Reason.ReasonChanged) || !changedByOthers(context, service, record)
        ? List.of()
        : List.of(Notice.warning(HostMessages.reasonChangedNow(context.host(), service)));
  }

  /**
   * Whether our disabling may still be under way: it was never seen, and its time is not over since
   * the deletion, after which nothing is disabled. Nor was it disabled again after somebody had
   * enabled it too often.
   */
  private static boolean mayStillBeDisabled(DecisionContext context) {
    return !seen(context)
        && context.previous().service().reenabledTime().size() <= REENABLED_LIMIT
        && context.ago(deleted(context)).compareTo(context.settings().answerWait()) < 0;
  }

  private static Command restoring(ComputeService service, ServiceStatus record) {
    return "disabled".equals(record.previousStatus()) && record.previousReason() != null
        ? new Command.DisableService(service.id(), record.previousReason())
        : new Command.EnableService(service.id());
  }
}
