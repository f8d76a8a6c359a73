package io.hostmaintenance.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.util.Optional;

/** The CRD that the API server holds. */
final class Crd {

  private static final String REMEDY =
      "; install this operator's: kubectl apply --server-side --force-conflicts -f crds/";

  private Crd() {}

  /**
   * Why the operator must not act on it: an older schema would prune the intents that keep a move
   * from being asked for twice.
   *
   * @return one sentence with the way out; empty when it may
   * @throws KubernetesClientException when it cannot be read
   */
  static Optional<String> incompatibility(KubernetesClient client) {
    var name = CustomResource.getCRDName(HostMaintenance.class);
    var crd = client.apiextensions().v1().customResourceDefinitions().withName(name).get();
    if (crd == null) {
      return Optional.of("The API server has no CRD " + name + REMEDY);
    }
    var schema = schema(crd);
    return schema >= HostMaintenance.SCHEMA_VERSION
        ? Optional.empty()
        : Optional.of(
            "The CRD %s has schema %s, older than this operator's %s%s"
                .formatted(name, schema, HostMaintenance.SCHEMA_VERSION, REMEDY));
  }

  private static int schema(HasMetadata crd) {
    var annotations = crd.getMetadata().getAnnotations();
    var schema = annotations == null ? null : annotations.get(HostMaintenance.SCHEMA);
    return schema != null && schema.matches("\\d{1,6}") ? Integer.parseInt(schema) : 0;
  }
}
