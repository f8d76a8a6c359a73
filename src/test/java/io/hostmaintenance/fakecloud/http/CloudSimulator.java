package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.User;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Keystone, Nova and placement over HTTP on 127.0.0.1, strict as a real Nova, in front of a {@link
 * Cloud}.
 *
 * <p>Every request first plays the cloud up to the clock's instant; the Date header carries that
 * instant. All access to the cloud is serialized: tests reach it through {@link #cloud} and {@link
 * #change}.
 */
public final class CloudSimulator implements AutoCloseable {
  /** Nova's API of 2026.2. */
  private static final int LATEST_MICROVERSION = 104;

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final class Trouble {
    private final Predicate<Request> when;
    private final Fault fault;
    private int left;

    Trouble(Predicate<Request> when, Fault fault, int times) {
      this.when = when;
      this.fault = fault;
      this.left = times;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Request> requests = new ArrayList<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private ObjIntConsumer<Request> counter;
  private final Cloud cloud;
  private final InstantSource clock;
  private final HttpWire server;
  private final Keystone keystone;
  private final PlacementApi placement;
  private int maxLimit = 1000;
  private Microversion highest = new Microversion(LATEST_MICROVERSION);

  /** Serves this cloud from now on; the cloud follows this clock. */
  public CloudSimulator(Cloud cloud, InstantSource clock) throws IOException {
    this.cloud = cloud;
    this.clock = clock;
    // Handlers take the lock first, so that none runs before everything here is set.
    lock.lock();
    try {
      this.server = new HttpWire(this::handle);
      this.keystone = new Keystone(cloud, server.uri());
      this.placement = new PlacementApi(cloud);
    } finally {
      lock.unlock();
    }
  }

  /** Ends all connections and delays. */
  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
  }

  // --- addresses and identities ---

  /** The auth_url of a clouds.yaml. */
  public URI authUrl() {
    return server.uri().resolve("/v3");
  }

  /** Nova's endpoint, as in the catalog. */
  public URI computeUrl() {
    return server.uri().resolve("/v2.1");
  }

  /** Placement's endpoint, as in the catalog. */
  public URI placementUrl() {
    return server.uri().resolve("/placement");
  }

  /** A clouds.yaml by which its administrator reaches it, as the cloud openstack. */
  public String cloudsYaml() {
    var admin = cloud(c -> c.users().get("admin"));
    return """
        clouds:
          openstack:
            auth:
              auth_url: %s
              username: %s
              password: %s
              project_name: %s
              user_domain_name: Default
              project_domain_name: Default
        """
        .formatted(authUrl(), admin.name(), admin.password(), admin.projectName());
  }

  /** Adds an application credential of this user. */
  public ApplicationCredential addApplicationCredential(User user) {
    return locked(() -> keystone.applicationCredential(user));
  }

  /**
   * Adds a region to the catalog whose endpoints lie below this address, such as another
   * simulator's root.
   */
  public void addRegion(String name, URI root) {
    locked(
        () -> {
          keystone.region(name, root);
          return null;
        });
  }

  /** The catalog has no placement from now on. */
  public void withoutPlacement() {
    locked(
        () -> {
          keystone.withoutPlacement();
          return null;
        });
  }

  /** Tokens issued from now on are valid this long; an hour without this call. */
  public void tokenLifetime(Duration lifetime) {
    locked(
        () -> {
          keystone.lifetime(lifetime);
          return null;
        });
  }

  /** No token issued so far is valid any longer. */
  public void revokeAllTokens() {
    locked(
        () -> {
          keystone.revokeAll();
          return null;
        });
  }

  // --- an older or smaller Nova ---

  /** Nova knows microversions up to 2.{@code minor} only. */
  public void maxMicroversion(int minor) {
    locked(
        () -> {
          highest = new Microversion(minor);
          return null;
        });
  }

  /** Nova's [api]max_limit: no page of a list is longer; 1000 without this call. */
  public void maxLimit(int rows) {
    locked(
        () -> {
          maxLimit = rows;
          return null;
        });
  }

  // --- the cloud behind ---

  /** Looks at the cloud as it is now; the function must not keep it. */
  public <T> T cloud(Function<Cloud, T> look) {
    return locked(
        () -> {
          cloud.advanceTo(clock.instant());
          return look.apply(cloud);
        });
  }

  /** Does something to the cloud as it is now. */
  public void change(Consumer<Cloud> deed) {
    cloud(
        c -> {
          deed.accept(c);
          return null;
        });
  }

  // --- faults ---

  /** From now on every request that matches goes wrong like this. */
  public void fault(Predicate<Request> when, Fault fault) {
    fault(Integer.MAX_VALUE, when, fault);
  }

  /**
   * The next so many requests that match go wrong like this; of several faults the first one set
   * applies.
   */
  public void fault(int times, Predicate<Request> when, Fault fault) {
    locked(() -> troubles.add(new Trouble(when, fault, times)));
  }

  /** Nothing goes wrong any more. */
  public void clearFaults() {
    locked(
        () -> {
          troubles.clear();
          return null;
        });
  }

  /** Matches this method and a path that matches the regular expression as a whole. */
  public static Predicate<Request> on(String method, String pathRegex) {
    return request -> request.method().equals(method) && request.path().matches(pathRegex);
  }

  /** All requests so far in order of arrival, tokens and credentials masked. */
  public List<Request> requests() {
    return locked(() -> List.copyOf(requests));
  }

  /** The requests so far that match. */
  public List<Request> requests(Predicate<Request> which) {
    return requests().stream().filter(which).toList();
  }

  /**
   * From now on this is told of each request and the bytes of its answer's body, in turn, and
   * {@link #requests()} keeps none: for measurements of millions.
   */
  public void count(ObjIntConsumer<Request> requestAndBytes) {
    locked(
        () -> {
          counter = requestAndBytes;
          return null;
        });
  }

  // --- handling ---

  private <T> T locked(Supplier<T> what) {
    lock.lock();
    try {
      return what.get();
    } finally {
      lock.unlock();
    }
  }

  private HttpWire.Outcome handle(Request request) throws InterruptedException {
    var fault =
        locked(
            () -> {
              if (counter == null) {
                requests.add(request.withoutToken());
              }
              return nextFault(request);
            });
    return switch (fault.orElse(null)) {
      case null -> new HttpWire.Whole(answer(request));
      case Fault.Answer(var status, var type, var body, var headers) ->
          new HttpWire.Whole(broken(status, type, body, headers));
      case Fault.DropRequest() -> new HttpWire.Nothing();
      case Fault.LoseReply() -> {
        answer(request);
        yield new HttpWire.Nothing();
      }
      case Fault.Delay(var by) -> {
        var reply = answer(request);
        yield closed.await(by.toMillis(), TimeUnit.MILLISECONDS)
            ? new HttpWire.Nothing()
            : new HttpWire.Whole(reply);
      }
      case Fault.Truncate() -> new HttpWire.Half(answer(request));
      case Fault.Rewrite(var change) -> {
        var reply = answer(request);
        yield new HttpWire.Whole(
            new Reply(reply.status(), reply.headers(), change.apply(reply.body())));
      }
      case Fault.Garble() -> {
        var reply = answer(request);
        yield new HttpWire.Whole(
            new Reply(200, reply.headers(), "<html><body>Welcome</body></html>")
                .with("Content-Type", "text/html"));
      }
    };
  }

  private Optional<Fault> nextFault(Request request) {
    for (var trouble : troubles) {
      if (trouble.left > 0 && trouble.when.test(request)) {
        trouble.left--;
        return Optional.of(trouble.fault);
      }
    }
    return Optional.empty();
  }

  private Reply broken(int status, String type, String body, Map<String, String> more) {
    var reply = new Reply(status, more, body).with("Content-Type", type);
    return locked(() -> reply.with("Date", HTTP_DATE.format(clock.instant())));
  }

  private Reply answer(Request request) {
    return cloud(
        c -> {
          var reply =
              switch (request.path().split("/").length < 2 ? "" : request.path().split("/")[1]) {
                case "v2.1" -> nova(request);
                case "placement" -> placement(request);
                default -> keystone.handle(request).with("x-openstack-request-id", newRequestId());
              };
          if (counter != null) {
            counter.accept(request, reply.body().length());
          }
          return reply.with("Date", HTTP_DATE.format(c.now()));
        });
  }

  private String newRequestId() {
    return cloud.admin().requestId();
  }

  private Reply nova(Request request) {
    var nova = new NovaApi(cloud, server.uri(), maxLimit, highest);
    if (request.path().matches("/v2\\.1/?")) {
      return tagged(nova.version(), newRequestId(), NovaApi.LOWEST);
    }
    var user = keystone.user(request.header("X-Auth-Token")).orElse(null);
    if (user == null) {
      return tagged(
          Keystone.unauthorized()
              .with("WWW-Authenticate", "Keystone uri=\"%s\"".formatted(server.uri())),
          newRequestId());
    }
    var caller = cloud.as(user);
    Microversion version;
    try {
      version = Microversion.of(request, "compute", 2, NovaApi.LOWEST, highest);
    } catch (Refused refused) {
      var reply = tagged(refusal(refused), caller.requestId());
      var asked = request.header("OpenStack-API-Version");
      return refused.status() == 406 && asked != null
          ? reply.with("OpenStack-API-Version", asked)
          : reply;
    }
    var reply = attempt(() -> nova.handle(request, caller, version));
    return reply == NovaApi.NO_ROUTE
        ? tagged(reply, caller.requestId())
        : tagged(reply, caller.requestId(), version);
  }

  private static Reply attempt(Supplier<Reply> what) {
    try {
      return what.get();
    } catch (Refused refused) {
      return refusal(refused);
    }
  }

  private static Reply refusal(Refused refused) {
    return new Reply(
        refused.status(),
        Map.of("Content-Type", "application/json; charset=UTF-8"),
        Replies.fault(refused.status(), refused.getMessage()));
  }

  private static Reply tagged(Reply reply, String requestId, Microversion version) {
    return tagged(reply, requestId)
        .with("OpenStack-API-Version", "compute 2." + version.minor())
        .with("X-OpenStack-Nova-API-Version", "2." + version.minor())
        .with("Vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version");
  }

  private static Reply tagged(Reply reply, String requestId) {
    return reply.with("x-openstack-request-id", requestId).with("x-compute-request-id", requestId);
  }

  private Reply placement(Request request) {
    var user = keystone.user(request.header("X-Auth-Token")).orElse(null);
    if (user == null) {
      return Keystone.unauthorized();
    }
    var caller = cloud.as(user);
    Reply reply;
    String shown;
    try {
      var version =
          Microversion.of(request, "placement", 1, PlacementApi.LOWEST, PlacementApi.HIGHEST);
      shown = "placement 1." + version.minor();
      reply = placement.handle(request, caller, version);
    } catch (Refused refused) {
      shown = "placement 1.0";
      reply =
          PlacementApi.error(
              refused.status(), "Refused", refused.getMessage(), caller, PlacementApi.LOWEST);
    }
    return reply
        .with("openstack-api-version", shown)
        .with("x-openstack-request-id", caller.requestId());
  }
}
