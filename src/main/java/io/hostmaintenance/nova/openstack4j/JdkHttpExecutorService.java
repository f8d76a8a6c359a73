package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.openstack4j.Proxies.Proxy;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLHandshakeException;
import org.openstack4j.core.transport.ClientConstants;
import org.openstack4j.core.transport.HttpExecutorService;
import org.openstack4j.core.transport.HttpMethod;
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

  /** A reply is read no further: 5,000 records of 6 KiB; an instance takes 2 to 4 KiB. */
  private static final long MOST_BYTES = 32L * 1024 * 1024;

  private static final int PROXY_WANTS_A_PASSWORD = 407;

  /** So the JDK says that a proxy did not let TLS through. */
  private static final String TUNNEL_FAILED = "Tunnel failed, got: ";

  /** So the JDK says that a body is longer than permitted. */
  private static final String TOO_LONG = "body exceeds capacity";

  private static final String LONG =
      "its reply is longer than %s MiB".formatted(MOST_BYTES / 1024 / 1024);

  /** For the {@link java.util.ServiceLoader}. */
  public JdkHttpExecutorService() {}

  /** A client that pools the connections of one cloud. */
  static HttpClient client(Trust trust, Proxies proxies) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(Timeouts.CONNECT)
        .proxy(proxies.selector())
        .sslContext(trust.context())
        .build();
  }

  @Override
  public String getExecutorDisplayName() {
    return "java.net.http";
  }

  /**
   * Sends a request; a question and a login also on to where they are redirected, which must be the
   * same host. All of it, to the last byte, takes no longer than the request's read time-out.
   *
   * @return the reply, whatever its status
   * @throws TransportException when there is none
   * @throws LoginRefusedException when it refuses a login
   * @throws IllegalStateException when the Config of the request is not ours
   */
  @Override
  public <R> HttpResponse execute(HttpRequest<R> request) {
    try {
      return followed(request);
    } catch (IllegalArgumentException e) {
      throw new TransportException("its URL or headers are malformed", false, false, null);
    }
  }

  private static Reply followed(HttpRequest<?> request) {
    var connection = CloudConnection.of(request.getConfig());
    var timeouts = Duration.ofMillis(request.getConfig().getReadTimeout());
    var end = System.nanoTime() + timeouts.toNanos();
    var url = URI.create(request.getUrl());
    for (var hop = 0; ; hop++) {
      var reply = send(request, url, connection, end);
      var redirect = Redirect.of(url, reply);
      if (redirect.isEmpty()) {
        return granted(request, reply);
      }
      var to = redirect.get();
      if (hop == Redirect.HOPS || !mayBeSentOn(request) || !to.staysWith(url)) {
        return notFollowed(request, reply, to);
      }
      url = to.to();
    }
  }

  /**
   * openstack4j would drop the headers of a refused login, and with them how long it is to wait.
   */
  private static Reply granted(HttpRequest<?> request, Reply reply) {
    if (isLogin(request) && reply.status() >= 400) {
      throw new LoginRefusedException(reply);
    }
    return reply;
  }

  /** openstack4j would take the reply for the token. */
  private static Reply notFollowed(HttpRequest<?> request, Reply reply, Redirect to) {
    if (isLogin(request)) {
      throw new TransportException(
          "it redirects to %s, which is not followed; correct auth_url".formatted(to),
          false,
          false,
          null);
    }
    return reply.with("Location", to.toString());
  }

  /** What changes something in Nova is sent to the endpoint itself or not at all. */
  private static boolean mayBeSentOn(HttpRequest<?> request) {
    return request.getMethod() == HttpMethod.GET || isLogin(request);
  }

  private static boolean isLogin(HttpRequest<?> request) {
    return !request.getHeaders().containsKey(ClientConstants.HEADER_X_AUTH_TOKEN);
  }

  private static Reply send(HttpRequest<?> request, URI url, CloudConnection connection, long end) {
    var proxy = connection.proxies().proxyFor(url);
    var message = message(request, url, proxy);
    var timeouts = request.getConfig().getReadTimeout() / 1000;
    var start = System.nanoTime();
    var begun = new AtomicBoolean();
    try {
      var answer =
          connection
              .client()
              .sendAsync(
                  message,
                  head -> {
                    begun.set(true);
                    return BodySubscribers.limiting(BodySubscribers.ofByteArray(), MOST_BYTES);
                  });
      var reply = withoutEcho(Reply.of(whole(answer, end)), request, connection);
      if (reply.status() == PROXY_WANTS_A_PASSWORD && proxy.isPresent()) {
        throw new IOException(TUNNEL_FAILED + PROXY_WANTS_A_PASSWORD);
      }
      log(message, start, String.valueOf(reply.getStatus()), reply.requestId().orElse("-"));
      return reply;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(message, start, "it was interrupted", true, false, e);
    } catch (TimeoutException e) {
      var what = begun.get() ? "its reply did not end within " : "no reply within ";
      throw failed(message, start, what + timeouts + " s", true, true, e);
    } catch (HttpConnectTimeoutException e) {
      throw failed(message, start, "could not connect in time" + by(proxy), false, true, e);
    } catch (ConnectException e) {
      throw failed(message, start, "could not connect" + by(proxy) + why(e), false, false, e);
    } catch (SSLHandshakeException e) {
      throw failed(message, start, "TLS: " + e.getMessage(), false, false, e);
    } catch (IOException e) {
      var what = String.valueOf(e.getMessage());
      if (proxy.isPresent() && what.startsWith(TUNNEL_FAILED)) {
        var status = what.substring(TUNNEL_FAILED.length());
        throw failed(
            message, start, "refused%s (HTTP %s)".formatted(by(proxy), status), false, false, e);
      }
      throw failed(message, start, what.startsWith(TOO_LONG) ? LONG : what, true, false, e);
    }
  }

  /** The reply to its last byte; a request without one is broken off. */
  private static java.net.http.HttpResponse<byte[]> whole(
      CompletableFuture<java.net.http.HttpResponse<byte[]>> answer, long end)
      throws IOException, InterruptedException, TimeoutException {
    try {
      return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  private static String by(Optional<Proxy> proxy) {
    return proxy.map(p -> " by the proxy " + p).orElse("");
  }

  private static String why(ConnectException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return ": the host name is unknown";
      }
    }
    return "";
  }

  /** Hides secrets of the request. Only a refused login is searched for the password. */
  private static Reply withoutEcho(
      Reply reply, HttpRequest<?> request, CloudConnection connection) {
    var token = request.getHeaders().get(ClientConstants.HEADER_X_AUTH_TOKEN);
    if (token != null) {
      return reply.without(new Secret(String.valueOf(token)));
    }
    return reply.successful()
        ? reply
        : reply.without(connection.endpoints().cloud().credentials().secret());
  }

  private static java.net.http.HttpRequest message(
      HttpRequest<?> request, URI url, Optional<Proxy> proxy) {
    var builder =
        java.net.http.HttpRequest.newBuilder(resolved(url)).setHeader("Accept", "application/json");
    if (url.getHost() == null) {
      builder.setHeader("Host", url.getRawAuthority());
    }
    proxy
        .flatMap(Proxy::authorization)
        .ifPresent(proof -> builder.setHeader("Proxy-Authorization", proof));
    for (var header : request.getHeaders().entrySet()) {
      if (!header.getKey().equals(ClientConstants.HEADER_OS4J_AUTH)) {
        builder.setHeader(header.getKey(), String.valueOf(header.getValue()));
      }
    }
    var body = body(request);
    if (body == null) {
      return builder.method(request.getMethod().name(), BodyPublishers.noBody()).build();
    }
    return builder
        .setHeader("Content-Type", request.getContentType())
        .method(request.getMethod().name(), BodyPublishers.ofString(body))
        .build();
  }

  /** By address where the host name has an underscore, with which the JDK's client takes no URL. */
  private static URI resolved(URI url) {
    if (url.getHost() != null) {
      return url;
    }
    var name = ServiceUrl.host(url);
    try {
      var address = InetAddress.getByName(name).getHostAddress();
      return URI.create(url.toString().replace(name, address));
    } catch (UnknownHostException e) {
      throw new TransportException(
          "could not connect: the host name " + name + " is unknown", false, false, e);
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
