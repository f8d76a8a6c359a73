package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Identity;
import java.time.Instant;
import java.util.Optional;
import org.openstack4j.api.EndpointTokenProvider;
import org.openstack4j.api.OSClient.OSClientV3;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.core.transport.Config;

/**
 * One login to a cloud: a token, what it is good for, and how to send it.
 *
 * @param client openstack4j's, asked for nothing but its token and endpoints, since its services
 *     would act for whichever cloud the thread logged in to last
 * @param identity whose token it is
 * @param usual for any request
 * @param patient for a request that Nova may take long for
 */
record Login(OSClientV3 client, Identity identity, Config usual, Config patient) {

  private static final int RENEWED_BEFORE_EXPIRY_SECONDS = 60;

  /** Whether its token still lives long enough for a request. */
  boolean fresh(Instant now) {
    var expiry = client.getToken().getExpires().toInstant();
    return now.plusSeconds(RENEWED_BEFORE_EXPIRY_SECONDS).isBefore(expiry);
  }

  /** What openstack4j asks for URL and token of a request. */
  EndpointTokenProvider tokenProvider() {
    return (EndpointTokenProvider) client;
  }

  /**
   * Nova's URL.
   *
   * @throws io.hostmaintenance.nova.NovaException CONFIGURATION when there is none
   */
  String compute() {
    return tokenProvider().getEndpoint(ServiceType.COMPUTE);
  }

  /** Placement's URL; empty when the cloud has none. */
  Optional<String> placement() {
    return Wire.of(usual).endpoints().findOptional(client.getToken(), ServiceType.PLACEMENT);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "login of " + identity;
  }
}
