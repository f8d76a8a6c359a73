package io.hostmaintenance.simulation;

import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.operator.ParallelReads;
import io.hostmaintenance.operator.SimulatedOperator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One operator process: reconciliations as JOSDK would let it reconciliation, one reconciliation of
 * a resource at a time, until it ends.
 */
final class OperatorProcess {
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(60);

  private final World world;
  private final String name;
  private final Instant started;
  private final SimulatedOperator operator;
  private final Deque<Reconciliation> ticks = new ArrayDeque<>();
  private final Map<String, Integer> tickets = new HashMap<>();
  private final Map<String, Duration> retries = new HashMap<>();
  private final Set<String> again = new HashSet<>();
  private Duration skew;
  private Duration parallelReads;
  private final Map<String, ObservedTruth.Services> services = new HashMap<>();
  private boolean alive = true;
  private boolean leading = true;
  private Duration watchLag = Duration.ZERO;

  /**
   * A reconciliation that runs, or a round of a watch.
   *
   * @param resource its name; empty in a round
   * @param cloud the name of the cloud that it is of
   */
  private record Reconciliation(String resource, String cloud, ObservedTruth observed) {}

  OperatorProcess(World world, String name, Duration skew) {
    this.world = world;
    this.name = name;
    this.skew = skew;
    this.started = world.now();
    this.operator =
        new SimulatedOperator(
            novas(),
            world.kubernetes().as(this),
            (resource, notice) -> world.told(this, resource, notice),
            world.settings(),
            () -> world.now().plus(this.skew),
            () -> Duration.between(World.START, world.now()).toNanos(),
            new SideBySide(),
            () -> leading,
            this::wake);
  }

  private Map<String, Nova> novas() {
    var novas = new HashMap<String, Nova>();
    for (var site : world.sites()) {
      for (var cloud : site.names()) {
        novas.put(cloud, new SimulatedNova(world, this, site, cloud));
      }
    }
    return novas;
  }

  /** Answers one after the other, in the time of the one that takes longest. */
  private final class SideBySide implements ParallelReads {
    @Override
    public <T> List<T> all(List<Supplier<T>> questions) {
      var answers = new ArrayList<T>();
      var longest = Duration.ZERO;
      for (var question : questions) {
        var outer = parallelReads;
        parallelReads = Duration.ZERO;
        try {
          answers.add(question.get());
          longest = longest.compareTo(parallelReads) < 0 ? parallelReads : longest;
        } finally {
          parallelReads = outer;
        }
      }
      world.pass(longest);
      live();
      return answers;
    }
  }

  /** Lets the time of a call pass, or counts it while several calls are under way. */
  void pass(Duration time) {
    if (parallelReads == null) {
      world.pass(time);
    } else {
      parallelReads = parallelReads.plus(time);
    }
  }

  String name() {
    return name;
  }

  Instant started() {
    return started;
  }

  boolean alive() {
    return alive;
  }

  boolean leading() {
    return alive && leading;
  }

  void skew(Duration value) {
    skew = value;
    world.isBehind(value.negated());
  }

  Duration skew() {
    return skew;
  }

  Duration watchLag() {
    return watchLag;
  }

  void watchLag(Duration value) {
    watchLag = value;
  }

  void stopLeading() {
    leading = false;
  }

  /** The observation of the reconciliation that runs. */
  ObservedTruth observed() {
    var tick = ticks.getFirst();
    Optional.ofNullable(services.get(tick.cloud())).ifPresent(tick.observed()::sharedServices);
    return tick.observed();
  }

  /** What was true when this process was last told a cloud's services, which its hosts share. */
  void told(String cloud, ObservedTruth.Services truth) {
    services.put(cloud, truth);
  }

  /** The name of the resource whose reconciliation runs. */
  String resource() {
    return ticks.getFirst().resource();
  }

  /** The name of the cloud of the resource whose reconciliation runs, or of the round. */
  String cloud() {
    return ticks.getFirst().cloud();
  }

  /** Does nothing for so long; another takes over once its lease is over. */
  void stopped(Duration time) {
    var lease = world.settings().leaseTime();
    world.pass(time.compareTo(lease) < 0 ? time : lease);
    if (time.compareTo(lease) > 0) {
      if (leading()) {
        world.handOver();
      }
      world.pass(time.minus(lease));
    }
    live();
  }

  /** Ends here and now. */
  Crash crash() {
    if (alive) {
      alive = false;
      world.crashed(this);
    }
    return new Crash(this);
  }

  /** Lets a dead process do nothing more. */
  void live() {
    if (!alive) {
      throw new Crash(this);
    }
  }

  /** The watch tells of a change that is no write of ours. */
  void changed(String resource) {
    world.after(
        watchLag.plusMillis(20),
        () -> {
          if (leading()) {
            reconcileAfter(resource, Duration.ZERO);
          }
        });
  }

  /** A host or a place became free: the resource that waits for it is ticked soon. */
  private void wake(String resource) {
    world.after(
        Duration.ofMillis(1),
        () -> {
          if (leading()) {
            reconcileAfter(resource, Duration.ZERO);
          }
        });
  }

  /** Ticks the resource after this time, whatever was planned for it before. */
  void reconcileAfter(String resource, Duration pause) {
    if (ticks.stream().anyMatch(t -> t.resource().equals(resource))) {
      again.add(resource);
      return;
    }
    var ticket = tickets.merge(resource, 1, Integer::sum);
    world.after(
        pause,
        () -> {
          if (leading() && tickets.get(resource) == ticket) {
            reconcile(resource);
          }
        });
  }

  /** Rounds of the watch of a cloud from now on, while this process leads and knows the cloud. */
  void watch(String cloud) {
    if (!leading()) {
      return;
    }
    if (!operator.knows(cloud)) {
      world.after(world.settings().pollMoving(), () -> watch(cloud));
      return;
    }
    var round = new Reconciliation("", cloud, new ObservedTruth(world.now()));
    ticks.push(round);
    try {
      var pause = operator.watch(cloud);
      ticks.remove(round);
      world.site(cloud).promises().watched(this, cloud, round.observed());
      world.after(pause, () -> watch(cloud));
    } catch (Crash crash) {
      ticks.remove(round);
      if (crash.process != this || !ticks.isEmpty()) {
        throw crash;
      }
    } finally {
      ticks.remove(round);
    }
  }

  private void reconcile(String resource) {
    var stored = world.kubernetes().get(resource);
    if (stored.isEmpty()) {
      return;
    }
    var spec = stored.get().getSpec();
    var cloud = World.cloudName(spec);
    var tick = new Reconciliation(resource, cloud, new ObservedTruth(world.now(), spec));
    ticks.push(tick);
    try {
      var result = operator.reconcile(resource);
      ticks.remove(tick);
      retries.remove(resource);
      world.site(spec).promises().ticked(this, resource, tick.observed());
      world.ticked(resource);
      var soon = again.remove(resource) || result.requeueAfter().isZero();
      reconcileAfter(resource, soon ? Duration.ofMillis(1) : result.requeueAfter());
    } catch (Crash crash) {
      ticks.remove(tick);
      if (crash.process != this) {
        throw crash;
      }
      if (!ticks.isEmpty()) {
        throw crash;
      }
    } catch (SimulatedKubernetes.Down down) {
      ticks.remove(tick);
      var pause = retries.getOrDefault(resource, RETRY);
      retries.put(
          resource,
          pause.multipliedBy(2).compareTo(LONGEST_RETRY) > 0
              ? LONGEST_RETRY
              : pause.multipliedBy(2));
      reconcileAfter(resource, again.remove(resource) ? Duration.ofMillis(1) : pause);
    } catch (RuntimeException e) {
      throw new Broken("no tick ends with an exception of our own", e);
    } finally {
      ticks.remove(tick);
    }
  }
}
