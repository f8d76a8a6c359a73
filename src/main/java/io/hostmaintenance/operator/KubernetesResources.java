package io.hostmaintenance.operator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.drain.Drain;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The resources of an API server: read by name from it, listed from a cache. */
final class KubernetesResources implements Resources {

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
  private static final int RELEASE_TRIES = 5;

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
   * status has overtaken, and then gives up after ten refused patches. The patch holds for the
   * version that was read: another controller's finalizer that came meanwhile stays.
   */
  @Override
  public void release(HostMaintenance resource) {
    for (var attempt = 1; ; attempt++) {
      var stored = read(resource.getMetadata().getName()).filter(r -> finalizes(resource, r));
      if (stored.isEmpty()) {
        return;
      }
      try {
        client.resource(stored.get()).patch(MERGE, withoutFinalizer(stored.get()));
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
          return;
        }
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == RELEASE_TRIES) {
          throw e;
        }
      }
    }
  }

  private static boolean finalizes(HostMaintenance resource, HostMaintenance stored) {
    return resource.getMetadata().getUid().equals(stored.getMetadata().getUid())
        && stored.hasFinalizer(HostMaintenance.FINALIZER);
  }

  private static String withoutFinalizer(HostMaintenance stored) {
    var metadata = stored.getMetadata();
    var patch = JsonNodeFactory.instance.objectNode();
    var next = patch.putObject("metadata");
    next.put("uid", metadata.getUid()).put("resourceVersion", metadata.getResourceVersion());
    var others = next.putArray("finalizers");
    metadata.getFinalizers().stream()
        .filter(f -> !f.equals(HostMaintenance.FINALIZER))
        .forEach(others::add);
    return patch.toString();
  }

  /** What the watch's cache keeps of a resource, which is read whole before it is acted on. */
  static HostMaintenance remembered(HostMaintenance resource) {
    var remembered = new HostMaintenance();
    remembered.setMetadata(
        new ObjectMetaBuilder(resource.getMetadata()).withManagedFields(List.of()).build());
    remembered.setSpec(resource.getSpec());
    remembered.setStatus(Drain.remembered(resource.getStatus()));
    return remembered;
  }
}
