package io.hostmaintenance.operator;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.nova.UntrustedText;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Kubernetes Events, in the namespace {@code default}; a repeated one counts up. */
final class KubernetesEvents implements EventRecorder {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesEvents.class);
  private static final String NAMESPACE = "default";
  private static final Duration REPEAT = Duration.ofMinutes(10);
  private static final int MESSAGE_BYTES = 1000;

  /** Names kept at most; beyond, the oldest may be told again early. */
  private static final int REMEMBERED = 10_000;

  private final KubernetesClient client;
  private final InstantSource clock;

  /** By name, the oldest first. */
  private final LinkedHashMap<String, Instant> told = new LinkedHashMap<>();

  KubernetesEvents(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public boolean record(HostMaintenance resource, Notice notice) {
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    var name = name(resource, notice);
    if (toldLately(name, now)) {
      return false;
    }
    var message = UntrustedText.cut(notice.message(), MESSAGE_BYTES);
    log(resource, notice, message);
    try {
      store(resource, notice, name, now);
    } catch (KubernetesClientException e) {
      LOG.warn("an Event could not be stored: {}", e.getMessage());
    }
    return true;
  }

  private static void log(HostMaintenance resource, Notice notice, String message) {
    try (var _ = LogFields.put(LogFields.REASON, notice.reason().name());
        var _ = LogFields.put(LogFields.INSTANCE, notice.instanceId().orElse(null))) {
      LOG.atLevel(notice.type() == Notice.Type.Warning ? Level.WARN : Level.INFO)
          .log("{}: {}: {}", resource.getMetadata().getName(), notice.reason(), message);
    }
  }

  /** Whether it was told within {@link #REPEAT}; otherwise it counts as told now. */
  private synchronized boolean toldLately(String name, Instant now) {
    told.values().removeIf(last -> !last.plus(REPEAT).isAfter(now));
    if (told.putIfAbsent(name, now) != null) {
      return true;
    }
    if (told.size() > REMEMBERED) {
      told.pollFirstEntry();
    }
    return false;
  }

  private void store(HostMaintenance resource, Notice notice, String name, Instant now) {
    var events = client.v1().events().inNamespace(NAMESPACE);
    try {
      events.resource(event(resource, notice, name, now)).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      events
          .withName(name)
          .edit(
              old ->
                  new EventBuilder(old)
                      .withCount(old.getCount() == null ? 2 : old.getCount() + 1)
                      .withLastTimestamp(now.toString())
                      .build());
    }
  }

  private static String name(HostMaintenance resource, Notice notice) {
    var what =
        String.join("/", resource.getMetadata().getUid(), notice.reason().name(), notice.message());
    var hash = UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)).toString();
    return resource.getMetadata().getName() + "." + hash.replace("-", "").substring(0, 16);
  }

  private static Event event(HostMaintenance resource, Notice notice, String name, Instant now) {
    return new EventBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(resource.getApiVersion())
        .withKind(resource.getKind())
        .withName(resource.getMetadata().getName())
        .withUid(resource.getMetadata().getUid())
        .endInvolvedObject()
        .withType(notice.type().name())
        .withReason(notice.reason().name())
        .withMessage(UntrustedText.cut(notice.message(), MESSAGE_BYTES))
        .withCount(1)
        .withFirstTimestamp(now.toString())
        .withLastTimestamp(now.toString())
        .withNewSource()
        .withComponent("host-maintenance-operator")
        .endSource()
        .build();
  }
}
