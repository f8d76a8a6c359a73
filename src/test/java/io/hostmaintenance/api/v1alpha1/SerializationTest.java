package io.hostmaintenance.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.lang.reflect.InvocationTargetException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes to the API server and comes back is what was meant. */
class SerializationTest {

  private static final Instant TEN = Instant.parse("2026-11-23T10:00:00Z");

  @Test
  void fullResourceIsUnchangedAfterAJsonRoundTrip() {
    var read = Serialization.unmarshal(Serialization.asJson(full()), HostMaintenance.class);
    assertThat(read.getSpec()).isEqualTo(full().getSpec());
    assertThat(read.getStatus()).isEqualTo(full().getStatus());
  }

  @Test
  void fullResourceIsUnchangedAfterAYamlRoundTrip() {
    var read = Serialization.unmarshal(Serialization.asYaml(full()), HostMaintenance.class);
    assertThat(read.getSpec()).isEqualTo(full().getSpec());
    assertThat(read.getStatus()).isEqualTo(full().getStatus());
  }

  @Test
  void fullResourceOfTheseTestsSetsEveryField() throws ReflectiveOperationException {
    var status = full().getStatus();
    everyComponentIsSet(full().getSpec());
    everyComponentIsSet(status);
    everyComponentIsSet(status.service());
    everyComponentIsSet(status.cloud());
    everyComponentIsSet(status.conditions().getFirst());
    everyComponentIsSet(status.instances().getFirst());
  }

  @Test
  void timestampIsWrittenAsRfc3339InWholeSeconds() {
    var status = json(full()).path("status");
    assertThat(status.path("firstEmptyTime").asText()).isEqualTo("2026-11-23T10:00:00Z");
    assertThat(status.at("/conditions/0/lastTransitionTime").asText())
        .isEqualTo("2026-11-23T10:00:00Z");
    assertThat(status.at("/service/reenabledTime/0").asText()).isEqualTo("2026-11-23T10:00:00Z");
    for (var field :
        List.of(
            "observedTime",
            "requestTime",
            "startTime",
            "lastTransitionTime",
            "nextAttemptTime",
            "firstRefusedTime")) {
      assertThat(status.at("/instances/0/" + field).asText()).isEqualTo("2026-11-23T10:00:00Z");
    }
  }

  @Test
  void fieldsOfANewerSchemaAreIgnored() {
    var read =
        Serialization.unmarshal(
            """
            apiVersion: hostmaintenance.io/v1alpha1
            kind: HostMaintenance
            metadata: { name: compute-1 }
            spec: { host: compute-1, newer: 1, concurrency: { live: 4, newer: 1 } }
            status:
              newer: 1
              service: { id: s, newer: 1 }
              conditions: [{ type: Ready, status: "True", newer: 1 }]
              instances: [{ id: a, state: Newer, newer: 1 }]
            """,
            HostMaintenance.class);
    assertThat(read.getSpec().concurrency()).isEqualTo(new Concurrency(4, 4));
    assertThat(read.getStatus().condition(Condition.READY).orElseThrow().isTrue()).isTrue();
    assertThat(read.getStatus().service().id()).isEqualTo("s");
    assertThat(read.getStatus().instances().getFirst().state()).isEqualTo("Newer");
  }

  @Test
  void absentSpecFieldHasTheDefaultOfTheCrd() {
    var read = Serialization.unmarshal("spec: { host: compute-1 }", HostMaintenance.class);
    assertThat(read.getSpec())
        .isEqualTo(
            HostMaintenanceSpecBuilder.builder()
                .host("compute-1")
                .liveMigrate(true)
                .concurrency(new Concurrency(Concurrency.AUTO, 4))
                .maxAttempts(3)
                .onTimeout("Abort")
                .onDelete("Finish")
                .suspend(false)
                .build());
  }

  @ParameterizedTest
  @CsvSource({"4, 4", "Auto, 7"})
  void concurrencyOfLiveMigrationsIsANumberOrLeftToTheOperator(String stored, int read) {
    var resource =
        Serialization.unmarshal(
            "spec: { host: compute-1, concurrency: { live: %s } }".formatted(stored),
            HostMaintenance.class);

    assertThat(resource.getSpec().concurrency().live(7)).isEqualTo(read);
    assertThat(json(resource).at("/spec/concurrency/live").asText()).isEqualTo(stored);
  }

  @Test
  void absentStatusFieldsAreNotWritten() {
    var resource = new HostMaintenance();
    resource.setStatus(HostMaintenanceStatus.builder().phase("Pending").build());
    assertThat(json(resource).path("status").properties())
        .extracting(e -> e.getKey())
        .containsExactly("phase");
  }

  @Test
  void zeroCountIsWritten() {
    var resource = new HostMaintenance();
    resource.setStatus(HostMaintenanceStatus.builder().failed(0).build());
    assertThat(json(resource).at("/status/failed").isInt()).isTrue();
  }

  @Test
  void conditionHasOnlyTheStandardFields() {
    assertThat(json(full()).at("/status/conditions/0").properties())
        .extracting(e -> e.getKey())
        .containsExactlyInAnyOrder(
            "type", "status", "reason", "message", "lastTransitionTime", "observedGeneration");
  }

  @Test
  void aNewResourceHasNeitherSpecNorStatus() {
    assertThat(json(new HostMaintenance()).has("spec")).isFalse();
    assertThat(json(new HostMaintenance()).has("status")).isFalse();
  }

  private static JsonNode json(HostMaintenance resource) {
    return Serialization.unmarshal(Serialization.asJson(resource), JsonNode.class);
  }

  private static void everyComponentIsSet(Record value)
      throws IllegalAccessException, InvocationTargetException {
    for (var component : value.getClass().getRecordComponents()) {
      assertThat(component.getAccessor().invoke(value))
          .as(component.getName())
          .isNotNull()
          .isNotEqualTo(List.of());
    }
  }

  private static HostMaintenance full() {
    var resource = new HostMaintenance();
    resource.setMetadata(new ObjectMetaBuilder().withName("compute-1").build());
    resource.setSpec(
        HostMaintenanceSpecBuilder.builder()
            .host("compute-1.example.org")
            .cloud("north")
            .reason("replace DIMM A3")
            .liveMigrate(false)
            .targetHost("compute-2.example.org")
            .concurrency(new Concurrency(4, 2))
            .maxAttempts(5)
            .instanceTimeout("1h30m")
            .onTimeout("Wait")
            .onDelete("Abort")
            .suspend(true)
            .scope("Running")
            .strategies(Strategies.DEFAULT)
            .excludedInstances(List.of("c1d6a1b2-7a1f-4d2e-9a53-0d6d5a1f7b11"))
            .instanceMetadata("Respect")
            .drainTimeout("4h")
            .maxLocalDiskGiB(60)
            .build());
    resource.setStatus(
        HostMaintenanceStatus.builder()
            .cloud(new CloudStatus("north", "https://nova.example.org/v2.1"))
            .observedGeneration(7L)
            .schema(HostMaintenance.SCHEMA_VERSION)
            .phase("Draining")
            .conditions(
                List.of(new Condition(Condition.READY, "False", "Draining", "0 of 1", TEN, 7L)))
            .service(new ServiceStatus("5f1c", true, "enabled", "none", List.of(TEN)))
            .progress("0/1")
            .total(1)
            .moved(0)
            .failed(0)
            .blocked(0)
            .skipped(0)
            .gone(0)
            .remaining(1)
            .plan(
                new PlanStatus(
                    List.of(new PlanStatus.ActionCount("LiveMigrate", 1)), 0, 0, "Fits", TEN))
            .startTime(TEN)
            .firstEmptyTime(TEN)
            .retry("2")
            .instances(List.of(row()))
            .build());
    return resource;
  }

  private static InstanceStatus row() {
    return InstanceStatus.builder()
        .id("c1d6a1b2-7a1f-4d2e-9a53-0d6d5a1f7b11")
        .name("web-1 \uD83D\uDE80")
        .projectId("p")
        .status("ACTIVE")
        .powerState("Running")
        .action("LiveMigrate")
        .strategy("active=Move")
        .step("LiveMigrate")
        .stopRequestId("req-0a3e")
        .plan(new InstancePlan(List.of("LiveMigrate"), List.of("compute-2"), 1, 20))
        .state("InProgress")
        .destinationHost("compute-2.example.org")
        .attempts(1)
        .migrationId(4_294_967_296L)
        .requestId("req-0a3f")
        .observedTime(TEN)
        .requestUserId("operator")
        .requestProjectId("admin")
        .requestTime(TEN)
        .progressPercent(40)
        .startTime(TEN)
        .lastTransitionTime(TEN)
        .nextAttemptTime(TEN)
        .firstRefusedTime(TEN)
        .completionTime(TEN)
        .reason("NoValidHost")
        .message("No valid host was found.")
        .build();
  }
}
