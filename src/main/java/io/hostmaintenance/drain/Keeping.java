package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.ServiceStatus;
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
 * @param step what is asked of Nova
 * @param notices what is told
 * @param finding why it cannot be kept
 */
record Keeping(
    ServiceStatus record, Optional<Step> step, List<Notice> notices, Optional<Finding> finding) {

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

  private static boolean isOurs(String disabledReason, Moment at) {
    return isMarker(disabledReason, at.situation().resource());
  }

  private static String wanted(Moment at) {
    return marker(at.situation().resource());
  }

  static Keeping keep(Moment at) {
    var service = at.service().orElseThrow();
    var record = at.previous().service();
    return record == null
        ? take(at, service)
        : record.disabledByUs() ? hold(at, service, record) : watch(at, service, record);
  }

  private static boolean libvirts(ComputeService service) {
    return service.disabledReason() != null && service.disabledReason().startsWith(AUTO);
  }

  private static Keeping take(Moment at, ComputeService service) {
    var reason = service.disabledReason();
    if (service.enabled()) {
      return disabling(at, service, ours(service, "enabled", null));
    }
    if (isOurs(reason, at)) {
      return markerFound(at, service);
    }
    if (libvirts(service)) {
      return disabling(at, service, ours(service, "disabled", reason));
    }
    return new Keeping(
        new ServiceStatus(service.id(), false, "disabled", reason, List.of()),
        Optional.empty(),
        List.of(
            new Notice(
                false,
                Reason.DisabledBefore,
                "nova-compute on "
                    + at.host()
                    + " was disabled before us"
                    + (reason == null ? "" : " (" + Text.cut(reason, 300) + ")")
                    + ": it stays as it is, also when this resource is deleted."
                    + (isAnothers(reason)
                        ? " The reason is that of another HostMaintenance: if that one is gone,"
                            + " give the host back yourself: "
                            + enable(at)
                            + "."
                        : ""))),
        Optional.empty());
  }

  /** Whether a reason that is not ours is that of another resource, also of one that is gone. */
  private static boolean isAnothers(String reason) {
    return reason != null && reason.startsWith(MARKER);
  }

  private static String enable(Moment at) {
    return "openstack compute service set --enable " + at.host() + " nova-compute";
  }

  /** Our marker stands: the record of our deed was lost. */
  private static Keeping markerFound(Moment at, ComputeService service) {
    return new Keeping(
        ours(service, "enabled", null),
        Optional.empty(),
        List.of(
            new Notice(
                true,
                Reason.MarkerFound,
                "nova-compute on "
                    + at.host()
                    + " was disabled with our marker, but no record of it was kept: it counts as"
                    + " ours and is enabled when this resource is deleted.")),
        Optional.empty());
  }

  private static Keeping hold(Moment at, ComputeService service, ServiceStatus record) {
    if (service.disabled()) {
      var renamed =
          isOurs(service.disabledReason(), at) && !wanted(at).equals(service.disabledReason());
      var undone = libvirts(service) && !mayBeUnderWay(at.situation().disabling(), at);
      var before = overtaken(at, service, record);
      return renamed || undone
          ? disabling(at, service, before)
          : new Keeping(before, Optional.empty(), changed(at, service, before), Optional.empty());
    }
    var wasDisabled =
        at.previous().condition(Condition.SERVICE_DISABLED).map(Condition::isTrue).orElse(false);
    var lately = new ArrayList<Instant>();
    record.reenabledAt().stream()
        .filter(t -> at.ago(t).compareTo(Deadlines.REENABLED_WINDOW) < 0)
        .forEach(lately::add);
    var notices = new ArrayList<Notice>();
    if (wasDisabled) {
      lately.add(at.now());
      notices.add(
          new Notice(
              true,
              Reason.ServiceReenabled,
              "Somebody enabled nova-compute on " + at.host() + " during its maintenance."));
    }
    var next = new ServiceStatus(service.id(), true, "enabled", null, lately);
    if (lately.size() > REENABLED_LIMIT) {
      return new Keeping(
          next,
          Optional.empty(),
          notices,
          Optional.of(
              new Finding(
                  Reason.ServiceReenabled,
                  "Somebody enabled nova-compute on "
                      + at.host()
                      + " "
                      + lately.size()
                      + " times in "
                      + Durations.format(Deadlines.REENABLED_WINDOW)
                      + ". Stop what enables it; it is disabled again after that time.")));
    }
    return wasDisabled || !mayBeUnderWay(at.situation().disabling(), at)
        ? new Keeping(next, disabling(at, service, next).step(), notices, Optional.empty())
        : new Keeping(next, Optional.empty(), notices, Optional.empty());
  }

  /**
   * Whether an earlier request may still take effect: of two, the later one could disable the host
   * after it was given back.
   */
  private static boolean mayBeUnderWay(Optional<Duration> request, Moment at) {
    return request.filter(known -> known.compareTo(at.settings().answerWait()) < 0).isPresent();
  }

  private static Keeping watch(Moment at, ComputeService service, ServiceStatus record) {
    if (isOurs(service.disabledReason(), at)) {
      return markerFound(at, service);
    }
    if (service.disabled()) {
      return new Keeping(record, Optional.empty(), List.of(), Optional.empty());
    }
    var taken = disabling(at, service, ours(service, "enabled", null));
    return new Keeping(
        taken.record(),
        taken.step(),
        List.of(
            new Notice(
                true,
                Reason.ServiceReenabled,
                "Whoever had disabled nova-compute on "
                    + at.host()
                    + " has enabled it: it is disabled for this maintenance and enabled when this"
                    + " resource is deleted.")),
        Optional.empty());
  }

  private static ServiceStatus ours(ComputeService service, String status, String reason) {
    return new ServiceStatus(service.id(), true, status, reason, List.of());
  }

  private static Keeping disabling(Moment at, ComputeService service, ServiceStatus record) {
    return new Keeping(
        record,
        Optional.of(new Step.DisableService(service.id(), wanted(at))),
        List.of(),
        Optional.empty());
  }

  /** Gives the service back, once, while our marker stands: it is as it was before us. */
  static Keeping giveBack(Moment at) {
    var service = at.service().orElseThrow();
    var record = at.previous().service();
    if (record == null || !record.disabledByUs()) {
      return new Keeping(record, Optional.empty(), List.of(), Optional.empty());
    }
    var done =
        new ServiceStatus(
            record.id(), false, record.previousStatus(), record.previousReason(), List.of());
    if (service.enabled()) {
      return new Keeping(
          mayStillBeDisabled(at)
              ? new ServiceStatus(record.id(), true, "enabled", null, record.reenabledAt())
              : done,
          Optional.empty(),
          List.of(),
          Optional.empty());
    }
    if (!isOurs(service.disabledReason(), at)) {
      var before = overtaken(at, service, record);
      if (asBefore(before, service) && mayStillBeDisabled(at)) {
        return new Keeping(before, Optional.empty(), List.of(), Optional.empty());
      }
      if (libvirts(service) && asBefore(before, service)) {
        return new Keeping(done, Optional.empty(), List.of(), Optional.empty());
      }
      return new Keeping(
          done,
          Optional.empty(),
          List.of(
              new Notice(
                  true,
                  Reason.ServiceLeftDisabled,
                  "nova-compute on "
                      + at.host()
                      + " is left disabled, because its disabled_reason "
                      + says(service)
                      + ". When its owner agrees: "
                      + enable(at)
                      + ".")),
          Optional.empty());
    }
    return new Keeping(
        record,
        mayBeUnderWay(at.situation().givingBack(), at)
            ? Optional.empty()
            : Optional.of(backStep(service, record)),
        List.of(),
        Optional.empty());
  }

  /**
   * What is stored once somebody else has disabled the service before our disabling was seen: that
   * one may still come, and it is theirs that it overwrites.
   */
  private static ServiceStatus overtaken(Moment at, ComputeService service, ServiceStatus record) {
    var reason = service.disabledReason();
    return seen(at) || reason == null || isOurs(reason, at) || isAnothers(reason)
        ? record
        : new ServiceStatus(record.id(), true, "disabled", reason, record.reenabledAt());
  }

  /** Whether our disabling was seen. */
  private static boolean seen(Moment at) {
    return at.previous()
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
  Finding standing(Moment at, ComputeService service) {
    var oursOnce = record.disabledByUs() || "enabled".equals(record.previousStatus());
    if (oursOnce && changedByOthers(at, service, record)) {
      return new Finding(
          Reason.ReasonChanged,
          "nova-compute was disabled by this resource, but its disabled_reason "
              + says(service)
              + ": it is left disabled on delete. When its owner agrees: "
              + enable(at)
              + ".");
    }
    if (record.disabledByUs() && !asBefore(record, service)) {
      return new Finding(
          Reason.Disabled,
          record.previousReason() == null
              ? "nova-compute is disabled by this resource and is enabled on delete."
              : "nova-compute is disabled by this resource; on delete it stays disabled with the"
                  + " reason that it had before ("
                  + Text.cut(record.previousReason(), 300)
                  + ").");
    }
    return new Finding(
        Reason.DisabledBefore,
        isAnothers(service.disabledReason())
            ? "nova-compute was disabled before by another HostMaintenance ("
                + Text.cut(service.disabledReason(), 300)
                + ") and stays so on delete. If that one is gone: "
                + enable(at)
                + "."
            : "nova-compute was disabled before and stays so on delete.");
  }

  /** Whether somebody has written another reason over ours, or over what stood before us. */
  private static boolean changedByOthers(Moment at, ComputeService service, ServiceStatus record) {
    return !isOurs(service.disabledReason(), at) && !asBefore(record, service);
  }

  /** What is told, once, when somebody has written another reason. */
  private static List<Notice> changed(Moment at, ComputeService service, ServiceStatus record) {
    var told =
        at.previous()
            .condition(Condition.SERVICE_DISABLED)
            .filter(c -> Reason.ReasonChanged.name().equals(c.reason()))
            .isPresent();
    return told || !changedByOthers(at, service, record)
        ? List.of()
        : List.of(
            new Notice(
                true,
                Reason.ReasonChanged,
                "Somebody has changed the disabled_reason of nova-compute on "
                    + at.host()
                    + ": it "
                    + says(service)
                    + ". It is left disabled when this resource is deleted."));
  }

  private static String says(ComputeService service) {
    return service.disabledReason() == null
        ? "now says nothing"
        : "now says '" + Text.cut(service.disabledReason(), 300) + "'";
  }

  /**
   * Whether our disabling may still be under way: it was never seen, and its time is not over since
   * the deletion, after which nothing is disabled. Nor was it disabled again after somebody had
   * enabled it too often.
   */
  private static boolean mayStillBeDisabled(Moment at) {
    var deleted = Instant.parse(at.situation().resource().getMetadata().getDeletionTimestamp());
    return !seen(at)
        && at.previous().service().reenabledAt().size() <= REENABLED_LIMIT
        && at.ago(deleted).compareTo(at.settings().answerWait()) < 0;
  }

  private static Step backStep(ComputeService service, ServiceStatus record) {
    return "disabled".equals(record.previousStatus()) && record.previousReason() != null
        ? new Step.DisableService(service.id(), record.previousReason())
        : new Step.EnableService(service.id());
  }
}
