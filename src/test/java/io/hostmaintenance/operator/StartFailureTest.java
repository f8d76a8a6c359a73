package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a start that fails says. */
class StartFailureTest {

  private static final Config CONFIG =
      Config.of(Map.of("HM_PORT", "8081", "HM_ADDRESS", "10.0.0.1"), false);

  private static String sentence(Throwable failure) {
    return StartFailure.sentence(failure, CONFIG);
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
