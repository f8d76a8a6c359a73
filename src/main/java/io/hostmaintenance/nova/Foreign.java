package io.hostmaintenance.nova;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Text of strangers: what in it must not reach a terminal, a log or a status. */
public final class Foreign {

  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  private Foreign() {}

  /**
   * Whether a character acts instead of being shown: ends a line, begins an escape sequence, turns
   * the direction of writing, or is half of one. The joiners are parts of words and of emoji.
   */
  public static boolean harmful(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      case Character.FORMAT -> codePoint != ZERO_WIDTH_NON_JOINER && codePoint != ZERO_WIDTH_JOINER;
      default -> false;
    };
  }

  /**
   * The text with a blank for each harmful character, cut between characters to so many bytes of
   * UTF-8. Two texts that differ in harmful characters only are no longer told apart, but neither
   * becomes equal to a text without any by losing them.
   *
   * @param text may be null
   * @return null for null
   */
  public static String line(String text, int bytes) {
    if (text == null) {
      return null;
    }
    var shown =
        text.codePoints()
            .map(c -> harmful(c) ? ' ' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    var encoded = shown.getBytes(UTF_8);
    if (encoded.length <= bytes) {
      return shown;
    }
    var end = bytes;
    while ((encoded[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(encoded, 0, end, UTF_8);
  }
}
