package io.hostmaintenance.bench;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Resources;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A cloud to be measured: hosts {@code compute-00001} on, and two spare ones with room for all.
 *
 * @param hosts how many there are besides the spare ones
 * @param instances on each of the hosts that are drained
 * @param drained so many hosts have instances, the first ones
 * @param transfer how long a live migration takes from the beginning of its transfer
 * @param records migration records of the past; a tenth of them names the first host
 */
record Site(int hosts, int drained, int instances, Duration transfer, int records) {

  private static final Resources ROOM = new Resources(1_000_000, 1_000_000_000, 1_000_000);
  private static final Duration PAST = Duration.ofDays(60);
  private static final Duration STEP = Duration.ofMillis(200);

  /** A site where nothing is to be moved. */
  static Site empty(int hosts) {
    return new Site(hosts, 0, 0, Duration.ofSeconds(30), 0);
  }

  /** A site whose hosts are all to be drained of so many instances each. */
  static Site full(int hosts, int instances, Duration transfer) {
    return new Site(hosts, hosts, instances, transfer, 0);
  }

  /** The same with so many migration records of the past. */
  Site withRecords(int count) {
    return new Site(hosts, drained, instances, transfer, count);
  }

  /** The names of the hosts besides the spare ones. */
  List<String> names() {
    return IntStream.rangeClosed(1, hosts).mapToObj("compute-%05d"::formatted).toList();
  }

  /** How many instances are to be moved. */
  int moves() {
    return drained * instances;
  }

  /** The cloud at this instant. */
  Cloud cloud(Instant now) {
    var timing =
        new Timing(
            STEP,
            transfer,
            transfer,
            Duration.ofSeconds(2),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            0);
    var cloud = new Cloud(now.minus(PAST), new SplittableRandom(7), timing);
    names().forEach(cloud::addHost);
    for (var spare : List.of("spare-1", "spare-2")) {
      cloud.addHost(spare);
      cloud.capacity(spare, ROOM);
    }
    remember(cloud);
    cloud.advanceTo(now);
    for (var host : names().subList(0, drained)) {
      cloud.capacity(host, ROOM);
      for (var i = 1; i <= instances; i++) {
        cloud.place(NewServer.on(host).named("vm-%s-%04d".formatted(host, i)));
      }
    }
    return cloud;
  }

  /** Instances that went to and fro long ago, and whose records Nova keeps. */
  private void remember(Cloud cloud) {
    var elsewhere = records - records / 10;
    var here = records / 10;
    travel(cloud, cloud.place(NewServer.on("spare-1")), "spare-1", "spare-2", elsewhere);
    travel(cloud, cloud.place(NewServer.on("spare-1")), "spare-1", names().getFirst(), here);
  }

  private static void travel(Cloud cloud, Server server, String one, String other, int times) {
    for (var i = 0; i < times + times % 2; i++) {
      var to = i % 2 == 0 ? other : one;
      cloud.liveMigrate(cloud.admin(), server.id(), LiveMigrationRequest.to(to));
      cloud.settle();
    }
  }
}
