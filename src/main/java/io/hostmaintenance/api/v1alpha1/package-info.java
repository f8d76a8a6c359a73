/**
 * The resource {@link io.hostmaintenance.api.v1alpha1.HostMaintenance} as records, and its words:
 * phases, row states, actions, reasons, durations.
 *
 * <p>What stands here is the API. The CRD in {@code crds/} is generated from it, and {@code
 * docs/reference.md} explains each word. The package knows no other package of the project.
 */
package io.hostmaintenance.api.v1alpha1;
