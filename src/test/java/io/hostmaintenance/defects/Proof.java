package io.hostmaintenance.defects;

import io.hostmaintenance.defects.Witness.Testimony;
import io.hostmaintenance.defects.Witness.Verdict;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Shows of every defect that the tests that are named for it are red with it, and green without.
 * Ends with 1 when one is not.
 */
final class Proof {

  private static final int AT_ONCE = 2;

  /** Worlds of the simulation within which a defect must show. */
  private static final int SEEDS = 1000;

  private static final int SECONDS = 900;

  private final PrintStream out;

  private Proof(PrintStream out) {
    this.out = out;
  }

  /** Tries all defects, or those whose names contain one of the words. */
  public static void main(String[] words) throws InterruptedException, ExecutionException {
    var proof = new Proof(System.out);
    System.setOut(new PrintStream(OutputStream.nullOutputStream())); // what the operator logs
    System.setProperty("seeds", String.valueOf(SEEDS));
    System.exit(proof.given(words) ? 0 : 1);
  }

  private boolean given(String[] words) throws InterruptedException, ExecutionException {
    var defects =
        Defects.ALL.stream()
            .filter(d -> words.length == 0 || Stream.of(words).anyMatch(d.name()::contains))
            .toList();
    var tests = defects.stream().flatMap(d -> d.caughtBy().stream()).distinct().sorted().toList();
    var pool = Executors.newFixedThreadPool(AT_ONCE);
    var trials = defects.stream().map(d -> pool.submit(() -> Trial.of(d))).toList();
    var sound = pool.submit(() -> Trial.without(tests));
    var caught = 0;
    for (var i = 0; i < defects.size(); i++) {
      caught += tell(defects.get(i).name(), said(trials.get(i)), Verdict.RED) ? 1 : 0;
    }
    var green = tell("no defect", said(sound), Verdict.GREEN);
    out.printf(
        "%d defects, %d caught by the tests named for them, %d in all, %s without a defect%n",
        defects.size(), caught, tests.size(), green ? "green" : "NOT ALL GREEN");
    return green && caught == defects.size();
  }

  private static Map<String, Testimony> said(Future<Map<String, Testimony>> trial)
      throws InterruptedException, ExecutionException {
    try {
      return trial.get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return Map.of("", new Testimony(Verdict.MUTE, "It does not end."));
    }
  }

  /** Tells what the tests said; true when all said what they should. */
  private boolean tell(String defect, Map<String, Testimony> said, Verdict expected) {
    var well = said.values().stream().allMatch(t -> t.verdict() == expected);
    out.printf("%s %s%n", well ? "ok  " : "FAIL", defect);
    said.forEach(
        (test, testimony) -> {
          if (expected == Verdict.RED || testimony.verdict() != expected) {
            out.printf("       %-5s %s %.100s%n", testimony.verdict(), test, testimony.why());
          }
        });
    return well;
  }
}
