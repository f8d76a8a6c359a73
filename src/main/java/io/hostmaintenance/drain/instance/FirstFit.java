package io.hostmaintenance.drain.instance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether instances fit on other hosts together: each, in turn, goes to the first host that has
 * room for it after those before it. It may say no where a better order would fit; it never says
 * yes where placement has too little.
 */
public final class FirstFit {

  private static final Comparator<Offer.Room> BY_NAME =
      Comparator.comparing(Offer.Room::host).thenComparing(Offer.Room::id);

  private final Map<String, Map<String, Long>> free = new HashMap<>();
  private final Map<String, Set<String>> hostsOfGroups = new HashMap<>();
  private final boolean spread;

  private FirstFit(boolean spread) {
    this.spread = spread;
  }

  /**
   * An instance to be placed.
   *
   * @param demand what it needs of each resource class
   * @param rooms where it may go
   * @param apart the server groups of which no host may have two of the placed instances
   */
  public record Guest(Map<String, Long> demand, List<Offer.Room> rooms, Set<String> apart) {}

  /**
   * How many of the instances find no room.
   *
   * @param guests in the order in which they are placed
   */
  public static int homeless(List<Guest> guests) {
    return Math.max(homeless(guests, false), homeless(guests, true));
  }

  private static int homeless(List<Guest> guests, boolean spread) {
    var fit = new FirstFit(spread);
    return (int) guests.stream().filter(g -> !fit.place(g)).count();
  }

  private boolean place(Guest guest) {
    var rooms = new ArrayList<>(guest.rooms());
    rooms.sort(
        spread ? Comparator.comparing(this::memory).reversed().thenComparing(BY_NAME) : BY_NAME);
    for (var room : rooms) {
      var left = left(room);
      if (apart(guest, room.host())
          && guest.demand().entrySet().stream()
              .allMatch(d -> left.getOrDefault(d.getKey(), 0L) >= d.getValue())) {
        guest.demand().forEach((name, amount) -> left.merge(name, -amount, Long::sum));
        guest
            .apart()
            .forEach(g -> hostsOfGroups.computeIfAbsent(g, id -> new HashSet<>()).add(room.host()));
        return true;
      }
    }
    return false;
  }

  private Map<String, Long> left(Offer.Room room) {
    return free.computeIfAbsent(room.id(), id -> new HashMap<>(room.free()));
  }

  private long memory(Offer.Room room) {
    return left(room).getOrDefault("MEMORY_MB", 0L);
  }

  private boolean apart(Guest guest, String host) {
    return guest.apart().stream()
        .noneMatch(g -> hostsOfGroups.getOrDefault(g, Set.of()).contains(host));
  }
}
