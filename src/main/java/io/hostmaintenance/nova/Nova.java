package io.hostmaintenance.nova;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One cloud's Nova (and the part of placement that belongs to it), as far as draining a host needs
 * it.
 *
 * <p>Thread-safe and blocking. Every list is complete: all pages, all tenants; a list that cannot
 * be had whole is a {@link NovaException}, never a shorter list. Every method throws {@link
 * NovaException}. Whatever text is given is one line of at most 1 KiB without {@link
 * UntrustedText#harmful harmful} characters, and an id has letters, digits, dots, colons, hyphens
 * and underscores only.
 */
public interface Nova {

  /**
   * The same cloud, asked with a priority for a host. A request that changes something has the
   * priority of its command where that is more urgent.
   *
   * @param host whose turn it is among requests of the same priority; empty for none
   * @return a view that is cheap to make, for any number of threads
   */
  Nova on(Priority priority, String host);

  /**
   * For how long requests of this view have waited for their turn among those of the process; while
   * several waited, that time counts once.
   */
  Duration waited();

  /**
   * Does a piece of work with one of the requests that may be under way at once set aside for it,
   * which is had with the priority of this view: within it no request of the calling thread waits
   * for its turn or for a login, so that what is sent is sent at once.
   *
   * @param work is done in the calling thread
   * @return what the work gives
   * @throws NovaException UNAVAILABLE when no request can be set aside within seconds, or why there
   *     is no login; then nothing of the work was done
   */
  <T> T reserving(Supplier<T> work);

  /** The user and project that this client acts as; never null. */
  Identity identity();

  /** Every nova-compute service of every cell ({@code GET /os-services?binary=nova-compute}). */
  List<ComputeService> computeServices();

  /** Every hypervisor ({@code GET /os-hypervisors/detail}). */
  List<Hypervisor> hypervisors();

  /**
   * The ids of all instances on the host of a hypervisor, soft-deleted ones included, with Nova's
   * clock at the reply ({@code GET /os-hypervisors/{id}?with_servers=true}). Nova asks the cell of
   * the host itself and fails where a list of servers would be short in silence
   * (nova/compute/api.py, instance_get_all_by_host).
   *
   * @param hypervisorId its uuid
   * @return empty when Nova does not know the hypervisor
   */
  Optional<Timestamped<Set<String>>> instanceIdsAt(String hypervisorId);

  /**
   * The instances whose host is exactly {@code host}, soft-deleted ones included, with Nova's clock
   * at the first page.
   *
   * @throws NovaException also when Nova answers with an instance of another host: it does so for a
   *     user whose filters it ignores (nova/api/openstack/compute/servers.py)
   */
  Timestamped<List<Instance>> instancesOn(String host);

  /** One instance; empty when Nova does not know it (deleted). */
  Optional<Instance> instance(String instanceId);

  /** Migration records of every type, newest first. */
  List<Migration> migrations(MigrationFilter filter);

  /** The newest migration records from or to a host, of every type and status. */
  MigrationPage newestMigrations(String host);

  /** What was done to an instance, newest first, without events; empty when it is unknown. */
  List<InstanceAction> actions(String instanceId);

  /** One action with its events; empty when the instance or the action is unknown. */
  Optional<InstanceAction> action(String instanceId, String requestId);

  /** The ids of the server groups of an instance; empty for none and for no instance. */
  Set<String> groupsOf(String instanceId);

  /** A server group of any project; empty when Nova does not know it (deleted). */
  Optional<ServerGroup> serverGroup(String groupId);

  /**
   * What each consumer, the uuid of an instance or of a migration, holds of a resource provider:
   * the amount of each resource class, such as {@code VCPU} or {@code MEMORY_MB} ({@code GET
   * /resource_providers/{id}/allocations}).
   *
   * @param providerId the hypervisor's id, which is its resource provider's uuid
   * @return empty when the cloud has no placement or placement does not know the provider
   */
  Optional<Map<String, Map<String, Long>>> allocations(String providerId);

  /**
   * What the hypervisor says of the guest of an instance ({@code GET /servers/{id}/diagnostics},
   * 2.48). Nova asks the host, which may keep it waiting for a minute where it is down.
   */
  GuestPower guestPower(String instanceId);

  /**
   * The ids of a resource provider and of those nested in it, such as its graphics cards ({@code
   * GET /resource_providers?in_tree=}); empty when the cloud has no placement or placement does not
   * know the provider.
   */
  List<String> providerTree(String providerId);

  /**
   * The resource providers that can take what is asked for, by placement ({@code GET
   * /allocation_candidates}): those of disabled hosts left out, those of hosts that are down or in
   * another cell not.
   *
   * @return the roots, in no order; empty when the cloud has no placement
   */
  Optional<List<ResourceProvider>> candidates(Demand demand);

  /**
   * What is allocated on every disabled host, by placement ({@code GET
   * /allocation_candidates?required=COMPUTE_STATUS_DISABLED}): nova-compute sets that trait with
   * its service (nova/compute/manager.py, update_compute_provider_status). A host without a free
   * MiB of memory is left out, as is one whose trait is not set yet: that it is missing says
   * nothing.
   *
   * @return the amount of each resource class by the root provider's uuid, which is that of a
   *     hypervisor, nested providers counted in, classes without any left out; empty when the cloud
   *     has no placement
   */
  Optional<Map<String, Map<String, Long>>> usedOnDisabledHosts();

  /** The newest version of Nova's API that the cloud speaks, though we may speak an older one. */
  Microversion newestVersion();

  /**
   * Asks Nova to change something.
   *
   * @throws NovaException also says whether Nova may have accepted the command all the same
   */
  Accepted execute(Command command);
}
