package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Nova;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.LongSupplier;

/** A cloud that is named in a clouds.yaml. */
public final class OpenStackCloud {

  /**
   * The JDK's own switches, set unless they are set: web servers close idle connections after 5 s
   * and more, and a POST on a connection that is being closed has an unknown outcome; a proxy may
   * ask for a password before it lets TLS through, as it may ask the openstack client; and a host
   * whose name has an underscore is asked by its address.
   */
  private static final Map<String, String> SWITCHES =
      Map.of(
          "jdk.httpclient.keepalive.timeout", "4",
          "jdk.http.auth.tunneling.disabledSchemes", "",
          "jdk.httpclient.allowRestrictedHeaders", "host");

  private OpenStackCloud() {}

  /** The same with {@link Limits#DEFAULT}. */
  public static Nova nova(
      Map<String, String> environment,
      InstantSource clock,
      LongSupplier nanoTime,
      RequestListener listener,
      Duration timeout) {
    return nova(environment, clock, nanoTime, listener, timeout, Limits.DEFAULT);
  }

  /**
   * Sets the system properties {@code jdk.httpclient.keepalive.timeout} to 4 seconds, {@code
   * jdk.http.auth.tunneling.disabledSchemes} to nothing and {@code
   * jdk.httpclient.allowRestrictedHeaders} to {@code host} unless they are set. The JDK reads them
   * when its first HTTP client is made, so call this before any other is.
   */
  public static void setSwitches() {
    SWITCHES.forEach(
        (name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
          }
        });
  }

  /**
   * Says which cloud of which clouds.yaml is the default, for people; reads no file.
   *
   * @param environment as of {@link #nova}
   */
  public static String told(Map<String, String> environment) {
    return new CloudsFile(environment).told();
  }

  /**
   * Gives the Nova of the one cloud of a clouds.yaml: that of {@code OS_CLOUD}, or the only one.
   *
   * @see #nova(Map, String, CloudSecrets, InstantSource, LongSupplier, RequestListener, Duration,
   *     Limits)
   */
  public static Nova nova(
      Map<String, String> environment,
      InstantSource clock,
      LongSupplier nanoTime,
      RequestListener listener,
      Duration timeout,
      Limits limits) {
    var file = new CloudsFile(environment);
    return nova(file, environment, clock, nanoTime, listener, timeout, limits);
  }

  /**
   * Gives the Nova of a cloud without reading a file or contacting anyone; that happens at the
   * first call. {@link #setSwitches Sets the switches} unless that was done before.
   *
   * @param environment of which {@code OS_CLIENT_CONFIG_FILE}, {@code OS_CLOUD}, {@code HOME} and
   *     the variables of {@link Proxies} are read
   * @param name of the cloud, in the clouds.yaml or carried by a Secret; empty: the only one of the
   *     clouds.yaml
   * @param secrets clouds that are kept elsewhere
   * @param clock for what the cloud does not date; tokens do not expire by it
   * @param nanoTime a clock that is never set back, in nanoseconds
   * @param listener is told of every request
   * @param timeout for a request; one to change a service has half of it more
   * @param limits how much is asked at once
   */
  public static Nova nova(
      Map<String, String> environment,
      String name,
      CloudSecrets secrets,
      InstantSource clock,
      LongSupplier nanoTime,
      RequestListener listener,
      Duration timeout,
      Limits limits) {
    var file = new CloudsFile(environment);
    var source = name.isEmpty() ? file : new NamedCloud(name, file, secrets);
    return nova(source, environment, clock, nanoTime, listener, timeout, limits);
  }

  private static Nova nova(
      CloudSource source,
      Map<String, String> environment,
      InstantSource clock,
      LongSupplier nanoTime,
      RequestListener listener,
      Duration timeout,
      Limits limits) {
    setSwitches();
    var timeouts = new Timeouts(timeout);
    var budget = new Budget(limits, nanoTime, listener);
    var proxies = new Proxies(environment);
    var session = new Session(source, proxies, clock, nanoTime, timeouts, budget, listener);
    return new OpenStack4jNova(session, clock, nanoTime, timeouts, budget, listener);
  }
}
