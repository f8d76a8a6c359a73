package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Sight.Look;
import io.hostmaintenance.nova.ComputeService;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One look in its situation: what every rule of the brain reads. */
record Moment(Situation situation, Look look) {

  HostMaintenanceSpec spec() {
    return situation.resource().getSpec();
  }

  String name() {
    return situation.resource().getMetadata().getName();
  }

  String host() {
    return spec().host();
  }

  Instant now() {
    return situation.now();
  }

  Settings settings() {
    return situation.settings();
  }

  HostMaintenanceStatus previous() {
    return previous(situation);
  }

  /** The service of the host; of several that which was taken, where it is still there. */
  Optional<ComputeService> service() {
    var taken = previous().service();
    return look.services(host()).stream()
        .filter(s -> taken != null && s.id() != null && s.id().equals(taken.id()))
        .findFirst()
        .or(() -> look.service(host()));
  }

  boolean sourceUp() {
    return service().map(ComputeService::up).orElse(false);
  }

  /** How the host's service is brought up again, as the end of a sentence. */
  String bringUp() {
    return service().map(ComputeService::bringUp).orElse("start it");
  }

  /**
   * How long before the look something was, by our clock; zero for null and for what came since.
   */
  Duration ago(Instant then) {
    var asked = situation.asked();
    return then == null || then.isAfter(asked) ? Duration.ZERO : Duration.between(then, asked);
  }

  /** How long this process has known of a row's outstanding request. */
  Duration waited(InstanceStatus row) {
    return situation.waited().getOrDefault(row.id(), Duration.ZERO);
  }

  /** Whether what is asked about a row's instance has had no answer for long. */
  boolean unseenForLong(InstanceStatus row) {
    return situation.unseen().getOrDefault(row.id(), Duration.ZERO).compareTo(Deadlines.UNANSWERED)
        >= 0;
  }

  static HostMaintenanceStatus previous(Situation situation) {
    var status = situation.resource().getStatus();
    return status == null ? HostMaintenanceStatus.builder().build() : status;
  }
}
