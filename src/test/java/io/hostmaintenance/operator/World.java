package io.hostmaintenance.operator;

import static io.hostmaintenance.fakecloud.http.CloudSimulator.on;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Notice;
import io.hostmaintenance.drain.Settings;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.Host;
import io.hostmaintenance.fakecloud.NewServer;
import io.hostmaintenance.fakecloud.Server;
import io.hostmaintenance.fakecloud.Timing;
import io.hostmaintenance.fakecloud.http.CloudSimulator;
import io.hostmaintenance.fakecloud.http.Request;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.openstack4j.Limits;
import io.hostmaintenance.nova.openstack4j.OpenStackCloud;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A {@link MaintenanceLoop} between resources in memory and a simulated cloud, which it reaches
 * through the real adapter. Time moves only when a test moves it.
 */
final class World implements AutoCloseable {

  static final Settings SETTINGS =
      new Settings(
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofMinutes(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          Duration.ZERO,
          2,
          4,
          Strategies.DEFAULT);

  private final Settings settings;
  private static final ReconciliationQueue QUEUE =
      new ReconciliationQueue(Limits.DEFAULT, System::nanoTime, (priority, waited) -> {});

  private final InMemoryResources resources = new InMemoryResources();
  private final List<Notice> notices = new ArrayList<>();
  private final List<String> woken = new ArrayList<>();
  private final CloudSimulator simulator;
  private final Nova nova;

  /** A world's time stands still while it asks: it knows no number of questions in a second. */
  private static final Limits UNHURRIED = new Limits(8, Integer.MAX_VALUE);

  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private Duration ahead = Duration.ZERO;
  private BooleanSupplier leading = () -> true;
  private boolean requestsFree = true;
  private Duration waited = Duration.ZERO;
  private final List<String> views = new ArrayList<>();
  private MaintenanceLoop process;
  private Instant nextRound = now;
  private boolean watching;
  private final List<String> unseen = new ArrayList<>();

  /** Hosts compute-1 to compute-4. */
  World(Path directory) throws IOException {
    this(directory, SETTINGS);
  }

  /** The same with other settings. */
  World(Path directory, Settings settings) throws IOException {
    this.settings = settings;
    var cloud = new Cloud(now, new SplittableRandom(1), Timing.DEFAULT);
    List.of("compute-1", "compute-2", "compute-3", "compute-4").forEach(cloud::addHost);
    simulator = new CloudSimulator(cloud, () -> now);
    nova =
        OpenStackCloud.nova(
            Cluster.environment(directory, simulator),
            () -> now,
            () -> Duration.between(Instant.EPOCH, now).toNanos(),
            (operation, status, duration) -> {},
            Duration.ofSeconds(60),
            UNHURRIED);
    startProcess();
  }

  /** A process that remembers nothing takes the place of the running one. */
  void startProcess() {
    process =
        new MaintenanceLoop(
            Clouds.only(
                io.hostmaintenance.operator.Cloud.of(
                    "", guarded(nova), this::nanos, sideBySide(), settings.strategies(), QUEUE)),
            resources,
            (resource, notice) -> notices.add(notice),
            (before, status) -> {},
            settings,
            () -> now.plus(ahead),
            this::nanos,
            () -> leading.getAsBoolean(),
            name -> (watching ? unseen : woken).add(name));
    nextRound = now;
  }

  private long nanos() {
    return Duration.between(Instant.EPOCH, now).toNanos();
  }

  /** The cloud, of which no request can be set aside while none is free. */
  private Nova guarded(Nova nova) {
    return (Nova)
        Proxy.newProxyInstance(
            Nova.class.getClassLoader(),
            new Class<?>[] {Nova.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("on")) {
                views.add(arguments[0] + " " + arguments[1]);
                return guarded(nova.on((Priority) arguments[0], (String) arguments[1]));
              }
              if (method.getName().equals("waited")) {
                return waited;
              }
              if (!requestsFree && method.getName().equals("reserving")) {
                throw new NovaException(NovaException.Kind.UNAVAILABLE, "None is free.");
              }
              try {
                return method.invoke(nova, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** From now on the questions of an observation wait so long for their turn. */
  void questionsWait(Duration duration) {
    this.waited = duration;
  }

  /** With which priority and for which host the cloud was asked since this was last asked. */
  List<String> views() {
    var last = List.copyOf(views);
    views.clear();
    return last;
  }

  void requestsFree(boolean free) {
    this.requestsFree = free;
  }

  /** One after the other, each from the same moment on, to the end of the slowest. */
  private ParallelReads sideBySide() {
    return new ParallelReads() {
      @Override
      public <T> List<T> all(List<Supplier<T>> questions) {
        var began = now;
        var end = now;
        var answers = new ArrayList<T>();
        for (var question : questions) {
          now = began;
          answers.add(question.get());
          end = end.isAfter(now) ? end : now;
        }
        now = end;
        return answers;
      }
    };
  }

  @Override
  public void close() throws IOException {
    simulator.close();
  }

  // --- time and deeds ---

  /** The running process. */
  MaintenanceLoop process() {
    return process;
  }

  MaintenanceLoop.Result reconcile(String name) {
    return process.reconcile(name, Duration.ZERO);
  }

  void pass(Duration duration) {
    now = now.plus(duration);
  }

  /** The clock of the operator's machine is set. */
  void clockJumps(Duration by) {
    ahead = ahead.plus(by);
  }

  /** One round of the watch; gives the names of the resources that are to be reconciled soon. */
  List<String> watch() {
    watching = true;
    nextRound = now.plus(process.watch(""));
    watching = false;
    var names = List.copyOf(unseen);
    unseen.clear();
    return names;
  }

  /** The names that the round under way has told so far. */
  List<String> unseen() {
    return List.copyOf(unseen);
  }

  /**
   * Ticks for so long, each reconciliation when the one before wanted it, but a second later at
   * least, or when the watch has it reconciled.
   */
  void run(String name, Duration duration) {
    var end = now.plus(duration);
    runUntil(name, () -> !now.isBefore(end), end);
  }

  /** Ticks until it is so, for an hour at most. */
  void runUntil(String name, BooleanSupplier reached) {
    runUntil(name, reached, now.plus(Duration.ofHours(1)));
  }

  private void runUntil(String name, BooleanSupplier reached, Instant end) {
    var due = now;
    while (!reached.getAsBoolean()) {
      if (now.isAfter(end)) {
        throw new AssertionError("not reached in time: " + resources.read(name));
      }
      if (!now.isBefore(due)) {
        var next = reconcile(name).requeueAfter();
        due = now.plus(next.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : next);
      }
      if (!now.isBefore(nextRound) && watch().contains(name)) {
        due = now;
      } else {
        now = due.isBefore(nextRound) ? due : nextRound;
      }
    }
  }

  void runUntilPhase(String name, String phase) {
    runUntil(name, () -> phase.equals(status(name).phase()));
  }

  /** From now on this says whether the process leads. */
  void leading(BooleanSupplier leading) {
    this.leading = leading;
  }

  /** Asked right before a status is stored it leads; right before the request this is asked. */
  void leadingBeforeTheRequest(BooleanSupplier leading) {
    var asked = new AtomicInteger();
    leading(() -> asked.getAndIncrement() == 0 || leading.getAsBoolean());
  }

  Server place(NewServer server) {
    return simulator.cloud(c -> c.place(server));
  }

  Server active() {
    return place(NewServer.on("compute-1"));
  }

  void create(String name, String host) {
    create(name, host, null);
  }

  void create(String name, String host, String onDelete) {
    var resource = new HostMaintenance();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withUid("uid-of-" + name)
            .withGeneration(1L)
            .withCreationTimestamp(now.toString())
            .withFinalizers(HostMaintenance.FINALIZER)
            .build());
    resource.setSpec(HostMaintenanceSpecBuilder.builder().host(host).onDelete(onDelete).build());
    resources.store(resource);
  }

  /** As it is stored before the operator takes its host. */
  void withoutFinalizer(String name) {
    edit(
        name,
        r -> {
          r.getMetadata().setFinalizers(List.of());
          return r;
        });
  }

  /** Somebody edits the spec. */
  void spec(String name, UnaryOperator<HostMaintenanceSpecBuilder> change) {
    edit(
        name,
        r -> {
          r.setSpec(change.apply(HostMaintenanceSpecBuilder.builder(r.getSpec())).build());
          r.getMetadata().setGeneration(r.getMetadata().getGeneration() + 1);
          return r;
        });
  }

  void annotate(String name, String key, String value) {
    edit(
        name,
        r -> {
          r.getMetadata().getAnnotations().put(key, value);
          return r;
        });
  }

  void delete(String name) {
    edit(
        name,
        r -> {
          r.getMetadata().setDeletionTimestamp(now.toString());
          return r;
        });
  }

  private void edit(String name, UnaryOperator<HostMaintenance> edit) {
    resources.edit(name, edit);
  }

  // --- what there is ---

  InMemoryResources resources() {
    return resources;
  }

  CloudSimulator simulator() {
    return simulator;
  }

  /** Who was to be ticked soon since this was last asked. */
  List<String> woken() {
    var names = List.copyOf(woken);
    woken.clear();
    return names;
  }

  List<Notice> notices() {
    return notices;
  }

  Host host(String name) {
    return simulator.cloud(c -> c.host(name));
  }

  boolean gone(String name) {
    return !resources.exists(name);
  }

  /** The stored status; an empty one before the first write. */
  HostMaintenanceStatus status(String name) {
    var status = resources.read(name).orElseThrow().getStatus();
    return status == null ? HostMaintenanceStatus.builder().build() : status;
  }

  InstanceStatus row(String name, Server server) {
    return status(name).instances().stream()
        .filter(r -> r.id().equals(server.id()))
        .findFirst()
        .orElseThrow();
  }

  /** The status of a condition; empty text for none. */
  String condition(String name, String type) {
    return status(name).condition(type).map(Condition::status).orElse("");
  }

  static Predicate<Request> moveRequest() {
    return on("POST", "/v2\\.1/.*servers/[^/]+/action");
  }

  static Predicate<Request> servicePut() {
    return on("PUT", "/v2\\.1/.*os-services/[^/]+");
  }

  /** The requests for moves and confirmations so far, lost ones included. */
  List<Request> moveRequests() {
    return simulator.requests(moveRequest());
  }

  List<Request> servicePuts() {
    return simulator.requests(servicePut());
  }
}
