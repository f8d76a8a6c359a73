package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** The cloud that a host was taken in, so that no other one is taken for it. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CloudStatus(
    @JsonPropertyDescription("Its name; absent for the only cloud of a clouds.yaml.") String name,
    @JsonPropertyDescription("URL of its Nova.") String endpoint) {}
