package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.Refused;

/** A microversion of the compute or placement API, without its major number. */
record Microversion(int minor) implements Comparable<Microversion> {
  boolean atLeast(int wanted) {
    return minor >= wanted;
  }

  @Override
  public int compareTo(Microversion other) {
    return Integer.compare(minor, other.minor);
  }

  /** What the request asks of this service; without a header the lowest. */
  static Microversion of(
      Request request, String service, int major, Microversion lowest, Microversion highest) {
    var asked = asked(request, service);
    if (asked == null) {
      return lowest;
    }
    if (asked.equals("latest")) {
      return highest;
    }
    if (!asked.matches("[1-9]\\d*\\.([1-9]\\d*|0)")) {
      throw Refused.badRequest(
          "API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.",
          asked);
    }
    var parts = asked.split("\\.");
    var minor = new Microversion(Integer.parseInt(parts[1]));
    if (Integer.parseInt(parts[0]) != major
        || minor.compareTo(lowest) < 0
        || minor.compareTo(highest) > 0) {
      throw new Refused(
          406,
          "Version %s is not supported by the API. Minimum is %d.%d and maximum is %d.%d."
              .formatted(asked, major, lowest.minor, major, highest.minor));
    }
    return minor;
  }

  private static String asked(Request request, String service) {
    var header = request.header("OpenStack-API-Version");
    if (header != null) {
      for (var entry : header.split(",")) {
        var words = entry.strip().split("\\s+");
        if (words.length == 2 && words[0].equals(service)) {
          return words[1];
        }
      }
    }
    return service.equals("compute") ? request.header("X-OpenStack-Nova-API-Version") : null;
  }
}
