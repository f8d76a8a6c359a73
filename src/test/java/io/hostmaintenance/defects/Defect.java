package io.hostmaintenance.defects;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A deliberate defect of the operator.
 *
 * @param name what the operator does wrong
 * @param source the file that is changed, below the sources' io/hostmaintenance
 * @param edits what is changed there
 * @param caughtBy the tests that must go red, each as Class#method below io.hostmaintenance
 */
record Defect(String name, String source, List<Edit> edits, List<String> caughtBy) {

  /**
   * A change of a source.
   *
   * @param text stands there exactly once; a blank stands for any white space
   */
  private record Edit(String text, String replacement) {

    String applyTo(String code) {
      var pattern =
          Pattern.compile(
              Stream.of(text.split(" ")).map(Pattern::quote).collect(Collectors.joining("\\s+")));
      if (pattern.matcher(code).results().count() != 1) {
        throw new IllegalStateException("not exactly once in the source: " + text);
      }
      return pattern.matcher(code).replaceFirst(Matcher.quoteReplacement(replacement));
    }
  }

  /** The sources' files are named by package and class, such as {@code drain/Drain}. */
  static Defect of(String name, String source) {
    return new Defect(name, source + ".java", List.of(), List.of());
  }

  Defect where(String text, String replacement) {
    var more = new ArrayList<>(edits);
    more.add(new Edit(text, replacement));
    return new Defect(name, source, List.copyOf(more), caughtBy);
  }

  Defect caughtBy(String... tests) {
    return new Defect(name, source, edits, List.of(tests));
  }

  /**
   * The source with the defect.
   *
   * @throws IllegalStateException when a text does not stand there exactly once
   */
  String applyTo(String code) {
    var changed = code;
    for (var edit : edits) {
      changed = edit.applyTo(changed);
    }
    return changed;
  }

  @Override
  public String toString() {
    return name;
  }
}
