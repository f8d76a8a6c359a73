package io.hostmaintenance.nova;

import java.util.Map;
import java.util.Set;

/**
 * What placement is asked for.
 *
 * @param resources the amount of each resource class; not empty
 * @param requiredTraits what a resource provider must have
 * @param forbiddenTraits what it must not have
 */
public record Demand(
    Map<String, Long> resources, Set<String> requiredTraits, Set<String> forbiddenTraits) {}
