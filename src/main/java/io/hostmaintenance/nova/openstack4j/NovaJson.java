package io.hostmaintenance.nova.openstack4j;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.ResourceProvider;
import io.hostmaintenance.nova.ServerGroup;
import io.hostmaintenance.nova.UntrustedText;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Nova's JSON at microversions 2.80 to 2.104; a record that lacks a needed field throws. */
final class NovaJson {

  /** Strict in what we read, open for what Nova adds. */
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .addModule(
              new SimpleModule()
                  .addDeserializer(String.class, new Line())
                  .addDeserializer(Instant.class, new NovaTime()))
          .build();

  private static final int TEXT_BYTES = 1024;

  /** Nova's own ids are uuids and {@code req-} uuids, Keystone's 32 or 64 letters and digits. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,254}");

  private static final Pattern RESOURCE_CLASS = Pattern.compile("[A-Z0-9_]{1,255}");

  private static final Instant FIRST = Instant.EPOCH;
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  private NovaJson() {}

  /** Whether a text may be an id; whatever else is somewhere else in a URL. */
  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  private static void requireId(String value, String field) {
    if (!isId(requireNonNull(value, field))) {
      throw new IllegalArgumentException(field + " is no id");
    }
  }

  private static <T> Map<String, T> byResourceClass(Map<String, T> resources) {
    var copy = Map.copyOf(requireNonNull(resources, "resources"));
    if (!copy.keySet().stream().allMatch(c -> RESOURCE_CLASS.matcher(c).matches())) {
      throw new IllegalArgumentException("resources names what is no resource class");
    }
    return copy;
  }

  /** A text that strangers may have written, without what {@link UntrustedText} takes out. */
  static final class Line extends StdScalarDeserializer<String> {

    Line() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return UntrustedText.line(
          StringDeserializer.instance.deserialize(parser, context), TEXT_BYTES);
    }
  }

  /** Nova's times are UTC, with or without saying so: {@code 2026-11-22T11:40:45.000000}. */
  static final class NovaTime extends StdDeserializer<Instant> {

    NovaTime() {
      super(Instant.class);
    }

    @Override
    public Instant deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      var text = parser.getText();
      try {
        var time = Instant.parse(text.endsWith("Z") ? text : text + "Z");
        if (!time.isBefore(FIRST) && !time.isAfter(LAST)) {
          return time;
        }
      } catch (DateTimeParseException e) {
        // Told below.
      }
      throw context.weirdStringException(text, Instant.class, "no time");
    }
  }

  /** One row as Nova writes it. */
  interface Row<T> {

    /** The same in the terms of the port. */
    T toModel();
  }

  /** nova/api/openstack/compute/services.py; a service of a silent cell has three fields only. */
  record Service(
      String id,
      String host,
      String binary,
      String status,
      String state,
      @JsonProperty("forced_down") Boolean forcedDown,
      @JsonProperty("disabled_reason") String disabledReason,
      String zone,
      @JsonProperty("updated_at") Instant updatedAt)
      implements Row<ComputeService> {

    Service {
      requireNonNull(binary, "binary");
      requireNonNull(host, "host");
      requireNonNull(status, "status");
      if (!status.equals("UNKNOWN")) {
        requireId(id, "id");
        requireNonNull(state, "state");
      }
    }

    @Override
    public ComputeService toModel() {
      return new ComputeService(
          id,
          host,
          status,
          "up".equals(state) && !Boolean.TRUE.equals(forcedDown),
          disabledReason,
          Boolean.TRUE.equals(forcedDown),
          zone,
          updatedAt);
    }
  }

  /** One of {@code GET /os-hypervisors} (nova/api/openstack/compute/hypervisors.py). */
  record HypervisorRow(
      String id, @JsonProperty("hypervisor_type") String type, HypervisorService service)
      implements Row<Hypervisor> {

    HypervisorRow {
      requireId(id, "id");
      requireNonNull(type, "hypervisor_type");
      requireNonNull(service, "service");
    }

    @Override
    public Hypervisor toModel() {
      return new Hypervisor(id, service.host(), type);
    }
  }

  /** A hypervisor with the instances on its host; the list is there even when it is empty. */
  record HypervisorServers(String id, List<Resident> servers) {

    HypervisorServers {
      requireId(id, "id");
      servers = List.copyOf(requireNonNull(servers, "servers"));
    }

    Set<String> ids() {
      return servers.stream().map(Resident::uuid).collect(Collectors.toUnmodifiableSet());
    }
  }

  /** An instance as its hypervisor shows it. */
  record Resident(String uuid) {

    Resident {
      requireId(uuid, "uuid");
    }
  }

  /** The nova-compute service of a hypervisor. */
  record HypervisorService(String host) {

    HypervisorService {
      requireNonNull(host, "service.host");
    }
  }

  /** One of {@code GET /servers/detail} (nova/api/openstack/compute/views/servers.py). */
  record Server(
      String id,
      String name,
      @JsonProperty("tenant_id") String projectId,
      String status,
      @JsonProperty("OS-EXT-STS:vm_state") String vmState,
      @JsonProperty("OS-EXT-STS:task_state") String taskState,
      @JsonProperty("OS-EXT-STS:power_state") Integer powerState,
      @JsonProperty("OS-EXT-SRV-ATTR:host") String host,
      Flavor flavor,
      Integer progress,
      Fault fault,
      Boolean locked,
      @JsonProperty("locked_reason") String lockedReason,
      Metadata metadata,
      JsonNode image,
      @JsonProperty("pinned_availability_zone") String pinnedZone,
      @JsonProperty("scheduler_hints") JsonNode hints)
      implements Row<Instance> {

    /** The field that only an administrator is shown. */
    static final String HOST = "OS-EXT-SRV-ATTR:host";

    private static final int HINTS = 32;
    private static final int VALUES_OF_A_HINT = 64;

    Server {
      requireId(id, "id");
      requireNonNull(status, "status");
      requireNonNull(projectId, "tenant_id");
      requireNonNull(vmState, "OS-EXT-STS:vm_state");
      requireNonNull(flavor, "flavor");
    }

    @Override
    public Instance toModel() {
      return new Instance(
          id,
          name == null ? "" : name,
          projectId,
          status,
          vmState,
          taskState,
          powerState == null ? 0 : powerState,
          host,
          flavor.ram(),
          progress == null || progress < 0 || progress > 100 ? null : progress,
          fault == null ? null : fault.message(),
          Boolean.TRUE.equals(locked) ? new Instance.Lock(lockedReason) : null,
          metadata == null ? null : metadata.policy(),
          flavor.extraDisks(),
          localDiskGiB(),
          new Instance.Constraints(
              pinnedZone == null || pinnedZone.isBlank() ? null : pinnedZone,
              readableHints(),
              flavor.requiredTraits(),
              flavor.forbiddenTraits()));
    }

    private Integer localDiskGiB() {
      if (image == null) {
        return null;
      }
      var volumeBacked = image.isNull() || "".equals(image.textValue());
      return volumeBacked ? flavor.localDiskGiB(0) : flavor.localDiskGiB();
    }

    /** Nova keeps what the owner wrote, whatever it is. */
    private Map<String, List<String>> readableHints() {
      var readable = new LinkedHashMap<String, List<String>>();
      if (hints != null) {
        for (var hint : hints.properties()) {
          var values = readable(hint.getValue());
          if (!values.isEmpty() && readable.size() < HINTS) {
            readable.putIfAbsent(UntrustedText.line(hint.getKey(), TEXT_BYTES), values);
          }
        }
      }
      return Collections.unmodifiableMap(readable);
    }

    private static List<String> readable(JsonNode value) {
      return (value.isArray() ? value.valueStream() : Stream.of(value))
          .filter(JsonNode::isTextual)
          .limit(VALUES_OF_A_HINT)
          .map(v -> UntrustedText.line(v.textValue(), TEXT_BYTES))
          .toList();
    }
  }

  /** Embedded in a server since 2.47; its specs are left out where policy hides them. */
  record Flavor(
      @JsonProperty(required = true) int ram,
      Integer disk,
      Integer ephemeral,
      Integer swap,
      @JsonProperty("extra_specs") JsonNode extraSpecs) {

    /** A trait, also of one of the numbered groups (nova/scheduler/utils.py). */
    private static final Pattern TRAIT =
        Pattern.compile("trait(?<group>[A-Za-z0-9_-]{1,64})?:(?<name>[A-Z0-9_]{1,255})");

    private static final int TRAITS = 64;

    Flavor {
      if (ram < 0) {
        throw new IllegalArgumentException("flavor.ram is negative");
      }
    }

    boolean extraDisks() {
      return ephemeral != null && ephemeral > 0 || swap != null && swap > 0;
    }

    /** With the root disk, unless its size is that of the image, which is not told. */
    Integer localDiskGiB() {
      return disk == null || disk == 0 ? null : localDiskGiB(disk);
    }

    /** The root disk is in GiB as the ephemeral one, the swap disk in MiB. */
    Integer localDiskGiB(long root) {
      var swapGiB = swap == null ? 0 : Math.ceilDiv((long) swap, 1024);
      var sum = root + (ephemeral == null ? 0 : ephemeral) + swapGiB;
      return sum < 0 || sum > Integer.MAX_VALUE ? null : (int) sum;
    }

    /** Of all groups: each is met by some resource provider of the host. */
    Set<String> requiredTraits() {
      return traits("required", true);
    }

    /** A numbered group forbids it only of the resource provider that it takes. */
    Set<String> forbiddenTraits() {
      return traits("forbidden", false);
    }

    private Set<String> traits(String word, boolean ofNumberedGroups) {
      return extraSpecs == null
          ? Set.of()
          : extraSpecs
              .propertyStream()
              .filter(e -> word.equals(e.getValue().textValue()))
              .map(e -> TRAIT.matcher(e.getKey()))
              .filter(m -> m.matches() && (ofNumberedGroups || m.group("group") == null))
              .map(m -> m.group("name"))
              .limit(TRAITS)
              .collect(Collectors.toUnmodifiableSet());
    }
  }

  /** What the owner of a server wrote to it. */
  record Metadata(@JsonProperty("host_maintenance") String policy) {}

  /** How a guest is, since 2.48 (nova/objects/diagnostics.py). */
  record Diagnostics(String state) {

    Diagnostics {
      requireNonNull(state, "state");
    }
  }

  /** What a consumer holds of a resource provider, by resource class (placement/schemas). */
  record Allocation(Map<String, Long> resources) {

    Allocation {
      resources = byResourceClass(resources);
      if (!resources.values().stream().allMatch(amount -> amount > 0)) {
        throw new IllegalArgumentException("resources has an amount that is none");
      }
    }
  }

  /** A resource provider as placement lists it. */
  record ProviderRow(String uuid) {

    ProviderRow {
      requireId(uuid, "uuid");
    }
  }

  /** A resource provider that is a candidate, or belongs to one (placement, api-ref). */
  record ProviderSummary(
      Map<String, Amount> resources,
      @JsonProperty("parent_provider_uuid") String parent,
      @JsonProperty("root_provider_uuid") String root) {

    ProviderSummary {
      resources = byResourceClass(resources);
    }

    /** What is allocated of it by resource class. */
    Map<String, Long> used() {
      return resources.entrySet().stream()
          .filter(e -> e.getValue().used() > 0)
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> e.getValue().used()));
    }

    /** Empty for one that is part of another. */
    Optional<ResourceProvider> toModel(String id) {
      return parent == null
          ? Optional.of(
              new ResourceProvider(
                  id,
                  resources.entrySet().stream()
                      .collect(
                          Collectors.toUnmodifiableMap(
                              Map.Entry::getKey, e -> e.getValue().free()))))
          : Optional.empty();
    }
  }

  /** What there is of a resource class, and what of it is allocated. */
  record Amount(
      @JsonProperty(required = true) long capacity, @JsonProperty(required = true) long used) {

    Amount {
      if (capacity < 0 || used < 0) {
        throw new IllegalArgumentException("resources has an amount below zero");
      }
    }

    long free() {
      return Math.max(0, capacity - used);
    }
  }

  /** Why a server is in ERROR. */
  record Fault(String message) {}

  /** One of {@code GET /os-migrations} (nova/api/openstack/compute/migrations.py). */
  record MigrationRow(
      @JsonProperty(required = true) long id,
      String uuid,
      @JsonProperty("instance_uuid") String instanceId,
      @JsonProperty("migration_type") String type,
      String status,
      @JsonProperty("source_compute") String source,
      @JsonProperty("dest_compute") String destination,
      @JsonProperty("created_at") Instant createdAt,
      @JsonProperty("updated_at") Instant updatedAt,
      @JsonProperty("user_id") String userId,
      @JsonProperty("project_id") String projectId)
      implements Row<Migration> {

    MigrationRow {
      if (id < 0) {
        throw new IllegalArgumentException("id is negative");
      }
      requireId(uuid, "uuid");
      requireId(instanceId, "instance_uuid");
      requireNonNull(type, "migration_type");
      requireNonNull(status, "status");
      requireNonNull(createdAt, "created_at");
    }

    @Override
    public Migration toModel() {
      return new Migration(
          id,
          uuid,
          instanceId,
          type,
          status,
          source,
          destination,
          createdAt,
          updatedAt,
          userId,
          projectId);
    }
  }

  /** nova/api/openstack/compute/instance_actions.py. */
  record Action(
      @JsonProperty("request_id") String requestId,
      String action,
      @JsonProperty("user_id") String userId,
      @JsonProperty("project_id") String projectId,
      @JsonProperty("start_time") Instant startTime,
      String message,
      List<InstanceAction.Event> events)
      implements Row<InstanceAction> {

    Action {
      requireId(requestId, "request_id");
      requireNonNull(action, "action");
      requireNonNull(startTime, "start_time");
      events = events == null ? List.of() : List.copyOf(events);
    }

    @Override
    public InstanceAction toModel() {
      return new InstanceAction(requestId, action, userId, projectId, startTime, message, events);
    }
  }

  /** nova/api/openstack/compute/server_groups.py, since 2.64. */
  record Group(String id, String name, String policy, Rules rules, Set<String> members)
      implements Row<ServerGroup> {

    Group {
      requireId(id, "id");
      requireNonNull(policy, "policy");
      members = Set.copyOf(requireNonNull(members, "members"));
      members.forEach(m -> requireId(m, "members"));
    }

    @Override
    public ServerGroup toModel() {
      var most = rules == null || rules.maxPerHost() == null ? 1 : rules.maxPerHost();
      return new ServerGroup(id, name, policy, Math.max(1, most), members);
    }
  }

  /** The rules of a group of the policy anti-affinity. */
  record Rules(@JsonProperty("max_server_per_host") Integer maxPerHost) {}

  /** The groups of a server, shown of one server only, since 2.71; ids. */
  record GroupsOfServer(@JsonProperty("server_groups") Set<String> groups) {

    GroupsOfServer {
      groups = Set.copyOf(requireNonNull(groups, "server_groups"));
      groups.forEach(g -> requireId(g, "server_groups"));
    }
  }

  /**
   * The body of a live migration; Nova wants the host also when it is null.
   *
   * @param blockMigration {@code "auto"} or false
   */
  record LiveMigration(String host, @JsonProperty("block_migration") Object blockMigration) {}
}
