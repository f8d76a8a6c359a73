package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The request id of ours that goes with an attempt into Nova's logs. */
final class GlobalRequestId {

  private GlobalRequestId() {}

  /** The same for every repetition of one attempt, so that Nova's logs show them together. */
  static String of(DecisionContext context, InstanceStatus row, String what) {
    var uid = context.input().resource().getMetadata().getUid();
    var name = String.join("/", String.valueOf(uid), row.id(), what, "" + row.attemptsMade());
    return "req-" + UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }
}
