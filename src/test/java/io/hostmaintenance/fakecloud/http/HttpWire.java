package io.hostmaintenance.fakecloud.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A small HTTP/1.1 server on 127.0.0.1 with a virtual thread per connection. The JDK's own always
 * overwrites the Date header and cannot break off an answer; here both are the handler's.
 */
final class HttpWire implements AutoCloseable {
  /** How an answer goes out. */
  sealed interface Outcome {}

  /** The whole answer. */
  record Whole(Reply reply) implements Outcome {}

  /** The head and half of the body, then the connection ends. */
  record Half(Reply reply) implements Outcome {}

  /** The connection ends without an answer. */
  record Nothing() implements Outcome {}

  /** Turns requests into answers, on many threads. */
  interface Handler {
    Outcome handle(Request request) throws InterruptedException;
  }

  private final ServerSocket listener;
  private final Handler handler;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  HttpWire(Handler handler) throws IOException {
    this.handler = handler;
    this.listener = new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().name("simulator").start(this::accept);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (var connection : connections) {
      connection.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var socket = listener.accept();
        socket.setTcpNoDelay(true);
        connections.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      while (exchange(socket, in)) {}
    } catch (IOException e) {
      // the client went away
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connections.remove(socket);
    }
  }

  private boolean exchange(Socket socket, InputStream in) throws IOException, InterruptedException {
    var start = line(in);
    if (start == null) {
      return false;
    }
    var words = start.split(" ");
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    for (var line = line(in); line != null && !line.isEmpty(); line = line(in)) {
      var colon = line.indexOf(':');
      headers.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
    }
    var body = new String(body(in, headers), StandardCharsets.UTF_8);
    var request = Request.of(words[0], words[1], headers, body);
    return switch (handler.handle(request)) {
      case Whole(var reply) -> {
        write(socket, reply, 1);
        yield !"close".equalsIgnoreCase(headers.get("Connection"));
      }
      case Half(var reply) -> {
        write(socket, reply, 2);
        yield false;
      }
      case Nothing() -> false;
    };
  }

  private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("Transfer-Encoding"))) {
      var all = new ByteArrayOutputStream();
      for (var size = chunk(in); size > 0; size = chunk(in)) {
        all.write(in.readNBytes(size));
        line(in);
      }
      line(in);
      return all.toByteArray();
    }
    return in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
  }

  private static int chunk(InputStream in) throws IOException {
    var line = line(in);
    return line == null ? 0 : Integer.parseInt(line.split(";")[0].strip(), 16);
  }

  private static String line(InputStream in) throws IOException {
    var text = new ByteArrayOutputStream();
    for (var next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        return null;
      }
      text.write(next);
    }
    return text.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  private static void write(Socket socket, Reply reply, int part) throws IOException {
    var body = reply.body().getBytes(StandardCharsets.UTF_8);
    var head = new StringBuilder("HTTP/1.1 %d Status\r\n".formatted(reply.status()));
    reply.headers().forEach((name, value) -> head.append("%s: %s\r\n".formatted(name, value)));
    if (reply.status() != 204) {
      head.append("Content-Length: %d\r\n".formatted(body.length));
    }
    head.append("\r\n");
    var all = new ByteArrayOutputStream();
    all.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    all.write(body, 0, body.length / part);
    socket.getOutputStream().write(all.toByteArray());
    socket.getOutputStream().flush();
  }
}
