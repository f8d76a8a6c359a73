package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The proxies that the environment names, as Python's requests reads them, by which the openstack
 * client goes: {@code https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy}, the
 * small spelling before the capital one. A loopback address is not special.
 *
 * @param environment the variables of the process
 */
record Proxies(Map<String, String> environment) {

  private static final Pattern URL =
      Pattern.compile(
          "(?:([A-Za-z0-9+.-]+)://)?(?:(.*)@)?(\\[[^\\]]+]|[^:/@]+)(?::([0-9]{1,5}))?/?");
  private static final String ADDRESS = "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}";
  private static final Pattern IPV4 = Pattern.compile(ADDRESS);
  private static final Pattern CIDR =
      Pattern.compile("(" + ADDRESS + ")/([0-9]{1,2}|" + ADDRESS + ")");
  private static final int PORT = 80;

  /**
   * One proxy.
   *
   * @param credentials user and password as the variable gives them; empty when it names none
   */
  record Proxy(String host, int port, Optional<Secret> credentials) {

    /** What proves to it who we are (RFC 7617); empty when it need not be told. */
    Optional<String> authorization() {
      return credentials.map(
          secret ->
              "Basic "
                  + Base64.getEncoder()
                      .encodeToString(secret.value().getBytes(StandardCharsets.UTF_8)));
    }

    /** Host and port. */
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /**
   * The proxy for a URL; empty when it is to be reached straight.
   *
   * @throws NovaException CONFIGURATION when the variable names one that cannot be used
   */
  Optional<Proxy> proxyFor(URI url) {
    var scheme = url.getScheme().toLowerCase(Locale.ROOT);
    return bypassed(url)
        ? Optional.empty()
        : variable(scheme + "_proxy")
            .map(named -> proxy(scheme + "_proxy", named))
            .or(() -> variable("all_proxy").map(named -> proxy("all_proxy", named)));
  }

  /** What the JDK's client asks. */
  ProxySelector selector() {
    return new ProxySelector() {
      @Override
      public List<java.net.Proxy> select(URI url) {
        return List.of(
            proxyFor(url)
                .map(
                    proxy ->
                        new java.net.Proxy(
                            java.net.Proxy.Type.HTTP,
                            InetSocketAddress.createUnresolved(proxy.host(), proxy.port())))
                .orElse(java.net.Proxy.NO_PROXY));
      }

      @Override
      public void connectFailed(URI url, SocketAddress address, IOException failure) {
        // told by the request itself
      }
    };
  }

  /** The small spelling counts also when it is empty, as in Python's getproxies_environment. */
  private Optional<String> variable(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .filter(environment::containsKey)
        .findFirst()
        .map(environment::get)
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  private static Proxy proxy(String variable, String named) {
    var url = URL.matcher(named);
    if (!url.matches()) {
      throw refusal(variable, "is no URL of a proxy");
    }
    var scheme = url.group(1) == null ? "http" : url.group(1).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http")) {
      throw refusal(variable, "names a proxy of scheme " + scheme + ", which is not supported");
    }
    var port = url.group(4) == null ? PORT : Integer.parseInt(url.group(4));
    if (port == 0 || port > 65_535) {
      throw refusal(variable, "names a port that is none");
    }
    return new Proxy(
        url.group(3).replaceAll("[\\[\\]]", ""),
        port,
        Optional.ofNullable(url.group(2)).map(Proxies::decoded).map(Secret::new));
  }

  private static String decoded(String userInfo) {
    var whole = userInfo.contains(":") ? userInfo : userInfo + ":";
    try {
      return URLDecoder.decode(whole.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return whole; // a stray percent sign, as requests takes it
    }
  }

  private static NovaException refusal(String variable, String what) {
    return Failures.configuration(
        "The variable %s %s; write it like http://proxy.example.org:3128.",
        variable.toUpperCase(Locale.ROOT), what);
  }

  /** As requests' should_bypass_proxies and urllib's proxy_bypass_environment together. */
  private boolean bypassed(URI url) {
    var listed = variable("no_proxy").orElse("");
    if (listed.equals("*")) {
      return true;
    }
    var host = host(url);
    var withPort = url.getPort() < 0 ? host : host + ":" + url.getPort();
    return Stream.of(listed.toLowerCase(Locale.ROOT).replace(" ", "").split(","))
        .filter(entry -> !entry.isEmpty())
        .anyMatch(
            entry ->
                IPV4.matcher(host).matches()
                    ? entry.equals(host) || entry.equals(withPort) || contains(entry, host)
                    : Stream.of(entry, entry.replaceFirst("^\\.", ""))
                        .anyMatch(end -> host.endsWith(end) || withPort.endsWith(end)));
  }

  private static String host(URI url) {
    return ServiceUrl.host(url).replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT);
  }

  /**
   * Whether a network such as {@code 10.0.0.0/8} or {@code 10.0.0.0/255.0.0.0} holds an address.
   */
  private static boolean contains(String network, String address) {
    var cidr = CIDR.matcher(network);
    if (!cidr.matches()) {
      return false;
    }
    var mask = mask(cidr.group(2));
    return (number(cidr.group(1)) & mask) == (number(address) & mask);
  }

  private static long mask(String written) {
    return written.contains(".")
        ? number(written)
        : -1L << (32 - Math.min(32, Integer.parseInt(written)));
  }

  private static long number(String address) {
    return Stream.of(address.split("\\."))
        .mapToLong(Long::parseLong)
        .reduce(0, (sum, part) -> (sum << 8) + part);
  }
}
