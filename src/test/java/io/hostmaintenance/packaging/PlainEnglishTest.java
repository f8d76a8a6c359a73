package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the pages of the project to short sentences and to words that an administrator knows.
 *
 * <p>Sentences are those of paragraphs and list items; code blocks, tables and headings are none. A
 * span in backticks counts as one word.
 */
class PlainEnglishTest {

  private static final int LONGEST = 35;
  private static final double MEAN = 15;
  private static final String CHART = "helm/host-maintenance-operator/README.md";

  /** Phrases that only this project would understand; each with the plain one. */
  private static final List<Phrase> PRIVATE =
      List.of(
          new Phrase("(some|any)body( else)?'s hand", "someone else moved it"),
          new Phrase("told to (a|the) human", "reported"),
          new Phrase("(a|the) human", "an administrator, or manual action"),
          new Phrase("needs? (a human|somebody)", "needs manual action"),
          new Phrase(
              "(a|the|each|every|one|two|both|first|second|last|next|complete) looks?",
              "an observation, a full check"),
          new Phrase("(is|are|was|were) (not )?looked at", "the operator observes"),
          new Phrase("(a|the|each|every|one|no|per) ticks?", "a reconciliation"),
          new Phrase("somebody", "someone"),
          new Phrase("(is|are) mended", "fixed"));

  /** Stands for a blank in a span of code while a block is split. */
  private static final char HIDDEN = '\u00a0';

  private static final String CODE_INDENT = "    ";
  private static final Pattern NO_PROSE = Pattern.compile("\\s*([#|].*)?");
  private static final Pattern LIST_ITEM = Pattern.compile("\\s*(?:[-*]|\\d+\\.)\\s+(.*)");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");
  private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)\\]\\([^)]*\\)");
  private static final Pattern END = Pattern.compile("(?<=[.!?][)\"]?)\\s(?=[\"(`]*[A-Z0-9`])");
  private static final Pattern TEST_CLASS = Pattern.compile("`(?:\\w+\\.)*([A-Z]\\w*Test)\\b");
  private static final Pattern WORD = Pattern.compile("\\S*[\\p{L}\\p{N}]\\S*");

  private record Phrase(String pattern, String instead) {
    boolean isIn(String text) {
      return Pattern.compile("\\b" + pattern + "\\b", Pattern.CASE_INSENSITIVE)
          .matcher(text)
          .find();
    }
  }

  /** A paragraph or list item; its lines end with line feeds. */
  private record Block(int line, String text) {
    Block with(String next) {
      return new Block(line, text + "\n" + next);
    }

    Sentence sentence(String whole, int begin, int end) {
      var before = whole.substring(0, begin).chars().filter(c -> c == '\n').count();
      return new Sentence(
          line + (int) before, whole.substring(begin, end).replace('\n', ' ').replace(HIDDEN, ' '));
    }
  }

  private record Sentence(int line, String text) {
    long words() {
      return WORD.matcher(CODE.matcher(text).replaceAll("code")).results().count();
    }
  }

  static Stream<Path> pages() throws IOException {
    try (var docs = Files.walk(Path.of("docs"))) {
      var others = Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md", CHART).map(Path::of);
      return Stream.concat(
              others, docs.filter(page -> page.toString().endsWith(".md")).toList().stream())
          .sorted();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void hasNoSentenceOfMoreThan35Words(Path page) throws IOException {
    assertThat(sentences(Files.readString(page)))
        .filteredOn(sentence -> sentence.words() > LONGEST)
        .extracting(sentence -> at(page, sentence.line(), sentence.text()))
        .isEmpty();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void hasAMeanOfAtMost15WordsPerSentence(Path page) throws IOException {
    var sentences = sentences(Files.readString(page));
    var longest =
        sentences.stream()
            .max(Comparator.comparing(Sentence::words))
            .map(sentence -> at(page, sentence.line(), sentence.text()))
            .orElse("");
    assertThat(sentences.stream().mapToLong(Sentence::words).average().orElse(0))
        .as("mean of %s, whose longest sentence is %s", page, longest)
        .isLessThanOrEqualTo(MEAN);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void usesNoPrivatePhrase(Path page) throws IOException {
    var found = new ArrayList<String>();
    var line = 0;
    for (var text : Files.readAllLines(page)) {
      line++;
      var prose = CODE.matcher(text).replaceAll("code");
      for (var phrase : PRIVATE) {
        if (phrase.isIn(prose)) {
          found.add(at(page, line, text) + " (say: " + phrase.instead() + ")");
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void namesOnlyTestClassesThatExist(Path page) throws IOException {
    try (var sources = Files.walk(Path.of("src/test/java"))) {
      var existing = sources.map(source -> source.getFileName().toString()).toList();
      assertThat(TEST_CLASS.matcher(Files.readString(page)).results())
          .extracting(named -> named.group(1) + ".java")
          .allSatisfy(file -> assertThat(existing).contains(file));
    }
  }

  @Test
  void readsParagraphsAndListItems() {
    var page =
        """
        # A heading of five words

        One sentence that
        goes on. `Code a. B` counts once!

        - An item
          in two lines.
            - A nested item.

        | a cell | of a table |

            code = indented. Code.

        ```sh
        code. Code.
        ```
        A [link](https://example.org/a.b), **bold. "Quoted."** End
        """;
    assertThat(sentences(page))
        .containsExactly(
            new Sentence(3, "One sentence that goes on."),
            new Sentence(4, "`Code a. B` counts once!"),
            new Sentence(6, "An item in two lines."),
            new Sentence(8, "A nested item."),
            new Sentence(17, "A link, bold."),
            new Sentence(17, "\"Quoted.\""),
            new Sentence(17, "End"));
  }

  @Test
  void countsASpanOfCodeAsOneWord() {
    assertThat(new Sentence(1, "Run `kubectl get hm -o wide` - and wait.").words()).isEqualTo(4);
  }

  private static String at(Path page, int line, String text) {
    return page + ":" + line + ": " + text.strip();
  }

  private static List<Sentence> sentences(String page) {
    return blocks(page).stream().flatMap(PlainEnglishTest::split).toList();
  }

  /** The paragraphs and list items of a page, each with its first line. */
  private static List<Block> blocks(String page) {
    var blocks = new ArrayList<Block>();
    var fenced = false;
    var open = false;
    var number = 0;
    for (var line : page.lines().toList()) {
      number++;
      var item = LIST_ITEM.matcher(line);
      var fence = line.startsWith("```");
      fenced ^= fence;
      if (fence
          || fenced
          || NO_PROSE.matcher(line).matches()
          || !open && line.startsWith(CODE_INDENT)) {
        open = false;
      } else if (!open || item.matches()) {
        blocks.add(new Block(number, item.matches() ? item.group(1) : line.strip()));
        open = true;
      } else {
        blocks.add(blocks.removeLast().with(line.strip()));
      }
    }
    return blocks;
  }

  private static Stream<Sentence> split(Block block) {
    var plain = LINK.matcher(block.text()).replaceAll("$1").replace("**", "");
    var text =
        CODE.matcher(plain)
            .replaceAll(code -> Matcher.quoteReplacement(code.group().replace(' ', HIDDEN)));
    var sentences = Stream.<Sentence>builder();
    var begin = 0;
    for (var end : END.matcher(text).results().toList()) {
      sentences.add(block.sentence(text, begin, end.start()));
      begin = end.end();
    }
    return sentences.add(block.sentence(text, begin, text.length())).build();
  }
}
