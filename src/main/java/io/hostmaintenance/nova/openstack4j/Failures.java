package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.time.Instant;

/** What a request that was not answered as asked becomes. */
final class Failures {

  private Failures() {}

  /** The kind of a status that is no success. */
  static Kind kind(int status) {
    return switch (status) {
      case 401 -> Kind.UNAUTHORIZED;
      case 403 -> Kind.FORBIDDEN;
      case 404 -> Kind.NOT_FOUND;
      case 406 -> Kind.UNSUPPORTED_API;
      case 409 -> Kind.CONFLICT;
      case 413, 429 -> Kind.TOO_MANY_REQUESTS;
      default -> status >= 400 && status < 500 ? Kind.BAD_REQUEST : Kind.UNAVAILABLE;
    };
  }

  /** A reply that refuses, in the service's own words where it has any. */
  static NovaException refused(Call call, Reply reply, Instant now) {
    var text = reply.text();
    return new NovaException(
        kind(reply.status()),
        text.isEmpty() ? "HTTP %d to %s.".formatted(reply.status(), call.name()) : text,
        reply.status(),
        reply.requestId().orElse(null),
        reply.retryAfter(now).orElse(null),
        call.writes() && maybeDone(reply.status()),
        null);
  }

  /** A server error may come after the deed, save for what the server says it cannot do at all. */
  private static boolean maybeDone(int status) {
    return status >= 500 && status != 501 && status != 505;
  }

  /** No reply. */
  static NovaException unanswered(Call call, TransportException e) {
    return new NovaException(
        Kind.UNAVAILABLE,
        "%s is not answered: %s.".formatted(call.name(), e.getMessage()),
        0,
        null,
        null,
        call.writes() && e.maybeSent(),
        e);
  }

  /**
   * A reply of success that is not what the API documents.
   *
   * @param what is wrong with it
   */
  static NovaException unreadable(Call call, Reply reply, String what) {
    return new NovaException(
        Kind.UNAVAILABLE,
        Reply.clean("The answer to %s (HTTP %d) %s.".formatted(call.name(), reply.status(), what)),
        reply.status(),
        reply.requestId().orElse(null),
        null,
        call.writes(),
        null);
  }
}
