package io.hostmaintenance.drain.instance;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.nova.GuestPower;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Optional;

/**
 * What was asked about one instance; what was not asked for is empty.
 *
 * @param instance the instance; empty when Nova does not know it
 * @param migrations all its records, newest first
 * @param actions all its actions, newest first
 * @param events the row's own action with its events
 * @param guest whether its guest runs, by the word of its hypervisor
 * @param offer what placement offers for it
 * @param untold why an answer is missing without which the rest is of use
 */
@RecordBuilder
public record Detail(
    Optional<Instance> instance,
    List<Migration> migrations,
    List<InstanceAction> actions,
    Optional<InstanceAction> events,
    Optional<GuestPower> guest,
    Optional<Offer> offer,
    Optional<Cause> untold)
    implements DetailBuilder.With {}
