package io.hostmaintenance.fakecloud;

/**
 * Who asks, in which request: the instance action of the deed carries this request id.
 *
 * @param user the asking user
 * @param requestId {@code req-} and a uuid, one per request
 */
public record Caller(User user, String requestId) {
  void require(String rule) {
    if (!user.admin()) {
      throw Refused.forbidden(rule);
    }
  }
}
