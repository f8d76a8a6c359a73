package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.nova.openstack4j.Logs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of an API server. */
class KubernetesTest {

  private static final String CRD_NAME = "hostmaintenances.hostmaintenance.io";

  private final ApiServer server = new ApiServer();
  private final KubernetesClient client = server.client();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @BeforeEach
  void install() {
    server.installCrd();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private HostMaintenance create() {
    var resource = new HostMaintenance();
    resource.setMetadata(
        new ObjectMetaBuilder().withName("hm").withFinalizers(HostMaintenance.FINALIZER).build());
    resource.setSpec(HostMaintenanceSpecBuilder.builder().host("compute-1").build());
    return client.resource(resource).create();
  }

  @Nested
  class TheResourceStore {

    private final ResourceStore resources = new KubernetesResources(client, name -> false);

    private HostMaintenance withPhase(HostMaintenance resource, String phase) {
      resource.setStatus(HostMaintenanceStatus.builder().phase(phase).build());
      return resource;
    }

    @Test
    void readsNothingForAnUnknownName() {
      assertThat(resources.read("hm")).isEmpty();
    }

    @Test
    void listsEveryStoredResourceWithoutTheWatch() {
      create();
      var names = new ArrayList<String>();

      resources.list(r -> names.add(r.getMetadata().getName()));

      assertThat(names).containsExactly("hm");
      assertThat(resources.watched("hm")).isFalse();
    }

    @Test
    void listsInPagesOf50() {
      create();
      var calls = server.calls().size();

      resources.list(r -> {});

      assertThat(server.calls().subList(calls, server.calls().size()))
          .singleElement()
          .satisfies(c -> assertThat(c.query()).contains("limit=50"));
    }

    @Test
    void returnsTheStoredResource() throws ResourceStore.Conflict {
      var written = resources.writeStatus(withPhase(create(), "Draining"));

      assertThat(written.getStatus().phase()).isEqualTo("Draining");
      assertThat(resources.read("hm").orElseThrow().getMetadata().getResourceVersion())
          .isEqualTo(written.getMetadata().getResourceVersion());
    }

    @Test
    void rejectsAStatusOfAnOldResourceVersionAsAConflict() throws ResourceStore.Conflict {
      var old = create();
      resources.writeStatus(withPhase(resources.read("hm").orElseThrow(), "Draining"));

      assertThatExceptionOfType(ResourceStore.Conflict.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(old, "Failed")));
      assertThat(resources.read("hm").orElseThrow().getStatus().phase()).isEqualTo("Draining");
    }

    @Test
    void reportsADeletedResourceAsAConflict() {
      var old = create();
      resources.release(old);
      client.resource(old).delete();

      assertThatExceptionOfType(ResourceStore.Conflict.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(old, "Failed")));
    }

    @Test
    void doesNotReportAServerErrorAsAConflict() {
      var resource = create();
      server.refuse(1, ApiServer.Call::writesStatus, 500);

      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(resource, "Failed")));
    }

    @Test
    void holdAddsTheFinalizer() throws ResourceStore.Conflict {
      var resource = create();
      resources.release(resource);

      var held = resources.hold(resources.read("hm").orElseThrow());

      assertThat(held.getMetadata().getFinalizers()).containsExactly(HostMaintenance.FINALIZER);
      assertThat(resources.read("hm").orElseThrow().getMetadata().getResourceVersion())
          .isEqualTo(held.getMetadata().getResourceVersion());
    }

    @Test
    void holdKeepsTheFinalizerOfAnotherController() throws ResourceStore.Conflict {
      server.addFinalizerBeforeTheNextPatch("a/b");
      resources.release(create());

      var held = resources.hold(resources.read("hm").orElseThrow());

      assertThat(held.getMetadata().getFinalizers())
          .containsExactlyInAnyOrder("a/b", HostMaintenance.FINALIZER);
    }

    @Test
    void holdOfAnOldResourceVersionIsAConflict() throws ResourceStore.Conflict {
      var old = create();
      resources.writeStatus(withPhase(resources.read("hm").orElseThrow(), "Draining"));

      assertThatExceptionOfType(ResourceStore.Conflict.class).isThrownBy(() -> resources.hold(old));
    }

    @Test
    void releaseRemovesTheFinalizer() {
      var resource = create();
      client.resource(resource).delete();

      resources.release(resource);

      assertThat(resources.read("hm")).isEmpty();
    }

    @Test
    void releaseKeepsTheFinalizerOfAnotherController() {
      var resource = create();
      server.addFinalizerBeforeTheNextPatch("a/b");

      resources.release(resource);

      assertThat(resources.read("hm").orElseThrow().getMetadata().getFinalizers())
          .containsExactly("a/b");
    }

    @Test
    void releaseFailsAfterRepeatedConflicts() {
      var resource = create();
      server.refuse(100, call -> call.method().equals("PATCH"), 409);

      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> resources.release(resource));
    }

    @Test
    void releaseOfADeletedResourceSucceeds() {
      var resource = create();
      server.refuse(1, call -> call.method().equals("PATCH"), 404);

      assertThatCode(() -> resources.release(resource)).doesNotThrowAnyException();
    }

    @Test
    void cacheKeepsNoInstanceRowsAndNoManagedFields() {
      var resource = create();
      resource
          .getMetadata()
          .setManagedFields(List.of(new ManagedFieldsEntryBuilder().withManager("us").build()));
      resource.setStatus(
          HostMaintenanceStatus.builder()
              .phase("Draining")
              .instances(List.of(InstanceStatus.builder().id("a").state("InProgress").build()))
              .build());

      var remembered = KubernetesResources.remembered(resource);

      assertThat(remembered.getStatus().instances()).isEmpty();
      assertThat(remembered.getStatus().phase()).isEqualTo("Draining");
      assertThat(remembered.getMetadata().getManagedFields()).isEmpty();
      assertThat(remembered.getMetadata().getUid()).isEqualTo(resource.getMetadata().getUid());
      assertThat(resource.getStatus().instances()).hasSize(1);
    }

    @Test
    void releaseDoesNotChangeANewResourceOfTheSameName() {
      var resource = create();
      resource.getMetadata().setUid("that-of-its-predecessor");

      resources.release(resource);

      assertThat(resources.read("hm").orElseThrow().getMetadata().getFinalizers())
          .containsExactly(HostMaintenance.FINALIZER);
    }
  }

  @Nested
  class EventsOfNotices {

    private final Notice notice =
        new Notice(Notice.Type.Warning, Reason.ServiceReenabled, "Somebody did.");

    private List<Event> events() {
      return client.v1().events().inNamespace("default").list().getItems();
    }

    private KubernetesEvents process() {
      return new KubernetesEvents(client, () -> now);
    }

    @Test
    void noticeBecomesAnEventOfTheResourceInNamespaceDefault() {
      var resource = create();

      process().record(resource, notice);

      assertThat(events())
          .singleElement()
          .satisfies(
              e -> {
                assertThat(e.getType()).isEqualTo("Warning");
                assertThat(e.getReason()).isEqualTo("ServiceReenabled");
                assertThat(e.getMessage()).isEqualTo("Somebody did.");
                assertThat(e.getInvolvedObject().getKind()).isEqualTo("HostMaintenance");
                assertThat(e.getInvolvedObject().getUid())
                    .isEqualTo(resource.getMetadata().getUid());
              });
    }

    @Test
    void lineOfANoticeHasItsReasonAndItsInstanceAsFields() {
      try (var logs = new Logs()) {
        process()
            .record(
                create(),
                new Notice(
                    Notice.Type.Warning, Reason.NoValidHost, "No room.", Optional.of("4f1c")));

        assertThat(logs.fields("No room."))
            .containsExactly(Map.of("reason", "NoValidHost", "instance", "4f1c"));
      }
    }

    @Test
    void hostileNoticeBecomesAnEventOfOneHarmlessLine() {
      process()
          .record(
              create(),
              new Notice(
                  Notice.Type.Warning,
                  Reason.Refused,
                  "a\u001b[31m\u202e\r\nb" + "<🐢>".repeat(4000)));

      assertThat(events())
          .singleElement()
          .satisfies(
              e ->
                  assertThat(e.getMessage())
                      .startsWith("a [31m   b<🐢>")
                      .hasSizeLessThanOrEqualTo(1024));
    }

    @Test
    void sameNoticeIsNotSentAgainWithinTenMinutes() {
      var resource = create();
      var process = process();
      process.record(resource, notice);
      var calls = server.calls().size();

      now = now.plus(Duration.ofMinutes(9));
      process.record(resource, notice);

      assertThat(server.calls()).hasSize(calls);
    }

    @Test
    void sameNoticeIncreasesTheCountOfItsEventAfterTenMinutes() {
      var resource = create();
      var process = process();
      process.record(resource, notice);

      now = now.plus(Duration.ofMinutes(11));
      process.record(resource, notice);

      assertThat(events())
          .singleElement()
          .satisfies(
              e -> {
                assertThat(e.getCount()).isEqualTo(2);
                assertThat(e.getLastTimestamp()).isEqualTo("2026-01-01T00:11:00Z");
              });
    }

    @Test
    void restartedOperatorIncreasesTheCountOfTheOldEvent() {
      var resource = create();
      process().record(resource, notice);

      process().record(resource, notice);

      assertThat(events()).extracting(Event::getCount).containsExactly(2);
    }

    @Test
    void onlyTenThousandNoticesAreRemembered() {
      var resource = create();
      server.refuse(Integer.MAX_VALUE, call -> call.path().endsWith("/events"), 403);
      var process = process();
      process.record(resource, notice);
      for (var i = 0; i < 9_999; i++) {
        process.record(
            resource,
            new Notice(Notice.Type.Warning, Reason.ServiceReenabled, "Somebody did " + i));
      }
      assertThat(process.record(resource, notice)).isFalse();

      process.record(
          resource, new Notice(Notice.Type.Warning, Reason.ServiceReenabled, "One more."));

      assertThat(process.record(resource, notice)).isTrue();
    }

    @Test
    void noticeWithAnotherMessageBecomesAnotherEvent() {
      var resource = create();
      var process = process();
      process.record(resource, notice);

      process.record(
          resource,
          new Notice(Notice.Type.Warning, Reason.ServiceReenabled, "Somebody did so again."));

      assertThat(events()).hasSize(2);
    }

    @Test
    void rejectedEventThrowsNoException() {
      var resource = create();
      server.refuse(1, call -> call.path().endsWith("/events"), 403);

      assertThatCode(() -> process().record(resource, notice)).doesNotThrowAnyException();
    }
  }

  @Nested
  class TheInstalledCrd {

    private void annotate(Map<String, String> annotations) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(CRD_NAME)
          .edit(
              crd -> {
                crd.getMetadata().setAnnotations(annotations);
                return crd;
              });
    }

    @Test
    void isCompatibleWithTheSameSchemaVersion() {
      assertThat(Crd.incompatibility(client)).isEmpty();
    }

    @Test
    void isCompatibleWithANewerSchemaVersion() {
      annotate(Map.of(HostMaintenance.SCHEMA, String.valueOf(HostMaintenance.SCHEMA_VERSION + 1)));

      assertThat(Crd.incompatibility(client)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "", "new", "-1"})
    void isIncompatibleWhenOlderOrUnreadableAndTheCommandIsNamed(String schema) {
      annotate(Map.of(HostMaintenance.SCHEMA, schema));

      assertThat(Crd.incompatibility(client))
          .hasValueSatisfying(
              o ->
                  assertThat(o).contains("kubectl apply --server-side --force-conflicts -f crds/"));
    }

    @Test
    void isIncompatibleWhenMissingAndTheCommandIsNamed() {
      client.apiextensions().v1().customResourceDefinitions().withName(CRD_NAME).delete();

      assertThat(Crd.incompatibility(client))
          .hasValueSatisfying(
              o ->
                  assertThat(o).contains("kubectl apply --server-side --force-conflicts -f crds/"));
    }

    @Test
    void isNotCalledMissingWhenReadingItIsForbidden() {
      server.refuse(1, call -> call.path().contains("customresourcedefinitions"), 403);

      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> Crd.incompatibility(client))
          .matches(e -> e.getCode() == 403);
    }
  }
}
