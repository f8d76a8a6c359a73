package io.hostmaintenance.demo;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What people do meanwhile: somebody aborts a transfer; and once nothing goes on without them, they
 * do what each blocked row asks for, one deed after the other. Where the strategies of the resource
 * are to do all that Nova can, only an affinity group is left for them.
 */
final class People {

  private static final Duration BETWEEN_DEEDS = Duration.ofMillis(600);

  private final CloudSimulator cloud;
  private final KubernetesClient kubernetes;
  private final FastClock clock;
  private final boolean careful;
  private final Set<String> done = new HashSet<>();
  private boolean called;
  private boolean aborted;
  private Duration lastDeed = Duration.ZERO;

  People(CloudSimulator cloud, KubernetesClient kubernetes, FastClock clock, boolean careful) {
    this.careful = careful;
    this.cloud = cloud;
    this.kubernetes = kubernetes;
    this.clock = clock;
  }

  /** The next deed as the command that does it; empty when there is nothing to do now. */
  Optional<String> act(HostMaintenance resource) {
    if (!aborted) {
      var abort = cloud.cloud(this::abort);
      aborted = abort.isPresent();
      if (aborted) {
        return abort;
      }
    }
    called |= resource.getStatus().phase().equals("Blocked");
    if (!called || clock.elapsed().minus(lastDeed).compareTo(BETWEEN_DEEDS) < 0) {
      return Optional.empty();
    }
    var deed =
        resource.getStatus().instances().stream()
            .filter(r -> r.state().equals("Blocked") || r.state().equals("Failed"))
            .filter(r -> !done.contains(key(r)))
            .filter(r -> !r.reason().equals("AffinityGroup") || r.name().endsWith("-1"))
            .findFirst();
    return deed.map(
        row -> {
          done.add(key(row));
          lastDeed = clock.elapsed();
          return resolve(resource, row);
        });
  }

  private static String key(InstanceStatus row) {
    return row.id() + row.status();
  }

  private Optional<String> abort(Cloud now) {
    return now.migrations().stream()
        .filter(m -> m.server().name().equals(SampleCloud.TO_BE_ABORTED))
        .filter(m -> m.status() == MigrationStatus.RUNNING)
        .findFirst()
        .map(
            m -> {
              now.abortLiveMigration(now.admin(), m.server().id(), m.id(), true);
              return "openstack server migration abort " + m.server().name() + " " + m.id();
            });
  }

  private String resolve(HostMaintenance resource, InstanceStatus row) {
    if (row.reason().equals("AffinityGroup")) {
      var group = cloud.cloud(c -> c.groupOf(row.id()).orElseThrow().id());
      cloud.change(c -> c.deleteGroup(group));
      return "openstack server group delete " + group;
    }
    if (!careful) {
      throw new IllegalStateException(
          row.name() + " needs a person: " + row.reason() + ": " + row.message());
    }
    return switch (row.status()) {
      case "SUSPENDED" -> perform(row, Operation.RESUME, "resume");
      case "RESCUE" -> perform(row, Operation.UNRESCUE, "unrescue");
      case "SHELVED" -> perform(row, Operation.SHELVE_OFFLOAD, "shelve --offload");
      case "SOFT_DELETED" -> perform(row, Operation.DELETE, "delete --force");
      case "VERIFY_RESIZE" -> {
        cloud.change(c -> c.confirmResize(c.tenant(), row.id()));
        yield "openstack server resize confirm " + row.name();
      }
      case "ERROR" -> {
        cloud.change(c -> c.resetState(c.admin(), row.id(), VmState.ACTIVE));
        yield "openstack server set --state active " + row.name();
      }
      case "ACTIVE" -> perform(row, Operation.STOP, "stop");
      case "SHUTOFF" -> retry(resource);
      default ->
          throw new IllegalStateException(
              row.name() + " is " + row.status() + " and " + row.state() + ": " + row.message());
    };
  }

  private String perform(InstanceStatus row, Operation operation, String command) {
    cloud.change(c -> c.perform(c.admin(), row.id(), operation));
    return "openstack server " + command + " " + row.name();
  }

  private String retry(HostMaintenance resource) {
    kubernetes
        .resources(HostMaintenance.class)
        .withName(resource.getMetadata().getName())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"%s\":\"1\"}}}".formatted(HostMaintenance.RETRY));
    return "kubectl annotate hm/"
        + resource.getMetadata().getName()
        + " "
        + HostMaintenance.RETRY
        + "=1";
  }
}
