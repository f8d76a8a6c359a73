package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Durations;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.api.v1alpha1.RowState;
import io.hostmaintenance.drain.Observation.Unavailable;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.InstanceMessages;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.UntrustedText;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Every sentence about a host, its service and the resource as a whole. */
final class HostMessages {

  static final String TARGET_IS_SOURCE = "is the host itself";
  static final String TARGET_UNKNOWN = "is not a nova-compute service that Nova knows";
  static final String TARGET_IN_MAINTENANCE = "is itself in maintenance";

  static final Cause RESERVED_REASON = reserved("spec.reason", "choose another word");
  static final Cause RESERVED_NAME =
      reserved("metadata.name", "delete this resource and create one with another name");
  static final Cause CHECKED_UNTIL_EMPTY =
      Reason.SettlingEmpty.cause(
          "No instance remains to be moved. The operator checks until the host is verified empty.");
  static final Cause NOT_OBSERVED_YET =
      Reason.NotObservedYet.cause("The operator has not observed the host yet.");
  static final Cause EMPTY = Reason.Empty.cause("The host is empty.");
  static final Cause EMPTY_WITHOUT_PLACEMENT =
      Reason.EmptyWithoutPlacement.cause(
          "The host is empty. The cloud has no placement that knows the host, so an instance whose"
              + " build began before the host was disabled can still arrive.");
  static final String NOT_CHECKED = "Not checked while a request of the operator is outstanding.";
  static final String HYPERVISORS_NOT_ASKED = "The hypervisors of the host were not asked.";
  static final String PLACEMENT_NOT_ASKED = "Placement was not asked.";
  static final Cause DISABLED_NOW =
      Reason.Disabled.cause("nova-compute is disabled by this resource.");
  static final Cause DISABLED_AND_KEPT =
      Reason.Disabled.cause(
          "nova-compute is disabled by this resource and stays so on delete (spec.giveBack: Keep).");
  static final Cause DISABLED_BEFORE =
      Reason.DisabledBefore.cause("nova-compute was disabled before and stays so on delete.");

  static final Cause CAPACITY_UNKNOWN =
      Reason.CapacityUnknown.cause(
          "Placement does not tell what the instances hold, so nobody can tell whether they fit on"
              + " other hosts.");

  private HostMessages() {}

  // ---------------------------------------------------------------- the plan

  static Cause feasible(Map<String, Integer> actions, int skipped) {
    return Reason.Feasible.cause(
        "%s%s By placement all fit on other hosts; Nova's filters are not asked and nothing is"
            + " reserved. To carry it out write mode: Drain.",
        actions.isEmpty()
            ? "No instance is to be moved."
            : "Planned: %s."
                .formatted(
                    actions.entrySet().stream()
                        .map(e -> e.getKey() + " " + e.getValue())
                        .collect(Collectors.joining(", "))),
        skipped == 0 ? "" : " The spec leaves %s on the host.".formatted(count(skipped)));
  }

  static Cause needsAction(List<InstanceStatus> blocked) {
    return new Cause(Reason.NeedsAction, instancesBlocked(blocked).message());
  }

  static Cause noCapacity(int homeless) {
    return Reason.NoCapacity.cause(
        "By placement %s would find no room on other hosts: make room, or enable a host.",
        count(homeless));
  }

  static Cause planIncomplete(int open, int all) {
    return Reason.NotObservedYet.cause(
        "Where %s of %s could go is not known yet: the operator asks on.", open, count(all));
  }

  private static String count(int instances) {
    return instances == 1 ? "1 instance" : instances + " instances";
  }

  /** The host is disabled, and nothing is left to move; these instances stay. */
  static Cause inMaintenance(String host, List<InstanceStatus> staying) {
    return quiet(staying)
        ? Reason.NothingRuns.cause(
            "nova-compute on %s is disabled, and no guest runs on it: reboot it, but do not"
                + " reinstall it, for %s.",
            host, disks(staying))
        : Reason.InstancesSkipped.cause(
            "nova-compute on %s is disabled, and nothing is left to do: the spec leaves %s there.",
            host, instances(staying));
  }

  /** Why the host is not empty though all is done. */
  static Cause stay(List<InstanceStatus> staying) {
    return quiet(staying)
        ? Reason.StoppedInstancesStay.cause("The host is not empty: %s.", disks(staying))
        : Reason.InstancesSkipped.cause(
            "The host is not empty: the spec leaves %s on it.", instances(staying));
  }

  private static boolean quiet(List<InstanceStatus> staying) {
    return staying.stream()
        .allMatch(r -> r.because(Reason.NotRunning) || r.because(Reason.StoppedByOperator));
  }

  private static String disks(List<InstanceStatus> staying) {
    return "the disks of %s that do not run are here".formatted(instances(staying));
  }

  private static String instances(List<InstanceStatus> rows) {
    return count(rows.size());
  }

  // ---------------------------------------------------------------- may the maintenance begin

  static Cause conflict(DecisionInput input, DecisionInput.OtherMaintenance other) {
    return Reason.Conflict.cause(
        "HostMaintenance '%s' %s host '%s'. Delete this one, or it continues when that one is"
            + " gone.",
        other.name(),
        other.holdsHost() ? "holds" : "is older and waits for",
        input.resource().host());
  }

  static Cause waitsForTurn(DecisionInput input) {
    return Reason.WaitingForTurn.cause("Waits for its turn: %s", turn(input));
  }

  static Cause waitsForTurnAgain(DecisionInput input, long remaining, int total) {
    return Reason.WaitingForTurn.cause(
        "%s of %s instances remain. The host waits for its turn again: %s",
        remaining, total, turn(input));
  }

  /** Who holds the places; none of them is the resource's own. */
  private static String turn(DecisionInput input) {
    var most = input.settings().maxHostsDraining();
    var others = input.turn().others();
    var more = others - input.turn().drained().size();
    return "at most %s drained at once (HM_MAX_HOSTS_DRAINING), older HostMaintenances first. %s"
        .formatted(
            most == 1 ? "1 host is" : most + " hosts are",
            others == 0
                ? "An older one begins now."
                : "Now: %s%s"
                    .formatted(
                        String.join(", ", input.turn().drained()),
                        more == 0
                            ? "."
                            : more == 1 ? " and 1 other." : " and %s others.".formatted(more)));
  }

  static Cause hostNotFound(String host, String suggestion) {
    return Reason.HostNotFound.cause(
        "spec.host: Nova knows no nova-compute service on '%s'. %sDelete this resource and create"
            + " one with the exact name (openstack compute service list --service nova-compute).",
        host, suggestion);
  }

  static Cause hostGone(String host) {
    return Reason.HostGone.cause(
        "Someone deleted nova-compute of '%s' from Nova. Delete this resource, or bring the host"
            + " back.",
        host);
  }

  /**
   * The cloud has no such service as was taken.
   *
   * @param taken URL of the Nova that the host was taken from
   * @param now URL of the Nova that was asked
   */
  static Cause otherCloud(String host, String taken, String now) {
    return Reason.OtherCloud.cause(
        "Nova at %s does not have the nova-compute service of '%s' that was taken at %s: it is"
            + " another cloud. Give the operator the right cloud again, or delete this resource with"
            + " the annotation %s: \"true\".",
        now, host, taken, HostMaintenance.SKIP_GIVE_BACK);
  }

  /** A sentence with a blank behind, or nothing where no name is near. */
  static String suggestion(List<String> known, List<String> near) {
    return known.isEmpty()
        ? "Nova knows none at all. "
        : near.isEmpty() ? "" : "Did you mean '%s'? ".formatted(String.join("' or '", near));
  }

  /** The id is that of the obsolete service, null where it is not known. */
  static Cause ambiguous(String host, List<ComputeService> services, String obsoleteId) {
    return Reason.AmbiguousHost.cause(
        "spec.host: Nova has %s nova-compute services on '%s', so it is not clear which one to"
            + " disable: %s. Delete the obsolete one: openstack compute service delete %s.",
        services.size(),
        host,
        services.stream().map(HostMessages::service).collect(Collectors.joining(", ")),
        obsoleteId == null ? "ID" : obsoleteId);
  }

  private static String service(ComputeService service) {
    return "%s (%s, %s, %s)"
        .formatted(
            service.id() == null ? "one in a cell that does not answer" : service.id(),
            service.host(),
            service.status(),
            service.up() ? "up" : service.downWord());
  }

  private static Cause reserved(String field, String remedy) {
    return Reason.ReservedWord.cause(
        "%s: the word 'reserved' would stand in Nova's disabled_reason. InstanceHA of Red Hat"
            + " OpenStack takes a host with this word for a spare and enables it: %s.",
        field, remedy);
  }

  static Cause unsupportedHypervisor(String host, String type) {
    return Reason.UnsupportedHypervisor.cause(
        "spec.host: Nova cannot migrate instances of %s, the hypervisor of '%s'. Delete this"
            + " resource.",
        type, host);
  }

  static Cause targetInvalid(String target, String fault, String suggestion) {
    return Reason.TargetHostInvalid.cause(
        "spec.targetHost: '%s' %s. %sName another host or leave targetHost out: the scheduler"
            + " picks.",
        target, fault, suggestion);
  }

  static String targetAmbiguous(int services) {
    return "has %s nova-compute services".formatted(services);
  }

  static Cause noOtherHost(String host) {
    return Reason.NoOtherHost.cause(
        "No other nova-compute service is enabled and up, so the instances of '%s' have nowhere to"
            + " go. Enable another host (openstack compute service set --enable).",
        host);
  }

  static Cause cellDown(String host) {
    return Reason.CellDown.cause(
        "The cell of '%s' does not answer: nothing is known of its instances.", host);
  }

  static Cause cannotBeDisabled(String host, Cause why) {
    return why.reason().cause("nova-compute on %s cannot be disabled: %s", host, why.message());
  }

  static Cause cloudTooSlow(Duration age) {
    return Reason.CloudTooSlow.cause(
        "Nova needed %s s for GET /servers/detail and GET /os-services. The operator moves nothing"
            + " by answers that are older than %s s: see why nova-api is slow.",
        age.toSeconds(), Deadlines.FRESH.toSeconds());
  }

  static Cause sourceDown(ComputeService service) {
    return Reason.SourceServiceDown.cause(
        "nova-compute on '%s' is %s, and Nova moves no instance off such a host. If the host is"
            + " healthy, %s. If it is dead and fenced, rebuild its instances elsewhere with Nova.",
        service.host(), service.downWord(), service.bringUp());
  }

  static Cause draining(long remaining, int total) {
    return Reason.Draining.cause("%s of %s instances remain to be moved.", remaining, total);
  }

  static Cause suspended(long remaining, int total) {
    return Reason.Suspended.cause(
        "spec.suspend is true: the operator requests no new move. %s of %s instances remain.",
        remaining, total);
  }

  /** The time of the drain is over, and so many instances are left; some may be moving. */
  static Cause drainTimeout(Duration limit, long left, int total, boolean moving) {
    return Reason.DrainTimeout.cause(
        "spec.drainTimeout (%s) is over, so the operator requests nothing new%s. %s of %s instances"
            + " remain: raise drainTimeout, or delete this resource.",
        Durations.format(limit), moving ? " and follows what runs" : "", left, total);
  }

  /** Names the first of the instances, and what helps it. */
  static Cause instancesBlocked(List<InstanceStatus> needy) {
    var first = needy.getFirst();
    return Reason.InstancesBlocked.cause(
        "%s manual action, first: %s: %s",
        needy.size() == 1 ? "1 instance needs" : needy.size() + " instances need",
        first.label(),
        RowState.of(first).isPresent()
            ? first.message()
            : "only a newer operator knows its state '%s': run that one.".formatted(first.state()));
  }

  static Cause inMaintenance(String host) {
    return Reason.InMaintenance.cause("Host %s is disabled and empty.", host);
  }

  // ---------------------------------------------------------------- is the host empty

  static Cause seenEmpty(Duration settle) {
    return Reason.SettlingEmpty.cause(
        "The host was seen empty. The operator checks it again after %s.",
        Durations.format(settle));
  }

  static String movesUnderWay(long moves) {
    return moves == 1 ? "1 move is under way." : moves + " moves are under way.";
  }

  static String requestOpen(InstanceStatus row) {
    return row.is(RowState.Requested)
        ? "The answer to the request for a move of %s is not known yet.".formatted(row.label())
        : "The request for a move of %s is not finished (%s).".formatted(row.label(), row.reason());
  }

  static String unconfirmed(InstanceStatus row) {
    return "A resize or migration of %s is not confirmed.".formatted(row.label());
  }

  static String busy(InstanceStatus row) {
    return "%s: %s".formatted(row.label(), row.message());
  }

  static String notDisabled(String host) {
    return "nova-compute on %s is not disabled.".formatted(host);
  }

  static String instancesOnHost(int count) {
    return count == 1 ? "1 instance is on the host." : count + " instances are on the host.";
  }

  static String migrationUnderWay(Migration migration) {
    return "%s of instance %s from or to the host is under way."
        .formatted(InstanceMessages.migration(migration), migration.instanceId());
  }

  static String shownByHypervisor(int count, String first) {
    return "Nova's hypervisor of the host shows %s%s, which the list of its instances lacks."
        .formatted(count == 1 ? "instance " : count + " instances, first ", first);
  }

  static Cause noHypervisor(String host) {
    return Reason.NoHypervisor.cause(
        "Nova lists no instance on %s, but only its hypervisor proves that, and Nova has none:"
            + " start nova-compute there until `openstack hypervisor list` shows it, or delete this"
            + " resource.",
        host);
  }

  static String allocated(String consumer) {
    return "Placement still holds an allocation of the host for %s.".formatted(consumer);
  }

  static Cause stuckRecord(Migration migration) {
    return Reason.StuckRecord.cause(
        "Migration record %s of instance %s is %s, but nothing is under way. It is not counted.",
        migration.id(), migration.instanceId(), migration.status());
  }

  // ---------------------------------------------------------------- the service

  static Cause enabled(String host) {
    return Reason.NotDisabled.cause("nova-compute on %s is enabled.", host);
  }

  /** The reason is that of Nova before this resource disabled the service, null for none. */
  static Cause disabled(String previousReason) {
    return previousReason == null
        ? Reason.Disabled.cause(
            "nova-compute is disabled by this resource and is enabled on delete.")
        : Reason.Disabled.cause(
            "nova-compute is disabled by this resource. On delete it stays disabled with its old"
                + " reason (%s).",
            cut(previousReason));
  }

  static Cause disabledByAnother(String host, String reason) {
    return Reason.DisabledBefore.cause(
        "nova-compute was disabled before by another HostMaintenance (%s) and stays so on delete."
            + " If that one is gone: %s.",
        cut(reason), enable(host));
  }

  static Cause foundDisabled(String host, String reason, boolean byAnother) {
    return Reason.DisabledBefore.cause(
        "nova-compute on %s was disabled before this maintenance%s. It stays so, also on delete.%s",
        host,
        reason == null ? "" : " (%s)".formatted(cut(reason)),
        byAnother
            ? " The reason is of another HostMaintenance. If that one is gone: %s."
                .formatted(enable(host))
            : "");
  }

  static Cause markerFound(String host) {
    return Reason.MarkerFound.cause(
        "nova-compute on %s was disabled with the marker of this resource, but the status has no"
            + " record of it. The operator enables it when this resource is deleted.",
        host);
  }

  static Cause reasonChanged(String host, ComputeService service) {
    return Reason.ReasonChanged.cause(
        "nova-compute was disabled by this resource, but its disabled_reason %s. It is left"
            + " disabled on delete. When its owner agrees: %s.",
        says(service), enable(host));
  }

  static Cause reasonChangedNow(String host, ComputeService service) {
    return Reason.ReasonChanged.cause(
        "Someone changed the disabled_reason of nova-compute on %s: it %s. The service is left"
            + " disabled when this resource is deleted.",
        host, says(service));
  }

  static Cause reenabled(String host) {
    return Reason.ServiceReenabled.cause(
        "Someone enabled nova-compute on %s during its maintenance.", host);
  }

  static Cause reenabledTooOften(String host, int times) {
    return Reason.ServiceReenabled.cause(
        "Someone enabled nova-compute on %s %s times in %s. Stop what enables it. The operator"
            + " disables it again after that time.",
        host, times, Durations.format(Deadlines.REENABLED_WINDOW));
  }

  static Cause enabledByOwner(String host) {
    return Reason.ServiceReenabled.cause(
        "nova-compute on %s was disabled before this maintenance, and someone enabled it. The"
            + " operator disables it now and enables it when this resource is deleted.",
        host);
  }

  static Cause leftDisabled(String host, ComputeService service) {
    return Reason.ServiceLeftDisabled.cause(
        "nova-compute on %s is left disabled, because its disabled_reason %s. When its owner"
            + " agrees: %s.",
        host, says(service), enable(host));
  }

  static Cause keptDisabled(String host) {
    return Reason.ServiceLeftDisabled.cause(
        "nova-compute on %s stays disabled, because spec.giveBack is Keep. To put the host back to"
            + " work: %s.",
        host, enable(host));
  }

  private static String says(ComputeService service) {
    return service.disabledReason() == null
        ? "now says nothing"
        : "now says '%s'".formatted(cut(service.disabledReason()));
  }

  private static String enable(String host) {
    return "openstack compute service set --enable %s nova-compute".formatted(host);
  }

  private static String cut(String reason) {
    return UntrustedText.cut(reason, 300);
  }

  // ---------------------------------------------------------------- the way out

  /** The host is on its way back; these instances are to be started first. */
  static Cause givenBack(long moves, List<InstanceStatus> stopped) {
    return Reason.Exiting.cause(
        "The host is being given back.%s%s",
        moves == 0
            ? ""
            : " The operator follows its outstanding moves (%s) to their end.".formatted(moves),
        stopped.isEmpty()
            ? ""
            : " The operator starts again what it had stopped: %s.".formatted(labels(stopped)));
  }

  private static String labels(List<InstanceStatus> rows) {
    return rows.stream().limit(5).map(InstanceStatus::label).collect(Collectors.joining(", "))
        + (rows.size() > 5 ? " and %s more".formatted(rows.size() - 5) : "");
  }

  static Cause notGivenBackYet(Unavailable why) {
    return why.cause()
        .reason()
        .cause(
            "Cannot be given back yet: %s The annotation %s=true releases it at once and leaves the"
                + " host as it is.",
            why.cause().message(), HostMaintenance.SKIP_GIVE_BACK);
  }

  static Cause giveBackSkipped(String host, List<InstanceStatus> rows) {
    var moving = rows.stream().filter(InstanceStatus::outstanding).map(InstanceStatus::id).toList();
    var stopped = rows.stream().filter(r -> r.stopRequestId() != null).toList();
    return Reason.GiveBackSkipped.cause(
        "Released by the annotation %s: host %s stays as it is%s%s.",
        HostMaintenance.SKIP_GIVE_BACK,
        host,
        moving.isEmpty() ? "" : stillUnderWay(moving),
        stopped.isEmpty() ? "" : "; the operator had stopped " + labels(stopped));
  }

  /**
   * A newer operator wrote the status, so that this one may not know all requests in it.
   *
   * @param schema the number that the status has
   */
  static Cause newerSchema(int schema) {
    return Reason.NewerSchema.cause(
        "A newer operator wrote the status: its schema is %s, this operator's %s. This operator"
            + " leaves the resource alone. Run the newer one again, and go back to this one when"
            + " there is no HostMaintenance.",
        schema, HostMaintenance.SCHEMA_VERSION);
  }

  /** The service is to be enabled, and nova-compute was not heard of since the deletion. */
  static Cause waitsForCompute(ComputeService service) {
    return Reason.WaitingForCompute.cause(
        "Waits to enable nova-compute on %s, because spec.giveBack is EnableWhenUp: %s.%s",
        service.host(),
        service.up()
            ? "it has not reported since this resource was deleted"
            : "it is " + service.downWord(),
        service.up()
            ? ""
            : " To bring it up, " + service.bringUp() + ". Or write giveBack: Enable.");
  }

  static Cause nothingToGiveBack(String host) {
    return Reason.HostGone.cause(
        "The nova-compute service of %s was deleted from Nova: there is nothing to give back.",
        host);
  }

  /** These instances were in the middle of a way, or stopped, when the host was deleted. */
  static Cause leftChanged(List<InstanceStatus> rows) {
    return Reason.NotPutBack.cause(
        "The operator had changed the state of instances and cannot bring them back now: check %s.",
        labels(rows));
  }

  static Cause movesStillRunning(List<String> moving) {
    return Reason.MovesStillRunning.cause(
        "The host is given back%s. Check them, and confirm those that wait in VERIFY_RESIZE.",
        stillUnderWay(moving));
  }

  private static String stillUnderWay(List<String> moving) {
    return "; moves still under way: %s".formatted(String.join(", ", moving));
  }
}
