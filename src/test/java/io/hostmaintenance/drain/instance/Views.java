package io.hostmaintenance.drain.instance;

import static io.hostmaintenance.drain.Given.HOST;
import static io.hostmaintenance.drain.Given.NOON;
import static io.hostmaintenance.drain.Given.OTHER;
import static io.hostmaintenance.drain.Given.US;

import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpecBuilder;
import io.hostmaintenance.api.v1alpha1.Strategies;
import io.hostmaintenance.drain.Fixtures;
import io.hostmaintenance.drain.Given;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What is known of one instance, so long after noon. */
final class Views {

  private Views() {}

  /** Nova was asked about the instance, and the operator has waited since noon. */
  static InstanceView asked(
      Duration afterNoon,
      Instance instance,
      List<Migration> migrations,
      List<InstanceAction> actions,
      Optional<InstanceAction> events) {
    return view(
        afterNoon,
        instance,
        Optional.of(Fixtures.detail(Optional.of(instance), migrations, actions, events)),
        List.of());
  }

  /** Only the lists of the host are known. */
  static InstanceView notAsked(Duration afterNoon, Instance instance, Migration... listed) {
    return view(afterNoon, instance, Optional.empty(), List.of(listed));
  }

  private static InstanceView view(
      Duration afterNoon, Instance instance, Optional<Detail> detail, List<Migration> listed) {
    return new InstanceView(
        host(afterNoon),
        Optional.of(instance).filter(i -> HOST.equals(i.host())),
        detail,
        listed,
        List.of(),
        List.of(),
        afterNoon,
        Duration.ZERO);
  }

  private static HostView host(Duration afterNoon) {
    return host(afterNoon, HostMaintenanceSpecBuilder.builder().host(HOST).build());
  }

  static HostView host(Duration afterNoon, HostMaintenanceSpec spec) {
    var now = NOON.plus(afterNoon);
    return new HostView(
        HOST,
        Optional.of(
            new ComputeService(
                Given.id(HOST), HOST, "disabled", true, Given.MARKER, false, null, null)),
        List.of(OTHER),
        US,
        now,
        now,
        now,
        Duration.ofSeconds(70),
        "0b1c7d6e-1111-4222-8333-444455556666",
        spec,
        spec.strategies().over(Strategies.DEFAULT),
        List.of(),
        Optional.empty(),
        new Microversion(2, 104));
  }
}
