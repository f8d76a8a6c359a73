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
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.Notice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    resource.setSpec(
        new HostMaintenanceSpec("compute-1", null, null, null, null, null, null, null, null, null));
    return client.resource(resource).create();
  }

  @Nested
  class Store {

    private final Resources resources = new KubernetesResources(client, name -> false);

    private HostMaintenance withPhase(HostMaintenance resource, String phase) {
      resource.setStatus(HostMaintenanceStatus.builder().phase(phase).build());
      return resource;
    }

    @Test
    void readsNothingUnderAnUnknownName() {
      assertThat(resources.read("hm")).isEmpty();
    }

    @Test
    void listsAllThatAreStoredWhateverTheWatchHasTold() {
      create();
      var names = new ArrayList<String>();

      resources.list(r -> names.add(r.getMetadata().getName()));

      assertThat(names).containsExactly("hm");
      assertThat(resources.watched("hm")).isFalse();
    }

    @Test
    void listsByPages() {
      create();
      var calls = server.calls().size();

      resources.list(r -> {});

      assertThat(server.calls().subList(calls, server.calls().size()))
          .singleElement()
          .satisfies(c -> assertThat(c.query()).contains("limit=50"));
    }

    @Test
    void givesBackWhatItStored() throws Resources.Conflict {
      var written = resources.writeStatus(withPhase(create(), "Draining"));

      assertThat(written.getStatus().phase()).isEqualTo("Draining");
      assertThat(resources.read("hm").orElseThrow().getMetadata().getResourceVersion())
          .isEqualTo(written.getMetadata().getResourceVersion());
    }

    @Test
    void refusesAStatusDecidedFromAnOldVersion() throws Resources.Conflict {
      var old = create();
      resources.writeStatus(withPhase(resources.read("hm").orElseThrow(), "Draining"));

      assertThatExceptionOfType(Resources.Conflict.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(old, "Failed")));
      assertThat(resources.read("hm").orElseThrow().getStatus().phase()).isEqualTo("Draining");
    }

    @Test
    void takesAResourceThatIsGoneForAConflict() {
      var old = create();
      resources.release(old);
      client.resource(old).delete();

      assertThatExceptionOfType(Resources.Conflict.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(old, "Failed")));
    }

    @Test
    void doesNotTakeAnotherFailureForAConflict() {
      var resource = create();
      server.refuse(1, ApiServer.Call::writesStatus, 500);

      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> resources.writeStatus(withPhase(resource, "Failed")));
    }

    @Test
    void lettingGoTakesTheFinalizerOff() {
      var resource = create();
      client.resource(resource).delete();

      resources.release(resource);

      assertThat(resources.read("hm")).isEmpty();
    }

    @Test
    void lettingGoLeavesTheFinalizerOfAnotherControllerThatCameMeanwhile() {
      var resource = create();
      server.addFinalizerBeforeTheNextPatch("a/b");

      resources.release(resource);

      assertThat(resources.read("hm").orElseThrow().getMetadata().getFinalizers())
          .containsExactly("a/b");
    }

    @Test
    void lettingGoIsGivenUpAfterSomeTriesAgainstOthers() {
      var resource = create();
      server.refuse(100, call -> call.method().equals("PATCH"), 409);

      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> resources.release(resource));
    }

    @Test
    void lettingGoOfWhatIsGoneIsDone() {
      var resource = create();
      server.refuse(1, call -> call.method().equals("PATCH"), 404);

      assertThatCode(() -> resources.release(resource)).doesNotThrowAnyException();
    }

    @Test
    void cacheKeepsNoRowsAndNoManagedFields() {
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
    void lettingGoLeavesAnotherResourceOfTheSameNameAlone() {
      var resource = create();
      resource.getMetadata().setUid("that-of-its-predecessor");

      resources.release(resource);

      assertThat(resources.read("hm").orElseThrow().getMetadata().getFinalizers())
          .containsExactly(HostMaintenance.FINALIZER);
    }
  }

  @Nested
  class Told {

    private final Notice notice = new Notice(true, Reason.ServiceReenabled, "Somebody did.");

    private List<Event> events() {
      return client.v1().events().inNamespace("default").list().getItems();
    }

    private Events process() {
      return new Events(client, () -> now);
    }

    @Test
    void noticeIsAnEventOfTheResourceInNamespaceDefault() {
      var resource = create();

      process().tell(resource, notice);

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
    void hostileNoticeIsToldInOneHarmlessLineThatTheApiServerTakes() {
      process()
          .tell(
              create(),
              new Notice(true, Reason.Refused, "a\u001b[31m\u202e\r\nb" + "<🐢>".repeat(4000)));

      assertThat(events())
          .singleElement()
          .satisfies(
              e ->
                  assertThat(e.getMessage())
                      .startsWith("a [31m   b<🐢>")
                      .hasSizeLessThanOrEqualTo(1024));
    }

    @Test
    void sameNoticeIsNotToldAgainSoon() {
      var resource = create();
      var process = process();
      process.tell(resource, notice);
      var calls = server.calls().size();

      now = now.plus(Duration.ofMinutes(9));
      process.tell(resource, notice);

      assertThat(server.calls()).hasSize(calls);
    }

    @Test
    void sameNoticeCountsUpItsEventLater() {
      var resource = create();
      var process = process();
      process.tell(resource, notice);

      now = now.plus(Duration.ofMinutes(11));
      process.tell(resource, notice);

      assertThat(events())
          .singleElement()
          .satisfies(
              e -> {
                assertThat(e.getCount()).isEqualTo(2);
                assertThat(e.getLastTimestamp()).isEqualTo("2026-01-01T00:11:00Z");
              });
    }

    @Test
    void newProcessCountsUpTheEventOfTheOldOne() {
      var resource = create();
      process().tell(resource, notice);

      process().tell(resource, notice);

      assertThat(events()).extracting(Event::getCount).containsExactly(2);
    }

    @Test
    void onlyTenThousandNoticesAreRemembered() {
      var resource = create();
      server.refuse(Integer.MAX_VALUE, call -> call.path().endsWith("/events"), 403);
      var process = process();
      process.tell(resource, notice);
      for (var i = 0; i < 9_999; i++) {
        process.tell(resource, new Notice(true, Reason.ServiceReenabled, "Somebody did " + i));
      }
      assertThat(process.tell(resource, notice)).isFalse();

      process.tell(resource, new Notice(true, Reason.ServiceReenabled, "One more."));

      assertThat(process.tell(resource, notice)).isTrue();
    }

    @Test
    void anotherMessageIsAnotherEvent() {
      var resource = create();
      var process = process();
      process.tell(resource, notice);

      process.tell(resource, new Notice(true, Reason.ServiceReenabled, "Somebody did so again."));

      assertThat(events()).hasSize(2);
    }

    @Test
    void apiServerThatRefusesEventsHoldsNothingUp() {
      var resource = create();
      server.refuse(1, call -> call.path().endsWith("/events"), 403);

      assertThatCode(() -> process().tell(resource, notice)).doesNotThrowAnyException();
    }
  }

  @Nested
  class Schema {

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
    void thatIsOursIsNoObjection() {
      assertThat(Crd.objection(client)).isEmpty();
    }

    @Test
    void thatIsNewerIsNoObjection() {
      annotate(Map.of(HostMaintenance.SCHEMA, String.valueOf(HostMaintenance.SCHEMA_VERSION + 1)));

      assertThat(Crd.objection(client)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "", "new", "-1"})
    void thatIsOlderOrUnreadableIsRefusedWithTheLineToRun(String schema) {
      annotate(Map.of(HostMaintenance.SCHEMA, schema));

      assertThat(Crd.objection(client))
          .hasValueSatisfying(o -> assertThat(o).contains("kubectl apply --server-side -f crds/"));
    }

    @Test
    void thatIsMissingIsRefusedWithTheLineToRun() {
      client.apiextensions().v1().customResourceDefinitions().withName(CRD_NAME).delete();

      assertThat(Crd.objection(client))
          .hasValueSatisfying(o -> assertThat(o).contains("kubectl apply --server-side -f crds/"));
    }

    @Test
    void thatMayNotBeReadIsAnObjection() {
      server.refuse(1, call -> call.path().contains("customresourcedefinitions"), 403);

      assertThat(Crd.objection(client))
          .hasValueSatisfying(o -> assertThat(o).contains("cannot be read"));
    }
  }
}
