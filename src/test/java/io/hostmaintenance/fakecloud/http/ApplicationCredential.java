package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.User;

/**
 * An application credential of Keystone.
 *
 * @param id its id
 * @param name its name, unique per user
 * @param secret its secret
 * @param user whom it stands for
 */
public record ApplicationCredential(String id, String name, String secret, User user) {}
