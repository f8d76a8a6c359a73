/**
 * The port to one cloud: {@link io.hostmaintenance.nova.Nova}, the records that it gives, and
 * {@link io.hostmaintenance.nova.NovaException}.
 *
 * <p>The records keep Nova's own words, and each says which API call or source file of Nova they
 * come from. The package knows no other package of the project.
 */
package io.hostmaintenance.nova;
