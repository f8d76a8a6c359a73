package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One observation and its input: what every rule of the brain reads. */
record DecisionContext(DecisionInput input, Snapshot snapshot) {

  HostMaintenanceSpec spec() {
    return input.resource().getSpec();
  }

  String name() {
    return input.resource().getMetadata().getName();
  }

  String host() {
    return spec().host();
  }

  Instant now() {
    return input.now();
  }

  Settings settings() {
    return input.settings();
  }

  HostMaintenanceStatus previous() {
    return previous(input);
  }

  /** The service of the host; of several that which was taken, where it is still there. */
  Optional<ComputeService> service() {
    var taken = previous().service();
    return snapshot.services(host()).stream()
        .filter(s -> taken != null && s.id() != null && s.id().equals(taken.id()))
        .findFirst()
        .or(() -> snapshot.service(host()));
  }

  boolean sourceUp() {
    return service().map(ComputeService::up).orElse(false);
  }

  /**
   * How long before the observation something was, by our clock; zero for null and for what came
   * since.
   */
  Duration ago(Instant then) {
    var asked = input.asked();
    return then == null || then.isAfter(asked) ? Duration.ZERO : Duration.between(then, asked);
  }

  /** How long this process has known of a row's outstanding request. */
  Duration waited(InstanceStatus row) {
    return input.waited().getOrDefault(row.id(), Duration.ZERO);
  }

  /** Whether what is asked about a row's instance has had no answer for long. */
  boolean unseenForLong(InstanceStatus row) {
    return input.unseen().getOrDefault(row.id(), Duration.ZERO).compareTo(Deadlines.UNANSWERED)
        >= 0;
  }

  static HostMaintenanceStatus previous(DecisionInput input) {
    var status = input.resource().getStatus();
    return status == null ? HostMaintenanceStatus.builder().build() : status;
  }
}
