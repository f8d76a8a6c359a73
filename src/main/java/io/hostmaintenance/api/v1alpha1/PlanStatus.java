package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.time.Instant;
import java.util.List;

/** What a drain of the host would do, in figures. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PlanStatus(
    @JsonPropertyDescription("How many instances each action is planned for.")
        List<ActionCount> actions,
    @JsonPropertyDescription("Number of instances that need manual action first.") Integer blocked,
    @JsonPropertyDescription("Number of instances that the spec leaves on the host.")
        Integer skipped,
    @JsonPropertyDescription(
            "Fits: by placement each instance has a host and all fit together. Short: not all fit."
                + " Unknown: placement does not tell.")
        String capacity,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "Nova's clock at the first observation that led to this plan; later ones that lead to"
                + " the same plan do not change it.")
        Instant observedTime) {

  /** Whether the instances fit elsewhere, by placement. */
  public enum Capacity {
    /** Each has a host, and all fit together. */
    Fits,
    /** Not all fit together. */
    Short,
    /** Placement does not tell. */
    Unknown
  }

  /** How often an action is planned. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ActionCount(
      @Required @JsonPropertyDescription("The action, such as LiveMigrate.") String action,
      @Required @JsonPropertyDescription("Number of instances.") int count) {}

  /** Replaces an absent list by an empty one. */
  public PlanStatus {
    actions = actions == null ? List.of() : List.copyOf(actions);
  }

  /** The same, observed at another time. */
  public PlanStatus at(Instant time) {
    return new PlanStatus(actions, blocked, skipped, capacity, time);
  }
}
