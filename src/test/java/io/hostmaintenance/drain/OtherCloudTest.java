package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.active;
import static io.hostmaintenance.drain.Fixtures.running;
import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.CloudStatus;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Identity;
import org.junit.jupiter.api.Test;

/** A host that was taken in one cloud, while the operator is given another one. */
class OtherCloudTest {

  private static final String HERE = "https://nova.example.org/v2.1";
  private static final String ELSEWHERE = "https://other.example.org/v2.1";

  private static Given takenHere() {
    var given = Given.taken().instances(active("vm"));
    given.status(given.status().toBuilder().cloud(new CloudStatus("prod", HERE)).build());
    return given;
  }

  private static Given withNamesake(Given given) {
    return given.noService(HOST).twin("namesake", HOST, "enabled", true);
  }

  private static Decision decide(Given given, String endpoint) {
    var identity = new Identity(Given.US.userId(), Given.US.projectId(), endpoint);
    return given.decide(given.snapshot().withIdentity(identity));
  }

  private static Condition ready(Given given) {
    return given.status().condition("Ready").orElseThrow();
  }

  @Test
  void namesakeOfTheHostIsNotTouched() {
    var given = withNamesake(takenHere());

    var decision = decide(given, ELSEWHERE);

    assertThat(decision.commands()).isEmpty();
    assertThat(given.status().service().id()).isEqualTo(id(HOST));
    assertThat(given.status().cloud()).isEqualTo(new CloudStatus("prod", HERE));
  }

  @Test
  void messageNamesBothCloudsAndTheWayOut() {
    var given = withNamesake(takenHere());

    decide(given, ELSEWHERE);

    assertThat(ready(given).reason()).isEqualTo("OtherCloud");
    assertThat(ready(given).message())
        .contains(HERE, ELSEWHERE, "'" + HOST + "'", "hostmaintenance.io/skip-give-back");
  }

  @Test
  void rowsStayAsTheyAre() {
    var given = withNamesake(takenHere().rows(running("vm", 9)));
    var rows = given.status().instances();

    decide(given, ELSEWHERE);

    assertThat(given.status().instances()).isEqualTo(rows);
  }

  @Test
  void observationOfANamesakeSaysNothingOfTheHost() {
    var given = withNamesake(takenHere());
    var identity = new Identity("operator", "admin", ELSEWHERE);

    assertThat(Drain.sees(given.resource(), given.snapshot().withIdentity(identity))).isFalse();
  }

  @Test
  void deletedResourceIsKeptWhereTheOtherCloudHasNoSuchHost() {
    var given = takenHere().noService(HOST).deleted();

    var decision = decide(given, ELSEWHERE);

    assertThat(decision.release()).isFalse();
    assertThat(ready(given).message()).contains(ELSEWHERE);
  }

  @Test
  void drainContinuesInTheRightCloud() {
    var given = withNamesake(takenHere());
    decide(given, ELSEWHERE);
    given.noTwin("namesake").service(HOST, "disabled", Given.MARKER);

    assertThat(decide(given, HERE).commands())
        .singleElement()
        .isInstanceOf(Command.LiveMigrate.class);
  }

  @Test
  void serviceThatWasRegisteredAnewInTheSameCloudIsDisabledAgain() {
    var given = withNamesake(takenHere());

    assertThat(decide(given, HERE).commands())
        .singleElement()
        .isInstanceOf(Command.DisableService.class);
  }

  @Test
  void cloudThatHasMovedToAnotherUrlIsTheSameCloud() {
    var given = takenHere();

    assertThat(decide(given, ELSEWHERE).commands())
        .singleElement()
        .isInstanceOf(Command.LiveMigrate.class);
    assertThat(given.status().cloud().endpoint()).isEqualTo(ELSEWHERE);
  }

  @Test
  void hostThatIsTakenKeepsTheUrlOfItsNova() {
    var given = Given.fresh();

    decide(given, HERE);

    assertThat(given.status().cloud()).isEqualTo(new CloudStatus(null, HERE));
  }
}
