package io.hostmaintenance.nova;

import java.time.Instant;
import java.util.Optional;

/**
 * Which migration records are asked for; what is empty does not narrow.
 *
 * @param host source or destination
 * @param instanceId the instance
 * @param status exactly one status
 * @param changesSince updated at or after; records never updated are left out by Nova
 *     (nova/db/main/api.py)
 */
public record MigrationFilter(
    Optional<String> host,
    Optional<String> instanceId,
    Optional<String> status,
    Optional<Instant> changesSince) {

  /** From or to a host, in one status, however old. */
  public static MigrationFilter ofHost(String host, String status) {
    return new MigrationFilter(
        Optional.of(host), Optional.empty(), Optional.of(status), Optional.empty());
  }

  /** From or to a host, all there ever were. */
  public static MigrationFilter ofHost(String host) {
    return new MigrationFilter(
        Optional.of(host), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** From or to a host, changed since a moment of Nova's clock. */
  public static MigrationFilter ofHostSince(String host, Instant changesSince) {
    return new MigrationFilter(
        Optional.of(host), Optional.empty(), Optional.empty(), Optional.of(changesSince));
  }

  /** Of every host, changed since a moment of Nova's clock. */
  public static MigrationFilter since(Instant changesSince) {
    return new MigrationFilter(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(changesSince));
  }

  /** Of one instance, however old. */
  public static MigrationFilter ofInstance(String instanceId) {
    return new MigrationFilter(
        Optional.empty(), Optional.of(instanceId), Optional.empty(), Optional.empty());
  }
}
