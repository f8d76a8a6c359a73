package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The resources of an API server: read by name from it, listed from a cache. */
final class KubernetesResources implements Resources {

  private final KubernetesClient client;
  private final Supplier<List<HostMaintenance>> cache;

  KubernetesResources(KubernetesClient client, Supplier<List<HostMaintenance>> cache) {
    this.client = client;
    this.cache = cache;
  }

  @Override
  public Optional<HostMaintenance> read(String name) {
    return Optional.ofNullable(client.resources(HostMaintenance.class).withName(name).get());
  }

  @Override
  public List<HostMaintenance> known() {
    return cache.get();
  }

  @Override
  public List<HostMaintenance> all() {
    return client.resources(HostMaintenance.class).list().getItems();
  }

  @Override
  public HostMaintenance writeStatus(HostMaintenance resource) throws Conflict {
    try {
      return client.resource(resource).updateStatus();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        throw new Conflict(e);
      }
      throw e;
    }
  }

  /**
   * By our own hand: JOSDK 5.2 compares with what its watch last told, which our last write of the
   * status has overtaken, and then gives up after ten refused patches.
   */
  @Override
  public void release(HostMaintenance resource) {
    client
        .resources(HostMaintenance.class)
        .withName(resource.getMetadata().getName())
        .edit(
            stored -> {
              if (resource.getMetadata().getUid().equals(stored.getMetadata().getUid())) {
                stored.removeFinalizer(HostMaintenance.FINALIZER);
              }
              return stored;
            });
  }
}
