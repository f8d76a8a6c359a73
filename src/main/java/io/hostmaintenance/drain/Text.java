package io.hostmaintenance.drain;

import io.hostmaintenance.nova.Foreign;

/** Text of strangers, made safe and short enough to be stored. */
public final class Text {

  private static final String ELLIPSIS = "...";

  private Text() {}

  /**
   * Cuts a text so that its JSON encoding has at most {@code bytes} bytes, between characters, with
   * an ellipsis where something is cut; harmful characters become blanks.
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
      var shown = Foreign.harmful(c) ? ' ' : c;
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
