package io.hostmaintenance.fakecloud;

import java.time.Instant;

/**
 * One write of the cloud's database, in the order it happened.
 *
 * @param at the cloud's instant of the write
 * @param id the id of the server or the uuid of the migration
 * @param field the field written, in Nova's words (host, task_state, vm_state, power_state, status,
 *     dest_compute)
 * @param value the new value in Nova's words, or null
 */
public record Change(Instant at, String id, String field, String value) {}
