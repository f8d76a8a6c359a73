package io.hostmaintenance.demo;

import io.hostmaintenance.api.v1alpha1.HostMaintenance;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is shown while it goes on, as {@code kubectl hm status --watch} shows it: on a terminal the
 * results page, drawn anew in its place; otherwise a line for every change.
 */
final class Screen {

  private static final ResultsPage USUAL = new ResultsPage(80, 24, true);

  /** A page that is written once, of which nothing is cut. */
  private static final ResultsPage WHOLE = new ResultsPage(0, 0, false);

  private final PrintStream out;
  private final FastClock clock;
  private final boolean live;
  private final boolean colour = System.getenv("NO_COLOR") == null;
  private final Map<String, String> shown = new HashMap<>();
  private List<String> frame = List.of();

  Screen(PrintStream out, FastClock clock) {
    this.out = out;
    this.clock = clock;
    this.live = terminal();
  }

  private static boolean terminal() {
    var console = System.console();
    return console != null && console.isTerminal() && System.getenv("CI") == null;
  }

  /** The terminal as it is now, as stty knows it: it may change its size at any time. */
  private ResultsPage page() {
    try {
      var stty =
          new ProcessBuilder("stty", "size").redirectInput(ProcessBuilder.Redirect.INHERIT).start();
      var size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (size.matches("[1-9]\\d* [1-9]\\d*")) {
        var numbers = size.split(" ");
        return new ResultsPage(Integer.parseInt(numbers[1]), Integer.parseInt(numbers[0]), colour);
      }
    } catch (IOException e) {
      // A terminal without stty has the usual size.
    }
    return new ResultsPage(USUAL.columns(), USUAL.rows(), colour);
  }

  /** Something that stays. */
  void say(String line) {
    erase();
    out.println(live ? line : stamp() + line);
    draw(frame);
  }

  /** The resource as it stands now; what has not changed is not shown again. */
  void show(HostMaintenance resource) {
    if (live) {
      var next = page().of(resource, clock.instant());
      if (!next.equals(frame)) {
        erase();
        draw(next);
      }
      return;
    }
    var status = resource.getStatus();
    var counts = ResultsPage.counts(status);
    var message = ResultsPage.message(status);
    change("", join(resource.getSpec().host(), status.phase(), counts, message));
    for (var row : status.instances()) {
      var said = String.valueOf(row.message());
      change(
          row.id(), "  " + join(row.name(), ResultsPage.state(row), ResultsPage.action(row), said));
    }
  }

  private static String join(String... parts) {
    return Stream.of(parts).filter(part -> !part.isEmpty()).collect(Collectors.joining("  "));
  }

  private void change(String key, String line) {
    if (!line.equals(shown.put(key, line))) {
      out.println(stamp() + line);
      out.flush();
    }
  }

  private String stamp() {
    return "%5.1fs  ".formatted(clock.elapsed().toMillis() / 1000.0);
  }

  /** The whole page with every instance; from now on nothing is drawn in place. */
  void last(HostMaintenance resource) {
    erase();
    frame = List.of();
    var page = live ? new ResultsPage(page().columns(), 0, colour) : WHOLE;
    out.println();
    page.of(resource, clock.instant()).forEach(out::println);
    out.flush();
  }

  private void erase() {
    if (!frame.isEmpty()) {
      out.print("\033[" + frame.size() + "A\r\033[J");
    }
  }

  private void draw(List<String> next) {
    if (live) {
      frame = next;
      next.forEach(out::println);
    }
    out.flush();
  }
}
