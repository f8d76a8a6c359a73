package io.hostmaintenance.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/**
 * {@link Surroundings} as a process of its own, which {@code bench/run} steers over HTTP.
 *
 * <p>Arguments: directory, hosts, hosts that are drained, instances on each of them, milliseconds
 * of a transfer, migration records of the past. Prints the port when all is served. Each path
 * answers JSON: {@code /create}, {@code /rows?N}, {@code /count} and {@code /state}.
 */
public final class SurroundingsServer {

  private static final ObjectMapper JSON = new ObjectMapper();

  private SurroundingsServer() {}

  /** See above. */
  public static void main(String[] arguments) throws IOException {
    var site =
        new Site(
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            Integer.parseInt(arguments[3]),
            Duration.ofMillis(Long.parseLong(arguments[4])),
            Integer.parseInt(arguments[5]));
    var surroundings = new Surroundings(Path.of(arguments[0]), site);
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    serve(server, "/create", _ -> done(surroundings::createAll));
    serve(server, "/rows", rows -> done(() -> surroundings.addRows(rows)));
    serve(server, "/count", _ -> done(surroundings::count));
    serve(server, "/state", _ -> state(surroundings));
    server.start();
    System.out.println(server.getAddress().getPort());
  }

  private static Map<String, Object> done(Runnable deed) {
    deed.run();
    return Map.of();
  }

  private static Map<String, Object> state(Surroundings surroundings) {
    var counts = surroundings.counts();
    var state = new LinkedHashMap<String, Object>();
    state.put("ready", surroundings.ready());
    state.put("moved", surroundings.moved());
    state.put("firstRequest", surroundings.firstRequest());
    state.put("allReconciled", surroundings.allReconciled());
    state.put("mostInSecond", surroundings.mostInSecond());
    state.put("counts", counts.byName());
    state.put("figures", counts.figures());
    return state;
  }

  private static void serve(HttpServer server, String path, IntFunction<Map<String, Object>> what) {
    server.createContext(path, exchange -> answer(exchange, what));
  }

  private static void answer(HttpExchange exchange, IntFunction<Map<String, Object>> what)
      throws IOException {
    try (exchange) {
      var query = exchange.getRequestURI().getQuery();
      var body = JSON.writeValueAsBytes(what.apply(query == null ? 0 : Integer.parseInt(query)));
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
