package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/** Which host is taken into maintenance, and how. */
@ValidationRule(
    value = "!has(self.targetHost) || self.targetHost != self.host",
    fieldPath = ".targetHost",
    message =
        "targetHost must be another host than host: name one that stays in service, or leave it out"
            + " to let the scheduler pick")
@ValidationRule(
    value =
        "has(self.scope) && self.scope == 'Running' || !has(self.strategies)"
            + " || (!has(self.strategies.active) || self.strategies.active != 'Stop')"
            + " && (!has(self.strategies.fallback) || self.strategies.fallback != 'Stop')",
    fieldPath = ".strategies",
    message =
        "strategies.active and strategies.fallback may be Stop with scope Running only: with scope"
            + " All the host must become empty")
@ValidationRule(
    value =
        "!has(self.scope) || self.scope != 'Running' || !has(self.strategies)"
            + " || !has(self.strategies.stopped) && !has(self.strategies.suspended)"
            + " && !has(self.strategies.shelved) && !has(self.strategies.softDeleted)",
    fieldPath = ".strategies",
    message =
        "with scope Running stopped, suspended, shelved and soft-deleted instances stay: leave out"
            + " their strategies, or write scope: All")
@ValidationRule(
    value =
        "!has(self.strategies) || !has(self.strategies.fallback)"
            + " || self.strategies.fallback == 'Report'"
            + " || (!has(self.liveMigrate) || self.liveMigrate)"
            + " && (!has(self.strategies.active) || self.strategies.active == 'Move')",
    fieldPath = ".strategies.fallback",
    message =
        "strategies.fallback is for instances whose live migration failed: leave it out, or write"
            + " liveMigrate: true and strategies.active: Move")
@ValidationRule(
    value = "!has(self.targetPolicy) || self.targetPolicy != 'Prefer' || has(self.targetHost)",
    fieldPath = ".targetPolicy",
    message = "targetPolicy: Prefer needs targetHost: name the host, or leave targetPolicy out")
@ValidationRule(
    value = "!has(self.mode) || self.mode != 'Plan' || has(oldSelf.mode) && oldSelf.mode == 'Plan'",
    fieldPath = ".mode",
    message =
        "mode cannot go back from Drain to Plan: delete this HostMaintenance, which gives the host"
            + " back, and create one with mode: Plan")
@ValidationRule(
    value =
        "has(self.cloud) == has(oldSelf.cloud) && (!has(self.cloud) || self.cloud == oldSelf.cloud)",
    fieldPath = ".cloud",
    message =
        "cloud cannot be changed, added or removed: delete this HostMaintenance, which gives the"
            + " host back, and create one for the other cloud")
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HostMaintenanceSpec(
    @Required
        @ValidationRule(
            value = "self == oldSelf",
            message =
                "host cannot be changed: delete this HostMaintenance and create one for the other"
                    + " host")
        @ValidationRule(
            value = "size(self) <= 255 && self.matches('^[a-zA-Z0-9._-]+$')",
            message =
                "host must be the name of a nova-compute service: 1 to 255 letters, digits, dots,"
                    + " hyphens and underscores, as 'openstack compute service list' shows it")
        @JsonPropertyDescription(
            "Exact host name of the nova-compute service, as 'openstack compute service list'"
                + " shows it. Cannot be changed.")
        String host,
    @Default("\"Drain\"")
        @ValidationRule(value = "self in ['Drain', 'Plan']", message = "mode must be Drain or Plan")
        @JsonPropertyDescription(
            "Drain (default), or Plan: the operator shows what it would do with each instance and"
                + " touches nothing. Drain carries the plan out; it cannot go back to Plan.")
        String mode,
    @ValidationRule(
            value = "size(self) >= 1 && size(self) <= 120 && self.matches('^[ -~]+$')",
            message =
                "reason must be 1 to 120 printable ASCII characters: shorten it, and write letters"
                    + " without accents")
        @ValidationRule(
            value = "!self.matches('(?i)reserved')",
            message =
                "reason must not contain 'reserved', for Nova's disabled_reason carries it and"
                    + " InstanceHA of Red Hat OpenStack enables such a host: choose another word")
        @JsonPropertyDescription(
            "Why the host needs maintenance: printable ASCII, at most 120 characters. The"
                + " operator writes it into Nova's disabled_reason.")
        String reason,
    @Default("true")
        @JsonPropertyDescription(
            "Whether the operator live-migrates running instances, default true. If false it"
                + " cold-migrates them, which reboots them.")
        Boolean liveMigrate,
    @ValidationRule(
            value = "size(self) >= 1 && size(self) <= 255 && self.matches('^[a-zA-Z0-9._-]+$')",
            message =
                "targetHost must be the name of a nova-compute service: 1 to 255 letters, digits,"
                    + " dots, hyphens and underscores; leave it out to let the scheduler pick")
        @JsonPropertyDescription(
            "Exact host name of the nova-compute service that receives all instances. Without"
                + " it the scheduler picks a host for each.")
        String targetHost,
    @JsonPropertyDescription("Number of moves of this host in flight at once.")
        Concurrency concurrency,
    @Min(1)
        @Max(10)
        @Default("3")
        @JsonPropertyDescription(
            "Migration attempts per instance before it counts as Failed, 1 to 10, default 3. If"
                + " you raise it, the operator tries Failed instances again.")
        Integer maxAttempts,
    @ValidationRule(
            value =
                "self.matches('^([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?$') && self.matches('[1-9]')",
            message = "instanceTimeout must be a duration above zero such as 90s, 45m or 1h30m")
        @JsonPropertyDescription(
            "Time limit of one attempt to move one instance, such as 45m or 1h30m. Default: 30"
                + " minutes and 60 seconds per GiB of its memory.")
        String instanceTimeout,
    @Default("\"Abort\"")
        @ValidationRule(
            value = "self in ['Abort', 'ForceComplete', 'Wait']",
            message = "onTimeout must be Abort, ForceComplete or Wait")
        @JsonPropertyDescription(
            "What the operator does with a live migration that exceeds its time: Abort"
                + " (default), ForceComplete (where Nova allows it) or Wait. A cold migration"
                + " cannot be aborted: the operator waits for it.")
        String onTimeout,
    @Default("\"Finish\"")
        @ValidationRule(
            value = "self in ['Finish', 'Abort']",
            message = "onDelete must be Finish or Abort")
        @JsonPropertyDescription(
            "What the operator does with running live migrations when this resource is deleted:"
                + " Finish (default) or Abort.")
        String onDelete,
    @JsonPropertyDescription(
            "If true, the operator requests no new move. Moves that are under way continue.")
        Boolean suspend,
    @Default("\"All\"")
        @ValidationRule(
            value = "self in ['All', 'Running']",
            message = "scope must be All or Running")
        @JsonPropertyDescription(
            "Which instances must leave the host: All (default), or Running: stopped, suspended,"
                + " shelved and soft-deleted ones stay, for a host that is rebooted and not"
                + " reinstalled.")
        String scope,
    @JsonPropertyDescription(
            "What the operator may do with instances that Nova cannot simply move, by their state."
                + " What is left out is as the operator's configuration says.")
        Strategies strategies,
    @Size(max = 1000)
        @ValidationRule(
            value = "self.all(i, i.matches('^[0-9a-fA-F-]{36}$'))",
            message = "excludedInstances must be the uuids of instances")
        @JsonPropertyDescription("Uuids of instances that the operator leaves on the host.")
        List<String> excludedInstances,
    @Default("\"Ignore\"")
        @ValidationRule(
            value = "self in ['Ignore', 'Respect']",
            message = "instanceMetadata must be Ignore or Respect")
        @JsonPropertyDescription(
            "Whether the metadata host_maintenance of an instance may name a value of the strategy"
                + " for its state: Ignore (default) or Respect. With Respect its owner can hold up"
                + " the drain.")
        String instanceMetadata,
    @Default("\"Enable\"")
        @ValidationRule(
            value = "self in ['Enable', 'EnableWhenUp', 'Keep']",
            message = "giveBack must be Enable, EnableWhenUp or Keep")
        @JsonPropertyDescription(
            "What becomes of nova-compute when this resource is deleted: Enable (default);"
                + " EnableWhenUp, once it is up and has reported since; Keep, it stays disabled.")
        String giveBack,
    @ValidationRule(
            value =
                "self.matches('^([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?$') && self.matches('[1-9]')",
            message = "drainTimeout must be a duration above zero such as 45m, 4h or 1h30m")
        @JsonPropertyDescription(
            "Time limit of the whole drain, such as 4h, from when the operator took the host. After"
                + " it the operator requests nothing new and follows what runs. Default: none.")
        String drainTimeout,
    @Default("\"LargestFirst\"")
        @ValidationRule(
            value = "self in ['LargestFirst', 'SmallestFirst']",
            message = "order must be LargestFirst or SmallestFirst")
        @JsonPropertyDescription(
            "Which instances the operator moves first, by their memory: LargestFirst (default) or"
                + " SmallestFirst.")
        String order,
    @Default("\"Auto\"")
        @ValidationRule(
            value = "self in ['Auto', 'Never']",
            message = "blockMigration must be Auto or Never")
        @JsonPropertyDescription(
            "Whether a live migration may copy local disks: Auto (default), where the storage is not"
                + " shared; Never, Nova refuses such a move. Cold migrations do not heed it.")
        String blockMigration,
    @Min(0)
        @Max(1000000)
        @JsonPropertyDescription(
            "Largest local disk in GiB that a cold migration, or a live one with blockMigration:"
                + " Auto, may copy, 0 to 1000000. Default: no limit.")
        Integer maxLocalDiskGiB,
    @Default("\"Require\"")
        @ValidationRule(
            value = "self in ['Require', 'Prefer']",
            message = "targetPolicy must be Require or Prefer")
        @JsonPropertyDescription(
            "Whether instances go to targetHost only: Require (default); Prefer, the first attempt"
                + " of each goes there, and the scheduler picks where it has no room.")
        String targetPolicy,
    @ValidationRule(
            value =
                "size(self) <= 63 && self.matches('^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$')",
            message =
                "cloud must be the name of a cloud of the operator: 1 to 63 letters, digits, dots,"
                    + " hyphens and underscores, with a letter or digit at both ends")
        @JsonPropertyDescription(
            "Name of the cloud that the host belongs to: one of the operator's clouds.yaml, or of a"
                + " Secret with the label hostmaintenance.io/cloud in the operator's namespace."
                + " Without it the operator's own OS_CLOUD. Cannot be changed.")
        String cloud) {

  /** Replaces what is absent by the defaults of the CRD. */
  public HostMaintenanceSpec {
    mode = mode == null ? "Drain" : mode;
    liveMigrate = liveMigrate == null || liveMigrate;
    concurrency = concurrency == null ? new Concurrency(null, null) : concurrency;
    maxAttempts = maxAttempts == null ? 3 : maxAttempts;
    onTimeout = onTimeout == null ? "Abort" : onTimeout;
    onDelete = onDelete == null ? "Finish" : onDelete;
    suspend = suspend != null && suspend;
    scope = scope == null ? "All" : scope;
    strategies = strategies == null ? Strategies.NONE : strategies;
    excludedInstances = excludedInstances == null ? List.of() : List.copyOf(excludedInstances);
    instanceMetadata = instanceMetadata == null ? "Ignore" : instanceMetadata;
    giveBack = giveBack == null ? "Enable" : giveBack;
    order = order == null ? "LargestFirst" : order;
    blockMigration = blockMigration == null ? "Auto" : blockMigration;
    targetPolicy = targetPolicy == null ? "Require" : targetPolicy;
  }
}
