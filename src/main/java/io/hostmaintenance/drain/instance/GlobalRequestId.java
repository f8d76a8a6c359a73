package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The request id of ours that goes with an attempt into Nova's logs. */
public final class GlobalRequestId {

  private GlobalRequestId() {}

  /** The same for every repetition of one attempt, so that Nova's logs show them together. */
  public static String of(HostView host, InstanceStatus row, String what) {
    var name = String.join("/", host.uid(), row.id(), what, "" + row.attemptsMade());
    return "req-" + UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }
}
