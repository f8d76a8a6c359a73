package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.List;
import java.util.Optional;

/** Whether our cold migration may still be confirmed, read again right before: it is final. */
public final class Confirmation {

  private Confirmation() {}

  /**
   * Whether the record of the row is the only one that waits, and the instance waits for it.
   *
   * @param row the row whose confirmation is to be asked for
   * @param instance the instance as it is now; empty when Nova does not know it
   * @param migrations all its records as they are now
   */
  public static boolean due(
      InstanceStatus row, Optional<Instance> instance, List<Migration> migrations) {
    var finished = migrations.stream().filter(Migration::finished).map(Migration::id).toList();
    return row.migrationId() != null
        && finished.equals(List.of(row.migrationId()))
        && instance.filter(i -> i.idle() && i.resized()).isPresent();
  }
}
