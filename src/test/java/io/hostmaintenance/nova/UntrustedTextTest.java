package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What strangers write is shown and does nothing. */
class UntrustedTextTest {

  @ParameterizedTest
  @CsvSource({
    "'a\u001b[31mb', 'a [31mb'",
    "'a\u202eb', 'a b'",
    "'a\u2028b', 'a b'",
    "'a\u2029b', 'a b'",
    "'a\ud800b', 'a b'",
    "'a\u200db', 'a\u200db'",
    "'a\u200cb', 'a\u200cb'",
    "'grün 😀', 'grün 😀'",
  })
  void harmfulCharactersBecomeBlanks(String text, String shown) {
    assertThat(UntrustedText.line(text, 100)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({"ab😀, 6, ab😀", "ab😀, 5, ab", "ab😀, 2, ab", "abé, 3, ab", "abc, 3, abc"})
  void lineIsTruncatedBetweenCharacters(String text, int bytes, String shown) {
    assertThat(UntrustedText.line(text, bytes)).isEqualTo(shown);
  }

  @Test
  void lineOfNullIsNull() {
    assertThat(UntrustedText.line(null, 100)).isNull();
  }
}
