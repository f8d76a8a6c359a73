package io.hostmaintenance.drain.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Migration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What has become of a move: every word of a record, {@code none} for no record and {@code novel}
 * for a word that is not known, against every way an instance can stand.
 */
class VerdictTest {

  /** Where the instance is and what is done to it: the columns of both tables. */
  private static final List<String> STANDS =
      List.of(
          "here idle as-before",
          "here idle error",
          "here idle resized",
          "here moving as-before",
          "here busy as-before",
          "away idle as-before",
          "away idle error",
          "away idle resized",
          "away moving as-before",
          "away busy as-before");

  private static final String LIVE =
      """
                         | here                                        | away
                         | idle     error    resized  moving   busy     | idle     error    resized  moving   busy
      none               | DROPPED  DROPPED  DROPPED  QUEUED   QUEUED   | LEFT     LEFT     LEFT     SETTLING SETTLING
      accepted           | SETTLING SETTLING SETTLING QUEUED   QUEUED   | SETTLING SETTLING SETTLING SETTLING SETTLING
      queued             | SETTLING SETTLING SETTLING QUEUED   QUEUED   | SETTLING SETTLING SETTLING SETTLING SETTLING
      pre-migrating      | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      preparing          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      migrating          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      running            | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      running (post-copy)| SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      post-migrating     | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      finished           | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      confirming         | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      reverting          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      completed          | SETTLING SETTLING SETTLING SETTLING SETTLING | MOVED    MOVED    MOVED    MOVED    MOVED
      confirmed          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      reverted           | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      done               | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      failed             | FAILED   BROKEN   FAILED   SETTLING FAILED   | MOVED_WITH_ERROR MOVED_WITH_ERROR MOVED_WITH_ERROR SETTLING MOVED_WITH_ERROR
      error              | FAILED   BROKEN   FAILED   SETTLING FAILED   | MOVED_WITH_ERROR MOVED_WITH_ERROR MOVED_WITH_ERROR SETTLING MOVED_WITH_ERROR
      cancelled          | ABORTED  ABORTED  ABORTED  SETTLING ABORTED  | LEFT     LEFT     LEFT     SETTLING LEFT
      novel              | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING SETTLING SETTLING
      """;

  private static final String COLD =
      """
                         | here                                        | away
                         | idle     error    resized  moving   busy     | idle     error    resized  moving   busy
      none               | DROPPED  DROPPED  DROPPED  QUEUED   QUEUED   | LEFT     LEFT     SETTLING SETTLING SETTLING
      accepted           | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      queued             | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      pre-migrating      | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      preparing          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      migrating          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      running            | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      running (post-copy)| SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      post-migrating     | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      finished           | SETTLING SETTLING SETTLING SETTLING SETTLING | SETTLING SETTLING TO_CONFIRM SETTLING SETTLING
      confirming         | SETTLING SETTLING SETTLING SETTLING SETTLING | SETTLING SETTLING SETTLING SETTLING SETTLING
      reverting          | SETTLING SETTLING SETTLING SETTLING SETTLING | SETTLING SETTLING SETTLING SETTLING SETTLING
      completed          | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      confirmed          | SETTLING SETTLING SETTLING SETTLING SETTLING | MOVED    MOVED    MOVED    MOVED    MOVED
      reverted           | REVERTED REVERTED REVERTED SETTLING REVERTED | LEFT     LEFT     LEFT     SETTLING LEFT
      done               | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      failed             | FAILED   BROKEN   FAILED   SETTLING FAILED   | MOVED_WITH_ERROR MOVED_WITH_ERROR MOVED_WITH_ERROR SETTLING MOVED_WITH_ERROR
      error              | FAILED   BROKEN   FAILED   SETTLING FAILED   | MOVED_WITH_ERROR MOVED_WITH_ERROR MOVED_WITH_ERROR SETTLING MOVED_WITH_ERROR
      cancelled          | ABORTED  ABORTED  ABORTED  SETTLING ABORTED  | LEFT     LEFT     LEFT     SETTLING LEFT
      novel              | SETTLING SETTLING SETTLING RUNNING  RUNNING  | SETTLING SETTLING SETTLING RUNNING  RUNNING
      """;

  static Stream<List<String>> live() {
    return cells(LIVE);
  }

  static Stream<List<String>> cold() {
    return cells(COLD);
  }

  @ParameterizedTest
  @MethodSource("live")
  void migrationStatusAndInstanceDecideTheVerdictOfALiveMigration(List<String> cell) {
    var verdict =
        Verdict.live(instance(cell.get(1), "migrating"), record(cell.getFirst()), Given.HOST);

    assertThat(verdict).as("%s, %s", cell.getFirst(), cell.get(1)).hasToString(cell.get(2));
  }

  @ParameterizedTest
  @MethodSource("cold")
  void migrationStatusAndInstanceDecideTheVerdictOfAColdMigration(List<String> cell) {
    for (var task : List.of("resize_prep", "resize_finish", "resize_reverting")) {
      var verdict = Verdict.cold(instance(cell.get(1), task), record(cell.getFirst()), Given.HOST);

      assertThat(verdict).as("%s, %s", cell.getFirst(), cell.get(1)).hasToString(cell.get(2));
    }
  }

  @Test
  void bothTablesContainEveryMigrationStatusOfNova() {
    var words = new TreeSet<>(Migration.UNFINISHED);
    words.addAll(
        Set.of(
            "none",
            "completed",
            "confirmed",
            "reverted",
            "done",
            "failed",
            "error",
            "cancelled",
            "novel"));

    assertThat(parsed(LIVE).keySet()).isEqualTo(words);
    assertThat(parsed(COLD).keySet()).isEqualTo(words);
  }

  @Test
  void onlyOneMigrationStatusOfEachTableMeansMoved() {
    assertThat(wordsOf(LIVE, "MOVED")).containsExactly("completed");
    assertThat(wordsOf(COLD, "MOVED")).containsExactly("confirmed");
  }

  @Test
  void instanceOnTheHostIsNeverMoved() {
    assertThat(Stream.concat(live(), cold()))
        .filteredOn(c -> c.get(1).startsWith("here"))
        .extracting(c -> c.get(2))
        .doesNotContain("MOVED", "MOVED_WITH_ERROR", "LEFT", "TO_CONFIRM", "DELETED");
  }

  @Test
  void instanceThatNovaDoesNotKnowIsDeletedWhateverItsMigrationSays() {
    for (var word : parsed(LIVE).keySet()) {
      assertThat(Verdict.live(Optional.empty(), record(word), Given.HOST))
          .isEqualTo(Verdict.DELETED);
      assertThat(Verdict.cold(Optional.empty(), record(word), Given.HOST))
          .isEqualTo(Verdict.DELETED);
    }
  }

  @Test
  void hostWithALongerNameIsAnotherHost() {
    var there = Fixtures.on(Given.HOST + "0", Fixtures.active("vm"));

    assertThat(Verdict.live(Optional.of(there), record("completed"), Given.HOST))
        .isEqualTo(Verdict.MOVED);
  }

  // ---------------------------------------------------------------- reading the tables

  private static Map<String, List<String>> parsed(String table) {
    var rows = new TreeMap<String, List<String>>();
    table
        .lines()
        .skip(2)
        .forEach(
            line -> {
              var parts = line.split("\\|");
              var verdicts = new ArrayList<String>();
              verdicts.addAll(Arrays.asList(parts[1].strip().split(" +")));
              verdicts.addAll(Arrays.asList(parts[2].strip().split(" +")));
              assertThat(verdicts).as(line).hasSameSizeAs(STANDS);
              rows.put(parts[0].strip(), verdicts);
            });
    return rows;
  }

  private static Stream<List<String>> cells(String table) {
    return parsed(table).entrySet().stream()
        .flatMap(
            row ->
                Stream.iterate(0, i -> i < STANDS.size(), i -> i + 1)
                    .map(i -> List.of(row.getKey(), STANDS.get(i), row.getValue().get(i))));
  }

  private static List<String> wordsOf(String table, String verdict) {
    return parsed(table).entrySet().stream()
        .filter(e -> e.getValue().contains(verdict))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Optional<Instance> instance(String stand, String moving) {
    var words = stand.split(" ");
    var vmState = words[2].equals("as-before") ? "active" : words[2];
    var task =
        switch (words[1]) {
          case "moving" -> moving;
          case "busy" -> "rebooting";
          default -> null;
        };
    var host = words[0].equals("here") ? Given.HOST : Given.OTHER;
    return Optional.of(Fixtures.instance("vm", vmState, task, 1, host));
  }

  private static Optional<Migration> record(String status) {
    return status.equals("none")
        ? Optional.empty()
        : Optional.of(Fixtures.live(1, "vm", status, Given.NOON));
  }
}
