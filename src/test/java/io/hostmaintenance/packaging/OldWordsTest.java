package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Refuses the words of the private language that the sources once had, each with the word that
 * OpenStack, Kubernetes or plain English has for it (docs/design/0001-redraw.md).
 */
class OldWordsTest {

  private static final Path SOURCES = Path.of("src");

  /** Names of types, variables and methods. */
  private static final Map<String, String> NAMES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("[sS]ight", "observation"),
              Map.entry("[bB]lind", "unavailable"),
              Map.entry("Situation", "DecisionInput"),
              Map.entry("Moment", "DecisionContext"),
              Map.entry("[kK]eeping", "ServiceDecision"),
              Map.entry("rival", "currentHolder"),
              Map.entry("[nN]eighbours?", "OtherMaintenance"),
              Map.entry("[tT]elling", "EventRecorder"),
              Map.entry("[jJ]udgement", "InstanceDecision"),
              Map.entry("[nN]eedsHuman", "NeedsAdmin"),
              Map.entry("InstanceTable", "StrategyTable"),
              Map.entry("[eE]mptiness", "EmptyCheck"),
              Map.entry("[tT]ies?", "PendingArrival"),
              Map.entry("Foreign", "UntrustedText"),
              Map.entry("Dated", "Timestamped"),
              Map.entry("[pP]atience", "timeout"),
              Map.entry("[wW]ire", "CloudConnection"),
              Map.entry("[sS]poken", "NegotiatedVersion"),
              Map.entry("[gG]lance", "HostObservation"),
              Map.entry("[lL]edger", "MoveBudget"),
              Map.entry("[aA]breast", "ParallelReads"),
              Map.entry("[rR]ecall", "ObservationMemory"),
              Map.entry("Ticked|Ticks?", "reconciliation"),
              Map.entry("nextLook", "requeueAfter"),
              Map.entry("ServerDeeds", "ServerOperations")));

  /** Phrases of messages, descriptions and Javadoc. */
  private static final Map<String, String> PHRASES =
      new TreeMap<>(
          Map.of(
              "(some|any)body else's hand", "someone else moved it",
              "needs? a human|a human's|told to a human", "needs manual action",
              "an? (complete )?look", "an observation",
              "looked at", "observed",
              "an? tick", "a reconciliation"));

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");
  private static final Pattern STRING =
      Pattern.compile("(?s)\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\])*\"");

  private static List<Path> sources(String folder) throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES.resolve(folder))) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static String blank(Pattern pattern, String text) {
    return pattern.matcher(text).replaceAll(m -> m.group().replaceAll("[^\\n]", " "));
  }

  /** The code without strings and comments. */
  private static String code(String source) {
    return blank(COMMENT, blank(STRING, source));
  }

  private static List<String> found(Map<String, String> words, String name, String text) {
    var found = new ArrayList<String>();
    words.forEach(
        (word, instead) ->
            Pattern.compile("\\b(" + word + ")\\b")
                .matcher(text)
                .results()
                .map(
                    m ->
                        name
                            + ":"
                            + (text.substring(0, m.start()).chars().filter(c -> c == '\n').count()
                                + 1)
                            + ": '"
                            + m.group()
                            + "', say: "
                            + instead)
                .forEach(found::add));
    return found;
  }

  @Test
  void noNameInTheSourcesIsAnOldWord() throws IOException {
    var all = new ArrayList<String>();
    for (var file : sources("")) {
      all.addAll(found(NAMES, file.toString(), code(Files.readString(file))));
    }
    assertThat(all).isEmpty();
  }

  @Test
  void noPhraseOfTheOperatorIsAnOldOne() throws IOException {
    var all = new ArrayList<String>();
    for (var file : sources("main")) {
      all.addAll(found(PHRASES, file.toString(), Files.readString(file)));
    }
    assertThat(all).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'var x = new Blind(1);', 1",
    "'// Blind', 0",
    "'say(\"Blind\");', 0",
    "'var blindness = 1;', 0",
    "'Ledger of(Ledger ledger)', 3"
  })
  void readsCodeAlone(String source, int found) {
    assertThat(found(NAMES, "A.java", code(source))).hasSize(found);
  }

  @Test
  void namesFileLineAndTheWordToUse() {
    assertThat(found(PHRASES, "A.java", "one\n// It needs a human.\n"))
        .containsExactly("A.java:2: 'needs a human', say: needs manual action");
  }
}
