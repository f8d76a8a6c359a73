package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;

/**
 * How many moves of one host are in flight at Nova at once. Never null.
 *
 * @param live a number, or {@code Auto}
 * @param cold a number
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Concurrency(
    @Default("\"Auto\"")
        @ValidationRule(
            value = "type(self) == int ? self >= 1 && self <= 16 : self == 'Auto'",
            message = "concurrency.live must be Auto or a whole number from 1 to 16")
        @JsonPropertyDescription(
            "Live migrations that Nova runs or queues at once: Auto (default), or 1 to 16. By"
                + " Nova's default one runs. With Auto the operator queues as many more as may"
                + " begin before it observes the host again.")
        IntOrString live,
    @Min(1)
        @Max(16)
        @Default("4")
        @JsonPropertyDescription("Cold migrations in flight at Nova, 1 to 16, default 4.")
        Integer cold) {

  /** What Nova's queue of live migrations needs. */
  public static final IntOrString AUTO = new IntOrString("Auto");

  /** Replaces what is absent by the defaults of the CRD. */
  public Concurrency {
    live = live == null ? AUTO : live;
    cold = cold == null ? 4 : cold;
  }

  /** Fixed numbers of both, 1 to 16. */
  public Concurrency(int live, int cold) {
    this(new IntOrString(live), cold);
  }

  /**
   * The number of live migrations at once.
   *
   * @param auto how many there are with {@code Auto}
   */
  public int live(int auto) {
    return live.getIntVal() == null ? auto : live.getIntVal();
  }
}
