package io.hostmaintenance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds every source file against google-java-format; {@code -Dformat} rewrites instead. */
class FormattingTest {

  @Test
  void everySourceFileIsFormatted() throws IOException, FormatterException {
    var rewrite = System.getProperty("format") != null;
    var unformatted = new ArrayList<Path>();
    for (var source : sources()) {
      var text = Files.readString(source);
      var formatted = format(text);
      if (text.equals(formatted)) {
        continue;
      }
      if (rewrite) {
        Files.writeString(source, formatted);
      } else {
        unformatted.add(source);
      }
    }
    assertThat(unformatted).as("run: mvn -q test -Dtest=FormattingTest -Dformat").isEmpty();
  }

  private static String format(String text) throws FormatterException {
    var imports =
        RemoveUnusedImports.removeUnusedImports(
            ImportOrderer.reorderImports(text, JavaFormatterOptions.Style.GOOGLE));
    return new Formatter().formatSource(imports);
  }

  private static List<Path> sources() throws IOException {
    try (var files = Files.walk(Path.of("src"))) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }
}
