package io.hostmaintenance.fakecloud;

import static io.hostmaintenance.fakecloud.MigrationStatus.CONFIRMED;
import static io.hostmaintenance.fakecloud.MigrationStatus.CONFIRMING;
import static io.hostmaintenance.fakecloud.MigrationStatus.ERROR;
import static io.hostmaintenance.fakecloud.MigrationStatus.FINISHED;
import static io.hostmaintenance.fakecloud.MigrationStatus.MIGRATING;
import static io.hostmaintenance.fakecloud.MigrationStatus.POST_MIGRATING;
import static io.hostmaintenance.fakecloud.MigrationStatus.PRE_MIGRATING;
import static io.hostmaintenance.fakecloud.MigrationStatus.REVERTED;
import static io.hostmaintenance.fakecloud.MigrationStatus.REVERTING;

import java.time.Duration;

/**
 * The life of a cold migration or resize in Nova's order of writes (conductor/tasks/migrate.py,
 * compute/manager.py): the host flips before the record is finished, the record is finished before
 * the server is resized, and a revert says reverted before the server is back on its source.
 */
final class ColdMigrations {
  private static final String UNAVAILABLE = "Service is unavailable at this time.";

  private final Cloud cloud;

  ColdMigrations(Cloud cloud) {
    this.cloud = cloud;
  }

  void migrate(Caller caller, String id, String target) {
    var server = cloud.find(caller, id);
    caller.require("os_compute_api:os-migrate-server:migrate");
    start(caller, server, target, Operation.MIGRATE, server.ramMiB());
  }

  void resize(Caller caller, String id, int ramMiB) {
    start(caller, cloud.find(caller, id), null, Operation.RESIZE, ramMiB);
  }

  private void start(
      Caller caller, Server server, String target, Operation operation, int newRamMiB) {
    operation.check(server, caller);
    if (server.hostObject() == null) {
      throw Refused.conflict("Instance %s is not ready", server.id());
    }
    if (!server.hostObject().up()) {
      throw Refused.conflict(UNAVAILABLE);
    }
    if (target != null) {
      if (target.equals(server.host())) {
        throw Refused.badRequest("Cannot migrate to the host where the server exists.");
      }
      cloud.requestedHost(target);
    }
    server.taskState(TaskState.RESIZE_PREP);
    var action = cloud.act(caller, server, operation);
    cloud.after(
        cloud.timing().step(), () -> schedule(server, target, operation, newRamMiB, action));
  }

  private void schedule(
      Server server, String target, Operation operation, int newRamMiB, InstanceAction action) {
    if (server.deleted()) {
      return;
    }
    var type = operation == Operation.RESIZE ? MigrationType.RESIZE : MigrationType.MIGRATION;
    var conducting = action.begin("conductor_migrate_server", Cloud.CONTROLLER);
    var cold = action.begin("cold_migrate", Cloud.CONTROLLER);
    var migration = cloud.record(server, type, PRE_MIGRATING, newRamMiB, action);
    cloud.allocations().hand(server.id(), migration.uuid());
    var selection = cloud.scheduler().select(server, newRamMiB, target);
    if (selection.hosts().isEmpty()) {
      cloud.after(
          cloud.timing().step(),
          () -> {
            var reason =
                "No valid host was found. No valid host found for "
                    + (type == MigrationType.RESIZE ? "resize" : "cold migrate");
            migration.status(ERROR);
            giveBack(migration);
            server.fault(reason);
            cloud.after(cloud.timing().step(), () -> server.taskState(null));
            cold.fail(reason);
            conducting.fail(reason);
          });
      return;
    }
    var dest = selection.hosts().getFirst();
    cloud.allocations().allocate(server.id(), dest, server.holds(newRamMiB));
    cold.succeed();
    conducting.succeed();
    on(migration, dest, () -> prepare(migration, dest));
  }

  private void prepare(Migration migration, Host dest) {
    var server = migration.server();
    var preparing = migration.action.begin("compute_prep_resize", dest.name());
    migration.dest(dest);
    if (Steering.COLD_PREP_FAIL.on(server)) {
      var reason = "Resize error: " + Steering.COLD_PREP_FAIL.key();
      preparing.fail(reason);
      server.fault(reason);
      giveBack(migration);
      migration.status(ERROR);
      cloud.after(cloud.timing().step(), () -> server.taskState(null));
      return;
    }
    preparing.succeed();
    on(migration, migration.source(), () -> copy(migration));
  }

  private void copy(Migration migration) {
    var server = migration.server();
    var copying = migration.action.begin("compute_resize_instance", migration.source().name());
    server.oldVmState(server.vmState());
    migration.status(MIGRATING);
    server.taskState(TaskState.RESIZE_MIGRATING);
    work(
        migration,
        migration.source(),
        Steering.COLD_SECONDS.of(server, cloud.timing().coldMigration()),
        () -> {
          if (Steering.COLD_FAIL.on(server)) {
            var reason = "Resize error: " + Steering.COLD_FAIL.key();
            copying.fail(reason);
            server.fault(reason);
            giveBack(migration);
            server.vmState(VmState.ERROR);
            migration.status(ERROR);
            server.taskState(null);
            return;
          }
          migration.status(POST_MIGRATING);
          server.host(migration.dest());
          server.taskState(TaskState.RESIZE_MIGRATED);
          copying.succeed();
          on(migration, migration.dest(), () -> finish(migration));
        });
  }

  private void finish(Migration migration) {
    var server = migration.server();
    var finishing = migration.action.begin("compute_finish_resize", migration.destCompute());
    server.taskState(TaskState.RESIZE_FINISH);
    work(
        migration,
        migration.dest(),
        cloud.timing().step(),
        () -> {
          if (Steering.COLD_FINISH_FAIL.on(server)) {
            var reason = "Resize error: " + Steering.COLD_FINISH_FAIL.key();
            finishing.fail(reason);
            server.fault(reason);
            cloud.allocations().drop(migration.uuid());
            migration.status(ERROR);
            server.vmState(VmState.ERROR);
            server.taskState(null);
            return;
          }
          server.ramMiB(migration.newRamMiB());
          server.powerState(
              server.oldVmState() == VmState.STOPPED ? PowerState.SHUTDOWN : PowerState.RUNNING);
          migration.status(FINISHED);
          finishing.succeed();
          work(
              migration,
              migration.dest(),
              cloud.timing().step(),
              () -> {
                server.vmState(VmState.RESIZED);
                server.launched();
                server.taskState(null);
              });
        });
  }

  void confirm(Caller caller, String id) {
    var server = cloud.find(caller, id);
    Operation.CONFIRM_RESIZE.check(server, caller);
    var migration = finished(server);
    if (!migration.source().up()) {
      throw Refused.conflict(UNAVAILABLE);
    }
    migration.status(CONFIRMING);
    var action = cloud.act(caller, server, Operation.CONFIRM_RESIZE);
    cloud.cast(
        migration.source(),
        () -> {
          if (migration.status() == CONFIRMING) {
            var event = action.begin("compute_confirm_resize", migration.sourceCompute());
            migration.status(CONFIRMED);
            if (server.deleted()) {
              return;
            }
            cloud.after(
                cloud.timing().step(),
                () -> {
                  if (server.vmState() == VmState.RESIZED) {
                    server.vmState(
                        server.powerState() == PowerState.SHUTDOWN
                            ? VmState.STOPPED
                            : VmState.ACTIVE);
                    server.taskState(null);
                  }
                  cloud.allocations().drop(migration.uuid());
                  event.succeed();
                });
          }
        });
  }

  void revert(Caller caller, String id) {
    var server = cloud.find(caller, id);
    Operation.REVERT_RESIZE.check(server, caller);
    var migration = finished(server);
    server.taskState(TaskState.RESIZE_REVERTING);
    migration.status(REVERTING);
    var action = cloud.act(caller, server, Operation.REVERT_RESIZE);
    on(
        migration,
        migration.dest(),
        () -> {
          action.succeed("compute_revert_resize", migration.destCompute());
          migration.status(REVERTED);
          on(migration, migration.source(), () -> finishRevert(migration, action));
        });
  }

  private void finishRevert(Migration migration, InstanceAction action) {
    var server = migration.server();
    var event = action.begin("compute_finish_revert_resize", migration.sourceCompute());
    server.host(migration.source());
    server.ramMiB(migration.oldRamMiB());
    giveBack(migration);
    work(
        migration,
        migration.source(),
        cloud.timing().step(),
        () -> {
          server.vmState(server.oldVmState());
          server.powerState(
              server.oldVmState() == VmState.STOPPED ? PowerState.SHUTDOWN : PowerState.RUNNING);
          server.taskState(null);
          event.succeed();
        });
  }

  private Migration finished(Server server) {
    return cloud.migrations().stream()
        .filter(m -> m.server() == server && m.status() == FINISHED)
        .reduce((older, newer) -> newer)
        .orElseThrow(() -> Refused.badRequest("Instance has not been resized."));
  }

  /** Deleting a server in VERIFY_RESIZE confirms first, so that the source holds nothing. */
  void deleted(Server server) {
    cloud.migrations().stream()
        .filter(m -> m.server() == server && m.type() != MigrationType.LIVE_MIGRATION)
        .filter(m -> m.status() == FINISHED || m.status() == CONFIRMING)
        .forEach(
            m -> {
              cloud.allocations().drop(m.uuid());
              m.status(CONFIRMED);
            });
  }

  /**
   * nova-compute started again: a copy it was making is rolled back, its record stays as it was.
   */
  void restarted(Host host) {
    cloud.migrations().stream()
        .filter(m -> m.type() != MigrationType.LIVE_MIGRATION && m.source() == host)
        .filter(m -> m.server().taskState() == TaskState.RESIZE_MIGRATING)
        .filter(m -> m.status() == MIGRATING)
        .forEach(
            m -> {
              m.token++;
              giveBack(m);
              m.server().taskState(null);
            });
  }

  private void giveBack(Migration migration) {
    cloud.allocations().drop(migration.server().id());
    cloud.allocations().hand(migration.uuid(), migration.server().id());
  }

  private void on(Migration migration, Host host, Runnable step) {
    cloud.cast(host, () -> unlessDeleted(migration, step));
  }

  private void work(Migration migration, Host host, Duration delay, Runnable step) {
    var token = migration.token;
    cloud.work(
        host,
        delay,
        () -> {
          if (migration.token == token) {
            unlessDeleted(migration, step);
          }
        });
  }

  private void unlessDeleted(Migration migration, Runnable step) {
    if (!migration.server().deleted()) {
      step.run();
    } else if (!migration.status().terminal()) {
      cloud.allocations().drop(migration.uuid());
      migration.status(ERROR);
    }
  }
}
