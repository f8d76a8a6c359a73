package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the operator knows of a host in maintenance.
 *
 * <p>Written by the operator alone. Lists are never null; the counts are null before the first
 * complete observation and add up to {@code total} afterwards.
 */
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record HostMaintenanceStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status is based on; -1 until the operator has"
                + " seen the resource.")
        Long observedGeneration,
    @JsonPropertyDescription(
            "Number of the schema of the operator that wrote this status. An operator with a lower"
                + " number leaves the resource alone.")
        Integer schema,
    @JsonPropertyDescription(
            "Pending, Draining, Blocked, InMaintenance, Failed, Exiting, or Planned with mode Plan.")
        String phase,
    @JsonPropertyDescription(
            "ServiceDisabled, Drained and Ready always, Reconciling and Stalled only while they"
                + " are True. With mode Plan: Planned, and Reconciling or Stalled.")
        List<Condition> conditions,
    @JsonPropertyDescription(
            "What a drain would do, with mode Plan; afterwards the last plan before the drain.")
        PlanStatus plan,
    @JsonPropertyDescription("The cloud that the host was taken in.") CloudStatus cloud,
    @JsonPropertyDescription(
            "The nova-compute service before the maintenance, so that the operator can give it"
                + " back.")
        ServiceStatus service,
    @JsonPropertyDescription("Instances that are moved or gone, of all instances, such as 5/8.")
        String progress,
    @JsonPropertyDescription("Number of all instances that were seen on the host.") Integer total,
    @JsonPropertyDescription("Instances that the operator moved.") Integer moved,
    @JsonPropertyDescription("Instances whose move failed.") Integer failed,
    @JsonPropertyDescription("Instances that need manual action.") Integer blocked,
    @JsonPropertyDescription("Instances that the spec leaves on the host.") Integer skipped,
    @JsonPropertyDescription("Instances that were deleted or that someone else moved.")
        Integer gone,
    @JsonPropertyDescription("Instances that wait for their move or are under way.")
        Integer remaining,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "Time when the operator took the host; drainTimeout counts from here.")
        Instant startTime,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "Time of the first check that found the host empty, by Nova's clock.")
        Instant firstEmptyTime,
    @JsonPropertyDescription(
            "Last value of the annotation hostmaintenance.io/retry that the operator acted on.")
        String retry,
    @JsonPropertyDescription("One row for each instance that was ever seen on the host.")
        List<InstanceStatus> instances) {

  /** Replaces absent lists by empty ones. */
  public HostMaintenanceStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    instances = instances == null ? List.of() : List.copyOf(instances);
  }

  /** Whether an operator wrote it whose schema this one does not know. */
  public boolean newer() {
    return schema != null && schema > HostMaintenance.SCHEMA_VERSION;
  }

  /** The condition of a type; empty when it is not there. */
  public Optional<Condition> condition(String type) {
    return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
  }

  /** Whether the condition of a type is there and True. */
  public boolean isTrue(String type) {
    return condition(type).filter(Condition::isTrue).isPresent();
  }

  /** A builder with the values of this one. */
  public HostMaintenanceStatusBuilder toBuilder() {
    return HostMaintenanceStatusBuilder.builder(this);
  }

  /** A builder without values. */
  public static HostMaintenanceStatusBuilder builder() {
    return HostMaintenanceStatusBuilder.builder();
  }
}
