package io.hostmaintenance.nova;

/**
 * Whom a token belongs to.
 *
 * @param userId Keystone's user id
 * @param projectId Keystone's project id
 */
public record Identity(String userId, String projectId) {}
