package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openstack4j.core.transport.Config;
import org.openstack4j.core.transport.HttpRequest;
import org.openstack4j.core.transport.internal.HttpExecutor;

/** What openstack4j's own compute services and connectors do wrong, and this adapter must not. */
class Openstack4jPitfallsTest {

  private static final String ACTION = "/compute/v2.1/servers/i1/action";

  private final StubCloud cloud = new StubCloud();
  private final StubCloud other = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
    other.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {413, 422, 429, 501, 502, 503, 504})
  void failedActionIsNeverSuccessful(int status) {
    cloud.on("POST", ACTION, status, "");

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> cloud.nova(directory).execute(liveMigrate("i1")))
        .matches(e -> e.status() == status);
  }

  @Test
  void listWithStatus404IsNeverEmpty() {
    var nova = cloud.nova(directory);

    for (var list :
        List.<Runnable>of(
            nova::computeServices,
            nova::hypervisors,
            () -> nova.instancesOn("h1"),
            () -> nova.migrations(MigrationFilter.ofInstance("i1")),
            () -> nova.actions("i1"))) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(list::run)
          .matches(e -> e.kind() == Kind.NOT_FOUND);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "completed",
        "failed",
        "cancelled",
        "reverted",
        "queued",
        "accepted",
        "unheard of"
      })
  void migrationStatusIsReadUnchanged(String status) {
    cloud.on(
        "GET",
        "/compute/v2.1/os-migrations",
        200,
        """
        {"migrations": [{"id": 1, "uuid": "m", "instance_uuid": "i1", "status": "%s",
          "migration_type": "live-migration", "created_at": "2026-11-22T11:40:45.000000"}]}"""
            .formatted(status));

    assertThat(cloud.nova(directory).migrations(MigrationFilter.ofInstance("i1")))
        .extracting(Migration::status)
        .containsExactly(status);
  }

  @Test
  void loginToOneCloudDoesNotRedirectRequestsOfAnotherCloud() {
    var here = serving(cloud).nova(directory);
    var there = serving(other).nova(directory);
    here.identity();
    there.identity();
    here.computeServices();

    assertThat(cloud.requests("GET", "/compute/v2.1/os-services")).hasSize(1);
    assertThat(other.requests("GET", "/compute/v2.1/os-services")).isEmpty();
  }

  @Test
  void tokensOfTwoCloudsNeverMixInParallelRequests() throws Exception {
    var calls = new ArrayList<Future<?>>();
    var here = serving(cloud).nova(directory);
    var there = serving(other).nova(directory);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 200; i++) {
        for (var nova : List.<Nova>of(here, there)) {
          calls.add(threads.submit(() -> nova.computeServices()));
        }
        if (i == 100) {
          cloud.revokeTokens();
          other.revokeTokens();
        }
      }
    }
    for (var call : calls) {
      call.get();
    }

    for (var each : List.of(cloud, other)) {
      assertThat(each.requests())
          .extracting(request -> request.header("X-Auth-Token"))
          .allMatch(token -> token == null || token.endsWith(each.url().substring(17)));
      assertThat(each.logins()).isBetween(1, 2);
    }
  }

  @Test
  void threadWithoutALoginCanSendRequests() throws Exception {
    var nova = serving(cloud).nova(directory);
    nova.identity();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(threads.submit(nova::computeServices).get()).isEmpty();
    }
  }

  @Test
  void liveMigrationWithoutATargetHostSendsHostNull() {
    cloud.on(
        "POST",
        ACTION,
        request -> StubCloud.Answer.json(202, "").with("x-compute-request-id", "req-1"));
    cloud.nova(directory).execute(liveMigrate("i1"));

    assertThat(cloud.requests("POST", ACTION).getFirst().body())
        .isEqualTo("{\"os-migrateLive\":{\"host\":null,\"block_migration\":\"auto\"}}");
  }

  @Test
  void openstack4jFindsTheConnectorOfTheOperator() {
    assertThat(HttpExecutor.create().getExecutorName()).isEqualTo("java.net.http");
  }

  @Test
  void connectorRejectsAnUnknownOpenstack4jConfig() {
    var request =
        HttpRequest.builder()
            .endpoint(cloud.url())
            .path("/")
            .config(Config.newConfig().withSSLVerificationDisabled())
            .build();

    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> new JdkHttpExecutorService().execute(request));
  }

  private static StubCloud serving(StubCloud cloud) {
    return cloud.on("GET", "/compute/v2.1/os-services", 200, "{\"services\": []}");
  }

  private static Command liveMigrate(String id) {
    return new Command.LiveMigrate(id, Optional.empty(), true, "req-0");
  }
}
