package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.nio.channels.UnresolvedAddressException;
import java.util.Optional;
import java.util.stream.Stream;

/** What is said of a start that failed. */
final class StartFailure {

  private StartFailure() {}

  /**
   * One sentence that names the cause and the way out.
   *
   * @param failure what the start ended with; its causes are read too
   * @param config whose values are named
   */
  static String sentence(Throwable failure, Config config) {
    var causes = Stream.iterate(failure, c -> c != null, Throwable::getCause).limit(20).toList();
    var known = causes.stream().flatMap(c -> known(c, config).stream()).findFirst();
    return "The operator could not start: "
        + known.orElseGet(
            () ->
                text(causes.getLast())
                    + "; see whether the API server answers: kubectl get hostmaintenances");
  }

  private static Optional<String> known(Throwable cause, Config config) {
    return switch (cause) {
      case BindException e ->
          Optional.of(
              "it cannot listen at %s, port %d (%s); set HM_PORT to a free one, or HM_ADDRESS"
                  .formatted(config.address(), config.port(), e.getMessage()));
      case UnresolvedAddressException _ ->
          Optional.of("HM_ADDRESS '" + config.address() + "' is no address of this machine");
      case KubernetesClientException e -> refused(e);
      default -> Optional.empty();
    };
  }

  private static Optional<String> refused(KubernetesClientException e) {
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_UNAUTHORIZED ->
          Optional.of(
              text(e)
                  + "; give the operator a kubeconfig or a service account that the API server"
                  + " accepts");
      case HttpURLConnection.HTTP_FORBIDDEN ->
          Optional.of(
              text(e)
                  + "; grant the operator's account the rules of the chart's templates/rbac.yaml");
      case HttpURLConnection.HTTP_NOT_FOUND ->
          Optional.of(text(e) + "; create what is missing, or correct HM_NAMESPACE");
      default -> Optional.empty();
    };
  }

  private static String text(Throwable cause) {
    var said =
        cause instanceof KubernetesClientException e && e.getStatus() != null
            ? e.getStatus().getMessage()
            : cause.getMessage();
    return said == null ? cause.getClass().getSimpleName() : said.lines().findFirst().orElse("");
  }
}
