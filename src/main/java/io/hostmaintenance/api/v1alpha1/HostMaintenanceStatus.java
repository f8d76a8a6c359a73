package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the operator knows of a host in maintenance.
 *
 * <p>Written by the operator alone. Lists are never null; the counts are null before the first
 * complete observation and add up to {@code total} afterwards.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record HostMaintenanceStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status is based on; -1 until the operator has"
                + " seen the resource.")
        Long observedGeneration,
    @JsonPropertyDescription("Pending, Draining, Blocked, InMaintenance, Failed or Exiting.")
        String phase,
    @JsonPropertyDescription(
            "ServiceDisabled, Drained and Ready always, Reconciling and Stalled only while they"
                + " are True.")
        List<Condition> conditions,
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

  /** The condition of a type; empty when it is not there. */
  public Optional<Condition> condition(String type) {
    return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
  }

  /** A builder with the values of this one. */
  public Builder toBuilder() {
    var b = new Builder();
    b.observedGeneration = observedGeneration;
    b.phase = phase;
    b.conditions = conditions;
    b.service = service;
    b.progress = progress;
    b.total = total;
    b.moved = moved;
    b.failed = failed;
    b.blocked = blocked;
    b.skipped = skipped;
    b.gone = gone;
    b.remaining = remaining;
    b.firstEmptyTime = firstEmptyTime;
    b.retry = retry;
    b.instances = instances;
    return b;
  }

  /** A builder without values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the values of a status. */
  public static final class Builder {
    private Long observedGeneration;
    private String phase;
    private List<Condition> conditions;
    private ServiceStatus service;
    private String progress;
    private Integer total;
    private Integer moved;
    private Integer failed;
    private Integer blocked;
    private Integer skipped;
    private Integer gone;
    private Integer remaining;
    private Instant firstEmptyTime;
    private String retry;
    private List<InstanceStatus> instances;

    private Builder() {}

    /** Sets observedGeneration; null for none. */
    public Builder observedGeneration(Long observedGeneration) {
      this.observedGeneration = observedGeneration;
      return this;
    }

    /** Sets phase; null for none. */
    public Builder phase(String phase) {
      this.phase = phase;
      return this;
    }

    /** Sets conditions; null for none. */
    public Builder conditions(List<Condition> conditions) {
      this.conditions = conditions;
      return this;
    }

    /** Sets service; null for none. */
    public Builder service(ServiceStatus service) {
      this.service = service;
      return this;
    }

    /** Sets progress; null for none. */
    public Builder progress(String progress) {
      this.progress = progress;
      return this;
    }

    /** Sets total; null for none. */
    public Builder total(Integer total) {
      this.total = total;
      return this;
    }

    /** Sets moved; null for none. */
    public Builder moved(Integer moved) {
      this.moved = moved;
      return this;
    }

    /** Sets failed; null for none. */
    public Builder failed(Integer failed) {
      this.failed = failed;
      return this;
    }

    /** Sets blocked; null for none. */
    public Builder blocked(Integer blocked) {
      this.blocked = blocked;
      return this;
    }

    /** Sets skipped; null for none. */
    public Builder skipped(Integer skipped) {
      this.skipped = skipped;
      return this;
    }

    /** Sets gone; null for none. */
    public Builder gone(Integer gone) {
      this.gone = gone;
      return this;
    }

    /** Sets remaining; null for none. */
    public Builder remaining(Integer remaining) {
      this.remaining = remaining;
      return this;
    }

    /** Sets firstEmptyTime; null for none. */
    public Builder firstEmptyTime(Instant firstEmptyTime) {
      this.firstEmptyTime = firstEmptyTime;
      return this;
    }

    /** Sets retry; null for none. */
    public Builder retry(String retry) {
      this.retry = retry;
      return this;
    }

    /** Sets instances; null for none. */
    public Builder instances(List<InstanceStatus> instances) {
      this.instances = instances;
      return this;
    }

    /** The record with these values. */
    public HostMaintenanceStatus build() {
      return new HostMaintenanceStatus(
          observedGeneration,
          phase,
          conditions,
          service,
          progress,
          total,
          moved,
          failed,
          blocked,
          skipped,
          gone,
          remaining,
          firstEmptyTime,
          retry,
          instances);
    }
  }
}
