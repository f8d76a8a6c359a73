package io.hostmaintenance.api.v1alpha1;

import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Optional;

/** An OpenStack compute host in maintenance: disabled and emptied until this is deleted. */
@Group(HostMaintenance.GROUP)
@Version("v1alpha1")
@Singular("hostmaintenance")
@Plural("hostmaintenances")
@ShortNames("hm")
@Categories("openstack")
@ValidationRule(
    value = "size(self.metadata.name) <= 100",
    message =
        "metadata.name must be at most 100 characters, for Nova's disabled_reason carries it: shorten"
            + " it, the full host name belongs in spec.host")
public final class HostMaintenance
    extends CustomResource<HostMaintenanceSpec, HostMaintenanceStatus> {

  /** The API group, which is also the prefix of the annotations. */
  public static final String GROUP = "hostmaintenance.io";

  /** What the operator puts on a resource whose host must be given back before it may go. */
  public static final String FINALIZER = GROUP + "/give-back";

  /** A new value of it asks once more for the rows that failed. */
  public static final String RETRY = GROUP + "/retry";

  /** {@code "true"}: the resource goes at once and the host stays as it is. */
  public static final String SKIP_GIVE_BACK = GROUP + "/skip-give-back";

  /** On a Secret: the name of the cloud whose clouds.yaml it holds. */
  public static final String CLOUD = GROUP + "/cloud";

  /** On the CRD: the number of the schema, below which an operator refuses to act. */
  public static final String SCHEMA = GROUP + "/schema";

  /** The schema that this operator writes. */
  public static final int SCHEMA_VERSION = 7;

  /** The nova-compute host that it puts into maintenance. */
  public String host() {
    return getSpec().host();
  }

  /**
   * The name of its cloud: what the spec names, else what its host was taken in.
   *
   * @return empty for the operator's default
   */
  public Optional<String> cloud() {
    var named = getSpec().cloud();
    return Optional.ofNullable(named)
        .or(
            () ->
                Optional.ofNullable(getStatus())
                    .map(HostMaintenanceStatus::cloud)
                    .map(CloudStatus::name));
  }

  /**
   * Whether it only shows what a drain would do: its mode is Plan, and it holds nothing. One that
   * holds its host drains it, whatever its mode says.
   */
  public boolean plans() {
    return getSpec().mode().equals("Plan")
        && (getStatus() == null || getStatus().service() == null);
  }

  /** No spec until there is one. */
  @Override
  protected HostMaintenanceSpec initSpec() {
    return null;
  }

  /** No status until the operator has written one. */
  @Override
  protected HostMaintenanceStatus initStatus() {
    return null;
  }
}
