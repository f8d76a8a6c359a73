package io.hostmaintenance.nova.openstack4j;

/** Keystone's refusal of a login, on its way from our connector through openstack4j. */
final class LoginRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Reply reply;

  /** Carries the reply, in which no secret of the request is echoed. */
  LoginRefusedException(Reply reply) {
    super(reply.getStatusMessage());
    this.reply = reply;
  }

  Reply reply() {
    return reply;
  }
}
