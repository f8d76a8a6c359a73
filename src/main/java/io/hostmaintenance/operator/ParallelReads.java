package io.hostmaintenance.operator;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.slf4j.MDC;

/**
 * Asks several things side by side: an argument, so that a simulation can do it in its own time.
 */
public interface ParallelReads {

  /** Requests of one observation under way at once; all share the adapter's permits. */
  int WIDTH = 4;

  /**
   * Carries out all of them.
   *
   * @param questions at most {@link #WIDTH}
   * @return the answers in the order of the questions
   * @throws RuntimeException the first that any of them threw, when all have ended
   */
  <T> List<T> all(List<Supplier<T>> questions);

  /** Each in a thread of its own. */
  static ParallelReads threads() {
    return new ParallelReads() {
      @Override
      public <T> List<T> all(List<Supplier<T>> questions) {
        if (questions.size() == 1) {
          return List.of(questions.getFirst().get());
        }
        List<Future<T>> answers;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
          var fields = MDC.getCopyOfContextMap();
          answers = questions.stream().map(q -> threads.submit(() -> asked(q, fields))).toList();
        }
        return answers.stream().map(ParallelReads::answer).toList();
      }
    };
  }

  /** In a thread of its own, whose log lines have the fields of the thread that asks. */
  private static <T> T asked(Supplier<T> question, Map<String, String> fields) {
    if (fields != null) {
      MDC.setContextMap(fields);
    }
    return question.get();
  }

  private static <T> T answer(Future<T> answer) {
    if (answer.state() == Future.State.SUCCESS) {
      return answer.resultNow();
    }
    if (answer.state() == Future.State.FAILED
        && answer.exceptionNow() instanceof RuntimeException e) {
      throw e;
    }
    throw new IllegalStateException("a question ended without an answer: " + answer);
  }
}
