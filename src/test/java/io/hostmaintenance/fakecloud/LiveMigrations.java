package io.hostmaintenance.fakecloud;

import static io.hostmaintenance.fakecloud.MigrationStatus.ACCEPTED;
import static io.hostmaintenance.fakecloud.MigrationStatus.CANCELLED;
import static io.hostmaintenance.fakecloud.MigrationStatus.COMPLETED;
import static io.hostmaintenance.fakecloud.MigrationStatus.ERROR;
import static io.hostmaintenance.fakecloud.MigrationStatus.FAILED;
import static io.hostmaintenance.fakecloud.MigrationStatus.PREPARING;
import static io.hostmaintenance.fakecloud.MigrationStatus.QUEUED;
import static io.hostmaintenance.fakecloud.MigrationStatus.RUNNING;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/**
 * The life of a live migration in Nova's order of writes (conductor/tasks/live_migrate.py,
 * compute/manager.py): success switches the server before the record says completed; a failed
 * transfer says error, frees the server, then says failed.
 */
final class LiveMigrations {
  private static final int PROGRESS_STEPS = 4;

  /** Of libvirt's driver (nova/virt/libvirt/driver.py); it ends the request at the first host. */
  private static final String NOT_SHARED =
      "%s is not on shared storage: Shared storage live-migration requires either shared storage or"
          + " boot-from-volume with no local disks.";

  private final Cloud cloud;

  LiveMigrations(Cloud cloud) {
    this.cloud = cloud;
  }

  void ask(Caller caller, String id, LiveMigrationRequest request) {
    var server = cloud.find(caller, id);
    caller.require("os_compute_api:os-migrate-server:migrate_live");
    Operation.LIVE_MIGRATE.check(server, caller);
    if (request.host() != null) {
      cloud.requestedHost(request.host());
    }
    server.taskState(TaskState.MIGRATING);
    var action = cloud.act(caller, server, Operation.LIVE_MIGRATE);
    var attempt = new Attempt(server, action, request);
    if (request.synchronous()) {
      attempt.accept();
    } else {
      cloud.after(cloud.timing().step(), attempt::accept);
    }
  }

  /**
   * The conductor's part: from the request to the choice of a destination that passes its checks.
   */
  private final class Attempt {
    private final Server server;
    private final InstanceAction action;
    private final LiveMigrationRequest request;
    private InstanceAction.Event conducting;
    private Migration migration;

    Attempt(Server server, InstanceAction action, LiveMigrationRequest request) {
      this.server = server;
      this.action = action;
      this.request = request;
    }

    void accept() {
      if (server.deleted()) {
        return;
      }
      conducting =
          action.begin(
              request.synchronous()
                  ? "conductor_migrate_server"
                  : "conductor_live_migrate_instance",
              Cloud.CONTROLLER);
      migration =
          cloud.record(server, MigrationType.LIVE_MIGRATION, ACCEPTED, server.ramMiB(), action);
      cloud.allocations().hand(server.id(), migration.uuid());
      next(this::choose);
    }

    private void choose() {
      if (server.powerState() != PowerState.RUNNING && server.powerState() != PowerState.PAUSED) {
        refuse(
            "Instance %s in power_state %s. Cannot live migrate while the instance is in this state."
                .formatted(server.id(), server.powerState().text()));
      } else if (!migration.source().up()) {
        refuse(unavailable(migration.source()));
      } else if (request.forced()) {
        var dest = cloud.host(request.host());
        if (dest.up()) {
          check(List.of(dest), 0);
        } else {
          refuse(unavailable(dest));
        }
      } else {
        var selection = cloud.scheduler().select(server, server.ramMiB(), request.host());
        if (selection.hosts().isEmpty()) {
          refuse(selection.refusal());
        } else {
          check(selection.hosts(), 0);
        }
      }
    }

    private String unavailable(Host host) {
      return "Compute service of %s is unavailable at this time.".formatted(host.name());
    }

    private void check(List<Host> candidates, int index) {
      if (index == candidates.size()) {
        refuse(Scheduler.NOT_ENOUGH);
        return;
      }
      var dest = candidates.get(index);
      if (!dest.alive()) {
        after(cloud.timing().rpcTimeout(), () -> check(candidates, index + 1));
        return;
      }
      var checking = action.begin("compute_check_can_live_migrate_destination", dest.name());
      if (Steering.PRECHECK_FAIL.on(server)) {
        // Nova finishes the first event of this name it finds: those of later attempts stay open.
        if (index == 0) {
          checking.fail("Migration pre-check error: " + Steering.PRECHECK_FAIL.key());
        }
        next(() -> check(candidates, index + 1));
        return;
      }
      if (!request.mayCopyDisks() && cloud.storageIsLocal()) {
        var refusal = NOT_SHARED.formatted(migration.sourceCompute());
        action
            .begin("compute_check_can_live_migrate_source", migration.sourceCompute())
            .fail(refusal);
        checking.fail(refusal);
        refuse(refusal);
        return;
      }
      action.succeed("compute_check_can_live_migrate_source", migration.sourceCompute());
      checking.succeed();
      cloud.allocations().allocate(server.id(), dest, server.holds(server.ramMiB()));
      migration.dest(dest);
      conducting.succeed();
      cloud.cast(migration.source(), () -> enqueue(migration));
    }

    private void refuse(String reason) {
      conducting.fail(reason);
      giveBack(migration);
      server.fault(reason);
      server.taskState(null);
      if (request.synchronous()) {
        migration.status(ERROR);
        throw Refused.badRequest("%s", reason);
      }
      cloud.after(cloud.timing().step(), () -> migration.status(ERROR));
    }

    private void next(Runnable step) {
      after(cloud.timing().step(), step);
    }

    private void after(Duration delay, Runnable step) {
      if (request.synchronous()) {
        step.run();
      } else {
        cloud.after(
            delay,
            () -> {
              if (server.deleted()) {
                migration.status(ERROR);
              } else {
                step.run();
              }
            });
      }
    }
  }

  private void enqueue(Migration migration) {
    if (migration.server().deleted()) {
      migration.status(ERROR);
      return;
    }
    migration.action.succeed("compute_live_migration", migration.sourceCompute());
    migration.status(QUEUED);
    migration.source().queue.add(migration);
    cloud.work(migration.source(), cloud.timing().step(), () -> executeNext(migration.source()));
  }

  private void executeNext(Host source) {
    if (source.executing == null && !source.queue.isEmpty()) {
      source.executing = source.queue.poll();
      prepare(source.executing);
    }
  }

  private void prepare(Migration migration) {
    migration.status(PREPARING);
    var preparing = migration.action.begin("compute_pre_live_migration", migration.destCompute());
    if (Steering.LM_PREPARE_FAIL.on(migration.server())) {
      later(
          migration,
          () -> {
            preparing.fail("Preparation error: " + Steering.LM_PREPARE_FAIL.key());
            fail(migration);
          });
    } else {
      later(
          migration,
          () -> {
            preparing.succeed();
            run(migration);
          });
    }
  }

  private void run(Migration migration) {
    var server = migration.server();
    migration.status(RUNNING);
    var duration = Steering.LM_SECONDS.of(server, cloud.timing().liveMigration());
    var guest = server.guest();
    var runs = guest == PowerState.RUNNING || guest == PowerState.PAUSED;
    if (!runs || Steering.LM_FAIL.on(server)) {
      later(migration, duration.dividedBy(2), () -> fail(migration));
      return;
    }
    for (var step = 1; step < PROGRESS_STEPS; step++) {
      var percent = 100 * step / PROGRESS_STEPS;
      later(
          migration,
          duration.multipliedBy(step).dividedBy(PROGRESS_STEPS),
          () -> {
            server.progress(percent);
            migration.touch();
          });
    }
    later(migration, duration, () -> switchOver(migration));
  }

  private void switchOver(Migration migration) {
    migration.token++;
    var server = migration.server();
    var arriving =
        migration.action.begin(
            "compute_post_live_migration_at_destination", migration.destCompute());
    if (Steering.LM_POST_FAIL.on(server)) {
      arriving.fail("Post live migration error: " + Steering.LM_POST_FAIL.key());
      server.fault("Post live migration error: " + Steering.LM_POST_FAIL.key());
      cloud.allocations().drop(migration.uuid());
      migration.status(ERROR);
      server.host(migration.dest());
      server.vmState(VmState.ERROR);
      server.progress(0);
      server.taskState(null);
      leave(migration);
      return;
    }
    server.host(migration.dest());
    server.progress(0);
    server.taskState(null);
    arriving.succeed();
    cloud.allocations().drop(migration.uuid());
    later(
        migration,
        () -> {
          migration.status(COMPLETED);
          leave(migration);
        });
  }

  private void fail(Migration migration) {
    migration.token++;
    migration.status(ERROR);
    later(migration, () -> rollBack(migration, FAILED));
  }

  private void rollBack(Migration migration, MigrationStatus end) {
    giveBack(migration);
    migration.server().progress(0);
    migration.server().taskState(null);
    later(
        migration,
        () -> {
          migration.status(end);
          leave(migration);
        });
  }

  void abort(Caller caller, String serverId, int migrationId, boolean queuedToo) {
    var server = cloud.find(caller, serverId);
    caller.require("os_compute_api:servers:migrations:delete");
    if (server.taskState() != TaskState.MIGRATING) {
      throw server.taskState() == null
          ? Refused.conflict(
              "Instance %s is in an invalid state for 'abort live migration'", serverId)
          : Refused.conflict(
              "Cannot 'abort live migration' instance %s while it is in task_state %s",
              serverId, server.taskState().text());
    }
    var migration = find(server, migrationId);
    var abortable = queuedToo ? EnumSet.of(QUEUED, PREPARING, RUNNING) : EnumSet.of(RUNNING);
    if (!abortable.contains(migration.status())) {
      throw Refused.badRequest(
          "Migration %d state of instance %s is %s. Cannot abort live migration while the migration is"
              + " in this state.",
          migrationId, serverId, migration.status().text());
    }
    cloud.act(caller, server, "live_migration_cancel");
    migration.token++;
    migration.source().queue.remove(migration);
    later(migration, () -> rollBack(migration, CANCELLED));
  }

  void forceComplete(Caller caller, String serverId, int migrationId) {
    var server = cloud.find(caller, serverId);
    caller.require("os_compute_api:servers:migrations:force_complete");
    if (server.vmState() != VmState.ACTIVE) {
      throw Refused.conflict(
          "Cannot 'force_complete' instance %s while it is in vm_state %s",
          serverId, server.vmState().text());
    }
    var migration = find(server, migrationId);
    if (migration.status() != RUNNING) {
      throw Refused.badRequest(
          "Migration %d state of instance %s is %s. Cannot force complete while the migration is in this"
              + " state.",
          migrationId, serverId, migration.status().text());
    }
    cloud.act(caller, server, "live_migration_force_complete");
    later(migration, () -> switchOver(migration));
  }

  private Migration find(Server server, int migrationId) {
    return cloud.migrations().stream()
        .filter(m -> m.id() == migrationId && m.server() == server)
        .findFirst()
        .orElseThrow(
            () ->
                Refused.notFound(
                    "Migration %d not found for instance %s", migrationId, server.id()));
  }

  /** nova-compute started again: only running records are mended (_reset_live_migration). */
  void restarted(Host host) {
    host.queue.clear();
    host.executing = null;
    cloud.migrations().stream()
        .filter(m -> m.type() == MigrationType.LIVE_MIGRATION && m.source() == host)
        .filter(m -> EnumSet.of(QUEUED, PREPARING, RUNNING).contains(m.status()))
        .forEach(
            m -> {
              m.token++;
              giveBack(m);
              m.server().progress(0);
              m.server().taskState(null);
              if (m.status() == RUNNING) {
                m.status(ERROR);
              }
            });
  }

  private void giveBack(Migration migration) {
    cloud.allocations().drop(migration.server().id());
    cloud.allocations().hand(migration.uuid(), migration.server().id());
  }

  private void leave(Migration migration) {
    var source = migration.source();
    if (source.executing == migration) {
      source.executing = null;
      executeNext(source);
    }
  }

  private void later(Migration migration, Runnable step) {
    later(migration, cloud.timing().step(), step);
  }

  private void later(Migration migration, Duration delay, Runnable step) {
    var token = migration.token;
    cloud.work(
        migration.source(),
        delay,
        () -> {
          if (migration.token != token) {
            return;
          }
          if (migration.server().deleted()) {
            // The allocation of the record stays behind, as it does in Nova.
            migration.token++;
            migration.status(ERROR);
            leave(migration);
          } else {
            step.run();
          }
        });
  }
}
