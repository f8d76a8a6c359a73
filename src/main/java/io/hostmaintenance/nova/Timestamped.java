package io.hostmaintenance.nova;

import java.time.Instant;

/**
 * An answer with the moment at which it was given, by Nova's own clock.
 *
 * @param value the answer
 * @param date the {@code Date} header of the reply, whole seconds
 */
public record Timestamped<T>(T value, Instant date) {}
