package io.hostmaintenance.nova.openstack4j;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A proxy as companies have it: it passes http requests on, and what follows a CONNECT. It names
 * every request by its first line and its Proxy-Authorization.
 */
final class ForwardProxy implements AutoCloseable {

  /**
   * What came in first on a connection.
   *
   * @param authorization null when there is none
   */
  record Asked(String line, String authorization) {}

  private final ServerSocket socket;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final String wanted;

  /** One that lets everybody through, or those with this Proxy-Authorization. */
  ForwardProxy(String wanted) {
    this.wanted = wanted;
    try {
      socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.submit(
        () -> {
          while (true) {
            var connection = socket.accept();
            threads.submit(() -> serve(connection));
          }
        });
  }

  int port() {
    return socket.getLocalPort();
  }

  List<Asked> asked() {
    return asked;
  }

  private Void serve(Socket client) throws Exception {
    try (client) {
      var head = head(client.getInputStream());
      var line = head.lines().findFirst().orElse("");
      var authorization =
          head.lines()
              .filter(l -> l.regionMatches(true, 0, "Proxy-Authorization:", 0, 20))
              .map(l -> l.substring(20).strip())
              .findFirst()
              .orElse(null);
      asked.add(new Asked(line, authorization));
      var out = client.getOutputStream();
      if (wanted != null && !wanted.equals(authorization)) {
        out.write(
            "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
                .getBytes(StandardCharsets.ISO_8859_1));
        return null;
      }
      var connect = line.startsWith("CONNECT ");
      var target = URI.create((connect ? "http://" : "") + line.split(" ")[1]);
      try (var cloud = new Socket(target.getHost(), target.getPort())) {
        if (connect) {
          out.write("HTTP/1.1 200 Go\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        } else {
          cloud.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        }
        var back = threads.submit(() -> pipe(cloud.getInputStream(), out));
        pipe(client.getInputStream(), cloud.getOutputStream());
        back.cancel(true);
      }
    }
    return null;
  }

  private static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      var next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static Void pipe(InputStream in, OutputStream out) throws IOException {
    var bytes = new byte[8192];
    for (var many = in.read(bytes); many >= 0; many = in.read(bytes)) {
      out.write(bytes, 0, many);
      out.flush();
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }
}
