package io.hostmaintenance.demo;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.VmState;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

/** Four hosts and 25 instances, all of them a matter of compute-1, in every state that matters. */
final class SampleCloud {

  /** The one whose transfer somebody aborts. */
  static final String TO_BE_ABORTED = "web-2";

  private static final int GIB = 1024;
  private static final Timing TIMING =
      new Timing(
          Duration.ofMillis(200),
          Duration.ofSeconds(4),
          Duration.ofSeconds(4),
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          0.2);

  private final Cloud cloud;

  private SampleCloud(Cloud cloud) {
    this.cloud = cloud;
  }

  /** The cloud some time before this moment, with nothing under way. */
  static Cloud before(Instant moment) {
    var cloud = new Cloud(moment.minus(Duration.ofHours(1)), new SplittableRandom(7), TIMING);
    for (var host = 1; host <= 4; host++) {
      cloud.addHost("compute-" + host);
    }
    new SampleCloud(cloud).populate();
    return cloud;
  }

  private void populate() {
    place("db-1", VmState.ACTIVE, 8);
    for (var n = 1; n <= 8; n++) {
      place("web-" + n, VmState.ACTIVE, 2);
    }
    cloud.lock(cloud.tenant(), named("web-3").id(), "under audit");
    cloud.addGroup(
        "etcd",
        "soft-anti-affinity",
        place("etcd-1", VmState.ACTIVE, 1),
        place("etcd-2", VmState.ACTIVE, 1));
    cloud.addGroup(
        "queue",
        "affinity",
        place("queue-1", VmState.ACTIVE, 1),
        place("queue-2", VmState.ACTIVE, 1));
    for (var n = 1; n <= 3; n++) {
      place("batch-" + n, VmState.STOPPED, 4);
    }
    place("cache-1", VmState.PAUSED, 4);
    place("report-1", VmState.SUSPENDED, 2);
    place("legacy-1", VmState.RESCUED, 2);
    place("ci-1", VmState.ERROR, 2);
    cloud.perform(cloud.tenant(), place("old-1", VmState.ACTIVE, 2).id(), Operation.SHELVE);
    place("tmp-1", VmState.SOFT_DELETED, 2);
    cloud.place(NewServer.on("compute-1").named("gpu-1").ram(16 * GIB).with(Steering.LM_FAIL, "1"));
    resizedAndNotConfirmed("app-1", "compute-2", "compute-1");
    resizedAndNotConfirmed("app-2", "compute-1", "compute-3");
  }

  private Server place(String name, VmState state, int ramGib) {
    return cloud.place(NewServer.on("compute-1").named(name).ram(ramGib * GIB).in(state));
  }

  private void resizedAndNotConfirmed(String name, String from, String to) {
    var server = cloud.place(NewServer.on(from).named(name).ram(GIB));
    for (var host : cloud.hosts()) {
      if (!host.name().equals(to)) {
        cloud.disable(cloud.admin(), host.name(), "steers the scheduler");
      }
    }
    cloud.resize(cloud.tenant(), server.id(), 2 * GIB);
    cloud.settle();
    cloud.hosts().forEach(h -> cloud.enable(cloud.admin(), h.name()));
  }

  private Server named(String name) {
    return cloud.servers().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }
}
