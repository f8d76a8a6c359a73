package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.nova.UntrustedText;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the environment says.
 *
 * @param settings how fast and how much at once
 * @param limits how much is asked of a cloud at once
 * @param port of the health and metrics server; 0: any free one
 * @param address it listens on
 * @param leaderElection whether a lease is needed to act
 * @param namespace where the lease and the Secrets of clouds are; null: there are none
 * @param log how log lines look
 * @param logLevel how much of its work the operator logs
 * @param logLevelFile a file that names another level while the operator runs; null: there is none
 * @param identity by which this process is told from others in the lease
 */
public record Config(
    Settings settings,
    Limits limits,
    int port,
    String address,
    boolean leaderElection,
    String namespace,
    LogFormat log,
    LogLevel logLevel,
    Path logLevelFile,
    String identity) {

  /** How log lines look. */
  public enum LogFormat {
    /** For people. */
    HUMAN,
    /** One JSON object a line. */
    JSON
  }

  /** How much of its own work the operator logs; what the libraries log stays at warnings. */
  public enum LogLevel {
    /** What failed. */
    ERROR,
    /** And what an administrator should look into. */
    WARN,
    /** And what it does. */
    INFO,
    /** And how it comes to that. */
    DEBUG;

    /** The level of this name, in any case; empty when there is none. */
    static Optional<LogLevel> of(String name) {
      return Stream.of(values()).filter(level -> level.name().equalsIgnoreCase(name)).findFirst();
    }
  }

  /** Longest time that a request for a move may take, see the adapter. */
  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(60);

  private static final String STOP = "Stop";
  private static final String[] NONE = {};

  /** So many bytes of what is wrong are shown. */
  private static final int MOST_SHOWN = 64;

  private static final Predicate<String> OURS = name -> name.startsWith("HM_");

  /** What Kubernetes tells a pod of a Service whose name begins with "hm" (docs: service links). */
  private static final Pattern SERVICE_LINK =
      Pattern.compile("HM_(.+_)?(SERVICE_(HOST|PORT.*)|PORT_\\d+_(TCP|UDP|SCTP).*)|HM_.+_PORT");

  private record Variable(String name, String fallback, String meaning) {}

  private static final List<Variable> VARIABLES =
      List.of(
          new Variable(
              "OS_CLIENT_CONFIG_FILE",
              "",
              "the clouds.yaml; without it ./, ~/.config/openstack/ and /etc/openstack/ are"
                  + " searched"),
          new Variable(
              "OS_CLIENT_SECURE_FILE", "", "the secure.yaml; without it the same are searched"),
          new Variable(
              "OS_CLOUD",
              "",
              "the cloud of hosts that name none; without it the only one of that file"),
          new Variable("HTTPS_PROXY", "", "the proxy for the cloud's https URLs"),
          new Variable("HTTP_PROXY", "", "the proxy for its http URLs"),
          new Variable("ALL_PROXY", "", "the proxy where the two name none"),
          new Variable("NO_PROXY", "", "hosts that are reached without a proxy"),
          new Variable("HM_POLL_MOVING", "5s", "time between observations while an instance moves"),
          new Variable("HM_POLL_IDLE", "60s", "time between observations otherwise"),
          new Variable(
              "HM_POLL_VERIFIED",
              "15m",
              "about the time between observations of a host that is verified empty: in between the"
                  + " watch of its cloud sees it each HM_POLL_IDLE"),
          new Variable(
              "HM_SETTLE", "60s", "time between the two observations that must find a host empty"),
          new Variable("HM_PORT", "8080", "port of /healthz, /readyz and /metrics"),
          new Variable(
              "HM_ADDRESS",
              "127.0.0.1",
              "address they are served at; in a pod 0.0.0.0, as the chart sets it"),
          new Variable("HM_LEADER_ELECTION", "false", "whether a Lease is needed to act"),
          new Variable(
              "HM_NAMESPACE",
              "",
              "namespace of that Lease, and of Secrets with clouds; without it none is read"),
          new Variable(
              "HM_MAX_HOSTS_DRAINING",
              "10",
              "hosts of a cloud that are drained at once; others wait in Pending"),
          new Variable("HM_MAX_MOVES", "20", "moves in flight at once in a cloud"),
          new Variable(
              "HM_MAX_REQUESTS",
              "8",
              "requests in flight at once to a cloud, two of them kept for what must not wait"),
          new Variable("HM_MAX_READS_PER_SECOND", "20", "questions for single hosts in any second"),
          new Variable(
              "HM_STRATEGIES",
              "",
              "what may be done with instances where spec.strategies does not say, such as"
                  + " suspended=ResumeLiveSuspend,error=Recover"),
          new Variable(
              "HM_LOG_FORMAT", "", "human or json; without it human on a terminal, json otherwise"),
          new Variable("HM_LOG_LEVEL", "info", "error, warn, info or debug"),
          new Variable(
              "HM_LOG_LEVEL_FILE",
              "",
              "a file that names another level while the operator runs; read every 5 s"),
          new Variable(
              "HM_POD_NAME", "", "the name of the holder of the Lease; without it a random one"),
          new Variable("KUBECONFIG", "", "the usual kubeconfig rules, or the pod's own account"));

  /** The text of {@code --help}. */
  public static String help() {
    var lines = new ArrayList<String>();
    lines.add("Puts OpenStack compute hosts into maintenance mode, declaratively.");
    lines.add("");
    lines.add("Usage: java -jar host-maintenance-operator.jar [COMMAND | --help | --version]");
    lines.add("");
    lines.add(
        "Without a command it runs the operator. Commands end with 0, or with 1 and a sentence:");
    lines.add("  check            logs in to the cloud and lists its nova-compute services");
    lines.add("  check-uninstall  fails while there is a HostMaintenance");
    lines.add("");
    lines.add("Environment (durations such as 6s, 5m, 1h30m):");
    for (var v : VARIABLES) {
      lines.add(
          "  %-22s %s%s"
              .formatted(
                  v.name(), v.meaning(), v.fallback().isEmpty() ? "" : " (" + v.fallback() + ")"));
    }
    return String.join(System.lineSeparator(), lines);
  }

  /**
   * Reads the environment.
   *
   * @param terminal whether log lines go to a terminal
   * @throws IllegalArgumentException with a line for each variable that is wrong; each names the
   *     variable and the way out
   */
  public static Config of(Map<String, String> environment, boolean terminal) {
    var wrong = new TreeSet<>(unknown(environment.keySet()));
    var config = new Reader(environment, wrong).config(terminal);
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), wrong));
    }
    return config;
  }

  private static List<String> unknown(Set<String> names) {
    var known = VARIABLES.stream().map(Variable::name).filter(OURS).sorted().toList();
    return names.stream()
        .filter(OURS)
        .filter(name -> !known.contains(name) && !SERVICE_LINK.matcher(name).matches())
        .map(
            name ->
                "%s: there is no such setting: remove it, or write one of %s"
                    .formatted(UntrustedText.cut(name, MOST_SHOWN), String.join(", ", known)))
        .toList();
  }

  /**
   * Reads one variable after the other, and goes on after one that is wrong.
   *
   * @param wrong takes a sentence for each that is
   */
  private record Reader(Map<String, String> environment, Set<String> wrong) {

    Config config(boolean terminal) {
      var leaderElection = flag("HM_LEADER_ELECTION");
      var settings =
          new Settings(
              duration("HM_POLL_MOVING"),
              duration("HM_POLL_IDLE"),
              duration("HM_POLL_VERIFIED"),
              duration("HM_SETTLE"),
              HTTP_TIMEOUT,
              leaderElection ? Lease.DURATION : Duration.ZERO,
              number("HM_MAX_HOSTS_DRAINING", 1, 10_000),
              number("HM_MAX_MOVES", 1, 10_000),
              strategies().over(Strategies.DEFAULT));
      var namespace = text("HM_NAMESPACE");
      if (leaderElection && namespace.isEmpty()) {
        wrong.add(
            "HM_NAMESPACE: must name the namespace of the Lease while HM_LEADER_ELECTION is true");
      }
      return new Config(
          settings,
          new Limits(
              number("HM_MAX_REQUESTS", Limits.LEAST, 100),
              number("HM_MAX_READS_PER_SECOND", 1, 1000)),
          number("HM_PORT", 0, 65_535),
          text("HM_ADDRESS").orElseThrow(),
          leaderElection,
          namespace.orElse(null),
          format(terminal),
          level(),
          text("HM_LOG_LEVEL_FILE").map(Path::of).orElse(null),
          text("HM_POD_NAME").orElseGet(() -> UUID.randomUUID().toString()));
    }

    private LogFormat format(boolean terminal) {
      var text = text("HM_LOG_FORMAT").orElse(terminal ? "human" : "json");
      return switch (text) {
        case "human" -> LogFormat.HUMAN;
        case "json" -> LogFormat.JSON;
        default -> {
          refuse("HM_LOG_FORMAT", "%s is neither human nor json", quoted(text));
          yield LogFormat.HUMAN;
        }
      };
    }

    private LogLevel level() {
      var text = text("HM_LOG_LEVEL").orElseThrow();
      return LogLevel.of(text)
          .orElseGet(
              () -> {
                refuse(
                    "HM_LOG_LEVEL",
                    "%s is no level: write error, warn, info or debug",
                    quoted(text));
                return LogLevel.INFO;
              });
    }

    private Duration duration(String name) {
      try {
        return Durations.parse(text(name).orElseThrow());
      } catch (IllegalArgumentException e) {
        refuse(name, "%s", e.getMessage());
        return Durations.parse(fallback(name));
      }
    }

    private int number(String name, int min, int max) {
      var text = text(name).orElseThrow();
      try {
        var number = Integer.parseInt(text);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      refuse(name, "%s is not a whole number from %s to %s", quoted(text), min, max);
      return Integer.parseInt(fallback(name));
    }

    private boolean flag(String name) {
      var text = text(name).orElseThrow();
      return switch (text) {
        case "true" -> true;
        case "false" -> false;
        default -> {
          refuse(name, "%s is neither true nor false", quoted(text));
          yield false;
        }
      };
    }

    private Strategies strategies() {
      try {
        return Config.strategies(text("HM_STRATEGIES"));
      } catch (IllegalArgumentException e) {
        wrong.add(e.getMessage());
        return Strategies.DEFAULT;
      }
    }

    private void refuse(String name, String format, Object... values) {
      wrong.add(name + ": " + format.formatted(values));
    }

    private Optional<String> text(String name) {
      var text = environment.getOrDefault(name, "").strip();
      return Optional.of(text.isEmpty() ? fallback(name) : text).filter(t -> !t.isEmpty());
    }
  }

  private static String quoted(String text) {
    return "'" + UntrustedText.cut(text, MOST_SHOWN) + "'";
  }

  private static String fallback(String name) {
    return VARIABLES.stream()
        .filter(v -> v.name().equals(name))
        .findFirst()
        .orElseThrow()
        .fallback();
  }

  private static Strategies strategies(Optional<String> text) {
    var said = new HashMap<String, String>();
    for (var one : text.map(t -> t.split(",", -1)).orElse(NONE)) {
      var pair = one.split("=", 2);
      var field = pair[0].strip();
      var value = pair.length == 1 ? "" : pair[1].strip();
      allow(field, value);
      if (said.put(field, value) != null) {
        throw strategies("names %s twice: leave one out", field);
      }
    }
    return Strategies.of(said);
  }

  /** A Stop is for a resource alone: only that can say the scope which it needs. */
  private static void allow(String field, String value) {
    var values = Strategies.values().get(field);
    if (values == null) {
      throw strategies(
          "'%s' is no field of spec.strategies: write one of %s, such as"
              + " suspended=ResumeLiveSuspend",
          UntrustedText.cut(field, MOST_SHOWN),
          String.join(", ", new TreeSet<>(Strategies.values().keySet())));
    }
    var allowed = values.stream().filter(v -> !v.equals(STOP)).toList();
    if (value.equals(STOP) && !allowed.equals(values)) {
      throw strategies(
          "%s must not be Stop here, which needs scope Running: write %s, and Stop with that scope"
              + " into the HostMaintenance",
          field, String.join(" or ", allowed));
    }
    if (!allowed.contains(value)) {
      throw strategies(
          "'%s' is no value of %s: write %s=%s",
          UntrustedText.cut(value, MOST_SHOWN),
          field,
          field,
          String.join(" or " + field + "=", allowed));
    }
  }

  private static IllegalArgumentException strategies(String format, Object... values) {
    return new IllegalArgumentException("HM_STRATEGIES: " + format.formatted(values));
  }
}
