package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a process may say that it leads. */
class LeaseTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final ApiServer server = new ApiServer();
  private final KubernetesClient client = server.client();
  private final Lease lease = new Lease(client, "ops", "us", () -> NOW);

  @BeforeEach
  void win() {
    lease.configuration().getLeaderCallbacks().orElseThrow().onStartLeading();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private void stored(String holder, Instant renewed) {
    client
        .resource(
            new LeaseBuilder()
                .withMetadata(
                    new ObjectMetaBuilder()
                        .withNamespace("ops")
                        .withName("host-maintenance-operator")
                        .build())
                .withNewSpec()
                .withHolderIdentity(holder)
                .withRenewTime(renewed.atZone(ZoneOffset.UTC))
                .endSpec()
                .build())
        .create();
  }

  @Test
  void isHeldWhileTheApiServerNamesThisOperator() {
    stored("us", NOW.minusSeconds(14));

    assertThat(lease.held()).isTrue();
  }

  @Test
  void isNotHeldOnceTheApiServerNamesAnotherOperator() {
    stored("another", NOW);

    assertThat(lease.held()).isFalse();
  }

  @Test
  void isNotHeldAfterItsDurationEvenWhenNobodyElseTookIt() {
    stored("us", NOW.minus(Lease.DURATION));

    assertThat(lease.held()).isFalse();
  }

  @Test
  void isNotHeldWhenNoLeaseExists() {
    assertThat(lease.held()).isFalse();
  }

  @Test
  void isNotHeldWhileTheApiServerIsUnavailable() {
    stored("us", NOW);
    server.close();

    assertThat(lease.held()).isFalse();
  }

  @Test
  void isNotHeldWhileTheOperatorStops() {
    stored("us", NOW);

    lease.stopping();

    assertThat(lease.held()).isFalse();
  }

  /** A pause of the elector (LeaderElector.JITTER_FACTOR) and the clean stop, in less than 3 s. */
  @Test
  void releasedLeaseIsRequestedByOthersWithin2500Milliseconds() {
    var longest = lease.configuration().getRetryPeriod().multipliedBy(22).dividedBy(10);

    assertThat(longest).isLessThan(Duration.ofMillis(2500));
  }

  @Test
  void isNotHeldBeforeTheElectionIsWon() {
    stored("us", NOW);

    assertThat(new Lease(client, "ops", "us", () -> NOW).held()).isFalse();
  }

  @Test
  void permissionCheckCreatesNoLease() {
    lease.require();

    assertThat(client.leases().inNamespace("ops").list().getItems()).isEmpty();
  }

  @Test
  void permissionCheckFailsWhenTheNamespaceIsMissing() {
    server.refuse(1, call -> call.writes() && call.path().endsWith("/leases"), 404);

    assertThatExceptionOfType(KubernetesClientException.class).isThrownBy(lease::require);
  }

  @Test
  void permissionCheckSucceedsWhenTheLeaseExists() {
    stored("another", NOW);
    server.refuse(1, ApiServer.Call::writes, 403);

    assertThatCode(lease::require).doesNotThrowAnyException();
  }
}
