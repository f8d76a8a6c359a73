package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.InstanceAction.Event;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.StateChange;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a real Nova 34 answered, read by us. */
class RecordingsTest {

  private static final MigrationFilter ALL =
      new MigrationFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  private final StubCloud cloud = new StubCloud();
  private Nova nova;

  @TempDir Path directory;

  @BeforeEach
  void connect() {
    nova = cloud.nova(directory);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  @Test
  void onlyNovaComputeServicesAreRead() {
    cloud.replay("os-services-before");

    assertThat(nova.computeServices())
        .hasSize(4)
        .contains(
            new ComputeService(
                "a1aaf5d2-fcb0-43a4-bacd-6354d2f817a1",
                "compute-1",
                "enabled",
                true,
                null,
                false,
                "nova",
                Instant.parse("2026-11-22T11:40:38Z")));
  }

  @Test
  void disabledServiceIsReadFromTheAnswer() {
    cloud.replay("os-services-disable");

    assertThat(
            nova.execute(
                    new Command.DisableService(
                        "a1aaf5d2-fcb0-43a4-bacd-6354d2f817a1", "maintenance: lab"))
                .service())
        .contains(
            new ComputeService(
                "a1aaf5d2-fcb0-43a4-bacd-6354d2f817a1",
                "compute-1",
                "disabled",
                true,
                "maintenance: lab",
                false,
                "nova",
                Instant.parse("2026-11-22T11:40:41.814707Z")));
  }

  @Test
  void hypervisorHasTheHostNameOfItsService() {
    cloud.replay("os-hypervisors-detail");

    assertThat(nova.hypervisors())
        .hasSize(4)
        .contains(new Hypervisor("bed473ca-284e-41a5-9da7-99ee55fbc461", "compute-1", "fake"));
  }

  @Test
  void instancesInEveryStateAreRead() {
    cloud.replay("servers-detail-host-mixed-mv2.96");

    assertThat(nova.instancesOn("compute-1").value())
        .extracting(Instance::status)
        .containsExactly(
            "ACTIVE",
            "ACTIVE",
            "VERIFY_RESIZE",
            "SHELVED",
            "RESCUE",
            "ACTIVE",
            "ERROR",
            "SUSPENDED",
            "SHUTOFF",
            "PAUSED",
            "ACTIVE",
            "ACTIVE");
  }

  @Test
  void unknownHostHasNoInstances() {
    cloud.replay("servers-detail-host-unknown");

    assertThat(nova.instancesOn("nonesuch").value()).isEmpty();
  }

  @Test
  void instanceListForAUserWithoutAdminRightsIsForbidden() {
    cloud.replay("demo-servers-host-filter-compute-1");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.instancesOn("compute-1"))
        .withMessageContaining("lacks administrator rights")
        .matches(e -> e.kind() == Kind.FORBIDDEN);
  }

  @Test
  void instanceListIsUnavailableWhileNeutronIsDown() {
    cloud.replay("servers-detail-neutron-down-500");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.instancesOn("compute-1"))
        .withMessageStartingWith("Unexpected API Error. Please contact the administrator")
        .matches(e -> e.kind() == Kind.UNAVAILABLE && e.status() == 500);
  }

  private Instance named(String name) {
    return named(name, "servers-detail-constraints-mv2.104");
  }

  private Instance named(String name, String recording) {
    cloud.replay(recording);
    return nova.instancesOn("compute-1").value().stream()
        .filter(i -> i.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"lab-plain, 1", "lab-disks, 7", "lab-volume, 4", "lab-zero,"})
  void localDiskIsRead(String name, Integer size) {
    assertThat(named(name).localDiskGiB()).isEqualTo(size);
  }

  @ParameterizedTest
  @CsvSource({"lab-pinned, nova", "lab-plain,"})
  void pinnedZoneIsRead(String name, String zone) {
    assertThat(named(name).constraints().pinnedZone()).isEqualTo(zone);
  }

  /** Nova makes a list of a hint that was given as one text. */
  @Test
  void schedulerHintsAreRead() {
    assertThat(named("lab-hint-string").constraints().hints())
        .containsEntry("same_host", List.of(named("lab-plain").id()))
        .containsOnlyKeys("same_host", "group");
    assertThat(named("lab-hinted").constraints().hints())
        .containsOnlyKeys("different_host", "group", "query");
    assertThat(named("lab-plain").constraints()).isEqualTo(Instance.Constraints.NONE);
  }

  @Test
  void traitsOfAFlavorAreRead() {
    assertThat(named("lab.traits", "servers-detail-traits-mv2.104").constraints())
        .returns(Set.of("COMPUTE_NODE"), Instance.Constraints::requiredTraits)
        .returns(Set.of("HW_CPU_X86_AVX512F"), Instance.Constraints::forbiddenTraits);
  }

  /** Before 2.96 Nova tells neither zone nor hints. */
  @Test
  void olderNovaTellsNoZoneAndNoHints() {
    cloud.replay("servers-detail-constraints-mv2.95");

    assertThat(nova.instancesOn("compute-1").value())
        .extracting(Instance::constraints)
        .containsOnly(Instance.Constraints.NONE);
  }

  @Test
  void zoneOfAHostIsRead() {
    cloud.replay("os-services-zones-mv2.104");

    assertThat(nova.computeServices())
        .extracting(ComputeService::host, ComputeService::zone)
        .contains(tuple("compute-3", "z1"), tuple("compute-4", "nova"));
  }

  @Test
  void oneInstanceIsRead() {
    cloud.replay("server-verify-resize-active");
    var body = StubCloud.recording("server-verify-resize-active").path("body").path("server");

    assertThat(nova.instance("e4fe17cd-a551-461d-8df6-4d69e874741f"))
        .contains(
            new Instance(
                "e4fe17cd-a551-461d-8df6-4d69e874741f",
                body.path("name").asText(),
                body.path("tenant_id").asText(),
                "VERIFY_RESIZE",
                "resized",
                null,
                1,
                body.path("OS-EXT-SRV-ATTR:host").asText(),
                64,
                0,
                null,
                null,
                null,
                false,
                null,
                Instance.Constraints.NONE));
  }

  @Test
  void migrationIsRead() {
    cloud.replay("os-migrations-after-live");

    assertThat(nova.migrations(ALL))
        .contains(
            new Migration(
                8,
                "6d919505-d30f-4530-9a46-8102eee1faa0",
                "4c6366b9-a32b-4b49-8206-c5875cfb9d30",
                "live-migration",
                "completed",
                "compute-1",
                "compute-4",
                Instant.parse("2026-11-22T11:40:45Z"),
                Instant.parse("2026-11-22T11:40:55Z"),
                "5ee49891f5494d1db1092175bd1a00d4",
                "f0ebbb243b2e4d298a8a16bf32712ba9"));
  }

  @Test
  void migrationThatNeverStartedHasNoDestination() {
    cloud.replay("os-migrations-after-live");

    assertThat(nova.migrations(ALL).getFirst())
        .extracting(Migration::id, Migration::status, Migration::destinationHost)
        .containsExactly(10L, "error", null);
  }

  @Test
  void migrationStatusesStayAsNovaWritesThem() {
    cloud.replay("os-migrations-after-cold");

    assertThat(nova.migrations(ALL))
        .extracting(Migration::status)
        .contains("error", "finished", "completed", "cancelled");
  }

  @Test
  void actionsAreReadWithoutEvents() {
    cloud.replay("instance-actions-active");

    assertThat(nova.actions("f636865f-d0bb-4d08-992e-1720785f5d16"))
        .hasSize(2)
        .first()
        .isEqualTo(
            new InstanceAction(
                "req-92da6477-4540-42f0-83ef-63ddf47abd30",
                "live-migration",
                "5ee49891f5494d1db1092175bd1a00d4",
                "f0ebbb243b2e4d298a8a16bf32712ba9",
                Instant.parse("2026-11-22T11:40:44Z"),
                null,
                java.util.List.of()));
  }

  @Test
  void failedActionHasTheErrorInItsEvents() {
    cloud.replay("instance-action-live-migration-precheck_fail");

    assertThat(
            nova.action(
                "773423c1-35f3-4ea0-8c97-a370836f3286", "req-26788ebd-d3fe-4d8c-a413-efa32faae608"))
        .hasValueSatisfying(
            action -> {
              assertThat(action.failed()).isTrue();
              assertThat(action.events())
                  .contains(
                      new Event(
                          "compute_check_can_live_migrate_destination",
                          "compute-4",
                          "Error",
                          "Migration pre-check error: lab_precheck_fail"));
            });
  }

  @Test
  void acceptedLiveMigrationGivesItsRequestId() {
    cloud.replay("live-migrate-accepted");

    assertThat(nova.execute(liveMigrate("25931622-2ae0-4fbe-9d74-b87641be3c39")).requestId())
        .contains("req-9b6b473c-f0e0-4612-a180-e515a628d391");
  }

  @Test
  void confirmedResizeGivesItsRequestId() {
    cloud.replay("confirm-resize-active");

    assertThat(
            nova.execute(new Command.ConfirmResize("e4fe17cd-a551-461d-8df6-4d69e874741f", "req-0"))
                .requestId())
        .contains("req-511c8236-7d4d-4ee1-9672-a9c92ce6c35e");
  }

  @Test
  void conflictHasTheMessageOfNova() {
    cloud.replay("live-migrate-while-migrating");
    var recording = StubCloud.recording("live-migrate-while-migrating");
    var id = recording.path("request").path("path").asText().split("/")[2];

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.execute(liveMigrate(id)))
        .withMessage(recording.path("body").findValue("message").asText())
        .withMessageContaining("task_state migrating")
        .matches(e -> e.kind() == Kind.CONFLICT && !e.outcomeUnknown());
  }

  @Test
  void acceptedResumeGivesItsRequestId() {
    cloud.replay("resume-suspended");

    assertThat(nova.execute(asked("resume-suspended", StateChange.RESUME)).requestId())
        .contains("req-76dbb157-815c-4aec-94c8-742a2f9cb006");
  }

  @Test
  void acceptedResetOfTheStateGivesItsRequestId() {
    cloud.replay("reset-state-active");

    assertThat(nova.execute(asked("reset-state-active", StateChange.RESET_STATE)).requestId())
        .contains("req-17b12e78-f2c6-4f2f-b25a-1833d1f2c0a8");
  }

  @ParameterizedTest
  @CsvSource({"resume-active, vm_state active", "resume-while-resuming, task_state resuming"})
  void resumeInAnotherStateOrTaskIsAConflictThatNamesIt(String recording, String state) {
    cloud.replay(recording);

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> nova.execute(asked(recording, StateChange.RESUME)))
        .withMessageStartingWith("Cannot 'resume' instance ")
        .withMessageEndingWith(" while it is in " + state)
        .matches(e -> e.kind() == Kind.CONFLICT && !e.outcomeUnknown());
  }

  @Test
  void guestOfAnInstanceInErrorMayRun() {
    cloud.replay("server-diagnostics-error-running");

    assertThat(nova.guestPower(instanceOf("server-diagnostics-error-running")))
        .isEqualTo(GuestPower.RUNNING);
  }

  @Test
  void guestOfAnInstanceInErrorMayBeOff() {
    cloud.replay("server-diagnostics-error-off");

    assertThat(nova.guestPower(instanceOf("server-diagnostics-error-off")))
        .isEqualTo(GuestPower.OFF);
  }

  @Test
  void candidatesOfPlacementAreRead() {
    cloud.replay("placement-allocation-candidates-summaries");
    var demand = new Demand(Map.of("MEMORY_MB", 64L), Set.of(), Set.of());

    assertThat(nova.candidates(demand).orElseThrow())
        .hasSize(4)
        .allMatch(p -> p.free().keySet().equals(Set.of("VCPU", "MEMORY_MB", "DISK_GB")))
        .anyMatch(p -> p.free().get("VCPU") == 2048)
        .anyMatch(p -> p.free().get("VCPU") < 2048);
  }

  @Test
  void traitThatPlacementDoesNotKnowIsNamed() {
    cloud.replay("placement-allocation-candidates-unknown-trait");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(
            () -> nova.candidates(new Demand(Map.of("VCPU", 1L), Set.of(), Set.of("CUSTOM_SLOW"))))
        .withMessageContaining("No such trait(s): CUSTOM_SLOW.")
        .matches(e -> e.kind() == Kind.BAD_REQUEST);
  }

  @Test
  void providerTreeIsRead() {
    cloud.replay("placement-resource-providers-in-tree");
    assertThat(nova.providerTree("p1")).hasSize(1);

    cloud.replay("placement-resource-providers-in-tree-unknown");
    assertThat(nova.providerTree("p1")).isEmpty();
  }

  /** The swap disk of 1.5 GiB counts as 2 in placement too. */
  @Test
  void allocationsAreRead() {
    var disks = named("lab-disks");
    cloud.on(
        "GET",
        "/placement/resource_providers/p1/allocations",
        200,
        StubCloud.recording("placement-allocations-of-provider").path("body").toString());

    assertThat(nova.allocations("p1").orElseThrow().get(disks.id()))
        .isEqualTo(Map.of("VCPU", 1L, "MEMORY_MB", 64L, "DISK_GB", (long) disks.localDiskGiB()));
  }

  @Test
  void listThatPolicyForbidsIsForbiddenAndNamesTheUserAndTheRole() {
    cloud.replay("demo-os-services");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(nova::computeServices)
        .withMessageStartingWith(
            "GET /os-services is refused to user operator of cloud openstack in " + directory)
        .withMessageEndingWith(
            ": Policy doesn't allow os_compute_api:os-services:list to be performed. Give the user"
                + " a role that may do it (by default admin) or change Nova's policy.")
        .matches(e -> e.kind() == Kind.FORBIDDEN)
        .matches(
            e -> e.requestId().equals(Optional.of("req-b430245b-ecce-4f08-9021-b47847fe84ce")));
  }

  private static Command asked(String recording, StateChange change) {
    return new Command.ChangeState(instanceOf(recording), change, "req-0");
  }

  private static String instanceOf(String recording) {
    return StubCloud.recording(recording).path("request").path("path").asText().split("/")[2];
  }

  private static Command liveMigrate(String id) {
    return new Command.LiveMigrate(id, Optional.empty(), true, "req-0");
  }
}
