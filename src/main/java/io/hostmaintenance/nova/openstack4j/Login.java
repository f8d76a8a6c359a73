package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Identity;
import java.time.Duration;
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
 * @param from what it was made
 * @param at when it was asked for, on the machine's own stopwatch
 * @param life how long it is used from then on
 * @param usual for any request
 * @param patient for a request that Nova may take long for
 */
record Login(
    OSClientV3 client,
    Identity identity,
    Source from,
    long at,
    Duration life,
    Config usual,
    Config patient) {

  private static final Duration MARGIN = Duration.ofMinutes(1);
  private static final Duration LEAST = Duration.ofSeconds(10);
  private static final Duration MOST = Duration.ofDays(365);

  /**
   * What a login is made from; another one is needed when it changes.
   *
   * @param cloud what the files say
   * @param trust what the certificates are
   */
  record Source(CloudConfig cloud, Trust trust) {}

  /** How long a token is used: to its last minute, for half its life or ten seconds at least. */
  static Duration used(Duration life) {
    var half = life.dividedBy(2);
    var all = life.minus(MARGIN);
    var use = all.compareTo(half) > 0 ? all : half;
    return use.compareTo(LEAST) < 0 ? LEAST : use.compareTo(MOST) > 0 ? MOST : use;
  }

  /** Whether its token still lives long enough for a request. */
  boolean fresh(long nanoTime) {
    return age(nanoTime).compareTo(life) < 0;
  }

  /** How long ago it was asked for. */
  Duration age(long nanoTime) {
    return Duration.ofNanos(nanoTime - at);
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
    return CloudConnection.of(usual)
        .endpoints()
        .findOptional((Grant) client.getToken(), ServiceType.PLACEMENT);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "login of " + identity;
  }
}
