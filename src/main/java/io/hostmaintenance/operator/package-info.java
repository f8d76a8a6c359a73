/**
 * The process: the reconciler, the loop of one resource, the observer, the store, events, metrics,
 * health, the lease and {@code main}.
 *
 * <p>{@link io.hostmaintenance.operator.MaintenanceLoop} does one reconciliation: read the
 * resource, observe the host, decide, store, ask Nova, store what Nova answered. It knows no Java
 * Operator SDK; time, Nova, the store and leadership are arguments, so that it runs in a simulation
 * too.
 */
package io.hostmaintenance.operator;
