package io.hostmaintenance.operator;

import static java.util.function.Predicate.not;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.openstack4j.CloudSecret;
import io.hostmaintenance.nova.openstack4j.CloudSecrets;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Secrets of one namespace that are labelled with the name of a cloud, as a watch last told. A
 * watch that is away, or not allowed, changes nothing of what is known.
 */
final class KubernetesSecrets implements CloudSecrets, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesSecrets.class);

  private static final int MOST_CAUSES = 20;

  private final String namespace;
  private final SharedIndexInformer<Secret> informer;
  private volatile boolean forbidden;

  /**
   * Nothing is read before {@link #start}.
   *
   * @param namespace the operator's own; no other one is read
   */
  KubernetesSecrets(KubernetesClient client, String namespace) {
    this.namespace = namespace;
    this.informer =
        client
            .secrets()
            .inNamespace(namespace)
            .withLabel(HostMaintenance.CLOUD)
            .runnableInformer(0)
            .exceptionHandler(this::tryAgain);
  }

  /** Begins to watch, and waits for nothing. */
  void start() {
    informer.start();
  }

  /** The names of clouds that Secrets carry, as the watch last told; a label may have no value. */
  Set<String> names() {
    return informer.getStore().list().stream()
        .map(KubernetesSecrets::cloud)
        .filter(not(String::isEmpty))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static String cloud(Secret secret) {
    return secret.getMetadata().getLabels().get(HostMaintenance.CLOUD);
  }

  /**
   * Begins to watch, and waits until they have been read once, or as long as is allowed: then
   * {@link #missing} says that they have not been.
   */
  void startAndRead(Duration longest) throws InterruptedException {
    try {
      informer.start().toCompletableFuture().get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the Secrets have not been read", e);
    }
  }

  private boolean tryAgain(boolean started, Throwable failure) {
    var refused =
        Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
            .limit(MOST_CAUSES)
            .anyMatch(
                c ->
                    c instanceof KubernetesClientException e
                        && e.getCode() == HttpURLConnection.HTTP_FORBIDDEN);
    if (refused && !forbidden) {
      LOG.warn(
          "The operator may not read the Secrets of namespace {}: grant its account the rules of the"
              + " chart's templates/rbac.yaml where a cloud is to come from a Secret.",
          namespace);
    }
    forbidden = refused;
    return true;
  }

  @Override
  public Optional<CloudSecret> named(String name) {
    var all =
        informer.getStore().list().stream()
            .filter(s -> name.equals(cloud(s)))
            .sorted((a, b) -> a.getMetadata().getName().compareTo(b.getMetadata().getName()))
            .toList();
    if (all.size() > 1) {
      throw new NovaException(
          Kind.CONFIGURATION,
          "%s and %s both have the label %s: %s; remove it from one of them."
              .formatted(origin(all.get(0)), origin(all.get(1)), HostMaintenance.CLOUD, name));
    }
    return all.stream().findFirst().map(s -> new CloudSecret(origin(s), files(s)));
  }

  private static String origin(Secret secret) {
    var metadata = secret.getMetadata();
    return "Secret " + metadata.getNamespace() + "/" + metadata.getName();
  }

  private static Map<String, byte[]> files(Secret secret) {
    var data = Optional.ofNullable(secret.getData()).orElse(Map.of());
    return data.entrySet().stream()
        .collect(
            Collectors.toMap(Map.Entry::getKey, e -> Base64.getDecoder().decode(e.getValue())));
  }

  @Override
  public NovaException missing(String name) {
    if (informer.hasSynced()) {
      return new NovaException(
          Kind.CONFIGURATION,
          "There is no cloud %s: add it to clouds.yaml, or label a Secret of namespace %s with %s: %s."
              .formatted(name, namespace, HostMaintenance.CLOUD, name));
    }
    return forbidden
        ? new NovaException(
            Kind.CONFIGURATION,
            ("Cloud %s is not in clouds.yaml, and the operator may not read the Secrets of namespace"
                    + " %s: grant its account the rules of the chart's templates/rbac.yaml.")
                .formatted(name, namespace))
        : new NovaException(
            Kind.UNAVAILABLE,
            "Cloud %s is not in clouds.yaml, and the Secrets of namespace %s have not been read yet."
                .formatted(name, namespace));
  }

  @Override
  public void close() {
    informer.close();
  }
}
