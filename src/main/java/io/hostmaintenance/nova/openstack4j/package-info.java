/**
 * The port {@link io.hostmaintenance.nova.Nova} on a real cloud; the only place that knows
 * openstack4j.
 *
 * <p>Of openstack4j it uses the Keystone login and the request types with their connector
 * interface. Its token is read by {@link Grant}, since one odd endpoint of any service spoils its
 * own. Its compute services are left alone: they report refused actions as success, read a 404 as
 * an empty list, and know a fraction of the migration statuses.
 */
package io.hostmaintenance.nova.openstack4j;
