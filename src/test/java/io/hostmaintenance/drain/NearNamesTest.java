package io.hostmaintenance.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which host somebody may have meant. */
class NearNamesTest {

  private static final List<String> KNOWN =
      Stream.concat(
              IntStream.rangeClosed(1, 55).mapToObj(i -> "node-" + i + ".example.org"),
              Stream.of("cmp01", "GPU-Host-3", "storage"))
          .toList();

  @ParameterizedTest
  @CsvSource({
    "node-7,               node-7.example.org",
    "NODE-7.Example.org,   node-7.example.org",
    "node-7.other.org,     node-7.example.org",
    "nod-7.example.org,    node-7.example.org",
    "noed-7,               node-7.example.org",
    "gpu-host-3,           GPU-Host-3",
    "cmp01.example.org,    cmp01",
    "cmpp01,               cmp01",
    "storage-a,            storage",
  })
  void onlyTheMostSimilarHostNameIsSuggested(String written, String meant) {
    assertThat(NearNames.of(written, KNOWN)).containsExactly(meant);
  }

  @Test
  void atMostThreeHostNamesAreSuggested() {
    assertThat(NearNames.of("node", KNOWN))
        .containsExactly("node-1.example.org", "node-10.example.org", "node-11.example.org");
  }

  @Test
  void hostNameWithAnotherDigitIsSuggested() {
    assertThat(NearNames.of("compute-7", List.of("compute-9", "other")))
        .containsExactly("compute-9");
  }

  @ParameterizedTest
  @CsvSource({"compute-7", "x", "node-99.example.com.invalid.zone.of.nobody"})
  void noHostNameIsSuggestedWhenNoneIsSimilar(String written) {
    assertThat(NearNames.of(written, List.of("storage-east", "db"))).isEmpty();
  }
}
