package io.hostmaintenance.nova.openstack4j;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A URL of a service in one spelling: without blanks around it, scheme and host in small letters,
 * no slash twice and none at the end, so that a path can be appended.
 *
 * @param text such as {@code https://cloud.example.org:8774/v2.1}
 */
record ServiceUrl(String text) {

  private static final Pattern WEB =
      Pattern.compile("(?i)(https?)://([^/?#]*)(/[^?#]*)?", Pattern.DOTALL);
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::([0-9]{1,5})?)?");
  private static final int LAST_PORT = 65_535;

  /**
   * Reads a URL as the catalog or clouds.yaml writes it.
   *
   * @throws IllegalArgumentException whose message says what is wrong with it, as in "it ..."; it
   *     does not quote the URL, which may hold a password
   */
  static ServiceUrl parse(String written) {
    var web = WEB.matcher(written.strip());
    if (!web.matches()) {
      throw new IllegalArgumentException("it is no plain http or https URL");
    }
    var scheme = web.group(1).toLowerCase(Locale.ROOT);
    if (web.group(2).contains("@")) {
      throw new IllegalArgumentException("it holds a user name or a password");
    }
    var authority = AUTHORITY.matcher(web.group(2));
    if (!authority.matches()) {
      throw new IllegalArgumentException("its host name or port is none");
    }
    var path = web.group(3) == null ? "" : web.group(3);
    return new ServiceUrl(
        scheme + "://" + host(scheme, authority.group(1)) + port(authority.group(2)) + path(path));
  }

  /** Whether a text can be read as one. */
  static boolean isOne(String written) {
    try {
      parse(written);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * The host of a URL, also where it has an underscore, with which {@link URI#getHost} has none.
   */
  static String host(URI url) {
    var authority = String.valueOf(url.getRawAuthority());
    return authority.replaceFirst(".*@", "").replaceFirst(":[0-9]*$", "");
  }

  private static String host(String scheme, String host) {
    if (scheme.equals("https") && host.contains("_")) {
      throw new IllegalArgumentException(
          "its host name has an underscore, with which Java's TLS cannot work");
    }
    return host.toLowerCase(Locale.ROOT);
  }

  private static String port(String port) {
    if (port == null) {
      return "";
    }
    var number = Integer.parseInt(port);
    if (number == 0 || number > LAST_PORT) {
      throw new IllegalArgumentException("its port is none");
    }
    return ":" + number;
  }

  private static String path(String path) {
    var plain = path.replaceAll("/{2,}", "/").replaceFirst("/$", "");
    try {
      new URI("http://host" + plain);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("its path has characters that no URL has");
    }
    return plain;
  }
}
