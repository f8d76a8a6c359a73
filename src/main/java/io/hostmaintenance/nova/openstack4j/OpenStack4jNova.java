package io.hostmaintenance.nova.openstack4j;

import static java.util.Collections.singletonMap;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toUnmodifiableMap;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import io.hostmaintenance.nova.openstack4j.NovaJson.Row;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.core.transport.HttpMethod;
import org.openstack4j.core.transport.HttpRequest;
import org.openstack4j.core.transport.internal.HttpExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nova over HTTP. Every request goes through {@link #send}, which gives it a token and a version
 * and makes a {@link NovaException} of whatever is not an answer.
 */
final class OpenStack4jNova implements Nova {

  private static final Logger LOG = LoggerFactory.getLogger(OpenStack4jNova.class);

  private static final String VERSION_HEADER = "OpenStack-API-Version";

  /**
   * Every Nova that we speak comes with a newer one (Ussuri's placement has 1.36). An older one
   * leaves out candidates with nested providers (placement/handlers/allocation_candidate.py).
   */
  private static final String PLACEMENT_VERSION = "placement 1.29";

  /**
   * Nova asks the hypervisor, and answers in the words of its database (nova/compute/manager.py).
   */
  private static final Pattern OFF = Pattern.compile("power state (shutdown|crashed)");

  /** Nova itself asks for so many ([scheduler]max_placement_results). */
  private static final String CANDIDATES = "1000";

  private static final Pattern VERSIONED = Pattern.compile("(.*/v2(?:\\.\\d+)?)(?:/.*)?");

  /** About these pauses before a question without an answer is asked again; a change never is. */
  private static final List<Duration> PAUSES =
      List.of(Duration.ofMillis(100), Duration.ofMillis(300));

  private static final Set<Integer> PASSING = Set.of(502, 503, 504);

  /** While a service has failed a question so short ago, no other is asked twice. */
  private static final Duration FAILING = Duration.ofSeconds(10);

  private final Session session;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Timeouts timeouts;
  private final RequestListener listener;
  private final Budget budget;
  private final Turns turns;
  private final ReentrantLock negotiating;
  private final AtomicReference<NegotiatedVersion> negotiated;
  private final AtomicBoolean clockless;
  private final Asker asker;

  /** A cloud of which nothing is known yet, asked as for all its hosts. */
  OpenStack4jNova(
      Session session,
      InstantSource clock,
      LongSupplier nanoTime,
      Timeouts timeouts,
      Budget budget,
      RequestListener listener) {
    this.session = session;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.timeouts = timeouts;
    this.listener = listener;
    this.budget = budget;
    this.turns = new Turns();
    this.negotiating = new ReentrantLock();
    this.negotiated = new AtomicReference<>();
    this.clockless = new AtomicBoolean();
    this.asker = new Asker(Priority.WATCH, "");
  }

  /** The same cloud, whoever asks. */
  private OpenStack4jNova(OpenStack4jNova same, Asker asker) {
    this.session = same.session;
    this.clock = same.clock;
    this.nanoTime = same.nanoTime;
    this.timeouts = same.timeouts;
    this.listener = same.listener;
    this.budget = same.budget;
    this.turns = same.turns;
    this.negotiating = same.negotiating;
    this.negotiated = same.negotiated;
    this.clockless = same.clockless;
    this.asker = asker;
  }

  @Override
  public Nova on(Priority priority, String host) {
    return view(priority, host);
  }

  private OpenStack4jNova view(Priority priority, String host) {
    return new OpenStack4jNova(this, new Asker(priority, host));
  }

  @Override
  public Duration waited() {
    return asker.waited();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Login and version are had before, too, so that nothing is left to wait for within.
   */
  @Override
  public <T> T reserving(Supplier<T> work) {
    negotiated(session.current());
    try {
      return budget.reserving(asker, Timeouts.CHANGE, work);
    } catch (TransportException e) {
      throw new NovaException(
          Kind.UNAVAILABLE,
          "No request to the cloud could be set aside: %s.".formatted(e.getMessage()));
    }
  }

  @Override
  public Identity identity() {
    var login = session.current();
    var identity = login.identity();
    return new Identity(identity.userId(), identity.projectId(), login.compute());
  }

  @Override
  public List<ComputeService> computeServices() {
    var call = Call.get("list-services", "/os-services").with("binary", "nova-compute");
    return list(call, "services", NovaJson.Service.class).stream()
        .filter(service -> "nova-compute".equals(service.binary()))
        .map(NovaJson.Service::toModel)
        .toList();
  }

  @Override
  public List<Hypervisor> hypervisors() {
    var call =
        Call.get("list-hypervisors", "/os-hypervisors/detail")
            .withNewest(Microversion.WITHOUT_UPTIME);
    return models(list(call, "hypervisors", NovaJson.HypervisorRow.class));
  }

  @Override
  public Optional<Timestamped<Set<String>>> instanceIdsAt(String hypervisorId) {
    var call =
        Call.get("show-hypervisor", "/os-hypervisors/%s", hypervisorId)
            .with("with_servers", "true")
            .withNewest(Microversion.WITHOUT_UPTIME);
    return known(call)
        .map(
            reply -> {
              var shown = one(call, reply, "hypervisor", NovaJson.HypervisorServers.class);
              if (!shown.id().equals(hypervisorId)) {
                throw Failures.unreadable(call, reply, "is of hypervisor " + shown.id());
              }
              return new Timestamped<>(shown.ids(), reply.date().orElseGet(this::ownClock));
            });
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code soft_deleted} adds the soft-deleted ones to the others (nova/db/main/api.py,
   * instance_get_all_by_filters_sort: with {@code deleted} false it only leaves out a condition).
   */
  @Override
  public Timestamped<List<Instance>> instancesOn(String host) {
    var call =
        Call.get("list-servers", "/servers/detail")
            .with("all_tenants", "1")
            .with("host", host)
            .with("soft_deleted", "1");
    var first = send(call);
    var date = first.date().orElseGet(this::ownClock);
    var instances = models(pages(call, first, "servers", NovaJson.Server.class));
    for (var instance : instances) {
      if (!host.equals(instance.host())) {
        throw ofAnotherHost(first, host, instance);
      }
    }
    return new Timestamped<>(instances, date);
  }

  /** MySQL compares without regard to case, the scheduler and we do not. */
  private static NovaException ofAnotherHost(Reply reply, String host, Instance instance) {
    if (host.equalsIgnoreCase(instance.host())) {
      return Failures.replied(
          Kind.BAD_REQUEST,
          "Nova knows host %s as %s: write its name exactly so.".formatted(host, instance.host()),
          reply);
    }
    return rightless(
        reply,
        "Asked for host %s, Nova shows instance %s of host %s"
            .formatted(host, instance.id(), instance.host()));
  }

  /** A Nova behind a bare uWSGI tells no time; then the clocks must agree within seconds. */
  private Instant ownClock() {
    if (!clockless.getAndSet(true)) {
      LOG.warn(
          "Nova's replies have no Date header: this machine's clock is used instead, so keep it"
              + " within 5 s of Nova's, or let Nova's web server add the header");
    }
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  @Override
  public Optional<Instance> instance(String instanceId) {
    var call = Call.get("show-server", "/servers/%s", instanceId);
    return known(call).map(reply -> one(call, reply, "server", NovaJson.Server.class).toModel());
  }

  @Override
  public List<Migration> migrations(MigrationFilter filter) {
    var call =
        Call.get("list-migrations", "/os-migrations")
            .with("host", filter.host())
            .with("instance_uuid", filter.instanceId())
            .with("status", filter.status())
            .with("changes-since", filter.changesSince().map(Object::toString));
    return models(list(call, "migrations", NovaJson.MigrationRow.class));
  }

  /** {@inheritDoc} Its {@code Date} may be of the end of a slow reply: the time it took is off. */
  @Override
  public MigrationPage newestMigrations(String host) {
    var call = Call.get("list-migrations", "/os-migrations").with("host", host);
    var asked = clock.instant();
    var reply = send(call);
    var took = Duration.between(asked, clock.instant());
    var date = reply.date().orElseGet(this::ownClock);
    return new MigrationPage(
        models(rows(call, reply, "migrations", NovaJson.MigrationRow.class)),
        nextPage(call, reply, "migrations").isEmpty(),
        took.isNegative() ? date : date.minus(took));
  }

  @Override
  public List<InstanceAction> actions(String instanceId) {
    var call = Call.get("list-actions", "/servers/%s/os-instance-actions", instanceId);
    return known(call)
        .map(reply -> models(pages(call, reply, "instanceActions", NovaJson.Action.class)))
        .orElse(List.of());
  }

  @Override
  public Optional<InstanceAction> action(String instanceId, String requestId) {
    var call = Call.get("show-action", "/servers/%s/os-instance-actions/%s", instanceId, requestId);
    return known(call)
        .map(reply -> one(call, reply, "instanceAction", NovaJson.Action.class).toModel());
  }

  @Override
  public Set<String> groupsOf(String instanceId) {
    var call = Call.get("show-server", "/servers/%s", instanceId);
    return known(call)
        .map(reply -> one(call, reply, "server", NovaJson.GroupsOfServer.class).groups())
        .orElse(Set.of());
  }

  @Override
  public Optional<ServerGroup> serverGroup(String groupId) {
    var call = Call.get("show-server-group", "/os-server-groups/%s", groupId);
    return known(call)
        .map(reply -> one(call, reply, "server_group", NovaJson.Group.class).toModel());
  }

  @Override
  public Optional<Map<String, Map<String, Long>>> allocations(String providerId) {
    if (session.current().placement().isEmpty()) {
      return Optional.empty();
    }
    var call =
        Call.get("list-allocations", "/resource_providers/%s/allocations", providerId)
            .withService(ServiceType.PLACEMENT);
    return known(call)
        .map(
            reply -> {
              return byId(call, reply, "allocations")
                  .collect(
                      toUnmodifiableMap(
                          Map.Entry::getKey,
                          e ->
                              row(call, reply, e.getValue(), NovaJson.Allocation.class)
                                  .resources()));
            });
  }

  @Override
  public GuestPower guestPower(String instanceId) {
    var call = Call.get("show-diagnostics", "/servers/%s/diagnostics", instanceId).withSlow(true);
    var reply = exchange(call);
    if (reply.status() == 409 && reply.json().isPresent()) {
      return OFF.matcher(reply.text()).find() ? GuestPower.OFF : GuestPower.UNKNOWN;
    }
    if (!reply.successful()) {
      throw refused(call, reply);
    }
    return row(call, reply, tree(call, reply), NovaJson.Diagnostics.class).state().equals("running")
        ? GuestPower.RUNNING
        : GuestPower.UNKNOWN;
  }

  @Override
  public List<String> providerTree(String providerId) {
    if (session.current().placement().isEmpty()) {
      return List.of();
    }
    var call =
        Call.get("list-providers", "/resource_providers")
            .withService(ServiceType.PLACEMENT)
            .with("in_tree", providerId);
    return rows(call, send(call), "resource_providers", NovaJson.ProviderRow.class).stream()
        .map(NovaJson.ProviderRow::uuid)
        .toList();
  }

  @Override
  public Optional<List<ResourceProvider>> candidates(Demand demand) {
    if (session.current().placement().isEmpty()) {
      return Optional.empty();
    }
    var resources =
        new TreeMap<>(demand.resources())
            .entrySet().stream().map(e -> e.getKey() + ":" + e.getValue()).collect(joining(","));
    var traits =
        Stream.concat(
                Stream.of("!COMPUTE_STATUS_DISABLED"),
                Stream.concat(
                    demand.requiredTraits().stream().sorted(),
                    demand.forbiddenTraits().stream().sorted().map(t -> "!" + t)))
            .collect(joining(","));
    var call =
        Call.get("list-allocation-candidates", "/allocation_candidates")
            .withService(ServiceType.PLACEMENT)
            .with("resources", resources)
            .with("required", traits)
            .with("limit", CANDIDATES);
    var reply = send(call);
    return Optional.of(
        byId(call, reply, "provider_summaries")
            .map(
                e ->
                    row(call, reply, e.getValue(), NovaJson.ProviderSummary.class)
                        .toModel(e.getKey()))
            .flatMap(Optional::stream)
            .toList());
  }

  @Override
  public Optional<Map<String, Map<String, Long>>> usedOnDisabledHosts() {
    if (session.current().placement().isEmpty()) {
      return Optional.empty();
    }
    var call =
        Call.get("list-allocation-candidates", "/allocation_candidates")
            .withService(ServiceType.PLACEMENT)
            .with("resources", "MEMORY_MB:1")
            .with("required", "COMPUTE_STATUS_DISABLED");
    var reply = send(call);
    var used = new HashMap<String, Map<String, Long>>();
    byId(call, reply, "provider_summaries")
        .forEach(
            e -> {
              var summary = row(call, reply, e.getValue(), NovaJson.ProviderSummary.class);
              var root = Objects.requireNonNullElse(summary.root(), e.getKey());
              var sum = used.computeIfAbsent(root, r -> new HashMap<>());
              summary.used().forEach((name, amount) -> sum.merge(name, amount, Long::sum));
            });
    return Optional.of(used);
  }

  @Override
  public Microversion newestVersion() {
    return negotiated(session.current()).newest();
  }

  @Override
  public Accepted execute(Command command) {
    var priority = Priority.of(command);
    return priority.compareTo(asker.priority()) < 0
        ? view(priority, asker.host()).carryOut(command)
        : carryOut(command);
  }

  private Accepted carryOut(Command command) {
    return switch (command) {
      case Command.LiveMigrate live -> {
        var copy = live.mayCopyDisks() ? "auto" : Boolean.FALSE;
        var body = new NovaJson.LiveMigration(live.targetHost().orElse(null), copy);
        yield act("live-migrate", live, "os-migrateLive", body);
      }
      case Command.ColdMigrate cold -> {
        var body = cold.targetHost().map(host -> Map.of("host", host)).orElse(null);
        yield act("cold-migrate", cold, "migrate", body);
      }
      case Command.ConfirmResize confirm -> act("confirm-resize", confirm, "confirmResize", null);
      case Command.ChangeState change -> {
        var name = change.change().name().toLowerCase(Locale.ROOT).replace('_', '-');
        var reset = change.change() == StateChange.RESET_STATE;
        yield act(name, change, change.change().key(), reset ? Map.of("state", "active") : null);
      }
      case Command.AbortMigration abort ->
          end("abort-migration", HttpMethod.DELETE, null, "/servers/%s/migrations/%s", abort);
      case Command.ForceCompleteMigration force ->
          end(
              "force-complete-migration",
              HttpMethod.POST,
              singletonMap("force_complete", null),
              "/servers/%s/migrations/%s/action",
              force);
      case Command.DisableService(var id, var reason) ->
          update("disable-service", id, Map.of("status", "disabled", "disabled_reason", reason));
      case Command.EnableService(var id) ->
          update("enable-service", id, Map.of("status", "enabled"));
    };
  }

  private Accepted update(String operation, String serviceId, Map<String, String> body) {
    var call = Call.write(operation, HttpMethod.PUT, body, "/os-services/%s", serviceId);
    var reply = send(call);
    var service = one(call, reply, "service", NovaJson.Service.class).toModel();
    return new Accepted(reply.requestId(), Optional.of(service));
  }

  private Accepted act(
      String operation, Command.ServerAction command, String action, Object argument) {
    var body = singletonMap(action, argument);
    var path = "/servers/%s/action";
    var call =
        Call.write(operation, HttpMethod.POST, body, path, command.instanceId())
            .withGlobalRequestId(Optional.of(command.globalRequestId()));
    var reply = accepted(call);
    if (reply.requestId().isEmpty()) {
      throw Failures.unreadable(call, reply, "has no request id");
    }
    return new Accepted(reply.requestId(), Optional.empty());
  }

  private Accepted end(
      String operation, HttpMethod method, Object body, String path, Command.OnMigration command) {
    var migrationId = String.valueOf(command.migrationId());
    var call = Call.write(operation, method, body, path, command.instanceId(), migrationId);
    return new Accepted(accepted(call).requestId(), Optional.empty());
  }

  /** Nova answers an action 202, or 204 when it is done at once; a proxy's page comes with 200. */
  private Reply accepted(Call call) {
    var reply = send(call);
    if (reply.status() != 202 && reply.status() != 204) {
      throw Failures.unreadable(call, reply, "is neither 202 nor 204");
    }
    return reply;
  }

  private NovaException refused(Call call, Reply reply) {
    return Failures.refused(call, reply, clock.instant(), session.cloud());
  }

  /**
   * A reply, or empty when the service itself, and not something before it, knows no such thing.
   */
  private Optional<Reply> known(Call call) {
    var reply = exchange(call);
    if (reply.successful()) {
      return Optional.of(reply);
    }
    var json = reply.json();
    if (reply.status() == 404 && json.filter(OpenStack4jNova::saysNotFound).isPresent()) {
      return Optional.empty();
    }
    throw refused(call, reply);
  }

  /** Placement says so of an unknown URL too, but then names no provider. */
  private static boolean saysNotFound(JsonNode json) {
    return json.has("itemNotFound")
        || json.path("errors")
            .path(0)
            .path("detail")
            .asText()
            .contains("No resource provider with");
  }

  private <T> List<T> list(Call call, String key, Class<T> type) {
    return pages(call, send(call), key, type);
  }

  /** All rows from a first page on, by the markers of the links to the next ones. */
  private <T> List<T> pages(Call call, Reply first, String key, Class<T> type) {
    var rows = new ArrayList<T>();
    var markers = new HashSet<String>();
    var reply = first;
    while (true) {
      rows.addAll(rows(call, reply, key, type));
      var next = nextPage(call, reply, key);
      if (next.isEmpty()) {
        return rows;
      }
      var marker = next.get();
      if (!markers.add(marker)) {
        throw Failures.unreadable(call, reply, "leads back to an earlier page");
      }
      reply = send(call.with("marker", marker));
    }
  }

  /** Instance actions call their links just that; every other list puts its own name before. */
  private static Optional<String> nextPage(Call call, Reply reply, String key) {
    var page = tree(call, reply);
    var links = page.has(key + "_links") ? page.path(key + "_links") : page.path("links");
    var next =
        links
            .valueStream()
            .filter(link -> link.path("rel").asText().equals("next"))
            .map(link -> link.path("href").asText())
            .findFirst();
    return next.map(
        href ->
            marker(href)
                .orElseThrow(
                    () -> Failures.unreadable(call, reply, "links to a page without a marker")));
  }

  private static Optional<String> marker(String href) {
    var query = href.substring(href.indexOf('?') + 1);
    try {
      return Stream.of(query.split("&"))
          .filter(pair -> pair.startsWith("marker="))
          .map(pair -> URLDecoder.decode(pair.substring(7), StandardCharsets.UTF_8))
          .findFirst();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // not encoded as a URL is
    }
  }

  private <T> List<T> rows(Call call, Reply reply, String key, Class<T> type) {
    if (!(tree(call, reply).path(key) instanceof ArrayNode array)) {
      throw Failures.unreadable(call, reply, "lacks \"" + key + "\"");
    }
    var rows = new ArrayList<T>();
    array.forEach(node -> rows.add(row(call, reply, node, type)));
    return rows;
  }

  private <T> T one(Call call, Reply reply, String key, Class<T> type) {
    var node = tree(call, reply).path(key);
    if (!node.isObject()) {
      throw Failures.unreadable(call, reply, "lacks \"" + key + "\"");
    }
    return row(call, reply, node, type);
  }

  /** The entries of an object that is keyed by ids. */
  private static Stream<Map.Entry<String, JsonNode>> byId(Call call, Reply reply, String key) {
    var entries = tree(call, reply).path(key);
    if (!entries.isObject()) {
      throw Failures.unreadable(call, reply, "lacks \"" + key + "\"");
    }
    if (!entries.propertyStream().map(Map.Entry::getKey).allMatch(NovaJson::isId)) {
      throw Failures.unreadable(call, reply, "has a key of \"" + key + "\" that is no id");
    }
    return entries.propertyStream();
  }

  private static <T> T row(Call call, Reply reply, JsonNode node, Class<T> type) {
    if (!node.isObject()) {
      throw Failures.unreadable(call, reply, "has a row that is no object");
    }
    if (type == NovaJson.Server.class && !node.has(NovaJson.Server.HOST)) {
      throw hostless(call, reply, node);
    }
    try {
      return NovaJson.MAPPER.treeToValue(node, type);
    } catch (JsonProcessingException e) {
      throw Failures.unreadable(
          call, reply, "is not what the API documents: " + e.getOriginalMessage());
    }
  }

  /** A server of a silent cell is shown with its id and status only, since 2.69. */
  private static NovaException hostless(Call call, Reply reply, JsonNode server) {
    if (server.path("status").asText().equals("UNKNOWN")) {
      return Failures.unreadable(
          call, reply, "says nothing of the instance: its cell does not answer");
    }
    return rightless(reply, "Nova shows no host of instance " + server.path("id").asText());
  }

  /** To a user without rights Nova answers 200: it leaves out fields and ignores filters. */
  private static NovaException rightless(Reply reply, String what) {
    var sentence = Reply.clean(what + ": the user of the cloud lacks administrator rights.");
    return Failures.replied(Kind.FORBIDDEN, sentence, reply);
  }

  private static JsonNode tree(Call call, Reply reply) {
    return reply.json().orElseThrow(() -> Failures.unreadable(call, reply, "is not JSON"));
  }

  private static <T> List<T> models(List<? extends Row<T>> rows) {
    return rows.stream().<T>map(Row::toModel).toList();
  }

  /** The one way to the cloud: an answer of success, or a {@link NovaException}. */
  private Reply send(Call call) {
    var reply = exchange(call);
    if (!reply.successful()) {
      throw refused(call, reply);
    }
    return reply;
  }

  /** Whatever is answered, asked again once where a refused token or version could be renewed. */
  private Reply exchange(Call call) {
    var begin = nanoTime.getAsLong();
    var login = session.current();
    var version = version(call, login);
    var agreed = negotiated.get();
    inTime(call, begin);
    var reply = attempt(call, login, version);
    if (reply.status() == 401) {
      var other = session.other(login, call.service());
      if (other.isPresent()) {
        login = other.get();
        inTime(call, begin);
        reply = attempt(call, login, version);
        takeNote(reply, login, call);
      }
    }
    if (reply.status() == 406 && call.service() == ServiceType.COMPUTE) {
      negotiated.compareAndSet(agreed, null);
      var renewed = version(call, login);
      if (!renewed.equals(version)) {
        inTime(call, begin);
        reply = attempt(call, login, renewed);
      }
    }
    return reply;
  }

  private void takeNote(Reply reply, Login fresh, Call call) {
    if (reply.status() == 401) {
      session.refused(fresh, call.service());
    }
  }

  /** A request to change something is not sent when what comes before it has taken too long. */
  private void inTime(Call call, long begin) {
    var passed = Duration.ofNanos(nanoTime.getAsLong() - begin);
    if (call.writes() && passed.compareTo(Timeouts.CHANGE) > 0) {
      throw new NovaException(
          Kind.UNAVAILABLE,
          "%s was not sent: what must come before it took %s s."
              .formatted(call.name(), passed.toSeconds()));
    }
  }

  private String version(Call call, Login login) {
    return call.service() == ServiceType.PLACEMENT
        ? PLACEMENT_VERSION
        : "compute " + negotiated(login).version().orOlder(call.newest());
  }

  private NegotiatedVersion negotiated(Login login) {
    var endpoint = login.compute();
    return agreedAt(endpoint).orElseGet(() -> negotiate(login, endpoint));
  }

  private Optional<NegotiatedVersion> agreedAt(String endpoint) {
    return Optional.ofNullable(negotiated.get()).filter(v -> v.endpoint().equals(endpoint));
  }

  /** One thread asks; the others wait for what it is told, but no longer than for a reply. */
  private NegotiatedVersion negotiate(Login login, String endpoint) {
    if (!await(negotiating)) {
      throw new NovaException(
          Kind.UNAVAILABLE,
          "GET / of Nova is not answered: another request has waited for its version for %s s."
              .formatted(timeouts.usual().toSeconds()));
    }
    try {
      var known = agreedAt(endpoint);
      if (known.isEmpty()) {
        known = Optional.of(view(Priority.IMMEDIATE, "").discover(login, endpoint));
        negotiated.set(known.get());
      }
      return known.get();
    } finally {
      negotiating.unlock();
    }
  }

  private boolean await(ReentrantLock other) {
    try {
      return other.tryLock(timeouts.usual().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private NegotiatedVersion discover(Login login, String endpoint) {
    var versioned = VERSIONED.matcher(endpoint);
    if (!versioned.matches()) {
      throw Failures.configuration(
          "The compute endpoint %s names no version; it should end in /v2.1.", endpoint);
    }
    var call = Call.get("discover-version", "/");
    var url = versioned.group(1);
    var reply = attempt(call, login, url, Optional.empty());
    if (reply.status() == 401) {
      var other = session.other(login, call.service());
      if (other.isPresent()) {
        reply = attempt(call, other.get(), url, Optional.empty());
        takeNote(reply, other.get(), call);
      }
    }
    if (!reply.successful()) {
      throw refused(call, reply);
    }
    var shown = one(call, reply, "version", ObjectNode.class);
    var newest = shown.path("version").asText();
    var version = Microversion.negotiate(shown.path("min_version").asText(), newest);
    return new NegotiatedVersion(endpoint, version, Microversion.parse(newest).orElse(version));
  }

  private Reply attempt(Call call, Login login, String version) {
    var endpoint = login.tokenProvider().getEndpoint(call.service());
    return attempt(call, login, endpoint, Optional.of(version));
  }

  /** Sends, and a question again while nobody answers it. */
  private Reply attempt(Call call, Login login, String endpoint, Optional<String> version) {
    var pauses = new ArrayDeque<>(call.repeatable() ? PAUSES : List.<Duration>of());
    while (true) {
      try {
        var reply = once(call, login, endpoint, version);
        if (!PASSING.contains(reply.status())) {
          turns.clear(failing(call));
          return reply;
        }
        if (reply.header("Retry-After") != null || !again(call, pauses)) {
          return reply;
        }
      } catch (TransportException e) {
        if (e.unreached()) {
          session.unreached(login);
        }
        if (e.timedOut() || Thread.currentThread().isInterrupted() || !again(call, pauses)) {
          throw Failures.unanswered(call, e);
        }
      }
    }
  }

  /** Whether to ask again, after a pause that no two threads have alike. */
  private boolean again(Call call, Deque<Duration> pauses) {
    var first = pauses.size() == PAUSES.size();
    if (first && !turns.take(failing(call), nanoTime.getAsLong(), FAILING)) {
      turns.put(failing(call), nanoTime.getAsLong(), FAILING);
      return false;
    }
    if (pauses.isEmpty()) {
      return false;
    }
    var half = pauses.remove().dividedBy(2);
    pause(call, half.plusNanos(ThreadLocalRandom.current().nextLong(2 * half.toNanos())));
    return true;
  }

  private static String failing(Call call) {
    return call.service() + " fails";
  }

  private static void pause(Call call, Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failures.unanswered(
          call, new TransportException("it was interrupted", false, false, e));
    }
  }

  private Reply once(Call call, Login login, String endpoint, Optional<String> version) {
    var request =
        HttpRequest.builder()
            .method(call.method())
            .endpoint(endpoint)
            .path(call.path())
            .config(call.method() == HttpMethod.PUT ? login.patient() : login.usual())
            .header("X-Auth-Token", login.tokenProvider().getTokenId());
    version.ifPresent(v -> request.header(VERSION_HEADER, v));
    call.globalRequestId().ifPresent(id -> request.header("X-Openstack-Request-Id", id));
    call.query().forEach(request::queryParam);
    if (call.body() != null) {
      request.json(NovaJson.MAPPER.valueToTree(call.body()).toString());
    }
    var timeout = call.writes() ? Timeouts.CHANGE : timeouts.usual();
    var whole = request.build();
    return budget.during(asker, timeout, () -> sent(call, whole));
  }

  private Reply sent(Call call, HttpRequest<?> request) {
    var start = System.nanoTime();
    var sent = nanoTime.getAsLong();
    var status = 0;
    try {
      if (HttpExecutor.create().execute(request) instanceof Reply reply) {
        status = reply.status();
        reply.tooMany(clock.instant()).ifPresent(pause -> budget.refused(pause, sent));
        return reply;
      }
      throw new IllegalStateException("another connector of openstack4j is on the class path");
    } finally {
      listener.answered(call.operation(), status, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  /** The version that is spoken at an endpoint, and the newest that is offered there. */
  private record NegotiatedVersion(String endpoint, Microversion version, Microversion newest) {}
}
