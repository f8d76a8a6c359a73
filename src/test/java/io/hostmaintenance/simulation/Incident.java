package io.hostmaintenance.simulation;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Something that happens to the world, whatever the operator does.
 *
 * @param at since the beginning
 * @param story what it is, in words
 * @param what does it; what is impossible by then does nothing
 */
record Incident(Duration at, String story, Consumer<World> what) {}
