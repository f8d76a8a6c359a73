package io.hostmaintenance.simulation;

import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.VmState;
import io.hostmaintenance.nova.Accepted;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.MigrationPage;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.ResourceProvider;
import io.hostmaintenance.nova.ServerGroup;
import io.hostmaintenance.nova.StateChange;
import io.hostmaintenance.nova.Timestamped;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Nova of a cloud as one operator process reaches it by one of its names: every call takes a
 * little time and may go wrong as the program wants it.
 */
final class SimulatedNova implements Nova {

  private static final Set<String> WITH_PROGRESS =
      Set.of("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING");

  private final Set<String> sought = new HashSet<>();
  private boolean shortened;
  private final World world;
  private final OperatorProcess process;
  private final Site site;
  private final String cloudName;
  private final Cloud cloud;

  SimulatedNova(World world, OperatorProcess process, Site site, String cloudName) {
    this.world = world;
    this.process = process;
    this.site = site;
    this.cloudName = cloudName;
    this.cloud = site.cloud();
  }

  // ---------------------------------------------------------------- questions

  /** Requests of the simulation do not wait for each other. */
  @Override
  public Nova on(Priority priority, String host) {
    return this;
  }

  @Override
  public Duration waited() {
    return Duration.ZERO;
  }

  @Override
  public <T> T reserving(Supplier<T> work) {
    return work.get();
  }

  @Override
  public Identity identity() {
    return read(
        "identity",
        () ->
            new Identity(
                site.operatorUser().id(), site.operatorUser().projectId(), site.endpoint()));
  }

  @Override
  public List<ComputeService> computeServices() {
    var observed = process.observed();
    return read(
        "services",
        () -> {
          var truth = ObservedTruth.Services.of(cloud, site.twin().map(ComputeService::host));
          observed.services(truth);
          process.told(cloudName, truth);
          return Stream.concat(
                  site.twin().stream(),
                  cloud.hosts().stream()
                      .filter(h -> !h.serviceDeleted())
                      .map(SimulatedNova::service))
              .toList();
        });
  }

  private static ComputeService service(Host host) {
    return host.cellDown()
        ? new ComputeService(null, host.name(), "UNKNOWN", false, null, false, null, null)
        : new ComputeService(
            host.serviceId(),
            host.name(),
            host.enabled() ? "enabled" : "disabled",
            host.up(),
            host.disabledReason(),
            host.forcedDown(),
            host.zone(),
            host.serviceUpdatedAt());
  }

  @Override
  public List<Hypervisor> hypervisors() {
    return read(
        "hypervisors",
        () -> {
          cellsAnswer();
          return cloud.hosts().stream()
              .filter(h -> !h.serviceDeleted())
              .flatMap(
                  host ->
                      host.hypervisors().stream()
                          .map(h -> new Hypervisor(h.id(), host.name(), host.hypervisorType())))
              .toList();
        });
  }

  /** It asks each cell by itself, and fails with it. */
  private void cellsAnswer() {
    if (cloud.hosts().stream().anyMatch(Host::cellDown)) {
      throw unavailable("oslo_db.exception.DBConnectionError", false);
    }
  }

  @Override
  public Optional<Timestamped<Set<String>>> instanceIdsAt(String hypervisorId) {
    var observed = process.observed();
    return read(
        "hypervisor",
        () -> {
          cellsAnswer();
          return cloud.hosts().stream()
              .filter(host -> !host.serviceDeleted())
              .filter(
                  host -> host.hypervisors().stream().anyMatch(h -> h.id().equals(hypervisorId)))
              .findFirst()
              .map(
                  host -> {
                    observed.residents(cloud, host.name());
                    return new Timestamped<>(
                        cloud.servers().stream()
                            .filter(s -> !s.deleted() && host.name().equals(s.host()))
                            .map(Server::id)
                            .collect(Collectors.toUnmodifiableSet()),
                        cloud.instant().truncatedTo(ChronoUnit.SECONDS));
                  });
        });
  }

  @Override
  public Timestamped<List<Instance>> instancesOn(String host) {
    var observed = process.observed();
    return read(
        "servers",
        () -> {
          observed.instances(cloud, host);
          var instances =
              (isShort() ? Stream.<Server>empty() : cloud.servers().stream())
                  .filter(s -> !s.deleted() && host.equals(s.host()))
                  .filter(s -> !hidden(s))
                  .map(this::instance)
                  .toList()
                  .reversed();
          return new Timestamped<>(instances, cloud.instant().truncatedTo(ChronoUnit.SECONDS));
        });
  }

  @Override
  public Optional<Instance> instance(String instanceId) {
    var observed = process.observed();
    return read(
        "server",
        () -> {
          observed.resolved(cloud);
          return known(instanceId).map(this::instance);
        });
  }

  private Optional<Server> known(String instanceId) {
    return once(instanceId).filter(s -> !s.deleted());
  }

  /** Also a deleted one, of which Nova still tells the actions. */
  private Optional<Server> once(String instanceId) {
    var server = cloud.servers().stream().filter(s -> s.id().equals(instanceId)).findFirst();
    if (server.filter(this::hidden).isPresent()) {
      throw unavailable("the cell of " + instanceId + " does not answer", false);
    }
    return server;
  }

  private boolean hidden(Server server) {
    return server.host() != null && cloud.host(server.host()).cellDown();
  }

  /** Null: Nova does not tell. */
  private static Integer diskGiB(Server s) {
    var asked = s.requirements();
    return asked.rootGiB() == 0 && !asked.volumeBacked() ? null : s.holdsDiskGiB();
  }

  private Instance instance(Server s) {
    var asked = s.requirements();
    var hints = new HashMap<>(asked.hints());
    cloud.groupOf(s.id()).ifPresent(g -> hints.put("group", List.of(g.id())));
    return new Instance(
        s.id(),
        s.name(),
        s.owner().projectId(),
        s.status(),
        s.vmState().text(),
        s.taskState() == null ? null : s.taskState().text(),
        s.powerState().number(),
        s.host(),
        s.ramMiB(),
        WITH_PROGRESS.contains(s.status()) ? s.progress() : null,
        s.vmState() == VmState.ERROR && s.fault() != null ? s.fault().message() : null,
        s.locked() ? new Instance.Lock(s.lockedReason()) : null,
        s.metadata().get("host_maintenance"),
        asked.ephemeralGiB() > 0 || asked.swapMiB() > 0,
        diskGiB(s),
        new Instance.Constraints(
            asked.pinnedZone(), hints, asked.requiredTraits(), asked.forbiddenTraits()));
  }

  @Override
  public List<Migration> migrations(MigrationFilter filter) {
    return read(
        "migrations",
        () ->
            (isShort()
                    ? Stream.<io.hostmaintenance.fakecloud.Migration>empty()
                    : cloud.migrations().stream())
                .filter(m -> !hidden(m.server()))
                .filter(
                    m ->
                        filter
                            .host()
                            .map(h -> h.equals(m.sourceCompute()) || h.equals(m.destCompute()))
                            .orElse(true))
                .filter(m -> filter.instanceId().map(m.server().id()::equals).orElse(true))
                .filter(m -> filter.status().map(m.status().text()::equals).orElse(true))
                .filter(
                    m ->
                        filter
                            .changesSince()
                            .map(t -> m.updatedAt() != null && !dated(m.updatedAt()).isBefore(t))
                            .orElse(true))
                .map(this::migration)
                .toList()
                .reversed());
  }

  /** The model keeps few records: one page, or in some worlds never the whole. */
  @Override
  public MigrationPage newestMigrations(String host) {
    var began = cloud.instant().truncatedTo(ChronoUnit.SECONDS);
    var all = migrations(MigrationFilter.ofHost(host));
    var size = world.program().migrationPage();
    return new MigrationPage(all.subList(0, Math.min(size, all.size())), all.size() < size, began);
  }

  private Migration migration(io.hostmaintenance.fakecloud.Migration m) {
    return new Migration(
        m.id(),
        m.uuid(),
        m.server().id(),
        m.type().text(),
        m.status().text(),
        m.sourceCompute(),
        m.destCompute(),
        dated(m.createdAt()),
        dated(m.updatedAt()),
        m.caller().user().id(),
        m.caller().user().projectId());
  }

  @Override
  public List<InstanceAction> actions(String instanceId) {
    return read(
        "actions",
        () ->
            once(instanceId)
                .map(s -> cloud.actions(s.id()).stream().map(a -> action(a, false)).toList())
                .orElse(List.of())
                .reversed());
  }

  @Override
  public Optional<InstanceAction> action(String instanceId, String requestId) {
    return read(
        "action",
        () ->
            once(instanceId)
                .flatMap(
                    s ->
                        cloud.actions(s.id()).stream()
                            .filter(a -> a.caller().requestId().equals(requestId))
                            .findFirst())
                .map(a -> action(a, true)));
  }

  /** By the clock of whoever writes a record, which may not be that of the replies. */
  private Instant dated(Instant moment) {
    return moment == null ? null : moment.plus(world.program().stamps().records());
  }

  private InstanceAction action(io.hostmaintenance.fakecloud.InstanceAction a, boolean withEvents) {
    return new InstanceAction(
        a.caller().requestId(),
        a.action(),
        a.caller().user().id(),
        a.caller().user().projectId(),
        a.startTime().plus(world.program().stamps().actions()),
        a.message(),
        withEvents
            ? a.events().reversed().stream()
                .map(e -> new InstanceAction.Event(e.name(), e.host(), e.result(), e.details()))
                .toList()
            : List.of());
  }

  @Override
  public Set<String> groupsOf(String instanceId) {
    return extra(
        "groupsOf",
        () ->
            known(instanceId)
                .flatMap(s -> cloud.groupOf(s.id()))
                .map(g -> Set.of(g.id()))
                .orElse(Set.of()));
  }

  @Override
  public Optional<ServerGroup> serverGroup(String groupId) {
    return extra(
        "group",
        () ->
            cloud.groups().stream()
                .filter(g -> g.id().equals(groupId))
                .findFirst()
                .map(
                    g -> {
                      var members = new LinkedHashSet<>(g.members());
                      members.removeIf(id -> cloud.server(id).deleted());
                      return new ServerGroup(
                          g.id(), g.name(), g.policy(), 1, Collections.unmodifiableSet(members));
                    }));
  }

  @Override
  public Optional<Map<String, Map<String, Long>>> allocations(String providerId) {
    if (sought.remove(providerId)) {
      return extra("held", () -> host(providerId).map(h -> held(h, providerId)));
    }
    var observed = process.observed();
    return read(
        "consumers",
        () -> {
          var host = host(providerId);
          host.ifPresent(h -> observed.placement(cloud, h.name()));
          return host.map(h -> held(h, providerId));
        });
  }

  private Map<String, Map<String, Long>> held(Host host, String providerId) {
    return providerId.equals(host.hypervisorId())
        ? cloud.allocationsOn(host.name()).entrySet().stream()
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> e.getValue().byClass()))
        : Map.of();
  }

  /** The host of a resource provider; empty where there is no placement. */
  private Optional<Host> host(String providerId) {
    return cloud.hosts().stream()
        .filter(h -> world.program().placement())
        .filter(h -> h.hypervisors().stream().anyMatch(n -> n.id().equals(providerId)))
        .findFirst();
  }

  /** Whose tree is asked for is asked next what it holds, to find room for that. */
  @Override
  public List<String> providerTree(String providerId) {
    return extra(
        "tree",
        () -> {
          var tree = host(providerId).map(h -> List.of(providerId)).orElse(List.of());
          sought.addAll(tree);
          return tree;
        });
  }

  // ---------------------------------------------------------------- requests

  @Override
  public GuestPower guestPower(String instanceId) {
    return extra("diagnostics", () -> power(instanceId));
  }

  private GuestPower power(String instanceId) {
    once(instanceId);
    try {
      cloud.diagnose(cloud.as(site.operatorUser()), instanceId);
      return GuestPower.RUNNING;
    } catch (Refused e) {
      switch (e.status()) {
        case 409 -> {
          return e.getMessage().matches(".* power state (shutdown|crashed)")
              ? GuestPower.OFF
              : GuestPower.UNKNOWN;
        }
        case 500 -> {
          pass(world.settings().httpTimeout());
          throw unavailable("MessagingTimeout", false);
        }
        default -> throw refused(e);
      }
    }
  }

  @Override
  public Optional<List<ResourceProvider>> candidates(Demand demand) {
    return extra(
        "candidates",
        () ->
            world.program().placement()
                ? Optional.of(
                    cloud
                        .candidates(
                            demand.resources(), demand.requiredTraits(), demand.forbiddenTraits())
                        .stream()
                        .map(h -> provider(h))
                        .toList())
                : Optional.empty());
  }

  @Override
  public Optional<Map<String, Map<String, Long>>> usedOnDisabledHosts() {
    return read(
        "used",
        () ->
            world.program().placement()
                ? Optional.of(
                    cloud.hosts().stream()
                        .filter(h -> !h.enabled() && !h.serviceDeleted())
                        .filter(h -> cloud.free(h).get("MEMORY_MB") >= 1)
                        .collect(Collectors.toUnmodifiableMap(Host::hypervisorId, this::used)))
                : Optional.empty());
  }

  private Map<String, Long> used(Host host) {
    var used = new HashMap<String, Long>();
    var free = cloud.free(host);
    host.capacity().byClass().forEach((name, all) -> used.put(name, all - free.get(name)));
    used.values().removeIf(amount -> amount == 0);
    return used;
  }

  private ResourceProvider provider(Host host) {
    var free = new HashMap<>(cloud.free(host));
    free.replaceAll((name, amount) -> Math.max(0, amount));
    return new ResourceProvider(host.hypervisorId(), Map.copyOf(free));
  }

  @Override
  public Microversion newestVersion() {
    return Microversion.CEILING;
  }

  @Override
  public Accepted execute(Command command) {
    if (command instanceof Command.OnInstance onInstance) {
      site.promises().knows(onInstance.instanceId());
    }
    return switch (command) {
      case Command.LiveMigrate live -> liveMigrate(live);
      case Command.ColdMigrate(var id, var target, var _) -> coldMigrate(id, target);
      case Command.ConfirmResize(var id, var _) -> confirmResize(id);
      case Command.ChangeState(var id, var change, var _) -> changeState(id, change);
      case Command.AbortMigration abort -> abort(abort);
      case Command.ForceCompleteMigration force -> forceComplete(force);
      case Command.DisableService(var id, var reason) -> disable(id, reason);
      case Command.EnableService(var id) -> enable(id);
    };
  }

  private Accepted disable(String serviceId, String reason) {
    site.promises().disabling(process, hostOf(serviceId), reason);
    return change(
        "disable",
        serviceId,
        " \"" + reason + "\"",
        (caller, host) -> cloud.disable(caller, host, reason));
  }

  private Accepted enable(String serviceId) {
    site.promises().enabling(process, hostOf(serviceId));
    return change("enable", serviceId, "", cloud::enable);
  }

  private Accepted change(
      String call, String serviceId, String how, BiConsumer<Caller, String> effect) {
    var looked = process.observed().began();
    return write(
        call,
        hostOf(serviceId) + how,
        caller -> {
          var host = reachable(serviceId);
          effect.accept(caller, host.name());
          site.changesService(host.name(), looked);
          return new Accepted(Optional.empty(), Optional.of(service(host)));
        });
  }

  private String hostOf(String serviceId) {
    return cloud.hosts().stream()
        .filter(h -> h.serviceId().equals(serviceId))
        .map(Host::name)
        .findFirst()
        .orElse(serviceId);
  }

  private Host reachable(String serviceId) {
    var host =
        cloud.hosts().stream()
            .filter(h -> h.serviceId().equals(serviceId) && !h.serviceDeleted())
            .findFirst()
            .orElseThrow(() -> Refused.notFound("Service %s could not be found.", serviceId));
    if (host.cellDown()) {
      throw new Refused(500, "Unexpected API Error. oslo_db.exception.DBConnectionError");
    }
    return host;
  }

  private Accepted liveMigrate(Command.LiveMigrate command) {
    var id = command.instanceId();
    var copies = command.mayCopyDisks();
    var request = new LiveMigrationRequest(command.targetHost().orElse(null), false, copies, false);
    var observed = process.observed();
    var done = site.promises().asking(process, id);
    site.promises().targeting(id, command.targetHost());
    site.promises().copying(process, cloud.server(id), true, copies, diskGiB(cloud.server(id)));
    return act(
        "live",
        id,
        command.targetHost(),
        caller -> {
          site.promises().liveMigrating(observed, cloud.server(id));
          cloud.liveMigrate(caller, id, request);
          done.accept(caller);
        });
  }

  private Accepted coldMigrate(String id, Optional<String> target) {
    var observed = process.observed();
    var done = site.promises().asking(process, id);
    site.promises().targeting(id, target);
    site.promises().copying(process, cloud.server(id), false, true, diskGiB(cloud.server(id)));
    return act(
        "cold",
        id,
        target,
        caller -> {
          site.promises().coldMigrating(observed, cloud.server(id));
          cloud.migrate(caller, id, target.orElse(null));
          done.accept(caller);
        });
  }

  private Accepted confirmResize(String id) {
    site.promises().confirming(process, id);
    return act("confirm", id, Optional.empty(), caller -> cloud.confirmResize(caller, id));
  }

  private Accepted changeState(String id, StateChange change) {
    var observed = process.observed();
    var done = site.promises().asking(process, id);
    return act(
        change.action(),
        id,
        Optional.empty(),
        caller -> {
          site.promises().changing(observed, cloud.server(id), change);
          switch (change) {
            case RESET_STATE -> cloud.resetState(caller, id, VmState.ACTIVE);
            case FORCE_DELETE -> cloud.perform(caller, id, Operation.DELETE);
            default -> cloud.perform(caller, id, Operation.valueOf(change.name()));
          }
          done.accept(caller);
        });
  }

  private Accepted abort(Command.AbortMigration command) {
    return end(
        "abort",
        command,
        (caller, migration) ->
            cloud.abortLiveMigration(caller, command.instanceId(), migration, true));
  }

  private Accepted forceComplete(Command.ForceCompleteMigration command) {
    return end(
        "force",
        command,
        (caller, migration) -> cloud.forceComplete(caller, command.instanceId(), migration));
  }

  private Accepted end(
      String call, Command.OnMigration command, BiConsumer<Caller, Integer> effect) {
    site.promises().aborting(process, command.instanceId(), command.migrationId());
    return act(
        call,
        command.instanceId(),
        Optional.empty(),
        caller -> effect.accept(caller, Math.toIntExact(command.migrationId())));
  }

  private Accepted act(
      String call, String instanceId, Optional<String> target, Consumer<Caller> effect) {
    return write(
        call,
        site.label(instanceId) + target.map(t -> " to " + t).orElse(""),
        caller -> {
          effect.accept(caller);
          return new Accepted(Optional.of(caller.requestId()), Optional.empty());
        });
  }

  // ---------------------------------------------------------------- how a call goes

  private <T> T read(String name, Supplier<T> answer) {
    try {
      return call(name, "", false, answer);
    } catch (NovaException e) {
      process.observed().failed(e.getMessage());
      throw e;
    }
  }

  /** A question without whose answer an observation is whole. */
  private <T> T extra(String name, Supplier<T> answer) {
    return call(name, "", false, answer);
  }

  private <T> T write(String name, String about, java.util.function.Function<Caller, T> effect) {
    return call(
        name,
        about,
        true,
        () -> {
          try {
            var result = effect.apply(cloud.as(site.operatorUser()));
            world.story().record("nova", () -> name + " " + about + ": carried out");
            return result;
          } catch (Refused e) {
            world.story().record("nova", () -> name + " " + about + ": " + e.getMessage());
            throw refused(e);
          }
        });
  }

  private <T> T call(String name, String about, boolean write, Supplier<T> answer) {
    process.live();
    world.count();
    site.promises().asked(process, cloudName, name);
    if (write) {
      world.story().record(process.name(), () -> "asks Nova: " + name + " " + about);
    }
    shortened = false;
    var fault = world.fault(site, name);
    fault.ifPresent(
        f ->
            world.story().record("fault", () -> f.kind() + " at " + process.name() + "'s " + name));
    if (fault.isEmpty()) {
      pass(world.latency());
      var result = answer.get();
      pass(world.latency());
      return result;
    }
    var timeout = world.settings().httpTimeout();
    return switch (fault.get().kind()) {
      case LOST_REQUEST -> {
        pass(timeout);
        throw unavailable("no reply in " + timeout.toSeconds() + " s", write);
      }
      case REFUSED, CONFLICT -> {
        pass(world.latency());
        throw unavailable("connection refused", false);
      }
      case LOST_REPLY -> {
        pass(world.latency());
        quietly(answer);
        pass(world.latency());
        throw unavailable("connection reset", write);
      }
      case LOST_REPLY_SLOW -> {
        later(write, world.within(timeout), answer);
        pass(timeout);
        throw unavailable("no reply in " + timeout.toSeconds() + " s", write);
      }
      case CUT -> {
        later(write, world.within(timeout), answer);
        pass(world.latency());
        throw unavailable("connection reset", write);
      }
      case LATE -> {
        later(write, timeout.plus(fault.get().time()), answer);
        pass(timeout);
        throw unavailable("no reply in " + timeout.toSeconds() + " s", write);
      }
      case BAD_REQUEST -> throw refusal(400, "Cannot do this to the instance.");
      case UNAUTHORIZED -> throw refusal(401, "The request you have made requires authentication.");
      case FORBIDDEN -> throw refusal(403, "Policy doesn't allow this to be performed.");
      case NOT_FOUND -> throw refusal(404, "The page cannot be found.");
      case BUSY ->
          throw refusal(409, "Cannot do this to instance while it is in task_state migrating");
      case NOT_IMPLEMENTED -> throw refusal(501, "Not implemented.");
      case TOO_MANY -> {
        pass(world.latency());
        throw new NovaException(
            Kind.TOO_MANY_REQUESTS,
            "Too many requests",
            429,
            null,
            fault.get().time(),
            false,
            null);
      }
      case ERROR_BEFORE, UNAVAILABLE -> {
        pass(world.latency());
        throw unavailable("Unexpected API Error", write);
      }
      case ERROR_AFTER -> {
        pass(world.latency());
        quietly(answer);
        throw unavailable("Gateway timeout", write);
      }
      case SLOW -> {
        var half = fault.get().time().dividedBy(2);
        if (write) {
          yield carriedOutAfter(half, answer);
        }
        pass(half);
        var result = answer.get();
        pass(half);
        yield result;
      }
      case SHORT -> {
        pass(world.latency());
        if (name.equals("hypervisor")) {
          throw unavailable("oslo_db.exception.DBConnectionError", false);
        }
        shortened = true;
        process.observed().shortened();
        yield answer.get();
      }
      case STOPPED -> {
        process.stopped(fault.get().time());
        yield answer.get();
      }
      case CRASH_BEFORE -> throw process.crash();
      case CRASH_AFTER -> {
        pass(world.latency());
        quietly(answer);
        throw process.crash();
      }
      case CRASH_IN_FLIGHT -> {
        later(write, world.within(timeout), answer);
        throw process.crash();
      }
    };
  }

  private void later(boolean write, Duration delay, Supplier<?> effect) {
    if (write) {
      world.after(delay, () -> quietly(effect));
    }
  }

  /**
   * Carries it out at its time, whatever another process does meanwhile, and hears it as much
   * later.
   */
  private <T> T carriedOutAfter(Duration delay, Supplier<T> effect) {
    var answer = new FutureTask<>(effect::get);
    world.after(delay, answer);
    pass(delay.multipliedBy(2));
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Carries out what nobody hears the answer of. */
  private static void quietly(Supplier<?> effect) {
    try {
      effect.get();
    } catch (NovaException e) {
      // nobody hears it
    }
  }

  private void pass(Duration time) {
    process.pass(time);
    process.live();
  }

  /** Whether the list that is asked for lacks the rows of the host's cell. */
  private boolean isShort() {
    return shortened;
  }

  private static NovaException unavailable(String message, boolean outcomeUnknown) {
    return new NovaException(Kind.UNAVAILABLE, message, 0, null, null, outcomeUnknown, null);
  }

  private NovaException refusal(int status, String text) {
    pass(world.latency());
    return refused(new Refused(status, text));
  }

  private static NovaException refused(Refused refused) {
    var kind =
        switch (refused.status()) {
          case 401 -> Kind.UNAUTHORIZED;
          case 403 -> Kind.FORBIDDEN;
          case 404 -> Kind.NOT_FOUND;
          case 409 -> Kind.CONFLICT;
          case 400 -> Kind.BAD_REQUEST;
          default -> Kind.UNAVAILABLE;
        };
    var maybeDone = refused.status() >= 500 && refused.status() != 501;
    return new NovaException(
        kind, refused.getMessage(), refused.status(), null, null, maybeDone, null);
  }
}
