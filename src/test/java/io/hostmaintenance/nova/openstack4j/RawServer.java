package io.hostmaintenance.nova.openstack4j;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Answers request lines with bytes of its own, for what a proper HTTP server does not do. */
final class RawServer implements AutoCloseable {

  /** At the end of an answer: nothing comes any more until the client hangs up. */
  static final String SILENCE = "\0";

  /** At the end of an answer: a byte comes now and then until the client hangs up. */
  static final String DRIP = "\1";

  private final ServerSocket socket;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Starts to listen.
   *
   * @param answers what to send for a request line; null: hang up
   */
  RawServer(Function<String, String> answers) {
    try {
      socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.submit(
        () -> {
          while (true) {
            var connection = socket.accept();
            threads.submit(() -> serve(connection, answers));
          }
        });
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  private static Void serve(Socket connection, Function<String, String> answers)
      throws IOException, InterruptedException {
    try (connection) {
      var in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        var length = 0;
        for (var header = in.readLine(); !header.isEmpty(); header = in.readLine()) {
          if (header.toLowerCase().startsWith("content-length:")) {
            length = Integer.parseInt(header.substring(15).strip());
          }
        }
        in.skip(length);
        var answer = answers.apply(line);
        if (answer == null) {
          return null;
        }
        var bytes = answer.replaceFirst("[\0\1]$", "").getBytes(StandardCharsets.ISO_8859_1);
        connection.getOutputStream().write(bytes);
        if (answer.endsWith(SILENCE)) {
          in.read();
        }
        while (answer.endsWith(DRIP)) {
          Thread.sleep(20);
          connection.getOutputStream().write(' ');
        }
      }
    }
    return null;
  }

  /** A reply of status 200 without a date. */
  static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.length(), body);
  }

  /** Returns when nothing listens any more, so that a connection is refused. */
  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
    threads.close();
  }
}
