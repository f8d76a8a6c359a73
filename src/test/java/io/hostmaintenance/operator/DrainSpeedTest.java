package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.Migration;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How soon a host is empty with the default settings, beside a Nova that gets all requests at once,
 * and what that costs. Virtual time, in which each answer of the cloud takes 100 ms: nothing here
 * depends on the machine.
 */
class DrainSpeedTest {

  private static final Settings DEFAULTS =
      new Settings(
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofMinutes(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(15),
          10,
          20,
          Strategies.DEFAULT);

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path directory;
  private World world;
  private int looks;

  @BeforeEach
  void begin() throws IOException {
    world = new World(directory, DEFAULTS);
    world
        .simulator()
        .fault(
            request -> {
              world.pass(Duration.ofMillis(100));
              return false;
            },
            Fault.proxy503());
  }

  @AfterEach
  void end() throws IOException {
    world.close();
  }

  private static NewServer guest(String host, double seconds) {
    return NewServer.on(host)
        .with(Steering.LM_SECONDS, "" + seconds)
        .with(Steering.COLD_SECONDS, "" + seconds);
  }

  private static double[] guests(int number, double seconds) {
    return DoubleStream.generate(() -> seconds).limit(number).toArray();
  }

  private static double[] mixed(int number) {
    return new SplittableRandom(16).doubles(number, 2, 60).toArray();
  }

  /** The time until the host is empty, from the creation of its resource. */
  private Duration drain(boolean live, double... seconds) {
    drain(live, List.of("compute-1"), seconds);
    return world.simulator().cloud(DrainSpeedTest::lastEnd);
  }

  /** Drains hosts at once, with these guests each; a host is looked at when it wants to be. */
  private void drain(boolean live, List<String> hosts, double... seconds) {
    var due = new HashMap<String, Instant>();
    for (var host : hosts) {
      for (var one : seconds) {
        world.place(guest(host, one));
      }
      world.create(host, host);
      world.spec(host, s -> s.liveMigrate(live));
      due.put(host, BEGIN);
    }
    while (!due.isEmpty()) {
      var host = Collections.min(due.entrySet(), Map.Entry.comparingByValue()).getKey();
      var wait = Duration.between(now(), due.get(host));
      world.pass(wait.isPositive() ? wait : Duration.ZERO);
      due.put(host, now().plus(world.reconcile(host).requeueAfter()));
      looks++;
      due.keySet().removeIf(h -> Integer.valueOf(seconds.length).equals(world.status(h).moved()));
    }
  }

  private Instant now() {
    return world.simulator().cloud(Cloud::now);
  }

  private static Duration lastEnd(Cloud cloud) {
    return cloud.migrations().stream()
        .map(Migration::updatedAt)
        .max(Instant::compareTo)
        .map(t -> Duration.between(BEGIN, t))
        .orElseThrow();
  }

  /** The time that Nova needs which is asked for all live migrations at once. */
  private static Duration allAtOnce(double... seconds) {
    var cloud = cloud();
    for (var one : seconds) {
      cloud.liveMigrate(
          cloud.admin(), cloud.place(guest("compute-1", one)).id(), LiveMigrationRequest.to(null));
    }
    cloud.settle();
    return lastEnd(cloud);
  }

  /** The time of cold migrations one by one, each asked for in the moment the last is confirmed. */
  private static Duration oneByOne(double... seconds) {
    var cloud = cloud();
    for (var one : seconds) {
      var server = cloud.place(guest("compute-1", one));
      cloud.migrate(cloud.admin(), server.id(), null);
      cloud.settle();
      cloud.confirmResize(cloud.admin(), server.id());
      cloud.settle();
    }
    return lastEnd(cloud);
  }

  private static Cloud cloud() {
    var cloud = new Cloud(BEGIN, new SplittableRandom(1), Timing.DEFAULT);
    List.of("compute-1", "compute-2", "compute-3", "compute-4").forEach(cloud::addHost);
    return cloud;
  }

  /** How long a source had nothing to do between its first and its last live migration. */
  private Duration idle(String host, double... seconds) {
    var records =
        world
            .simulator()
            .cloud(
                c -> c.migrations().stream().filter(m -> m.sourceCompute().equals(host)).toList());
    var first = records.stream().map(Migration::createdAt).min(Instant::compareTo);
    var last = records.stream().map(Migration::updatedAt).max(Instant::compareTo);
    return Duration.between(first.orElseThrow(), last.orElseThrow()).minus(allAtOnce(seconds));
  }

  /** How long after its record each row was Moved, shortest first. */
  private List<Duration> behind() {
    return world.status("compute-1").instances().stream()
        .map(
            r ->
                Duration.between(
                    world.simulator().cloud(c -> c.migrations(r.id()).getLast().updatedAt()),
                    r.completionTime()))
        .sorted()
        .toList();
  }

  private static double ratio(Duration one, Duration other) {
    return one.toMillis() / (double) other.toMillis();
  }

  @ParameterizedTest
  @ValueSource(doubles = {3, 8})
  void hostIsEmptyAsSoonAsIfNovaHadGotAllRequestsAtOnce(double seconds) {
    var guests = guests(30, seconds);

    assertThat(ratio(drain(true, guests), allAtOnce(guests))).isLessThanOrEqualTo(1.05);
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, 3, 8, 20})
  void queueAtTheSourceNeverRunsDry(double seconds) {
    var guests = guests(30, seconds);
    drain(true, guests);

    assertThat(idle("compute-1", guests)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void queuesOfSeveralHostsNeverRunDry() {
    var hosts = List.of("compute-1", "compute-2", "compute-3");
    drain(true, hosts, guests(20, 8));

    assertThat(hosts)
        .allSatisfy(h -> assertThat(idle(h, guests(20, 8))).isLessThan(Duration.ofSeconds(1)));
  }

  @Test
  void queueOfGuestsThatTakeLongAndShortRunsDryForFewSecondsInAll() {
    drain(true, mixed(50));

    assertThat(idle("compute-1", mixed(50))).isLessThan(Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @ValueSource(doubles = {3, 12, 30})
  void rowsAreAtMostTenSecondsBehind(double seconds) {
    drain(true, guests(50, seconds));

    assertThat(behind()).last().satisfies(b -> assertThat(b).isLessThan(Duration.ofSeconds(10)));
  }

  @Test
  void rowsOfGuestsThatTakeLongAndShortAreAtMostElevenSecondsBehind() {
    drain(true, mixed(50));

    assertThat(Collections.max(behind())).isLessThan(Duration.ofSeconds(11));
  }

  @ParameterizedTest
  @CsvSource({"3, 0.8", "8, 1.2", "30, 2.6"})
  void observationsAMoveAreFew(double seconds, double most) {
    drain(true, guests(50, seconds));

    assertThat(looks / 50.0).isLessThanOrEqualTo(most);
  }

  @Test
  void eachMoveIsRequestedOnce() {
    drain(true, guests(50, 8));

    assertThat(world.moveRequests()).hasSize(50);
  }

  @ParameterizedTest
  @CsvSource({"10, 8", "30, 4", "30, 30"})
  void coldDrainIsAtLeastTwiceAsFastAsOneByOne(int number, double seconds) {
    var guests = guests(number, seconds);

    assertThat(ratio(drain(false, guests), oneByOne(guests))).isLessThanOrEqualTo(0.5);
  }
}
