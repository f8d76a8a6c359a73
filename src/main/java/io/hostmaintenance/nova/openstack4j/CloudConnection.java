package io.hostmaintenance.nova.openstack4j;

import java.net.http.HttpClient;
import org.openstack4j.api.identity.EndpointURLResolver;
import org.openstack4j.core.transport.Config;
import org.openstack4j.model.identity.URLResolverParams;

/**
 * What openstack4j's {@link Config} carries of ours: the pooled client of one cloud, where its
 * services are, and by which proxies they are reached. It lives as long as the Config, so nothing
 * is kept in statics.
 *
 * @param client for every request to the cloud
 * @param endpoints where the services are
 * @param proxies by which the client goes
 */
record CloudConnection(HttpClient client, Endpoints endpoints, Proxies proxies)
    implements EndpointURLResolver {

  /**
   * What a Config carries.
   *
   * @throws IllegalStateException when it is not one of ours
   */
  static CloudConnection of(Config config) {
    if (config.getEndpointURLResolver() instanceof CloudConnection connection) {
      return connection;
    }
    throw new IllegalStateException("the Config of the request was not made by a Session");
  }

  @Override
  public String findURLV2(URLResolverParams params) {
    throw new UnsupportedOperationException("Keystone v2");
  }

  @Override
  public String findURLV3(URLResolverParams params) {
    return endpoints.find((Grant) params.token, params.type);
  }
}
