package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.StateChange;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each change of a state as Nova gets it, and what becomes of its answers. */
class StateChangeTest {

  private static final String ACTION = "/compute/v2.1/servers/i1/action";

  private final StubCloud cloud = new StubCloud();
  private Nova nova;

  @TempDir Path directory;

  @BeforeEach
  void connect() {
    nova = cloud.nova(directory);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          RESUME         | {"resume":null}
          SUSPEND        | {"suspend":null}
          PAUSE          | {"pause":null}
          UNPAUSE        | {"unpause":null}
          UNRESCUE       | {"unrescue":null}
          STOP           | {"os-stop":null}
          START          | {"os-start":null}
          SHELVE_OFFLOAD | {"shelveOffload":null}
          FORCE_DELETE   | {"forceDelete":null}
          RESET_STATE    | {"os-resetState":{"state":"active"}}
          """)
  void bodyHasTheKeyOfTheChange(StateChange change, String body) {
    accept();
    execute(change);

    assertThat(cloud.requests("POST", ACTION))
        .extracting(StubCloud.Request::body)
        .containsExactly(body);
  }

  /** The names that a real Nova 34 gave them. */
  @ParameterizedTest
  @CsvSource({
    "RESUME, resume",
    "SUSPEND, suspend",
    "PAUSE, pause",
    "UNPAUSE, unpause",
    "UNRESCUE, unrescue",
    "STOP, stop",
    "START, start",
    "SHELVE_OFFLOAD, shelveOffload",
    "FORCE_DELETE, delete",
    "RESET_STATE, resetState",
  })
  void instanceActionHasTheNameThatNovaGivesIt(StateChange change, String action) {
    assertThat(change.action()).isEqualTo(action);
  }

  @Test
  void onlyDeletingAndResettingAreDoneFromAnyState() {
    assertThat(List.of(StateChange.values()).stream().filter(StateChange::fromAnyState))
        .containsExactlyInAnyOrder(StateChange.FORCE_DELETE, StateChange.RESET_STATE);
  }

  @ParameterizedTest
  @CsvSource({"RESUME, resume", "SHELVE_OFFLOAD, shelve-offload", "RESET_STATE, reset-state"})
  void listenerReceivesTheChangeByItsName(StateChange change, String name) {
    accept();
    var told = new ArrayList<String>();
    OpenStackCloud.nova(
            Map.of("OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString()),
            InstantSource.system(),
            System::nanoTime,
            (operation, status, duration) -> told.add(operation + " " + status),
            Duration.ofSeconds(60))
        .execute(new Command.ChangeState("i1", change, "req-global"));

    assertThat(told).endsWith(name + " 202");
  }

  @ParameterizedTest
  @EnumSource
  void acceptedChangeGivesItsRequestId(StateChange change) {
    accept();

    assertThat(nova.execute(new Command.ChangeState("i1", change, "req-global")).requestId())
        .contains("req-1");
  }

  @ParameterizedTest
  @EnumSource
  void changeSendsItsGlobalRequestId(StateChange change) {
    accept();
    execute(change);

    assertThat(cloud.requests("POST", ACTION).getFirst().header("X-Openstack-Request-Id"))
        .isEqualTo("req-global");
  }

  @Test
  void acceptedChangeWithoutARequestIdHasAnUnknownOutcome() {
    cloud.on("POST", ACTION, 202, "");

    assertThat(failure(StateChange.SUSPEND).outcomeUnknown()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "400, BAD_REQUEST",
    "403, FORBIDDEN",
    "404, NOT_FOUND",
    "409, CONFLICT",
  })
  void refusedChangeWasNotCarriedOut(int status, Kind kind) {
    cloud.on(
        "POST",
        ACTION,
        request ->
            Answer.json(status, "{\"fault\": {\"message\": \"No.\"}}")
                .with("x-compute-request-id", "req-9"));

    assertThat(failure(StateChange.RESET_STATE))
        .hasMessage("No.")
        .returns(kind, NovaException::kind)
        .returns(Optional.of("req-9"), NovaException::requestId)
        .returns(false, NovaException::outcomeUnknown);
  }

  @ParameterizedTest
  @EnumSource
  void changeOnAClosedConnectionHasAnUnknownOutcome(StateChange change) {
    cloud.on("POST", ACTION, request -> Answer.drop());

    assertThat(failure(change))
        .returns(Kind.UNAVAILABLE, NovaException::kind)
        .returns(true, NovaException::outcomeUnknown);
  }

  @ParameterizedTest
  @EnumSource
  void changeWithoutAnAnswerIsNotSentAgain(StateChange change) {
    cloud.on("POST", ACTION, 503, "");
    failure(change);

    assertThat(cloud.requests("POST", ACTION)).hasSize(1);
  }

  private void accept() {
    cloud.on("POST", ACTION, request -> Answer.json(202, "").with("x-compute-request-id", "req-1"));
  }

  private void execute(StateChange change) {
    nova.execute(new Command.ChangeState("i1", change, "req-global"));
  }

  private NovaException failure(StateChange change) {
    var failure = catchThrowableOfType(NovaException.class, () -> execute(change));
    assertThat(failure).isNotNull();
    return failure;
  }
}
