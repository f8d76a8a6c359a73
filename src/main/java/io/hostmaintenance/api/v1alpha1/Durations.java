package io.hostmaintenance.api.v1alpha1;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as Go writes them, as far as hours, minutes and seconds go. */
public final class Durations {

  private static final Pattern FORM = Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

  private Durations() {}

  /**
   * Reads a duration such as {@code 6s}, {@code 5m} or {@code 1h30m}.
   *
   * @throws IllegalArgumentException with a sentence when it is none, or not above zero
   */
  public static Duration parse(String text) {
    var matcher = FORM.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration: write one such as 6s, 5m or 1h30m");
    }
    try {
      var duration =
          Duration.ofHours(part(matcher.group(1)))
              .plusMinutes(part(matcher.group(2)))
              .plusSeconds(part(matcher.group(3)));
      if (duration.isZero() || duration.compareTo(Duration.ofDays(3650)) > 0) {
        throw new IllegalArgumentException(
            "'" + text + "' is not a usable duration: write one above zero and below ten years");
      }
      return duration;
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("'" + text + "' is too long a duration", e);
    }
  }

  /** Writes a duration of whole seconds as {@link #parse} reads it; zero is {@code 0s}. */
  public static String format(Duration duration) {
    var out = new StringBuilder();
    if (duration.toHours() > 0) {
      out.append(duration.toHours()).append('h');
    }
    if (duration.toMinutesPart() > 0) {
      out.append(duration.toMinutesPart()).append('m');
    }
    if (duration.toSecondsPart() > 0 || out.isEmpty()) {
      out.append(duration.toSecondsPart()).append('s');
    }
    return out.toString();
  }

  private static long part(String digits) {
    try {
      return digits == null ? 0 : Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new ArithmeticException(digits);
    }
  }
}
