package io.hostmaintenance.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the operator once between an API server and a simulated cloud, so that the JVM writes its
 * AOT cache (JEP 514): from the start through a drain to a host in maintenance.
 *
 * <p>Arguments: the command that starts the operator, with {@code -XX:AOTCacheOutput} among its
 * flags. Ends with status 1 when the operator does not get there.
 */
public final class AotTraining {

  private static final Duration TIMEOUT = Duration.ofMinutes(20);
  private static final Duration STEP = Duration.ofMillis(100);

  private AotTraining() {}

  /** See above. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    var directory = Files.createTempDirectory("aot-training");
    var site = Site.full(2, 2, Duration.ofSeconds(1));
    try (var surroundings = new Surroundings(directory, site)) {
      var builder = new ProcessBuilder(new ArrayList<>(List.of(arguments))).inheritIO();
      builder.environment().putAll(surroundings.environment());
      builder.environment().put("HM_PORT", "0");
      builder.environment().put("HM_POLL_MOVING", "1s");
      builder.environment().put("HM_POLL_IDLE", "2s");
      builder.environment().put("HM_SETTLE", "2s");
      surroundings.createAll();
      var operator = builder.start();
      var trained = until(operator, surroundings, Instant.now().plus(TIMEOUT));
      operator.destroy();
      var ended = operator.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      if (!ended) {
        operator.destroyForcibly();
      }
      System.exit(trained && ended ? 0 : 1);
    }
  }

  private static boolean until(Process operator, Surroundings surroundings, Instant end)
      throws InterruptedException {
    while (surroundings.ready() < 2) {
      if (!operator.isAlive() || Instant.now().isAfter(end)) {
        return false;
      }
      Thread.sleep(STEP);
    }
    return true;
  }
}
