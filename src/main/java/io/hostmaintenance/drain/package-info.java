/**
 * Decides what happens to a host and to its instances. Nothing here does I/O, reads a clock or has
 * a thread.
 *
 * <p>{@link io.hostmaintenance.drain.Drain#decide} takes a {@link
 * io.hostmaintenance.drain.DecisionInput} (the resource and all that surrounds it) and an {@link
 * io.hostmaintenance.drain.Observation} (what Nova and placement showed). It gives a {@link
 * io.hostmaintenance.drain.Decision}: the status to store, then what to ask of Nova, then what to
 * tell.
 */
package io.hostmaintenance.drain;
