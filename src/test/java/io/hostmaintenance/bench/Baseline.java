package io.hostmaintenance.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Counts that were agreed on.
 *
 * @param counts by the name of a run, then by the name of what was counted
 */
record Baseline(SortedMap<String, SortedMap<String, Long>> counts) {

  /**
   * One sentence for each count of a run that differs from this.
   *
   * @param seen what was counted now, like {@link #counts}
   * @return no sentence when all are equal
   */
  List<String> differences(Map<String, ? extends Map<String, Long>> seen) {
    var sentences = new ArrayList<String>();
    for (var run : union(counts, seen)) {
      if (!counts.containsKey(run)) {
        sentences.add("The baseline has no run '" + run + "'.");
      } else if (!seen.containsKey(run)) {
        sentences.add("The run '" + run + "' of the baseline is gone.");
      } else {
        compare(run, counts.get(run), seen.get(run), sentences);
      }
    }
    return sentences;
  }

  private static void compare(
      String run, Map<String, Long> agreed, Map<String, Long> now, List<String> sentences) {
    for (var name : union(agreed, now)) {
      var before = agreed.getOrDefault(name, 0L);
      var after = now.getOrDefault(name, 0L);
      if (!before.equals(after)) {
        sentences.add("%s: %s: %d, the baseline says %d.".formatted(run, name, after, before));
      }
    }
  }

  private static TreeSet<String> union(Map<String, ?> one, Map<String, ?> other) {
    var all = new TreeSet<>(one.keySet());
    all.addAll(other.keySet());
    return all;
  }

  /** The counts of these runs. */
  static Baseline of(Map<String, Counts> runs) {
    var all = new TreeMap<String, SortedMap<String, Long>>();
    runs.forEach((name, counts) -> all.put(name, counts.byName()));
    return new Baseline(all);
  }
}
