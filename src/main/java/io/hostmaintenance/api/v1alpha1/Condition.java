package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.time.Instant;

/** A condition in the shape of KEP-1623, which kubectl wait and Flux read. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @Required @JsonPropertyDescription("Type of the condition, in CamelCase.") String type,
    @Required @JsonPropertyDescription("True, False or Unknown.") String status,
    @JsonPropertyDescription("Reason of the last change in one word; docs/reference.md lists all.")
        String reason,
    @JsonPropertyDescription("One sentence for people.") String message,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("Time of the last change of the status.")
        Instant lastTransitionTime,
    @JsonPropertyDescription("Generation of the spec that the condition is based on.")
        Long observedGeneration) {

  /** Nova's service is disabled, by us or before us. */
  public static final String SERVICE_DISABLED = "ServiceDisabled";

  /** The host was seen empty twice, a settle time apart. */
  public static final String DRAINED = "Drained";

  /** The host is in maintenance: disabled and verified empty. */
  public static final String READY = "Ready";

  /** With mode Plan, in place of the three others: whether a drain would empty the host. */
  public static final String PLANNED = "Planned";

  /** The operator goes on without help. */
  public static final String RECONCILING = "Reconciling";

  /** Nothing goes on until somebody acts. */
  public static final String STALLED = "Stalled";

  /** Whether this is why it stands so. */
  public boolean because(Reason reason) {
    return reason.name().equals(this.reason);
  }

  /** Whether its status is True. */
  @JsonIgnore
  public boolean isTrue() {
    return "True".equals(status);
  }
}
