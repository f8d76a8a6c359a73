package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.openstack4j.api.OSClient.OSClientV3;
import org.openstack4j.api.exceptions.ResponseException;
import org.openstack4j.core.transport.Config;
import org.openstack4j.openstack.internal.OSAuthenticator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one login to a cloud that all threads share. It is renewed by one thread, while the others
 * that need it wait. A failed login is not tried again for ten seconds, since Keystone locks
 * accounts that fail too often.
 */
final class Session {

  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final Duration FAILURE_KEPT = Duration.ofSeconds(10);
  static final int REQUESTS_UNDER_WAY = 16;

  private final CloudsFile clouds;
  private final InstantSource clock;
  private final Patience patience;
  private final RequestListener listener;
  private final Semaphore permits = new Semaphore(REQUESTS_UNDER_WAY);
  private final ReentrantLock renewing = new ReentrantLock();

  private volatile Login login;
  private Failure failure;
  private Pool pool;

  Session(CloudsFile clouds, InstantSource clock, Patience patience, RequestListener listener) {
    this.clouds = clouds;
    this.clock = clock;
    this.patience = patience;
    this.listener = listener;
  }

  /**
   * A login whose token lives for another minute.
   *
   * @throws NovaException when it cannot be had
   */
  Login current() {
    var seen = login;
    return seen != null && seen.fresh(clock.instant()) ? seen : renew(seen);
  }

  /**
   * A login other than the one that was refused; a new one only if nobody has renewed it since.
   *
   * @param seen the login that is of no use; null when there was none
   * @throws NovaException when it cannot be had
   */
  Login renew(Login seen) {
    renewing.lock();
    try {
      if (login != seen) {
        return login;
      }
      var cloud = clouds.read();
      if (failure != null && failure.recent(clock.instant())) {
        throw failure.again();
      }
      login = logIn(cloud);
      failure = null;
      return login;
    } finally {
      renewing.unlock();
    }
  }

  private Login logIn(CloudConfig cloud) {
    var wire = new Wire(client(Trust.of(cloud)), permits, new Endpoints(cloud));
    var usual = config(wire, patience.usual());
    if (!cloud.verify()) {
      LOG.warn(
          "Certificates of cloud {} are not verified, as {} says (verify: false).",
          cloud.name(),
          cloud.file());
    }
    try {
      var client = authenticate(cloud, usual);
      return new Login(
          client, identity(client, cloud), usual, config(wire, patience.serviceUpdate()));
    } catch (NovaException e) {
      failure = new Failure(e, clock.instant());
      throw e;
    }
  }

  private OSClientV3 authenticate(CloudConfig cloud, Config config) {
    var auth = cloud.credentials().toAuth();
    var start = System.nanoTime();
    var status = 0;
    try {
      var client =
          (OSClientV3) OSAuthenticator.invoke(auth, cloud.authUrl(), cloud.facing(), config, null);
      status = 201;
      return client;
    } catch (ResponseException e) {
      status = e.getStatus();
      throw refused(e, cloud);
    } catch (TransportException e) {
      throw unanswered(e.getMessage(), e, cloud);
    } finally {
      listener.answered("login", status, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private HttpClient client(Trust trust) {
    if (pool == null || !pool.trust().equals(trust)) {
      pool = new Pool(trust, JdkHttpExecutorService.client(trust));
    }
    return pool.client();
  }

  private static Config config(Wire wire, Duration patience) {
    return Config.newConfig()
        .withEndpointURLResolver(wire)
        .withReadTimeout(Math.toIntExact(patience.toMillis()));
  }

  private static Identity identity(OSClientV3 client, CloudConfig cloud) {
    var token = client.getToken();
    if (token.getId() == null
        || token.getExpires() == null
        || token.getUser() == null
        || token.getUser().getId() == null) {
      throw unanswered("the reply is not a token", null, cloud);
    }
    if (token.getProject() == null || token.getProject().getId() == null) {
      throw new NovaException(
          Kind.CONFIGURATION,
          ("Keystone's token for cloud %s in %s is for no project; name one that the user is"
                  + " administrator of.")
              .formatted(cloud.name(), cloud.file()));
    }
    return new Identity(token.getUser().getId(), token.getProject().getId());
  }

  private static NovaException refused(ResponseException e, CloudConfig cloud) {
    var kind = e.getStatus() == 404 ? Kind.CONFIGURATION : Failures.kind(e.getStatus());
    return new NovaException(
        kind,
        "Keystone at %s refuses the login of %s of cloud %s in %s (HTTP %d): %s"
            .formatted(
                cloud.authUrl(),
                cloud.credentials().who(),
                cloud.name(),
                cloud.file(),
                e.getStatus(),
                cloud.credentials().secret().hiddenIn(String.valueOf(e.getMessage()))),
        e.getStatus(),
        null,
        null,
        false,
        null);
  }

  private static NovaException unanswered(String why, TransportException e, CloudConfig cloud) {
    return new NovaException(
        Kind.UNAVAILABLE,
        "Keystone at %s does not answer the login of cloud %s: %s."
            .formatted(cloud.authUrl(), cloud.name(), why),
        0,
        null,
        null,
        false,
        e);
  }

  /** The client for whom we trust. */
  private record Pool(Trust trust, HttpClient client) {}

  /** A login that Keystone did not grant. */
  private record Failure(NovaException exception, Instant at) {

    boolean recent(Instant now) {
      return Duration.between(at, now).abs().compareTo(FAILURE_KEPT) < 0;
    }

    NovaException again() {
      return new NovaException(
          exception.kind(),
          exception.getMessage(),
          exception.status(),
          null,
          null,
          false,
          exception);
    }
  }
}
