package io.hostmaintenance.operator;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.stream.Collectors;

/** What {@code check-uninstall} does: only a running operator gives hosts back. */
final class UninstallCheck {

  private static final long MOST_NAMED = 3;

  private UninstallCheck() {}

  /**
   * Why the operator must not go away yet.
   *
   * @return one sentence with the way out; empty when there is no HostMaintenance, and no CRD of it
   *     counts as none
   */
  static Optional<String> objection(KubernetesClient client) {
    try {
      var first =
          client
              .resources(HostMaintenance.class)
              .list(new ListOptionsBuilder().withLimit(MOST_NAMED).build());
      return first.getItems().isEmpty()
          ? Optional.empty()
          : Optional.of(
              ("There are HostMaintenances, such as %s: delete them (kubectl delete hm --all), wait"
                      + " until they are gone, and uninstall again. Only the running operator gives"
                      + " their hosts back.")
                  .formatted(
                      first.getItems().stream()
                          .limit(MOST_NAMED)
                          .map(resource -> resource.getMetadata().getName())
                          .collect(Collectors.joining(", "))));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      return Optional.of("The HostMaintenances cannot be listed: " + StartFailure.cause(e));
    }
  }
}
