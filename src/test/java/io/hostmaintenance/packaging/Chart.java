package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The chart, rendered by Helm itself as release {@code it} in the namespace {@code nova}. Helm
 * leaves its hooks out here, so a copy is rendered in which they are annotated as {@code
 * test/hook}.
 */
final class Chart {

  static final Path DIRECTORY = Path.of("helm", "host-maintenance-operator");

  /** The fewest values that it needs. */
  static final Map<String, Object> SECRET = Map.of("cloud.existingSecret", "cloud");

  private static final Path COPY = copy(Path.of("target", "chart"));

  private Chart() {}

  private static Path copy(Path copy) {
    try (var old = Files.exists(copy) ? Files.walk(copy) : Stream.<Path>of();
        var files = Files.walk(DIRECTORY)) {
      for (var file : old.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var target = copy.resolve(DIRECTORY.relativize(file));
        Files.createDirectories(target.getParent());
        Files.writeString(target, Files.readString(file).replace("helm.sh/hook", "test/hook"));
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fewest values and one more. */
  static Map<String, Object> with(String value, Object setting) {
    return Map.of("cloud.existingSecret", "cloud", value, setting);
  }

  /** The fewest values and some more, each as {@code value=setting} of {@code helm --set}. */
  static Map<String, Object> values(String... pairs) {
    var values = new HashMap<>(SECRET);
    for (var pair : pairs) {
      var parts = pair.split("=", 2);
      values.put(parts[0], parts[1]);
    }
    return values;
  }

  /** What Helm prints; its sentence is in the exception when it refuses. */
  static String render(Map<String, Object> values) {
    var template =
        new Helm(COPY).template().withName("it").withNamespace("nova").withKubeVersion("1.29.0");
    values.forEach(template::set);
    return template.call();
  }

  /** Every object. */
  static List<HasMetadata> objects(Map<String, Object> values) {
    return Arrays.stream(render(values).split("(?m)^---$"))
        .filter(d -> !d.isBlank())
        .map(d -> (HasMetadata) Serialization.unmarshal(d, KubernetesResource.class))
        .toList();
  }

  static <T extends HasMetadata> List<T> all(Class<T> type, Map<String, Object> values) {
    return objects(values).stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The objects of a kind, which need not be known to the client. */
  static List<HasMetadata> all(String kind, Map<String, Object> values) {
    return objects(values).stream().filter(o -> o.getKind().equals(kind)).toList();
  }

  static <T extends HasMetadata> T one(Class<T> type, Map<String, Object> values) {
    var found = all(type, values);
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  static <T extends HasMetadata> T named(Class<T> type, String name) {
    return all(type, SECRET).stream()
        .filter(r -> r.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static Deployment deployment(Map<String, Object> values) {
    return one(Deployment.class, values);
  }

  /** The container of the operator that runs all the time. */
  static Container operator(Map<String, Object> values) {
    return deployment(values).getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  /** The pods of the operator, of its test and of its uninstallation. */
  static List<PodSpec> pods(Map<String, Object> values) {
    var pods = new ArrayList<PodSpec>();
    for (var object : objects(values)) {
      switch (object) {
        case Deployment d -> pods.add(d.getSpec().getTemplate().getSpec());
        case Job j -> pods.add(j.getSpec().getTemplate().getSpec());
        case Pod p -> pods.add(p.getSpec());
        default -> {}
      }
    }
    return pods;
  }

  static Map<String, String> environment(Container container) {
    return container.getEnv().stream()
        .collect(Collectors.toMap(EnvVar::getName, e -> e.getValue() == null ? "" : e.getValue()));
  }

  /** Whether labels meet a selector. */
  static boolean selects(Map<String, String> selector, Map<String, String> labels) {
    return labels.entrySet().containsAll(selector.entrySet());
  }
}
