package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Cause;
import io.hostmaintenance.api.v1alpha1.Phase;
import io.hostmaintenance.api.v1alpha1.Reason;
import io.hostmaintenance.drain.instance.Deadlines;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.DetailQueries;
import io.hostmaintenance.drain.instance.Group;
import io.hostmaintenance.drain.instance.Hint;
import io.hostmaintenance.nova.ComputeService;
import io.hostmaintenance.nova.Hypervisor;
import io.hostmaintenance.nova.Identity;
import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.Microversion;
import io.hostmaintenance.nova.Migration;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.Timestamped;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What was seen of a host and its cloud: a whole observation, or why there is none. */
public sealed interface Observation {

  /**
   * An observation of a host, asked in this order: migrations, instances, services, details, the
   * hypervisors of the host, placement. The order alone makes it true, however long it takes.
   *
   * @param began Nova's clock when the migrations were asked for, or a little before
   * @param date Nova's clock at the instances, or at the hypervisors that prove that there are none
   * @param age how long ago the instances were asked for, by our own clock
   * @param complete whether the migrations of every unfinished status were asked for, however old
   * @param identity whom we act as
   * @param migrations from and to the host: unfinished ones of a complete observation, else those
   *     that changed since the oldest outstanding request
   * @param instances those on the host
   * @param services every nova-compute service
   * @param hypervisors the host's, of a resource that holds nothing yet; empty when Nova has none
   * @param groups the server groups of instances that are to be moved, by instance id; one that is
   *     missing was not asked about yet
   * @param hints the scheduler hints that name other instances, by instance id: of those that the
   *     scheduler found no host for, in a plan of all
   * @param details what {@link DetailQueries} asked for and Nova answered, by instance id; what had
   *     to wait for a later observation is missing
   * @param unanswered the ids of the instances of which Nova did not answer what was asked
   * @param residents whom the hypervisors of the host show
   * @param placement what holds allocations of the host
   * @param newest the newest version of Nova's API that the cloud speaks
   */
  @RecordBuilder
  record Snapshot(
      Instant began,
      Instant date,
      Duration age,
      boolean complete,
      Identity identity,
      List<Migration> migrations,
      List<Instance> instances,
      List<ComputeService> services,
      List<Hypervisor> hypervisors,
      Map<String, List<Group>> groups,
      Map<String, List<Hint>> hints,
      Map<String, Detail> details,
      Set<String> unanswered,
      Residents residents,
      Placement placement,
      Microversion newest)
      implements Observation, ObservationSnapshotBuilder.With {

    /** The host's nova-compute service; of several, the one that most speaks against empty. */
    public Optional<ComputeService> service(String host) {
      var all = services(host);
      return all.stream()
          .filter(ComputeService::enabled)
          .findFirst()
          .or(() -> all.stream().filter(ComputeService::unknown).findFirst())
          .or(() -> all.stream().findFirst());
    }

    /**
     * Every nova-compute service of a host: none unless one has exactly this name, else all whose
     * names differ by upper and lower case alone, which Nova's database holds for the same.
     */
    public List<ComputeService> services(String host) {
      return services.stream().anyMatch(s -> s.host().equals(host))
          ? services.stream().filter(s -> s.host().equalsIgnoreCase(host)).toList()
          : List.of();
    }

    /** Whether a move may be asked for by this observation. */
    public boolean fresh() {
      return age.compareTo(Deadlines.FRESH) <= 0;
    }

    /** The same observation, and then the hypervisors of the host, at their date. */
    public Snapshot with(Timestamped<Residents> shown) {
      var proven = shown.value() instanceof Residents.Shown ? shown.date() : date;
      return withDate(proven).withResidents(shown.value());
    }

    /** The same observation, and then placement. */
    public Snapshot with(Placement word) {
      return withPlacement(word);
    }

    /**
     * The same observation with instances and services that were asked for once more at its end.
     *
     * @param again the instances
     * @param old how long ago they were asked for
     */
    public Snapshot with(
        Timestamped<List<Instance>> again, List<ComputeService> newest, Duration old) {
      return with().date(again.date()).age(old).instances(again.value()).services(newest).build();
    }

    /** What was asked about one instance; empty when nothing was, or Nova did not answer. */
    public Optional<Detail> detail(String id) {
      return Optional.ofNullable(details.get(id));
    }

    /** An instance, wherever it is; empty when Nova shows none or was not asked. */
    public Optional<Instance> instance(String id) {
      return onHost(id).or(() -> detail(id).flatMap(Detail::instance));
    }

    /** An instance; empty when it is not on the host. */
    public Optional<Instance> onHost(String id) {
      return instances.stream().filter(i -> i.id().equals(id)).findFirst();
    }
  }

  /**
   * No observation: the cloud did not answer whole.
   *
   * @param cause its reason is one of those that speak of the cloud
   * @param retryAfter how long the cloud asked to be left alone; zero when it did not
   */
  record Unavailable(Cause cause, Duration retryAfter) implements Observation {

    /** What a failed request says of the whole observation. */
    public static Unavailable of(NovaException failure) {
      var reason =
          switch (failure.kind()) {
            case CONFIGURATION -> Reason.CloudConfiguration;
            case UNAUTHORIZED -> Reason.Unauthorized;
            case FORBIDDEN -> Reason.Forbidden;
            case UNSUPPORTED_API -> Reason.UnsupportedApi;
            case UNAVAILABLE, NOT_FOUND, BAD_REQUEST, CONFLICT, TOO_MANY_REQUESTS ->
                Reason.ApiUnavailable;
          };
      return new Unavailable(
          new Cause(reason, failure.getMessage()), failure.retryAfter().orElse(Duration.ZERO));
    }

    /** How long until the next observation. */
    Duration pause(Settings settings, Phase phase) {
      var pause =
          switch (phase) {
            case InMaintenance, Failed, Blocked, Planned -> settings.pollIdle();
            case Pending, Draining, Exiting -> settings.pollMoving();
          };
      return pause.compareTo(retryAfter) >= 0 ? pause : retryAfter;
    }

    /** Whether it stays so until somebody acts. */
    boolean needsAdmin() {
      return cause.reason() != Reason.ApiUnavailable && cause.reason() != Reason.CellDown;
    }
  }

  /** Whom the hypervisors of the host show, which no lost connection cuts short. */
  sealed interface Residents {

    /** Not asked: a list says already that the host is not empty, or it is given back. */
    record NotAsked() implements Residents {}

    /** Nova has no hypervisor of the host. */
    record NoHypervisor() implements Residents {}

    /** The ids of all instances on the host. */
    record Shown(Set<String> ids) implements Residents {}
  }

  /** What holds allocations of the host in placement. */
  sealed interface Placement {

    /** Not asked: the host is not empty by Nova's word, or it is given back. */
    record NotAsked() implements Placement {}

    /** The cloud has no placement, or placement does not know the host. */
    record Absent() implements Placement {}

    /** The consumers, each resolved as far as it could be. */
    record Consumers(List<Consumer> consumers) implements Placement {}
  }

  /**
   * A holder of an allocation.
   *
   * @param id the uuid of an instance or of a migration
   * @param migration the migration record with that uuid
   * @param instance the instance with that uuid, or the migration's
   */
  record Consumer(String id, Optional<Migration> migration, Optional<Instance> instance) {}
}
