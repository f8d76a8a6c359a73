package io.hostmaintenance.nova.openstack4j;

import java.net.http.HttpClient;
import java.util.concurrent.Semaphore;
import org.openstack4j.api.identity.EndpointURLResolver;
import org.openstack4j.core.transport.Config;
import org.openstack4j.model.identity.URLResolverParams;

/**
 * What openstack4j's {@link Config} carries of ours: the pooled client of one cloud, how many
 * requests may be under way, and where its services are. It lives as long as the Config, so nothing
 * is kept in statics.
 *
 * @param client for every request to the cloud
 * @param permits one for each request under way, since the JDK's client opens as many connections
 *     as it is asked for
 * @param endpoints where the services are
 */
record Wire(HttpClient client, Semaphore permits, Endpoints endpoints)
    implements EndpointURLResolver {

  /**
   * What a Config carries.
   *
   * @throws IllegalStateException when it is not one of ours
   */
  static Wire of(Config config) {
    if (config.getEndpointURLResolver() instanceof Wire wire) {
      return wire;
    }
    throw new IllegalStateException("the Config of the request was not made by a Session");
  }

  @Override
  public String findURLV2(URLResolverParams params) {
    throw new UnsupportedOperationException("Keystone v2");
  }

  @Override
  public String findURLV3(URLResolverParams params) {
    return endpoints.find(params.token, params.type);
  }
}
