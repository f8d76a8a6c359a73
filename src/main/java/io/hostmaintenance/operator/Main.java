package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import java.io.IOException;
import java.time.InstantSource;
import java.util.UUID;
import org.slf4j.LoggerFactory;

/** The operator as a process. */
public final class Main {

  private Main() {}

  /** Runs until it is told to stop. */
  public static void main(String[] arguments) throws IOException {
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

  private static void run(Config config) throws IOException {
    var log = LoggerFactory.getLogger(Main.class);
    var clock = InstantSource.system();
    var metrics = new Metrics();
    // before any other HTTP client of the JDK is made, see its Javadoc
    var nova = OpenStackCloud.nova(System.getenv(), clock, metrics);
    var client = client();
    var objection = Crd.objection(client);
    if (objection.isPresent()) {
      log.error("{}", objection.get());
      client.close();
      System.exit(1);
    }
    var operator =
        new HostMaintenanceOperator(
            client, nova, config, clock, metrics, UUID.randomUUID().toString());
    Runtime.getRuntime().addShutdownHook(new Thread(operator::close, "stop"));
    operator.start();
    log.info("started; health and metrics on port {}", operator.port());
  }

  private static KubernetesClient client() {
    return new KubernetesClientBuilder().build();
  }
}
