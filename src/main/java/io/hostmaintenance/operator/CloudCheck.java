package io.hostmaintenance.operator;

import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Nova;

/** What {@code check} does: it asks the cloud what the watch of a cloud asks it first. */
final class CloudCheck {

  private CloudCheck() {}

  /**
   * Logs in and lists the nova-compute services.
   *
   * @param name the name of the cloud; empty for the only one of a clouds.yaml
   * @return one sentence on what the cloud answered
   * @throws io.hostmaintenance.nova.NovaException why it did not, in one sentence
   */
  static String answer(String name, Nova nova) {
    var services = nova.computeServices();
    return "%s answers: it has %s nova-compute services, and %s of them are enabled."
        .formatted(
            name.isEmpty() ? "The cloud" : "Cloud " + name,
            services.size(),
            services.stream().filter(ComputeService::enabled).count());
  }
}
