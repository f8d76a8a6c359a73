package io.hostmaintenance.nova.openstack4j;

import java.nio.file.Path;
import java.util.Optional;
import org.openstack4j.api.types.Facing;
import org.openstack4j.api.types.ServiceType;

/**
 * One cloud of a clouds.yaml.
 *
 * @param name what the operator calls it
 * @param file where it was read, for people: a path or a Secret
 * @param authUrl Keystone's, ending in {@code /v3}
 * @param credentials by what to log in
 * @param region empty: the only one of the catalog
 * @param facing which interface of the catalog
 * @param verify whether certificates are observed
 * @param cacert the certificates to trust instead of the JDK's
 * @param computeEndpoint instead of the catalog's
 * @param placementEndpoint instead of the catalog's
 * @param placementRegion as region, for placement alone
 * @param placementFacing as facing, for placement alone
 * @param clientCertificate by what to show who we are; empty: by nothing
 */
record CloudConfig(
    String name,
    String file,
    String authUrl,
    Credentials credentials,
    Optional<String> region,
    Facing facing,
    boolean verify,
    Optional<Certificates> cacert,
    Optional<String> computeEndpoint,
    Optional<String> placementEndpoint,
    Optional<String> placementRegion,
    Facing placementFacing,
    Optional<ClientCertificate> clientCertificate) {

  /** Which interface of the catalog is meant for a service. */
  Facing facing(ServiceType service) {
    return service == ServiceType.PLACEMENT ? placementFacing : facing;
  }

  /** Which region of the catalog is meant for a service; empty: the only one. */
  Optional<String> region(ServiceType service) {
    return service == ServiceType.PLACEMENT ? placementRegion : region;
  }

  /** Certificates in PEM. */
  sealed interface Certificates {

    /** In a file, which is read at each login. */
    record InFile(Path path) implements Certificates {}

    /** In a key of a Secret. */
    record Text(String pem) implements Certificates {}
  }

  /**
   * A certificate of our own.
   *
   * @param certificates a PEM file with it and those that vouch for it
   * @param key a PEM file with its private key; the same file when it is not named
   */
  record ClientCertificate(Path certificates, Path key) {}
}
