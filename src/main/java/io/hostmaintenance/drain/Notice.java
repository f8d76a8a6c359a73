package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Reason;

/**
 * Something a person would ask about; becomes an Event and a log line.
 *
 * @param warning whether somebody should act
 * @param reason the event's reason
 * @param message one sentence
 */
public record Notice(boolean warning, Reason reason, String message) {}
