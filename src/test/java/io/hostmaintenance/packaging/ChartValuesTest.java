package io.hostmaintenance.packaging;

import static io.hostmaintenance.packaging.Chart.SECRET;
import static io.hostmaintenance.packaging.Chart.all;
import static io.hostmaintenance.packaging.Chart.deployment;
import static io.hostmaintenance.packaging.Chart.environment;
import static io.hostmaintenance.packaging.Chart.one;
import static io.hostmaintenance.packaging.Chart.operator;
import static io.hostmaintenance.packaging.Chart.render;
import static io.hostmaintenance.packaging.Chart.selects;
import static io.hostmaintenance.packaging.Chart.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each value of the chart does, and that nothing is there without it. */
class ChartValuesTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The operator's pod, or another object, as a tree. */
  private static JsonNode tree(Object object) {
    return JSON.valueToTree(object);
  }

  private static JsonNode pod(Map<String, Object> values) {
    return tree(deployment(values).getSpec().getTemplate().getSpec());
  }

  private static Map<String, String> podLabels(Map<String, Object> values) {
    return deployment(values).getSpec().getTemplate().getMetadata().getLabels();
  }

  private static JsonNode monitor(String kind, Map<String, Object> values) {
    var found = all(kind, values);
    assertThat(found).hasSize(1);
    return tree(found.getFirst());
  }

  @ParameterizedTest
  @CsvSource({
    "priorityClassName, system-cluster-critical, /priorityClassName",
    "nodeSelector.disk, ssd, /nodeSelector/disk",
    "tolerations[0].key, infra, /tolerations/0/key",
    "affinity.nodeAffinity.a, b, /affinity/nodeAffinity/a",
    "imagePullSecrets[0].name, registry, /imagePullSecrets/0/name",
    "dnsPolicy, Default, /dnsPolicy",
    "dnsConfig.searches[0], example.org, /dnsConfig/searches/0",
    "dnsConfig.nameservers[0], 10.0.0.53, /dnsConfig/nameservers/0",
    "podSecurityContext.fsGroup, 65532, /securityContext/fsGroup",
    "securityContext.runAsUser, 65533, /containers/0/securityContext/runAsUser",
    "resources.limits.cpu, 2, /containers/0/resources/limits/cpu"
  })
  void valueReachesThePodAndNothingElseSetsIt(String value, String setting, String pointer) {
    assertThat(pod(SECRET).at(pointer).isMissingNode()).isTrue();
    assertThat(pod(values(value + "=" + setting)).at(pointer).asText()).isEqualTo(setting);
  }

  @Test
  void hostAliasesReachThePod() {
    var values = values("hostAliases[0].ip=10.0.0.5", "hostAliases[0].hostnames[0]=keystone");

    assertThat(pod(values).at("/hostAliases/0/hostnames/0").asText()).isEqualTo("keystone");
    assertThat(pod(SECRET).has("hostAliases")).isFalse();
  }

  @Test
  void contextOfThePodIsOverriddenFieldByField() {
    var context = pod(values("securityContext.readOnlyRootFilesystem=false")).at("/containers/0");

    assertThat(context.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isFalse();
    assertThat(context.at("/securityContext/allowPrivilegeEscalation").asBoolean(true)).isFalse();
  }

  @Test
  void runsTwoPodsAndOneWithReplicaCountOne() {
    assertThat(deployment(SECRET).getSpec().getReplicas()).isEqualTo(2);
    assertThat(deployment(values("replicaCount=1")).getSpec().getReplicas()).isEqualTo(1);
  }

  @Test
  void newVersionStandsByBeforeTheOldOneGoes() {
    var strategy = deployment(SECRET).getSpec().getStrategy();

    assertThat(strategy.getType()).isEqualTo("RollingUpdate");
    assertThat(strategy.getRollingUpdate().getMaxUnavailable()).isEqualTo(new IntOrString(0));
  }

  @Test
  void strategyMayBeRecreate() {
    var strategy = deployment(values("strategy.type=Recreate")).getSpec().getStrategy();

    assertThat(strategy.getType()).isEqualTo("Recreate");
    assertThat(strategy.getRollingUpdate()).isNull();
  }

  @Test
  void nodesAreDrainedOneAfterTheOther() {
    var budget = one(PodDisruptionBudget.class, SECRET);

    assertThat(budget.getSpec().getMaxUnavailable()).isEqualTo(new IntOrString(1));
    assertThat(budget.getSpec().getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
    assertThat(selects(budget.getSpec().getSelector().getMatchLabels(), podLabels(SECRET)))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"podDisruptionBudget.enabled=false", "replicaCount=1"})
  void thereIsNoBudgetWhereItIsNotWantedOrWouldDoNothing(String value) {
    assertThat(all(PodDisruptionBudget.class, values(value))).isEmpty();
  }

  @Test
  void podsSpreadOverNodesWherePossible() {
    var constraint = pod(SECRET).at("/topologySpreadConstraints/0");

    assertThat(constraint.at("/topologyKey").asText()).isEqualTo("kubernetes.io/hostname");
    assertThat(constraint.at("/whenUnsatisfiable").asText()).isEqualTo("ScheduleAnyway");
    assertThat(constraint.at("/labelSelector/matchLabels/app.kubernetes.io~1instance").asText())
        .isEqualTo("it");
  }

  @Test
  void labelSelectorOfATopologySpreadConstraintIsKept() {
    var values =
        values(
            "topologySpreadConstraints[0].maxSkew=1",
            "topologySpreadConstraints[0].topologyKey=zone",
            "topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule",
            "topologySpreadConstraints[0].labelSelector.matchLabels.app=mine");

    assertThat(pod(values).at("/topologySpreadConstraints/0/labelSelector/matchLabels/app"))
        .hasToString("\"mine\"");
  }

  @Test
  void thereIsNoTopologySpreadConstraintWithNull() {
    assertThat(pod(values("topologySpreadConstraints=null")).has("topologySpreadConstraints"))
        .isFalse();
  }

  @Test
  void serviceLeadsToThePortWithMetrics() {
    var service = one(Service.class, values("metrics.service.port=9090"));

    assertThat(selects(service.getSpec().getSelector(), podLabels(SECRET))).isTrue();
    assertThat(service.getSpec().getPorts())
        .singleElement()
        .satisfies(
            port -> {
              assertThat(port.getPort()).isEqualTo(9090);
              assertThat(port.getTargetPort()).isEqualTo(new IntOrString("http"));
            });
  }

  @Test
  void serviceHasItsAnnotations() {
    var service = one(Service.class, values("metrics.service.annotations.a=b"));

    assertThat(service.getMetadata().getAnnotations()).contains(entry("a", "b"));
  }

  @Test
  void thereIsNoServiceWhereItIsNotWanted() {
    assertThat(all(Service.class, values("metrics.service.enabled=false"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap", "NetworkPolicy"})
  void thereIsNoneByDefault(String kind) {
    assertThat(all(kind, SECRET)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ServiceMonitor, serviceMonitor, endpoints",
    "PodMonitor, podMonitor, podMetricsEndpoints"
  })
  void monitorScrapesThePortWithMetrics(String kind, String value, String endpoints) {
    var values =
        values(
            "metrics." + value + ".enabled=true",
            "metrics." + value + ".interval=30s",
            "metrics." + value + ".scrapeTimeout=10s",
            "metrics." + value + ".labels.release=prometheus",
            "metrics." + value + ".relabelings[0].action=keep",
            "metrics." + value + ".metricRelabelings[0].action=drop");

    var monitor = monitor(kind, values);

    assertThat(monitor.at("/metadata/labels/release").asText()).isEqualTo("prometheus");
    var endpoint = monitor.at("/spec/" + endpoints + "/0");
    assertThat(endpoint.at("/port").asText()).isEqualTo("http");
    assertThat(endpoint.at("/path").asText()).isEqualTo("/metrics");
    assertThat(endpoint.at("/interval").asText()).isEqualTo("30s");
    assertThat(endpoint.at("/scrapeTimeout").asText()).isEqualTo("10s");
    assertThat(endpoint.at("/relabelings/0/action").asText()).isEqualTo("keep");
    assertThat(endpoint.at("/metricRelabelings/0/action").asText()).isEqualTo("drop");
  }

  @Test
  void serviceMonitorSelectsTheService() {
    var values = values("metrics.serviceMonitor.enabled=true");

    var selector =
        JSON.convertValue(
            monitor("ServiceMonitor", values).at("/spec/selector/matchLabels"),
            new TypeReference<Map<String, String>>() {});

    assertThat(one(Service.class, values).getMetadata().getLabels()).containsAllEntriesOf(selector);
  }

  @Test
  void renderingFailsWithAServiceMonitorButNoService() {
    var values = values("metrics.serviceMonitor.enabled=true", "metrics.service.enabled=false");

    assertThatThrownBy(() -> render(values))
        .hasMessageContaining("metrics.serviceMonitor needs metrics.service.enabled");
  }

  @Test
  void renderingFailsWithBothMonitors() {
    var values = values("metrics.serviceMonitor.enabled=true", "metrics.podMonitor.enabled=true");

    assertThatThrownBy(() -> render(values)).hasMessageContaining("exclude each other");
  }

  @Test
  void prometheusRuleHasTheAlertsOfTheRuleFile() throws IOException {
    var values =
        values(
            "metrics.prometheusRule.enabled=true",
            "metrics.prometheusRule.labels.release=prometheus");

    var rule = monitor("PrometheusRule", values);

    assertThat(rule.at("/metadata/labels/release").asText()).isEqualTo("prometheus");
    assertThat(rule.at("/spec"))
        .isEqualTo(ChartValues.tree(Chart.DIRECTORY.resolve("files/alerts.yaml")));
  }

  @Test
  void everyAlertLeadsToTheRunbookOfTheValues() {
    var values =
        values(
            "metrics.prometheusRule.enabled=true",
            "metrics.prometheusRule.runbookUrl=https://example.org/runbook");

    var urls = monitor("PrometheusRule", values).at("/spec").findValuesAsText("runbook_url");

    assertThat(urls)
        .isNotEmpty()
        .allMatch(url -> url.startsWith("https://example.org/runbook#host"));
  }

  @Test
  void configMapHasTheDashboardForTheSidecarOfGrafana() throws IOException {
    var values =
        values("metrics.dashboard.enabled=true", "metrics.dashboard.annotations.folder=OpenStack");

    var map = one(ConfigMap.class, values);

    assertThat(map.getMetadata().getLabels()).contains(entry("grafana_dashboard", "1"));
    assertThat(map.getMetadata().getAnnotations()).contains(entry("folder", "OpenStack"));
    assertThat(JSON.readTree(map.getData().get("host-maintenance.json")))
        .isEqualTo(
            JSON.readTree(Files.readString(Chart.DIRECTORY.resolve("files/dashboard.json"))));
  }

  @Test
  void networkPolicyAllowsMetricsDnsAndThePortsOfTheCloud() {
    var policy =
        one(
            NetworkPolicy.class,
            values(
                "networkPolicy.enabled=true",
                "networkPolicy.ports[0]=443",
                "networkPolicy.ports[1]=5000",
                "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.a=b",
                "networkPolicy.to[0].ipBlock.cidr=10.0.0.0/8"));

    var spec = policy.getSpec();
    assertThat(spec.getPolicyTypes()).containsExactly("Ingress", "Egress");
    assertThat(spec.getIngress())
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.getPorts())
                  .extracting(NetworkPolicyPort::getPort)
                  .containsExactly(new IntOrString("http"));
              assertThat(rule.getFrom()).hasSize(1);
            });
    assertThat(spec.getEgress()).hasSize(2);
    assertThat(spec.getEgress().getFirst().getPorts())
        .extracting(NetworkPolicyPort::getPort)
        .containsOnly(new IntOrString(53));
    assertThat(spec.getEgress().getFirst().getTo()).isEmpty();
    assertThat(spec.getEgress().getLast().getPorts())
        .extracting(NetworkPolicyPort::getPort)
        .containsExactly(new IntOrString(443), new IntOrString(5000));
    assertThat(spec.getEgress().getLast().getTo().getFirst().getIpBlock().getCidr())
        .isEqualTo("10.0.0.0/8");
  }

  @Test
  void networkPolicyNamesNoPeersByDefault() {
    var spec = one(NetworkPolicy.class, values("networkPolicy.enabled=true")).getSpec();

    assertThat(spec.getIngress()).allSatisfy(rule -> assertThat(rule.getFrom()).isEmpty());
    assertThat(spec.getEgress()).allSatisfy(rule -> assertThat(rule.getTo()).isEmpty());
  }

  @Test
  void networkPolicyIsThatOfTheTestToo() {
    var values = values("networkPolicy.enabled=true");

    assertThat(
            one(NetworkPolicy.class, values)
                .getSpec()
                .getPodSelector()
                .getMatchExpressions()
                .getFirst()
                .getValues())
        .containsExactly(
            podLabels(values).get("app.kubernetes.io/name"),
            one(Pod.class, values).getMetadata().getLabels().get("app.kubernetes.io/name"));
  }

  @Test
  void passesExtraEnvToTheOperator() {
    var values = values("extraEnv[0].name=JAVA_TOOL_OPTIONS", "extraEnv[0].value=-Xlog:gc");

    assertThat(environment(operator(values))).contains(entry("JAVA_TOOL_OPTIONS", "-Xlog:gc"));
    assertThat(environment(operator(SECRET))).doesNotContainKey("JAVA_TOOL_OPTIONS");
  }

  @Test
  void mountsExtraVolumes() {
    var values =
        values(
            "extraVolumes[0].name=certs",
            "extraVolumes[0].configMap.name=ca",
            "extraVolumeMounts[0].name=certs",
            "extraVolumeMounts[0].mountPath=/certs");

    assertThat(pod(values).at("/volumes/3/configMap/name").asText()).isEqualTo("ca");
    assertThat(pod(values).at("/containers/0/volumeMounts/3/mountPath").asText())
        .isEqualTo("/certs");
    assertThat(pod(SECRET).at("/volumes")).hasSize(3);
  }

  @Test
  void setsNoProxyByDefault() {
    assertThat(environment(operator(SECRET)).keySet()).noneMatch(name -> name.endsWith("_PROXY"));
  }

  @Test
  void proxyIsForTheCloudAndNotForTheApiServer() {
    var values =
        values(
            "proxy.https=http://proxy:3128",
            "proxy.except[0]=.example.org",
            "proxy.except[1]=10.0.0.0/8");

    assertThat(environment(operator(values)))
        .contains(
            entry("HTTPS_PROXY", "http://proxy:3128"),
            entry("NO_PROXY", "$(KUBERNETES_SERVICE_HOST),.example.org,10.0.0.0/8"))
        .doesNotContainKey("HTTP_PROXY");
  }

  @Test
  void proxyWithAPasswordComesFromASecret() {
    var values = values("proxy.existingSecret=proxy", "proxy.http=http://proxy:3128");

    assertThat(operator(values).getEnv())
        .filteredOn(e -> e.getName().equals("HTTPS_PROXY"))
        .extracting(EnvVar::getValueFrom)
        .singleElement()
        .satisfies(
            from -> {
              assertThat(from.getSecretKeyRef().getName()).isEqualTo("proxy");
              assertThat(from.getSecretKeyRef().getKey()).isEqualTo("HTTPS_PROXY");
              assertThat(from.getSecretKeyRef().getOptional()).isTrue();
            });
    assertThat(environment(operator(values))).contains(entry("HTTP_PROXY", "http://proxy:3128"));
  }

  @Test
  void renderingFailsWithAProxyThatTheOperatorWouldRefuse() {
    assertThatThrownBy(() -> render(values("proxy.https=socks5://proxy:1080")))
        .hasMessageContaining("proxy/https");
  }

  @Test
  void passesTheLogLevelToTheOperator() {
    assertThat(environment(operator(SECRET))).contains(entry("HM_LOG_LEVEL", "info"));
    assertThat(environment(operator(values("operator.logLevel=debug"))))
        .contains(entry("HM_LOG_LEVEL", "debug"));
  }

  @Test
  void annotationOfThePodIsTheFileThatNamesTheLogLevel() {
    var file = environment(operator(SECRET)).get("HM_LOG_LEVEL_FILE");
    var mount =
        operator(SECRET).getVolumeMounts().stream()
            .filter(m -> file.startsWith(m.getMountPath() + "/"))
            .findFirst()
            .orElseThrow();

    assertThat(mount.getSubPath()).isNull();
    assertThat(deployment(SECRET).getSpec().getTemplate().getSpec().getVolumes())
        .filteredOn(v -> v.getName().equals(mount.getName()))
        .flatExtracting(v -> v.getDownwardAPI().getItems())
        .singleElement()
        .satisfies(
            item -> {
              assertThat(mount.getMountPath() + "/" + item.getPath()).isEqualTo(file);
              assertThat(item.getFieldRef().getFieldPath())
                  .isEqualTo("metadata.annotations['hostmaintenance.io/log-level']");
            });
  }

  @Test
  void digestOfTheImageComesBeforeItsTag() {
    var digest = "sha256:" + "0123456789abcdef".repeat(4);

    assertThat(operator(values("image.tag=v1", "image.digest=" + digest)).getImage())
        .isEqualTo("host-maintenance-operator@" + digest);
    assertThat(operator(values("image.tag=v1")).getImage())
        .isEqualTo("host-maintenance-operator:v1");
  }

  @Test
  void commonLabelsAreOnEveryObjectAndPod() {
    var values = everything("commonLabels.team=cloud");

    assertThat(Chart.objects(values))
        .allSatisfy(o -> assertThat(o.getMetadata().getLabels()).contains(entry("team", "cloud")));
    assertThat(podLabels(values)).contains(entry("team", "cloud"));
  }

  @Test
  void commonLabelsDoNotReplaceThoseOfTheChart() {
    var values = values("commonLabels.app\\.kubernetes\\.io/name=other");

    assertThat(deployment(values).getMetadata().getLabels())
        .contains(entry("app.kubernetes.io/name", "host-maintenance-operator"));
  }

  @Test
  void commonLabelsAreInNoSelector() {
    var values = values("commonLabels.team=cloud");

    assertThat(deployment(values).getSpec().getSelector().getMatchLabels())
        .doesNotContainKey("team");
    assertThat(one(Service.class, values).getSpec().getSelector()).doesNotContainKey("team");
  }

  @Test
  void commonAnnotationsAreOnEveryObjectAndPod() {
    var values = everything("commonAnnotations.team=cloud");

    assertThat(Chart.objects(values))
        .allSatisfy(
            o -> assertThat(o.getMetadata().getAnnotations()).contains(entry("team", "cloud")));
    assertThat(deployment(values).getSpec().getTemplate().getMetadata().getAnnotations())
        .contains(entry("team", "cloud"));
  }

  @Test
  void objectsHaveNoAnnotationsOfTheirOwnByDefault() {
    assertThat(deployment(SECRET).getMetadata().getAnnotations()).isNullOrEmpty();
    assertThat(one(ServiceAccount.class, SECRET).getMetadata().getAnnotations()).isNullOrEmpty();
  }

  @Test
  void annotationsOfTheServiceAccountComeBeforeCommonOnes() {
    var values = values("serviceAccount.annotations.team=nova", "commonAnnotations.team=cloud");

    assertThat(one(ServiceAccount.class, values).getMetadata().getAnnotations())
        .containsOnly(entry("team", "nova"));
  }

  @Test
  void crdKeepsItsAnnotationsBesideCommonOnes() {
    var crd = one(CustomResourceDefinition.class, values("commonAnnotations.team=cloud"));

    assertThat(crd.getMetadata().getAnnotations())
        .containsKeys("team", "helm.sh/resource-policy", "hostmaintenance.io/schema");
  }

  @Test
  void labelsAndAnnotationsOfThePodReachIt() {
    var template =
        deployment(values("podLabels.a=b", "podAnnotations.c=d"))
            .getSpec()
            .getTemplate()
            .getMetadata();

    assertThat(template.getLabels()).contains(entry("a", "b"));
    assertThat(template.getAnnotations()).containsOnly(entry("c", "d"));
  }

  @Test
  void helmTestChecksTheCloudWithTheSettingsOfTheOperator() {
    var pod = one(Pod.class, SECRET);

    assertThat(pod.getMetadata().getAnnotations()).contains(entry("test/hook", "test"));
    assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
    var container = pod.getSpec().getContainers().getFirst();
    assertThat(container.getArgs()).containsExactly("check");
    assertThat(container.getEnv()).isEqualTo(operator(SECRET).getEnv());
    assertThat(container.getVolumeMounts()).isEqualTo(operator(SECRET).getVolumeMounts());
  }

  @Test
  void podOfTheTestIsTakenForNoOperator() {
    var labels = one(Pod.class, SECRET).getMetadata().getLabels();

    assertThat(selects(one(Service.class, SECRET).getSpec().getSelector(), labels)).isFalse();
    assertThat(selects(deployment(SECRET).getSpec().getSelector().getMatchLabels(), labels))
        .isFalse();
  }

  @Test
  void uninstallationFailsWhileThereAreResources() {
    var job = one(Job.class, SECRET);

    assertThat(job.getMetadata().getAnnotations())
        .contains(
            entry("test/hook", "pre-delete"),
            entry("test/hook-delete-policy", "before-hook-creation,hook-succeeded"));
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    var pod = job.getSpec().getTemplate().getSpec();
    assertThat(pod.getContainers().getFirst().getArgs()).containsExactly("check-uninstall");
    assertThat(pod.getServiceAccountName()).isEqualTo("it-host-maintenance-operator");
  }

  @Test
  void uninstallationNeedsNoCloud() {
    var pod = one(Job.class, SECRET).getSpec().getTemplate().getSpec();

    assertThat(pod.getVolumes()).extracting(volume -> volume.getName()).containsExactly("tmp");
  }

  @Test
  void uninstallationIsNotCheckedWhereThatIsNotWanted() {
    assertThat(all(Job.class, values("uninstallCheck.enabled=false"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replicas=2",
        "proxy.no=a",
        "metrics.serviceMonitor.label.a=b",
        "metrics.prometheusRule.rules=a",
        "metrics.dashboard.folder=a",
        "networkPolicy.port=1",
        "podDisruptionBudget.minAvailable=1",
        "image.registry=a",
        "strategy.maxSurge=1",
        "uninstallCheck.keep=true",
        "hostAliases[0].name=a"
      })
  void renderingFailsWithAnUnknownValue(String value) {
    assertThatThrownBy(() -> render(values(value))).hasMessageContaining("additional properties");
  }

  /** The fewest values, every switch that adds an object, and one more. */
  private static Map<String, Object> everything(String value) {
    var values =
        new HashMap<>(
            values(
                value,
                "metrics.serviceMonitor.enabled=true",
                "metrics.prometheusRule.enabled=true",
                "metrics.dashboard.enabled=true",
                "networkPolicy.enabled=true",
                "cloud.cloudsYaml=clouds: {}"));
    values.remove("cloud.existingSecret");
    return values;
  }
}
