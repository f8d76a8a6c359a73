package io.hostmaintenance.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The built jar as a process, with the flags of the Dockerfile and the memory of the chart. */
final class OperatorJar implements AutoCloseable {

  private static final Path JAR = Path.of("target", "host-maintenance-operator.jar");

  private final int port;
  private final Path log;
  private final Process process;

  /**
   * Starts it.
   *
   * @param directory where its log goes
   * @param environment the variables besides HM_PORT; it inherits none
   * @param flags of the JVM, besides those of the Dockerfile
   */
  OperatorJar(Path directory, Map<String, String> environment, String... flags) throws IOException {
    this(directory, environment, List.of(flags), List.of());
  }

  /**
   * Starts a command of it.
   *
   * @param directory where what it says goes
   * @param environment the variables besides HM_PORT; it inherits none
   * @param command its name
   */
  static OperatorJar command(Path directory, Map<String, String> environment, String command)
      throws IOException {
    return new OperatorJar(directory, environment, List.of(), List.of(command));
  }

  private OperatorJar(
      Path directory, Map<String, String> environment, List<String> flags, List<String> arguments)
      throws IOException {
    port = freePort();
    log = directory.resolve("operator-" + port + ".log");
    var command = new ArrayList<>(entrypoint());
    command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.set(command.size() - 1, JAR.toString());
    command.addAll(1, flags);
    command.add(1, "-XX:MaxRAM=" + limitMiB() + "m");
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().clear();
    builder.environment().putAll(variables());
    builder.environment().put("HM_PORT", String.valueOf(port));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** Asks it to end, and ends it when it does not in time. */
  @Override
  public void close() {
    process.destroy();
    if (!ended(Duration.ofSeconds(30))) {
      process.destroyForcibly();
    }
  }

  /** Whether it ends within this time. */
  boolean ended(Duration within) {
    try {
      return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Waits until it ends by itself.
   *
   * @return what it said
   * @throws AssertionError when it does not end soon, or not with this status
   */
  String endsWith(int status) throws IOException {
    try (this) {
      assertThat(ended(Duration.ofSeconds(90))).as("it ended").isTrue();
      assertThat(exitStatus()).as(log()).isEqualTo(status);
      return log();
    }
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  boolean alive() {
    return process.isAlive();
  }

  int exitStatus() {
    return process.exitValue();
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** Its peak of resident memory so far, in MiB. */
  long peakMiB() throws IOException {
    var status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return number(status, "VmHWM:\\s+(\\d+) kB") / 1024;
  }

  /** What {@code /healthz} and the like answer. */
  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(Duration.ofSeconds(20))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** The value of a series, by its name and one label as written; empty when there is none. */
  OptionalDouble metric(String name, String label) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{") && line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst();
  }

  /** The chart's memory limit in MiB. */
  static long limitMiB() throws IOException {
    var values = Files.readString(Path.of("helm", "host-maintenance-operator", "values.yaml"));
    return number(values, "limits:\\s+memory: (\\d+)Mi");
  }

  /** The command of the image; its AOT cache is made with the image, and only there. */
  private static List<String> entrypoint() throws IOException {
    var line =
        Files.readAllLines(Path.of("Dockerfile")).stream()
            .filter(l -> l.startsWith("ENTRYPOINT"))
            .findFirst()
            .orElseThrow();
    return Pattern.compile("\"([^\"]*)\"")
        .matcher(line)
        .results()
        .map(m -> m.group(1))
        .filter(word -> !word.startsWith("-XX:AOTCache"))
        .toList();
  }

  private static Map<String, String> variables() throws IOException {
    return Files.readAllLines(Path.of("Dockerfile")).stream()
        .filter(l -> l.startsWith("ENV "))
        .map(l -> l.substring(4).split("=", 2))
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  private static long number(String text, String pattern) {
    var matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("no " + pattern + " in " + text);
    }
    return Long.parseLong(matcher.group(1));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
