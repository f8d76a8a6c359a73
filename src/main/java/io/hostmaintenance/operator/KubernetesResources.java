package io.hostmaintenance.operator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The resources of an API server. */
final class KubernetesResources implements ResourceStore {

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
  private static final int RELEASE_TRIES = 5;
  private static final long PAGE = 50;

  private final KubernetesClient client;
  private final Predicate<String> watched;

  /**
   * Reads and writes by this client.
   *
   * @param watched whether the watch lately knew a resource of this name
   */
  KubernetesResources(KubernetesClient client, Predicate<String> watched) {
    this.client = client;
    this.watched = watched;
  }

  @Override
  public Optional<HostMaintenance> read(String name) {
    return Optional.ofNullable(client.resources(HostMaintenance.class).withName(name).get());
  }

  @Override
  public boolean watched(String name) {
    return watched.test(name);
  }

  /** By pages, so that the rows of a thousand resources are never in memory at once. */
  @Override
  public void list(Consumer<HostMaintenance> each) {
    String next = null;
    do {
      var page =
          client
              .resources(HostMaintenance.class)
              .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
      page.getItems().forEach(each);
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
  }

  @Override
  public HostMaintenance writeStatus(HostMaintenance resource) throws Conflict {
    return unlessChanged(() -> client.resource(resource).updateStatus());
  }

  @Override
  public HostMaintenance hold(HostMaintenance resource) throws Conflict {
    var finalizers = new ArrayList<>(resource.getMetadata().getFinalizers());
    finalizers.add(HostMaintenance.FINALIZER);
    return unlessChanged(
        () -> client.resource(resource).patch(MERGE, withFinalizers(resource, finalizers)));
  }

  private static HostMaintenance unlessChanged(Supplier<HostMaintenance> change) throws Conflict {
    try {
      return change.get();
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
        client
            .resource(stored.get())
            .patch(MERGE, withFinalizers(stored.get(), othersThanOurs(stored.get())));
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

  private static List<String> othersThanOurs(HostMaintenance stored) {
    return stored.getMetadata().getFinalizers().stream()
        .filter(f -> !f.equals(HostMaintenance.FINALIZER))
        .toList();
  }

  /** Holds for the version that was read. */
  private static String withFinalizers(HostMaintenance stored, List<String> finalizers) {
    var metadata = stored.getMetadata();
    var patch = JsonNodeFactory.instance.objectNode();
    var next = patch.putObject("metadata");
    next.put("uid", metadata.getUid()).put("resourceVersion", metadata.getResourceVersion());
    var all = next.putArray("finalizers");
    finalizers.forEach(all::add);
    return patch.toString();
  }

  /** What the watch's cache keeps of a resource: no rows, for a reconciliation reads them. */
  static HostMaintenance remembered(HostMaintenance resource) {
    var remembered = new HostMaintenance();
    remembered.setMetadata(
        new ObjectMetaBuilder(resource.getMetadata()).withManagedFields(List.of()).build());
    remembered.setSpec(resource.getSpec());
    var status = resource.getStatus();
    remembered.setStatus(status == null ? null : status.toBuilder().instances(List.of()).build());
    return remembered;
  }
}
