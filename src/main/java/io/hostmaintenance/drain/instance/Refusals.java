package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How a request that the cloud refuses is asked for again: it is never given up, but the longer it
 * is refused the more seldom it is asked for.
 *
 * <p>After {@link Deadlines#REFUSED_FOR_LONG} its row is Blocked, with the cloud's own words, and
 * stays so until the cloud takes the request.
 */
public final class Refusals {

  private Refusals() {}

  /**
   * How long after a refusal the same is asked for again: a quarter of the time that it has been
   * refused, 10 s at least and 15 min at most. So a cloud that is well again is noticed after a
   * quarter of its outage, and a request is made at most 25 times in the first hour and 4 times in
   * each later one.
   *
   * @param refusedFor for how long it has been refused; zero or less at the first refusal
   */
  public static Duration pause(Duration refusedFor) {
    var quarter = refusedFor.dividedBy(4);
    return quarter.compareTo(Deadlines.SHORTEST) < 0
        ? Deadlines.SHORTEST
        : quarter.compareTo(Deadlines.LONGEST) > 0 ? Deadlines.LONGEST : quarter;
  }

  /**
   * The row as if its request had not been made, to be made later.
   *
   * @param cause what the cloud said
   * @param retryAfter how long the cloud wants to be left alone
   */
  public static InstanceStatus refused(
      InstanceStatus row, Cause cause, Optional<Duration> retryAfter, Instant now) {
    var since = since(row, now);
    if (midWay(row)) {
      var stays = row.is(RowState.Restoring);
      return later(
          stays
              ? row
              : RowTransitions.mark(row, RowState.InProgress, cause, now).toBuilder()
                  .firstRefusedTime(since)
                  .build(),
          retryAfter,
          now);
    }
    var marked =
        forLong(row)
            ? blocked(row, cause, now)
            : RowTransitions.mark(row, RowState.Pending, cause, now);
    return RowTransitions.settle(marked).toBuilder()
        .attempts(row.attemptsMade() - 1)
        .step(null)
        .firstRefusedTime(since)
        .nextAttemptTime(now.plus(pause(since, retryAfter, now)))
        .build();
  }

  /** The row whose confirmation or abort was refused: to be asked for again later. */
  public static InstanceStatus later(
      InstanceStatus row, Optional<Duration> retryAfter, Instant now) {
    var since = since(row, now);
    return row.toBuilder()
        .firstRefusedTime(since)
        .nextAttemptTime(now.plus(pause(since, retryAfter, now)))
        .build();
  }

  /** The row Blocked by a refusal that goes on. */
  public static InstanceStatus blocked(InstanceStatus row, Cause cause, Instant now) {
    var said = InstanceMessages.refusedForLong(cause.message());
    var again = forLong(row) && row.because(cause.reason());
    var blocked = new Cause(cause.reason(), again ? unlessSaid(row, said) : said);
    return RowTransitions.mark(row, RowState.Blocked, blocked, now).toBuilder()
        .firstRefusedTime(row.firstRefusedTime())
        .build();
  }

  /** A message to a row that says the same already, but for the request id: what it says. */
  public static String unlessSaid(InstanceStatus row, String message) {
    var cut = UntrustedText.cut(message, RowTransitions.MESSAGE_BYTES);
    return row.message() != null && withoutId(row.message()).equals(withoutId(cut))
        ? row.message()
        : message;
  }

  private static String withoutId(String message) {
    return message.replaceFirst(" \\(req-[^ ]*$", "");
  }

  /** Whether the row is Blocked because its request is refused, also while it is asked for. */
  public static boolean forLong(InstanceStatus row) {
    return row.firstRefusedTime() != null && row.requestId() == null && row.is(RowState.Blocked);
  }

  /** Whether the last refusal of a row that waits came so late that the row is to be Blocked. */
  public static boolean tooLong(InstanceStatus row) {
    return row.firstRefusedTime() != null
        && row.lastTransitionTime() != null
        && Duration.between(row.firstRefusedTime(), row.lastTransitionTime())
                .compareTo(Deadlines.REFUSED_FOR_LONG)
            >= 0;
  }

  /** Whether an earlier operation of the row's way was done already. */
  private static boolean midWay(InstanceStatus row) {
    return row.step() != null
        && (row.is(RowState.Restoring)
            || Way.of(row).filter(w -> w.first().word().equals(row.step())).isEmpty());
  }

  private static Instant since(InstanceStatus row, Instant now) {
    return row.firstRefusedTime() == null ? now : row.firstRefusedTime();
  }

  private static Duration pause(Instant since, Optional<Duration> retryAfter, Instant now) {
    var pause = pause(Duration.between(since, now));
    return retryAfter.filter(r -> r.compareTo(pause) > 0).orElse(pause);
  }
}
