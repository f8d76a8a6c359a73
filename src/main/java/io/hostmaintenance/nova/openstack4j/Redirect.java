package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Where a reply sends a request on to.
 *
 * @param to the URL, whole
 */
record Redirect(URI to) {

  /** A request is sent on so often at most. */
  static final int HOPS = 3;

  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);

  /** Of what a reply says; empty when it sends nowhere. */
  static Optional<Redirect> of(URI asked, Reply reply) {
    try {
      return (reply.status() == 300 ? keystoneThree(reply) : location(reply))
          .map(target -> new Redirect(asked.resolve(target)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // it names no URL
    }
  }

  private static Optional<String> location(Reply reply) {
    return STATUSES.contains(reply.status())
        ? Optional.ofNullable(reply.header("Location"))
        : Optional.empty();
  }

  /** Of the versions that Keystone offers (keystone/api/discovery.py) the third. */
  private static Optional<String> keystoneThree(Reply reply) {
    return reply.json().stream()
        .flatMap(json -> json.path("versions").path("values").valueStream())
        .filter(version -> version.path("id").asText().startsWith("v3"))
        .flatMap(version -> version.path("links").valueStream())
        .filter(link -> link.path("rel").asText().equals("self"))
        .map(link -> link.path("href"))
        .filter(JsonNode::isTextual)
        .map(href -> href.asText().replaceFirst("/+$", "") + "/auth/tokens")
        .findFirst();
  }

  /** Whether secrets may be sent there: the same host by the same scheme, or by https. */
  boolean staysWith(URI asked) {
    return to.getScheme() != null
        && ServiceUrl.host(asked).equalsIgnoreCase(ServiceUrl.host(to))
        && (asked.getScheme().equalsIgnoreCase(to.getScheme())
            || "https".equalsIgnoreCase(to.getScheme()));
  }

  /** The URL without what may hold a secret. */
  @Override
  public String toString() {
    var authority = String.valueOf(to.getRawAuthority()).replaceFirst(".*@", "");
    return Reply.clean(to.getScheme() + "://" + authority + to.getRawPath());
  }
}
