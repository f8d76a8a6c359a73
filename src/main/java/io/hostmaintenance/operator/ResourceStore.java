package io.hostmaintenance.operator;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.util.Optional;
import java.util.function.Consumer;

/** The resources as Kubernetes stores them. */
interface ResourceStore {

  /** The resource as it is stored now; empty when there is none of this name. */
  Optional<HostMaintenance> read(String name);

  /** Whether the watch lately knew a resource of this name; it can fall behind, and back. */
  boolean watched(String name);

  /** Hands over every resource as it is stored now, some at a time. */
  void list(Consumer<HostMaintenance> each);

  /**
   * Stores the status if nobody has changed the resource since it was read.
   *
   * @return the resource as stored
   * @throws Conflict when somebody has; nothing was stored
   */
  HostMaintenance writeStatus(HostMaintenance resource) throws Conflict;

  /**
   * Puts our finalizer on a resource, if nobody has changed it since it was read.
   *
   * @return the resource as stored
   * @throws Conflict when somebody has; nothing was stored
   */
  HostMaintenance hold(HostMaintenance resource) throws Conflict;

  /** Takes our finalizer off a resource that is being deleted. */
  void release(HostMaintenance resource);

  /** The resource was changed since it was read. */
  final class Conflict extends Exception {
    Conflict(Throwable cause) {
      super("the resource was changed since it was read", cause);
    }
  }
}
