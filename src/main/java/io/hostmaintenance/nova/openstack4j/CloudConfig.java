package io.hostmaintenance.nova.openstack4j;

import java.nio.file.Path;
import java.util.Optional;
import org.openstack4j.api.types.Facing;

/**
 * One cloud of a clouds.yaml.
 *
 * @param name its name there
 * @param file where it was read
 * @param authUrl Keystone's, ending in {@code /v3}
 * @param credentials by what to log in
 * @param region empty: the only one of the catalog
 * @param facing which interface of the catalog
 * @param verify whether certificates are looked at
 * @param cacert the certificates to trust instead of the JDK's
 * @param computeEndpoint instead of the catalog's
 * @param placementEndpoint instead of the catalog's
 */
record CloudConfig(
    String name,
    Path file,
    String authUrl,
    Credentials credentials,
    Optional<String> region,
    Facing facing,
    boolean verify,
    Optional<Path> cacert,
    Optional<String> computeEndpoint,
    Optional<String> placementEndpoint) {}
