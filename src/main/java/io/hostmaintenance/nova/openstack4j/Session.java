package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.Login.Source;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.openstack4j.api.OSClient.OSClientV3;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.core.transport.Config;
import org.openstack4j.openstack.internal.OSAuthenticator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one login to a cloud that all threads share. It is renewed by one thread, while the others
 * that need it wait, no longer than a login may take. Whatever it is made from (clouds.yaml, the
 * files that it names) is read again every few seconds.
 *
 * <p>Nothing makes it log in without end, since Keystone locks accounts that fail too often: a
 * failed login is not tried again for ten seconds, then 20, then 40, then a minute, or for as long
 * as Keystone asks, unless its configuration changes; a service that refuses a fresh token has no
 * other one made for a minute; and so has a cloud that cannot be reached.
 */
final class Session {

  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final Duration REREAD = Duration.ofSeconds(5);
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final CloudSource source;
  private final Proxies proxies;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Timeouts timeouts;
  private final Budget budget;
  private final RequestListener listener;
  private final Asker asker = new Asker(Priority.IMMEDIATE, "");
  private final ReentrantLock renewing = new ReentrantLock();

  private final AtomicReference<Login> login = new AtomicReference<>();
  private final Turns turns = new Turns();
  private volatile CloudConfig cloud;
  private Failure failure;
  private Pool pool;

  Session(
      CloudSource source,
      Proxies proxies,
      InstantSource clock,
      LongSupplier nanoTime,
      Timeouts timeouts,
      Budget budget,
      RequestListener listener) {
    this.source = source;
    this.proxies = proxies;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.timeouts = timeouts;
    this.budget = budget;
    this.listener = listener;
  }

  /**
   * A login whose token lives long enough for a request, of the configuration as it is.
   *
   * @throws NovaException when it cannot be had
   */
  Login current() {
    var seen = login.get();
    if (seen == null || !seen.fresh(now()) || changed(seen)) {
      return renew(seen);
    }
    return seen;
  }

  /** Whether the files say something else by now; read by one thread every few seconds. */
  private boolean changed(Login seen) {
    if (!turns.take("read", now(), REREAD)) {
      return false;
    }
    try {
      return !seen.from().equals(read());
    } catch (NovaException e) {
      login.compareAndSet(seen, null);
      throw e;
    }
  }

  /**
   * Another login than the one whose token a service has refused; empty when the service has had
   * one made for it a moment ago, which did not help.
   *
   * @throws NovaException when it cannot be had
   */
  Optional<Login> other(Login refused, ServiceType service) {
    return alone(
        () -> {
          var there = login.get();
          if (there != null && there != refused) {
            return Optional.of(there);
          }
          return there == null || turns.take("token for " + service, now(), SHORT)
              ? Optional.of(logIn())
              : Optional.empty();
        });
  }

  /** Takes note that a service refuses also a token that has just been made. */
  void refused(Login fresh, ServiceType service) {
    if (fresh.age(now()).compareTo(LONG) < 0) {
      turns.put("token for " + service, now(), LONG);
    }
  }

  /** What the last login was made from, or was to be; null before the first. */
  CloudConfig cloud() {
    return cloud;
  }

  /** Gives up a login by which a service could not be reached: it may be elsewhere by now. */
  void unreached(Login seen) {
    if (turns.take("unreached", now(), LONG)) {
      login.compareAndSet(seen, null);
    }
  }

  /** A new login, or the one that another thread has made since. */
  private Login renew(Login seen) {
    return alone(
        () -> {
          var there = login.get();
          return there != null && there != seen ? there : logIn();
        });
  }

  private <T> T alone(Supplier<T> work) {
    try {
      if (!renewing.tryLock(timeouts.usual().toMillis(), TimeUnit.MILLISECONDS)) {
        throw unended();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unended();
    }
    try {
      return work.get();
    } finally {
      renewing.unlock();
    }
  }

  private NovaException unended() {
    return new NovaException(
        Kind.UNAVAILABLE,
        "Keystone has not answered another request's login within %s s."
            .formatted(timeouts.usual().toSeconds()));
  }

  private Login logIn() {
    login.set(null);
    var source = read();
    cloud = source.cloud();
    if (failure != null && failure.holds(source, now())) {
      throw failure.again(now());
    }
    try {
      return budget.during(asker, timeouts.usual(), () -> logInNow(source));
    } catch (TransportException e) {
      throw new NovaException(
          Kind.UNAVAILABLE, "The login was not sent: %s.".formatted(e.getMessage()));
    }
  }

  private Login logInNow(Source source) {
    try {
      var made = logIn(source);
      failure = null;
      login.set(made);
      return made;
    } catch (NovaException e) {
      failure = Failure.of(e, source, now(), failure);
      throw e;
    }
  }

  private Source read() {
    var cloud = source.read();
    return new Source(cloud, Trust.of(cloud));
  }

  private Login logIn(Source source) {
    var cloud = source.cloud();
    var connection = new CloudConnection(client(source.trust()), new Endpoints(cloud), proxies);
    var usual = config(connection, timeouts.usual());
    if (!cloud.verify()) {
      LOG.warn(
          "Certificates of cloud {} are not verified, as {} says (verify: false or insecure: true).",
          cloud.name(),
          cloud.file());
    }
    var begin = now();
    var client = authenticate(cloud, usual);
    var grant = (Grant) client.getToken();
    var identity = identity(grant, cloud);
    var life = grant.life(clock.instant());
    if (life.isEmpty()) {
      throw unanswered("the reply is not a token", null, cloud);
    }
    var patient = config(connection, timeouts.serviceUpdate());
    return new Login(client, identity, source, begin, Login.used(life.get()), usual, patient);
  }

  private long now() {
    return nanoTime.getAsLong();
  }

  private OSClientV3 authenticate(CloudConfig cloud, Config config) {
    var auth = cloud.credentials().toAuth();
    var start = System.nanoTime();
    var status = 0;
    try {
      var client =
          (OSClientV3) OSAuthenticator.invoke(auth, authUrl(cloud), cloud.facing(), config, null);
      status = 201;
      return client;
    } catch (LoginRefusedException e) {
      status = e.reply().status();
      throw refused(e.reply(), cloud);
    } catch (TransportException e) {
      throw unanswered(e.getMessage(), e, cloud);
    } finally {
      listener.answered("login", status, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private static String authUrl(CloudConfig cloud) {
    try {
      return ServiceUrl.parse(cloud.authUrl()).text();
    } catch (IllegalArgumentException e) {
      throw Failures.configuration(
          "Cloud %s in %s has an auth.auth_url that cannot be used: %s; correct it.",
          cloud.name(), cloud.file(), e.getMessage());
    }
  }

  private HttpClient client(Trust trust) {
    if (pool == null || !pool.trust().equals(trust)) {
      pool = new Pool(trust, JdkHttpExecutorService.client(trust, proxies));
    }
    return pool.client();
  }

  private static Config config(CloudConnection connection, Duration timeouts) {
    return Config.newConfig()
        .withEndpointURLResolver(connection)
        .withReadTimeout(Math.toIntExact(timeouts.toMillis()));
  }

  private static Identity identity(Grant token, CloudConfig cloud) {
    if (token.getId() == null || token.userId().isEmpty()) {
      throw unanswered("the reply is not a token", null, cloud);
    }
    if (token.projectId().isEmpty()) {
      throw Failures.configuration(
          "Keystone's token for cloud %s in %s is for no project; name one that the user is"
              + " administrator of.",
          cloud.name(), cloud.file());
    }
    return new Identity(token.userId().get(), token.projectId().get());
  }

  private NovaException refused(Reply reply, CloudConfig cloud) {
    var kind = reply.status() == 404 ? Kind.CONFIGURATION : Failures.kind(reply.status());
    var sentence =
        "Keystone at %s refuses the login of %s of cloud %s in %s (HTTP %s): %s"
            .formatted(
                cloud.authUrl(),
                cloud.credentials().who(),
                cloud.name(),
                cloud.file(),
                reply.status(),
                cloud.credentials().secret().hiddenIn(reply.getStatusMessage()));
    var wait = reply.retryAfter(clock.instant()).orElse(null);
    return new NovaException(kind, sentence, reply.status(), null, wait, false, null);
  }

  private static NovaException unanswered(String why, TransportException e, CloudConfig cloud) {
    var sentence =
        "Keystone at %s does not answer the login of cloud %s: %s."
            .formatted(cloud.authUrl(), cloud.name(), why);
    return new NovaException(Kind.UNAVAILABLE, sentence, 0, null, null, false, e);
  }

  /** The client for whom we trust. */
  private record Pool(Trust trust, HttpClient client) {}

  /**
   * A login that Keystone did not grant.
   *
   * @param pause how long it is not tried again, if Keystone asks for no longer one
   */
  private record Failure(NovaException exception, Source source, long at, Duration pause) {

    /** Each failure after another of the same configuration holds twice as long. */
    static Failure of(NovaException exception, Source source, long now, Failure before) {
      var longer =
          before == null || !before.source().equals(source)
              ? SHORT
              : before.pause().multipliedBy(2);
      return new Failure(exception, source, now, longer.compareTo(LONG) > 0 ? LONG : longer);
    }

    boolean holds(Source now, long nanoTime) {
      return source.equals(now) && (left(pause, nanoTime) || asked(nanoTime).isPresent());
    }

    private boolean left(Duration wait, long nanoTime) {
      return Duration.ofNanos(nanoTime - at).compareTo(wait) < 0;
    }

    /** How much longer Keystone asks to be left alone. */
    private Optional<Duration> asked(long nanoTime) {
      return exception
          .retryAfter()
          .filter(wait -> left(wait, nanoTime))
          .map(wait -> wait.minusNanos(nanoTime - at));
    }

    NovaException again(long nanoTime) {
      return new NovaException(
          exception.kind(),
          exception.getMessage(),
          exception.status(),
          null,
          asked(nanoTime).orElse(null),
          false,
          exception);
    }
  }
}
