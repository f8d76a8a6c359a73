package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Reason;

/**
 * Something a person would ask about; becomes an Event and a log line.
 *
 * @param type Warning where somebody should act, as of a Kubernetes Event
 * @param reason the event's reason
 * @param message one sentence
 */
public record Notice(Type type, Reason reason, String message) {

  /** The types of a Kubernetes Event; their names are its words. */
  public enum Type {
    /** Somebody may want to know. */
    Normal,
    /** Somebody should act. */
    Warning
  }
}
