package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator as a process. */
public final class Main {

  /** Of the API client's own: four end within seconds, and a reconciliation is tried again. */
  private static final int RETRIES = 3;

  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private Main() {}

  /** Runs until it is told to stop. Status 1: the start failed; 2: a bad environment. */
  public static void main(String[] arguments) {
    // Digits and letters of what is sent and told are ASCII, whatever the machine's locale.
    Locale.setDefault(Locale.ROOT);
    if (arguments.length > 0) {
      print(arguments[0]);
      return;
    }
    Config config;
    try {
      config = Config.of(System.getenv(), System.console() != null);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    Logging.configure(config.log());
    run(config);
  }

  private static void print(String argument) {
    switch (argument) {
      case "--help", "-h" -> System.out.println(Config.help());
      case "--version" -> System.out.println(Main.class.getPackage().getImplementationVersion());
      default -> {
        System.err.println("Unknown argument " + argument + "; see --help");
        System.exit(2);
      }
    }
  }

  private static void run(Config config) {
    var log = LoggerFactory.getLogger(Main.class);
    var kubernetes = io.fabric8.kubernetes.client.Config.autoConfigure(null);
    kubernetes.setRequestRetryBackoffLimit(RETRIES);
    log.info(
        "host-maintenance-operator {} starts: {}, API server {}",
        Main.class.getPackage().getImplementationVersion(),
        OpenStackCloud.told(System.getenv()),
        kubernetes.getMasterUrl());
    try {
      start(config, kubernetes, log);
    } catch (Exception | Error failure) {
      var file = Optional.ofNullable(kubernetes.getFile()).map(File::toPath);
      var kubeconfig = Optional.ofNullable(System.getenv("KUBECONFIG"));
      log.error("{}", new StartFailure(config, kubernetes, file, kubeconfig).sentence(failure));
      System.exit(1);
    }
  }

  private static void start(
      Config config, io.fabric8.kubernetes.client.Config kubernetes, Logger log)
      throws IOException {
    var clock = InstantSource.system();
    var metrics = new Metrics();
    OpenStackCloud.setSwitches();
    connect(kubernetes);
    var client = new KubernetesClientBuilder().withConfig(kubernetes).build();
    var objection = Crd.incompatibility(client);
    if (objection.isPresent()) {
      log.error("{}", objection.get());
      System.exit(1);
    }
    var operator =
        new HostMaintenanceOperator(
            client, System.getenv(), config, clock, metrics, UUID.randomUUID().toString());
    Runtime.getRuntime().addShutdownHook(new Thread(operator::close, "stop"));
    if (operator.start()) {
      log.info("started; health and metrics on port {}", operator.port());
    }
  }

  /**
   * Says within seconds that the API server is out of reach: the API client would try for long, and
   * keep the cause to itself. Whether a proxy reaches it, only the client can tell.
   */
  private static void connect(io.fabric8.kubernetes.client.Config kubernetes) {
    var url = URI.create(kubernetes.getMasterUrl());
    if (kubernetes.getHttpsProxy() != null || kubernetes.getHttpProxy() != null) {
      return;
    }
    var port = url.getPort() >= 0 ? url.getPort() : url.getScheme().equals("https") ? 443 : 80;
    try (var socket = new Socket()) {
      var host = url.getHost().replaceAll("[\\[\\]]", "");
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(PATIENCE.toMillis()));
    } catch (IOException e) {
      throw new KubernetesClientException("no connection", e);
    }
  }
}
