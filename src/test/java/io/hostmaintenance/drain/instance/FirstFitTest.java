package io.hostmaintenance.drain.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.drain.instance.FirstFit.Guest;
import io.hostmaintenance.drain.instance.Offer.Room;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstFitTest {

  private static Room room(String host, long vcpu, long ram) {
    return new Room(host, "p-" + host, Map.of("VCPU", vcpu, "MEMORY_MB", ram));
  }

  private static Guest guest(long vcpu, long ram, Room... rooms) {
    return new Guest(Map.of("VCPU", vcpu, "MEMORY_MB", ram), List.of(rooms), Set.of());
  }

  @Test
  void noInstanceFits() {
    assertThat(FirstFit.homeless(List.of())).isZero();
  }

  @Test
  void instancesThatFitOneAfterTheOtherFit() {
    var a = room("a", 2, 1024);

    assertThat(FirstFit.homeless(List.of(guest(1, 512, a), guest(1, 512, a)))).isZero();
  }

  @Test
  void instancesThatFitAloneButNotTogetherDoNotFit() {
    var a = room("a", 2, 1024);

    assertThat(FirstFit.homeless(List.of(guest(1, 600, a), guest(1, 600, a)))).isEqualTo(1);
  }

  @Test
  void everyResourceClassCounts() {
    var a = room("a", 1, 4096);

    assertThat(FirstFit.homeless(List.of(guest(1, 1, a), guest(1, 1, a)))).isEqualTo(1);
  }

  @Test
  void classThatAProviderDoesNotHaveIsNoRoom() {
    var gpu = new Guest(Map.of("VGPU", 1L), List.of(room("a", 8, 4096)), Set.of());

    assertThat(FirstFit.homeless(List.of(gpu))).isEqualTo(1);
  }

  @Test
  void nextHostTakesWhatTheFirstCannot() {
    var a = room("a", 1, 1024);
    var b = room("b", 1, 1024);

    assertThat(FirstFit.homeless(List.of(guest(1, 1024, a, b), guest(1, 1024, a, b)))).isZero();
  }

  @Test
  void hostThatIsNotAllowedTakesNothing() {
    var a = room("a", 8, 8192);
    var b = room("b", 1, 512);

    assertThat(FirstFit.homeless(List.of(guest(1, 1024, b), guest(1, 1024, a)))).isEqualTo(1);
  }

  @Test
  void hypervisorsOfOneHostAreRoomsOfTheirOwn() {
    var first = new Room("a", "p1", Map.of("VCPU", 1L));
    var second = new Room("a", "p2", Map.of("VCPU", 1L));
    var guest = new Guest(Map.of("VCPU", 1L), List.of(first, second), Set.of());

    assertThat(FirstFit.homeless(List.of(guest, guest))).isZero();
    assertThat(FirstFit.homeless(List.of(guest, guest, guest))).isEqualTo(1);
  }

  @Test
  void membersOfAnAntiAffinityGroupNeedHostsOfTheirOwn() {
    var a = room("a", 8, 8192);
    var b = room("b", 8, 8192);
    var member = new Guest(Map.of("VCPU", 1L), List.of(a, b), Set.of("web"));

    assertThat(FirstFit.homeless(List.of(member, member))).isZero();
    assertThat(FirstFit.homeless(List.of(member, member, member))).isEqualTo(1);
  }

  /** Nova's scheduler would give the large host to the first and leave none for the third. */
  @Test
  void instancesThatFitByNameAloneDoNotFit() {
    var a = room("a", 8, 3);
    var b = room("b", 8, 4);

    assertThat(FirstFit.homeless(List.of(guest(1, 3, a, b), guest(1, 2, a, b), guest(1, 2, a, b))))
        .isEqualTo(1);
  }

  @Test
  void placeOfAnInstanceWithoutARoomStaysFree() {
    var a = room("a", 2, 1024);

    assertThat(FirstFit.homeless(List.of(guest(3, 1024, a), guest(2, 1024, a)))).isEqualTo(1);
  }
}
