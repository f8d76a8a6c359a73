package io.hostmaintenance.packaging;

import static io.hostmaintenance.packaging.Chart.SECRET;
import static io.hostmaintenance.packaging.Chart.all;
import static io.hostmaintenance.packaging.Chart.deployment;
import static io.hostmaintenance.packaging.Chart.environment;
import static io.hostmaintenance.packaging.Chart.named;
import static io.hostmaintenance.packaging.Chart.one;
import static io.hostmaintenance.packaging.Chart.operator;
import static io.hostmaintenance.packaging.Chart.render;
import static io.hostmaintenance.packaging.Chart.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.operator.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart, rendered by Helm itself. */
class ChartTest {

  private static final String CRD = "hostmaintenances.hostmaintenance.io-v1.yml";

  @Test
  void passesHelmLintStrict() {
    var result = new Helm(Chart.DIRECTORY).lint().strict().call();
    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
  }

  @Test
  void containsTheCrdOfTheProject() throws IOException {
    assertThat(Files.readString(Chart.DIRECTORY.resolve("files").resolve(CRD)))
        .as("run: cp crds/* " + Chart.DIRECTORY.resolve("files"))
        .isEqualTo(Files.readString(Path.of("crds", CRD)));
  }

  @Test
  void rendersTheCrdUnchanged() throws IOException {
    var committed =
        Serialization.unmarshal(
            Files.readString(Path.of("crds", CRD)), CustomResourceDefinition.class);
    var rendered = one(CustomResourceDefinition.class, SECRET);
    assertThat(rendered.getSpec()).isEqualTo(committed.getSpec());
    assertThat(rendered.getMetadata().getAnnotations())
        .containsAllEntriesOf(committed.getMetadata().getAnnotations());
  }

  @Test
  void keepsTheCrdWhenTheReleaseIsUninstalled() {
    assertThat(one(CustomResourceDefinition.class, SECRET).getMetadata().getAnnotations())
        .contains(entry("helm.sh/resource-policy", "keep"));
  }

  @Test
  void removesTheCrdWithTheReleaseWhenCrdsKeepIsFalse() {
    var crd = one(CustomResourceDefinition.class, with("crds.keep", false));
    assertThat(crd.getMetadata().getAnnotations()).containsOnlyKeys(HostMaintenance.SCHEMA);
  }

  @Test
  void leavesOutTheCrdWhenCrdsEnabledIsFalse() {
    assertThat(all(CustomResourceDefinition.class, with("crds.enabled", false))).isEmpty();
  }

  @Test
  void clusterRoleAllowsOnlyHostMaintenancesAndTheirCrd() {
    assertThat(named(ClusterRole.class, "it-host-maintenance-operator").getRules())
        .containsExactlyInAnyOrder(
            rule(HostMaintenance.GROUP, "hostmaintenances", "get list watch patch"),
            rule(HostMaintenance.GROUP, "hostmaintenances/status", "update"),
            rule("apiextensions.k8s.io", "customresourcedefinitions", "get")
                .edit()
                .withResourceNames("hostmaintenances.hostmaintenance.io")
                .build());
  }

  @Test
  void roleAllowsTheLeaseInTheNamespaceOfTheRelease() {
    var role = named(Role.class, "it-host-maintenance-operator-lease");
    assertThat(role.getMetadata().getNamespace()).isEqualTo("nova");
    assertThat(role.getRules())
        .containsExactlyInAnyOrder(
            rule("coordination.k8s.io", "leases", "create"),
            rule("coordination.k8s.io", "leases", "get update patch")
                .edit()
                .withResourceNames("host-maintenance-operator")
                .build());
  }

  @Test
  void roleAllowsEventsInTheNamespaceDefault() {
    var role = named(Role.class, "it-host-maintenance-operator-events");
    assertThat(role.getMetadata().getNamespace()).isEqualTo("default");
    assertThat(role.getRules()).containsExactly(rule("", "events", "get create patch"));
  }

  @Test
  void roleAllowsSecretsInTheNamespaceOfTheReleaseAlone() {
    var role = named(Role.class, "it-host-maintenance-operator-clouds");
    assertThat(role.getMetadata().getNamespace()).isEqualTo("nova");
    assertThat(role.getRules()).containsExactly(rule("", "secrets", "list watch"));
  }

  @Test
  void bindsEveryRoleOnlyToTheServiceAccountOfTheOperator() {
    var subject =
        new SubjectBuilder()
            .withKind("ServiceAccount")
            .withName("it-host-maintenance-operator")
            .withNamespace("nova")
            .build();
    var cluster = one(ClusterRoleBinding.class, SECRET);
    assertThat(cluster.getRoleRef().getName()).isEqualTo("it-host-maintenance-operator");
    assertThat(cluster.getSubjects()).containsExactly(subject);
    assertThat(all(RoleBinding.class, SECRET))
        .hasSize(3)
        .allSatisfy(
            b -> {
              assertThat(b.getSubjects()).containsExactly(subject);
              assertThat(b.getRoleRef().getName()).isEqualTo(b.getMetadata().getName());
              assertThat(b.getMetadata().getNamespace())
                  .isEqualTo(
                      named(Role.class, b.getMetadata().getName()).getMetadata().getNamespace());
            });
  }

  @Test
  void runsAsTheServiceAccountThatTheRolesAreBoundTo() {
    assertThat(deployment(SECRET).getSpec().getTemplate().getSpec().getServiceAccountName())
        .isEqualTo("it-host-maintenance-operator")
        .isEqualTo(one(ServiceAccount.class, SECRET).getMetadata().getName());
  }

  @Test
  void aggregatesReadingToTheClusterRoleView() {
    var role = named(ClusterRole.class, "it-host-maintenance-operator-view");
    assertThat(role.getMetadata().getLabels())
        .contains(entry("rbac.authorization.k8s.io/aggregate-to-view", "true"));
    assertThat(role.getRules())
        .flatExtracting(PolicyRule::getVerbs)
        .containsExactly("get", "list", "watch");
  }

  @Test
  void aggregatesWritingWithoutTheStatusToTheClusterRoleEdit() {
    var role = named(ClusterRole.class, "it-host-maintenance-operator-edit");
    assertThat(role.getMetadata().getLabels())
        .contains(entry("rbac.authorization.k8s.io/aggregate-to-edit", "true"));
    assertThat(role.getRules())
        .flatExtracting(PolicyRule::getResources)
        .containsExactly("hostmaintenances");
  }

  @Test
  void selectsItsOwnPods() {
    var spec = deployment(SECRET).getSpec();
    assertThat(spec.getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(spec.getSelector().getMatchLabels());
  }

  @Test
  void everyPodMeetsTheRestrictedPodSecurityStandard() {
    assertThat(Chart.pods(SECRET))
        .hasSize(3)
        .allSatisfy(
            pod -> {
              assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
              assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                  .isEqualTo("RuntimeDefault");
              var container = pod.getContainers().getFirst().getSecurityContext();
              assertThat(container.getAllowPrivilegeEscalation()).isFalse();
              assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
              assertThat(container.getCapabilities().getAdd()).isEmpty();
            });
  }

  @Test
  void mountsOnlyTmpWritable() {
    assertThat(operator(SECRET).getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(operator(SECRET).getVolumeMounts())
        .filteredOn(m -> !Boolean.TRUE.equals(m.getReadOnly()))
        .extracting(m -> m.getMountPath())
        .containsExactly("/tmp");
  }

  @Test
  void probesUseTheConfiguredPort() {
    var container = operator(with("operator.port", 9090));
    assertThat(container.getPorts()).extracting(p -> p.getContainerPort()).containsExactly(9090);
    assertThat(environment(container)).contains(entry("HM_PORT", "9090"));
    assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/healthz");
    assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/readyz");
    assertThat(List.of(container.getLivenessProbe(), container.getReadinessProbe()))
        .allSatisfy(p -> assertThat(p.getHttpGet().getPort().getStrVal()).isEqualTo("http"));
  }

  @Test
  void listensOnAllAddressesForTheProbes() {
    assertThat(environment(operator(SECRET))).contains(entry("HM_ADDRESS", "0.0.0.0"));
  }

  @Test
  void setsEveryVariableThatTheOperatorReads() {
    var read =
        Pattern.compile("(?m)^ +([A-Z_]{3,})")
            .matcher(Config.help())
            .results()
            .map((MatchResult m) -> m.group(1))
            .filter(v -> !List.of("KUBECONFIG", "OS_CLIENT_SECURE_FILE").contains(v))
            .filter(v -> !v.endsWith("_PROXY"))
            .toList();
    assertThat(environment(operator(SECRET)).keySet()).containsExactlyInAnyOrderElementsOf(read);
  }

  @Test
  void startsTheOperatorWithTheDefaultsOfTheOperator() {
    var environment = environment(operator(SECRET));
    environment.put("HM_NAMESPACE", "nova");
    var settings = Config.of(environment, false).settings();
    var defaults = Map.of("HM_LEADER_ELECTION", "true", "HM_NAMESPACE", "nova");
    assertThat(settings).isEqualTo(Config.of(defaults, false).settings());
  }

  @Test
  void electsALeaderInItsOwnNamespace() {
    assertThat(environment(operator(SECRET))).contains(entry("HM_LEADER_ELECTION", "true"));
    assertThat(field("HM_NAMESPACE")).isEqualTo("metadata.namespace");
  }

  @Test
  void leaderIsNamedAfterItsPod() {
    assertThat(field("HM_POD_NAME")).isEqualTo("metadata.name");
  }

  @Test
  void terminationGracePeriodIsAtLeast20Seconds() {
    assertThat(
            deployment(SECRET).getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())
        .isGreaterThanOrEqualTo(20);
  }

  @Test
  void mountsCloudsYamlFromTheExistingSecret() {
    assertThat(cloudSecret(SECRET)).isEqualTo("cloud");
    assertThat(all(Secret.class, SECRET)).isEmpty();
    assertThat(environment(operator(SECRET)))
        .contains(entry("OS_CLIENT_CONFIG_FILE", "/etc/openstack/clouds.yaml"));
    assertThat(operator(SECRET).getVolumeMounts())
        .anyMatch(m -> m.getName().equals("cloud") && m.getMountPath().equals("/etc/openstack"));
  }

  @Test
  void rendersASecretWithCloudsYamlAndItsCertificate() {
    var values =
        Map.<String, Object>of("cloud.cloudsYaml", "clouds: {}", "cloud.cacert", "CERTIFICATE");
    var secret = one(Secret.class, values);
    assertThat(cloudSecret(values)).isEqualTo(secret.getMetadata().getName());
    assertThat(secret.getData())
        .containsOnly(
            entry("clouds.yaml", base64("clouds: {}")), entry("cacert.pem", base64("CERTIFICATE")));
  }

  @Test
  void renderingFailsWithoutACloud() {
    assertThatThrownBy(() -> render(Map.of()))
        .hasMessageContaining("set cloud.existingSecret to the name of a Secret");
  }

  @Test
  void renderingFailsWithTwoSourcesOfCloudsYaml() {
    assertThatThrownBy(() -> render(with("cloud.cloudsYaml", "clouds: {}")))
        .hasMessageContaining("exclude each other");
  }

  @Test
  void renderingFailsWithAnUnknownValue() {
    assertThatThrownBy(() -> render(with("operator.pollmoving", "5s")))
        .hasMessageContaining("pollmoving");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "0s", "1d", "soon"})
  void renderingFailsWithAnInvalidDurationAndSaysHowToWriteOne(String duration) {
    assertThatThrownBy(() -> render(with("operator.settle", duration)))
        .hasMessageContaining(
            "operator.settle: '" + duration + "' is no duration above zero: write it like 5s");
  }

  @Test
  void namesNoStrategyByDefault() {
    assertThat(environment(operator(SECRET))).contains(entry("HM_STRATEGIES", ""));
  }

  @Test
  void passesTheStrategiesToTheOperator() {
    var values =
        Map.<String, Object>of(
            "cloud.existingSecret", "cloud",
            "operator.strategies.suspended", "ResumeLiveSuspend",
            "operator.strategies.error", "Recover");

    assertThat(environment(operator(values)))
        .contains(entry("HM_STRATEGIES", "error=Recover,suspended=ResumeLiveSuspend"));
  }

  @Test
  void allowsTheStrategiesThatTheOperatorReads() throws IOException {
    var allowed = new HashMap<String, List<String>>();
    new ObjectMapper()
        .readTree(Files.readString(Chart.DIRECTORY.resolve("values.schema.json")))
        .at("/properties/operator/properties/strategies/properties")
        .propertyStream()
        .forEach(
            p ->
                allowed.put(
                    p.getKey(),
                    p.getValue().get("enum").valueStream().map(JsonNode::textValue).toList()));

    var read = new HashMap<String, List<String>>();
    Strategies.values()
        .forEach(
            (field, values) ->
                read.put(field, values.stream().filter(v -> !v.equals("Stop")).toList()));
    assertThat(allowed).isEqualTo(read);
  }

  @Test
  void renderingFailsWithAnUnknownStrategy() {
    assertThatThrownBy(() -> render(with("operator.strategies.suspend", "Skip")))
        .hasMessageContaining("suspend");
    assertThatThrownBy(() -> render(with("operator.strategies.active", "Stop")))
        .hasMessageContaining("active");
  }

  private static String cloudSecret(Map<String, Object> values) {
    return deployment(values).getSpec().getTemplate().getSpec().getVolumes().stream()
        .filter(v -> v.getName().equals("cloud"))
        .map(v -> v.getSecret().getSecretName())
        .findFirst()
        .orElseThrow();
  }

  /** The field of the pod that a variable has its value from. */
  private static String field(String variable) {
    return operator(SECRET).getEnv().stream()
        .filter(e -> e.getName().equals(variable))
        .map(e -> e.getValueFrom().getFieldRef().getFieldPath())
        .findFirst()
        .orElseThrow();
  }

  private static PolicyRule rule(String group, String resource, String verbs) {
    return new PolicyRuleBuilder()
        .withApiGroups(group)
        .withResources(resource)
        .withVerbs(verbs.split(" "))
        .build();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
