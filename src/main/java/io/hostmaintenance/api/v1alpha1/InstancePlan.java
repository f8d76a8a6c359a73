package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** What a drain would do with one instance; its action stands in the row. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record InstancePlan(
    @JsonPropertyDescription(
            "The requests of its way, in order, such as Resume, Pause, LiveMigrate.")
        List<String> steps,
    @JsonPropertyDescription(
            "Hosts that have room for it by placement, 3 at most. Nova's filters are not asked and"
                + " nothing is reserved.")
        List<String> candidateHosts,
    @JsonPropertyDescription("Number of all such hosts; absent if placement does not tell.")
        Integer candidateCount,
    @JsonPropertyDescription(
            "Local disk that the move copies at most, in GiB; absent if Nova does not tell.")
        Integer copyGiB) {

  /** Replaces absent lists by empty ones. */
  public InstancePlan {
    steps = steps == null ? List.of() : List.copyOf(steps);
    candidateHosts = candidateHosts == null ? List.of() : List.copyOf(candidateHosts);
  }
}
