package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.busy;
import static io.hostmaintenance.drain.Fixtures.live;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.MARKER;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.nova.Command;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the service of a resource that is deleted, by spec.giveBack. */
class GiveBackTest {

  private static final Command ENABLE = new Command.EnableService(id(HOST));

  private static Given taken(String giveBack) {
    return Given.taken().limits(s -> s.giveBack(giveBack));
  }

  private static List<Reason> told(Decision decision) {
    return decision.notices().stream().map(Notice::reason).toList();
  }

  private static Condition ready(Given given) {
    return given.status().condition(Condition.READY).orElseThrow();
  }

  // ---------------------------------------------------------------- Enable

  @ParameterizedTest
  @ValueSource(strings = {"down", "forced down", "not heard of"})
  void enableDoesNotWaitForNovaCompute(String state) {
    var given = in(state, taken("Enable")).deleted();

    assertThat(given.decideAfter(5).commands()).containsExactly(ENABLE);
  }

  // ---------------------------------------------------------------- EnableWhenUp

  @ParameterizedTest(name = "heard of {0} s ago, deleted {1} s ago: enabled {2}")
  @CsvSource({"5, 4, false", "5, 5, false", "5, 6, true", "59, 60, true", "61, 60, false"})
  void enableWhenUpWaitsForAReportThatIsYoungerThanTheDeletion(
      long heardAgo, long deletedAgo, boolean enabled) {
    var given = taken("EnableWhenUp").heardOf(HOST, heardAgo).deleted();

    assertThat(given.decideAfter(deletedAgo).commands().contains(ENABLE)).isEqualTo(enabled);
  }

  @ParameterizedTest
  @ValueSource(longs = {-3600, -30, 30, 3600})
  void enableWhenUpMeasuresEachTimeByItsOwnClock(long ahead) {
    var given =
        taken("EnableWhenUp").novaAhead(java.time.Duration.ofSeconds(ahead)).heardOf(HOST, 9);
    given.deleted();

    assertThat(given.decideAfter(8).commands()).isEmpty();
    assertThat(given.decideAfter(2).commands()).containsExactly(ENABLE);
  }

  @ParameterizedTest
  @CsvSource({
    "down,         start it",
    "forced down,  openstack compute service set --up compute-7 nova-compute",
    "not heard of, has not reported since this resource was deleted",
  })
  void enableWhenUpTellsWhatItWaitsFor(String state, String told) {
    var given = in(state, taken("EnableWhenUp")).deleted();

    var decision = given.decideAfter(5);

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.release()).isFalse();
    assertThat(given.status().phase()).isEqualTo("Exiting");
    assertThat(ready(given).reason()).isEqualTo("WaitingForCompute");
    assertThat(ready(given).message()).contains(told);
    assertThat(decision.requeueAfter()).isEqualTo(Given.SETTINGS.pollIdle());
  }

  @Test
  void enableWhenUpIsToldOnce() {
    var given = in("down", taken("EnableWhenUp")).deleted();

    assertThat(told(given.decideAfter(5))).containsExactly(Reason.WaitingForCompute);
    assertThat(told(given.decideAfter(60))).isEmpty();
  }

  @Test
  void enableWhenUpFollowsMovesMeanwhile() {
    var given = in("not heard of", moving("EnableWhenUp"));
    given.decideAfter(5);

    given
        .instances(away(active("vm")))
        .migrations(live(9, "vm", "completed", NOON.plusSeconds(1)))
        .decideAfter(5);

    assertThat(given.row("vm").state()).isEqualTo("Moved");
  }

  @Test
  void enableWhenUpReleasesByTheAnnotationAtOnce() {
    var given = in("down", taken("EnableWhenUp")).deleted();
    given.decideAfter(5);

    var decision =
        Cleanup.withoutObservation(given.annotated(HostMaintenance.SKIP_GIVE_BACK, "true").input());

    assertThat(decision.orElseThrow().release()).isTrue();
  }

  /** It stays disabled as it was, so nothing waits for its nova-compute. */
  @Test
  void enableWhenUpRestoresTheReasonOfLibvirtAtOnce() {
    var given = Given.fresh().limits(s -> s.giveBack("EnableWhenUp"));
    given.service(HOST, "disabled", "AUTO: no libvirt");
    given.obeyed(given.decide()).heardOf(HOST, 3600).deleted();

    assertThat(given.decideAfter(60).commands())
        .containsExactly(new Command.DisableService(id(HOST), "AUTO: no libvirt"));
  }

  // ---------------------------------------------------------------- Keep

  @Test
  void keepLeavesTheServiceAsItIsAndNamesTheCommand() {
    var decision = taken("Keep").deleted().decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.release()).isTrue();
    assertThat(decision.notices())
        .filteredOn(n -> n.reason() == Reason.ServiceLeftDisabled)
        .singleElement()
        .extracting(Notice::message)
        .asString()
        .contains("openstack compute service set --enable compute-7 nova-compute");
  }

  @Test
  void keepFollowsMovesBeforeTheRelease() {
    var given = moving("Keep");

    var first = given.decideAfter(5);
    assertThat(first.release()).isFalse();
    assertThat(told(first)).doesNotContain(Reason.ServiceLeftDisabled);

    given.instances(away(active("vm"))).migrations(live(9, "vm", "completed", NOON.plusSeconds(1)));
    var last = given.decideAfter(5);
    assertThat(last.release()).isTrue();
    assertThat(told(last)).contains(Reason.ServiceLeftDisabled);
  }

  @Test
  void keepSaysThatTheServiceStaysDisabled() {
    var given = taken("Keep");
    given.decide();

    assertThat(given.status().condition(Condition.SERVICE_DISABLED).orElseThrow().message())
        .contains("stays so on delete");
  }

  @Test
  void keepDoesNotTouchAServiceThatSomeoneEnabled() {
    var decision = taken("Keep").service(HOST, "enabled", null).deleted().decide();

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.release()).isTrue();
    assertThat(told(decision)).doesNotContain(Reason.ServiceLeftDisabled);
  }

  // ---------------------------------------------------------------- all of them

  @ParameterizedTest
  @ValueSource(strings = {"Enable", "EnableWhenUp", "Keep"})
  void serviceThatWasDisabledBeforeStaysDisabled(String word) {
    var given = Given.fresh().limits(s -> s.giveBack(word)).service(HOST, "disabled", "fan");
    given.decide();

    var decision = given.deleted().decideAfter(60);

    assertThat(decision.commands()).isEmpty();
    assertThat(decision.release()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"Keep, Enable, true", "EnableWhenUp, Enable, true", "EnableWhenUp, Keep, false"})
  void editWhileExitingTakesEffect(String before, String after, boolean enabled) {
    var given = in("not heard of", moving(before));
    assertThat(given.decideAfter(5).commands()).isEmpty();

    given.limits(s -> s.giveBack(after));

    assertThat(given.decideAfter(5).commands().contains(ENABLE)).isEqualTo(enabled);
  }

  @Test
  void nextMaintenanceOfAKeptHostTakesItAndDoesNotEnableIt() {
    var kept = "host-maintenance " + Given.NAME + " [99999999]: an older one of the same name";
    var given = Given.fresh().service(HOST, "disabled", kept).instances(active("vm"));

    var first = given.decide();

    assertThat(given.status().service().disabledByUs()).isFalse();
    assertThat(first.notices())
        .anySatisfy(n -> assertThat(n.message()).contains("another HostMaintenance"));
    assertThat(given.row("vm").state()).isEqualTo("Requested");
    given.gone("vm").deleted();
    assertThat(given.decideAfter(60).commands()).isEmpty();
    assertThat(given.decideAfter(60).release()).isTrue();
  }

  private static Given moving(String giveBack) {
    return taken(giveBack)
        .service(HOST, "disabled", MARKER)
        .rows(running("vm", 9))
        .instances(busy("migrating", active("vm")))
        .migrations(live(9, "vm", "running", NOON.plusSeconds(1)))
        .deleted();
  }

  private static Given in(String state, Given given) {
    return switch (state) {
      case "down" -> given.serviceDown(HOST);
      case "forced down" -> given.forcedDown(HOST);
      default -> given.heardOf(HOST, 3600);
    };
  }
}
