package io.hostmaintenance.fakecloud;

/** An answer other than success that Nova gives at once; the message is Nova's own text. */
public final class Refused extends RuntimeException {
  private final int status;

  /** Refuses with this HTTP status and Nova's text. */
  public Refused(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** 400 with a formatted text. */
  public static Refused badRequest(String text, Object... args) {
    return new Refused(400, text.formatted(args));
  }

  /** 403 for this policy rule (recorded text). */
  public static Refused forbidden(String rule) {
    return new Refused(403, "Policy doesn't allow %s to be performed.".formatted(rule));
  }

  /** 404 with a formatted text. */
  public static Refused notFound(String text, Object... args) {
    return new Refused(404, text.formatted(args));
  }

  /** 409 with a formatted text. */
  public static Refused conflict(String text, Object... args) {
    return new Refused(409, text.formatted(args));
  }
}
