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
    @JsonPropertyDescription("Uuid of the service.") String id,
    @JsonPropertyDescription("Whether this resource disabled the service and gives it back.")
        Boolean disabledByUs,
    @JsonPropertyDescription("Status of the service before: enabled or disabled.")
        String previousStatus,
    @JsonPropertyDescription("disabled_reason of the service before.") String previousReason,
    @JsonFormat(shape = JsonFormat.Shape.STRING)
        @JsonPropertyDescription(
            "The latest times when someone enabled the service during the maintenance.")
        List<Instant> reenabledTime) {

  /** Replaces what is absent by false and by an empty list. */
  public ServiceStatus {
    disabledByUs = disabledByUs != null && disabledByUs;
    reenabledTime = reenabledTime == null ? List.of() : List.copyOf(reenabledTime);
  }
}
