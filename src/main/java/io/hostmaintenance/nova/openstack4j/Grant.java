package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.openstack4j.openstack.identity.v3.domain.KeystoneToken;

/** Keystone's answer to a login: openstack4j would refuse all of it for one odd endpoint. */
final class Grant extends KeystoneToken {

  private static final Pattern ZONE = Pattern.compile("(?:Z|[+-][0-9]{2}:?[0-9]{2})$");

  /**
   * One endpoint of the catalog.
   *
   * @param service its type, such as {@code compute}
   * @param facing its interface, such as {@code public}
   * @param region empty when it names none
   * @param url as it is written; empty when there is none
   */
  record Offer(String service, String facing, Optional<String> region, String url) {}

  private final transient JsonNode token;
  private final transient Optional<Instant> sent;

  private Grant(JsonNode token, Optional<Instant> sent) {
    this.token = token;
    this.sent = sent;
  }

  /** Reads a reply; empty when it is no token at all. */
  static Optional<Grant> of(Reply reply) {
    return reply
        .json()
        .map(json -> json.path("token"))
        .filter(JsonNode::isObject)
        .map(token -> new Grant(token, reply.date()));
  }

  /** The id of the user whose token it is; empty when it is not told. */
  Optional<String> userId() {
    return text(token.path("user").path("id"));
  }

  /** The id of the project that the token is for; empty when it is for none. */
  Optional<String> projectId() {
    return text(token.path("project").path("id"));
  }

  /**
   * How long the token lives, by the clock of whoever issued it: from {@code issued_at}, or else
   * from the reply's Date, to {@code expires_at}.
   *
   * @param now used when the reply tells neither
   * @return empty when it does not say when it ends
   */
  Optional<Duration> life(Instant now) {
    var issued = time("issued_at").or(() -> sent).orElse(now);
    return time("expires_at").map(end -> Duration.between(issued, end));
  }

  /** Every endpoint of every service, as far as it says what it is. */
  List<Offer> offers() {
    return token
        .path("catalog")
        .valueStream()
        .flatMap(
            service ->
                service.path("endpoints").valueStream().map(endpoint -> offer(service, endpoint)))
        .toList();
  }

  private static Offer offer(JsonNode service, JsonNode endpoint) {
    return new Offer(
        text(service.path("type")).orElse(""),
        text(endpoint.path("interface")).orElse("").toLowerCase(Locale.ROOT),
        text(endpoint.path("region_id")).or(() -> text(endpoint.path("region"))),
        endpoint.path("url").asText(""));
  }

  private Optional<Instant> time(String field) {
    return text(token.path(field)).flatMap(Grant::parsed);
  }

  /** Keystone's times are UTC, whether they say so or not. */
  private static Optional<Instant> parsed(String text) {
    try {
      return Optional.of(Instant.parse(ZONE.matcher(text).find() ? text : text + "Z"));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonNode node) {
    return Optional.of(node).filter(JsonNode::isTextual).map(JsonNode::asText);
  }
}
