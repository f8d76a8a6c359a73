package io.hostmaintenance.drain;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowAction;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Resources, instances, records, actions and rows as tests need them. */
public final class Fixtures {

  private Fixtures() {}

  // ---------------------------------------------------------------- resources

  /** One that is not created yet. */
  public static HostMaintenance maintenance(String name, HostMaintenanceSpecBuilder spec) {
    var resource = new HostMaintenance();
    resource.setMetadata(new ObjectMetaBuilder().withName(name).build());
    resource.setSpec(spec.build());
    return resource;
  }

  // ---------------------------------------------------------------- instances

  public static Instance instance(String id, String vmState, String task, int power, String host) {
    return new Instance(
        id,
        "name-of-" + id,
        "project",
        vmState.toUpperCase(Locale.ROOT),
        vmState,
        task,
        power,
        host,
        1024,
        null,
        null,
        null,
        null,
        false,
        20,
        Instance.Constraints.NONE);
  }

  public static Instance active(String id) {
    return instance(id, "active", null, 1, Given.HOST);
  }

  public static Instance stopped(String id) {
    return instance(id, "stopped", null, 4, Given.HOST);
  }

  public static Instance paused(String id) {
    return instance(id, "paused", null, 3, Given.HOST);
  }

  public static Instance in(String vmState, String id) {
    return instance(id, vmState, null, 1, Given.HOST);
  }

  public static Instance busy(String task, Instance i) {
    return i.withTaskState(task);
  }

  public static Instance on(String host, Instance i) {
    return i.withHost(host);
  }

  public static Instance away(Instance i) {
    return on(Given.OTHER, i);
  }

  public static Instance ram(int mib, Instance i) {
    return i.withRamMiB(mib);
  }

  public static Instance faulty(String fault, Instance i) {
    return i.withFault(fault);
  }

  public static Instance progress(Integer percent, Instance i) {
    return i.withProgress(percent);
  }

  /** What Nova tells of an instance; nobody asked its hypervisor or placement. */
  public static Detail detail(
      Optional<Instance> instance,
      List<Migration> migrations,
      List<InstanceAction> actions,
      Optional<InstanceAction> events) {
    return new Detail(
        instance,
        migrations,
        actions,
        events,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  // ---------------------------------------------------------------- records

  public static Migration record(
      long id, String instance, String type, String status, Instant created, Identity by) {
    return new Migration(
        id,
        "uuid-of-migration-" + id,
        instance,
        type,
        status,
        Given.HOST,
        Given.OTHER,
        created,
        created.plusSeconds(1),
        by.userId(),
        by.projectId());
  }

  public static Migration live(long id, String instance, String status, Instant created) {
    return record(id, instance, Migration.LIVE, status, created, Given.US);
  }

  public static Migration cold(long id, String instance, String status, Instant created) {
    return record(id, instance, Migration.COLD, status, created, Given.US);
  }

  /** The record in another status, just updated. */
  public static Migration become(String status, Instant when, Migration m) {
    return new Migration(
        m.id(),
        m.uuid(),
        m.instanceId(),
        m.type(),
        status,
        m.sourceHost(),
        m.destinationHost(),
        m.createdAt(),
        when,
        m.userId(),
        m.projectId());
  }

  /** The record the other way round: to the host. */
  public static Migration incoming(Migration m) {
    return new Migration(
        m.id(),
        m.uuid(),
        m.instanceId(),
        m.type(),
        m.status(),
        m.destinationHost(),
        m.sourceHost(),
        m.createdAt(),
        m.updatedAt(),
        m.userId(),
        m.projectId());
  }

  // ---------------------------------------------------------------- actions

  public static InstanceAction action(String name, String requestId, Instant when, Identity by) {
    return new InstanceAction(requestId, name, by.userId(), by.projectId(), when, null, List.of());
  }

  public static InstanceAction failed(InstanceAction a, String details) {
    return new InstanceAction(
        a.requestId(),
        a.action(),
        a.userId(),
        a.projectId(),
        a.startTime(),
        "Error",
        List.of(
            new InstanceAction.Event("conductor_live_migrate_instance", null, "Error", details)));
  }

  // ---------------------------------------------------------------- rows

  public static InstanceStatus row(String id, RowState state, Reason reason) {
    return InstanceStatus.builder()
        .id(id)
        .name("name-of-" + id)
        .state(state.name())
        .action(RowAction.LiveMigrate.name())
        .reason(reason.name())
        .message("It is so.")
        .attempts(0)
        .lastTransitionTime(Given.NOON)
        .build();
  }

  /** A row whose live migration Nova has accepted at noon. */
  public static InstanceStatus moving(String id) {
    return row(id, RowState.InProgress, Reason.Queued).toBuilder()
        .attempts(1)
        .requestId(Given.requestId(id))
        .requestTime(Given.NOON)
        .observedTime(Given.NOON)
        .build();
  }

  /** A row whose live migration runs since noon. */
  public static InstanceStatus running(String id, long migrationId) {
    return moving(id).toBuilder()
        .reason(Reason.Running.name())
        .startTime(Given.NOON)
        .migrationId(migrationId)
        .build();
  }

  /** A row whose intent was stored at noon and of whose request nothing is known. */
  public static InstanceStatus requested(String id) {
    return row(id, RowState.Requested, Reason.AnswerUnknown).toBuilder()
        .attempts(1)
        .requestTime(Given.NOON)
        .observedTime(Given.NOON)
        .build();
  }

  public static InstanceStatus cold(InstanceStatus row) {
    return row.toBuilder().action(RowAction.ColdMigrate.name()).build();
  }
}
