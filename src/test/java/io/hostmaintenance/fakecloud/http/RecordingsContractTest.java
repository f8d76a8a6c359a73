package io.hostmaintenance.fakecloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.MigrationStatus;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.PowerState;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.Requirements;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.VmState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The simulator answers as a real Nova did: for each recording a like situation is made, the
 * recorded request is sent, and status, headers and body are compared field by field.
 *
 * <p>A case is data: the recording holds the request, the situation is made through {@link
 * Situation} alone. To hold a real Nova to the same list, another Situation is needed that makes
 * the states through its API.
 */
class RecordingsContractTest {
  /** Fields whose value, not only type, must be the recorded one. */
  private static final Set<String> FIXED =
      Set.of(
          "code",
          "message",
          "details",
          "result",
          "event",
          "action",
          "status",
          "state",
          "binary",
          "zone",
          "migration_type",
          "source_compute",
          "forced_down",
          "disabled_reason",
          "locked",
          "host_status",
          "OS-EXT-STS:vm_state",
          "OS-EXT-STS:task_state",
          "OS-EXT-STS:power_state",
          "rel",
          "version",
          "min_version");

  /** Objects whose keys are data. */
  private static final Set<String> FREE =
      Set.of("metadata", "traceback", "allocations", "mappings", "provider_summaries");

  /**
   * Where the recorded answers differ in chance only: uuids, request ids, numbers of migrations.
   */
  private static String impersonal(String text) {
    return text.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
        .replaceAll("Migration \\d+", "Migration N")
        .replaceAll("Traceback[\\s\\S]*", "Traceback");
  }

  /** How the rows of a list are compared. */
  private enum RowTransitions {
    /** One by one, as many and in the same order. */
    ALL,
    /**
     * Each row of ours with a recorded one of the same status: the recorded list has more history.
     */
    LIKE
  }

  /** A recording, the situation it is asked in, by whom, and how lists compare. */
  record Case(String name, Consumer<DecisionInput> input, String user, RowTransitions rows) {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * The cloud of the recordings: compute-1 to compute-4 and two users, and whom the request is
   * about.
   */
  static final class DecisionInput {
    private final Cloud cloud = new Cloud(Instant.parse("2026-11-22T11:40:00Z"), 1);
    private Server subject;
    private String requestId = "";

    DecisionInput() {
      List.of("compute-2", "compute-1", "compute-3", "compute-4").forEach(cloud::addHost);
    }

    private Server place(NewServer wanted) {
      cloud.advance(Duration.ofSeconds(1));
      var owned = wanted.owner() == null ? wanted.ownedBy(cloud.users().get("admin")) : wanted;
      return cloud.place(owned);
    }

    void subject(NewServer wanted) {
      subject = place(wanted);
    }

    void subject(String host, VmState vmState) {
      subject(
          vmState == VmState.SHELVED_OFFLOADED
              ? NewServer.on(null).in(vmState)
              : NewServer.on(host).in(vmState));
    }

    void settle() {
      cloud.settle();
    }

    void ask(Consumer<Caller> deed) {
      var caller = cloud.admin();
      requestId = caller.requestId();
      try {
        deed.accept(caller);
      } catch (Refused refused) {
        assertThat(refused.status()).isEqualTo(400);
      }
    }

    void liveMigrate(String host) {
      ask(c -> cloud.liveMigrate(c, subject.id(), LiveMigrationRequest.to(host)));
    }

    void liveMigrateAtOnce() {
      ask(
          c ->
              cloud.liveMigrate(
                  c, subject.id(), new LiveMigrationRequest(null, false, true, true)));
    }

    void order(Operation operation) {
      ask(c -> cloud.perform(c, subject.id(), operation));
    }

    void migrate() {
      ask(c -> cloud.migrate(c, subject.id(), null));
    }

    void until(MigrationStatus status) {
      do {
        assertThat(cloud.step()).as("something is planned before " + status).isTrue();
      } while (cloud.migrations(subject.id()).isEmpty()
          || cloud.migrations(subject.id()).getLast().status() != status);
    }

    /** The subject waits behind a running live migration. */
    void queued() {
      subject(NewServer.on("compute-1").with(Steering.LM_SECONDS, "12"));
      liveMigrate(null);
      until(MigrationStatus.RUNNING);
      subject(NewServer.on("compute-1").with(Steering.LM_SECONDS, "12"));
      liveMigrate(null);
      until(MigrationStatus.QUEUED);
    }

    void running() {
      subject(NewServer.on("compute-1").with(Steering.LM_SECONDS, "12"));
      liveMigrate(null);
      until(MigrationStatus.RUNNING);
      cloud.advance(Duration.ofSeconds(4));
    }

    void resized() {
      subject("compute-1", VmState.ACTIVE);
      migrate();
      settle();
    }

    void disableAllBut(String host) {
      cloud.hosts().stream()
          .filter(h -> !h.name().equals(host))
          .forEach(h -> cloud.disable(cloud.admin(), h.name(), "no room"));
    }

    /** One server in each state on compute-1, as in the recordings. */
    void mixed() {
      for (var vmState :
          List.of(
              VmState.ACTIVE,
              VmState.PAUSED,
              VmState.STOPPED,
              VmState.SUSPENDED,
              VmState.ERROR,
              VmState.SHELVED)) {
        subject("compute-1", vmState);
      }
      subject(NewServer.on("compute-1").in(VmState.RESCUED));
      cloud.resetState(cloud.admin(), subject.id(), VmState.ACTIVE);
      subject("compute-1", VmState.ACTIVE);
      cloud.lock(cloud.admin(), subject.id(), "lab");
    }

    /** One server of each kind of requirement on compute-1, as in the recordings. */
    void constrained() {
      var none = Requirements.NONE;
      var plain = place(NewServer.on("compute-1"));
      var ids = List.of(plain.id());
      var hinted =
          place(
              NewServer.on("compute-1")
                  .requiring(
                      none.hint("different_host", List.of(plain.id(), "x")).hint("query", ids)));
      var same = place(NewServer.on("compute-1").requiring(none.hint("same_host", ids)));
      cloud.addGroup("apart", "soft-anti-affinity", hinted, same);
      place(NewServer.on("compute-1").requiring(none.pinned("nova")));
      place(NewServer.on("compute-1").requiring(none.disks(3, 2, 1536)));
      place(NewServer.on("compute-1").requiring(none.disks(0, 0, 0)));
      place(NewServer.on("compute-1").requiring(none.disks(3, 2, 1536).onVolume()));
    }

    void pinned() {
      subject(NewServer.on("compute-1").requiring(Requirements.NONE.pinned("nova")));
    }

    private String path(String recorded) {
      var path = recorded;
      if (subject != null && !path.contains("00000000-")) {
        path = path.replaceFirst("/servers/[0-9a-f-]{36}", "/servers/" + subject.id());
        path = path.replaceFirst("instance_uuid=[0-9a-f-]{36}", "instance_uuid=" + subject.id());
        var records = cloud.migrations(subject.id());
        if (!records.isEmpty()) {
          path = path.replaceFirst("/migrations/\\d+", "/migrations/" + records.getLast().id());
        }
      }
      return path.replaceFirst("os-instance-actions/req-.*", "os-instance-actions/" + requestId);
    }
  }

  private static final List<Case> CASES = new ArrayList<>();

  private static void asAdmin(String name, Consumer<DecisionInput> input) {
    CASES.add(new Case(name, input, "admin", RowTransitions.ALL));
  }

  private static void asAdminLike(String name, Consumer<DecisionInput> input) {
    CASES.add(new Case(name, input, "admin", RowTransitions.LIKE));
  }

  private static void asDemo(String name, Consumer<DecisionInput> input) {
    CASES.add(new Case(name, input, "demo", RowTransitions.ALL));
  }

  static Stream<Case> cases() {
    return CASES.stream();
  }

  static {
    liveMigrateRequests();
    coldMigrateRequests();
    migrationRequests();
    orders();
    serviceRequests();
    memberRequests();
    serverViews();
    migrationViews();
    actionViews();
    asAdmin("versions", s -> {});
    asAdmin("version-v2.1", s -> {});
  }

  private static void liveMigrateRequests() {
    for (var state :
        List.of("error", "rescued", "shelved", "shelved_offloaded", "stopped", "suspended")) {
      asAdmin(
          "live-migrate-" + state,
          s -> s.subject("compute-1", VmState.valueOf(state.toUpperCase())));
    }
    asAdmin("live-migrate-verify_resize", DecisionInput::resized);
    asAdmin("live-migrate-accepted", s -> s.subject("compute-1", VmState.ACTIVE));
    asAdmin("live-migrate-bad-body", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("live-migrate-force-mv2.68", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("live-migrate-to-self", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("live-migrate-to-unknown-host", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("live-migrate-to-unknown-host-mv2.30", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("live-migrate-while-migrating", DecisionInput::running);
    asAdmin("stop-while-migrating", DecisionInput::running);
    asAdmin("server-not-found", s -> {});
    asAdmin(
        "live-migrate-locked",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.lock(s.cloud.admin(), s.subject.id(), "lab");
        });
    for (var version : List.of("", "-mv2.1", "-mv2.30")) {
      asAdmin(
          "live-migrate-novalidhost" + version,
          s -> {
            s.subject("compute-4", VmState.ACTIVE);
            s.disableAllBut("compute-4");
          });
    }
    for (var version : List.of("", "-mv2.30")) {
      asAdmin(
          "live-migrate-from-down-host" + version,
          s -> {
            s.subject("compute-1", VmState.ACTIVE);
            s.cloud.forceDown(s.cloud.admin(), "compute-1", true);
          });
      asAdmin(
          "live-migrate-to-down-host" + version,
          s -> {
            s.subject("compute-1", VmState.ACTIVE);
            s.cloud.forceDown(s.cloud.admin(), "compute-2", true);
          });
    }
    asAdmin(
        "live-migrate-to-disabled-host",
        s -> {
          s.subject("compute-4", VmState.ACTIVE);
          s.disableAllBut("compute-4");
        });
  }

  private static void coldMigrateRequests() {
    for (var state : List.of("error", "rescued", "shelved", "shelved_offloaded", "suspended")) {
      asAdmin(
          "cold-migrate-" + state,
          s -> s.subject("compute-1", VmState.valueOf(state.toUpperCase())));
    }
    asAdmin("cold-migrate-verify_resize", DecisionInput::resized);
    asAdmin("cold-migrate-active", s -> s.subject("compute-1", VmState.ACTIVE));
    asAdmin("cold-migrate-stopped", s -> s.subject("compute-1", VmState.STOPPED));
    asAdmin("cold-migrate-to-self", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("cold-migrate-to-unknown-host", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin("cold-migrate-error-reset-state", s -> s.subject("compute-1", VmState.ERROR));
    asAdmin("confirm-resize-active", DecisionInput::resized);
    asAdmin("confirm-resize-not-resized", s -> s.subject("compute-4", VmState.ACTIVE));
    asAdmin(
        "confirm-resize-stopped",
        s -> {
          s.subject("compute-1", VmState.STOPPED);
          s.migrate();
          s.settle();
        });
    asAdmin(
        "cold-migrate-novalidhost",
        s -> {
          s.subject("compute-4", VmState.ACTIVE);
          s.disableAllBut("compute-4");
        });
    asAdmin(
        "cold-migrate-to-disabled-host",
        s -> {
          s.subject("compute-4", VmState.ACTIVE);
          s.disableAllBut("compute-4");
        });
    asAdmin(
        "cold-migrate-from-down-host",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.forceDown(s.cloud.admin(), "compute-1", true);
        });
  }

  private static void orders() {
    for (var name :
        List.of(
            "resume-suspended",
            "resume-active",
            "suspend-active",
            "pause-active",
            "unpause-paused",
            "unrescue-rescued",
            "unrescue-active",
            "stop-active",
            "stop-error",
            "stop-paused",
            "start-stopped",
            "shelve-active",
            "shelve-offload-shelved",
            "reset-state-active")) {
      var state = name.substring(name.lastIndexOf('-') + 1).toUpperCase();
      asAdmin(name, s -> s.subject("compute-1", VmState.valueOf(state)));
    }
    asAdmin("force-delete-soft-deleted", s -> s.subject("compute-1", VmState.SOFT_DELETED));
    asAdmin("restore-soft-deleted", s -> s.subject("compute-1", VmState.SOFT_DELETED));
    asAdmin(
        "resume-while-resuming",
        s -> {
          s.subject("compute-1", VmState.SUSPENDED);
          s.order(Operation.RESUME);
        });
    asAdmin(
        "unshelve-while-unshelving",
        s -> {
          s.subject("compute-1", VmState.SHELVED_OFFLOADED);
          s.order(Operation.UNSHELVE);
        });
    asAdmin("unshelve-null", s -> s.subject("compute-1", VmState.SHELVED_OFFLOADED));
    asAdmin(
        "stop-on-down-host",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.killCompute("compute-1");
          s.cloud.advance(Duration.ofMinutes(2));
        });
    asAdmin("server-diagnostics-error-running", s -> s.subject("compute-1", VmState.ERROR));
    asAdmin(
        "server-diagnostics-error-off",
        s -> s.subject(NewServer.on("compute-1").in(VmState.ERROR).power(PowerState.SHUTDOWN)));
    asAdmin(
        "placement-allocation-candidates-not-disabled",
        s -> s.cloud.disable(s.cloud.admin(), "compute-1", "maintenance: lab"));
    asAdmin("placement-allocation-candidates-summaries", s -> {});
    asAdmin("placement-allocation-candidates-none", s -> {});
    asAdmin("placement-allocation-candidates-unknown-trait", s -> {});
    asAdmin("placement-resource-providers-in-tree-unknown", s -> {});
  }

  private static void migrationRequests() {
    asAdmin("migration-abort-running", DecisionInput::running);
    asAdmin("migration-abort-queued", DecisionInput::queued);
    asAdmin("migration-abort-queued-mv2.64", DecisionInput::queued);
    asAdmin("migration-force-complete", DecisionInput::running);
    asAdmin("migration-force-complete-queued", DecisionInput::queued);
    asAdmin(
        "migration-abort-finished",
        s -> {
          s.running();
          s.settle();
        });
  }

  private static void serviceRequests() {
    asAdmin("os-services-before", s -> {});
    asAdmin(
        "os-services-zones-mv2.104",
        s -> s.cloud.hosts().stream().skip(1).limit(1).forEach(h -> s.cloud.zone(h.name(), "z1")));
    asAdmin("os-services-before-mv2.1", s -> {});
    asAdmin("os-services-compute-1", s -> {});
    asAdmin("os-services-disable", s -> {});
    asAdmin("os-services-disable-mv2.1", s -> {});
    asAdmin("os-services-enable-mv2.1", s -> s.cloud.disable(s.cloud.admin(), "compute-2", "why"));
    asAdmin("os-services-enable-mv2.1-unknown", s -> {});
    asAdmin("os-services-put-unknown", s -> {});
    asAdmin("os-services-put-forced-down", s -> {});
    asAdmin(
        "os-services-put-forced-up", s -> s.cloud.forceDown(s.cloud.admin(), "compute-2", true));
    asAdmin(
        "os-services-disabled",
        s -> s.cloud.disable(s.cloud.admin(), "compute-1", "maintenance: lab"));
    asAdmin("os-services-others-disabled", s -> s.disableAllBut("compute-4"));
    asAdmin("os-services-forced-down", s -> s.cloud.forceDown(s.cloud.admin(), "compute-2", true));
    asAdmin(
        "os-services-host-down",
        s -> {
          s.cloud.forceDown(s.cloud.admin(), "compute-1", true);
          s.cloud.killCompute("compute-2");
          s.cloud.advance(Duration.ofMinutes(1));
        });
    asAdmin("os-services-delete-with-instances", s -> s.place(NewServer.on("compute-4")));
    asAdmin("os-hypervisors-detail", s -> {});
    asAdmin(
        "os-hypervisors-with-servers",
        s -> {
          for (var i = 0; i < 12; i++) {
            s.place(NewServer.on("compute-1"));
          }
        });
  }

  private static void memberRequests() {
    Consumer<DecisionInput> others = s -> s.subject("compute-1", VmState.ACTIVE);
    Consumer<DecisionInput> own =
        s -> s.subject(NewServer.on("compute-1").ownedBy(s.cloud.users().get("demo")));
    asDemo("demo-cold-migrate-own", own);
    asDemo("demo-live-migrate-own", own);
    asDemo("demo-live-migrate", others);
    asDemo("demo-os-migrations", others);
    asDemo("demo-os-services", others);
    asDemo("demo-os-services-put", others);
    asDemo("demo-server-own", own);
    asDemo("demo-servers-all-tenants", own);
    asDemo("demo-servers-host-filter-compute-1", own);
    asDemo("demo-servers-host-filter-compute-2", own);
    asDemo("demo-servers-host-filter-nonesuch", own);
  }

  private static void serverViews() {
    for (var version : List.of("", "-mv2.1", "-mv2.53", "-mv2.96")) {
      asAdminLike("servers-detail-host-mixed" + version, DecisionInput::mixed);
    }
    for (var version : List.of("2.95", "2.104")) {
      asAdmin("servers-detail-constraints-mv" + version, DecisionInput::constrained);
    }
    asAdmin(
        "servers-detail-traits-mv2.104",
        s ->
            s.subject(
                NewServer.on("compute-1")
                    .requiring(
                        Requirements.NONE.traits(
                            Set.of("COMPUTE_NODE"), Set.of("HW_CPU_X86_AVX512F")))));
    for (var name : List.of("server-unpin-mv2.103", "server-unpin-mv2.104")) {
      asAdmin(name, DecisionInput::pinned);
    }
    asAdmin("server-pin-other-zone-mv2.104", DecisionInput::pinned);
    asAdmin("server-pin-own-zone-mv2.104", DecisionInput::pinned);
    asAdminLike(
        "servers-detail-all-mixed",
        s -> {
          s.mixed();
          s.subject("compute-1", VmState.SHELVED_OFFLOADED);
          s.resized();
        });
    asAdminLike("servers-detail-migrating", DecisionInput::running);
    asAdmin("servers-detail-host-unknown", DecisionInput::mixed);
    asAdmin(
        "servers-detail-host-without-all-tenants",
        s -> s.subject(NewServer.on("compute-4").ownedBy(s.cloud.users().get("demo"))));
    asAdmin(
        "servers-detail-host-limit2",
        s -> {
          s.place(NewServer.on("compute-1"));
          s.place(NewServer.on("compute-1"));
          s.place(NewServer.on("compute-1"));
        });
    asAdmin(
        "server-active-after",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "server-paused-after",
        s -> {
          s.subject("compute-1", VmState.PAUSED);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "server-locked-after",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.lock(s.cloud.admin(), s.subject.id(), "lab");
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "server-lm_fail-after",
        s -> {
          failed(s, Steering.LM_FAIL);
          s.cloud.disable(s.cloud.admin(), "compute-1", "maintenance: lab");
        });
    asAdmin(
        "server-precheck_fail-after",
        s -> {
          failed(s, Steering.PRECHECK_FAIL);
          s.cloud.disable(s.cloud.admin(), "compute-1", "maintenance: lab");
        });
    asAdmin(
        "server-aborted",
        s -> {
          s.queued();
          s.cloud.abortLiveMigration(
              s.cloud.admin(),
              s.subject.id(),
              s.cloud.migrations(s.subject.id()).getLast().id(),
              true);
          s.settle();
        });
    asAdmin(
        "server-cold-fail",
        s -> {
          s.subject(NewServer.on("compute-1").with(Steering.COLD_FAIL, "1"));
          s.migrate();
          s.settle();
        });
    asAdmin("server-verify-resize-active", DecisionInput::resized);
    asAdmin(
        "server-verify-resize-stopped",
        s -> {
          s.subject("compute-1", VmState.STOPPED);
          s.migrate();
          s.settle();
        });
    asAdmin("server-confirmed-active", s -> confirmed(s, VmState.ACTIVE));
    asAdmin("server-confirmed-stopped", s -> confirmed(s, VmState.STOPPED));
  }

  private static void confirmed(DecisionInput s, VmState vmState) {
    s.subject("compute-1", vmState);
    s.migrate();
    s.settle();
    s.cloud.confirmResize(s.cloud.admin(), s.subject.id());
    s.settle();
  }

  private static void failed(DecisionInput s, Steering failure) {
    s.subject(NewServer.on("compute-1").with(failure, "1"));
    s.liveMigrate(null);
    s.settle();
  }

  private static void migrationViews() {
    asAdmin("os-migrations-running", DecisionInput::running);
    asAdmin("os-migrations-queued", DecisionInput::queued);
    asAdmin("server-migrations-running", DecisionInput::running);
    asAdmin("server-migrations-queued", DecisionInput::queued);
    asAdmin("server-migrations-lm_fail", s -> failed(s, Steering.LM_FAIL));
    asAdmin("os-migrations-instance-lm_fail", s -> failed(s, Steering.LM_FAIL));
    asAdmin("os-migrations-instance-precheck_fail", s -> failed(s, Steering.PRECHECK_FAIL));
    asAdmin(
        "os-migrations-instance-active",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "os-migrations-aborted",
        s -> {
          s.queued();
          s.cloud.abortLiveMigration(
              s.cloud.admin(),
              s.subject.id(),
              s.cloud.migrations(s.subject.id()).getLast().id(),
              true);
          s.settle();
        });
    Consumer<DecisionInput> completedAndFinished =
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.liveMigrate(null);
          s.settle();
          s.resized();
        };
    asAdminLike("os-migrations-after-cold", completedAndFinished);
    asAdminLike("os-migrations-source-compute", completedAndFinished);
    for (var name : List.of("-mv2.1", "-host-mv2.59", "", "-host")) {
      asAdminLike(
          "os-migrations-after-live" + name,
          s -> {
            failed(s, Steering.LM_FAIL);
            failed(s, Steering.PRECHECK_FAIL);
            completedAndFinished.accept(s);
          });
    }
    asAdminLike(
        "os-migrations-novalidhost-cold",
        s -> {
          s.subject("compute-4", VmState.ACTIVE);
          s.disableAllBut("compute-4");
          s.liveMigrate(null);
          s.settle();
          s.migrate();
          s.settle();
        });
  }

  private static void actionViews() {
    asAdmin(
        "instance-action-live-migration-active",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "instance-action-live-migration-paused",
        s -> {
          s.subject("compute-1", VmState.PAUSED);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "instance-actions-paused",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.perform(s.cloud.admin(), s.subject.id(), Operation.PAUSE);
          s.settle();
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin(
        "instance-actions-locked",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.lock(s.cloud.admin(), s.subject.id(), "lab");
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin("instance-action-live-migration-lm_fail", s -> failed(s, Steering.LM_FAIL));
    asAdmin(
        "instance-actions-active",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.liveMigrate(null);
          s.settle();
        });
    asAdmin("instance-actions-lm_fail", s -> failed(s, Steering.LM_FAIL));
    asAdmin("instance-action-live-migration-precheck_fail", s -> failed(s, Steering.PRECHECK_FAIL));
    asAdmin("instance-actions-precheck_fail", s -> failed(s, Steering.PRECHECK_FAIL));
    asAdmin(
        "instance-action-resume",
        s -> {
          s.subject("compute-1", VmState.SUSPENDED);
          s.order(Operation.RESUME);
          s.settle();
        });
    asAdmin(
        "instance-action-resume-pending",
        s -> {
          s.subject("compute-1", VmState.SUSPENDED);
          s.cloud.killCompute("compute-1");
          s.order(Operation.RESUME);
          s.settle();
        });
    asAdmin(
        "instance-actions-resume-pause-live-unpause-suspend",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          for (var before : List.of(Operation.SUSPEND, Operation.RESUME, Operation.PAUSE)) {
            s.order(before);
            s.settle();
          }
          s.liveMigrate(null);
          s.settle();
          for (var after : List.of(Operation.UNPAUSE, Operation.SUSPEND)) {
            s.order(after);
            s.settle();
          }
        });
    asAdmin(
        "instance-action-reset-state",
        s -> {
          s.subject("compute-1", VmState.ERROR);
          s.ask(c -> s.cloud.resetState(c, s.subject.id(), VmState.ACTIVE));
          s.settle();
        });
    asAdmin(
        "instance-action-unshelve",
        s -> {
          s.subject("compute-1", VmState.SHELVED_OFFLOADED);
          s.order(Operation.UNSHELVE);
          s.settle();
        });
    asAdmin(
        "instance-action-unshelve-novalidhost",
        s -> {
          s.subject("compute-1", VmState.SHELVED_OFFLOADED);
          s.disableAllBut("none");
          s.order(Operation.UNSHELVE);
          s.settle();
        });
    refusedLiveMigration("novalidhost", "compute-4", null, s -> s.disableAllBut("compute-4"));
    refusedLiveMigration(
        "to-disabled-host", "compute-4", "compute-2", s -> s.disableAllBut("compute-4"));
    refusedLiveMigration("to-self", "compute-4", "compute-4", s -> {});
    refusedLiveMigration(
        "to-down-host",
        "compute-1",
        "compute-2",
        s -> s.cloud.forceDown(s.cloud.admin(), "compute-2", true));
    refusedLiveMigration(
        "to-dead-host-unnoticed", "compute-1", "compute-2", s -> s.cloud.killCompute("compute-2"));
    refusedLiveMigration(
        "from-down-host",
        "compute-1",
        null,
        s -> s.cloud.forceDown(s.cloud.admin(), "compute-1", true));
    asAdmin(
        "instance-action-live-migrate-from-down-host-mv2.30",
        s -> {
          s.subject("compute-1", VmState.ACTIVE);
          s.cloud.forceDown(s.cloud.admin(), "compute-1", true);
          s.liveMigrateAtOnce();
        });
    for (var version : List.of("-mv2.1", "-mv2.30")) {
      asAdmin(
          "instance-action-live-migrate-novalidhost" + version,
          s -> {
            s.subject("compute-4", VmState.ACTIVE);
            s.disableAllBut("compute-4");
            s.liveMigrateAtOnce();
          });
    }
    asAdmin(
        "instance-action-cold-migrate-novalidhost",
        s -> {
          s.subject("compute-4", VmState.ACTIVE);
          s.disableAllBut("compute-4");
          s.migrate();
          s.settle();
        });
  }

  private static void refusedLiveMigration(
      String name, String from, String to, Consumer<DecisionInput> trouble) {
    asAdmin(
        "instance-action-live-migrate-" + name,
        s -> {
          s.subject(from, VmState.ACTIVE);
          trouble.accept(s);
          s.liveMigrate(to);
          s.settle();
        });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void simulatorAnswersAsTheRecordedNova(Case contract) throws IOException, InterruptedException {
    var recording = Recording.read(contract.name());
    var input = new DecisionInput();
    contract.input().accept(input);
    try (var simulator = new CloudSimulator(input.cloud, input.cloud);
        var client = NovaClient.of(simulator, contract.user())) {
      var request = recording.request();
      var answer =
          client.send(
              request.get("method").textValue(),
              endpoint(simulator, request)
                  + service(input, recording, input.path(request.get("path").textValue())),
              request.get("microversion").textValue(),
              request.get("body").isNull() ? null : request.get("body").toString());

      assertThat(answer.statusCode()).isEqualTo(recording.status());
      recording
          .headers()
          .properties()
          .forEach(
              header -> {
                var value = answer.headers().firstValue(header.getKey()).orElse("absent");
                if (header.getKey().endsWith("request-id")) {
                  assertThat(value).as(header.getKey()).matches("req-[0-9a-f-]{36}");
                } else {
                  assertThat(value).as(header.getKey()).isEqualTo(header.getValue().textValue());
                }
              });
      var differences = new ArrayList<String>();
      compare("", "", recording.body(), NovaClient.json(answer), contract.rows(), differences);
      assertThat(differences).as(contract.name()).isEmpty();
    }
  }

  /** Where the recorded path lies below; empty for Nova, which is the client's own. */
  private static String endpoint(CloudSimulator simulator, JsonNode request) {
    var placement = request.get("microversion").asText().startsWith("placement");
    return placement ? simulator.placementUrl().toString() : "";
  }

  /**
   * A recorded service id stands for the host the recorded answer names, compute-1 where it names
   * none.
   */
  private static String service(DecisionInput input, Recording recording, String path) {
    if (path.contains("00000000-")) {
      return path;
    }
    var named =
        recording.body() == null ? "" : recording.body().path("service").path("host").asText();
    var host = recording.name().contains("delete-with-instances") ? "compute-4" : named;
    var id = input.cloud.host(host.isEmpty() ? "compute-1" : host).serviceId();
    return path.replaceFirst("/os-services/[0-9a-f-]{36}", "/os-services/" + id);
  }

  private static void compare(
      String where,
      String field,
      JsonNode recorded,
      JsonNode ours,
      RowTransitions rows,
      List<String> differences) {
    if (FREE.contains(field)) {
      return;
    }
    if (recorded.getNodeType() != ours.getNodeType()) {
      differences.add("%s: recorded %s, ours %s".formatted(where, recorded, ours));
    } else if (recorded.isObject()) {
      var names = new TreeSet<String>();
      recorded.fieldNames().forEachRemaining(names::add);
      ours.fieldNames().forEachRemaining(names::add);
      for (var name : names) {
        if (!recorded.has(name) || !ours.has(name)) {
          differences.add(
              "%s/%s: %s".formatted(where, name, recorded.has(name) ? "missing" : "not in Nova"));
        } else {
          compare(where + "/" + name, name, recorded.get(name), ours.get(name), rows, differences);
        }
      }
    } else if (recorded.isArray() && rows == RowTransitions.LIKE && isList(field)) {
      if (ours.isEmpty()) {
        differences.add(where + ": no row");
      }
      for (var row : ours) {
        var like = like(recorded, row);
        if (like == null) {
          differences.add("%s: nothing like %s was recorded".formatted(where, row));
        } else {
          compare(where + "[]", "", like, row, RowTransitions.ALL, differences);
        }
      }
    } else if (recorded.isArray()) {
      if (recorded.size() != ours.size()) {
        differences.add(
            "%s: recorded %d rows, ours %d".formatted(where, recorded.size(), ours.size()));
      }
      for (var i = 0; i < Math.min(recorded.size(), ours.size()); i++) {
        compare(where + "[" + i + "]", field, recorded.get(i), ours.get(i), rows, differences);
      }
    } else if (FIXED.contains(field)
        && !impersonal(recorded.asText()).equals(impersonal(ours.asText()))) {
      differences.add("%s: recorded '%s', ours '%s'".formatted(where, recorded, ours));
    }
  }

  private static boolean isList(String field) {
    return Set.of("servers", "migrations", "hypervisors").contains(field);
  }

  private static JsonNode like(JsonNode recorded, JsonNode row) {
    for (var candidate : recorded) {
      if (List.of("status", "migration_type", "source_compute", "locked", "OS-EXT-STS:power_state")
          .stream()
          .allMatch(key -> candidate.path(key).equals(row.path(key)))) {
        return candidate;
      }
    }
    return null;
  }
}
