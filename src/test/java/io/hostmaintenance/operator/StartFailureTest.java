package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a start that fails says. */
class StartFailureTest {

  private static final Config CONFIG =
      Config.of(Map.of("HM_PORT", "8081", "HM_ADDRESS", "10.0.0.1"), false);

  private static String sentence(Throwable failure) {
    return sentence(failure, Optional.empty(), Optional.empty());
  }

  private static String sentence(
      Throwable failure, Optional<Path> file, Optional<String> kubeconfig) {
    return new StartFailure(CONFIG, kubernetes(), file, kubeconfig).sentence(failure);
  }

  private static io.fabric8.kubernetes.client.Config kubernetes() {
    return new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
        .withMasterUrl("https://api.example.org:6443")
        .withRequestTimeout(10_000)
        .build();
  }

  /** As fabric8 wraps what the JDK's client throws. */
  private static KubernetesClientException silent(Exception cause) {
    return new KubernetesClientException("Operation: [get] failed.", new IOException(cause));
  }

  private static KubernetesClientException answer(int code, String message) {
    return new KubernetesClientException(
        new StatusBuilder().withCode(code).withMessage(message).build());
  }

  @Test
  void portInUseIsNamedWithItsVariable() {
    assertThat(sentence(new BindException("Address already in use")))
        .isEqualTo(
            "The operator could not start: it cannot listen at 10.0.0.1, port 8081 (Address already"
                + " in use); set HM_PORT to a free one, or HM_ADDRESS");
  }

  @Test
  void unresolvableAddressIsNamedWithItsVariable() {
    assertThat(sentence(new UnresolvedAddressException())).contains("HM_ADDRESS '10.0.0.1'");
  }

  @ParameterizedTest
  @CsvSource({
    "403, templates/rbac.yaml",
    "401, service account",
    "404, HM_NAMESPACE",
    "500, kubectl get hostmaintenances"
  })
  void errorOfTheApiServerIsQuotedWithAHintForItsStatus(int code, String wayOut) {
    var failure = new IllegalStateException("wrapped", answer(code, "it is refused"));

    assertThat(sentence(failure)).contains("it is refused").contains(wayOut);
  }

  private static Stream<Arguments> silences() {
    return Stream.of(
        arguments(new ConnectException("Connection refused"), "Connection refused"),
        arguments(new SocketTimeoutException("Connect timed out"), "Connect timed out"),
        arguments(new UnknownHostException("api"), "its name is not known"),
        arguments(new HttpTimeoutException("x"), "no answer within 10000 ms"),
        arguments(new SSLHandshakeException("PKIX path building failed"), "PKIX path building"));
  }

  @ParameterizedTest
  @MethodSource("silences")
  void apiServerOutOfReachIsNamedWithTheCause(Exception cause, String words) {
    assertThat(sentence(silent(cause)))
        .startsWith(
            "The operator could not start: the API server https://api.example.org:6443/ does not"
                + " answer: "
                + words);
  }

  @Test
  void kubeconfigThatIsMissingIsNamed() {
    assertThat(sentence(silent(new ConnectException()), Optional.empty(), Optional.of("/no/where")))
        .endsWith("KUBECONFIG names /no/where, and there is no such file: correct it");
  }

  @Test
  void kubeconfigOfTheServerOutOfReachIsNamed() {
    var file = Path.of("/etc/kubeconfig");

    assertThat(sentence(silent(new ConnectException()), Optional.of(file), Optional.of("" + file)))
        .endsWith("correct the server in /etc/kubeconfig");
  }

  @Test
  void missingKubeconfigOutsideOfAPodIsSaid() {
    assertThat(sentence(silent(new ConnectException())))
        .endsWith("name a kubeconfig in KUBECONFIG");
  }

  @Test
  void unknownFailureIsDescribedByItsDeepestCause() {
    var failure = new IllegalStateException("outer", new IllegalStateException("inner"));

    assertThat(sentence(failure))
        .startsWith("The operator could not start: inner; ")
        .doesNotContain("outer");
  }

  @Test
  void causeWithoutAMessageIsNamedByItsClass() {
    assertThat(sentence(new StackOverflowError())).contains("StackOverflowError");
  }

  @Test
  void onlyTheFirstLineOfACauseIsShown() {
    assertThat(sentence(new IllegalStateException("first\nsecond"))).doesNotContain("second");
  }
}
