package io.hostmaintenance.nova;

import java.util.Arrays;

/** How far two words are apart, to suggest the one that was meant (Levenshtein distance). */
public final class EditDistance {

  private EditDistance() {}

  /** How many letters are to be added, taken away or changed; upper and lower case differ. */
  public static int between(String a, String b) {
    var row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
