package io.hostmaintenance.fakecloud;

/**
 * A user of the cloud with his one project.
 *
 * @param id hexadecimal id as Keystone gives it
 * @param name unique name, in the domain Default
 * @param password the password he authenticates with
 * @param projectId hexadecimal id of the project
 * @param projectName name of the project, in the domain Default
 * @param admin whether he has the role admin in the project; otherwise member
 */
public record User(
    String id, String name, String password, String projectId, String projectName, boolean admin) {}
