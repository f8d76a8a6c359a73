package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Priority;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * Which request to a cloud goes out next. It has no clock and no threads; all times are of a
 * stopwatch in nanoseconds. Not thread-safe.
 *
 * <ol>
 *   <li>A more urgent {@link Priority} goes first.
 *   <li>Within a priority the hosts take turns, whichever has how many requests.
 *   <li>A host's own requests go in their order.
 * </ol>
 *
 * <p>What may wait never takes the requests that are {@link Limits#KEPT kept}. Questions for single
 * hosts stay below the {@link Ceiling}. While the cloud wants to be left alone, nothing goes out
 * but {@link Priority#IMMEDIATE} and {@link Priority#CHANGE}, which have pauses of their own.
 *
 * @param <R> what a request is to whoever waits for it; told apart by identity
 */
final class RequestQueue<R> {

  private final Limits limits;
  private final Ceiling ceiling;
  private final Map<Priority, SequencedMap<String, Deque<R>>> waiting =
      new EnumMap<>(Priority.class);
  private int immediate;
  private int others;

  /** With nobody waiting and no request under way. */
  RequestQueue(Limits limits, long now) {
    this.limits = limits;
    this.ceiling = new Ceiling(limits.readsPerSecond(), now);
    for (var priority : Priority.values()) {
      waiting.put(priority, new LinkedHashMap<>());
    }
  }

  /** A request begins to wait, behind those of its host and behind the hosts that wait. */
  void add(R request, Priority priority, String host) {
    waiting.get(priority).computeIfAbsent(host, h -> new ArrayDeque<>()).addLast(request);
  }

  /** A request waits no more without having gone out. */
  void remove(R request, Priority priority, String host) {
    waiting
        .get(priority)
        .computeIfPresent(
            host,
            (h, requests) -> {
              requests.removeIf(r -> r == request);
              return requests.isEmpty() ? null : requests;
            });
  }

  /** The request that goes out now, which is under way from then on; empty when none may. */
  Optional<R> next(long now) {
    for (var priority : Priority.values()) {
      if (!waiting.get(priority).isEmpty() && mayGo(priority, now)) {
        begin(priority, now);
        return Optional.of(first(waiting.get(priority)));
      }
    }
    return Optional.empty();
  }

  /** The first request for which one is free and which only time holds up; empty for none. */
  Optional<R> delayed(long now) {
    return Stream.of(Priority.values())
        .filter(p -> !waiting.get(p).isEmpty() && free(p) && pause(p, now) > 0)
        .findFirst()
        .map(p -> waiting.get(p).firstEntry().getValue().getFirst());
  }

  private boolean mayGo(Priority priority, long now) {
    return free(priority) && pause(priority, now) <= 0;
  }

  private boolean free(Priority priority) {
    var free = immediate + others < limits.requestsInFlight();
    return switch (priority) {
      case IMMEDIATE -> free;
      case CHANGE, WATCH, DRAINING, IDLE -> free && others < limits.forOthers();
    };
  }

  private void begin(Priority priority, long now) {
    switch (priority) {
      case IMMEDIATE -> immediate++;
      case CHANGE, WATCH -> others++;
      case DRAINING, IDLE -> {
        others++;
        ceiling.count(now);
      }
    }
  }

  /** The first request of the host whose turn it is; it is the last host's turn next time. */
  private static <R> R first(SequencedMap<String, Deque<R>> hosts) {
    var turn = hosts.pollFirstEntry();
    var request = turn.getValue().removeFirst();
    if (!turn.getValue().isEmpty()) {
      hosts.putLast(turn.getKey(), turn.getValue());
    }
    return request;
  }

  /** A request of this priority that went out has come to its end. */
  void end(Priority priority) {
    if (priority == Priority.IMMEDIATE) {
      immediate--;
    } else {
      others--;
    }
  }

  /**
   * After how many nanoseconds a request of this priority may go out, if it is its turn and one is
   * free; zero or less: now.
   */
  long pause(Priority priority, long now) {
    return switch (priority) {
      case IMMEDIATE, CHANGE -> 0;
      case WATCH -> ceiling.closedFor(now);
      case DRAINING, IDLE -> ceiling.pause(now);
    };
  }

  /**
   * For how many nanoseconds the cloud wants no request of this priority; zero or less: it does.
   */
  long closedFor(Priority priority, long now) {
    return switch (priority) {
      case IMMEDIATE, CHANGE -> 0;
      case WATCH, DRAINING, IDLE -> ceiling.closedFor(now);
    };
  }

  /**
   * The cloud has refused a request because it is asked too often, see {@link Ceiling#refused}.
   *
   * @param pause how long it wants to be left alone
   * @param sent when the request went out
   */
  void refused(Duration pause, long sent, long now) {
    ceiling.refused(pause, sent, now);
  }

  /** All that wait. */
  Stream<R> waiting() {
    return waiting.values().stream()
        .flatMap(hosts -> hosts.values().stream())
        .flatMap(Deque::stream);
  }
}
