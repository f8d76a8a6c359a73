package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Secrets that carry clouds, by a watch of an API server. */
class KubernetesSecretsTest {

  private final ApiServer server = new ApiServer();
  private final KubernetesClient client = server.client();
  private final KubernetesSecrets secrets = new KubernetesSecrets(client, "ops");

  @AfterEach
  void stop() {
    secrets.close();
    client.close();
    server.close();
  }

  private Secret create(String namespace, String name, Map<String, String> labels, String text) {
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .withLabels(labels)
            .endMetadata()
            .addToData(
                "clouds.yaml",
                Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)))
            .build();
    return client.resource(secret).create();
  }

  private static Map<String, String> label(String cloud) {
    return Map.of(HostMaintenance.CLOUD, cloud);
  }

  private void start() {
    secrets.start();
    await().until(() -> secrets.missing("x").kind() == Kind.CONFIGURATION);
  }

  private Optional<String> text(String cloud) {
    return secrets
        .named(cloud)
        .map(s -> new String(s.files().get("clouds.yaml"), StandardCharsets.UTF_8));
  }

  @Test
  void secretIsFoundByItsLabel() {
    create("ops", "north-cloud", label("north"), "clouds: {}");
    start();

    assertThat(text("north")).contains("clouds: {}");
    assertThat(secrets.named("north").orElseThrow().origin()).isEqualTo("Secret ops/north-cloud");
  }

  @Test
  void namesAreThoseOfTheLabels() {
    create("ops", "north-cloud", label("north"), "clouds: {}");
    create("ops", "other", Map.of(), "clouds: {}");
    start();

    assertThat(secrets.names()).containsExactly("north");
  }

  @Test
  void labelWithoutAValueNamesNoCloud() {
    create("ops", "other-cloud", label(""), "clouds: {}");
    create("ops", "north-cloud", label("north"), "clouds: {}");
    start();

    assertThat(secrets.names()).containsExactly("north");
  }

  @Test
  void secretIsKnownOnceTheFirstReadIsAwaited() throws InterruptedException {
    create("ops", "north", label("north"), "clouds: {}");

    secrets.startAndRead(Duration.ofMinutes(1));

    assertThat(secrets.named("north")).isPresent();
  }

  @Test
  void secretWithoutTheLabelIsNotRead() {
    create("ops", "north", Map.of(), "clouds: {}");
    start();

    assertThat(secrets.named("north")).isEmpty();
  }

  @Test
  void secretOfAnotherNamespaceIsNotRead() {
    create("theirs", "north-cloud", label("north"), "clouds: {}");
    start();

    assertThat(secrets.named("north")).isEmpty();
  }

  @Test
  void changedSecretIsReadAnew() {
    var secret = create("ops", "north-cloud", label("north"), "old");
    start();
    secret
        .getData()
        .put(
            "clouds.yaml",
            Base64.getEncoder().encodeToString("new".getBytes(StandardCharsets.UTF_8)));
    client.resource(secret).update();

    await().until(() -> text("north").filter("new"::equals).isPresent());
  }

  @Test
  void deletedSecretIsMissingWithTheWayOut() {
    var secret = create("ops", "north-cloud", label("north"), "old");
    start();
    client.resource(secret).delete();

    await().until(() -> secrets.named("north").isEmpty());
    assertThat(secrets.missing("north").kind()).isEqualTo(Kind.CONFIGURATION);
    assertThat(secrets.missing("north"))
        .hasMessageContainingAll(
            "no cloud north", "namespace ops", "hostmaintenance.io/cloud: north", "clouds.yaml");
  }

  @Test
  void twoSecretsOfOneCloudAreRefused() {
    create("ops", "a", label("north"), "clouds: {}");
    create("ops", "b", label("north"), "clouds: {}");
    start();

    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(() -> secrets.named("north"))
        .matches(e -> e.kind() == Kind.CONFIGURATION)
        .withMessageContainingAll("Secret ops/a", "Secret ops/b", "remove it from one of them");
  }

  @Test
  void cloudIsNotCalledMissingBeforeTheSecretsAreRead() {
    assertThat(secrets.missing("north").kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(secrets.missing("north")).hasMessageContaining("have not been read yet");
  }

  @Test
  void missingRightIsNamed() {
    server.refuse(1000, c -> c.path().endsWith("/secrets"), 403);
    secrets.start();

    await().until(() -> secrets.missing("north").getMessage().contains("may not read"));
    assertThat(secrets.missing("north").kind()).isEqualTo(Kind.CONFIGURATION);
    assertThat(secrets.missing("north"))
        .hasMessageContainingAll("namespace ops", "templates/rbac.yaml");
  }
}
