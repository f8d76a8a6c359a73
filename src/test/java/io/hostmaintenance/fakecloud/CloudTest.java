package io.hostmaintenance.fakecloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Cloud cloud = cloudOf(1);

  private static Cloud cloudOf(long seed) {
    var cloud = new Cloud(START, seed);
    cloud.addHost("compute-1");
    cloud.addHost("compute-2");
    cloud.addHost("compute-3");
    return cloud;
  }

  private Server active() {
    return cloud.place(NewServer.on("compute-1"));
  }

  private Migration liveMigrate(Server server) {
    return liveMigrate(server, null);
  }

  private Migration liveMigrate(Server server, String host) {
    cloud.liveMigrate(cloud.admin(), server.id(), LiveMigrationRequest.to(host));
    cloud.advance(cloud.timing().step());
    return cloud.migrations(server.id()).getLast();
  }

  private Migration migrate(Server server, String host) {
    cloud.migrate(cloud.admin(), server.id(), host);
    cloud.advance(cloud.timing().step());
    return cloud.migrations(server.id()).getLast();
  }

  private void playUntil(Migration migration, MigrationStatus status) {
    while (migration.status() != status) {
      assertThat(cloud.step()).as("something is planned before " + status).isTrue();
    }
  }

  /** The writes of a move: the server's fields and the record's status, as {@code field=value}. */
  private List<String> writes(Server server, Migration migration) {
    return writes(Set.of(server.id(), migration.uuid()));
  }

  private List<String> writes(Set<String> ids) {
    return cloud.changes().stream()
        .filter(c -> ids.contains(c.id()))
        .filter(c -> Set.of("host", "task_state", "vm_state", "status").contains(c.field()))
        .map(c -> c.field() + "=" + c.value())
        .skip(2) // the placement's own
        .toList();
  }

  @Nested
  class LiveMigration {
    @Test
    void movesTheServerBeforeItsMigrationIsCompleted() {
      var server = active();
      var migration = liveMigrate(server, "compute-2");
      cloud.settle();
      assertThat(writes(server, migration))
          .containsExactly(
              "task_state=migrating",
              "status=accepted",
              "status=queued",
              "status=preparing",
              "status=running",
              "host=compute-2",
              "task_state=null",
              "status=completed");
    }

    @Test
    void showsTheServerMovedWhileItsMigrationIsStillRunning() {
      var server = active();
      var migration = liveMigrate(server, "compute-2");
      while (!"compute-2".equals(server.host())) {
        cloud.step();
      }
      assertThat(migration.status()).isEqualTo(MigrationStatus.RUNNING);
    }

    @Test
    void hasNoDestinationAndNoUpdateTimeWhenAccepted() {
      var migration = liveMigrate(active());
      assertThat(migration.status()).isEqualTo(MigrationStatus.ACCEPTED);
      assertThat(migration.destCompute()).isNull();
      assertThat(migration.updatedAt()).isNull();
    }

    @Test
    void goesFromErrorToFailedAfterAFailedTransfer() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_FAIL, "1"));
      var migration = liveMigrate(server);
      cloud.settle();
      assertThat(writes(server, migration))
          .endsWith("status=running", "status=error", "task_state=null", "status=failed");
      assertThat(server.host()).isEqualTo("compute-1");
    }

    @Test
    void recordsNoErrorEventAfterAFailedTransfer() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_FAIL, "1"));
      liveMigrate(server);
      cloud.settle();
      assertThat(cloud.actions(server.id()).getLast().events())
          .extracting(InstanceAction.Event::result)
          .containsOnly("Success");
    }

    @Test
    void recordsTheErrorEventOfAFailedPreparation() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_PREPARE_FAIL, "1"));
      var migration = liveMigrate(server);
      cloud.settle();
      assertThat(migration.status()).isEqualTo(MigrationStatus.FAILED);
      assertThat(cloud.actions(server.id()).getLast().events())
          .filteredOn(event -> "Error".equals(event.result()))
          .extracting(InstanceAction.Event::name)
          .containsExactly("compute_pre_live_migration");
    }

    @Test
    void recordsTheDetailsOfAFailedPreCheckInOneEvent() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.PRECHECK_FAIL, "1"));
      var migration = liveMigrate(server);
      cloud.settle();
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
      assertThat(cloud.actions(server.id()).getLast().events())
          .filteredOn(e -> e.name().equals("compute_check_can_live_migrate_destination"))
          .extracting(InstanceAction.Event::details)
          .containsExactly("Migration pre-check error: lab_precheck_fail", null);
    }

    @Test
    void leavesTheServerInErrorOnTheDestinationWhenPostMigrationFails() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_POST_FAIL, "1"));
      var migration = liveMigrate(server, "compute-3");
      cloud.settle();
      assertThat(server.host()).isEqualTo("compute-3");
      assertThat(server.status()).isEqualTo("ERROR");
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
    }

    @Test
    void keepsAPausedServerPaused() {
      var server = cloud.place(NewServer.on("compute-1").in(VmState.PAUSED));
      liveMigrate(server, "compute-2");
      assertThat(server.status()).isEqualTo("MIGRATING");
      cloud.settle();
      assertThat(server.host()).isEqualTo("compute-2");
      assertThat(server.status()).isEqualTo("PAUSED");
    }

    @Test
    void runsOneAtATimePerSourceHostAndQueuesTheOthers() {
      var first = liveMigrate(active());
      var second = liveMigrate(active());
      playUntil(first, MigrationStatus.RUNNING);
      cloud.advance(Duration.ofSeconds(1));
      assertThat(second.status()).isEqualTo(MigrationStatus.QUEUED);
      assertThat(second.server().status()).isEqualTo("MIGRATING");
      cloud.settle();
      assertThat(second.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void showsProgressWhileRunning() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "100"));
      var migration = liveMigrate(server);
      playUntil(migration, MigrationStatus.RUNNING);
      cloud.advance(Duration.ofSeconds(60));
      assertThat(server.progress()).isEqualTo(50);
    }

    @Test
    void isCancelledWhenAbortedInTheQueueAndTheServerStays() {
      var first = liveMigrate(active());
      var second = liveMigrate(active());
      playUntil(second, MigrationStatus.QUEUED);
      cloud.abortLiveMigration(cloud.admin(), second.server().id(), second.id(), true);
      cloud.settle();
      assertThat(second.status()).isEqualTo(MigrationStatus.CANCELLED);
      assertThat(second.server().host()).isEqualTo("compute-1");
      assertThat(first.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void isCancelledWhenAbortedAndTheNextOneRuns() {
      var first = liveMigrate(active());
      var second = liveMigrate(active());
      playUntil(first, MigrationStatus.RUNNING);
      cloud.abortLiveMigration(cloud.admin(), first.server().id(), first.id(), true);
      cloud.settle();
      assertThat(first.status()).isEqualTo(MigrationStatus.CANCELLED);
      assertThat(first.server().status()).isEqualTo("ACTIVE");
      assertThat(second.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void cannotBeAbortedInTheQueueByOldMicroversions() {
      liveMigrate(active());
      var second = liveMigrate(active());
      playUntil(second, MigrationStatus.QUEUED);
      assertThatThrownBy(
              () ->
                  cloud.abortLiveMigration(cloud.admin(), second.server().id(), second.id(), false))
          .hasMessage(
              "Migration 2 state of instance %s is queued. Cannot abort live migration while the migration"
                  + " is in this state.",
              second.server().id());
    }

    @Test
    void completesALongTransferByForceComplete() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_SECONDS, "36000"));
      var migration = liveMigrate(server);
      playUntil(migration, MigrationStatus.RUNNING);
      cloud.forceComplete(cloud.admin(), server.id(), migration.id());
      cloud.advance(Duration.ofSeconds(1));
      assertThat(migration.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void failsWhenTheGuestHasShutItselfDown() {
      var server = active();
      cloud.powerOffInside(server.id());
      var migration = liveMigrate(server);
      cloud.advance(Duration.ofSeconds(5));
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
      assertThat(cloud.actions(server.id()).getLast().events().getFirst().details())
          .isEqualTo(
              "Instance %s in power_state shutdown. Cannot live migrate while the instance is in this"
                  + " state.",
              server.id());
    }

    @Test
    void failsWhenTheGuestIsOffWithoutTheDatabaseKnowing() {
      var server = active();
      cloud.crash(server.id());
      var migration = liveMigrate(server);
      cloud.advance(Duration.ofMinutes(1));
      assertThat(migration.status()).isEqualTo(MigrationStatus.FAILED);
      assertThat(server.host()).isEqualTo("compute-1");
    }

    @Test
    void failsAfterTheRpcTimeoutWhenTheDestinationIsDead() {
      var server = active();
      cloud.killCompute("compute-2");
      var migration = liveMigrate(server, "compute-2");
      cloud.advance(Duration.ofSeconds(59));
      assertThat(server.taskState()).isEqualTo(TaskState.MIGRATING);
      cloud.advance(Duration.ofSeconds(5));
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
    }

    @Test
    void fromARestartedSourceEndsInErrorWhenRunningAndStaysQueuedWhenQueued() {
      var running = liveMigrate(active());
      var queued = liveMigrate(active());
      playUntil(running, MigrationStatus.RUNNING);
      cloud.killCompute("compute-1");
      cloud.advance(Duration.ofSeconds(1));
      cloud.startCompute("compute-1");
      cloud.settle();
      assertThat(running.status()).isEqualTo(MigrationStatus.ERROR);
      assertThat(queued.status()).isEqualTo(MigrationStatus.QUEUED);
      assertThat(queued.server().status()).isEqualTo("ACTIVE");
    }
  }

  @Nested
  class ColdMigration {
    @Test
    void changesTheHostThenFinishesThenSetsTheServerResized() {
      var server = active();
      var migration = migrate(server, "compute-2");
      cloud.settle();
      assertThat(writes(server, migration))
          .containsExactly(
              "task_state=resize_prep",
              "status=pre-migrating",
              "status=migrating",
              "task_state=resize_migrating",
              "status=post-migrating",
              "host=compute-2",
              "task_state=resize_migrated",
              "task_state=resize_finish",
              "status=finished",
              "vm_state=resized",
              "task_state=null");
    }

    @Test
    void isAConflictWhenConfirmedBeforeTheServerIsResized() {
      var server = active();
      var migration = migrate(server, "compute-2");
      playUntil(migration, MigrationStatus.FINISHED);
      assertThatThrownBy(() -> cloud.confirmResize(cloud.admin(), server.id()))
          .hasMessage(
              "Cannot 'confirmResize' instance %s while it is in vm_state active", server.id());
    }

    @ParameterizedTest
    @CsvSource({"ACTIVE, ACTIVE", "STOPPED, SHUTOFF"})
    void restoresTheServerStateWhenConfirmed(VmState before, String after) {
      var server = cloud.place(NewServer.on("compute-1").in(before));
      var migration = migrate(server, "compute-2");
      cloud.settle();
      cloud.confirmResize(cloud.admin(), server.id());
      cloud.settle();
      assertThat(server.status()).isEqualTo(after);
      assertThat(migration.status()).isEqualTo(MigrationStatus.CONFIRMED);
    }

    @Test
    void isABadRequestWhenConfirmedTwice() {
      var server = active();
      migrate(server, "compute-2");
      cloud.settle();
      cloud.confirmResize(cloud.admin(), server.id());
      assertThatThrownBy(() -> cloud.confirmResize(cloud.admin(), server.id()))
          .hasMessage("Instance has not been resized.");
    }

    @Test
    void isRevertedBeforeTheServerIsBackOnItsDisabledSource() {
      var server = active();
      var migration = migrate(server, "compute-2");
      cloud.settle();
      cloud.disable(cloud.admin(), "compute-1", "maintenance");
      cloud.revertResize(cloud.tenant(), server.id());
      playUntil(migration, MigrationStatus.REVERTED);
      assertThat(server.host()).isEqualTo("compute-2");
      assertThat(server.status()).isEqualTo("REVERT_RESIZE");
      cloud.settle();
      assertThat(server.host()).isEqualTo("compute-1");
      assertThat(server.status()).isEqualTo("ACTIVE");
    }

    @Test
    void waitsForADeadSourceWhenReverted() {
      var server = active();
      var migration = migrate(server, "compute-2");
      cloud.settle();
      cloud.killCompute("compute-1");
      cloud.revertResize(cloud.tenant(), server.id());
      cloud.advance(Duration.ofHours(1));
      assertThat(migration.status()).isEqualTo(MigrationStatus.REVERTED);
      assertThat(server.host()).isEqualTo("compute-2");
      cloud.startCompute("compute-1");
      cloud.settle();
      assertThat(server.host()).isEqualTo("compute-1");
    }

    @Test
    void endsInErrorAndRestoresTheServerWhenNoHostIsValid() {
      cloud.disable(cloud.admin(), "compute-2", null);
      cloud.disable(cloud.admin(), "compute-3", null);
      var server = active();
      var migration = migrate(server, null);
      cloud.settle();
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
      assertThat(server.status()).isEqualTo("ACTIVE");
    }

    @ParameterizedTest
    @CsvSource({
      "COLD_FAIL, compute-1, ERROR",
      "COLD_FINISH_FAIL, compute-2, ERROR",
      "COLD_PREP_FAIL, compute-1, ACTIVE"
    })
    void leavesTheServerWhereNovaLeavesItWhenItFails(Steering failure, String host, String status) {
      var server = cloud.place(NewServer.on("compute-1").with(failure, "1"));
      var migration = migrate(server, "compute-2");
      cloud.settle();
      assertThat(server.host()).isEqualTo(host);
      assertThat(server.status()).isEqualTo(status);
      assertThat(migration.status()).isEqualTo(MigrationStatus.ERROR);
    }

    @Test
    void hasTypeResizeAndChangesTheFlavorWhenATenantResizes() {
      var server = active();
      cloud.resize(cloud.tenant(), server.id(), 4096);
      cloud.settle();
      assertThat(cloud.migrations(server.id()).getLast().type()).isEqualTo(MigrationType.RESIZE);
      assertThat(server.ramMiB()).isEqualTo(4096);
    }

    @Test
    void isAConflictWhenTheSourceIsDown() {
      var server = active();
      cloud.forceDown(cloud.admin(), "compute-1", true);
      assertThatThrownBy(() -> cloud.migrate(cloud.admin(), server.id(), null))
          .hasMessage("Service is unavailable at this time.");
    }

    @Test
    void isABadRequestToTheHostOfTheServer() {
      var server = active();
      assertThatThrownBy(() -> cloud.migrate(cloud.admin(), server.id(), "compute-1"))
          .hasMessage("Cannot migrate to the host where the server exists.");
    }
  }

  @Nested
  class Placement {
    @Test
    void migrationHoldsTheAllocationOfTheSourceDuringAMove() {
      var server = active();
      var migration = liveMigrate(server, "compute-2");
      playUntil(migration, MigrationStatus.RUNNING);
      assertThat(cloud.allocationsOn("compute-1")).containsOnlyKeys(migration.uuid());
      assertThat(cloud.allocationsOn("compute-2")).containsOnlyKeys(server.id());
    }

    @Test
    void completedMoveLeavesNoAllocationOnTheSource() {
      liveMigrate(active(), "compute-2");
      cloud.settle();
      assertThat(cloud.allocationsOn("compute-1")).isEmpty();
    }

    @Test
    void failedMoveReturnsTheAllocationOfTheSourceToTheServer() {
      var server = cloud.place(NewServer.on("compute-1").with(Steering.LM_FAIL, "1"));
      liveMigrate(server, "compute-2");
      cloud.settle();
      assertThat(cloud.allocationsOn("compute-1")).containsOnlyKeys(server.id());
      assertThat(cloud.allocationsOn("compute-2")).isEmpty();
    }

    @Test
    void unconfirmedMoveHoldsAnAllocationOfTheSourceUntilConfirmed() {
      var server = active();
      var migration = migrate(server, "compute-2");
      cloud.settle();
      assertThat(cloud.allocationsOn("compute-1")).containsOnlyKeys(migration.uuid());
      cloud.confirmResize(cloud.admin(), server.id());
      cloud.settle();
      assertThat(cloud.allocationsOn("compute-1")).isEmpty();
    }

    @Test
    void deletingAMigratingServerLeavesTheAllocationOfItsMigration() {
      var server = active();
      var migration = liveMigrate(server, "compute-2");
      playUntil(migration, MigrationStatus.RUNNING);
      cloud.perform(cloud.tenant(), server.id(), Operation.DELETE);
      cloud.settle();
      assertThat(cloud.allocationsOn("compute-1")).containsOnlyKeys(migration.uuid());
    }

    private List<Host> candidates(long ramMiB) {
      return cloud.candidates(Map.of("MEMORY_MB", ramMiB), Set.of(), Set.of());
    }

    @Test
    void offersHostsThatAreNotDisabled() {
      cloud.disable(cloud.admin(), "compute-1", null);
      cloud.disable(cloud.admin(), "compute-2", null);
      assertThat(candidates(1024)).extracting(Host::name).containsExactly("compute-3");
      cloud.disable(cloud.admin(), "compute-3", null);
      assertThat(candidates(1024)).isEmpty();
    }

    @Test
    void offersNoHostWhereTheRoomIsTaken() {
      cloud.hosts().forEach(host -> cloud.place(NewServer.on(host.name()).ram(host.ramMiB())));
      assertThat(candidates(1)).isEmpty();
    }

    @Test
    void offersHostsThatAreDown() {
      cloud.disable(cloud.admin(), "compute-1", null);
      cloud.disable(cloud.admin(), "compute-2", null);
      cloud.forceDown(cloud.admin(), "compute-3", true);
      assertThat(candidates(1024)).extracting(Host::name).containsExactly("compute-3");
    }

    @ParameterizedTest
    @CsvSource({
      "2, 1024, 10, true",
      "1, 1024, 10, false",
      "2, 1023, 10, false",
      "2, 1024, 9, false"
    })
    void offersAHostOnlyWhereEachResourceIsEnough(int vcpus, int ramMiB, int disk, boolean fits) {
      cloud.hosts().forEach(h -> cloud.capacity(h.name(), new Resources(vcpus, ramMiB, disk)));
      var wanted = Map.of("VCPU", 2L, "MEMORY_MB", 1024L, "DISK_GB", 10L);

      assertThat(!cloud.candidates(wanted, Set.of(), Set.of()).isEmpty()).isEqualTo(fits);
    }

    @Test
    void offersHostsByTheirTraits() {
      cloud.trait("compute-2", "CUSTOM_FAST");
      var any = Map.of("VCPU", 1L);

      assertThat(cloud.candidates(any, Set.of("CUSTOM_FAST"), Set.of()))
          .extracting(Host::name)
          .containsExactly("compute-2");
      assertThat(cloud.candidates(any, Set.of(), Set.of("CUSTOM_FAST")))
          .extracting(Host::name)
          .containsExactly("compute-1", "compute-3");
    }

    @Test
    void holdsWhatTheFlavorOfAServerHas() {
      var server =
          cloud.place(
              NewServer.on("compute-1")
                  .ram(512)
                  .requiring(Requirements.NONE.vcpus(4).disks(20, 5, 1025)));

      assertThat(cloud.allocationsOn("compute-1"))
          .isEqualTo(Map.of(server.id(), new Resources(4, 512, 27)));
      assertThat(cloud.free(cloud.host("compute-1"))).containsEntry("DISK_GB", 10_000L - 27);
    }

    @Test
    void holdsNoRootDiskOfAServerOnAVolume() {
      var server =
          cloud.place(
              NewServer.on("compute-1").requiring(Requirements.NONE.disks(20, 5, 0).onVolume()));

      assertThat(cloud.allocationsOn("compute-1").get(server.id()).diskGiB()).isEqualTo(5);
    }

    @Test
    void scheduledServerIsVisibleOnlyInPlacementAndArrivesOnADisabledHost() {
      var late =
          cloud.bootScheduled(cloud.tenant(), "late", 512, "compute-1", Duration.ofSeconds(30));
      cloud.disable(cloud.admin(), "compute-1", "maintenance");
      assertThat(late.host()).isNull();
      assertThat(cloud.allocationsOn("compute-1")).containsOnlyKeys(late.id());
      cloud.settle();
      assertThat(late.host()).isEqualTo("compute-1");
      assertThat(late.status()).isEqualTo("ACTIVE");
    }
  }

  @Nested
  class Scheduling {
    private Set<String> destinationsOf(int servers) {
      var destinations = new TreeSet<String>();
      for (var i = 0; i < servers; i++) {
        var server = active();
        liveMigrate(server);
        cloud.settle();
        destinations.add(server.host());
      }
      return destinations;
    }

    private String refusal(Server server, String host) {
      liveMigrate(server, host);
      cloud.settle();
      return cloud.actions(server.id()).getLast().events().getFirst().details();
    }

    @Test
    void disabledAndDownHostsAreNotChosen() {
      cloud.addHost("compute-4");
      cloud.disable(cloud.admin(), "compute-2", null);
      cloud.forceDown(cloud.admin(), "compute-3", true);
      assertThat(destinationsOf(6)).containsExactly("compute-4");
    }

    @Test
    void requestedHostThatIsDisabledHasNoValidHost() {
      cloud.disable(cloud.admin(), "compute-2", null);
      assertThat(refusal(active(), "compute-2")).isEqualTo("No valid host was found. ");
    }

    @Test
    void hostOfTheServerHasNoValidHost() {
      assertThat(refusal(active(), "compute-1"))
          .isEqualTo("No valid host was found. There are not enough hosts available.");
    }

    @Test
    void unknownHostIsABadRequest() {
      var server = active();
      assertThatThrownBy(
              () ->
                  cloud.liveMigrate(
                      cloud.admin(), server.id(), LiveMigrationRequest.to("nonesuch")))
          .hasMessage("Compute host nonesuch could not be found.");
    }

    @Test
    void fullHostHasNoValidHost() {
      cloud.addHost("small", 512);
      assertThat(refusal(active(), "small")).isEqualTo("No valid host was found. ");
    }

    @Test
    void antiAffinityChoosesAHostWithoutAMember() {
      var first = active();
      cloud.addGroup("apart", "anti-affinity", first, cloud.place(NewServer.on("compute-2")));
      liveMigrate(first);
      cloud.settle();
      assertThat(first.host()).isEqualTo("compute-3");
    }

    @Test
    void antiAffinityWithoutASpareHostHasNoValidHost() {
      var first = active();
      cloud.addGroup(
          "apart",
          "anti-affinity",
          first,
          cloud.place(NewServer.on("compute-2")),
          cloud.place(NewServer.on("compute-3")));
      assertThat(refusal(first, null)).endsWith("There are not enough hosts available.");
    }

    @Test
    void affinityOfTwoMembersHasNoValidHost() {
      var first = active();
      cloud.addGroup("together", "affinity", first, active());
      assertThat(refusal(first, null)).endsWith("There are not enough hosts available.");
    }

    @Test
    void affinityOfASingleMemberHasNoValidHost() {
      var only = active();
      cloud.addGroup("together", "affinity", only);
      assertThat(refusal(only, null)).endsWith("There are not enough hosts available.");
    }

    @Test
    void membersOfADeletedGroupCanMove() {
      var first = active();
      var group = cloud.addGroup("together", "affinity", first, active());
      cloud.deleteGroup(group.id());
      liveMigrate(first);
      cloud.settle();
      assertThat(first.host()).isNotEqualTo("compute-1");
    }
  }

  @Nested
  class StateTable {
    private Server in(VmState vmState) {
      if (vmState != VmState.RESIZED) {
        return cloud.place(NewServer.on("compute-1").in(vmState));
      }
      var server = active();
      migrate(server, "compute-2");
      cloud.settle();
      return server;
    }

    /** 202, or the attribute the 409 names. */
    private String ask(Runnable deed) {
      var refused = catchThrowableOfType(Refused.class, deed::run);
      if (refused == null) {
        return "202";
      }
      assertThat(refused.status()).isEqualTo(409);
      return refused.getMessage().replaceFirst(".* while it is in ", "");
    }

    @ParameterizedTest(name = "{0}: live {1}, cold {2}")
    @CsvSource({
      "ACTIVE, 202, 202",
      "PAUSED, 202, vm_state paused",
      "SUSPENDED, vm_state suspended, vm_state suspended",
      "STOPPED, vm_state stopped, 202",
      "RESCUED, vm_state rescued, vm_state rescued",
      "RESIZED, vm_state resized, vm_state resized",
      "ERROR, vm_state error, vm_state error",
      "BUILDING, vm_state building, vm_state building",
      "SHELVED, vm_state shelved, vm_state shelved",
      "SHELVED_OFFLOADED, vm_state shelved_offloaded, vm_state shelved_offloaded",
      "SOFT_DELETED, vm_state soft-delete, vm_state soft-delete"
    })
    void decidesWhichServersCanMigrateLiveOrCold(VmState vmState, String live, String cold) {
      var one = in(vmState);
      var other = in(vmState);
      assertThat(
              ask(() -> cloud.liveMigrate(cloud.admin(), one.id(), LiveMigrationRequest.to(null))))
          .isEqualTo(live);
      assertThat(ask(() -> cloud.migrate(cloud.admin(), other.id(), null))).isEqualTo(cold);
    }

    @ParameterizedTest
    @CsvSource({
      "ACTIVE, PAUSE, PAUSED, 3",
      "PAUSED, UNPAUSE, ACTIVE, 1",
      "ACTIVE, SUSPEND, SUSPENDED, 4",
      "SUSPENDED, RESUME, ACTIVE, 1",
      "ACTIVE, STOP, SHUTOFF, 4",
      "STOPPED, START, ACTIVE, 1",
      "ACTIVE, RESCUE, RESCUE, 1",
      "RESCUED, UNRESCUE, ACTIVE, 1",
      "ACTIVE, SHELVE, SHELVED, 4",
      "SHELVED, SHELVE_OFFLOAD, SHELVED_OFFLOADED, 4",
      "SHELVED_OFFLOADED, UNSHELVE, ACTIVE, 1",
      "ACTIVE, SOFT_DELETE, SOFT_DELETED, 4",
      "SOFT_DELETED, RESTORE, ACTIVE, 1",
      "ERROR, DELETE, DELETED, 0"
    })
    void definesTheStateAfterEachOperation(
        VmState before, Operation operation, String status, int power) {
      var server = in(before);
      cloud.perform(cloud.admin(), server.id(), operation);
      cloud.settle();
      assertThat(server.status()).isEqualTo(status);
      assertThat(server.powerState().number()).isEqualTo(power);
      assertThat(server.taskState()).isNull();
    }

    @Test
    void makesARunningTaskAConflict() {
      var server = active();
      liveMigrate(server);
      assertThatThrownBy(
              () -> cloud.liveMigrate(cloud.admin(), server.id(), LiveMigrationRequest.to(null)))
          .hasMessage(
              "Cannot 'os-migrateLive' instance %s while it is in task_state migrating",
              server.id());
    }

    @Test
    void letsOnlyTheAdministratorChangeALockedServer() {
      var server = active();
      cloud.lock(cloud.tenant(), server.id(), "mine");
      assertThatThrownBy(() -> cloud.perform(cloud.tenant(), server.id(), Operation.STOP))
          .hasMessage("Instance %s is locked", server.id());
      assertThat(liveMigrate(server).status()).isEqualTo(MigrationStatus.ACCEPTED);
    }

    @Test
    void forbidsAMemberToMigrateAServer() {
      var server = active();
      assertThatThrownBy(() -> cloud.migrate(cloud.tenant(), server.id(), null))
          .hasMessage(
              "Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed.");
    }

    @Test
    void hidesAServerOfAnotherProject() {
      var server = active();
      var stranger = cloud.addUser("stranger", "elsewhere", false);
      assertThatThrownBy(() -> cloud.perform(cloud.as(stranger), server.id(), Operation.STOP))
          .hasMessage("Instance %s could not be found.", server.id());
    }

    @Test
    void powerSyncStopsAServerWhoseGuestShutItselfDown() {
      var server = active();
      cloud.powerOffInside(server.id());
      assertThat(server.status()).isEqualTo("ACTIVE");
      cloud.advance(Duration.ofMinutes(10));
      cloud.settle();
      assertThat(server.status()).isEqualTo("SHUTOFF");
    }

    @Test
    void powerSyncLeavesAnActionWithoutAUser() {
      var server = active();
      cloud.powerOffInside(server.id());
      cloud.settle();
      assertThat(cloud.actions(server.id()).getLast())
          .returns("stop", InstanceAction::action)
          .returns(null, action -> action.caller().user().id())
          .returns(null, action -> action.caller().user().projectId());
    }
  }

  /** What is asked of a server where it is (nova/compute/manager.py). */
  @Nested
  class Orders {
    private Server in(VmState vmState) {
      return cloud.place(NewServer.on("compute-1").in(vmState));
    }

    private Server order(VmState vmState, Operation operation) {
      return order(in(vmState), operation);
    }

    private Server order(Server server, Operation operation) {
      cloud.perform(cloud.admin(), server.id(), operation);
      return server;
    }

    private InstanceAction action(Server server) {
      return cloud.actions(server.id()).getLast();
    }

    @ParameterizedTest
    @CsvSource({
      "SUSPENDED, RESUME, compute_resume_instance",
      "ACTIVE, SUSPEND, compute_suspend_instance",
      "ACTIVE, PAUSE, compute_pause_instance",
      "PAUSED, UNPAUSE, compute_unpause_instance",
      "RESCUED, UNRESCUE, compute_unrescue_instance",
      "ACTIVE, STOP, compute_stop_instance",
      "STOPPED, START, compute_start_instance",
      "SHELVED, SHELVE_OFFLOAD, compute_shelve_offload_instance",
      "SOFT_DELETED, DELETE, compute_terminate_instance",
      "SHELVED, UNSHELVE, compute_start_instance"
    })
    void leaveOneEventOfTheHost(VmState before, Operation operation, String event) {
      var server = order(before, operation);
      cloud.settle();
      assertThat(action(server).events())
          .extracting(InstanceAction.Event::name, InstanceAction.Event::result)
          .containsExactly(tuple(event, "Success"));
    }

    @Test
    void beginTheirEventBeforeTheStateChanges() {
      var server = order(VmState.SUSPENDED, Operation.RESUME);
      while (action(server).events().isEmpty()) {
        cloud.step();
      }
      assertThat(action(server).events().getFirst().result()).isNull();
      assertThat(server.taskState()).isEqualTo(TaskState.RESUMING);
    }

    @Test
    void unshelveOfAnOffloadedServerTellsHowItsHostWasFound() {
      var server = cloud.place(NewServer.on(null).in(VmState.SHELVED_OFFLOADED));
      cloud.perform(cloud.admin(), server.id(), Operation.UNSHELVE);
      cloud.settle();
      assertThat(action(server).events())
          .extracting(InstanceAction.Event::name)
          .containsExactly("get_image_info", "schedule_instances", "compute_unshelve_instance");
    }

    @Test
    void unshelveWithoutAHostFailsAndTheServerStaysOffloaded() {
      cloud.hosts().forEach(host -> cloud.disable(cloud.admin(), host.name(), null));
      var server = cloud.place(NewServer.on(null).in(VmState.SHELVED_OFFLOADED));
      cloud.perform(cloud.admin(), server.id(), Operation.UNSHELVE);
      cloud.settle();
      assertThat(server.status()).isEqualTo("SHELVED_OFFLOADED");
      assertThat(action(server).events().getLast().details())
          .isEqualTo("No valid host was found. ");
    }

    @Test
    void stopServersInError() {
      var server = order(VmState.ERROR, Operation.STOP);
      cloud.settle();
      assertThat(server.status()).isEqualTo("SHUTOFF");
    }

    @Test
    void cannotStopAServerWithoutAHost() {
      var server = cloud.place(NewServer.on(null).in(VmState.ERROR));
      assertThatThrownBy(() -> order(server, Operation.STOP))
          .hasMessage("Instance %s is not ready", server.id());
    }

    @Test
    void offloadShowsTheStateBeforeTheHostIsGone() {
      var server = order(VmState.SHELVED, Operation.SHELVE_OFFLOAD);
      cloud.settle();
      assertThat(writes(Set.of(server.id())))
          .containsExactly(
              "task_state=shelving_offloading",
              "vm_state=shelved_offloaded",
              "task_state=null",
              "host=null");
    }

    @Test
    void offloadGivesUpTheAllocationBeforeTheHost() {
      var server = order(VmState.SHELVED, Operation.SHELVE_OFFLOAD);
      while (server.vmState() == VmState.SHELVED) {
        cloud.step();
      }
      assertThat(server.host()).isEqualTo("compute-1");
      assertThat(cloud.allocationsOn("compute-1")).isEmpty();
    }

    @Test
    void deletionIsAcceptedAgainWithoutAnAction() {
      var server = order(VmState.SOFT_DELETED, Operation.DELETE);
      order(server, Operation.DELETE);
      cloud.settle();
      assertThat(cloud.actions(server.id()))
          .extracting(InstanceAction::action)
          .containsExactly("create", "delete");
    }

    @Test
    void resettingTheStateLeavesAnActionWithoutAnEvent() {
      var server = in(VmState.ERROR);
      cloud.resetState(cloud.admin(), server.id(), VmState.ACTIVE);
      cloud.settle();
      assertThat(action(server).action()).isEqualTo("resetState");
      assertThat(action(server).events()).isEmpty();
    }

    @Test
    void resettingTheStateDoesNotTouchTheGuest() {
      var server =
          cloud.place(NewServer.on("compute-1").in(VmState.ERROR).power(PowerState.SHUTDOWN));
      cloud.resetState(cloud.admin(), server.id(), VmState.ACTIVE);
      cloud.settle();
      assertThat(server.powerState()).isEqualTo(PowerState.SHUTDOWN);
    }

    @ParameterizedTest(name = "{1} of {0}: {2}, power {3}")
    @CsvSource({
      "SUSPENDED, RESUME, ERROR, 4",
      "ACTIVE, SUSPEND, ERROR, 1",
      "RESCUED, UNRESCUE, ERROR, 1",
      "ACTIVE, PAUSE, ACTIVE, 1",
      "PAUSED, UNPAUSE, PAUSED, 3",
      "ACTIVE, STOP, ACTIVE, 1",
      "ERROR, STOP, ERROR, 1",
      "STOPPED, START, SHUTOFF, 4",
      "ACTIVE, SHELVE, ACTIVE, 1",
      "SHELVED, SHELVE_OFFLOAD, SHELVED, 4"
    })
    void thatFailLeaveTheServerAsNovaLeavesIt(
        VmState before, Operation operation, String status, int power) {
      var server = order(failing(before, operation), operation);
      cloud.settle();
      assertThat(server.status()).isEqualTo(status);
      assertThat(server.powerState().number()).isEqualTo(power);
      assertThat(server.taskState()).isNull();
    }

    private Server failing(VmState before, Operation operation) {
      return cloud.place(
          NewServer.on("compute-1").in(before).with(Steering.ORDER_FAIL, operation.action()));
    }

    @Test
    void takeTheTimeOfTheGuest() {
      var server =
          order(
              cloud.place(NewServer.on("compute-1").with(Steering.ORDER_SECONDS, "60")),
              Operation.STOP);
      cloud.advance(Duration.ofSeconds(59));
      assertThat(server.taskState()).isEqualTo(TaskState.POWERING_OFF);
      cloud.advance(Duration.ofSeconds(2));
      assertThat(server.status()).isEqualTo("SHUTOFF");
    }

    @Test
    void thatFailSaySoInTheirAction() {
      var server = order(failing(VmState.PAUSED, Operation.UNPAUSE), Operation.UNPAUSE);
      cloud.settle();
      assertThat(action(server).message()).isEqualTo("Error");
      assertThat(action(server).events().getFirst().details()).isEqualTo("lab_order_fail");
    }

    @Test
    void thatAreNotNamedDoNotFail() {
      var server = order(failing(VmState.ACTIVE, Operation.RESUME), Operation.SUSPEND);
      cloud.settle();
      assertThat(server.status()).isEqualTo("SUSPENDED");
    }
  }

  /** Recorded from a Nova whose nova-compute was stopped and started again. */
  @Nested
  class OrdersToADeadHost {
    private Server waiting(VmState before, Operation operation) {
      var server = cloud.place(NewServer.on("compute-1").in(before));
      cloud.killCompute("compute-1");
      cloud.perform(cloud.admin(), server.id(), operation);
      cloud.advance(Duration.ofHours(1));
      return server;
    }

    private void started() {
      cloud.startCompute("compute-1");
      cloud.settle();
    }

    private InstanceAction action(Server server) {
      return cloud.actions(server.id()).getLast();
    }

    @ParameterizedTest(name = "{1} of {0}: {2}, then {3}")
    @CsvSource({
      "SUSPENDED, RESUME, resuming, ACTIVE, 1",
      "ACTIVE, SUSPEND, suspending, SUSPENDED, 4",
      "RESCUED, UNRESCUE, unrescuing, ACTIVE, 1",
      "ACTIVE, SHELVE, shelving, SHELVED, 4",
      "SHELVED, SHELVE_OFFLOAD, shelving_offloading, SHELVED_OFFLOADED, 4",
      "ACTIVE, STOP, powering-off, SHUTOFF, 4",
      "STOPPED, START, powering-on, ACTIVE, 1",
      "PAUSED, UNPAUSE, unpausing, ACTIVE, 1",
      "ACTIVE, PAUSE, pausing, ACTIVE, 3"
    })
    void areCarriedOutWhenItReturns(
        VmState before, Operation operation, String task, String status, int power) {
      var server = waiting(before, operation);
      assertThat(server.taskState().text()).isEqualTo(task);
      started();
      assertThat(server.status()).isEqualTo(status);
      assertThat(server.taskState()).isNull();
      assertThat(server.powerState().number()).isEqualTo(power);
    }

    @Test
    void haveAnActionWithoutAnEventUntilThen() {
      var server = waiting(VmState.SUSPENDED, Operation.RESUME);
      assertThat(action(server).events()).isEmpty();
      assertThat(action(server).message()).isNull();
    }

    @Test
    void makeAnotherOneAConflict() {
      var server = waiting(VmState.SUSPENDED, Operation.RESUME);
      assertThatThrownBy(() -> cloud.perform(cloud.admin(), server.id(), Operation.RESUME))
          .hasMessage(
              "Cannot 'resume' instance %s while it is in task_state resuming", server.id());
    }

    @Test
    void stopLeavesASecondEventThatNeverEnds() {
      var server = waiting(VmState.ACTIVE, Operation.STOP);
      started();
      assertThat(action(server).events())
          .extracting(InstanceAction.Event::name, InstanceAction.Event::result)
          .containsExactly(
              tuple("compute_stop_instance", "Success"), tuple("compute_stop_instance", null));
    }

    @Test
    void deletionIsALocalOneWhileTheHostIsKnownToBeDown() {
      var server = cloud.place(NewServer.on("compute-1"));
      cloud.killCompute("compute-1");
      cloud.advance(Duration.ofMinutes(2));
      cloud.perform(cloud.admin(), server.id(), Operation.DELETE);
      cloud.settle();
      assertThat(server.deleted()).isTrue();
      assertThat(action(server).events()).isEmpty();
    }

    @Test
    void deletionWaitsWhileTheHostIsHeldForUp() {
      var server = cloud.place(NewServer.on("compute-1"));
      cloud.killCompute("compute-1");
      cloud.perform(cloud.admin(), server.id(), Operation.DELETE);
      cloud.advance(Duration.ofHours(1));
      assertThat(server.taskState()).isEqualTo(TaskState.DELETING);
      started();
      assertThat(server.deleted()).isTrue();
    }

    @Test
    void deletionThatWaitsBecomesALocalOneWhenAskedAgain() {
      var server = cloud.place(NewServer.on("compute-1"));
      cloud.killCompute("compute-1");
      cloud.perform(cloud.admin(), server.id(), Operation.DELETE);
      cloud.advance(Duration.ofMinutes(2));
      cloud.perform(cloud.admin(), server.id(), Operation.DELETE);
      cloud.settle();
      assertThat(server.deleted()).isTrue();
    }

    @Test
    void rebootIsForgotten() {
      var server = waiting(VmState.PAUSED, Operation.REBOOT);
      server.guest(PowerState.RUNNING);
      cloud.startCompute("compute-1");
      assertThat(server.status()).isEqualTo("ACTIVE");
      assertThat(server.taskState()).isNull();
    }

    /** nova-compute asks the hypervisor first, and notices only when it writes. */
    @ParameterizedTest(name = "{1} of {0}, reset to {2}: {3}, power {4}")
    @CsvSource({
      "SUSPENDED, RESUME, ERROR, ERROR, 1",
      "ACTIVE, STOP, ACTIVE, SHUTOFF, 4",
      "ACTIVE, SUSPEND, ACTIVE, SHUTOFF, 4",
      "ACTIVE, PAUSE, ACTIVE, ACTIVE, 3",
      "ACTIVE, SOFT_DELETE, ACTIVE, SHUTOFF, 4",
      "ACTIVE, DELETE, ACTIVE, DELETED, 0"
    })
    void areNotTakenBackByResettingTheState(
        VmState before, Operation operation, VmState reset, String status, int power) {
      var server = waiting(before, operation);
      cloud.resetState(cloud.admin(), server.id(), reset);
      started();
      assertThat(server.status()).isEqualTo(status);
      assertThat(server.powerState().number()).isEqualTo(power);
    }

    @Test
    void failWhenTheirTaskIsGoneAlthoughTheyWereCarriedOut() {
      var server = waiting(VmState.SUSPENDED, Operation.RESUME);
      var ordered = action(server);
      cloud.resetState(cloud.admin(), server.id(), VmState.ERROR);
      started();
      assertThat(ordered.message()).isEqualTo("Error");
      assertThat(ordered.events().getFirst().details())
          .isEqualTo(
              "Conflict updating instance %s. Expected: {'task_state': ['resuming']}. Actual:"
                  + " {'task_state': None}",
              server.id());
    }

    @Test
    void areLostWhenTheHostDiesWhileItCarriesThemOut() {
      var server = cloud.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      cloud.perform(cloud.admin(), server.id(), Operation.RESUME);
      while (action(server).events().isEmpty()) {
        cloud.step();
      }
      cloud.killCompute("compute-1");
      started();
      assertThat(server.taskState()).isEqualTo(TaskState.RESUMING);
      assertThat(action(server).events().getFirst().result()).isNull();
    }
  }

  @Nested
  class Guests {
    private String diagnosed(Server server) {
      var refused =
          catchThrowableOfType(Refused.class, () -> cloud.diagnose(cloud.admin(), server.id()));
      return refused == null ? "200" : refused.status() + " " + refused.getMessage();
    }

    @ParameterizedTest
    @CsvSource({"ACTIVE", "ERROR", "RESCUED"})
    void runWhereTheHypervisorRunsThem(VmState vmState) {
      assertThat(diagnosed(cloud.place(NewServer.on("compute-1").in(vmState)))).isEqualTo("200");
    }

    @ParameterizedTest
    @CsvSource({"STOPPED, shutdown", "PAUSED, paused", "SUSPENDED, shutdown"})
    void areRefusedWithTheWordOfTheDatabaseWhereTheyDoNotRun(VmState vmState, String word) {
      var server = cloud.place(NewServer.on("compute-1").in(vmState));
      assertThat(diagnosed(server))
          .isEqualTo(
              "409 Cannot 'get_diagnostics' instance %s while it is in power state %s",
              server.id(), word);
    }

    @Test
    void mayBeOffWithoutTheDatabaseKnowing() {
      var server = active();
      cloud.crash(server.id());
      assertThat(diagnosed(server)).endsWith("while it is in power state running");
      assertThat(server.powerState()).isEqualTo(PowerState.RUNNING);
    }

    @ParameterizedTest
    @CsvSource({"ACTIVE, SHUTOFF", "PAUSED, SHUTOFF", "ERROR, ERROR", "RESCUED, RESCUE"})
    void areStoppedWhenTheDatabaseHearsThatTheyAreOff(VmState before, String status) {
      var server = cloud.place(NewServer.on("compute-1").in(before));
      cloud.crash(server.id());
      cloud.settle();
      assertThat(server.status()).isEqualTo(status);
      assertThat(server.powerState()).isEqualTo(PowerState.SHUTDOWN);
    }

    @Test
    void ofADeadHostTimeOut() {
      var server = active();
      cloud.killCompute("compute-1");
      assertThat(diagnosed(server)).startsWith("500 ").contains("MessagingTimeout");
    }

    @Test
    void withoutAHostAreNotReady() {
      var server = cloud.place(NewServer.on(null).in(VmState.SHELVED_OFFLOADED));
      assertThat(diagnosed(server)).isEqualTo("409 Instance %s is not ready", server.id());
    }

    @Test
    void areShownToAdministratorsOnly() {
      var server = active();
      assertThatThrownBy(() -> cloud.diagnose(cloud.tenant(), server.id()))
          .hasMessage("Policy doesn't allow os_compute_api:os-server-diagnostics to be performed.");
    }

    @Test
    void changeTheirMemoryOnlyWhileTheyRun() {
      var server = cloud.place(NewServer.on("compute-1").in(VmState.SUSPENDED));
      cloud.advance(Duration.ofHours(1));
      assertThat(server.ran()).isEqualTo(Duration.ZERO);
      cloud.perform(cloud.admin(), server.id(), Operation.RESUME);
      cloud.settle();
      cloud.advance(Duration.ofSeconds(5));
      assertThat(server.ran()).isEqualTo(Duration.ofSeconds(5));
    }
  }

  @Nested
  class Services {
    @Test
    void deadServiceIsShownUpForAMinute() {
      cloud.killCompute("compute-1");
      cloud.advance(Duration.ofSeconds(59));
      assertThat(cloud.host("compute-1").up()).isTrue();
      cloud.advance(Duration.ofSeconds(1));
      assertThat(cloud.host("compute-1").up()).isFalse();
    }

    @Test
    void disablingWithoutAReasonRemovesTheReason() {
      cloud.disable(cloud.admin(), "compute-1", "why");
      cloud.disable(cloud.admin(), "compute-1", null);
      assertThat(cloud.host("compute-1").disabledReason()).isNull();
    }

    @Test
    void serviceWithServersCannotBeDeleted() {
      active();
      assertThatThrownBy(() -> cloud.deleteService(cloud.admin(), "compute-1"))
          .hasMessageStartingWith("Unable to delete compute service that is hosting instances.");
    }
  }

  @Nested
  class AnyOrderOfOperations {
    private static final List<Operation> OPERATIONS =
        List.of(
            Operation.PAUSE,
            Operation.UNPAUSE,
            Operation.STOP,
            Operation.START,
            Operation.SUSPEND,
            Operation.RESUME,
            Operation.RESCUE,
            Operation.UNRESCUE,
            Operation.DELETE);

    private final List<Server> all = new ArrayList<>();

    private Cloud played(long seed) {
      var random = new SplittableRandom(seed);
      var cloud = new Cloud(START, random, Timing.DEFAULT.withJitter(0.9));
      for (var i = 1; i <= 3; i++) {
        cloud.addHost("compute-" + i, 16 * 1024);
      }
      for (var i = 0; i < 6; i++) {
        var wanted = NewServer.on("compute-1");
        all.add(cloud.place(i % 3 == 0 ? wanted.with(Steering.LM_FAIL, "1") : wanted));
      }
      for (var i = 0; i < 200; i++) {
        try {
          deed(cloud, random, all.get(random.nextInt(all.size())).id());
        } catch (Refused refused) {
          assertThat(refused.status()).isIn(400, 404, 409);
        }
        cloud.advance(Duration.ofMillis(random.nextInt(2000)));
      }
      cloud.settle();
      return cloud;
    }

    private void deed(Cloud cloud, SplittableRandom random, String id) {
      var host = "compute-" + (1 + random.nextInt(3));
      var target = random.nextBoolean() ? host : null;
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> cloud.liveMigrate(cloud.admin(), id, LiveMigrationRequest.to(target));
        case 3, 4 -> cloud.migrate(cloud.admin(), id, target);
        case 5 -> cloud.confirmResize(cloud.tenant(), id);
        case 6 -> cloud.revertResize(cloud.tenant(), id);
        case 7 -> cloud.disable(cloud.admin(), host, "why");
        case 8 -> cloud.enable(cloud.admin(), host);
        case 9 -> all.add(cloud.boot(cloud.tenant(), "new", 512));
        case 10 -> {
          var migrations = cloud.migrations(id);
          if (!migrations.isEmpty()) {
            cloud.abortLiveMigration(cloud.admin(), id, migrations.getLast().id(), true);
          }
        }
        default ->
            cloud.perform(cloud.tenant(), id, OPERATIONS.get(random.nextInt(OPERATIONS.size())));
      }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void leavesNoTask(long seed) {
      played(seed);
      assertThat(all).extracting(Server::taskState).containsOnlyNulls();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void leavesEachServerWithAllocationsOfItsHostOnly(long seed) {
      var cloud = played(seed);
      var alive = all.stream().filter(s -> !s.deleted() && s.host() != null).toList();
      assertThat(alive)
          .allSatisfy(
              server ->
                  assertThat(cloud.allocationsByConsumer().get(server.id()))
                      .as(server.status())
                      .containsOnlyKeys(cloud.host(server.host())));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void leavesOnlyUnconfirmedMigrationsUnfinished(long seed) {
      var cloud = played(seed);
      assertThat(cloud.migrations())
          .filteredOn(m -> !m.status().terminal())
          .allSatisfy(
              m -> {
                assertThat(m.status()).isEqualTo(MigrationStatus.FINISHED);
                assertThat(m.server().status()).isEqualTo("VERIFY_RESIZE");
              });
    }
  }

  @Nested
  class Determinism {
    private List<Change> history(long seed) {
      var cloud = new Cloud(START, new SplittableRandom(seed), jittery());
      for (var i = 1; i <= 4; i++) {
        cloud.addHost("compute-" + i);
      }
      for (var i = 0; i < 8; i++) {
        var server = cloud.place(NewServer.on("compute-1"));
        cloud.liveMigrate(cloud.admin(), server.id(), LiveMigrationRequest.to(null));
      }
      cloud.settle();
      return cloud.changes();
    }

    private Timing jittery() {
      return Timing.DEFAULT.withJitter(0.5);
    }

    @Test
    void sameSeedGivesTheSameHistory() {
      assertThat(history(7)).isEqualTo(history(7));
    }

    @Test
    void anotherSeedGivesAnotherHistory() {
      assertThat(history(7)).isNotEqualTo(history(8));
    }
  }

  /** What keeps a server from moving although hosts are free. */
  @Nested
  class AServerWithRequirements {

    private Server with(UnaryOperator<Requirements> change) {
      return cloud.place(NewServer.on("compute-1").requiring(change.apply(Requirements.NONE)));
    }

    private String refusal(Server server) {
      cloud.liveMigrate(cloud.admin(), server.id(), LiveMigrationRequest.to(null));
      cloud.settle();
      return server.host().equals("compute-1")
          ? cloud.actions(server.id()).getLast().events().getFirst().details()
          : null;
    }

    private static final String NO_CANDIDATE = "No valid host was found. ";
    private static final String FILTERED =
        "No valid host was found. There are not enough hosts available.";

    /** Placement still has its own host, which a move leaves out. */
    @Test
    void staysInAZoneOfWhichAllOtherHostsAreElsewhere() {
      cloud.zone("compute-1", "z1");
      var server = with(r -> r.pinned("z1"));
      assertThat(refusal(server)).isEqualTo(FILTERED);

      cloud.disable(cloud.admin(), "compute-1", null);
      assertThat(refusal(server)).isEqualTo(NO_CANDIDATE);
    }

    @Test
    void movesWithinItsZone() {
      cloud.zone("compute-1", "z1");
      cloud.zone("compute-3", "z1");
      var server = with(r -> r.pinned("z1"));

      assertThat(refusal(server)).isNull();
      assertThat(server.host()).isEqualTo("compute-3");
    }

    @Test
    void movesOutOfItsZoneOnceItIsUnpinned() {
      cloud.zone("compute-1", "z1");
      var server = with(r -> r.pinned("z1"));
      cloud.pin(cloud.admin(), server.id(), null);

      assertThat(refusal(server)).isNull();
    }

    @Test
    void isPinnedOnlyToTheZoneItIsIn() {
      var server = with(r -> r);
      cloud.pin(cloud.admin(), server.id(), "nova");
      cloud.pin(cloud.admin(), server.id(), "nova");
      assertThat(server.requirements().pinnedZone()).isEqualTo("nova");

      assertThatExceptionOfType(Refused.class)
          .isThrownBy(() -> cloud.pin(cloud.admin(), server.id(), "z1"))
          .withMessageStartingWith("Cannot change pinned availability zone directly.");
      cloud.pin(cloud.admin(), server.id(), null);
      assertThatExceptionOfType(Refused.class)
          .isThrownBy(() -> cloud.pin(cloud.admin(), server.id(), "z1"))
          .withMessage(
              "Server can only be pinned to its current availability zone 'nova', but 'z1' was"
                  + " requested.");
    }

    @Test
    void staysWhereEachOtherHostHasAServerThatItMustNotMeet() {
      var others =
          List.of(
              cloud.place(NewServer.on("compute-2")).id(),
              cloud.place(NewServer.on("compute-3")).id());
      var server = with(r -> r.hint("different_host", others));

      assertThat(refusal(server)).isEqualTo(FILTERED);
    }

    @Test
    void movesToTheHostOfTheServerThatItHasToMeet() {
      var other = cloud.place(NewServer.on("compute-2"));
      var server = with(r -> r.hint("same_host", List.of(other.id())));

      assertThat(refusal(server)).isNull();
      assertThat(server.host()).isEqualTo("compute-2");
    }

    @Test
    void staysWhereTheServerThatItHasToMeetIsGone() {
      var server = with(r -> r.hint("same_host", List.of("nobody")));

      assertThat(refusal(server)).isEqualTo(FILTERED);
    }

    @Test
    void movesAnywhereWhereTheFiltersForHintsAreNotEnabled() {
      cloud.hintFilters(false);
      var server = with(r -> r.hint("same_host", List.of("nobody")));

      assertThat(refusal(server)).isNull();
    }

    @Test
    void staysWhereAnotherResourceThanMemoryIsUsedUp() {
      List.of("compute-2", "compute-3")
          .forEach(h -> cloud.capacity(h, new Resources(3, 100_000, 1000)));

      assertThat(refusal(with(r -> r.vcpus(4)))).isEqualTo(FILTERED);
    }

    @Test
    void staysWhereNoOtherHostHasTheTrait() {
      cloud.trait("compute-1", "CUSTOM_FAST");

      assertThat(refusal(with(r -> r.traits(Set.of("CUSTOM_FAST"), Set.of())))).isEqualTo(FILTERED);
    }
  }
}
