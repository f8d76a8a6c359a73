package io.hostmaintenance.fakecloud;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything asked of a server that is no move. */
final class ServerOperations {
  /** Nova's sync_power_state_interval. */
  private static final Duration POWER_SYNC = Duration.ofMinutes(10);

  /** How long after a change that Nova did not write it hears of it (nova/virt/libvirt/host.py). */
  private static final Duration POWER_EVENT = Duration.ofSeconds(15);

  private static final String BUILD = "compute__do_build_and_run_instance";

  private static final Set<TaskState> DELETING =
      EnumSet.of(TaskState.DELETING, TaskState.SOFT_DELETING);

  /** The others give the state back (manager.py: reverts_task_state). */
  private static final Set<Operation> ERROR_WHEN_FAILED =
      EnumSet.of(
          Operation.RESUME,
          Operation.SUSPEND,
          Operation.RESCUE,
          Operation.UNRESCUE,
          Operation.DELETE);

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
    var host = server.hostObject();
    if (host == null && operation == Operation.STOP) {
      throw notReady(server);
    }
    if (operation.deletes() && host != null && host.up() && DELETING.contains(server.taskState())) {
      return; // accepted, and nothing more
    }
    order(caller, server, operation);
  }

  private void order(Caller caller, Server server, Operation operation) {
    var host = server.hostObject();
    var offloaded = server.vmState() == VmState.SHELVED_OFFLOADED;
    var action = cloud.act(caller, server, operation);
    server.taskState(effect(operation).task());
    if (operation == Operation.UNSHELVE && offloaded) {
      cloud.after(cloud.timing().step(), () -> land(server, action));
    } else if (host == null || operation.deletes() && !host.up()) {
      cloud.after(cloud.timing().step(), () -> locally(server, operation));
    } else {
      var name = operation == Operation.UNSHELVE ? Operation.START.event() : operation.event();
      var order = new Order(server, host, operation, action, name);
      cloud.cast(host, order::carryOut);
    }
  }

  private static Refused notReady(Server server) {
    return Refused.conflict("Instance %s is not ready", server.id());
  }

  /** Without a host that could do it, Nova's API writes the end itself. */
  private void locally(Server server, Operation operation) {
    if (!server.deleted()
        && (operation.deletes() || server.taskState() == effect(operation).task())) {
      end(server, operation);
    }
  }

  private void end(Server server, Operation operation) {
    if (operation == Operation.SHELVE_OFFLOAD || operation == Operation.DELETE) {
      cloud.allocations().drop(server.id());
    }
    if (operation == Operation.DELETE) {
      cloud.coldMigrations().deleted(server);
    }
    server.powerState(effect(operation).powerState());
    server.vmState(effect(operation).vmState());
    server.taskState(null);
  }

  /**
   * An operation at the host: nova-compute asks the hypervisor first, and only when it writes the
   * new state does it find that its task was taken away.
   */
  private final class Order {
    private final Server server;
    private final Host host;
    private final Operation operation;
    private final InstanceAction action;
    private final String event;

    Order(Server server, Host host, Operation operation, InstanceAction action, String event) {
      this.server = server;
      this.host = host;
      this.operation = operation;
      this.action = action;
      this.event = event;
    }

    void carryOut() {
      if (!server.deleted() || operation == Operation.DELETE) {
        action.begin(event, host.name());
        var time = Steering.ORDER_SECONDS.of(server, cloud.timing().step());
        cloud.work(host, time, this::finish);
      }
    }

    private void finish() {
      if (server.deleted()) {
        if (operation == Operation.DELETE) {
          action.first(event).succeed();
        }
        return;
      }
      if (server.hostObject() != host) {
        action.first(event).fail("Instance %s could not be found.".formatted(server.id()));
        return;
      }
      var effect = effect(operation);
      var off = server.guest() == PowerState.SHUTDOWN;
      if (fails()) {
        fail();
      } else if (server.taskState() == effect.task()
          || operation == Operation.DELETE
          || operation == Operation.STOP && off && server.taskState() == null) {
        end(server, operation);
        if (operation == Operation.SHELVE_OFFLOAD) {
          cloud.work(host, cloud.timing().step(), this::leave);
        } else {
          action.first(event).succeed();
        }
      } else {
        server.guest(effect.powerState());
        if (operation == Operation.SHELVE_OFFLOAD) {
          cloud.allocations().drop(server.id());
        }
        preempted(effect);
        cloud.work(host, POWER_EVENT, () -> syncPower(server));
      }
    }

    /** An offloaded server has its host for a moment. */
    private void leave() {
      if (server.vmState() == VmState.SHELVED_OFFLOADED && server.hostObject() == host) {
        server.host(null);
      }
      action.first(event).succeed();
    }

    private boolean fails() {
      var names = server.metadata().getOrDefault(Steering.ORDER_FAIL.key(), "");
      return List.of(names.split(",")).contains(operation.action());
    }

    private void fail() {
      action.first(event).fail(Steering.ORDER_FAIL.key());
      server.fault(Steering.ORDER_FAIL.key());
      if (server.taskState() == effect(operation).task()) {
        if (ERROR_WHEN_FAILED.contains(operation)) {
          server.vmState(VmState.ERROR);
        }
        server.taskState(null);
      }
    }

    private void preempted(Effect effect) {
      var task = server.taskState();
      var reason =
          "Conflict updating instance %s. Expected: {'task_state': ['%s']}. Actual: {'task_state': %s}"
              .formatted(
                  server.id(),
                  effect.task().text(),
                  task == null ? "None" : "'" + task.text() + "'");
      action.first(event).fail(reason);
      server.fault(reason);
    }
  }

  /**
   * nova-compute started again: it repeats some of the orders that it finds, and takes the task off
   * a guest that runs. For the others there is only the message (manager.py, _init_instance).
   */
  void restarted(Host host) {
    for (var server : cloud.servers()) {
      if (server.hostObject() == host && server.taskState() != null && !server.deleted()) {
        switch (server.taskState()) {
          case POWERING_OFF -> again(server, host, Operation.STOP);
          case POWERING_ON -> again(server, host, Operation.START);
          case DELETING ->
              cloud.work(host, cloud.timing().step(), () -> locally(server, Operation.DELETE));
          case REBOOTING, PAUSING, UNPAUSING -> {
            if (server.guest() == PowerState.RUNNING) {
              server.vmState(VmState.ACTIVE);
              server.taskState(null);
            } else if (server.taskState() == TaskState.UNPAUSING) {
              again(server, host, Operation.UNPAUSE);
            }
          }
          default -> {}
        }
      }
    }
  }

  /** Without a request of its own, its event belongs to the newest action. */
  private void again(Server server, Host host, Operation operation) {
    var action = cloud.actions(server.id()).getLast();
    new Order(server, host, operation, action, operation.event()).carryOut();
  }

  void diagnose(Caller caller, String id) {
    var server = cloud.find(caller, id);
    caller.require("os_compute_api:os-server-diagnostics");
    if (server.hostObject() == null) {
      throw notReady(server);
    }
    if (!server.hostObject().alive()) {
      throw new Refused(
          500,
          "Unexpected API Error. Please contact the administrator\n"
              + "<class 'oslo_messaging.exceptions.MessagingTimeout'>");
    }
    if (server.guest() != PowerState.RUNNING) {
      throw Refused.conflict(
          "Cannot 'get_diagnostics' instance %s while it is in power state %s",
          server.id(), server.powerState().text());
    }
  }

  void crash(Server server) {
    server.guest(PowerState.SHUTDOWN);
    cloud.work(server.hostObject(), POWER_SYNC, () -> syncPower(server));
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
    cloud.work(server.hostObject(), POWER_SYNC, () -> syncPower(server));
  }

  /**
   * What the hypervisor says is written, and a server whose guest is not as it should be is stopped
   * by a request of Nova's own (manager.py, _sync_instance_power_state).
   */
  private void syncPower(Server server) {
    if (server.deleted() || server.taskState() != null) {
      return;
    }
    server.reportPower();
    var off = server.powerState() == PowerState.SHUTDOWN;
    var stop =
        switch (server.vmState()) {
          case ACTIVE, PAUSED -> off;
          case STOPPED -> !off;
          default -> false;
        };
    if (stop) {
      order(cloud.nova(), server, Operation.STOP);
    }
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
          cloud.allocations().allocate(server.id(), host, server.holds(ramMiB));
          cloud.after(build, () -> cloud.cast(host, () -> claim(server, host, action, BUILD)));
        };
    if (chosenHost == null) {
      cloud.after(cloud.timing().step(), schedule);
    } else {
      schedule.run();
    }
    return server;
  }

  private void land(Server server, InstanceAction action) {
    action.succeed("get_image_info", Cloud.CONTROLLER);
    var scheduling = action.begin("schedule_instances", Cloud.CONTROLLER);
    var selection = cloud.scheduler().select(server, server.ramMiB(), null);
    if (selection.hosts().isEmpty()) {
      scheduling.fail(selection.refusal());
      server.taskState(null);
      return;
    }
    scheduling.succeed();
    var host = selection.hosts().getFirst();
    cloud.allocations().allocate(server.id(), host, server.holds(server.ramMiB()));
    cloud.cast(host, () -> claim(server, host, action, "compute_unshelve_instance"));
  }

  private void claim(Server server, Host host, InstanceAction action, String name) {
    if (server.deleted()) {
      cloud.allocations().drop(server.id());
      return;
    }
    server.host(host);
    server.taskState(TaskState.SPAWNING);
    var event = action.begin(name, host.name());
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
