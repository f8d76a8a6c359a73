package io.hostmaintenance.nova.openstack4j;

/** A request that got no reply. */
final class TransportException extends RuntimeException {

  private final boolean maybeSent;
  private final boolean timedOut;

  /**
   * Takes what is known.
   *
   * @param maybeSent whether the cloud may have received it
   * @param timedOut whether a time-out ended it
   */
  TransportException(String message, boolean maybeSent, boolean timedOut, Throwable cause) {
    super(message, cause);
    this.maybeSent = maybeSent;
    this.timedOut = timedOut;
  }

  boolean maybeSent() {
    return maybeSent;
  }

  boolean timedOut() {
    return timedOut;
  }

  /** Whether no connection came about: unknown host, nobody listens, TLS, the proxy. */
  boolean unreached() {
    return getCause() instanceof java.io.IOException
        && (!maybeSent || getCause() instanceof javax.net.ssl.SSLException);
  }
}
