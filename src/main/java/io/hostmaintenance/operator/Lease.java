package io.hostmaintenance.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease that one of several operators holds while it acts.
 *
 * <p>JOSDK 5.2 neither gives the lease back on a clean stop nor survives its own System.exit in a
 * shutdown hook: both are done here.
 */
final class Lease {

  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final String NAME = "host-maintenance-operator";

  private final String namespace;
  private final String identity;
  private volatile boolean held;
  private volatile boolean stopping;

  Lease(String namespace, String identity) {
    this.namespace = namespace;
    this.identity = identity;
  }

  /** Whether this process holds it. */
  boolean held() {
    return held;
  }

  LeaderElectionConfiguration configuration() {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(NAME)
        .withLeaseNamespace(namespace)
        .withIdentity(identity)
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(
            new LeaderCallbacks(this::won, this::lost, id -> LOG.info("leader: {}", id)))
        .build();
  }

  /** Tells that the process is about to stop, so that losing the lease is no accident. */
  void stopping() {
    stopping = true;
    held = false;
  }

  /** Gives the lease back, so that another takes it at once. */
  void release(KubernetesClient client) {
    try {
      var lease = client.leases().inNamespace(namespace).withName(NAME);
      var now = lease.get();
      if (now != null && identity.equals(now.getSpec().getHolderIdentity())) {
        now.getSpec().setHolderIdentity("");
        client.resource(now).update();
      }
    } catch (KubernetesClientException e) {
      LOG.warn("the lease could not be given back: {}", e.getMessage());
    }
  }

  private void won() {
    LOG.info("leading as {}", identity);
    held = true;
  }

  private void lost() {
    held = false;
    if (!stopping) {
      LOG.error("the lease was lost: another operator leads, this one ends");
      Runtime.getRuntime().halt(1);
    }
  }
}
