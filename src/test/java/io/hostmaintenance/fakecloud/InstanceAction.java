package io.hostmaintenance.fakecloud;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What was asked of a server in one request and which steps followed (os-instance-actions). */
public final class InstanceAction {
  private final InstantSource clock;
  private final String action;
  private final String serverId;
  private final Caller caller;
  private final Instant startTime;
  private final List<Event> events = new ArrayList<>();
  private String message;
  private Instant updatedAt;

  InstanceAction(InstantSource clock, String action, String serverId, Caller caller) {
    this.clock = clock;
    this.action = action;
    this.serverId = serverId;
    this.caller = caller;
    this.startTime = clock.instant();
    this.updatedAt = startTime;
  }

  /** Nova's name of the action, such as {@code live-migration}. */
  public String action() {
    return action;
  }

  /** The server it was asked of. */
  public String serverId() {
    return serverId;
  }

  /** Who asked, in which request. */
  public Caller caller() {
    return caller;
  }

  /** When it was asked. */
  public Instant startTime() {
    return startTime;
  }

  /** {@code Error} once any event failed, otherwise null. */
  public String message() {
    return message;
  }

  /** When it or one of its events last changed. */
  public Instant updatedAt() {
    return updatedAt;
  }

  /** The steps so far, oldest first (the API shows them newest first). */
  public List<Event> events() {
    return Collections.unmodifiableList(events);
  }

  Event begin(String name, String host) {
    var event = new Event(name, host);
    events.add(event);
    updatedAt = clock.instant();
    return event;
  }

  /** The oldest event of this name: when one ends, Nova finishes the first that it finds. */
  Event first(String name) {
    return events.stream().filter(e -> e.name.equals(name)).findFirst().orElseThrow();
  }

  Event succeed(String name, String host) {
    var event = begin(name, host);
    event.succeed();
    return event;
  }

  /** One step of an action. */
  public final class Event {
    private final String name;
    private final String host;
    private final Instant startTime = clock.instant();
    private Instant finishTime;
    private String result;
    private String details;

    Event(String name, String host) {
      this.name = name;
      this.host = host;
    }

    /** Nova's name of the step. */
    public String name() {
      return name;
    }

    /** The service host it ran on. */
    public String host() {
      return host;
    }

    /** When it began. */
    public Instant startTime() {
      return startTime;
    }

    /** When it ended, null while it has not (some never do). */
    public Instant finishTime() {
      return finishTime;
    }

    /** {@code Success}, {@code Error}, or null while unfinished. */
    public String result() {
      return result;
    }

    /** Why it failed, or null. */
    public String details() {
      return details;
    }

    void succeed() {
      finish("Success");
    }

    void fail(String reason) {
      finish("Error");
      details = reason;
      message = "Error";
    }

    private void finish(String how) {
      finishTime = clock.instant();
      updatedAt = finishTime;
      result = how;
    }
  }
}
