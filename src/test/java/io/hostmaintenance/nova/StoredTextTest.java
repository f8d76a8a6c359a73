package io.hostmaintenance.nova;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoredTextTest {

  @Test
  void nullStaysNull() {
    assertThat(UntrustedText.cut(null, 10)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'',              10, ''",
    "short,           10, short",
    "exactly-10,      10, exactly-10",
    "eleven-char,     10, eleven-...",
    "éééééé,          12, éééééé",
    "ééééééé,         12, éééé...",
    "日本語日本,        15, 日本語日本",
    "日本語日本語,      15, 日本語日...",
  })
  void textIsTruncatedByItsUtf8Bytes(String text, int bytes, String expected) {
    assertThat(UntrustedText.cut(text, bytes)).isEqualTo(expected);
  }

  @Test
  void fourByteCharacterIsNeverSplit() {
    for (var bytes = 3; bytes < 60; bytes++) {
      var cut = UntrustedText.cut("x" + "🐢".repeat(30), bytes);

      assertThat(cut.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(bytes);
      assertThat(cut).endsWith("...").doesNotContain("\uFFFD");
      assertThat(new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
          .isEqualTo(cut);
    }
  }

  /** What an encoder doubles or writes as an escape of six counts as such. */
  @ParameterizedTest
  @ValueSource(strings = {"\"", "\\", "<", ">", "&"})
  void escapedCharacterCountsWithTheLengthOfItsEscape(String character) {
    var length = character.equals("\"") || character.equals("\\") ? 2 : 6;

    assertThat(UntrustedText.cut(character.repeat(10), 10 * length))
        .isEqualTo(character.repeat(10));
    assertThat(UntrustedText.cut(character.repeat(10), 10 * length - 1)).endsWith("...");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "\n", "\r", "\t", "\u001b", "\u007f", "\u0085", "\u2028", "\u2029"})
  void controlCharactersBecomeBlanks(String control) {
    assertThat(UntrustedText.cut("a" + control + "b", 10)).isEqualTo("a b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u202e", "\u2066", "\u200f", "\ufeff"})
  void directionMarksBecomeBlanks(String mark) {
    assertThat(UntrustedText.cut("a" + mark + "b", 10)).isEqualTo("a b");
  }

  @Test
  void zeroWidthJoinerStays() {
    assertThat(UntrustedText.cut("👩\u200d🚀", 20)).isEqualTo("👩\u200d🚀");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud83d", "\udc22"})
  void unpairedSurrogatesBecomeBlanks(String half) {
    assertThat(UntrustedText.cut("a" + half + "b", 10)).isEqualTo("a b");
  }

  @Test
  void surrogatePairStays() {
    assertThat(UntrustedText.cut("a🐢b", 10)).isEqualTo("a🐢b");
  }

  /** Characters at the bounds of one, two, three and four bytes. */
  @ParameterizedTest
  @CsvSource({"0x7E, 1", "0xA1, 2", "0x7FF, 2", "0x800, 3", "0xFFFD, 3", "0x10000, 4"})
  void characterCountsAsItsUtf8Bytes(int codePoint, int bytes) {
    var text = Character.toString(codePoint).repeat(3);

    assertThat(UntrustedText.cut(text, 3 * bytes)).doesNotEndWith("...");
    assertThat(UntrustedText.cut("a" + text, 3 * bytes)).endsWith("...");
  }
}
