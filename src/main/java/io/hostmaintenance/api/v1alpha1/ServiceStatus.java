package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.time.Instant;
import java.util.List;

/** The nova-compute service as it was found. {@code reenabledTime} is never null. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceStatus(
    @JsonPropertyDescription("The uuid of the service.") String id,
    @JsonPropertyDescription("Whether this resource disabled it and gives it back.")
        Boolean disabledByUs,
    @JsonPropertyDescription("Its status before: enabled or disabled.") String previousStatus,
    @JsonPropertyDescription("Its disabled_reason before.") String previousReason,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription("When it was lately found enabled again by somebody else.")
        List<Instant> reenabledTime) {

  /** Replaces what is absent by false and by an empty list. */
  public ServiceStatus {
    disabledByUs = disabledByUs != null && disabledByUs;
    reenabledTime = reenabledTime == null ? List.of() : List.copyOf(reenabledTime);
  }
}
