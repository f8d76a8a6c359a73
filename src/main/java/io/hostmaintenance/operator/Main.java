package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudSecrets;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator as a process. */
public final class Main {

  /** Of the API client's own: four end within seconds, and a reconciliation is tried again. */
  private static final int RETRIES = 3;

  /** How long the start waits for a connection to the API server. */
  private static final Duration CONNECTION = Duration.ofSeconds(4);

  /** How long a check waits for the Secrets of its namespace. */
  private static final Duration SECRETS = Duration.ofSeconds(10);

  private Main() {}

  /** Runs until it is told to stop. Status 1: the start or a check failed; 2: bad usage. */
  public static void main(String[] arguments) throws InterruptedException {
    // Digits and letters of what is sent and told are ASCII, whatever the machine's locale.
    Locale.setDefault(Locale.ROOT);
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "" -> run(configured());
      case "check" -> System.exit(check(configured()));
      case "check-uninstall" -> {
        configured();
        System.exit(checkUninstall());
      }
      case "--help", "-h" -> System.out.println(Config.help());
      case "--version" -> System.out.println(Main.class.getPackage().getImplementationVersion());
      default -> {
        System.err.println("Unknown argument " + arguments[0] + "; see --help");
        System.exit(2);
      }
    }
  }

  private static Config configured() {
    try {
      var config = Config.of(System.getenv(), System.console() != null);
      Logging.configure(config.log(), config.logLevel());
      return config;
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      throw e;
    }
  }

  private static void run(Config config) {
    var log = LoggerFactory.getLogger(Main.class);
    var kubernetes = kubernetes();
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
    var metrics = new Metrics(clock);
    if (config.logLevelFile() != null) {
      new LogLevelFile(config.logLevelFile(), config.logLevel(), Logging::setLevel).follow();
    }
    OpenStackCloud.setSwitches();
    connect(kubernetes);
    var client = client(kubernetes);
    var objection = Crd.incompatibility(client);
    if (objection.isPresent()) {
      log.error("{}", objection.get());
      System.exit(1);
    }
    var operator = new HostMaintenanceOperator(client, System.getenv(), config, clock, metrics);
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
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(CONNECTION.toMillis()));
    } catch (IOException e) {
      throw new KubernetesClientException("no connection", e);
    }
  }

  /** Gives the exit status. */
  private static int check(Config config) throws InterruptedException {
    OpenStackCloud.setSwitches();
    if (config.namespace() == null) {
      return check(config, CloudSecrets.NONE);
    }
    try (var client = client(kubernetes());
        var secrets = new KubernetesSecrets(client, config.namespace())) {
      secrets.startAndRead(SECRETS);
      return check(config, secrets);
    }
  }

  private static int check(Config config, CloudSecrets secrets) {
    var name = System.getenv().getOrDefault("OS_CLOUD", "").strip();
    try {
      var nova =
          OpenStackCloud.nova(
              System.getenv(),
              name,
              secrets,
              InstantSource.system(),
              System::nanoTime,
              (operation, status, duration) -> {},
              config.settings().httpTimeout(),
              config.limits());
      System.out.println(CloudCheck.answer(name, nova));
      return 0;
    } catch (NovaException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  /** Gives the exit status. */
  private static int checkUninstall() {
    try (var client = client(kubernetes())) {
      var objection = UninstallCheck.objection(client);
      objection.ifPresent(System.err::println);
      return objection.isPresent() ? 1 : 0;
    }
  }

  private static io.fabric8.kubernetes.client.Config kubernetes() {
    var kubernetes = io.fabric8.kubernetes.client.Config.autoConfigure(null);
    kubernetes.setRequestRetryBackoffLimit(RETRIES);
    return kubernetes;
  }

  private static KubernetesClient client(io.fabric8.kubernetes.client.Config kubernetes) {
    return new KubernetesClientBuilder().withConfig(kubernetes).build();
  }
}
