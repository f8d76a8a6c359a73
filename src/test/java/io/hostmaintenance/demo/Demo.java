package io.hostmaintenance.demo;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.operator.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.logging.LogManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real operator between a mock Kubernetes API server and a simulated cloud: one host is emptied
 * while one watches, and is given back.
 *
 * <p>Ends with 0 when all went as it should, otherwise with 1 and the reason. {@code -Ddemo.keep}
 * leaves everything running; {@code -Ddemo.careful} applies no strategies, so that an administrator
 * has to see to the instances that Nova cannot simply move.
 */
public final class Demo {

  private static final int FACTOR = 5;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long GLANCE_MILLIS = 100;

  /** Whether nothing is done to an instance that Nova cannot simply move. */
  private static final boolean CAREFUL = Boolean.getBoolean("demo.careful");

  private static final Path EXAMPLE =
      Path.of(CAREFUL ? "src/test/resources/demo-careful.yaml" : "src/test/resources/demo.yaml");
  private static final Path LOG = Path.of("target/demo.log");
  private static final Path KUBECONFIG = Path.of("target/demo.kubeconfig");

  private static final Settings SETTINGS =
      new Settings(
          Duration.ofMillis(400),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          Duration.ofSeconds(3),
          Duration.ofSeconds(90),
          Duration.ZERO,
          10,
          20,
          Strategies.DEFAULT);

  private final FastClock clock = new FastClock(FACTOR);
  private final Screen screen = new Screen(System.out, clock);
  private final Cluster cluster;

  private Demo(Path directory) throws IOException {
    cluster = new Cluster(directory, SampleCloud.before(clock.instant()), clock);
  }

  /** Takes no arguments. */
  public static void main(String[] arguments) {
    try {
      log();
      var directory = Files.createTempDirectory("host-maintenance-demo");
      var demo = new Demo(directory);
      demo.play();
      demo.cluster.close();
      Files.delete(directory.resolve("clouds.yaml"));
      Files.delete(directory);
      System.exit(0);
    } catch (InterruptedException | IOException | RuntimeException e) {
      LoggerFactory.getLogger(Demo.class).error("the demo failed", e);
      System.err.println("The demo failed: " + e.getMessage() + " (see " + LOG + ")");
      System.exit(1);
    }
  }

  private void play() throws IOException, InterruptedException {
    System.out.println(
        """
        The operator as it is built, between a mock Kubernetes API server and a simulated OpenStack
        cloud in this process: 4 hosts, 25 instances. The cloud's clock and the operator's run %d
        times as fast as yours, so that a live migration takes about a second; the settle time is %s
        instead of 60s, the poll %d ms instead of 5s. The operator logs to %s.

        It gets %s:
        """
            .formatted(
                FACTOR,
                Durations.format(SETTINGS.settle()),
                SETTINGS.pollMoving().toMillis(),
                LOG,
                EXAMPLE));
    System.out.println(Files.readString(EXAMPLE).indent(4));
    cluster.startOperator(SETTINGS);
    var name = apply();
    var done = watch(name);
    if (Boolean.getBoolean("demo.keep")) {
      keep();
    }
    cluster.client().resource(done).delete();
    await("hm/" + name + " to go", () -> cluster.stored(name).isEmpty());
    givenBack(done.getSpec().host());
  }

  private String apply() throws IOException {
    try (var example = Files.newInputStream(EXAMPLE)) {
      var applied = cluster.client().load(example).serverSideApply();
      return applied.getFirst().getMetadata().getName();
    }
  }

  /** Shows what happens until the host is in maintenance. */
  private HostMaintenance watch(String name) throws InterruptedException {
    var people = new People(cluster.simulator(), cluster.client(), clock, CAREFUL);
    while (true) {
      var resource = cluster.stored(name).orElseThrow();
      if (resource.getStatus() != null && resource.getStatus().phase() != null) {
        screen.show(resource);
        people.act(resource).ifPresent(deed -> screen.say("an administrator: " + deed));
        if (resource.getStatus().phase().equals("InMaintenance")) {
          screen.last(resource);
          return resource;
        }
      }
      pause("the host to be in maintenance");
    }
  }

  private void await(String what, BooleanSupplier until) throws InterruptedException {
    while (!until.getAsBoolean()) {
      pause(what);
    }
  }

  private void pause(String waitingFor) throws InterruptedException {
    if (clock.elapsed().compareTo(PATIENCE) > 0) {
      throw new IllegalStateException(
          "after " + Durations.format(PATIENCE) + " it still waits for " + waitingFor);
    }
    Thread.sleep(GLANCE_MILLIS);
  }

  private void givenBack(String host) {
    System.out.println();
    System.out.println("The resource is deleted, and " + host + " takes instances again:");
    var enabled =
        cluster
            .simulator()
            .cloud(
                cloud -> {
                  for (var each : cloud.hosts()) {
                    var here =
                        cloud.servers().stream()
                            .filter(s -> each.name().equals(s.host()) && !s.deleted())
                            .count();
                    System.out.printf(
                        "  %s is %s and has %d instances%n",
                        each.name(), each.enabled() ? "enabled" : "disabled", here);
                  }
                  return cloud.hosts().stream().allMatch(h -> h.enabled());
                });
    if (!enabled) {
      throw new IllegalStateException("a host stayed disabled");
    }
  }

  private void keep() throws IOException, InterruptedException {
    Files.writeString(
        KUBECONFIG,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: demo, cluster: {server: '%s'}}]
        users: [{name: demo, user: {}}]
        contexts: [{name: demo, context: {cluster: demo, user: demo}}]
        current-context: demo
        """
            .formatted(cluster.apiServer().uri()));
    System.out.println(
        """
        Left running until you end it. Try:
          export KUBECONFIG=%s
          kubectl get hm compute-1 -o yaml
          kubectl get events
          kubectl hm status compute-1
          kubectl delete hm/compute-1 --wait=false"""
            .formatted(KUBECONFIG.toAbsolutePath()));
    Thread.currentThread().join();
  }

  private static void log() throws IOException {
    LogManager.getLogManager().reset(); // the mock server tells every request there
    Files.createDirectories(LOG.getParent());
    Files.deleteIfExists(LOG);
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
    encoder.start();
    var file = new FileAppender<ILoggingEvent>();
    file.setContext(context);
    file.setFile(LOG.toString());
    file.setEncoder(encoder);
    file.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(file);
    context.getLogger("io.hostmaintenance").setLevel(Level.INFO);
  }
}
