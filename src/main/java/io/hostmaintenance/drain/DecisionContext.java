package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.HostView;
import io.hostmaintenance.drain.instance.InstanceView;
import io.hostmaintenance.drain.instance.StrategyTable;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Instance;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One observation and its input: what every rule of the brain reads.
 *
 * @param onHost the instances on the host by id, for rules that ask for each row
 */
record DecisionContext(DecisionInput input, Snapshot snapshot, Map<String, Instance> onHost) {

  DecisionContext(DecisionInput input, Snapshot snapshot) {
    this(
        input,
        snapshot,
        snapshot.instances().stream()
            .collect(Collectors.toMap(Instance::id, Function.identity(), (a, b) -> a)));
  }

  HostMaintenanceSpec spec() {
    return input.resource().getSpec();
  }

  String name() {
    return input.resource().getMetadata().getName();
  }

  String host() {
    return input.resource().host();
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

  /** An instance; empty when it is not on the host. */
  Optional<Instance> onHost(String id) {
    return Optional.ofNullable(onHost.get(id));
  }

  /** The host that the spec names for the moves; empty: the scheduler picks. */
  Optional<String> target() {
    return Optional.ofNullable(spec().targetHost());
  }

  /** The same where it gets the first attempt of each instance, and the scheduler the others. */
  Optional<String> preferredTarget() {
    return target().filter(t -> spec().targetPolicy().equals("Prefer"));
  }

  /** Whether nothing new may be requested for now. */
  boolean suspended() {
    return spec().suspend();
  }

  /** The time of the drain if it is over, counted from when the host was taken; else empty. */
  Optional<Duration> drainTimeout() {
    var started = previous().startTime();
    return Deadlines.drain(spec())
        .filter(limit -> started != null && ago(started).compareTo(limit) >= 0);
  }

  /** How long before the observation something was, by our clock. */
  Duration ago(Instant then) {
    return Deadlines.between(then, input.asked());
  }

  /** What the decisions about its instances need of the host. */
  HostView hostView() {
    return new HostView(
        host(),
        service(),
        destinations(),
        snapshot.identity(),
        snapshot.date(),
        now(),
        input.asked(),
        settings().answerWait(),
        input.resource().getMetadata().getUid(),
        spec(),
        StrategyTable.strategies(spec(), settings().strategies()),
        snapshot.services(),
        preferredTarget(),
        snapshot.newest());
  }

  private List<String> destinations() {
    return snapshot.services().stream()
        .filter(s -> s.enabled() && s.up() && !s.host().equals(host()))
        .map(ComputeService::host)
        .filter(h -> target().equals(preferredTarget()) || target().get().equals(h))
        .filter(h -> !input.resource().plans() || !input.hostsInMaintenance().contains(h))
        .sorted()
        .toList();
  }

  /** All that is known of an instance. */
  InstanceView view(String id, HostView host) {
    return new InstanceView(
        host,
        onHost(id),
        snapshot.detail(id),
        snapshot.migrations().stream().filter(m -> m.instanceId().equals(id)).toList(),
        snapshot.groups().getOrDefault(id, List.of()),
        snapshot.hints().getOrDefault(id, List.of()),
        input.waited().getOrDefault(id, Duration.ZERO),
        input.unseen().getOrDefault(id, Duration.ZERO));
  }

  static HostMaintenanceStatus previous(DecisionInput input) {
    var status = input.resource().getStatus();
    return status == null ? HostMaintenanceStatus.builder().build() : status;
  }
}
