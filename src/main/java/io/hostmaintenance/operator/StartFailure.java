package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is said of a start that failed.
 *
 * @param settings whose values are named
 * @param kubernetes where the API server was looked for
 * @param file the kubeconfig that named it; empty: none did
 * @param kubeconfig what {@code KUBECONFIG} says; empty: nothing
 */
record StartFailure(
    io.hostmaintenance.operator.Config settings,
    Config kubernetes,
    Optional<Path> file,
    Optional<String> kubeconfig) {

  private static final int MOST_CAUSES = 20;
  private static final String SEE =
      "; see whether the API server is well: kubectl get hostmaintenances";

  /**
   * One sentence that names the cause and the way out.
   *
   * @param failure what the start ended with; its causes are read too
   */
  String sentence(Throwable failure) {
    var causes = causes(failure);
    return "The operator could not start: "
        + ofTheApiServer(causes)
            .or(() -> causes.stream().flatMap(c -> port(c).stream()).findFirst())
            .orElseGet(() -> text(causes.getLast()) + SEE);
  }

  /** The deepest cause of a failure, in its own words. */
  static String cause(Throwable failure) {
    return text(causes(failure).getLast());
  }

  private static List<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .limit(MOST_CAUSES)
        .toList();
  }

  /** An answer tells more than the request that ended with it. */
  private Optional<String> ofTheApiServer(List<Throwable> causes) {
    return causes.stream()
        .filter(KubernetesClientException.class::isInstance)
        .map(KubernetesClientException.class::cast)
        .reduce((outer, inner) -> answered(outer) ? outer : inner)
        .map(e -> answered(e) ? refused(e) : silent(causes));
  }

  private static boolean answered(KubernetesClientException e) {
    return e.getCode() > 0;
  }

  private Optional<String> port(Throwable cause) {
    return switch (cause) {
      case BindException e ->
          Optional.of(
              "it cannot listen at %s, port %d (%s); set HM_PORT to a free one, or HM_ADDRESS"
                  .formatted(settings.address(), settings.port(), e.getMessage()));
      case UnresolvedAddressException _ ->
          Optional.of("HM_ADDRESS '" + settings.address() + "' is no address of this machine");
      default -> Optional.empty();
    };
  }

  private String silent(List<Throwable> causes) {
    var why =
        causes.stream()
            .flatMap(c -> network(c).stream())
            .findFirst()
            .orElseGet(() -> text(causes.getLast()));
    return "the API server %s does not answer: %s; %s"
        .formatted(kubernetes.getMasterUrl(), why, wayOut());
  }

  /** What the JDK says of these is nothing, or too little. */
  private Optional<String> network(Throwable cause) {
    return switch (cause) {
      case HttpTimeoutException _ ->
          Optional.of("no answer within " + kubernetes.getRequestTimeout() + " ms");
      case UnknownHostException _ -> Optional.of("its name is not known");
      default -> Optional.empty();
    };
  }

  private String wayOut() {
    if (file.isPresent()) {
      return "correct the server in " + file.get();
    }
    if (kubeconfig.isPresent()) {
      return "KUBECONFIG names %s, and there is no such file: correct it"
          .formatted(kubeconfig.get());
    }
    return Files.exists(Path.of(Config.KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH))
        ? "see whether the pod may reach it"
        : "there is neither ~/.kube/config nor a service account: name a kubeconfig in KUBECONFIG";
  }

  private static String refused(KubernetesClientException e) {
    return text(e)
        + switch (e.getCode()) {
          case HttpURLConnection.HTTP_UNAUTHORIZED ->
              "; give the operator a kubeconfig or a service account that the API server accepts";
          case HttpURLConnection.HTTP_FORBIDDEN ->
              "; grant the operator's account the rules of the chart's templates/rbac.yaml";
          case HttpURLConnection.HTTP_NOT_FOUND ->
              "; create what is missing, or correct HM_NAMESPACE";
          default -> SEE;
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
