package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.InstanceAction;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.ServerGroup;
import io.hostmaintenance.fakecloud.VmState;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The JSON of Nova's resources per microversion, field by field as recorded from a real Nova. */
final class Views {
  private static final Set<String> PROGRESS_STATUSES =
      Set.of("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING");

  private final Cloud cloud;
  private final URI root;

  Views(Cloud cloud, URI root) {
    this.cloud = cloud;
    this.root = root;
  }

  Map<String, Object> server(Server s, Caller caller, Microversion version, boolean show) {
    var admin = caller.user().admin();
    var host = s.host();
    var view =
        Json.object(
            "accessIPv4", "",
            "accessIPv6", "",
            "addresses", Map.of(),
            "created", seconds(s.created()),
            "flavor", flavor(s, version),
            "hostId", hostId(s.owner().projectId(), host),
            "id", s.id(),
            "image", s.requirements().volumeBacked() ? "" : image(version),
            "links", serverLinks(s.id()),
            "metadata", s.metadata(),
            "name", s.name(),
            "status", s.status(),
            "tenant_id", s.owner().projectId(),
            "user_id", s.owner().id(),
            "updated", seconds(s.updated()),
            "OS-DCF:diskConfig", "MANUAL");
    if (PROGRESS_STATUSES.contains(s.status())) {
      view.put("progress", s.progress());
    }
    if (s.vmState() == VmState.ERROR && s.fault() != null) {
      var fault =
          Json.object(
              "code", 500,
              "created", seconds(s.fault().created()),
              "message", s.fault().message());
      if (admin) {
        fault.put("details", "Traceback (most recent call last):\n" + s.fault().message() + "\n");
      }
      view.put("fault", fault);
    }
    view.put("OS-EXT-AZ:availability_zone", host == null ? "" : cloud.host(host).zone());
    view.put("config_drive", "");
    view.put("key_name", null);
    view.put("OS-SRV-USG:launched_at", micros(s.launchedAt()));
    view.put("OS-SRV-USG:terminated_at", null);
    if (admin) {
      view.put("OS-EXT-SRV-ATTR:host", host);
      view.put("OS-EXT-SRV-ATTR:instance_name", instanceName(s));
      view.put("OS-EXT-SRV-ATTR:hypervisor_hostname", host);
      if (version.atLeast(3)) {
        view.put("OS-EXT-SRV-ATTR:hostname", s.name());
        view.put("OS-EXT-SRV-ATTR:kernel_id", "");
        view.put("OS-EXT-SRV-ATTR:launch_index", 0);
        view.put("OS-EXT-SRV-ATTR:ramdisk_id", "");
        view.put("OS-EXT-SRV-ATTR:reservation_id", "r-" + s.id().substring(0, 8));
        view.put("OS-EXT-SRV-ATTR:root_device_name", "/dev/sda");
        view.put("OS-EXT-SRV-ATTR:user_data", null);
      }
    } else if (version.atLeast(90)) {
      view.put("OS-EXT-SRV-ATTR:hostname", s.name());
    }
    view.put("OS-EXT-STS:task_state", s.taskState() == null ? null : s.taskState().text());
    view.put("OS-EXT-STS:vm_state", s.vmState().text());
    view.put("OS-EXT-STS:power_state", s.powerState().number());
    view.put("os-extended-volumes:volumes_attached", List.of());
    if (version.atLeast(9)) {
      view.put("locked", s.locked());
    }
    if (version.atLeast(16) && admin) {
      view.put("host_status", host == null ? "" : hostStatus(cloud.host(host)));
    }
    if (version.atLeast(19)) {
      view.put("description", null);
    }
    if (version.atLeast(26)) {
      view.put("tags", List.of());
    }
    if (version.atLeast(63)) {
      view.put("trusted_image_certificates", null);
    }
    if (version.atLeast(71) && show) {
      view.put("server_groups", cloud.groupOf(s.id()).map(g -> List.of(g.id())).orElse(List.of()));
    }
    if (version.atLeast(73)) {
      view.put("locked_reason", s.lockedReason());
    }
    if (version.atLeast(96)) {
      view.put("pinned_availability_zone", s.requirements().pinnedZone());
    }
    if (version.atLeast(100)) {
      view.put("scheduler_hints", hints(s));
    }
    return view;
  }

  /** What the API database still knows of a server whose cell cannot be reached. */
  Map<String, Object> unknownServer(Server s) {
    return Json.object(
        "id", s.id(),
        "tenant_id", s.owner().projectId(),
        "created", seconds(s.created()),
        "status", "UNKNOWN",
        "links", serverLinks(s.id()));
  }

  Map<String, Object> brief(Server s) {
    return Json.object("id", s.id(), "name", s.name(), "links", serverLinks(s.id()));
  }

  Map<String, Object> service(Host host, Microversion version) {
    var view =
        Json.object(
            "binary",
            "nova-compute",
            "host",
            host.name(),
            "id",
            version.atLeast(53) ? host.serviceId() : host.number(),
            "zone",
            host.zone(),
            "status",
            host.enabled() ? "enabled" : "disabled",
            "state",
            host.up() ? "up" : "down",
            "updated_at",
            micros(host.serviceUpdatedAt()),
            "disabled_reason",
            host.disabledReason());
    if (version.atLeast(11)) {
      view.put("forced_down", host.forcedDown());
    }
    return view;
  }

  Map<String, Object> internalService(String binary, int number, Microversion version) {
    var view =
        Json.object(
            "binary",
            binary,
            "host",
            "controller",
            "id",
            version.atLeast(53)
                ? "00000000-0000-4000-8000-%012d".formatted(number)
                : (Object) number,
            "zone",
            "internal",
            "status",
            "enabled",
            "state",
            "up",
            "updated_at",
            micros(cloud.now()),
            "disabled_reason",
            null);
    if (version.atLeast(11)) {
      view.put("forced_down", false);
    }
    return view;
  }

  Map<String, Object> unknownService(Host host) {
    return Json.object("binary", "nova-compute", "host", host.name(), "status", "UNKNOWN");
  }

  Map<String, Object> hypervisor(
      Host host, Host.Hypervisor of, Microversion version, boolean detail) {
    var view =
        Json.object(
            "id", version.atLeast(53) ? of.id() : host.number(),
            "hypervisor_hostname", of.name(),
            "state", host.up() ? "up" : "down",
            "status", host.enabled() ? "enabled" : "disabled");
    if (detail) {
      view.put("hypervisor_type", host.hypervisorType());
      view.put("hypervisor_version", 8002000);
      view.put("host_ip", "127.0.0.1");
      view.put(
          "service",
          Json.object(
              "id", version.atLeast(53) ? host.serviceId() : host.number(),
              "host", host.name(),
              "disabled_reason", host.disabledReason()));
      if (version.atLeast(88)) {
        view.put("uptime", null);
      } else {
        resources(host, view);
      }
    }
    return view;
  }

  /** What a hypervisor says of its resources up to 2.87. */
  private void resources(Host host, Map<String, Object> view) {
    var servers = hypervisorServers(host).size();
    var used = host.ramMiB() - cloud.free(host).get("MEMORY_MB");
    view.put("vcpus", 512);
    view.put("vcpus_used", servers);
    view.put("memory_mb", host.ramMiB());
    view.put("memory_mb_used", used);
    view.put("free_ram_mb", host.ramMiB() - used);
    view.put("local_gb", 10000);
    view.put("local_gb_used", servers);
    view.put("free_disk_gb", 10000 - servers);
    view.put("disk_available_least", 0);
    view.put("current_workload", 0);
    view.put("running_vms", servers);
    view.put("cpu_info", Map.of("arch", "x86_64"));
  }

  List<Map<String, Object>> hypervisorServers(Host host) {
    return cloud.servers().stream()
        .filter(s -> !s.deleted() && host.name().equals(s.host()))
        .map(s -> Json.object("name", instanceName(s), "uuid", s.id()))
        .toList();
  }

  Map<String, Object> migration(Migration m, Microversion version) {
    var view = Json.object("id", m.id());
    if (version.atLeast(59)) {
      view.put("uuid", m.uuid());
    }
    view.put("source_compute", m.sourceCompute());
    view.put("dest_compute", m.destCompute());
    view.put("source_node", sourceNode(m));
    view.put("dest_node", m.destCompute());
    view.put("dest_host", destHost(m));
    view.put("old_instance_type_id", 1);
    view.put("new_instance_type_id", 1);
    view.put("instance_uuid", m.server().id());
    view.put("status", m.status().text());
    if (version.atLeast(23)) {
      view.put("migration_type", m.type().text());
    }
    if (version.atLeast(80)) {
      view.put("user_id", m.caller().user().id());
      view.put("project_id", m.caller().user().projectId());
    }
    view.put("created_at", micros(m.createdAt()));
    view.put("updated_at", micros(m.updatedAt()));
    if (version.atLeast(23) && m.inProgress()) {
      var path = "servers/%s/migrations/%d".formatted(m.server().id(), m.id());
      view.put("links", links(path));
    }
    return view;
  }

  Map<String, Object> serverMigration(Migration m, Microversion version) {
    Long total = null;
    Long done = null;
    Long left = null;
    Long disk = null;
    if (m.status() == MigrationStatus.RUNNING) {
      total = m.server().ramMiB() * 1024L * 1024L;
      done = total * m.server().progress() / 100;
      left = total - done;
      disk = 0L;
    }
    var view =
        Json.object(
            "created_at", micros(m.createdAt()),
            "dest_compute", m.destCompute(),
            "dest_host", null,
            "dest_node", m.destCompute(),
            "disk_processed_bytes", disk,
            "disk_remaining_bytes", disk,
            "disk_total_bytes", disk,
            "id", m.id(),
            "memory_processed_bytes", done,
            "memory_remaining_bytes", left,
            "memory_total_bytes", total,
            "server_uuid", m.server().id(),
            "source_compute", m.sourceCompute(),
            "source_node", m.sourceCompute(),
            "status", m.status().text(),
            "updated_at", micros(m.updatedAt()));
    if (version.atLeast(59)) {
      view.put("uuid", m.uuid());
    }
    if (version.atLeast(80)) {
      view.put("user_id", m.caller().user().id());
      view.put("project_id", m.caller().user().projectId());
    }
    return view;
  }

  /** Of a guest that runs. */
  Map<String, Object> diagnostics(Server s) {
    var disk =
        Json.object(
            "read_bytes", 262144,
            "read_requests", 112,
            "write_bytes", 5778432,
            "write_requests", 488,
            "errors_count", 1);
    var nic = Json.object("mac_address", "01:23:45:67:89:ab");
    for (var way : List.of("rx", "tx")) {
      for (var what : List.of("octets", "errors", "drop", "packets", "rate")) {
        nic.put(way + "_" + what, 0);
      }
    }
    return Json.object(
        "state",
        s.guest().text(),
        "driver",
        "libvirt",
        "hypervisor",
        "kvm",
        "hypervisor_os",
        "ubuntu",
        "uptime",
        s.ran().toSeconds(),
        "config_drive",
        true,
        "num_cpus",
        1,
        "num_nics",
        1,
        "num_disks",
        1,
        "disk_details",
        List.of(disk),
        "cpu_details",
        List.of(Json.object("id", 0, "time", 17300000000L, "utilisation", 15)),
        "nic_details",
        List.of(nic),
        "memory_details",
        Json.object("maximum", s.ramMiB() * 1024, "used", 0));
  }

  Map<String, Object> action(
      InstanceAction a, Caller caller, Microversion version, boolean withEvents) {
    var view =
        Json.object(
            "action", a.action(),
            "instance_uuid", a.serverId(),
            "request_id", a.caller().requestId(),
            "user_id", a.caller().user().id(),
            "project_id", a.caller().user().projectId(),
            "start_time", micros(a.startTime()),
            "message", a.message());
    if (version.atLeast(58)) {
      view.put("updated_at", micros(a.updatedAt()));
    }
    if (withEvents && (caller.user().admin() || version.atLeast(51))) {
      view.put(
          "events",
          a.events().reversed().stream().map(event -> event(event, caller, version)).toList());
    }
    return view;
  }

  private Map<String, Object> event(InstanceAction.Event e, Caller caller, Microversion version) {
    var admin = caller.user().admin();
    var view =
        Json.object(
            "event", e.name(),
            "start_time", micros(e.startTime()),
            "finish_time", micros(e.finishTime()),
            "result", e.result());
    if (admin) {
      view.put("traceback", e.details() == null ? null : "  File \"manager.py\", in wrapped\n");
    }
    if (version.atLeast(62)) {
      if (admin) {
        view.put("host", e.host());
      }
      view.put("hostId", hostId(caller.user().projectId(), e.host()));
    }
    if (version.atLeast(84) && admin) {
      view.put("details", e.details());
    }
    return view;
  }

  Map<String, Object> group(ServerGroup g, Microversion version) {
    var alive = g.members().stream().filter(id -> !cloud.server(id).deleted()).toList();
    var view = Json.object("id", g.id(), "name", g.name());
    if (version.atLeast(64)) {
      view.put("policy", g.policy());
      view.put("rules", Map.of());
    } else {
      view.put("policies", List.of(g.policy()));
      view.put("metadata", Map.of());
    }
    view.put("members", alive);
    if (version.atLeast(13)) {
      view.put("project_id", g.owner().projectId());
      view.put("user_id", g.owner().id());
    }
    return view;
  }

  /** A live migration has a source node only from the choice of its destination on. */
  private static String sourceNode(Migration m) {
    return switch (m.type()) {
      case LIVE_MIGRATION -> m.destCompute() == null ? null : m.sourceCompute();
      case MIGRATION, RESIZE -> m.sourceCompute();
    };
  }

  private static String destHost(Migration m) {
    return switch (m.type()) {
      case LIVE_MIGRATION -> null;
      case MIGRATION, RESIZE -> m.destCompute() == null ? null : "192.168.0.1";
    };
  }

  private Map<String, Object> flavor(Server s, Microversion version) {
    if (!version.atLeast(47)) {
      var id = "00000000-0000-4000-9000-%012d".formatted(s.ramMiB());
      return Json.object("id", id, "links", List.of(bookmark("flavors/" + id)));
    }
    return Json.object(
        "vcpus", s.requirements().vcpus(),
        "ram", s.ramMiB(),
        "disk", s.requirements().rootGiB(),
        "ephemeral", s.requirements().ephemeralGiB(),
        "swap", s.requirements().swapMiB(),
        "original_name", "ram-" + s.ramMiB(),
        "extra_specs", extraSpecs(s));
  }

  private static Map<String, Object> extraSpecs(Server s) {
    var specs = new TreeMap<String, Object>();
    s.requirements().requiredTraits().forEach(t -> specs.put("trait:" + t, "required"));
    s.requirements().forbiddenTraits().forEach(t -> specs.put("trait:" + t, "forbidden"));
    return specs;
  }

  /** A group is a hint too. */
  private Map<String, Object> hints(Server s) {
    var hints = new TreeMap<String, Object>(s.requirements().hints());
    cloud.groupOf(s.id()).ifPresent(g -> hints.put("group", List.of(g.id())));
    return hints;
  }

  private Map<String, Object> image(Microversion version) {
    var id = "7eaec631-f984-46d1-a29f-84fb46516fdc";
    var image = Json.object("id", id, "links", List.of(bookmark("images/" + id)));
    if (version.atLeast(98)) {
      image.put("properties", Map.of());
    }
    return image;
  }

  private List<Map<String, Object>> serverLinks(String id) {
    return links("servers/" + id);
  }

  private List<Map<String, Object>> links(String path) {
    return List.of(Json.object("rel", "self", "href", root + "/v2.1/" + path), bookmark(path));
  }

  private Map<String, Object> bookmark(String path) {
    return Json.object("rel", "bookmark", "href", root + "/" + path);
  }

  /** forced_down, then disabled, then the heartbeat (compute/api.py, get_instance_host_status). */
  private static String hostStatus(Host host) {
    if (host.forcedDown()) {
      return "DOWN";
    }
    if (!host.enabled()) {
      return "MAINTENANCE";
    }
    return host.up() ? "UP" : "UNKNOWN";
  }

  private static String instanceName(Server s) {
    return "instance-%08x".formatted(s.number());
  }

  private static String hostId(String projectId, String host) {
    if (host == null) {
      return "";
    }
    try {
      var digest = MessageDigest.getInstance("SHA-224");
      return HexFormat.of()
          .formatHex(digest.digest((projectId + host).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String seconds(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Nova's database keeps whole seconds and the API shows them with six zeros. */
  private static String micros(Instant instant) {
    return instant == null ? null : seconds(instant).replace("Z", ".000000");
  }
}
