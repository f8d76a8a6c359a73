package io.hostmaintenance.nova;

import java.util.Map;

/**
 * A resource provider of placement and what is free of it.
 *
 * @param id its uuid, which is that of its hypervisor
 * @param free the free amount of each resource class, allocation ratio and reserved part counted;
 *     never below zero
 */
public record ResourceProvider(String id, Map<String, Long> free) {}
