package io.hostmaintenance.drain.instance;

import io.hostmaintenance.nova.Instance;
import io.hostmaintenance.nova.InstanceAction;
import io.hostmaintenance.nova.Migration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that is known of one instance at one observation.
 *
 * @param host its host
 * @param onHost the instance as the list of the host shows it; empty when it does not
 * @param detail what was asked about it alone; empty when nothing was, or Nova did not answer
 * @param listed its migration records as the list of the host shows them
 * @param groups its server groups; empty also when they were not asked for
 * @param hints its scheduler hints that name instances; empty also when they were not asked for
 * @param waited how long this process has known of its outstanding request; zero without one
 * @param unseen how long Nova has not answered what is asked about it; zero when it does
 */
public record InstanceView(
    HostView host,
    Optional<Instance> onHost,
    Optional<Detail> detail,
    List<Migration> listed,
    List<Group> groups,
    List<Hint> hints,
    Duration waited,
    Duration unseen) {

  /** The instance, wherever it is; empty when Nova shows none or was not asked. */
  public Optional<Instance> instance() {
    return onHost.or(() -> detail.flatMap(Detail::instance));
  }

  /** Whether what is asked about it has had no answer for long. */
  public boolean unseenForLong() {
    return unseen.compareTo(Deadlines.UNANSWERED) >= 0;
  }

  /** Its actions, newest first; empty also when they were not asked for. */
  List<InstanceAction> actions() {
    return detail.map(Detail::actions).orElse(List.of());
  }

  /** Its own records, newest first; empty also when they were not asked for. */
  List<Migration> migrations() {
    return detail.map(Detail::migrations).orElse(List.of());
  }

  /** The cold migration or resize of it that waits to be confirmed, by its own records. */
  public Optional<Migration> finished() {
    return migrations().stream().filter(Migration::finished).findFirst();
  }

  /** Its records: of the list, then its own, which were asked for later. */
  List<Migration> records() {
    return Stream.concat(listed.stream(), migrations().stream()).toList();
  }

  /** A server group of it with this policy. */
  Optional<Group> group(String policy) {
    return groups.stream().filter(g -> g.policy().equals(policy)).findFirst();
  }
}
