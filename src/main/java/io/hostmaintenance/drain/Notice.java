package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Reason;
import java.util.Optional;

/**
 * Something a person would ask about; becomes an Event and a log line.
 *
 * @param type Warning where somebody should act, as of a Kubernetes Event
 * @param reason the event's reason
 * @param message one sentence
 * @param instanceId the uuid of the one instance that it is about; empty for the host
 */
public record Notice(Type type, Reason reason, String message, Optional<String> instanceId) {

  /** One about the host. */
  public Notice(Type type, Reason reason, String message) {
    this(type, reason, message, Optional.empty());
  }

  /** The same, about this instance. */
  Notice about(String instanceId) {
    return new Notice(type, reason, message, Optional.of(instanceId));
  }

  static Notice normal(Cause cause) {
    return new Notice(Type.Normal, cause.reason(), cause.message());
  }

  static Notice warning(Cause cause) {
    return new Notice(Type.Warning, cause.reason(), cause.message());
  }

  /** The types of a Kubernetes Event; their names are its words. */
  public enum Type {
    /** Somebody may want to know. */
    Normal,
    /** Somebody should act. */
    Warning
  }
}
