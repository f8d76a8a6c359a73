package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.away;
import static io.hostmaintenance.drain.Fixtures.on;
import static io.hostmaintenance.drain.Fixtures.record;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.drain.Observation.Consumer;
import io.hostmaintenance.drain.WatchedHost.Finding;
import io.hostmaintenance.drain.WatchedHost.Round;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Instance;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WatchedHostTest {

  private static final Map<String, Long> NOTHING = Map.of();
  private static final Map<String, Long> GUEST = Map.of("MEMORY_MB", 512L);
  private static final WatchedHost HOST =
      new WatchedHost(
          "compute-1", "s-1", "ours", Optional.of(true), Map.of("h-1", NOTHING, "h-2", GUEST));
  private static final Map<String, Map<String, Long>> AS_FOUND =
      Map.of("h-1", NOTHING, "h-2", GUEST, "h-9", GUEST);

  private static ComputeService service(String id, String host, String status, String reason) {
    return new ComputeService(id, host, status, true, reason, false, "nova", null);
  }

  private static final ComputeService OURS = service("s-1", "compute-1", "disabled", "ours");

  private static Finding finding(Map<String, Map<String, Long>> used, ComputeService... services) {
    return HOST.in(new Round(List.of(services), Optional.of(used)));
  }

  @Test
  void hostIsSeenThatStandsAsItWasFound() {
    assertThat(finding(AS_FOUND, OURS)).isEqualTo(Finding.UNCHANGED);
  }

  @Test
  void otherHostsDoNotMatter() {
    assertThat(finding(AS_FOUND, OURS, service("s-2", "compute-2", "enabled", null)))
        .isEqualTo(Finding.UNCHANGED);
  }

  @Test
  void hostHasChangedThatHoldsMore() {
    assertThat(finding(Map.of("h-1", GUEST, "h-2", GUEST), OURS)).isEqualTo(Finding.CHANGED);
  }

  @Test
  void hostHasChangedThatHoldsLess() {
    assertThat(finding(Map.of("h-1", NOTHING, "h-2", NOTHING), OURS)).isEqualTo(Finding.CHANGED);
  }

  @Test
  void hostIsHiddenOfWhichOneHypervisorIsMissing() {
    assertThat(finding(Map.of("h-2", GUEST), OURS)).isEqualTo(Finding.NOT_SHOWN);
  }

  @Test
  void hostHasChangedOfWhichOneHypervisorIsMissingAndAnotherHoldsMore() {
    assertThat(finding(Map.of("h-1", GUEST), OURS)).isEqualTo(Finding.CHANGED);
  }

  @Test
  void hostIsHiddenWithoutPlacement() {
    assertThat(HOST.in(new Round(List.of(OURS), Optional.empty()))).isEqualTo(Finding.NOT_SHOWN);
  }

  @Test
  void hostWhoseHypervisorsAreNotKnownIsHidden() {
    assertThat(HOST.on(List.of()).in(new Round(List.of(OURS), Optional.of(AS_FOUND))))
        .isEqualTo(Finding.NOT_SHOWN);
  }

  @Test
  void serviceThatIsEnabledIsAChange() {
    assertThat(finding(AS_FOUND, service("s-1", "compute-1", "enabled", null)))
        .isEqualTo(Finding.CHANGED);
  }

  @Test
  void serviceOfACellThatDoesNotAnswerIsAChange() {
    assertThat(finding(AS_FOUND, service("s-1", "compute-1", "UNKNOWN", null)))
        .isEqualTo(Finding.CHANGED);
  }

  @Test
  void anotherReasonIsAChange() {
    assertThat(finding(AS_FOUND, service("s-1", "compute-1", "disabled", "burn-in")))
        .isEqualTo(Finding.CHANGED);
  }

  @Test
  void anotherServiceOfTheSameNameIsAChange() {
    assertThat(finding(AS_FOUND, service("s-2", "compute-1", "disabled", "ours")))
        .isEqualTo(Finding.CHANGED);
  }

  @Test
  void secondServiceIsAChange() {
    assertThat(finding(AS_FOUND, OURS, service("s-2", "COMPUTE-1", "disabled", "ours")))
        .isEqualTo(Finding.CHANGED);
  }

  @Test
  void serviceThatIsGoneIsAChange() {
    assertThat(finding(AS_FOUND)).isEqualTo(Finding.CHANGED);
  }

  @Test
  void serviceThatWentDownIsAChange() {
    assertThat(finding(AS_FOUND, down())).isEqualTo(Finding.CHANGED);
  }

  private static ComputeService down() {
    return new ComputeService("s-1", "compute-1", "disabled", false, "ours", false, "nova", null);
  }

  private static Given verified() {
    var given = Given.taken();
    given.decide();
    given.decideAfter(61);
    return given;
  }

  private static boolean mayStandFor(Given given) {
    return WatchedHost.mayStandFor(given.input().resource());
  }

  @Test
  void watchStandsForAVerifiedHost() {
    assertThat(mayStandFor(verified())).isTrue();
  }

  @Test
  void watchDoesNotStandForAHostThatIsNotVerified() {
    var given = Given.taken();
    given.decide();

    assertThat(mayStandFor(given)).isFalse();
  }

  @Test
  void watchDoesNotStandForAHostOnWhichTheSpecLeavesInstances() {
    var given = Given.taken().excluding("vm").instances(Fixtures.active("vm"));
    given.decide();
    given.decideAfter(61);
    given.decideAfter(61);

    assertThat(given.status().phase()).isEqualTo("InMaintenance");
    assertThat(mayStandFor(given)).isFalse();
  }

  @Test
  void watchDoesNotStandForAResourceThatIsBeingDeleted() {
    assertThat(mayStandFor(verified().deleted())).isFalse();
  }

  @Test
  void watchDoesNotStandForASpecThatWasEdited() {
    var given = verified();
    given.input().resource().getMetadata().setGeneration(2L);

    assertThat(mayStandFor(given)).isFalse();
  }

  @Test
  void whatIsStoredOfAVerifiedHostIsWhatItsObservationFound() {
    var given = verified();
    var resource = given.input().resource();
    var held = Map.of("h-1", NOTHING);

    assertThat(WatchedHost.stored(resource).on(List.of("h-1")))
        .usingRecursiveComparison()
        .ignoringFields("up")
        .isEqualTo(WatchedHost.observed(resource, given.snapshot(), held).orElseThrow());
  }

  /** What is observed of a verified host, which is up, with such a consumer in placement. */
  private static Optional<WatchedHost> with(Consumer consumer) {
    return observed(verified().placement(consumer));
  }

  private static Optional<WatchedHost> observed(Given given) {
    return WatchedHost.observed(given.input().resource(), given.snapshot(), Map.of());
  }

  private static Consumer placeOf(Instance instance) {
    return new Consumer(instance.id(), Optional.empty(), Optional.of(instance));
  }

  private static Consumer placeOfMigration(String status) {
    var record = record(9, "vm", "resize", status, NOON.minusSeconds(3600), SOMEBODY);
    return new Consumer(record.uuid(), Optional.of(record), Optional.of(away(active("vm"))));
  }

  @Test
  void watchDoesNotStandForAHostOnWhichAnInstanceThatIsElsewhereHasItsPlace() {
    assertThat(with(placeOf(away(active("vm"))))).isEmpty();
  }

  @Test
  void watchDoesNotStandForAHostOnWhichAnInstanceThatIsNowhereHasItsPlace() {
    assertThat(with(placeOf(on(null, active("vm"))))).isEmpty();
  }

  @Test
  void watchDoesNotStandForAHostToWhichARevertMayBringAnInstanceBack() {
    assertThat(with(placeOfMigration("reverting"))).isEmpty();
  }

  @Test
  void watchStandsForAHostOnWhichAMigrationThatEndedLeftItsPlace() {
    assertThat(with(placeOfMigration("error"))).isPresent();
  }

  @Test
  void watchStandsForAHostOnWhichNobodyThatNovaKnowsHasAPlace() {
    assertThat(with(new Consumer("leaked", Optional.empty(), Optional.empty()))).isPresent();
  }

  /** As after an evacuation: the places stay until nova-compute starts again. */
  @Test
  void watchStandsForAHostWhoseNovaComputeDoesNotRunSoThatNobodyCanArrive() {
    assertThat(observed(verified().serviceDown(Given.HOST).placement(placeOf(away(active("vm"))))))
        .isPresent();
  }
}
