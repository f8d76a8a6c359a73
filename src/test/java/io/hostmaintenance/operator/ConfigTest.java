package io.hostmaintenance.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.openstack4j.Limits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {

  private static Config of(String... pairs) {
    var environment = new HashMap<String, String>();
    for (var i = 0; i < pairs.length; i += 2) {
      environment.put(pairs[i], pairs[i + 1]);
    }
    return Config.of(environment, false);
  }

  @Test
  void emptyEnvironmentGivesTheDocumentedDefaults() {
    var config = of();

    assertThat(config.settings().pollMoving()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.settings().pollIdle()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.settings().settle()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.settings().maxHostsDraining()).isEqualTo(10);
    assertThat(config.settings().maxMoves()).isEqualTo(20);
    assertThat(config.limits()).isEqualTo(new Limits(8, 20));
    assertThat(config.settings().strategies()).isEqualTo(Strategies.DEFAULT);
    assertThat(config.port()).isEqualTo(8080);
    assertThat(config.address()).isEqualTo("127.0.0.1");
    assertThat(config.leaderElection()).isFalse();
  }

  @Test
  void emptyVariableCountsAsAbsent() {
    assertThat(of("HM_POLL_IDLE", " ").settings().pollIdle()).isEqualTo(Duration.ofSeconds(60));
  }

  @ParameterizedTest
  @CsvSource({"6s, PT6S", "5m, PT5M", "1h30m, PT1H30M"})
  void durationIsReadInTheFormatOfGo(String text, Duration duration) {
    assertThat(of("HM_SETTLE", text).settings().settle()).isEqualTo(duration);
  }

  @ParameterizedTest
  @CsvSource({
    "HM_POLL_MOVING, 5",
    "HM_POLL_IDLE, soon",
    "HM_SETTLE, -1s",
    "HM_PORT, 65536",
    "HM_PORT, http",
    "HM_LEADER_ELECTION, yes",
    "HM_MAX_HOSTS_DRAINING, 0",
    "HM_MAX_MOVES, 1.5",
    "HM_MAX_REQUESTS, 2",
    "HM_MAX_REQUESTS, 101",
    "HM_MAX_READS_PER_SECOND, 0",
    "HM_MAX_READS_PER_SECOND, 1001",
    "HM_STRATEGIES, bold",
    "HM_LOG_FORMAT, xml",
    "HM_LOG_LEVEL, all"
  })
  void invalidVariableIsRejectedInOneLineThatNamesIt(String name, String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(name, value))
        .satisfies(e -> assertThat(e.getMessage()).startsWith(name + ": ").doesNotContain("\n"));
  }

  @Test
  void eachInvalidVariableHasItsLine() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("HM_PORT", "http", "HM_MAX_MOVES", "x", "HM_LEADER_ELECTION", "yes"))
        .satisfies(
            e ->
                assertThat(e.getMessage().lines())
                    .containsExactly(
                        "HM_LEADER_ELECTION: 'yes' is neither true nor false",
                        "HM_MAX_MOVES: 'x' is not a whole number from 1 to 10000",
                        "HM_PORT: 'http' is not a whole number from 0 to 65535"));
  }

  @Test
  void unknownVariableOfOursIsRejectedAndTheKnownOnesAreNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("HM_MAX_MOVE", "3"))
        .withMessageStartingWith("HM_MAX_MOVE: there is no such setting")
        .withMessageContainingAll("HM_MAX_MOVES", "HM_SETTLE")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "OS_CLOUD"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HM_SERVICE_HOST",
        "HM_SERVICE_PORT",
        "HM_SERVICE_PORT_HTTP",
        "HM_PORT_8080_TCP",
        "HM_PORT_8080_TCP_ADDR",
        "HM_METRICS_PORT",
        "HM_METRICS_SERVICE_HOST",
        "MAX_MOVES"
      })
  void variableOfAnotherIsIgnored(String name) {
    assertThat(of(name, "tcp://192.0.2.1:8080").port()).isEqualTo(8080);
  }

  @Test
  void strategiesThatAreNotNamedStayAsTheDefaultsSay() {
    var strategies = of("HM_STRATEGIES", "suspended=ResumeLiveSuspend, error = Recover");

    assertThat(strategies.settings().strategies())
        .isEqualTo(
            Strategies.of(Map.of("suspended", "ResumeLiveSuspend", "error", "Recover"))
                .over(Strategies.DEFAULT));
  }

  @Test
  void everyValueOfEveryStrategyButStopIsRead() {
    Strategies.values()
        .forEach(
            (field, values) ->
                assertThat(values)
                    .filteredOn(value -> !value.equals("Stop"))
                    .allSatisfy(
                        value ->
                            assertThat(
                                    of("HM_STRATEGIES", field + "=" + value)
                                        .settings()
                                        .strategies())
                                .isEqualTo(
                                    Strategies.of(Map.of(field, value)).over(Strategies.DEFAULT))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "suspend=Skip | 'suspend' is no field of spec.strategies: write one of active, error,"
            + " fallback, locked, paused, rescued, shelved, softDeleted, stopped, suspended,"
            + " unconfirmedResize, such as suspended=ResumeLiveSuspend",
        "Suspended=Skip | 'Suspended' is no field of spec.strategies: write one of active, error,"
            + " fallback, locked, paused, rescued, shelved, softDeleted, stopped, suspended,"
            + " unconfirmedResize, such as suspended=ResumeLiveSuspend",
        "error=Recover, | '' is no field of spec.strategies: write one of active, error,"
            + " fallback, locked, paused, rescued, shelved, softDeleted, stopped, suspended,"
            + " unconfirmedResize, such as suspended=ResumeLiveSuspend",
        "stopped=Move | 'Move' is no value of stopped: write stopped=Cold or stopped=Skip",
        "stopped=cold | 'cold' is no value of stopped: write stopped=Cold or stopped=Skip",
        "stopped=Stop | 'Stop' is no value of stopped: write stopped=Cold or stopped=Skip",
        "stopped | '' is no value of stopped: write stopped=Cold or stopped=Skip",
        "stopped=Cold=Skip | 'Cold=Skip' is no value of stopped: write stopped=Cold or stopped=Skip",
        "locked=Skip,locked=Skip | names locked twice: leave one out",
        "active=Stop | active must not be Stop here, which needs scope Running: write Move or Skip,"
            + " and Stop with that scope into the HostMaintenance",
        "fallback=Stop | fallback must not be Stop here, which needs scope Running: write Report or"
            + " Cold, and Stop with that scope into the HostMaintenance"
      })
  void invalidStrategiesAreRejectedWithWhatIsAllowed(String value, String sentence) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("HM_STRATEGIES", value))
        .withMessage("HM_STRATEGIES: " + sentence);
  }

  @Test
  void invalidStrategyIsShownInOneShortLine() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("HM_STRATEGIES", "error=Re\ncover" + "!".repeat(1000)))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(200));
  }

  @Test
  void leaderElectionWithoutANamespaceIsRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("HM_LEADER_ELECTION", "true"))
        .withMessageStartingWith("HM_NAMESPACE: ");
  }

  @Test
  void namespaceOfTheLeaseIsReadFromHmNamespace() {
    assertThat(of("HM_LEADER_ELECTION", "true", "HM_NAMESPACE", "ops").namespace())
        .isEqualTo("ops");
  }

  @Test
  void leaderElectionAddsTheLeaseDurationToTheAnswerWait() {
    var alone = of().settings().answerWait();
    var oneOfSeveral =
        of("HM_LEADER_ELECTION", "true", "HM_NAMESPACE", "ops").settings().answerWait();

    assertThat(oneOfSeveral).isEqualTo(alone.plus(Lease.DURATION));
  }

  @ParameterizedTest
  @CsvSource({"true, HUMAN", "false, JSON"})
  void logFormatIsTextOnATerminalAndJsonElsewhere(boolean terminal, Config.LogFormat format) {
    assertThat(Config.of(Map.of(), terminal).log()).isEqualTo(format);
  }

  @Test
  void hmLogFormatOverridesTheTerminal() {
    assertThat(Config.of(Map.of("HM_LOG_FORMAT", "json"), true).log())
        .isEqualTo(Config.LogFormat.JSON);
  }

  @ParameterizedTest
  @CsvSource({"'', INFO", "debug, DEBUG", "Warn, WARN"})
  void logLevelIsInfoUnlessHmLogLevelSaysAnotherOne(String text, Config.LogLevel level) {
    assertThat(of("HM_LOG_LEVEL", text).logLevel()).isEqualTo(level);
  }

  @Test
  void holderOfTheLeaseIsNamedAfterThePod() {
    assertThat(of("HM_POD_NAME", "operator-7d9f-x2x4z").identity())
        .isEqualTo("operator-7d9f-x2x4z");
  }

  @Test
  void processesWithoutAPodDifferInTheLease() {
    assertThat(of().identity()).isNotEqualTo(of().identity());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OS_CLIENT_CONFIG_FILE",
        "OS_CLIENT_SECURE_FILE",
        "OS_CLOUD",
        "HM_POLL_MOVING",
        "HM_POLL_IDLE",
        "HM_SETTLE",
        "HM_PORT",
        "HM_ADDRESS",
        "HM_LEADER_ELECTION",
        "HM_NAMESPACE",
        "HM_MAX_HOSTS_DRAINING",
        "HM_MAX_MOVES",
        "HM_MAX_REQUESTS",
        "HM_MAX_READS_PER_SECOND",
        "HM_STRATEGIES",
        "HM_LOG_FORMAT",
        "HM_LOG_LEVEL",
        "HM_LOG_LEVEL_FILE",
        "HM_POD_NAME",
        "KUBECONFIG"
      })
  void helpListsEveryVariable(String name) {
    assertThat(Config.help()).containsPattern("(?m)^  " + name + " +\\S");
  }
}
