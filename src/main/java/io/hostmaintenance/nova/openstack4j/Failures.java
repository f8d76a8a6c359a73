package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.time.Instant;

/** What a request that was not answered as asked becomes. */
final class Failures {

  /** So oslo.policy's refusals begin (nova/exception.py, PolicyNotAuthorized). */
  private static final String POLICY = "Policy doesn't allow ";

  private Failures() {}

  /** The kind of a status that is no success. */
  static Kind kind(int status) {
    return switch (status) {
      case 401 -> Kind.UNAUTHORIZED;
      case 403 -> Kind.FORBIDDEN;
      case 404 -> Kind.NOT_FOUND;
      case 406 -> Kind.UNSUPPORTED_API;
      case 409 -> Kind.CONFLICT;
      case 413, 429, 497, 498 -> Kind.TOO_MANY_REQUESTS;
      case 400 -> Kind.BAD_REQUEST;
      default -> Kind.UNAVAILABLE;
    };
  }

  /** The kind of a reply that is no success: where Nova decides, it says so in JSON. */
  private static Kind kind(Reply reply) {
    var kind = kind(reply.status());
    var decided = kind == Kind.BAD_REQUEST || kind == Kind.CONFLICT || kind == Kind.UNSUPPORTED_API;
    return decided && reply.json().isEmpty() ? Kind.UNAVAILABLE : kind;
  }

  /** A configuration that cannot be used, in one sentence with the way out. */
  static NovaException configuration(String sentence, Object... arguments) {
    return new NovaException(Kind.CONFIGURATION, sentence.formatted(arguments));
  }

  /**
   * A reply that refuses, in the service's own words where it has any.
   *
   * @param cloud as whose user was asked
   */
  static NovaException refused(Call call, Reply reply, Instant now, CloudConfig cloud) {
    return new NovaException(
        kind(reply),
        sentence(call, reply, cloud),
        reply.status(),
        reply.requestId().orElse(null),
        reply.retryAfter(now).orElse(null),
        call.writes() && maybeDone(reply.status()),
        null);
  }

  private static String sentence(Call call, Reply reply, CloudConfig cloud) {
    var text = reply.text();
    var location = reply.header("Location");
    if (reply.status() / 100 == 3 && location != null) {
      return Reply.clean(
          ("%s redirects to %s (HTTP %s), which is not followed; correct the %s endpoint in"
                  + " Keystone's catalog or set %s_endpoint_override in %s.")
              .formatted(
                  call.name(),
                  location,
                  reply.status(),
                  Endpoints.type(call.service()),
                  Endpoints.type(call.service()),
                  cloud.file()));
    }
    if (reply.status() == 403 && text.startsWith(POLICY)) {
      return Reply.clean(
          ("%s is refused to %s of cloud %s in %s: %s Give the user a role that may do it (by"
                  + " default admin) or change Nova's policy.")
              .formatted(call.name(), cloud.credentials().who(), cloud.name(), cloud.file(), text));
    }
    if (text.isEmpty()) {
      return "HTTP %s to %s.".formatted(reply.status(), call.name());
    }
    if (reply.status() == 401) {
      return Reply.clean(
          ("%s of the %s service is refused also with a new token of %s of cloud %s in %s (HTTP 401):"
                  + " %s Give the user its role again, or correct the Keystone settings of that"
                  + " service.")
              .formatted(
                  call.name(),
                  Endpoints.type(call.service()),
                  cloud.credentials().who(),
                  cloud.name(),
                  cloud.file(),
                  text));
    }
    return reply.json().isPresent()
        ? text
        : Reply.clean("HTTP %s to %s: %s".formatted(reply.status(), call.name(), text));
  }

  /** A server error may come after the deed, save for what the server says it cannot do at all. */
  private static boolean maybeDone(int status) {
    return status >= 500 && status != 501 && status != 505;
  }

  /** No reply came; whether the request was carried out may be unknown. */
  static NovaException unanswered(Call call, TransportException e) {
    var sentence = "%s is not answered: %s.".formatted(call.name(), e.getMessage());
    var maybeDone = call.writes() && e.maybeSent();
    return new NovaException(Kind.UNAVAILABLE, sentence, 0, null, null, maybeDone, e);
  }

  /**
   * A reply of success that is not what the API documents.
   *
   * @param what is wrong with it
   */
  static NovaException unreadable(Call call, Reply reply, String what) {
    var sentence = "The answer to %s (HTTP %s) %s.".formatted(call.name(), reply.status(), what);
    return replied(Kind.UNAVAILABLE, Reply.clean(sentence), reply, call.writes());
  }

  /** A reply that cannot be used, to a request that changes nothing. */
  static NovaException replied(Kind kind, String sentence, Reply reply) {
    return replied(kind, sentence, reply, false);
  }

  private static NovaException replied(Kind kind, String sentence, Reply reply, boolean maybeDone) {
    var id = reply.requestId().orElse(null);
    return new NovaException(kind, sentence, reply.status(), id, null, maybeDone, null);
  }
}
