package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.drain.Drain;
import io.hostmaintenance.drain.Questions;
import io.hostmaintenance.drain.Questions.Question;
import io.hostmaintenance.drain.Sight;
import io.hostmaintenance.drain.Sight.Blind;
import io.hostmaintenance.drain.Sight.Consumer;
import io.hostmaintenance.drain.Sight.Detail;
import io.hostmaintenance.drain.Sight.Look;
import io.hostmaintenance.drain.Sight.Placement;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a host: asks Nova in the order in which nothing can slip through. */
final class Observer {

  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);

  /** Reverted records older than this are history (nova/compute/resource_tracker.py). */
  private static final Duration REVERTED = Duration.ofDays(1);

  /** What was seen longer ago is not acted upon. */
  private static final Duration TIME = Duration.ofSeconds(30);

  private final Nova nova;
  private final LongSupplier nanoTime;
  private final Groups groups;

  Observer(Nova nova, LongSupplier nanoTime) {
    this.nova = nova;
    this.nanoTime = nanoTime;
    this.groups = new Groups(nova, nanoTime);
  }

  /** One look; {@link Blind} when any list of it could not be had whole, or not in 30 s. */
  Sight look(HostMaintenance resource) {
    try {
      return new Glance(resource).look();
    } catch (NovaException e) {
      LOG.warn("host {}: no look: {}", resource.getSpec().host(), e.getMessage());
      return Blind.of(e);
    }
  }

  /** One look while it is taken. */
  private final class Glance {

    private final HostMaintenance resource;
    private final String host;
    private final HostMaintenanceStatus status;
    private final long began = nanoTime.getAsLong();

    Glance(HostMaintenance resource) {
      this.resource = resource;
      this.host = resource.getSpec().host();
      this.status = resource.getStatus();
    }

    private Look look() {
      var identity = nova().identity();
      var changesSince = Drain.changesSince(status);
      var before = changesSince.isEmpty() ? nova().computeServices() : List.<ComputeService>of();
      var migrations = new ArrayList<Migration>();
      if (changesSince.isPresent()) {
        migrations.addAll(nova().migrations(MigrationFilter.ofHostSince(host, changesSince.get())));
      } else {
        for (var unfinished : Migration.UNFINISHED) {
          migrations.addAll(nova().migrations(MigrationFilter.ofHost(host, unfinished)));
        }
      }
      var instances = nova().instancesOn(host);
      if (changesSince.isEmpty() && instances.value().isEmpty()) {
        var horizon = instances.date().minus(REVERTED);
        nova().migrations(MigrationFilter.ofHost(host, "reverted")).stream()
            .filter(m -> m.updatedAt() != null && m.updatedAt().isAfter(horizon))
            .forEach(migrations::add);
      }
      var services = hidden(before) ? before : nova().computeServices();
      var details = details(migrations, instances.value());
      var serverGroups = groups.of(status, instances.value(), details);
      var byNova =
          new Look(
              instances.date(),
              changesSince.isEmpty(),
              identity,
              List.copyOf(migrations),
              instances.value(),
              services,
              Drain.taken(status) ? Optional.empty() : hypervisor(),
              serverGroups,
              details,
              new Placement.NotAsked());
      var look = Drain.wantsPlacement(resource, byNova) ? byNova.with(placement()) : byNova;
      inTime();
      return look;
    }

    /**
     * Whether the cell of the host did not answer. A cell that is away while migrations or
     * instances are listed, and back before the services are read, would else pass for an empty
     * host.
     */
    private boolean hidden(List<ComputeService> services) {
      return services.stream().anyMatch(s -> s.host().equals(host) && s.unknown());
    }

    private Optional<Hypervisor> hypervisor() {
      return nova().hypervisors().stream().filter(h -> h.host().equals(host)).findFirst();
    }

    private Map<String, Detail> details(List<Migration> migrations, List<Instance> instances) {
      var details = new HashMap<String, Detail>();
      Questions.of(status, migrations, instances)
          .forEach(
              (id, questions) -> {
                inTime();
                try {
                  details.put(id, detail(id, questions, instances));
                } catch (NovaException e) {
                  LOG.warn("instance {}: not seen whole: {}", id, e.getMessage());
                }
              });
      migrations.stream()
          .filter(m -> m.status().equals("reverted") && !details.containsKey(m.instanceId()))
          .forEach(
              m ->
                  details.put(
                      m.instanceId(),
                      new Detail(
                          nova().instance(m.instanceId()),
                          List.of(),
                          List.of(),
                          Optional.empty())));
      return details;
    }

    private Detail detail(String id, Set<Question> questions, List<Instance> instances) {
      var instance =
          questions.contains(Question.INSTANCE)
              ? nova().instance(id)
              : instances.stream().filter(i -> i.id().equals(id)).findFirst();
      var migrations =
          questions.contains(Question.MIGRATIONS)
              ? nova().migrations(MigrationFilter.ofInstance(id))
              : List.<Migration>of();
      var actions = questions.contains(Question.ACTIONS) ? nova().actions(id) : null;
      var events =
          questions.contains(Question.EVENTS)
              ? requestId(id).flatMap(r -> nova().action(id, r))
              : Optional.<InstanceAction>empty();
      return new Detail(instance, migrations, actions == null ? List.of() : actions, events);
    }

    private Optional<String> requestId(String id) {
      return status.instances().stream()
          .filter(r -> r.id().equals(id))
          .findFirst()
          .map(InstanceStatus::requestId);
    }

    private Placement placement() {
      return hypervisor()
          .flatMap(h -> nova().consumers(h.id()))
          .<Placement>map(ids -> new Placement.Consumers(consumers(ids)))
          .orElseGet(Placement.Absent::new);
    }

    private List<Consumer> consumers(Set<String> ids) {
      var consumers = new ArrayList<Consumer>();
      var unresolved = new HashSet<String>();
      for (var id : ids) {
        var instance = nova().instance(id);
        if (instance.isPresent()) {
          consumers.add(new Consumer(id, Optional.empty(), instance));
        } else {
          unresolved.add(id);
        }
      }
      if (!unresolved.isEmpty()) {
        var byUuid = new HashMap<String, Migration>();
        nova().migrations(MigrationFilter.ofHost(host)).forEach(m -> byUuid.put(m.uuid(), m));
        for (var id : unresolved) {
          var migration = Optional.ofNullable(byUuid.get(id));
          consumers.add(
              new Consumer(id, migration, migration.flatMap(m -> nova().instance(m.instanceId()))));
        }
      }
      return consumers;
    }

    /** Nova, while there is time. */
    private Nova nova() {
      inTime();
      return nova;
    }

    private void inTime() {
      if (nanoTime.getAsLong() - began > TIME.toNanos()) {
        throw new NovaException(
            NovaException.Kind.UNAVAILABLE,
            "Nova needs more than "
                + TIME.toSeconds()
                + " s for the answers to one look, which is too old then to act on.");
      }
    }
  }
}
