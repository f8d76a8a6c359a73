package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Fixtures.requested;
import static io.hostmaintenance.drain.Fixtures.row;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Residents;
import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.nova.Timestamped;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What an observation may say, by what it asked and how long that took. */
class ObservationTest {

  private static Condition drained(Decision decision) {
    return decision.status().condition(Condition.DRAINED).orElseThrow();
  }

  @Nested
  class TheEmptyCheck {

    @Test
    void passesWhenTheHypervisorShowsNoInstance() {
      assertThat(Given.taken().decide().status().firstEmptyTime()).isNotNull();
    }

    @Test
    void failsWhenTheHypervisorShowsInstancesThatNoListShows() {
      var decision = Given.taken().unlisted("vm-2", "vm-1").decide();

      assertThat(decision.status().firstEmptyTime()).isNull();
      assertThat(drained(decision).message())
          .isEqualTo(
              "Nova's hypervisor of the host shows 2 instances, first vm-1, which the list of its"
                  + " instances lacks.");
    }

    @Test
    void failsWithReasonNoHypervisorWhenNovaHasNoHypervisorOfTheHost() {
      var decision = Given.taken().hypervisor(null).decide();

      assertThat(decision.status().firstEmptyTime()).isNull();
      assertThat(decision.status().phase()).isEqualTo(Phase.Blocked.name());
      assertThat(drained(decision))
          .extracting(Condition::status, Condition::reason)
          .containsExactly("Unknown", Reason.NoHypervisor.name());
    }

    /** It is observed again at the idle pace, for nova-compute may come up. */
    @Test
    void isRepeatedAfter60SecondsWhenNovaHasNoHypervisor() {
      assertThat(Given.taken().hypervisor(null).decide().requeueAfter()).hasSeconds(60);
    }

    @Test
    void acceptsAnObservationThatTookAnHour() {
      assertThat(Given.taken().aged(Duration.ofHours(1)).decide().status().firstEmptyTime())
          .isNotNull();
    }
  }

  @Nested
  class AMove {

    private final Given given = Given.taken().instances(active("vm"));

    @Test
    void isRequestedWhenTheInstanceListIs30SecondsOld() {
      assertThat(given.aged(Duration.ofSeconds(30)).decide().commands()).hasSize(1);
    }

    @Test
    void isNotRequestedWhenTheInstanceListIsOlderThan30Seconds() {
      assertThat(given.aged(Duration.ofMillis(30_001)).decide().commands()).isEmpty();
    }

    @Test
    void thatWaitsForASlowCloudOnceIsReportedAndStaysDraining() {
      var status = given.aged(Duration.ofSeconds(31)).decide().status();

      assertThat(status.phase()).isEqualTo(Phase.Draining.name());
      assertThat(status.condition(Condition.READY).orElseThrow().reason())
          .isEqualTo(Reason.CloudTooSlow.name());
    }

    @Test
    void thatWaitsForASlowCloudForTheFirstTimeStaysDraining() {
      given.freeMoves(0).decide();

      var status = given.aged(Duration.ofSeconds(31)).decideAfter(5).status();

      assertThat(status.phase()).isEqualTo(Phase.Draining.name());
    }

    @Test
    void thatHasEndedDoesNotWaitForASlowCloud() {
      var ended = Given.taken().rows(row("vm", RowState.Moved, Reason.Moved));

      var status = ended.aged(Duration.ofSeconds(31)).decide().status();

      assertThat(status.condition(Condition.READY).orElseThrow().reason())
          .isEqualTo(Reason.SettlingEmpty.name());
    }

    @Test
    void thatWaitsForASlowCloudTwiceIsBlocked() {
      given.aged(Duration.ofSeconds(31)).decide();

      assertThat(given.after(5).decide().status().phase()).isEqualTo(Phase.Blocked.name());
    }
  }

  @Nested
  class AnUnavailableNova {

    private final Unavailable unavailable =
        new Unavailable(Reason.ApiUnavailable.cause("503."), Duration.ZERO);

    @Test
    void doesNotSetStalledBefore15Minutes() {
      assertThat(
              Given.taken()
                  .after(14 * 60)
                  .decide(unavailable)
                  .status()
                  .condition(Condition.STALLED))
          .isEmpty();
    }

    @Test
    void setsStalledAfter15Minutes() {
      assertThat(
              Given.taken()
                  .after(15 * 60)
                  .decide(unavailable)
                  .status()
                  .condition(Condition.STALLED))
          .isPresent();
    }
  }

  @Nested
  class TheDrainedMessage {

    private static String said(Given given) {
      return drained(given.decide()).message();
    }

    @Test
    void saysThatAMoveIsRunning() {
      assertThat(
              said(
                  Given.taken()
                      .instances(Fixtures.busy("migrating", active("vm")))
                      .rows(moving("vm"))))
          .isEqualTo("1 move is under way.");
    }

    @Test
    void saysThatTheAnswerToARequestIsUnknown() {
      assertThat(said(Given.taken().instances(active("vm")).rows(requested("vm"))))
          .startsWith("The answer to the request for a move of ")
          .endsWith(" is not known yet.");
    }
  }

  @Nested
  class ASnapshot {

    private final Snapshot snapshot = Given.taken().instances(active("vm")).snapshot();
    private final Instant later = NOON.plusSeconds(9);

    @Test
    void isOfTheDateOfTheHypervisorsThatShowWhoIsOnTheHost() {
      var shown = new Timestamped<Residents>(new Residents.Shown(Set.of()), later);

      assertThat(snapshot.with(shown).date()).isEqualTo(later);
    }

    @Test
    void keepsItsDateWhenNovaHasNoHypervisorOfTheHost() {
      var none = new Timestamped<Residents>(new Residents.NoHypervisor(), later);

      assertThat(snapshot.with(none).date()).isEqualTo(NOON);
    }

    @Test
    void takesTheInstancesAndServicesThatWereAskedForOnceMore() {
      var again = new Timestamped<>(List.of(active("new")), later);

      assertThat(snapshot.with(again, List.of(), Duration.ofSeconds(2)))
          .extracting(Snapshot::date, Snapshot::age, Snapshot::instances, Snapshot::services)
          .containsExactly(later, Duration.ofSeconds(2), List.of(active("new")), List.of());
    }

    @Test
    void prefersTheServiceOfASilentCellToADisabledOne() {
      var two = Given.taken().twin("twin-id", HOST, "UNKNOWN", false).snapshot();

      assertThat(two.service(HOST).orElseThrow().id()).isEqualTo("twin-id");
    }

    @Test
    void hasNoServiceOfAHostWhoseNameDiffersByCase() {
      assertThat(snapshot.services(HOST.toUpperCase(Locale.ROOT))).isEmpty();
    }
  }
}
