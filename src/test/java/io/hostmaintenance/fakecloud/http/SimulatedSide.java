package io.hostmaintenance.fakecloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Steering;
import io.hostmaintenance.fakecloud.User;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** The simulator; its time stands still but for {@link #until}. */
final class SimulatedSide implements Side {
  private final Cloud cloud = new Cloud(Instant.parse("2026-11-22T11:40:00Z"), 1);
  private final CloudSimulator simulator;

  /** A cloud of these hosts and two more. */
  SimulatedSide(String source, String target) throws IOException {
    List.of(source, target, "other-1", "other-2").forEach(cloud::addHost);
    simulator = new CloudSimulator(cloud, cloud);
  }

  @Override
  public URI authUrl() {
    return simulator.authUrl();
  }

  @Override
  public String region() {
    return "RegionOne";
  }

  @Override
  public User admin() {
    return cloud.users().get("admin");
  }

  @Override
  public User member() {
    return cloud.users().get("demo");
  }

  @Override
  public Cast cast(String host, List<Map<String, String>> metadata) {
    var servers = new ArrayList<Server>();
    for (var steering : metadata) {
      var wanted = NewServer.on(host).named(PREFIX + servers.size()).ownedBy(admin());
      for (var key : Steering.values()) {
        wanted =
            steering.containsKey(key.key()) ? wanted.with(key, steering.get(key.key())) : wanted;
      }
      servers.add(cloud.place(wanted));
    }
    var group = cloud.addGroup(admin(), PREFIX + "group", "soft-anti-affinity", servers.getFirst());
    var hard = cloud.addGroup(admin(), PREFIX + "hard", "affinity", servers.getLast());
    return new Cast(servers.stream().map(Server::id).toList(), group.id(), hard.id());
  }

  @Override
  public void until(String what, Callable<Boolean> condition) {
    try {
      while (!condition.call()) {
        assertThat(cloud.step()).as("the simulator has something planned before " + what).isTrue();
      }
    } catch (Exception e) {
      throw new AssertionError(what, e);
    }
  }

  @Override
  public void close() throws IOException {
    simulator.close();
  }
}
