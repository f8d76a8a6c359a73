package io.hostmaintenance.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sentences of the decisions are in two classes, in plain English. */
class MessagesTest {

  private static final Path DRAIN = Path.of("src/main/java/io/hostmaintenance/drain");
  private static final Set<Path> MESSAGES =
      Set.of(DRAIN.resolve("HostMessages.java"), DRAIN.resolve("instance/InstanceMessages.java"));

  /** What Nova and its drivers say, which the decisions compare with. */
  private static final Set<String> WORDS_OF_NOVA =
      Set.of(
          "Migration pre-check error",
          "No valid host",
          "Compute service of",
          "vmware vcenter server");

  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");
  private static final Pattern TWO_WORDS = Pattern.compile("[\\w%'.,:;)] +['(]?[\\w%]");

  private static final Pattern NOT_PLAIN =
      Pattern.compile(
          "(?i)somebody|by hand|'s hand|human|looked at|lets? go|\\bour(s|selves)?\\b|asked for");

  @Test
  void everySentenceIsInAMessageClass() throws IOException {
    try (var files = Files.walk(DRAIN)) {
      for (var file :
          files.filter(Files::isRegularFile).filter(f -> !MESSAGES.contains(f)).toList()) {
        assertThat(sentences(Files.readString(file))).as(file.toString()).isEmpty();
      }
    }
  }

  @Test
  void messagesUsePlainWords() throws IOException {
    for (var file : MESSAGES) {
      for (var sentence : sentences(Files.readString(file))) {
        assertThat(sentence).as(file.toString()).doesNotContainPattern(NOT_PLAIN);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'say(\"It is gone.\");', It is gone.",
    "'say(n + \" moves, first \" + id);', ' moves, first '",
    "'say(\"%s: %s is gone\");', %s: %s is gone",
  })
  void sentenceIsALiteralWithTwoWords(String source, String sentence) {
    assertThat(sentences(source)).containsExactly(sentence);
  }

  private static List<String> sentences(String source) {
    var literals = LITERAL.matcher(COMMENT.matcher(source).replaceAll(""));
    return literals
        .results()
        .map((MatchResult r) -> r.group(1))
        .filter(text -> TWO_WORDS.matcher(text).find())
        .filter(text -> !WORDS_OF_NOVA.contains(text))
        .toList();
  }
}
