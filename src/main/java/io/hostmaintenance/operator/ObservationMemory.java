package io.hostmaintenance.operator;

import io.hostmaintenance.drain.Observation.Snapshot;
import io.hostmaintenance.drain.instance.Detail;
import io.hostmaintenance.drain.instance.Question;
import io.hostmaintenance.nova.Instance;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the observations of one host keep for each other: whom they asked about last, the past of
 * guests that stay paused, and allocations of nobody. Lost in a restart without harm; not
 * thread-safe.
 */
final class ObservationMemory {

  /** The past of a paused guest, which changes only with the guest. */
  private static final Set<Question> PAST = EnumSet.of(Question.ACTIONS, Question.MIGRATIONS);

  private final Map<String, Long> asked = new HashMap<>();
  private final Map<String, Kept> kept = new HashMap<>();
  private final Set<String> nobodys = new HashSet<>();
  private Optional<Followed> followed = Optional.empty();
  private long acted = Long.MIN_VALUE;
  private long askedService = Long.MIN_VALUE;
  private Set<Long> unfinished = Set.of();
  private Map<String, Map<String, Long>> held = Map.of();
  private Duration waited = Duration.ZERO;

  /** What was told of an instance that stood so. */
  private record Kept(Instance instance, Detail detail, long at) {}

  /**
   * The last observation of a host whose moves are under way.
   *
   * @param at when its instances were asked for, in nanoseconds of a stopwatch
   */
  record Followed(Snapshot snapshot, long at) {}

  /** Keeps it until the next one. */
  void followed(Snapshot snapshot, long at) {
    followed = Optional.of(new Followed(snapshot, at));
  }

  /** The host was observed in another way since. */
  void notFollowed() {
    followed = Optional.empty();
  }

  Optional<Followed> followed() {
    return followed;
  }

  /** The resource was last reconciled until then: what is seen must have begun after it. */
  void acted(long nanos) {
    acted = nanos;
  }

  long acted() {
    return acted;
  }

  /** The questions of an observation, that has ended, have waited so long for their turn. */
  void waited(Duration duration) {
    waited = duration;
  }

  /** How long the questions of the last observation have waited for their turn. */
  Duration waited() {
    return waited;
  }

  /** Nova was last asked then to change the service: an older list shows it as it was before. */
  void askedService(long nanos) {
    askedService = nanos;
  }

  long askedService() {
    return askedService;
  }

  /** Forgets all instances but these. */
  void retain(Collection<String> ids) {
    asked.keySet().retainAll(ids);
    kept.keySet().retainAll(ids);
  }

  /** These instances, those first that were asked about longest ago or never. */
  List<String> longestAgoFirst(Collection<String> ids) {
    return ids.stream()
        .sorted(
            Comparator.comparing((String id) -> asked.getOrDefault(id, Long.MIN_VALUE))
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  /** Instances are asked about now, whatever comes of it. */
  void asking(String id, long nanos) {
    asked.put(id, nanos);
  }

  /** Keeps what was told, where it is of use to a later observation. */
  void keep(String id, Set<Question> questions, Optional<Instance> here, Detail told, long nanos) {
    if (PAST.equals(questions) && here.filter(ObservationMemory::restsPaused).isPresent()) {
      kept.put(id, new Kept(here.get(), told, nanos));
    }
  }

  /**
   * What an earlier observation was told, while the questions are the same and the instance stands
   * as it did.
   *
   * @param since not what was told before this moment
   */
  Optional<Detail> told(String id, Set<Question> questions, Optional<Instance> here, long since) {
    return Optional.ofNullable(kept.get(id))
        .filter(k -> PAST.equals(questions) && here.filter(k.instance()::equals).isPresent())
        .filter(k -> k.at() - since >= 0)
        .map(Kept::detail);
  }

  /** Whether nothing is being done to a paused guest. */
  static boolean restsPaused(Instance instance) {
    return instance.idle() && instance.paused();
  }

  /** The migrations that the last complete observation found unfinished. */
  void unfinished(Collection<Long> migrations) {
    unfinished = Set.copyOf(migrations);
  }

  /** Whether the last complete observation found all of these unfinished. */
  boolean knewUnfinished(Collection<Long> migrations) {
    return unfinished.containsAll(migrations);
  }

  /** What was allocated, by hypervisor and resource class, when placement was last asked. */
  void held(Map<String, Map<String, Long>> amounts) {
    held = Map.copyOf(amounts);
  }

  Map<String, Map<String, Long>> held() {
    return held;
  }

  /** Whether an allocation's consumer was found to be nobody, neither instance nor migration. */
  boolean isNobody(String consumer) {
    return nobodys.contains(consumer);
  }

  /** Nova knows neither an instance nor a migration of this id. */
  void nobody(String consumer) {
    nobodys.add(consumer);
  }

  /** Forgets the consumers that hold nothing any more. */
  void retainConsumers(Collection<String> consumers) {
    nobodys.retainAll(consumers);
  }
}
