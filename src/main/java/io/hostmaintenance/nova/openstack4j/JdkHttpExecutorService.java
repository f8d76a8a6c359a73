package io.hostmaintenance.nova.openstack4j;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.openstack4j.core.transport.ClientConstants;
import org.openstack4j.core.transport.HttpExecutorService;
import org.openstack4j.core.transport.HttpRequest;
import org.openstack4j.core.transport.HttpResponse;
import org.openstack4j.core.transport.ObjectMapperSingleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * openstack4j's way to the network, on the JDK's own HTTP client. It sends each request once, with
 * the client that the request's Config carries, and logs one line without bodies, queries and
 * headers. Found by openstack4j through {@code META-INF/services}.
 */
public final class JdkHttpExecutorService implements HttpExecutorService {

  private static final Logger LOG = LoggerFactory.getLogger(JdkHttpExecutorService.class);

  /** For the {@link java.util.ServiceLoader}. */
  public JdkHttpExecutorService() {}

  /** A client that pools the connections of one cloud. */
  static HttpClient client(Trust trust) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(Patience.CONNECT)
        .sslContext(trust.context())
        .build();
  }

  @Override
  public String getExecutorDisplayName() {
    return "java.net.http";
  }

  /**
   * Sends a request.
   *
   * @return the reply, whatever its status
   * @throws TransportException when there is none
   * @throws IllegalStateException when the Config of the request is not ours
   */
  @Override
  public <R> HttpResponse execute(HttpRequest<R> request) {
    var wire = Wire.of(request.getConfig());
    var patience = Duration.ofMillis(request.getConfig().getReadTimeout());
    var message = message(request, patience);
    var start = System.nanoTime();
    acquire(wire.permits(), patience);
    try {
      var response = wire.client().send(message, BodyHandlers.ofByteArray());
      var reply = withoutEcho(Reply.of(response), request, wire);
      log(message, start, String.valueOf(reply.getStatus()), reply.requestId().orElse("-"));
      return reply;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(message, start, "it was interrupted", true, false, e);
    } catch (HttpConnectTimeoutException e) {
      throw failed(message, start, "could not connect in time", false, true, e);
    } catch (HttpTimeoutException e) {
      throw failed(message, start, "no reply within " + patience.toSeconds() + " s", true, true, e);
    } catch (ConnectException e) {
      throw failed(message, start, "could not connect", false, false, e);
    } catch (SSLHandshakeException e) {
      throw failed(message, start, "TLS: " + e.getMessage(), false, false, e);
    } catch (IOException e) {
      throw failed(message, start, String.valueOf(e.getMessage()), true, false, e);
    } finally {
      wire.permits().release();
    }
  }

  /**
   * What the request told in confidence is not told on. A password may be any word, so only the
   * refusal of a login is searched for it.
   */
  private static Reply withoutEcho(Reply reply, HttpRequest<?> request, Wire wire) {
    var token = request.getHeaders().get(ClientConstants.HEADER_X_AUTH_TOKEN);
    if (token != null) {
      return reply.without(new Secret(String.valueOf(token)));
    }
    return reply.successful()
        ? reply
        : reply.without(wire.endpoints().cloud().credentials().secret());
  }

  private static java.net.http.HttpRequest message(HttpRequest<?> request, Duration patience) {
    try {
      return build(request, patience);
    } catch (IllegalArgumentException e) {
      throw new TransportException("its URL or headers are malformed", false, false, null);
    }
  }

  private static java.net.http.HttpRequest build(HttpRequest<?> request, Duration patience) {
    var builder =
        java.net.http.HttpRequest.newBuilder(URI.create(request.getUrl()))
            .timeout(patience)
            .setHeader("Accept", "application/json");
    request.getHeaders().forEach((name, value) -> header(builder, name, value));
    var body = body(request);
    if (body == null) {
      return builder.method(request.getMethod().name(), BodyPublishers.noBody()).build();
    }
    return builder
        .setHeader("Content-Type", request.getContentType())
        .method(request.getMethod().name(), BodyPublishers.ofString(body))
        .build();
  }

  private static void header(java.net.http.HttpRequest.Builder builder, String name, Object value) {
    if (!name.equals(ClientConstants.HEADER_OS4J_AUTH)) {
      builder.setHeader(name, String.valueOf(value));
    }
  }

  private static String body(HttpRequest<?> request) {
    if (request.getEntity() == null) {
      return request.hasJson() ? request.getJson() : null;
    }
    try {
      return ObjectMapperSingleton.getContext(request.getEntity().getClass())
          .writeValueAsString(request.getEntity());
    } catch (IOException e) {
      throw new IllegalStateException("a body that is no JSON", e);
    }
  }

  private static void acquire(Semaphore permits, Duration patience) {
    try {
      if (permits.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("it was interrupted", false, false, e);
    }
    throw new TransportException("too many requests are under way", false, true, null);
  }

  private static TransportException failed(
      java.net.http.HttpRequest message,
      long start,
      String what,
      boolean maybeSent,
      boolean timedOut,
      Exception cause) {
    log(message, start, cause.getClass().getSimpleName(), "-");
    return new TransportException(Reply.clean(what), maybeSent, timedOut, cause);
  }

  private static void log(
      java.net.http.HttpRequest message, long start, String outcome, String requestId) {
    LOG.debug(
        "{} {} {} {} ms {}",
        message.method(),
        message.uri().getPath(),
        outcome,
        (System.nanoTime() - start) / 1_000_000,
        requestId);
  }
}
