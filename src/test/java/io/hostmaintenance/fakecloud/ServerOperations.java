package io.hostmaintenance.fakecloud;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Everything asked of a server that is no move. */
final class ServerOperations {
  private static final Duration POWER_SYNC = Duration.ofMinutes(10);

  private final Cloud cloud;

  ServerOperations(Cloud cloud) {
    this.cloud = cloud;
  }

  /** What the operation does: the task while it runs, then the state it ends in. */
  private record Effect(TaskState task, VmState vmState, PowerState powerState) {}

  private static Effect effect(Operation operation) {
    return switch (operation) {
      case PAUSE -> new Effect(TaskState.PAUSING, VmState.PAUSED, PowerState.PAUSED);
      case UNPAUSE -> new Effect(TaskState.UNPAUSING, VmState.ACTIVE, PowerState.RUNNING);
      case SUSPEND -> new Effect(TaskState.SUSPENDING, VmState.SUSPENDED, PowerState.SHUTDOWN);
      case RESUME -> new Effect(TaskState.RESUMING, VmState.ACTIVE, PowerState.RUNNING);
      case STOP -> new Effect(TaskState.POWERING_OFF, VmState.STOPPED, PowerState.SHUTDOWN);
      case START -> new Effect(TaskState.POWERING_ON, VmState.ACTIVE, PowerState.RUNNING);
      case REBOOT -> new Effect(TaskState.REBOOTING, VmState.ACTIVE, PowerState.RUNNING);
      case RESCUE -> new Effect(TaskState.RESCUING, VmState.RESCUED, PowerState.RUNNING);
      case UNRESCUE -> new Effect(TaskState.UNRESCUING, VmState.ACTIVE, PowerState.RUNNING);
      case SHELVE -> new Effect(TaskState.SHELVING, VmState.SHELVED, PowerState.SHUTDOWN);
      case SHELVE_OFFLOAD ->
          new Effect(TaskState.SHELVING_OFFLOADING, VmState.SHELVED_OFFLOADED, PowerState.SHUTDOWN);
      case UNSHELVE -> new Effect(TaskState.UNSHELVING, VmState.ACTIVE, PowerState.RUNNING);
      case RESTORE -> new Effect(TaskState.RESTORING, VmState.ACTIVE, PowerState.RUNNING);
      case SOFT_DELETE ->
          new Effect(TaskState.SOFT_DELETING, VmState.SOFT_DELETED, PowerState.SHUTDOWN);
      case DELETE -> new Effect(TaskState.DELETING, VmState.DELETED, PowerState.NOSTATE);
      case LIVE_MIGRATE, MIGRATE, RESIZE, CONFIRM_RESIZE, REVERT_RESIZE, LOCK, UNLOCK ->
          throw new IllegalArgumentException(operation + " is not one of these");
    };
  }

  void perform(Caller caller, String id, Operation operation) {
    var server = cloud.find(caller, id);
    if (operation == Operation.SHELVE_OFFLOAD) {
      caller.require("os_compute_api:os-shelve:shelve_offload");
    }
    operation.check(server, caller);
    var effect = effect(operation);
    var action = cloud.act(caller, server, operation);
    server.taskState(effect.task());
    if (operation == Operation.UNSHELVE && server.hostObject() == null) {
      cloud.after(cloud.timing().step(), () -> land(server, action));
    } else if (server.hostObject() == null) {
      cloud.after(cloud.timing().step(), () -> apply(server, operation, effect));
    } else {
      cloud.cast(
          server.hostObject(),
          () -> {
            action.succeed("compute_" + operation.action() + "_instance", server.host());
            apply(server, operation, effect);
          });
    }
  }

  private void apply(Server server, Operation operation, Effect effect) {
    var deleting = operation == Operation.DELETE || operation == Operation.SOFT_DELETE;
    if (server.deleted() || !deleting && server.taskState() != effect.task()) {
      return;
    }
    if (operation == Operation.SHELVE_OFFLOAD) {
      server.host(null);
      cloud.allocations().drop(server.id());
    }
    if (operation == Operation.DELETE) {
      cloud.allocations().drop(server.id());
      cloud.coldMigrations().deleted(server);
    }
    server.powerState(effect.powerState());
    server.vmState(effect.vmState());
    server.taskState(null);
  }

  void lock(Caller caller, String id, Operation operation, String reason) {
    var server = cloud.find(caller, id);
    operation.check(server, caller);
    cloud.act(caller, server, operation);
    server.lock(operation == Operation.LOCK, operation == Operation.LOCK ? reason : null);
  }

  void resetState(Caller caller, String id, VmState vmState) {
    var server = cloud.find(caller, id);
    caller.require("os_compute_api:os-admin-actions:reset_state");
    cloud.act(caller, server, "resetState");
    server.vmState(vmState);
    server.taskState(null);
  }

  void powerOffInside(Server server) {
    server.powerState(PowerState.SHUTDOWN);
    cloud.work(
        server.hostObject(),
        POWER_SYNC,
        () -> {
          if (server.vmState() == VmState.ACTIVE
              && server.taskState() == null
              && server.powerState() == PowerState.SHUTDOWN) {
            server.vmState(VmState.STOPPED);
          }
        });
  }

  Server boot(Caller caller, String name, int ramMiB, String chosenHost, Duration build) {
    var server = cloud.newServer(name, caller.user(), ramMiB, Map.of());
    server.taskState(TaskState.SCHEDULING);
    var action = cloud.act(caller, server, "create");
    Runnable schedule =
        () -> {
          var selection =
              chosenHost == null
                  ? cloud.scheduler().select(server, ramMiB, null)
                  : new Scheduler.Selection(List.of(cloud.host(chosenHost)), null);
          if (selection.hosts().isEmpty()) {
            server.fault(selection.refusal());
            server.vmState(VmState.ERROR);
            server.taskState(null);
            return;
          }
          var host = selection.hosts().getFirst();
          cloud.allocations().allocate(server.id(), host, ramMiB);
          cloud.after(build, () -> cloud.cast(host, () -> claim(server, host, action)));
        };
    if (chosenHost == null) {
      cloud.after(cloud.timing().step(), schedule);
    } else {
      schedule.run();
    }
    return server;
  }

  private void land(Server server, InstanceAction action) {
    var selection = cloud.scheduler().select(server, server.ramMiB(), null);
    if (selection.hosts().isEmpty()) {
      server.taskState(null);
      return;
    }
    var host = selection.hosts().getFirst();
    cloud.allocations().allocate(server.id(), host, server.ramMiB());
    cloud.cast(host, () -> claim(server, host, action));
  }

  private void claim(Server server, Host host, InstanceAction action) {
    if (server.deleted()) {
      cloud.allocations().drop(server.id());
      return;
    }
    server.host(host);
    server.taskState(TaskState.SPAWNING);
    var event = action.begin("compute__do_build_and_run_instance", host.name());
    cloud.work(
        host,
        cloud.timing().step(),
        () -> {
          if (!server.deleted()) {
            server.powerState(PowerState.RUNNING);
            server.vmState(VmState.ACTIVE);
            server.launched();
            server.taskState(null);
            event.succeed();
          }
        });
  }
}
