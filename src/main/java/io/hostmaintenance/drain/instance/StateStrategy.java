package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.nova.Instance;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** A strategy of the spec that is for one state of instances, one row each. */
enum StateStrategy {
  ACTIVE("active", "active", Strategies::active),
  PAUSED("paused", "paused", Strategies::paused),
  STOPPED("stopped", "stopped", Strategies::stopped),
  SUSPENDED("suspended", "suspended", Strategies::suspended),
  RESCUED("rescued", "rescued", Strategies::rescued),
  SHELVED("shelved", "shelved", Strategies::shelved),
  SOFT_DELETED("soft-delete", "softDeleted", Strategies::softDeleted),
  ERROR("error", "error", Strategies::error),
  UNCONFIRMED_RESIZE("resized", "unconfirmedResize", Strategies::unconfirmedResize);

  /** The value that every state has. */
  static final String SKIP = "Skip";

  private final String vmState;
  private final String field;
  private final Function<Strategies, String> value;

  StateStrategy(String vmState, String field, Function<Strategies, String> value) {
    this.vmState = vmState;
    this.field = field;
    this.value = value;
  }

  /** That of a state (nova/compute/vm_states.py); empty for one that no strategy is for. */
  static Optional<StateStrategy> of(Instance instance) {
    return Arrays.stream(values()).filter(s -> s.vmState.equals(instance.vmState())).findFirst();
  }

  /** What these strategies say for its state. */
  String value(Strategies strategies) {
    return value.apply(strategies);
  }

  /** Whether a strategy for the state may have this value. */
  boolean has(String word) {
    return Strategies.values().get(field).contains(word);
  }

  /** As a row shows it. */
  String shown(String word) {
    return field + "=" + word;
  }

  /** Whether an instance in this state does not run and leaves a host that is rebooted alone. */
  boolean off() {
    return switch (this) {
      case STOPPED, SUSPENDED, SHELVED, SOFT_DELETED -> true;
      case ACTIVE, PAUSED, RESCUED, ERROR, UNCONFIRMED_RESIZE -> false;
    };
  }
}
