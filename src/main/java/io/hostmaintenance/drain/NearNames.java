package io.hostmaintenance.drain;

import io.hostmaintenance.nova.EditDistance;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Which known names somebody may have meant by one that is not known. */
final class NearNames {

  private static final int MOST = 3;

  /** How a known name is near, the nearest first. */
  private enum Near {
    SAME_BUT_FOR_CASE,
    SAME_SHORT_NAME,
    WRONG_LETTERS,
    SAME_BEGINNING,
    WRONG_NUMBER,
    FAR
  }

  private NearNames() {}

  /**
   * The nearest names, at most three, all of them near in the same way: the same but for upper and
   * lower case; else the short or the full name of the same host; else a few wrong letters; else
   * the same beginning; else a wrong digit.
   *
   * @param name what was written
   * @param known what there is
   * @return empty when none is near
   */
  static List<String> of(String name, Collection<String> known) {
    var ways =
        known.stream()
            .collect(
                Collectors.groupingBy(
                    k -> near(name.toLowerCase(Locale.ROOT), k.toLowerCase(Locale.ROOT)),
                    TreeMap::new,
                    Collectors.toList()));
    ways.remove(Near.FAR);
    return ways.isEmpty()
        ? List.of()
        : ways.firstEntry().getValue().stream().sorted().limit(MOST).toList();
  }

  private static Near near(String a, String b) {
    if (a.equals(b)) {
      return Near.SAME_BUT_FOR_CASE;
    }
    if (host(a).equals(host(b))) {
      return Near.SAME_SHORT_NAME;
    }
    var edits = Math.min(EditDistance.between(a, b), EditDistance.between(host(a), host(b)));
    var few = edits <= Math.clamp(Math.min(a.length(), b.length()) / 3, 1, 3);
    if (few && digits(host(a)).equals(digits(host(b)))) {
      return Near.WRONG_LETTERS;
    }
    if (a.startsWith(b) || b.startsWith(a)) {
      return Near.SAME_BEGINNING;
    }
    return edits == 1 ? Near.WRONG_NUMBER : Near.FAR;
  }

  private static String digits(String name) {
    return name.replaceAll("[^0-9]", "");
  }

  /** What stands before the first dot. */
  private static String host(String name) {
    var dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }
}
