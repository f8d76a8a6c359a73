package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.moving;
import static io.hostmaintenance.drain.Given.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the next observation asks for. */
class ObservationNeedsTest {

  /** A host that was seen empty last. */
  private static Given empty() {
    return Given.taken().status(s -> s.firstEmptyTime(NOON));
  }

  @Nested
  class TheHypervisorsAlone {

    private static boolean suffice(Given given) {
      return ObservationNeeds.emptyBefore(given.resource());
    }

    @Test
    void sufficeForAHostThatWasSeenEmpty() {
      assertThat(suffice(empty())).isTrue();
    }

    @Test
    void doNotSufficeForAHostThatWasNeverObserved() {
      assertThat(suffice(Given.fresh())).isFalse();
    }

    @Test
    void doNotSufficeForAHostThatWasNotSeenEmpty() {
      assertThat(suffice(Given.taken())).isFalse();
    }

    @Test
    void doNotSufficeWhileAMoveIsOutstanding() {
      assertThat(suffice(empty().rows(moving("vm")))).isFalse();
    }

    @Test
    void doNotSufficeAfterTheDelete() {
      assertThat(suffice(empty().deleted())).isFalse();
    }
  }

  @Nested
  class TheHypervisors {

    private static boolean areAsked(Given given) {
      return ObservationNeeds.residents(given.resource(), given.snapshot());
    }

    @Test
    void areAskedWhenTheListsShowNoInstance() {
      assertThat(areAsked(Given.taken())).isTrue();
    }

    @Test
    void areNotAskedWhenAListShowsAnInstance() {
      assertThat(areAsked(Given.taken().instances(active("vm")))).isFalse();
    }

    @Test
    void areNotAskedAfterTheDelete() {
      assertThat(areAsked(Given.taken().deleted())).isFalse();
    }
  }

  @Nested
  class ThePlacementApi {

    private static boolean isAsked(Given given) {
      return ObservationNeeds.placement(given.resource(), given.snapshot());
    }

    @Test
    void isAskedWhenNovaShowsNoInstance() {
      assertThat(isAsked(Given.taken())).isTrue();
    }

    @Test
    void isNotAskedWhenAHypervisorShowsAnInstance() {
      assertThat(isAsked(Given.taken().unlisted("vm"))).isFalse();
    }
  }
}
