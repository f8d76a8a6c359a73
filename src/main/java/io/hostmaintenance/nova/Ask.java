package io.hostmaintenance.nova;

import java.util.Optional;

/**
 * One request to move an instance.
 *
 * @param instanceId the instance's uuid
 * @param targetHost the nova-compute host to go to; empty: the scheduler picks
 * @param globalRequestId {@code req-<uuid>}, sent as X-Openstack-Request-Id: Nova writes it to its
 *     logs and nowhere else (oslo.middleware request_id.py), so it serves people only
 */
public record Ask(String instanceId, Optional<String> targetHost, String globalRequestId) {}
