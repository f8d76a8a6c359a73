package io.hostmaintenance.drain;

import static io.hostmaintenance.drain.Fixtures.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import org.junit.jupiter.api.Test;

/** What is told of a decision. */
class NoticesTest {

  @Test
  void instanceThatTheStatusHoldsTwiceIsNotReportedAgain() {
    var moved = row("vm", RowState.Moved, Reason.Moved);

    assertThat(Given.taken().rows(moved, moved).decide().notices())
        .extracting(Notice::reason)
        .doesNotContain(Reason.Moved);
  }
}
