package io.hostmaintenance.drain;

/** Text of strangers, made safe and short enough to be stored. */
public final class Text {

  private static final String ELLIPSIS = "...";

  private Text() {}

  /**
   * Cuts a text so that its JSON encoding has at most {@code bytes} bytes, between characters, with
   * an ellipsis where something is cut; control characters become blanks.
   *
   * @param text may be null
   * @return null for null
   */
  public static String cut(String text, int bytes) {
    if (text == null) {
      return null;
    }
    var out = new StringBuilder();
    var used = 0;
    var keep = -1;
    for (var i = 0; i < text.length(); ) {
      var c = text.codePointAt(i);
      i += Character.charCount(c);
      var shown = Character.isISOControl(c) || isLoneSurrogate(c) ? ' ' : c;
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

  private static boolean isLoneSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static int encodedLength(int codePoint) {
    if (codePoint == '"' || codePoint == '\\') {
      return 2;
    }
    if (codePoint == '<'
        || codePoint == '>'
        || codePoint == '&'
        || codePoint == 0x2028
        || codePoint == 0x2029) {
      return 6; // Go's encoder, which etcd's objects go through, escapes these
    }
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
}
