package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;

/**
 * One row of the results table: what happened to one instance that was seen on the host.
 *
 * <p>The words of {@code action}, {@code state} and {@code reason} are those of {@link RowAction},
 * {@link RowState} and {@link Reason}; strings, so that an older CRD does not refuse a newer
 * operator.
 */
@RecordBuilder
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
            "What the operator does with the instance: LiveMigrate, ColdMigrate, a way of several"
                + " steps such as ResumeLiveSuspend, Wait or None.")
        String action,
    @JsonPropertyDescription(
            "Which strategy of the spec applies, such as suspended=ResumeLiveSuspend; absent where"
                + " none does.")
        String strategy,
    @JsonPropertyDescription(
            "Last request of a way of several steps, such as Resume or LiveMigrate; absent before"
                + " its first one.")
        String step,
    @JsonPropertyDescription("What the operator would do with the instance; with mode Plan only.")
        InstancePlan plan,
    @Required
        @JsonPropertyDescription(
            "State of the row: Pending, Requested (Nova's answer is not known yet), InProgress,"
                + " Confirming, Restoring (the guest is brought back to the state that it had),"
                + " Moved, Failed, Blocked (needs manual action), Skipped or Gone.")
        String state,
    @JsonPropertyDescription("Host that the instance moved to or moves to.") String destinationHost,
    @JsonPropertyDescription("Number of requests for a move.") Integer attempts,
    @JsonPropertyDescription("Id of Nova's migration record of the last attempt.") Long migrationId,
    @JsonPropertyDescription(
            "Request id of Nova's reply to the last request. Nova's logs name the request by"
                + " it.")
        String requestId,
    @JsonPropertyDescription(
            "Request id of the operator's stop of the instance, which it starts again when this"
                + " resource is deleted; absent if it did not stop it.")
        String stopRequestId,
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
  public InstanceStatusBuilder toBuilder() {
    return InstanceStatusBuilder.builder(this);
  }

  /** A builder without values. */
  public static InstanceStatusBuilder builder() {
    return InstanceStatusBuilder.builder();
  }
}
