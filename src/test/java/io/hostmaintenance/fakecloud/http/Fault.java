package io.hostmaintenance.fakecloud.http;

import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What goes wrong with a request on its way. */
public sealed interface Fault {
  /**
   * An answer given without any effect, by Nova itself or a proxy before it.
   *
   * @param status the HTTP status
   * @param contentType the Content-Type
   * @param body the body as sent
   * @param headers more headers, such as Retry-After
   */
  record Answer(int status, String contentType, String body, Map<String, String> headers)
      implements Fault {}

  /** The connection ends before the request has any effect. */
  record DropRequest() implements Fault {}

  /** The request takes effect, then the connection ends without an answer. */
  record LoseReply() implements Fault {}

  /**
   * The request takes effect, its answer comes late.
   *
   * @param by how long, real time
   */
  record Delay(Duration by) implements Fault {}

  /** The request takes effect; the answer announces its whole length and stops half-way. */
  record Truncate() implements Fault {}

  /** The request takes effect; the body of the answer is replaced by a web page with status 200. */
  record Garble() implements Fault {}

  /**
   * The request takes effect; what is answered is changed.
   *
   * @param change gives the body as sent for the body as it was
   */
  record Rewrite(UnaryOperator<String> change) implements Fault {}

  /**
   * An error as Nova words it: {@code computeFault} for 500, otherwise {@code badRequest} and so
   * on.
   */
  static Fault error(int status, String message) {
    return error(status, message, Map.of());
  }

  /** The same with more headers, such as {@code Retry-After}. */
  static Fault error(int status, String message, Map<String, String> headers) {
    return new Answer(
        status, "application/json; charset=UTF-8", Replies.fault(status, message), headers);
  }

  /** The page of a proxy whose backend is away. */
  static Fault proxy503() {
    return new Answer(
        503,
        "text/html",
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this"
            + " request.\n</body></html>\n",
        Map.of());
  }
}
