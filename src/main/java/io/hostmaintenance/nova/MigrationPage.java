package io.hostmaintenance.nova;

import java.time.Instant;
import java.util.List;

/**
 * The newest migration records of a host, of every status ({@code GET /os-migrations?host=}): one
 * page, which Nova reads in one statement, so no record steps past it.
 *
 * @param migrations newest first
 * @param whole whether the host has no older records than these
 * @param began Nova's clock when it was asked, or a little before
 */
public record MigrationPage(List<Migration> migrations, boolean whole, Instant began) {}
