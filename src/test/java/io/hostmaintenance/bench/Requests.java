package io.hostmaintenance.bench;

import io.hostmaintenance.fakecloud.http.Request;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How often the cloud was asked what, and how many bytes it answered. */
final class Requests {

  /** What an operation of the cloud came to. */
  record Sum(long count, long bytes) {
    Sum plus(int moreBytes) {
      return new Sum(count + 1, bytes + moreBytes);
    }
  }

  /** Parameters that say nothing about what is asked for. */
  private static final Set<String> UNTOLD = Set.of("limit", "all_tenants");

  private static final Pattern ID =
      Pattern.compile(
          "/(?:(?:req-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{32}|\\d+)(?=/|$)");

  private final SortedMap<String, Sum> sums = new TreeMap<>();

  /** Counts a request whose answer's body has so many bytes. */
  synchronized void add(Request request, int bytes) {
    sums.merge(operation(request), new Sum(1, bytes), (sum, _) -> sum.plus(bytes));
  }

  /** What was counted since the last {@link #clear}, by operation. */
  synchronized SortedMap<String, Sum> sums() {
    return new TreeMap<>(sums);
  }

  /** Counts from nothing again. */
  synchronized void clear() {
    sums.clear();
  }

  /**
   * The name of what is asked for: method, path without ids, the action of a server, and the names
   * of the parameters.
   */
  static String operation(Request request) {
    var path = ID.matcher(request.path().replaceFirst("^/v2\\.1(?=/)", "")).replaceAll("/{id}");
    var action = path.endsWith("/action") ? " " + request.json().fieldNames().next() : "";
    var parameters = new TreeSet<>(request.query().keySet());
    parameters.removeAll(UNTOLD);
    return request.method()
        + " "
        + path
        + action
        + parameters.stream().collect(Collectors.joining("&", parameters.isEmpty() ? "" : "?", ""));
  }
}
