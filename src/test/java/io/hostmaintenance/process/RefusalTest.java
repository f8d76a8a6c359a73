package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moves that Nova, or what stands before it, refuses without end. */
@Tag("long")
class RefusalTest {

  private static final List<Integer> STATUSES =
      List.of(300, 401, 403, 404, 406, 409, 413, 429, 500, 503);
  private static final Duration WATCHED = Duration.ofMinutes(4);

  /** Every 10 s, after 40 s each quarter of the time refused; with a fresh login each minute. */
  private static final int MOST = 13 + 4;

  @TempDir Path directory;

  @Test
  void operatorLimitsHowOftenItRepeatsARefusedMove() throws IOException, InterruptedException {
    try (var bench = new Bench(directory, STATUSES.size())) {
      bench.placeInstances();
      var posts = new ConcurrentHashMap<Integer, Integer>();
      var ids = bench.simulator().cloud(c -> c.servers().stream().map(s -> s.id()).toList());
      for (var i = 0; i < STATUSES.size(); i++) {
        var status = STATUSES.get(i);
        var path = "/servers/" + ids.get(i) + "/action";
        bench
            .proxy()
            .trouble(
                asked -> {
                  var here = asked.method().equals("POST") && asked.target().endsWith(path);
                  if (here) {
                    posts.merge(status, 1, Integer::sum);
                  }
                  return here;
                },
                new Proxy.Deed.Refuse(status));
      }
      try (var operator = bench.start(Map.of("HM_MAX_HOSTS_DRAINING", "50"))) {
        bench.createAll();
        Thread.sleep(WATCHED);

        System.out.println("refusals, POSTs in " + WATCHED + " by status: " + posts);
        System.out.println("refusals " + bench.measured(operator));
        assertThat(operator.alive()).as(operator.log()).isTrue();
        assertThat(posts.keySet()).containsAll(STATUSES);
        assertThat(posts.values()).as("POSTs by status").allMatch(count -> count <= MOST);
      }
    }
  }
}
