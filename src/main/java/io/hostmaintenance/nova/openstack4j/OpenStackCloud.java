package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Nova;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/** A cloud that is named in a clouds.yaml. */
public final class OpenStackCloud {

  /** How many requests to the cloud are under way at once, at most; others wait. */
  public static final int REQUESTS_UNDER_WAY = Session.REQUESTS_UNDER_WAY;

  private static final String KEEP_ALIVE = "jdk.httpclient.keepalive.timeout";

  private OpenStackCloud() {}

  /**
   * Gives the cloud's Nova without reading a file or contacting anyone; that happens at the first
   * call.
   *
   * <p>Sets the system property {@code jdk.httpclient.keepalive.timeout} to 4 seconds unless it is
   * set: web servers close idle connections after 5 s and more, and a POST on a connection that is
   * being closed has an unknown outcome. The JDK reads it when its first HTTP client is made, so
   * call this before any other is.
   *
   * @param environment of which {@code OS_CLIENT_CONFIG_FILE}, {@code OS_CLOUD} and {@code HOME}
   *     are read
   * @param clock by which tokens expire
   * @param listener is told of every request
   */
  public static Nova nova(
      Map<String, String> environment, InstantSource clock, RequestListener listener) {
    if (System.getProperty(KEEP_ALIVE) == null) {
      System.setProperty(KEEP_ALIVE, "4");
    }
    return nova(environment, clock, listener, new Patience(Duration.ofSeconds(60)));
  }

  /** The same without a listener. */
  public static Nova nova(Map<String, String> environment, InstantSource clock) {
    return nova(environment, clock, (operation, status, duration) -> {});
  }

  static Nova nova(
      Map<String, String> environment,
      InstantSource clock,
      RequestListener listener,
      Patience patience) {
    var clouds = new CloudsFile(environment);
    return new OpenStack4jNova(new Session(clouds, clock, patience, listener), clock, listener);
  }
}
