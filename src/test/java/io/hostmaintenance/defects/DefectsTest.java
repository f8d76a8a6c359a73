package io.hostmaintenance.defects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.hostmaintenance.defects.Witness.Verdict;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Holds the list of defects to the sources and tests of today; {@link Proof} tries them. */
class DefectsTest {

  private static final List<Defect> DEFECTS = Defects.ALL;
  private static final String GREEN = "nova.StoredTextTest#nullStaysNull";

  private static Defect inText(String text, String replacement) {
    return Defect.of("is wrong", "nova/UntrustedText").where(text, replacement).caughtBy(GREEN);
  }

  @ParameterizedTest
  @FieldSource("DEFECTS")
  void everyDefectChangesTheCurrentSources(Defect defect) throws IOException {
    var source = Trial.source(defect);

    assertThat(defect.applyTo(source)).isNotEqualTo(source);
  }

  @ParameterizedTest
  @FieldSource("DEFECTS")
  void everyDefectNamesExistingTests(Defect defect) {
    assertThat(defect.caughtBy())
        .isNotEmpty()
        .allSatisfy(
            test ->
                assertThatCode(() -> Witness.method(test, getClass().getClassLoader()))
                    .doesNotThrowAnyException());
  }

  @Test
  void everyDefectHasAUniqueName() {
    assertThat(DEFECTS).extracting(Defect::name).doesNotHaveDuplicates();
  }

  @Test
  void ambiguousSourceTextIsRejected() {
    assertThatIllegalStateException()
        .isThrownBy(() -> inText("a", "b").applyTo("a b a"))
        .withMessage("not exactly once in the source: a");
  }

  @Test
  void sourceTextIsFoundAcrossLineBreaks() {
    assertThat(inText("a b", "$1").applyTo("x a\n    b y")).isEqualTo("x $1 y");
  }

  @Test
  void defectWithoutAnEffectIsNotCaught() throws IOException, ClassNotFoundException {
    assertThat(
            Trial.of(inText("var keep = -1;", "var keep = -1; // as before")).get(GREEN).verdict())
        .isEqualTo(Verdict.GREEN);
  }

  @Test
  void aDefectThatDoesNotCompileIsNotCaught() throws IOException, ClassNotFoundException {
    assertThat(Trial.of(inText("return out.toString();", "return;")).values())
        .extracting(Witness.Testimony::verdict)
        .containsExactly(Verdict.MUTE);
  }
}
