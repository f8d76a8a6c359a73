package io.hostmaintenance.nova;

/**
 * Whom a token belongs to, and what it is good for.
 *
 * @param userId Keystone's user id
 * @param projectId Keystone's project id
 * @param endpoint URL of the Nova that it is sent to; empty where that is not known
 */
public record Identity(String userId, String projectId, String endpoint) {

  /** A user and a project, whichever Nova they are known to. */
  public Identity(String userId, String projectId) {
    this(userId, projectId, "");
  }
}
