package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How many moves of one host are in flight at Nova at once. Never null. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Concurrency(
    @Min(1)
        @Max(16)
        @Default("2")
        @JsonPropertyDescription(
            "Live migrations in flight at Nova, 1 to 16, default 2. By Nova's default one of"
                + " them runs and the others are queued.")
        Integer live,
    @Min(1)
        @Max(16)
        @Default("1")
        @JsonPropertyDescription("Cold migrations in flight at Nova, 1 to 16, default 1.")
        Integer cold) {

  /** Replaces what is absent by the defaults of the CRD. */
  public Concurrency {
    live = live == null ? 2 : live;
    cold = cold == null ? 1 : cold;
  }
}
