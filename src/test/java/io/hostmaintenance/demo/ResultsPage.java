package io.hostmaintenance.demo;

import io.hostmaintenance.api.v1alpha1.Condition;
import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import io.hostmaintenance.api.v1alpha1.RowState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The page of {@code kubectl hm status} for a drain, line by line. The demo needs no Go and so
 * cannot run the plugin; {@link ResultsPageTest} compares both.
 *
 * @param columns of the terminal; 0: as many as a line takes
 * @param rows of the terminal; 0: as many as there are
 * @param colour whether states are coloured
 */
record ResultsPage(int columns, int rows, boolean colour) {

  private static final String GAP = "  ";
  private static final int BAR = 10;
  private static final int HOST_BAR = 20;
  private static final int LEAST_MESSAGE = 16;
  private static final int LEAST_INSTANCES = 3;

  private enum Colour {
    NONE(0),
    BOLD(1),
    DIM(2),
    RED(31),
    GREEN(32),
    YELLOW(33);

    private final int code;

    Colour(int code) {
      this.code = code;
    }
  }

  private record Cell(String text, Colour colour) {
    static Cell plain(String text) {
      return new Cell(Objects.requireNonNullElse(text, ""), Colour.NONE);
    }
  }

  /** One with a low rank goes first when the terminal is narrow; the last one is cut. */
  private record Column(String title, int rank, Function<InstanceStatus, Cell> value) {
    int width(List<InstanceStatus> instances) {
      var texts = instances.stream().map(i -> value.apply(i).text().length());
      return Stream.concat(Stream.of(title.length()), texts).max(Comparator.naturalOrder()).get();
    }

    boolean isEmpty(List<InstanceStatus> instances) {
      return instances.stream().allMatch(i -> value.apply(i).text().isEmpty());
    }
  }

  /** The lines of a resource with a status at a moment. */
  List<String> of(HostMaintenance resource, Instant now) {
    var status = resource.getStatus();
    var lines = new ArrayList<String>();
    lines.add(head(resource, now));
    Stream.of(counts(status), message(status))
        .filter(line -> !line.isEmpty())
        .forEach(line -> lines.add(fit(line)));
    var instances = status.instances();
    var room = Math.max(rows - lines.size() - 4, LEAST_INSTANCES);
    var kept = rows > 0 && instances.size() > room ? shorten(instances, room) : instances;
    if (!kept.isEmpty()) {
      lines.add("");
      lines.addAll(table(columns(now), kept));
    }
    var hidden = instances.size() - kept.size();
    if (hidden > 0) {
      var host = resource.getSpec().host();
      lines.add(paint(Colour.DIM, fit(hidden + " more instances: kubectl hm status " + host)));
    }
    return lines;
  }

  /** How many instances are moved, blocked and so on. */
  static String counts(HostMaintenanceStatus status) {
    if (status.total() == null) {
      return "";
    }
    var counts =
        Stream.of(
                count(status.moved(), "moved"),
                count(status.gone(), "gone"),
                count(status.skipped(), "stay"),
                count(status.remaining(), "remain"),
                count(status.blocked(), "blocked"),
                count(status.failed(), "failed"))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining(", "));
    return counts.isEmpty() ? "no instance" : counts;
  }

  private static String count(Integer count, String word) {
    return number(count) > 0 ? count + " " + word : "";
  }

  private static int number(Integer count) {
    return Objects.requireNonNullElse(count, 0);
  }

  /** What Ready says. */
  static String message(HostMaintenanceStatus status) {
    return status.condition(Condition.READY).map(Condition::message).orElse("");
  }

  /** The state of an instance with its attempts. */
  static String state(InstanceStatus instance) {
    var attempts = number(instance.attempts());
    if (instance.is(RowState.Pending) && attempts > 0) {
      return instance.state() + ", failed " + attempts;
    }
    return instance.state() + (attempts > 1 ? ", try " + attempts : "");
  }

  /** What is done with an instance, and the step of a way that it is at. */
  static String action(InstanceStatus instance) {
    var action = Objects.requireNonNullElse(instance.action(), "");
    var step = Objects.requireNonNullElse(instance.step(), "");
    if (action.equals("None")) {
      return "";
    }
    var atStep = !step.isEmpty() && !step.equals(action) && !isFinished(instance);
    return atStep ? action + ": " + step : action;
  }

  private String head(HostMaintenance resource, Instant now) {
    var status = resource.getStatus();
    var host = resource.getSpec().host();
    var parts = new ArrayList<>(List.of(host, status.phase()));
    if (number(status.total()) > 0) {
      var done = number(status.moved()) + number(status.gone());
      parts.add(bar(done, status.total(), HOST_BAR));
      parts.add(done + "/" + status.total());
    }
    if (status.startTime() != null) {
      parts.add(age(Duration.between(status.startTime(), now)));
    }
    var colour =
        switch (status.phase()) {
          case "InMaintenance" -> Colour.GREEN;
          case "Blocked", "Failed" -> Colour.RED;
          default -> Colour.YELLOW;
        };
    var line = fit(String.join(GAP, parts));
    return replaceFirst(
        replaceFirst(line, status.phase(), paint(colour, status.phase())),
        host,
        paint(Colour.BOLD, host));
  }

  private static String replaceFirst(String text, String what, String by) {
    var at = text.indexOf(what);
    return at < 0 ? text : text.substring(0, at) + by + text.substring(at + what.length());
  }

  /** First what moves, then what a person has to see to, what waits, what is done. */
  private static List<InstanceStatus> shorten(List<InstanceStatus> instances, int room) {
    Predicate<InstanceStatus> pending = instance -> instance.is(RowState.Pending);
    Predicate<InstanceStatus> help = ResultsPage::needsHelp;
    Predicate<InstanceStatus> finished = ResultsPage::isFinished;
    var moves = Predicate.not(help.or(finished).or(pending));
    return Stream.of(moves, help, pending, finished)
        .flatMap(kind -> instances.stream().filter(kind))
        .limit(room)
        .toList();
  }

  private static boolean needsHelp(InstanceStatus instance) {
    return instance.is(RowState.Blocked) || instance.is(RowState.Failed);
  }

  private static boolean isFinished(InstanceStatus instance) {
    return instance.is(RowState.Moved)
        || instance.is(RowState.Gone)
        || instance.is(RowState.Skipped);
  }

  private static List<Column> columns(Instant now) {
    return List.of(
        new Column("INSTANCE", 9, i -> Cell.plain(i.name() == null ? i.id() : i.name())),
        new Column("STATUS", 2, i -> Cell.plain(i.status())),
        new Column("ACTION", 3, i -> Cell.plain(action(i))),
        new Column("PROGRESS", 7, ResultsPage::progress),
        new Column("STATE", 8, i -> new Cell(state(i), colour(i))),
        new Column("TO", 5, i -> Cell.plain(i.destinationHost())),
        new Column("TIME", 1, i -> Cell.plain(elapsed(i, now))),
        new Column("MESSAGE", 4, i -> Cell.plain(i.message())));
  }

  private static Colour colour(InstanceStatus instance) {
    if (needsHelp(instance)) {
      return Colour.RED;
    }
    if (isFinished(instance)) {
      return Colour.GREEN;
    }
    return instance.is(RowState.Pending) ? Colour.NONE : Colour.YELLOW;
  }

  private static Cell progress(InstanceStatus instance) {
    return switch (RowState.valueOf(instance.state())) {
      case Moved, Gone -> new Cell(bar(1, 1, BAR), Colour.GREEN);
      case Confirming, Restoring -> new Cell(bar(9, BAR, BAR), Colour.YELLOW);
      case InProgress -> {
        var waits = List.of("Queued", "Waiting").contains(String.valueOf(instance.reason()));
        if (instance.progressPercent() != null) {
          yield new Cell(bar(instance.progressPercent(), 100, BAR), Colour.YELLOW);
        }
        yield waits
            ? Cell.plain(bar(0, 1, BAR))
            : new Cell("[" + "~".repeat(BAR) + "]", Colour.YELLOW);
      }
      case Skipped, Blocked, Failed -> Cell.plain("");
      case Pending, Requested -> Cell.plain(bar(0, 1, BAR));
    };
  }

  private static String elapsed(InstanceStatus instance, Instant now) {
    if (isFinished(instance)) {
      return "";
    }
    if (instance.nextAttemptTime() != null && instance.nextAttemptTime().isAfter(now)) {
      return "in " + age(Duration.between(now, instance.nextAttemptTime()));
    }
    return Stream.of(instance.startTime(), instance.requestTime())
        .filter(Objects::nonNull)
        .findFirst()
        .map(since -> age(Duration.between(since, now)))
        .orElse("");
  }

  private static String bar(int done, int whole, int width) {
    var filled = whole == 0 ? 0 : width * Math.min(done, whole) / whole;
    return "[" + "#".repeat(filled) + ".".repeat(width - filled) + "]";
  }

  /** As kubectl writes it: its two largest units. */
  private static String age(Duration time) {
    var seconds = Math.max(0, Math.round(time.toMillis() / 1000.0));
    return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
  }

  private List<String> table(List<Column> all, List<InstanceStatus> instances) {
    var shown = new ArrayList<>(all);
    shown.removeIf(column -> column.isEmpty(instances));
    while (columns > 0
        && shown.size() > 2
        && before(shown, instances) + Math.min(last(shown).width(instances), LEAST_MESSAGE)
            > columns) {
      shown.remove(shown.stream().min(Comparator.comparingInt(Column::rank)).orElseThrow());
    }
    var lines = new ArrayList<String>();
    lines.add(line(shown, instances, column -> new Cell(column.title(), Colour.BOLD)));
    for (var instance : instances) {
      lines.add(line(shown, instances, column -> column.value().apply(instance)));
    }
    return lines;
  }

  private static Column last(List<Column> shown) {
    return shown.getLast();
  }

  private static int before(List<Column> shown, List<InstanceStatus> instances) {
    return shown.subList(0, shown.size() - 1).stream()
        .mapToInt(column -> column.width(instances) + GAP.length())
        .sum();
  }

  private String line(
      List<Column> shown, List<InstanceStatus> instances, Function<Column, Cell> cell) {
    var line = new StringBuilder();
    for (var column : shown.subList(0, shown.size() - 1)) {
      var value = cell.apply(column);
      var width = column.width(instances);
      line.append(paint(value.colour(), value.text() + " ".repeat(width - value.text().length())))
          .append(GAP);
    }
    var value = cell.apply(last(shown));
    var room = columns == 0 ? Integer.MAX_VALUE : columns - before(shown, instances);
    return line.append(paint(value.colour(), cut(value.text(), room))).toString().stripTrailing();
  }

  private String fit(String line) {
    return columns == 0 ? line : cut(line, columns);
  }

  /** The last two columns say that something is missing. */
  private static String cut(String text, int columns) {
    if (text.length() <= columns) {
      return text;
    }
    return columns <= 2
        ? "..".substring(0, Math.max(columns, 0))
        : text.substring(0, columns - 2) + "..";
  }

  private String paint(Colour colour, String text) {
    return this.colour && colour != Colour.NONE && !text.isBlank()
        ? "\033[" + colour.code + "m" + text + "\033[0m"
        : text;
  }
}
