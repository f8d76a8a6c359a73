package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Condition;
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

  /** What libvirt's driver writes, and undoes by itself (nova/virt/libvirt/driver.py). */
  private static final String AUTO = "AUTO: ";

  private static final Duration REENABLED_WINDOW = Duration.ofMinutes(10);
  private static final int REENABLED_LIMIT = 3;

  /** The disabled_reason of a resource. */
  static String marker(String name, String reason) {
    return MARKER + name + (reason == null ? "" : ": " + reason);
  }

  /** Whether a disabled_reason is that of the resource of this name, whatever its own reason. */
  static boolean isMarker(String disabledReason, String name) {
    return disabledReason != null
        && (disabledReason.equals(MARKER + name)
            || disabledReason.startsWith(MARKER + name + ": "));
  }

  static Keeping keep(Moment at) {
    var service = at.service().orElseThrow();
    var record = at.previous().service();
    return record == null
        ? take(at, service)
        : record.disabledByUs() ? hold(at, service, record) : watch(at, service, record);
  }

  /** Whether the service carries the marker of this resource, which holds nothing yet. */
  static boolean handedOver(Moment at) {
    return at.previous().service() == null
        && at.service()
            .filter(ComputeService::disabled)
            .filter(s -> isMarker(s.disabledReason(), at.name()))
            .isPresent();
  }

  private static boolean libvirts(ComputeService service) {
    return service.disabledReason() != null && service.disabledReason().startsWith(AUTO);
  }

  private static Keeping take(Moment at, ComputeService service) {
    var reason = service.disabledReason();
    if (service.enabled()) {
      return disabling(at, service, ours(service, "enabled", null));
    }
    if (isMarker(reason, at.name())) {
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
                    + ": it stays as it is, also when this resource is deleted.")),
        Optional.empty());
  }

  /** Our marker stands: the host was handed to us, or the record of our deed was lost. */
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
    var wanted = marker(at.name(), at.spec().reason());
    if (service.disabled()) {
      var renamed =
          isMarker(service.disabledReason(), at.name()) && !wanted.equals(service.disabledReason());
      var undone = libvirts(service) && !mayBeUnderWay(at.situation().disabling(), at);
      var before = overtaken(at, service, record);
      return renamed || undone
          ? disabling(at, service, before)
          : new Keeping(before, Optional.empty(), List.of(), Optional.empty());
    }
    var wasDisabled =
        at.previous().condition(Condition.SERVICE_DISABLED).map(Condition::isTrue).orElse(false);
    var lately = new ArrayList<Instant>();
    record.reenabledAt().stream()
        .filter(t -> at.ago(t).compareTo(REENABLED_WINDOW) < 0)
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
                      + Durations.format(REENABLED_WINDOW)
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
    if (isMarker(service.disabledReason(), at.name())) {
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
        Optional.of(new Step.DisableService(service.id(), marker(at.name(), at.spec().reason()))),
        List.of(),
        Optional.empty());
  }

  /**
   * Gives the service back, once, while our marker stands: it is as it was before us, or handed to
   * the resource that waits for the same host.
   */
  static Keeping giveBack(Moment at, Optional<Situation.Neighbour> heir) {
    var service = at.service().orElseThrow();
    var record = handedOver(at) ? ours(service, "enabled", null) : at.previous().service();
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
    if (heir.map(h -> isMarker(service.disabledReason(), h.name())).orElse(false)) {
      return new Keeping(
          done,
          Optional.empty(),
          List.of(
              new Notice(
                  false,
                  Reason.HandedOver,
                  "nova-compute on "
                      + at.host()
                      + " stays disabled for HostMaintenance "
                      + heir.get().name()
                      + ".")),
          Optional.empty());
    }
    if (!isMarker(service.disabledReason(), at.name()) && !markerOfNobody(at, service)) {
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
                      + " stays disabled: its reason is no longer ours ("
                      + Text.cut(service.disabledReason(), 300)
                      + "). Enable it when its owner agrees.")),
          Optional.empty());
    }
    return new Keeping(
        record,
        mayBeUnderWay(at.situation().givingBack(), at)
            ? Optional.empty()
            : Optional.of(backStep(service, record, heir)),
        List.of(),
        Optional.empty());
  }

  /** Whether it was handed to a resource that is gone since. */
  private static boolean markerOfNobody(Moment at, ComputeService service) {
    var reason = service.disabledReason();
    return reason != null
        && reason.startsWith(MARKER)
        && at.situation().neighbours().stream().noneMatch(n -> isMarker(reason, n.name()));
  }

  /**
   * What is stored once somebody else has disabled the service before our disabling was seen: that
   * one may still come, and it is theirs that it overwrites.
   */
  private static ServiceStatus overtaken(Moment at, ComputeService service, ServiceStatus record) {
    var reason = service.disabledReason();
    return seen(at) || reason == null || reason.startsWith(MARKER)
        ? record
        : new ServiceStatus(record.id(), true, "disabled", reason, record.reenabledAt());
  }

  /** Whether our disabling was seen. */
  private static boolean seen(Moment at) {
    return at.previous()
        .condition(Condition.SERVICE_DISABLED)
        .filter(c -> Reason.Disabled.name().equals(c.reason()))
        .isPresent();
  }

  /** Whether it is disabled for the reason that stood before us. */
  private static boolean asBefore(ServiceStatus record, ComputeService service) {
    return record.previousReason() != null
        && record.previousReason().equals(service.disabledReason());
  }

  /** Whether it is disabled by us: what is not yet, or no longer, is as before. */
  boolean disabledByUs(ComputeService service) {
    return record.disabledByUs() && !asBefore(record, service);
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

  private static Step backStep(
      ComputeService service, ServiceStatus record, Optional<Situation.Neighbour> heir) {
    if ("disabled".equals(record.previousStatus()) && record.previousReason() != null) {
      return new Step.DisableService(service.id(), record.previousReason());
    }
    return heir.<Step>map(h -> new Step.DisableService(service.id(), marker(h.name(), h.reason())))
        .orElseGet(() -> new Step.EnableService(service.id()));
  }
}
