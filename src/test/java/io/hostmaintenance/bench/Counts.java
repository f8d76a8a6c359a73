package io.hostmaintenance.bench;

import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run came to.
 *
 * @param nova the requests to the cloud by operation
 * @param kubernetes the requests to the API server by kind, without the watch
 * @param time from the beginning of the count to its end
 * @param site the cloud of the run
 * @param p50 the median lateness of a row, in seconds; not a number where nothing was moved
 * @param p99 the 99th percentile of it
 */
record Counts(
    SortedMap<String, Requests.Sum> nova,
    SortedMap<String, Long> kubernetes,
    Duration time,
    Site site,
    double p50,
    double p99) {

  /** The counts by name, which are the same on every machine. */
  SortedMap<String, Long> byName() {
    var all = new TreeMap<String, Long>();
    nova.forEach((operation, sum) -> all.put("cloud: " + operation, sum.count()));
    kubernetes.forEach((request, count) -> all.put("Kubernetes: " + request, count));
    return all;
  }

  /** The figures of the page, by name; a figure that has no sense here is left out. */
  SortedMap<String, Double> figures() {
    var minutes = time.toMillis() / 60_000.0;
    double reads =
        nova.keySet().stream().filter(o -> o.startsWith("GET ")).mapToLong(this::count).sum();
    double all = nova.values().stream().mapToLong(Requests.Sum::count).sum();
    double bytes = nova.values().stream().mapToLong(Requests.Sum::bytes).sum();
    double kubernetesRequests = kubernetes.values().stream().mapToLong(l -> l).sum();
    double moves = site.moves();
    var figures = new TreeMap<String, Double>();
    figures.put("hosts", (double) site.hosts());
    figures.put("moves", moves);
    figures.put("seconds", time.toMillis() / 1000.0);
    figures.put("requests", all);
    figures.put("requests a minute", all / minutes);
    figures.put("requests a minute and host", all / minutes / site.hosts());
    figures.put("kB a minute and host", bytes / 1000 / minutes / site.hosts());
    figures.put("MB a minute", bytes / 1e6 / minutes);
    figures.put(
        "Kubernetes requests a minute and host", kubernetesRequests / minutes / site.hosts());
    figures.put("Kubernetes writes a minute and host", writes() / minutes / site.hosts());
    if (moves > 0) {
      figures.put("reads a move", reads / moves);
      figures.put("writes a move", (all - reads) / moves);
      figures.put("kB a move", bytes / 1000 / moves);
      figures.put("status writes a move", kubernetes.getOrDefault("update status", 0L) / moves);
      figures.put("Events a move", kubernetes.getOrDefault("create event", 0L) / moves);
      figures.put("late p50", p50);
      figures.put("late p99", p99);
    }
    return figures;
  }

  private long count(String operation) {
    return nova.get(operation).count();
  }

  private double writes() {
    return kubernetes.entrySet().stream()
        .filter(e -> !e.getKey().equals("get") && !e.getKey().equals("list"))
        .mapToLong(e -> e.getValue())
        .sum();
  }
}
