package io.hostmaintenance.nova;

import java.time.Instant;
import java.util.List;

/**
 * A migration record ({@code GET /os-migrations}).
 *
 * @param id the number by which it is aborted
 * @param uuid the consumer of its allocation in placement
 * @param type {@code live-migration}, {@code migration} (cold), {@code resize}, {@code evacuation}
 * @param status one of the words of nova/objects/migration.py, or one that is not known yet
 * @param sourceHost the host it leaves
 * @param destinationHost the host it goes to; null until the scheduler has chosen
 * @param createdAt by Nova's clock
 * @param updatedAt by Nova's clock; null when it was never updated
 * @param userId who asked for it
 * @param projectId the project of who asked for it
 */
public record Migration(
    long id,
    String uuid,
    String instanceId,
    String type,
    String status,
    String sourceHost,
    String destinationHost,
    Instant createdAt,
    Instant updatedAt,
    String userId,
    String projectId) {

  /** The type of a live migration. */
  public static final String LIVE = "live-migration";

  /** The type of a cold migration to the same flavor. */
  public static final String COLD = "migration";

  /** The unfinished statuses, in life-cycle order: a record cannot step past the question. */
  public static final List<String> UNFINISHED =
      List.of(
          "accepted",
          "queued",
          "pre-migrating",
          "preparing",
          "migrating",
          "running",
          "running (post-copy)",
          "post-migrating",
          "finished",
          "confirming",
          "reverting");

  /** Whether it is a live migration that waits for its turn at the source. */
  public boolean queued() {
    return status.equals("queued");
  }

  /**
   * Whether it is a live migration that Nova can abort (nova/compute/api.py, live_migrate_abort).
   */
  public boolean abortable() {
    return queued() || status.equals("preparing") || running();
  }

  /** Whether the guest runs at the destination before all of its memory is there. */
  public boolean inPostCopy() {
    return status.contains("post-copy");
  }

  /** Whether a cold migration or resize is being confirmed. */
  public boolean confirming() {
    return status.equals("confirming");
  }

  /** Whether a cold migration or resize waits to be confirmed or reverted. */
  public boolean finished() {
    return status.equals("finished");
  }

  /** Whether it is a live migration that has come to its end. */
  public boolean completed() {
    return status.equals("completed");
  }

  /** Whether a cold migration or resize was reverted. */
  public boolean reverted() {
    return status.equals("reverted");
  }

  /** Whether the guest's memory is being copied. */
  public boolean running() {
    return status.equals("running");
  }

  /** Whether Nova says that the migration has brought the instance to its destination for good. */
  public boolean endedWell() {
    return completed() || status.equals("confirmed");
  }

  /** Whether Nova says that the migration ended with an error. */
  public boolean failed() {
    return status.equals("error") || status.equals("failed");
  }

  /** Whether the record says that the migration has not come to its end. */
  public boolean unfinished() {
    return UNFINISHED.contains(status);
  }
}
