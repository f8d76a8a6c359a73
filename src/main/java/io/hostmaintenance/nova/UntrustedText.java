package io.hostmaintenance.nova;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Text of strangers: what in it must not reach a terminal, a log or a status. */
public final class UntrustedText {

  private static final String ELLIPSIS = "...";
  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  private UntrustedText() {}

  /** Whether a character acts instead of being shown; the joiners are parts of words. */
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

  /**
   * Cuts a text so that its JSON encoding has at most {@code bytes} bytes, between characters, with
   * an ellipsis where something is cut; harmful characters become blanks.
   *
   * @param text may be null
   * @return null for null
   */
  public static String cut(String text, int bytes) {
    if (text == null || standsAsItIs(text, bytes)) {
      return text;
    }
    var out = new StringBuilder();
    var used = 0;
    var keep = -1;
    for (var i = 0; i < text.length(); ) {
      var c = text.codePointAt(i);
      i += Character.charCount(c);
      var shown = harmful(c) ? ' ' : c;
      used += encodedLength(shown);
      if (keep < 0 && used > bytes - ELLIPSIS.length()) {
        keep = out.length();
      }
      if (used > bytes) {
        return out.substring(0, keep) + ELLIPSIS;
      }
      out.appendCodePoint(shown);
    }
    return out.toString();
  }

  /** Whether a text is short and in plain ASCII, as nearly all are: there is nothing to do. */
  private static boolean standsAsItIs(String text, int bytes) {
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (c < ' ' || c > '~' || encodedLength(c) > 1) {
        return false;
      }
    }
    return text.length() <= bytes;
  }

  private static int encodedLength(int codePoint) {
    if (codePoint == '"' || codePoint == '\\') {
      return 2;
    }
    if (codePoint == '<' || codePoint == '>' || codePoint == '&') {
      return 6; // Go's encoder, which etcd's objects go through, escapes these
    }
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
}
