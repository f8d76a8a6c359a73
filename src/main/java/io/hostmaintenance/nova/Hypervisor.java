package io.hostmaintenance.nova;

/**
 * A hypervisor ({@code GET /os-hypervisors/detail}).
 *
 * @param id its uuid, which is also the uuid of its resource provider in placement
 * @param host the host of the nova-compute service that runs it
 * @param type such as {@code QEMU}, {@code ironic}, {@code VMware vCenter Server}
 */
public record Hypervisor(String id, String host, String type) {}
