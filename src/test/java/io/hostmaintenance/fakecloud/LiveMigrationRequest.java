package io.hostmaintenance.fakecloud;

/**
 * What a live migration is asked with.
 *
 * @param host the wanted service host, or null to let the scheduler choose
 * @param forced take the host without asking the scheduler (only below microversion 2.68)
 * @param mayCopyDisks whether local disks are copied where the storage is not shared; else the
 *     check of the source fails
 * @param synchronous refuse in the answer instead of later (only below microversion 2.34)
 */
public record LiveMigrationRequest(
    String host, boolean forced, boolean mayCopyDisks, boolean synchronous) {
  /** As asked with a current microversion: the scheduler verifies the host, refusals come later. */
  public static LiveMigrationRequest to(String host) {
    return new LiveMigrationRequest(host, false, true, false);
  }
}
