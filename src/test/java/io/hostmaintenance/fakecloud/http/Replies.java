package io.hostmaintenance.fakecloud.http;

/** The error bodies of Nova. */
final class Replies {
  private Replies() {}

  /** Nova's error body (nova/api/openstack/wsgi.py, Fault). */
  static String fault(int status, String message) {
    return Json.write(Json.object(name(status), Json.object("code", status, "message", message)));
  }

  private static String name(int status) {
    return switch (status) {
      case 400 -> "badRequest";
      case 401 -> "unauthorized";
      case 403 -> "forbidden";
      case 404 -> "itemNotFound";
      case 405 -> "badMethod";
      case 409 -> "conflictingRequest";
      case 413, 429 -> "overLimit";
      case 415 -> "badMediaType";
      case 501 -> "notImplemented";
      case 503 -> "serviceUnavailable";
      default -> "computeFault";
    };
  }
}
