package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.UntrustedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.openstack4j.core.transport.ExecutionOptions;
import org.openstack4j.core.transport.HttpEntityHandler;
import org.openstack4j.core.transport.HttpResponse;

/**
 * A whole reply, as our connector hands it to openstack4j.
 *
 * @param status of HTTP
 * @param headers the first value of each, names without regard to case
 * @param body as it came
 */
record Reply(int status, Map<String, String> headers, byte[] body) implements HttpResponse {

  private static final int MESSAGE_BYTES = 1024;
  private static final int PAGE_BYTES = 16 * 1024;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  /** Takes over what the JDK's client has read. */
  static Reply of(java.net.http.HttpResponse<byte[]> response) {
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
    // the JDK gives the refusal of a proxy without a body
    var body = Objects.requireNonNullElse(response.body(), new byte[0]);
    return new Reply(response.statusCode(), headers, body);
  }

  /** The same where the secret is not echoed. */
  Reply without(Secret secret) {
    var others = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, value) -> others.put(name, secret.hiddenIn(value)));
    var bytes = new String(body, StandardCharsets.ISO_8859_1);
    var hidden = secret.hiddenIn(bytes);
    return new Reply(
        status, others, hidden.equals(bytes) ? body : hidden.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The same with another value of a header. */
  Reply with(String header, String value) {
    var others = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    others.putAll(headers);
    others.put(header, value);
    return new Reply(status, others, body);
  }

  boolean successful() {
    return status >= 200 && status < 300;
  }

  /** The id by which the replying service logs the request; empty when it is none. */
  Optional<String> requestId() {
    return optional("X-Compute-Request-Id")
        .or(() -> optional("X-Openstack-Request-Id"))
        .filter(NovaJson::isId);
  }

  /** The moment of the reply by the sender's clock; empty when it does not say. */
  Optional<Instant> date() {
    return optional("Date").flatMap(Reply::httpDate);
  }

  /**
   * How long the cloud asks to be left alone (RFC 9110, 10.2.3); ten minutes of it are heeded.
   *
   * @param now used for a date when the reply does not tell its own
   */
  Optional<Duration> retryAfter(Instant now) {
    return optional("Retry-After")
        .map(String::strip)
        .flatMap(text -> retryAfter(text, now))
        .map(wait -> wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
  }

  /**
   * How long a cloud that is asked too often asks to be left alone; zero when it does not say for
   * how long. Empty when it is not asked too often: a 503 says so only with a Retry-After.
   *
   * @param now as for {@link #retryAfter}
   */
  Optional<Duration> tooMany(Instant now) {
    if (status == 503) {
      return retryAfter(now);
    }
    return !successful() && Failures.kind(status) == Kind.TOO_MANY_REQUESTS
        ? retryAfter(now).or(() -> Optional.of(Duration.ZERO))
        : Optional.empty();
  }

  private Optional<Duration> retryAfter(String text, Instant now) {
    if (text.matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    return httpDate(text)
        .map(until -> Duration.between(date().orElse(now), until))
        .map(wait -> wait.isNegative() ? Duration.ZERO : wait);
  }

  private static Optional<Instant> httpDate(String text) {
    try {
      return Optional.of(
          ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /**
   * The service's own words about a refusal: Nova's and Keystone's {@code message}, placement's
   * {@code detail}, or what a proxy's page says; without control characters, at most 1 KiB of
   * UTF-8; empty when there are none.
   */
  String text() {
    var json = json().orElse(MissingNode.getInstance());
    var words =
        Stream.of(json.findValue("message"), json.at(JsonPointer.compile("/errors/0/detail")))
            .filter(node -> node != null && node.isTextual())
            .map(JsonNode::asText)
            .findFirst()
            .orElseGet(() -> json.isContainerNode() ? "" : plain());
    return clean(words);
  }

  private String plain() {
    return new String(body, 0, Math.min(body.length, PAGE_BYTES), StandardCharsets.UTF_8)
        .replaceAll("(?is)<(style|script)\\b.*?</\\1>", " ")
        .replaceAll("<[^<>]*+>", " ");
  }

  /** A foreign text in one line of at most 1 KiB of UTF-8. */
  static String clean(String foreign) {
    var line = UntrustedText.line(foreign, Integer.MAX_VALUE).replaceAll("\\s+", " ").strip();
    return UntrustedText.line(line, MESSAGE_BYTES);
  }

  /** The body as JSON; empty when it is none. */
  Optional<JsonNode> json() {
    try {
      return Optional.ofNullable(NovaJson.MAPPER.readTree(body))
          .filter(node -> !node.isMissingNode());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Optional<String> optional(String header) {
    return Optional.ofNullable(headers.get(header));
  }

  @Override
  public <T> T getEntity(Class<T> type) {
    return getEntity(type, null);
  }

  @Override
  public <T> T getEntity(Class<T> type, ExecutionOptions<T> options) {
    return HttpEntityHandler.handle(this, type, options, true);
  }

  /** Of all that openstack4j could read from a reply we have it read the token alone. */
  @Override
  public <T> T readEntity(Class<T> type) {
    return Grant.of(this)
        .map(type::cast)
        .orElseThrow(
            () ->
                new TransportException(
                    "the reply is not what the API documents", true, false, null));
  }

  @Override
  public int getStatus() {
    return status;
  }

  @Override
  public String getContentType() {
    return header("Content-Type");
  }

  /** The words that openstack4j puts into its exceptions. */
  @Override
  public String getStatusMessage() {
    var text = text();
    return text.isEmpty() ? "HTTP " + status : text;
  }

  @Override
  public InputStream getInputStream() {
    return new ByteArrayInputStream(body);
  }

  @Override
  public String header(String name) {
    return headers.get(name);
  }

  @Override
  public void close() {}
}
