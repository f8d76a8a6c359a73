package io.hostmaintenance.demo;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceStatus;
import io.hostmaintenance.api.v1alpha1.InstanceStatus;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What is shown while it goes on: on a terminal a table that is drawn anew in its place, otherwise
 * a line for every change.
 */
final class Screen {

  private static final String ROW = "%-10s %-13s %-12s %-11s %-10s %s";
  private static final int BAR = 40;

  private final PrintStream out;
  private final FastClock clock;
  private final boolean live;
  private final int height;
  private final Map<String, String> shown = new HashMap<>();
  private List<String> frame = List.of();

  Screen(PrintStream out, FastClock clock) {
    this.out = out;
    this.clock = clock;
    this.live = terminal();
    this.height = live ? height() : 0;
  }

  private static boolean terminal() {
    var console = System.console();
    return console != null && console.isTerminal() && System.getenv("CI") == null;
  }

  /** The terminal's lines, as stty knows them; few when it does not. */
  private static int height() {
    try {
      var stty =
          new ProcessBuilder("stty", "size").redirectInput(ProcessBuilder.Redirect.INHERIT).start();
      var size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return size.matches("[1-9]\\d* \\d+") ? Integer.parseInt(size.split(" ")[0]) : 24;
    } catch (IOException e) {
      return 24;
    }
  }

  /** Something that stays. */
  void say(String line) {
    erase();
    out.println(live || line.isEmpty() ? line : stamp() + line);
    out.flush();
    draw(frame);
  }

  /** The resource as it stands now; what has not changed is not shown again. */
  void show(HostMaintenance resource) {
    var status = resource.getStatus();
    if (live) {
      var next = frame(status);
      if (!next.equals(frame)) {
        erase();
        draw(next);
      }
      return;
    }
    change("", status.phase(), bar(status));
    for (var row : status.instances()) {
      change(row.id(), state(row), line(row));
    }
  }

  private void change(String key, String value, String line) {
    if (!value.equals(shown.put(key, value))) {
      out.println(stamp() + line);
      out.flush();
    }
  }

  private static String state(InstanceStatus row) {
    return switch (row.state()) {
      case "Blocked", "Failed", "Pending" -> row.state() + row.reason() + row.status();
      default -> row.state();
    };
  }

  private String stamp() {
    return "%5.1fs  ".formatted(clock.elapsed().toMillis() / 1000.0);
  }

  /** Every row; from now on nothing is drawn in place. */
  void last(HostMaintenance resource) {
    erase();
    frame = List.of();
    if (!live) {
      out.println();
    }
    table(resource.getStatus().instances()).forEach(out::println);
    out.println(bar(resource.getStatus()));
    out.flush();
  }

  /** The table takes as much of the terminal as there is; what is finished makes room first. */
  private List<String> frame(HostMaintenanceStatus status) {
    var rows = status.instances();
    var room = Math.max(height - 4, 5);
    if (rows.size() > room) {
      var unfinished =
          rows.stream().filter(r -> !List.of("Moved", "Gone").contains(r.state())).toList();
      rows = unfinished.subList(0, Math.min(unfinished.size(), room));
    }
    var lines = new ArrayList<>(table(rows));
    lines.add(bar(status));
    return lines;
  }

  private static List<String> table(List<InstanceStatus> rows) {
    var lines = new ArrayList<String>();
    lines.add(ROW.formatted("NAME", "STATUS", "ACTION", "STATE", "TO", "REASON"));
    rows.stream().map(Screen::line).forEach(lines::add);
    return lines;
  }

  private static String line(InstanceStatus row) {
    return ROW.formatted(
        row.name(),
        text(row.status()),
        text(row.action()),
        row.state(),
        text(row.destinationHost()),
        text(row.reason()) + attempts(row));
  }

  private static String attempts(InstanceStatus row) {
    return row.attempts() != null && row.attempts() > 1 ? " (attempt " + row.attempts() + ")" : "";
  }

  private static String text(String value) {
    return Objects.requireNonNullElse(value, "-");
  }

  private static String bar(HostMaintenanceStatus status) {
    var total = Objects.requireNonNullElse(status.total(), 0);
    var done = total == 0 ? 0 : status.moved() + Objects.requireNonNullElse(status.gone(), 0);
    var filled = total == 0 ? 0 : BAR * done / total;
    var counts =
        total == 0
            ? ""
            : "  %d moved, %d gone, %d remain, %d blocked, %d failed"
                .formatted(
                    status.moved(),
                    status.gone(),
                    status.remaining(),
                    status.blocked(),
                    status.failed());
    return "["
        + "#".repeat(filled)
        + ".".repeat(BAR - filled)
        + "] "
        + done
        + "/"
        + total
        + "  "
        + status.phase()
        + counts;
  }

  private void erase() {
    if (live && !frame.isEmpty()) {
      out.print("\033[" + frame.size() + "A\033[J");
    }
  }

  private void draw(List<String> next) {
    frame = next;
    if (live) {
      // without wrapping, so that a narrow terminal does not need more lines than are counted
      out.print(
          next.stream().map(l -> l + "\n").collect(Collectors.joining("", "\033[?7l", "\033[?7h")));
      out.flush();
    }
  }
}
