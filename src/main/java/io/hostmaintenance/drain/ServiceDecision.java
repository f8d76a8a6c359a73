package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.UntrustedText;
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

  /**
   * The disabled_reason of a resource: {@code host-maintenance NAME [UID]: REASON}. At most 250 of
   * Nova's 255 characters: 17 + 100 (name) + 11 + 2 + 120 (reason). A reason that would have
   * another tool enable the host is left out.
   */
  static String marker(HostMaintenance resource) {
    var reason = resource.getSpec().reason();
    return mark(resource) + (reason == null || Policies.reserved(reason) ? "" : ": " + reason);
  }

  /**
   * Whether a disabled_reason is that of this very resource, whatever its own reason. One of the
   * same name that was deleted and made anew has another uid.
   */
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
    return new ServiceDecision(
        new ServiceStatus(service.id(), false, "disabled", reason, List.of()),
        Optional.empty(),
        List.of(
            new Notice(
                Notice.Type.Normal,
                Reason.DisabledBefore,
                "nova-compute on "
                    + context.host()
                    + " was disabled before us"
                    + (reason == null ? "" : " (" + UntrustedText.cut(reason, 300) + ")")
                    + ": it stays as it is, also when this resource is deleted."
                    + (isAnothers(reason)
                        ? " The reason is that of another HostMaintenance: if that one is gone,"
                            + " give the host back yourself: "
                            + enable(context)
                            + "."
                        : ""))),
        Optional.empty());
  }

  /** Whether a reason that is not ours is that of another resource, also of one that is gone. */
  private static boolean isAnothers(String reason) {
    return reason != null && reason.startsWith(MARKER);
  }

  private static String enable(DecisionContext context) {
    return "openstack compute service set --enable " + context.host() + " nova-compute";
  }

  /** Our marker stands: the record of our deed was lost. */
  private static ServiceDecision markerFound(DecisionContext context, ComputeService service) {
    return new ServiceDecision(
        ours(service, "enabled", null),
        Optional.empty(),
        List.of(
            new Notice(
                Notice.Type.Warning,
                Reason.MarkerFound,
                "nova-compute on "
                    + context.host()
                    + " was disabled with our marker, but no record of it was kept: it counts as"
                    + " ours and is enabled when this resource is deleted.")),
        Optional.empty());
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
    var wasDisabled =
        context
            .previous()
            .condition(Condition.SERVICE_DISABLED)
            .map(Condition::isTrue)
            .orElse(false);
    var lately = new ArrayList<Instant>();
    record.reenabledTime().stream()
        .filter(t -> context.ago(t).compareTo(Deadlines.REENABLED_WINDOW) < 0)
        .forEach(lately::add);
    var notices = new ArrayList<Notice>();
    if (wasDisabled) {
      lately.add(context.now());
      notices.add(
          new Notice(
              Notice.Type.Warning,
              Reason.ServiceReenabled,
              "Somebody enabled nova-compute on " + context.host() + " during its maintenance."));
    }
    var next = new ServiceStatus(service.id(), true, "enabled", null, lately);
    if (lately.size() > REENABLED_LIMIT) {
      return new ServiceDecision(
          next,
          Optional.empty(),
          notices,
          Optional.of(
              new Cause(
                  Reason.ServiceReenabled,
                  "Somebody enabled nova-compute on "
                      + context.host()
                      + " "
                      + lately.size()
                      + " times in "
                      + Durations.format(Deadlines.REENABLED_WINDOW)
                      + ". Stop what enables it; it is disabled again after that time.")));
    }
    return wasDisabled || !mayBeUnderWay(context.input().disabling(), context)
        ? new ServiceDecision(
            next, disabling(context, service, next).command(), notices, Optional.empty())
        : new ServiceDecision(next, Optional.empty(), notices, Optional.empty());
  }

  /**
   * Whether an earlier request may still take effect: of two, the later one could disable the host
   * after it was given back.
   */
  private static boolean mayBeUnderWay(Optional<Duration> request, DecisionContext context) {
    return request
        .filter(known -> known.compareTo(context.settings().answerWait()) < 0)
        .isPresent();
  }

  private static ServiceDecision watch(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    if (isOurs(service.disabledReason(), context)) {
      return markerFound(context, service);
    }
    if (service.disabled()) {
      return new ServiceDecision(record, Optional.empty(), List.of(), Optional.empty());
    }
    var taken = disabling(context, service, ours(service, "enabled", null));
    return new ServiceDecision(
        taken.record(),
        taken.command(),
        List.of(
            new Notice(
                Notice.Type.Warning,
                Reason.ServiceReenabled,
                "Whoever had disabled nova-compute on "
                    + context.host()
                    + " has enabled it: it is disabled for this maintenance and enabled when this"
                    + " resource is deleted.")),
        Optional.empty());
  }

  private static ServiceStatus ours(ComputeService service, String status, String reason) {
    return new ServiceStatus(service.id(), true, status, reason, List.of());
  }

  private static ServiceDecision disabling(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    return new ServiceDecision(
        record,
        Optional.of(new Command.DisableService(service.id(), wanted(context))),
        List.of(),
        Optional.empty());
  }

  /** Gives the service back, once, while our marker stands: it is as it was before us. */
  static ServiceDecision giveBack(DecisionContext context) {
    var service = context.service().orElseThrow();
    var record = context.previous().service();
    if (record == null || !record.disabledByUs()) {
      return new ServiceDecision(record, Optional.empty(), List.of(), Optional.empty());
    }
    var done =
        new ServiceStatus(
            record.id(), false, record.previousStatus(), record.previousReason(), List.of());
    if (service.enabled()) {
      return new ServiceDecision(
          mayStillBeDisabled(context)
              ? new ServiceStatus(record.id(), true, "enabled", null, record.reenabledTime())
              : done,
          Optional.empty(),
          List.of(),
          Optional.empty());
    }
    if (!isOurs(service.disabledReason(), context)) {
      var before = overtaken(context, service, record);
      if (asBefore(before, service) && mayStillBeDisabled(context)) {
        return new ServiceDecision(before, Optional.empty(), List.of(), Optional.empty());
      }
      if (libvirts(service) && asBefore(before, service)) {
        return new ServiceDecision(done, Optional.empty(), List.of(), Optional.empty());
      }
      return new ServiceDecision(
          done,
          Optional.empty(),
          List.of(
              new Notice(
                  Notice.Type.Warning,
                  Reason.ServiceLeftDisabled,
                  "nova-compute on "
                      + context.host()
                      + " is left disabled, because its disabled_reason "
                      + says(service)
                      + ". When its owner agrees: "
                      + enable(context)
                      + ".")),
          Optional.empty());
    }
    return new ServiceDecision(
        record,
        mayBeUnderWay(context.input().givingBack(), context)
            ? Optional.empty()
            : Optional.of(restoring(service, record)),
        List.of(),
        Optional.empty());
  }

  /**
   * What is stored once somebody else has disabled the service before our disabling was seen: that
   * one may still come, and it is theirs that it overwrites.
   */
  private static ServiceStatus overtaken(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    var reason = service.disabledReason();
    return seen(context) || reason == null || isOurs(reason, context) || isAnothers(reason)
        ? record
        : new ServiceStatus(record.id(), true, "disabled", reason, record.reenabledTime());
  }

  /** Whether our disabling was seen. */
  private static boolean seen(DecisionContext context) {
    return context
        .previous()
        .condition(Condition.SERVICE_DISABLED)
        .filter(
            c ->
                Reason.Disabled.name().equals(c.reason())
                    || Reason.ReasonChanged.name().equals(c.reason()))
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
      return new Cause(
          Reason.ReasonChanged,
          "nova-compute was disabled by this resource, but its disabled_reason "
              + says(service)
              + ": it is left disabled on delete. When its owner agrees: "
              + enable(context)
              + ".");
    }
    if (record.disabledByUs() && !asBefore(record, service)) {
      return new Cause(
          Reason.Disabled,
          record.previousReason() == null
              ? "nova-compute is disabled by this resource and is enabled on delete."
              : "nova-compute is disabled by this resource; on delete it stays disabled with the"
                  + " reason that it had before ("
                  + UntrustedText.cut(record.previousReason(), 300)
                  + ").");
    }
    return new Cause(
        Reason.DisabledBefore,
        isAnothers(service.disabledReason())
            ? "nova-compute was disabled before by another HostMaintenance ("
                + UntrustedText.cut(service.disabledReason(), 300)
                + ") and stays so on delete. If that one is gone: "
                + enable(context)
                + "."
            : "nova-compute was disabled before and stays so on delete.");
  }

  /** Whether somebody has written another reason over ours, or over what stood before us. */
  private static boolean changedByOthers(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    return !isOurs(service.disabledReason(), context) && !asBefore(record, service);
  }

  /** What is told, once, when somebody has written another reason. */
  private static List<Notice> changed(
      DecisionContext context, ComputeService service, ServiceStatus record) {
    var told =
        context
            .previous()
            .condition(Condition.SERVICE_DISABLED)
            .filter(c -> Reason.ReasonChanged.name().equals(c.reason()))
            .isPresent();
    return told || !changedByOthers(context, service, record)
        ? List.of()
        : List.of(
            new Notice(
                Notice.Type.Warning,
                Reason.ReasonChanged,
                "Somebody has changed the disabled_reason of nova-compute on "
                    + context.host()
                    + ": it "
                    + says(service)
                    + ". It is left disabled when this resource is deleted."));
  }

  private static String says(ComputeService service) {
    return service.disabledReason() == null
        ? "now says nothing"
        : "now says '" + UntrustedText.cut(service.disabledReason(), 300) + "'";
  }

  /**
   * Whether our disabling may still be under way: it was never seen, and its time is not over since
   * the deletion, after which nothing is disabled. Nor was it disabled again after somebody had
   * enabled it too often.
   */
  private static boolean mayStillBeDisabled(DecisionContext context) {
    var deleted = Instant.parse(context.input().resource().getMetadata().getDeletionTimestamp());
    return !seen(context)
        && context.previous().service().reenabledTime().size() <= REENABLED_LIMIT
        && context.ago(deleted).compareTo(context.settings().answerWait()) < 0;
  }

  private static Command restoring(ComputeService service, ServiceStatus record) {
    return "disabled".equals(record.previousStatus()) && record.previousReason() != null
        ? new Command.DisableService(service.id(), record.previousReason())
        : new Command.EnableService(service.id());
  }
}
