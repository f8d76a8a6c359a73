package io.hostmaintenance.fakecloud;

import java.time.Instant;

/** A migration record. */
public final class Migration {
  private final Cloud cloud;
  private final int id;
  private final String uuid;
  private final Server server;
  private final MigrationType type;
  private final Host source;
  private final Caller caller;
  private final Instant createdAt;
  private final int oldRamMiB;
  private final int newRamMiB;
  final InstanceAction action;
  private Host dest;
  private MigrationStatus status;
  private Instant updatedAt;

  /**
   * Steps planned under an older token are void: the move was aborted, ended early or its process
   * died.
   */
  int token;

  /** Left behind: nothing of it is under way, whatever its status says. */
  boolean stale;

  Migration(
      Cloud cloud,
      int id,
      String uuid,
      Server server,
      MigrationType type,
      MigrationStatus status,
      int newRamMiB,
      InstanceAction action) {
    this.cloud = cloud;
    this.id = id;
    this.uuid = uuid;
    this.server = server;
    this.type = type;
    this.status = status;
    this.source = server.hostObject();
    this.caller = action.caller();
    this.action = action;
    this.oldRamMiB = server.ramMiB();
    this.newRamMiB = newRamMiB;
    this.createdAt = cloud.instant();
    cloud.wrote(uuid, "status", status.text());
  }

  /** The integer id, used by abort and force-complete. */
  public int id() {
    return id;
  }

  /** The uuid, also the consumer of the source's allocation during the move. */
  public String uuid() {
    return uuid;
  }

  /** The server moved. */
  public Server server() {
    return server;
  }

  /** What kind of move. */
  public MigrationType type() {
    return type;
  }

  /** The host it left. */
  public String sourceCompute() {
    return source.name();
  }

  /** The host it goes to, null until chosen. */
  public String destCompute() {
    return dest == null ? null : dest.name();
  }

  /** Who asked for it. */
  public Caller caller() {
    return caller;
  }

  /** How far it is. */
  public MigrationStatus status() {
    return status;
  }

  /** When the record was made. */
  public Instant createdAt() {
    return createdAt;
  }

  /** When the record last changed; null for one never changed, which changes-since does not see. */
  public Instant updatedAt() {
    return updatedAt;
  }

  /** Whether {@code GET /servers/{id}/migrations} lists it. */
  public boolean inProgress() {
    return type == MigrationType.LIVE_MIGRATION && MigrationStatus.IN_PROGRESS.contains(status);
  }

  /** Whether nothing of it is under way, whatever its status says. */
  public boolean stale() {
    return stale;
  }

  Host source() {
    return source;
  }

  Host dest() {
    return dest;
  }

  int oldRamMiB() {
    return oldRamMiB;
  }

  int newRamMiB() {
    return newRamMiB;
  }

  void dest(Host value) {
    dest = value;
    touch();
    cloud.wrote(uuid, "dest_compute", value.name());
  }

  void status(MigrationStatus value) {
    if (status != value) {
      status = value;
      touch();
      cloud.wrote(uuid, "status", value.text());
    }
  }

  void touch() {
    updatedAt = cloud.instant();
  }

  /** Whether it stands to be confirmed, or is being confirmed or reverted. */
  public boolean confirmable() {
    return status == MigrationStatus.FINISHED
        || status == MigrationStatus.CONFIRMING
        || status == MigrationStatus.REVERTING;
  }
}
