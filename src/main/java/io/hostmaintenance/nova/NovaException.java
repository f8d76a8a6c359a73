package io.hostmaintenance.nova;

import java.time.Duration;
import java.util.Optional;

/** A request to the cloud that was not answered as asked. The message is one sentence. */
public final class NovaException extends RuntimeException {

  /** What kind of refusal or failure it is. */
  public enum Kind {
    /** The cloud's configuration (clouds.yaml) is missing or cannot be used. */
    CONFIGURATION,
    /** 401, also with a fresh token. */
    UNAUTHORIZED,
    /** 403: the policy of the cloud forbids it to the operator's user. */
    FORBIDDEN,
    /** 404: it does not exist. */
    NOT_FOUND,
    /** 400: the request is refused for good. */
    BAD_REQUEST,
    /** 409: Nova refuses it in the present state. */
    CONFLICT,
    /** 413 or 429, or 497 or 498 of a rate limiter before the cloud: asked too often. */
    TOO_MANY_REQUESTS,
    /** The microversions that Nova offers do not meet ours, or it has no such API. */
    UNSUPPORTED_API,
    /** 5xx, a transport error, a time-out, or a status or answer that the API does not document. */
    UNAVAILABLE
  }

  private final Kind kind;
  private final int status;
  private final String requestId;
  private final Duration retryAfter;
  private final boolean outcomeUnknown;

  /**
   * Takes what is known of the failure.
   *
   * @param kind its kind
   * @param message one sentence with Nova's own text, without secrets
   * @param status the HTTP status; 0 when there was no reply
   * @param requestId the id of the reply; null when there is none
   * @param retryAfter what the reply's Retry-After said; null when it did not
   * @param outcomeUnknown whether a request that changes something may have been carried out
   * @param cause what led to it; may be null
   */
  public NovaException(
      Kind kind,
      String message,
      int status,
      String requestId,
      Duration retryAfter,
      boolean outcomeUnknown,
      Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.outcomeUnknown = outcomeUnknown;
  }

  /** A failure that is not a reply of the cloud and for which nothing was carried out. */
  public NovaException(Kind kind, String message) {
    this(kind, message, 0, null, null, false, null);
  }

  /** The kind of the failure. */
  public Kind kind() {
    return kind;
  }

  /** The HTTP status; 0 when there was no reply. */
  public int status() {
    return status;
  }

  /** The request id of the reply. */
  public Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /** How long the cloud asked to be left alone. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** Whether Nova may have carried out the request although it gave no answer. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
