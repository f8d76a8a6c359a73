/**
 * Decides what happens to one instance: which way it is moved ({@link
 * io.hostmaintenance.drain.instance.StrategyTable}), what each way asks of Nova ({@link
 * io.hostmaintenance.drain.instance.Operation}), and what has become of a request ({@link
 * io.hostmaintenance.drain.instance.MigrationTracker}). Knows nothing of other instances.
 */
package io.hostmaintenance.drain.instance;
