package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.drain.Fixtures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whether the operator may be uninstalled. */
class UninstallCheckTest {

  private final ApiServer server = new ApiServer();
  private final KubernetesClient client = server.client();

  @BeforeEach
  void installCrd() {
    server.installCrd();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private void create(String name) {
    var spec = HostMaintenanceSpecBuilder.builder().host(name);
    client.resource(Fixtures.maintenance(name, spec)).create();
  }

  @Test
  void isAllowedWithoutResources() {
    assertThat(UninstallCheck.objection(client)).isEmpty();
  }

  @Test
  void isAllowedWithoutTheCrd() {
    server.refuse(1, call -> call.path().endsWith("/hostmaintenances"), 404);

    assertThat(UninstallCheck.objection(client)).isEmpty();
  }

  @Test
  void isRefusedWhileThereAreResourcesAndNamesThreeOfThem() {
    for (var i = 1; i <= 4; i++) {
      create("compute-" + i);
    }

    assertThat(UninstallCheck.objection(client))
        .hasValueSatisfying(
            sentence ->
                assertThat(sentence)
                    .containsPattern("such as compute-\\d, compute-\\d, compute-\\d: delete them"));
  }

  @Test
  void isRefusedWhileTheApiServerDoesNotSay() {
    server.refuse(1, call -> call.path().endsWith("/hostmaintenances"), 403);

    assertThat(UninstallCheck.objection(client))
        .hasValueSatisfying(
            sentence -> assertThat(sentence).startsWith("The HostMaintenances cannot be listed: "));
  }
}
