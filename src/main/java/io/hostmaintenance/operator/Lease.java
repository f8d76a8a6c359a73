package io.hostmaintenance.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease that one of several operators holds while it acts.
 *
 * <p>JOSDK 5.2 neither gives the lease back on a clean stop nor survives its own System.exit in a
 * shutdown hook: both are done here.
 */
final class Lease {

  /** How long a lease that is not renewed is still its holder's. */
  static final Duration DURATION = Duration.ofSeconds(15);

  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

  /** The elector draws each pause between this and 2.2 times as much. */
  private static final Duration RETRY_PERIOD = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final String NAME = "host-maintenance-operator";

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private final InstantSource clock;
  private volatile boolean leading;
  private volatile boolean stopping;

  Lease(KubernetesClient client, String namespace, String identity, InstantSource clock) {
    this.client = client;
    this.namespace = namespace;
    this.identity = identity;
    this.clock = clock;
  }

  /** Whether this process holds it now, by the API server's word: its own may be outdated. */
  boolean held() {
    if (!leading) {
      return false;
    }
    try {
      var lease = lease().get();
      return lease != null && leading && ours(lease.getSpec());
    } catch (KubernetesClientException e) {
      LOG.warn(
          "the lease cannot be read, so nothing is stored and nothing asked of Nova: {}",
          e.getMessage());
      return false;
    }
  }

  /** Whether this process was last told that it leads; asks nobody. */
  boolean leading() {
    return leading;
  }

  private boolean ours(LeaseSpec spec) {
    return identity.equals(spec.getHolderIdentity())
        && spec.getRenewTime() != null
        && clock.instant().isBefore(spec.getRenewTime().toInstant().plus(DURATION));
  }

  /**
   * Reads the lease, or asks the API server whether it could be made. The elector would try without
   * end and without a word.
   *
   * @throws KubernetesClientException when it can be neither read nor made: the namespace is
   *     missing, or rights are
   */
  void require() {
    if (lease().get() == null) {
      client
          .leases()
          .inNamespace(namespace)
          .resource(new LeaseBuilder().withNewMetadata().withName(NAME).endMetadata().build())
          .dryRun()
          .create();
    }
  }

  LeaderElectionConfiguration configuration() {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(NAME)
        .withLeaseNamespace(namespace)
        .withIdentity(identity)
        .withLeaseDuration(DURATION)
        .withRenewDeadline(RENEW_DEADLINE)
        .withRetryPeriod(RETRY_PERIOD)
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(new LeaderCallbacks(this::won, this::lost, this::leads))
        .build();
  }

  /** Tells that the process is about to stop, so that losing the lease is no accident. */
  void stopping() {
    stopping = true;
    leading = false;
  }

  /** Gives the lease back, so that another takes it at once. */
  void release() {
    try {
      var now = lease().get();
      if (now != null && identity.equals(now.getSpec().getHolderIdentity())) {
        now.getSpec().setHolderIdentity("");
        client.resource(now).lockResourceVersion().update();
      }
    } catch (KubernetesClientException e) {
      LOG.warn("the lease could not be given back: {}", e.getMessage());
    }
  }

  private Resource<io.fabric8.kubernetes.api.model.coordination.v1.Lease> lease() {
    return client.leases().inNamespace(namespace).withName(NAME);
  }

  private void leads(String holder) {
    if (holder == null || holder.isEmpty()) {
      LOG.info("no operator holds the lease");
    } else if (!holder.equals(identity)) {
      LOG.info("{} leads", holder);
    }
  }

  private void won() {
    LOG.info("leading as {}", identity);
    leading = true;
  }

  private void lost() {
    leading = false;
    if (!stopping) {
      LOG.error("the lease was lost: another operator leads, this one ends");
      Runtime.getRuntime().halt(1);
    }
  }
}
