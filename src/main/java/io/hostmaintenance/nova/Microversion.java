package io.hostmaintenance.nova;

import io.hostmaintenance.nova.NovaException.Kind;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/** A version of Nova's API (nova/api/openstack/rest_api_version_history.rst). */
public record Microversion(int major, int minor) implements Comparable<Microversion> {

  /** Ussuri's first, the oldest that we speak: an older one does not say whose a record is. */
  public static final Microversion FLOOR = new Microversion(2, 80);

  /** The newest that we know; a later one may answer otherwise. */
  public static final Microversion CEILING = new Microversion(2, 104);

  /** The last whose list of hypervisors does not ask every host for its uptime (api-ref). */
  public static final Microversion WITHOUT_UPTIME = new Microversion(2, 87);

  /** The first that takes a server out of the availability zone that it is pinned to. */
  public static final Microversion UNPINS = new Microversion(2, 104);

  /** The first that unshelves a server without the availability zone that it was built for. */
  public static final Microversion UNSHELVES_UNPINNED = new Microversion(2, 91);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /** Reads such as {@code 2.96}; empty when it is something else. */
  public static Optional<Microversion> parse(String text) {
    var matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new Microversion(
                Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /**
   * The version to speak with a Nova.
   *
   * @param oldest the oldest that it speaks, as it says
   * @param newest the newest that it speaks, as it says; empty for the API before microversions
   * @throws NovaException UNSUPPORTED_API when it speaks none between floor and ceiling
   */
  public static Microversion negotiate(String oldest, String newest) {
    var highest =
        parse(newest)
            .filter(version -> version.compareTo(FLOOR) >= 0)
            .map(version -> version.compareTo(CEILING) < 0 ? version : CEILING);
    return highest
        .filter(version -> parse(oldest).stream().allMatch(o -> o.compareTo(version) <= 0))
        .orElseThrow(
            () ->
                new NovaException(
                    Kind.UNSUPPORTED_API,
                    "Nova's API speaks microversions %s to %s, but one of %s to %s is needed."
                        .formatted(
                            oldest.isEmpty() ? "2.0" : oldest,
                            newest.isEmpty() ? "2.0" : newest,
                            FLOOR,
                            CEILING)));
  }

  /** This one, or that one when it is older. */
  public Microversion orOlder(Microversion other) {
    return compareTo(other) <= 0 ? this : other;
  }

  @Override
  public int compareTo(Microversion other) {
    return Comparator.comparingInt(Microversion::major)
        .thenComparingInt(Microversion::minor)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
