package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.time.Instant;

/**
 * One row of the results table: what happened to one instance that was seen on the host.
 *
 * <p>The words of {@code action}, {@code state} and {@code reason} are those of {@link RowAction},
 * {@link RowState} and {@link Reason}; strings, so that an older CRD does not refuse a newer
 * operator.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record InstanceStatus(
    @Required @JsonPropertyDescription("Uuid of the instance.") String id,
    @JsonPropertyDescription("Name of the instance, cut to 100 bytes.") String name,
    @JsonPropertyDescription("Project that owns the instance.") String projectId,
    @JsonPropertyDescription(
            "Nova's status of the instance: ACTIVE, SHUTOFF, PAUSED, VERIFY_RESIZE, ...")
        String status,
    @JsonPropertyDescription(
            "The hypervisor's state of the guest: NoState, Running, Paused, Shutdown, Crashed,"
                + " Suspended.")
        String powerState,
    @JsonPropertyDescription(
            "What the operator does with the instance: LiveMigrate, ColdMigrate, Wait or None.")
        String action,
    @Required
        @JsonPropertyDescription(
            "State of the row: Pending, Requested (Nova's answer is not known yet), InProgress,"
                + " Confirming, Moved, Failed, Blocked (needs manual action), Skipped or Gone.")
        String state,
    @JsonPropertyDescription("Host that the instance moved to or moves to.") String destinationHost,
    @JsonPropertyDescription("Number of requests for a move.") Integer attempts,
    @JsonPropertyDescription("Id of Nova's migration record of the last attempt.") Long migrationId,
    @JsonPropertyDescription(
            "Request id of Nova's reply to the last request. Nova's logs name the request by"
                + " it.")
        String requestId,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "Nova's clock at the observation that led to the outstanding request.")
        Instant observedTime,
    @JsonPropertyDescription(
            "Keystone's id of the user that made the outstanding request; absent if there is"
                + " none.")
        String requestUserId,
    @JsonPropertyDescription(
            "Keystone's id of the project of the outstanding request; absent if there is none.")
        String requestProjectId,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Time of the outstanding request; absent if there is none.")
        Instant requestTime,
    @JsonPropertyDescription("Progress of the move in percent, in steps of 10.")
        Integer progressPercent,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Time when the move began to run (it was no longer queued).")
        Instant startTime,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Time when the row last changed its state or reason.")
        Instant lastTransitionTime,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Earliest time of the next request.")
        Instant nextAttemptTime,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "Time when the cloud first refused the request; absent if it does not.")
        Instant firstRefusedTime,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Time when the row reached its final state.")
        Instant completionTime,
    @JsonPropertyDescription("Reason of the state in one word; docs/reference.md lists all.")
        String reason,
    @JsonPropertyDescription("One sentence for people, with Nova's own text if there is one.")
        String message) {

  /** Whether it stands in this state. */
  public boolean is(RowState state) {
    return state.name().equals(this.state);
  }

  /** Whether this is why it stands there. */
  public boolean because(Reason reason) {
    return reason.name().equals(this.reason);
  }

  /** Whether a request of ours has not come to its end. */
  public boolean outstanding() {
    return requestTime != null;
  }

  /** How often a move was asked for; zero where none is recorded. */
  public int attemptsMade() {
    return attempts == null ? 0 : attempts;
  }

  /** How it is named to people: by name and id, or by its id alone. */
  public String label() {
    return name == null ? id : name + " (" + id + ")";
  }

  /** A builder with the values of this one. */
  public Builder toBuilder() {
    var b = new Builder();
    b.id = id;
    b.name = name;
    b.projectId = projectId;
    b.status = status;
    b.powerState = powerState;
    b.action = action;
    b.state = state;
    b.destinationHost = destinationHost;
    b.attempts = attempts;
    b.migrationId = migrationId;
    b.requestId = requestId;
    b.observedTime = observedTime;
    b.requestUserId = requestUserId;
    b.requestProjectId = requestProjectId;
    b.requestTime = requestTime;
    b.progressPercent = progressPercent;
    b.startTime = startTime;
    b.lastTransitionTime = lastTransitionTime;
    b.nextAttemptTime = nextAttemptTime;
    b.firstRefusedTime = firstRefusedTime;
    b.completionTime = completionTime;
    b.reason = reason;
    b.message = message;
    return b;
  }

  /** A builder without values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the values of a row. */
  public static final class Builder {
    private String id;
    private String name;
    private String projectId;
    private String status;
    private String powerState;
    private String action;
    private String state;
    private String destinationHost;
    private Integer attempts;
    private Long migrationId;
    private String requestId;
    private Instant observedTime;
    private String requestUserId;
    private String requestProjectId;
    private Instant requestTime;
    private Integer progressPercent;
    private Instant startTime;
    private Instant lastTransitionTime;
    private Instant nextAttemptTime;
    private Instant firstRefusedTime;
    private Instant completionTime;
    private String reason;
    private String message;

    private Builder() {}

    /** Sets id; null for none. */
    public Builder id(String id) {
      this.id = id;
      return this;
    }

    /** Sets name; null for none. */
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /** Sets projectId; null for none. */
    public Builder projectId(String projectId) {
      this.projectId = projectId;
      return this;
    }

    /** Sets status; null for none. */
    public Builder status(String status) {
      this.status = status;
      return this;
    }

    /** Sets powerState; null for none. */
    public Builder powerState(String powerState) {
      this.powerState = powerState;
      return this;
    }

    /** Sets action; null for none. */
    public Builder action(String action) {
      this.action = action;
      return this;
    }

    /** Sets state; null for none. */
    public Builder state(String state) {
      this.state = state;
      return this;
    }

    /** Sets destinationHost; null for none. */
    public Builder destinationHost(String destinationHost) {
      this.destinationHost = destinationHost;
      return this;
    }

    /** Sets attempts; null for none. */
    public Builder attempts(Integer attempts) {
      this.attempts = attempts;
      return this;
    }

    /** Sets migrationId; null for none. */
    public Builder migrationId(Long migrationId) {
      this.migrationId = migrationId;
      return this;
    }

    /** Sets requestId; null for none. */
    public Builder requestId(String requestId) {
      this.requestId = requestId;
      return this;
    }

    /** Sets observedTime; null for none. */
    public Builder observedTime(Instant observedTime) {
      this.observedTime = observedTime;
      return this;
    }

    /** Sets requestUserId; null for none. */
    public Builder requestUserId(String requestUserId) {
      this.requestUserId = requestUserId;
      return this;
    }

    /** Sets requestProjectId; null for none. */
    public Builder requestProjectId(String requestProjectId) {
      this.requestProjectId = requestProjectId;
      return this;
    }

    /** Sets requestTime; null for none. */
    public Builder requestTime(Instant requestTime) {
      this.requestTime = requestTime;
      return this;
    }

    /** Sets progressPercent; null for none. */
    public Builder progressPercent(Integer progressPercent) {
      this.progressPercent = progressPercent;
      return this;
    }

    /** Sets startTime; null for none. */
    public Builder startTime(Instant startTime) {
      this.startTime = startTime;
      return this;
    }

    /** Sets lastTransitionTime; null for none. */
    public Builder lastTransitionTime(Instant lastTransitionTime) {
      this.lastTransitionTime = lastTransitionTime;
      return this;
    }

    /** Sets nextAttemptTime; null for none. */
    public Builder nextAttemptTime(Instant nextAttemptTime) {
      this.nextAttemptTime = nextAttemptTime;
      return this;
    }

    /** Sets firstRefusedTime; null for none. */
    public Builder firstRefusedTime(Instant firstRefusedTime) {
      this.firstRefusedTime = firstRefusedTime;
      return this;
    }

    /** Sets completionTime; null for none. */
    public Builder completionTime(Instant completionTime) {
      this.completionTime = completionTime;
      return this;
    }

    /** Sets reason; null for none. */
    public Builder reason(String reason) {
      this.reason = reason;
      return this;
    }

    /** Sets message; null for none. */
    public Builder message(String message) {
      this.message = message;
      return this;
    }

    /** The record with these values. */
    public InstanceStatus build() {
      return new InstanceStatus(
          id,
          name,
          projectId,
          status,
          powerState,
          action,
          state,
          destinationHost,
          attempts,
          migrationId,
          requestId,
          observedTime,
          requestUserId,
          requestProjectId,
          requestTime,
          progressPercent,
          startTime,
          lastTransitionTime,
          nextAttemptTime,
          firstRefusedTime,
          completionTime,
          reason,
          message);
    }
  }
}
